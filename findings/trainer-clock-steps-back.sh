#!/usr/bin/env bash
# After the clock has stepped back, transformers' Trainer deletes the checkpoint it has just saved.
#
# The guesses, written before the run, were that --save_total_limit goes by step numbers and that
# train_runtime comes from a monotonic clock. Checkpoints are sorted by the folders' times of
# writing: once the clock has been set back (time synchronisation, a virtual machine woken up),
# older checkpoints look newer. With a limit of 1, each new checkpoint is removed as soon as it is
# written, and a run of hours keeps the one from before the step. A second of difference is enough.
# train_runtime is negative, and so are the samples per second.
#
# The step is imitated in two ways, without root: for the folders, the first checkpoint's time is
# set an hour ahead, as a clock that ran ahead has left it; for the run time, time.time is shifted.
#
# Versions: torch 2.13.0, transformers 5.23.0, accelerate 1.15.0 under Python 3.11. Output seen:
#   after 8 steps, saved at 2, 4, 6 and 8 with a limit of 1: ['checkpoint-2']
#   without the step: ['checkpoint-8']; train_runtime: -3599.5 s
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 transformers==5.23.0 accelerate==1.15.0 \
  2>/dev/null
cd "$folder"
CUDA_VISIBLE_DEVICES="" "$folder/venv/bin/python" - 2>errors.log <<'EOF' || (cat errors.log; exit 1)
import os
import time

real_time, shift = time.time, [0.0]
time.time = lambda: real_time() + shift[0]

import torch
from transformers import (LlamaConfig, LlamaForCausalLM, Trainer, TrainerCallback,
                          TrainingArguments)


class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, n):
        return {"input_ids": torch.full((4,), n), "labels": torch.full((4,), n)}


class StepBack(TrainerCallback):
    def on_save(self, args, state, control, **_):
        if state.global_step == 2:  # it was written by a clock that was an hour ahead
            ahead = real_time() + 3600
            os.utime(f"{args.output_dir}/checkpoint-2", (ahead, ahead))
            shift[0] = -3600.0


def run(name, callbacks):
    shift[0] = 0.0
    model = LlamaForCausalLM(
        LlamaConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                    num_attention_heads=2, vocab_size=32)
    )
    arguments = TrainingArguments(
        name, per_device_train_batch_size=4, num_train_epochs=1, save_steps=2,
        save_total_limit=1, logging_strategy="no", report_to="none", use_cpu=True,
        disable_tqdm=True,
    )
    metrics = Trainer(model, arguments, train_dataset=Numbers(), callbacks=callbacks).train().metrics
    kept = sorted(os.listdir(name))
    print(name, "keeps", kept, "train_runtime", round(metrics["train_runtime"], 1))
    return kept, metrics["train_runtime"]


kept, seconds = run("undisturbed", [])
assert kept == ["checkpoint-8"] and seconds > 0
kept, seconds = run("stepped_back", [StepBack()])
assert kept == ["checkpoint-2"] and seconds < -3000
EOF
