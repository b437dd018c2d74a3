#!/usr/bin/env bash
# transformers' Trainer resumes on fewer processes by showing rows again, and says nothing.
#
# The guess, written before the run, was that the Trainer warns when a run of two processes is
# resumed by one with the same batch per device, since the global batch is then halved (it does
# compare the batch per device with the checkpoint's). It does not warn. It skips as many steps as
# were done, each now half as large: of the 16 rows that the first epoch had seen, 8 come again
# in the rest of that epoch, and the run takes 16 steps instead of 8. With the accumulation
# doubled, so that the global batch is the same, the rest of the epoch has exactly the other rows.
#
# Versions: torch 2.13.0, transformers 5.23.0, accelerate 1.15.0 under Python 3.11, gloo.
# Output seen (32 rows, 2 epochs; stopped behind step 2 of 8):
#   same batch per device:    16 steps, rows of the first start seen again in epoch 1: 8
#   accumulation doubled:     8 steps, seen again in epoch 1: 0
#   warnings: none
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 \
  2>/dev/null
cd "$folder"
cat > train.py <<'EOF'
import json
import logging
import os
import sys

import torch
from transformers import (LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback,
                          TrainingArguments)
from transformers.trainer_utils import get_last_checkpoint

ROWS = 32
torch.set_num_threads(1)
warned = []


class Warnings(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.WARNING:
            warned.append(record.getMessage())


class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return ROWS

    def __getitem__(self, n):
        return {"input_ids": torch.full((4,), n), "labels": torch.full((4,), n)}


class Recording(Trainer):
    seen: list = []

    def training_step(self, model, inputs, *args, **kwargs):
        self.seen.extend(int(n) for n in inputs["input_ids"][:, 0])
        return super().training_step(model, inputs, *args, **kwargs)


class StopBehindStep2(TrainerCallback):
    def on_step_end(self, args, state, control, **_):
        if state.global_step == 2:
            control.should_save = control.should_training_stop = True


out, accumulation = sys.argv[1], int(sys.argv[2])
torch.manual_seed(0)
model = LlamaForCausalLM(
    LlamaConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                num_attention_heads=2, vocab_size=ROWS)
)
arguments = TrainingArguments(
    out, per_device_train_batch_size=4, gradient_accumulation_steps=accumulation,
    num_train_epochs=2, save_strategy="no", logging_strategy="no", report_to="none",
    use_cpu=True, disable_tqdm=True, seed=1,
)
checkpoint = get_last_checkpoint(out) if os.path.isdir(out) else None
logging.getLogger("transformers").addHandler(Warnings())
trainer = Recording(model, arguments, train_dataset=Numbers(),
                    callbacks=[] if checkpoint else [StopBehindStep2()])
trainer.train(resume_from_checkpoint=checkpoint)
result = {"seen": trainer.seen, "steps": trainer.state.global_step, "warned": warned}
name = "resumed" if checkpoint else f"first{os.environ['RANK']}"
with open(f"{out}-{name}.json", "w") as file:
    json.dump(result, file)
EOF
export OMP_NUM_THREADS=1 CUDA_VISIBLE_DEVICES=""
"$folder/venv/bin/torchrun" --nproc_per_node=2 train.py two 1 > first.log 2>&1 || (cat first.log; exit 1)
for run in same doubled; do
  cp -r two "$run"
  "$folder/venv/bin/python" train.py "$run" "$([ "$run" = same ] && echo 1 || echo 2)" > "$run.log" 2>&1 \
    || (cat "$run.log"; exit 1)
done
"$folder/venv/bin/python" - <<'EOF'
import json


def read(name):
    with open(f"{name}.json") as file:
        return json.load(file)


first = read("two-first0")["seen"] + read("two-first1")["seen"]
assert len(set(first)) == 16, first
for name, expected in (("same", (16, 8)), ("doubled", (8, 0))):
    resumed = read(f"{name}-resumed")
    rest_of_epoch = resumed["seen"][: 32 - len(first)]
    again = len(set(rest_of_epoch) & set(first))
    warned = [line for line in resumed["warned"] if "batch" in line or "process" in line]
    print(name, "steps:", resumed["steps"], "seen again in epoch 1:", again, "warned:", warned)
    assert ((resumed["steps"], again), warned) == (expected, []), name
EOF
