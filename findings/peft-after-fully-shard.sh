#!/usr/bin/env bash
# An adapter that peft adds to a model after fully_shard is trained apart in every process.
#
# The guess, written before the run, was that get_peft_model on a model that FSDP2's fully_shard
# has sharded raises, or that the adapter's gradients are averaged like all others. Neither: the
# adapter's weights are plain tensors that no hook knows, so each process trains its own on its
# own rows, without a word, and rank 0 saves an adapter that has seen half of the data. Added
# before fully_shard, the same adapter is one and the same on both processes.
#
# Versions: torch 2.13.0, transformers 5.23.0, peft 0.21.2 under Python 3.11, two gloo processes.
# Output seen (sum of the adapter's weights after five steps on each process):
#   adapter before fully_shard: DTensor, both -1.0658
#   adapter after fully_shard:  Tensor, -0.8025 and -0.6358
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0 peft==0.21.2 2>/dev/null
cd "$folder"
cat > train.py <<'EOF'
import warnings

import torch
import torch.distributed as dist
from peft import LoraConfig, get_peft_model
from torch.distributed.fsdp import fully_shard
from transformers import LlamaConfig, LlamaForCausalLM

warnings.simplefilter("ignore")
torch.set_num_threads(1)
dist.init_process_group("gloo")
rank = dist.get_rank()


def sharded(model, layers):
    for layer in layers:
        fully_shard(layer)
    return fully_shard(model) or model


def base():
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                    num_attention_heads=4, vocab_size=64)
    )


def with_adapter(model):
    torch.manual_seed(0)
    return get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))


def sums_after_training(model):
    adapter = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(adapter, lr=1e-2)
    rows = (torch.arange(16) + 5 * rank).reshape(1, 16)  # each process has its own rows
    for _ in range(5):
        model(input_ids=rows, labels=rows).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    whole = [p.full_tensor() if hasattr(p, "full_tensor") else p for p in adapter]
    own = sum(weight.detach().double().sum() for weight in whole)
    both = [torch.zeros_like(own) for _ in range(2)]
    dist.all_gather(both, own)
    return type(adapter[0].data).__name__, [round(total.item(), 4) for total in both]


model = with_adapter(base())
before = sums_after_training(sharded(model, model.base_model.model.model.layers))
model = base()
after = sums_after_training(with_adapter(sharded(model, model.model.layers)))
if rank == 0:
    print("adapter before fully_shard:", *before)
    print("adapter after fully_shard:", *after)
assert before[0] == "DTensor" and before[1][0] == before[1][1], before
assert after[0] == "Tensor" and abs(after[1][0] - after[1][1]) > 0.01, after
dist.destroy_process_group()
EOF
OMP_NUM_THREADS=1 "$folder/venv/bin/torchrun" --nproc_per_node=2 train.py
