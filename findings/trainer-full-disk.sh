#!/usr/bin/env bash
# A checkpoint that did not fit on the disk is taken by get_last_checkpoint, and resuming fails.
#
# The guess, written before the run, was that transformers' Trainer writes a checkpoint under another
# name and renames it when it is complete (as it once did), so that get_last_checkpoint finds the
# one before. It writes in place. When the optimizer's states do not fit, the folder stays with the
# weights and a cut optimizer.pt, get_last_checkpoint returns it, and resuming ends with
# FileNotFoundError for trainer_state.json although a whole checkpoint lies beside it. The error at
# the time of writing does not mention the disk: "unexpected pos 747712 vs 747604". (safetensors alone
# behaves well: it names the error and leaves no file.)
#
# The full disk is imitated by a limit on the size of a file, which needs no root.
#
# Versions: torch 2.13.0, transformers 5.23.0, accelerate 1.15.0 under Python 3.11. Output seen:
#   writing: RuntimeError [enforce fail at inline_container.cc:672] . unexpected pos …
#   get_last_checkpoint: checkpoint-4, without trainer_state.json
#   resuming: FileNotFoundError trainer_state.json
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 \
  2>/dev/null
cd "$folder"
CUDA_VISIBLE_DEVICES="" "$folder/venv/bin/python" - 2>errors.log <<'EOF' || (cat errors.log; exit 1)
import os
import resource

import torch
from transformers import (LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback,
                          TrainingArguments)
from transformers.trainer_utils import get_last_checkpoint


class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, n):
        return {"input_ids": torch.full((4,), n), "labels": torch.full((4,), n)}


model = LlamaForCausalLM(
    LlamaConfig(hidden_size=64, intermediate_size=64, num_hidden_layers=1,
                num_attention_heads=2, vocab_size=1000)
)
weights = 4 * sum(p.numel() for p in model.parameters())
unlimited = resource.RLIM_INFINITY


class FullDisk(TrainerCallback):
    """From step 3 on there is room for the weights, but not for the optimizer's two states of each."""

    def on_step_end(self, args, state, control, **_):
        if state.global_step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(1.5 * weights), unlimited))


arguments = TrainingArguments(
    "runs", per_device_train_batch_size=4, num_train_epochs=1, save_steps=2,
    logging_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True,
)
try:
    Trainer(model, arguments, train_dataset=Numbers(), callbacks=[FullDisk()]).train()
except RuntimeError as error:
    print("writing:", type(error).__name__, str(error).splitlines()[0])
    assert "unexpected pos" in str(error) and "space" not in str(error), error
else:
    raise SystemExit("The checkpoint was written in spite of the limit.")
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
whole = set(os.listdir("runs/checkpoint-2"))
last = get_last_checkpoint("runs")
print("get_last_checkpoint:", last, "lacks", sorted(whole - set(os.listdir(last))))
assert os.path.basename(last) == "checkpoint-4"
assert "trainer_state.json" in whole - set(os.listdir(last))
try:
    Trainer(model, arguments, train_dataset=Numbers()).train(resume_from_checkpoint=True)
except FileNotFoundError as error:
    print("resuming:", type(error).__name__, os.path.basename(error.filename))
    assert error.filename.endswith("trainer_state.json")
else:
    raise SystemExit("Resuming now works.")
EOF
