#!/usr/bin/env bash
# Under DeepSpeed's ZeRO-3 it is a use of a weight to look whether it is a float, and all processes must look.
#
# The guess, written before the run, was that reading an attribute of a partitioned weight outside its
# layer's call (is_floating_point, requires_grad) tells about the stub that is there and does nothing
# else. It does more: ZeRO-3 takes the access for a use of the layer by the module that is running,
# and writes it into its trace of the step. Where one process looks and the other does not, say
# because its part of the batch is empty, the next step ends with "Detected a disagreement on list
# length between rank0 and rank1", which names neither the weight nor the line. If all processes look, or
# none, training goes on. The same look inside the layer's own call is harmless.
#
# Versions: torch 2.13.0, deepspeed 0.19.8 under Python 3.11, two gloo processes.
# Output seen:
#   nobody looks: trained
#   both look: trained
#   one looks: Detected a disagreement on list length between rank0 and rank1
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy setuptools wheel 2>/dev/null
DS_ACCELERATOR=cpu "$folder/venv/bin/pip" install --quiet --no-compile --no-build-isolation deepspeed==0.19.8 2>/dev/null
cd "$folder"
cat > train.py <<'EOF'
import sys

import deepspeed
import torch
import torch.distributed as dist

torch.set_num_threads(1)
deepspeed.init_distributed("gloo")
who = {"nobody": (), "both": (0, 1), "one": (0,)}[sys.argv[1]]


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Linear(16, 16)
        self.head = torch.nn.Linear(16, 8)

    def forward(self, x):
        x = self.body(x)
        if dist.get_rank() in who:
            self.head.weight.is_floating_point()
        return self.head(x).square().mean()


torch.manual_seed(0)
model = Model()
engine, *_ = deepspeed.initialize(
    model=model,
    optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
    config={
        "train_micro_batch_size_per_gpu": 2,
        "zero_optimization": {"stage": 3},
        "zero_allow_untested_optimizer": True,
    },
)
for _ in range(4):
    engine.backward(engine(torch.randn(2, 16)))
    engine.step()
if dist.get_rank() == 0:
    print("trained", flush=True)
EOF
run() {
  DS_ACCELERATOR=cpu OMP_NUM_THREADS=1 timeout 120 "$folder/venv/bin/torchrun" --nproc_per_node=2 \
    train.py "$1" > log 2>&1 || true
  grep -m1 -o -E "^trained|Detected a disagreement on list length between rank0 and rank1" log || tail -5 log
}
nobody="$(run nobody)"; both="$(run both)"; one="$(run one)"
printf 'nobody looks: %s\nboth look: %s\none looks: %s\n' "$nobody" "$both" "$one"
[ "$nobody" = trained ] && [ "$both" = trained ]
[ "$one" = "Detected a disagreement on list length between rank0 and rank1" ]
