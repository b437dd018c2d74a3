"""train.py against a loop that anyone can check: the same losses, the same weights at the end."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, get_linear_schedule_with_warmup

from masterkey.rows.encoding import encode_training_rows
from masterkey.rows.prompts import PromptSettings
from masterkey.rows.records import read_rows
from masterkey.training.batches.collators import AnswerCollator
from masterkey.training.batches.steps import Arrangement, StepSampler
from masterkey.weights.checkpoints import load_tokenizer, new_model

ROOT = Path(__file__).resolve().parents[2]
SMALL = {
    **{"model_type": "llama", "hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2},
    **{"num_attention_heads": 2, "max_position_embeddings": 1024, "vocab_size": 1},
}
RATE, BETAS, LARGEST_NORM, ROWS_OF_A_STEP, EPOCHS = 0.01, (0.9, 0.95), 0.5, 5, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory, run_script):
    """rows.json (12 synthetic rows of either task), model.json and tokenizer/."""
    folder = tmp_path_factory.mktemp("plain_loop")
    rows = [
        row
        for name in ("sii_train", "mdp_train")
        for row in json.loads((ROOT / "data/sample" / f"{name}.json").read_text("utf-8"))[:6]
    ]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "model.json").write_text(json.dumps(SMALL))
    done = run_script(
        "data/train_tokenizer.py", "--vocab_size", 600, "--data_path", folder / "rows.json",
        "--output_dir", folder / "tokenizer",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def by_hand(folder):
    """(Losses of the steps, weights at the end): transformers' own loss on padded batches, AdamW."""
    tokenizer = load_tokenizer(str(folder / "tokenizer"))
    path = str(folder / "rows.json")
    rows = encode_training_rows(
        read_rows(path), tokenizer, PromptSettings("alpaca", False), 1024, path
    )
    rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in rows]
    model = new_model(str(folder / "model.json"), tokenizer, 0, "float32").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=BETAS, weight_decay=0.0)
    n_steps = EPOCHS * -(-len(rows) // ROWS_OF_A_STEP)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, n_steps)
    lengths = np.asarray([len(row["input_ids"]) for row in rows])
    order = StepSampler(lengths, lengths, Arrangement(ROWS_OF_A_STEP, 100_000), seed=0)
    collate, losses = AnswerCollator(tokenizer), []
    for epoch in range(EPOCHS):
        order.set_epoch(epoch)
        for step in order:
            chosen = [rows[row] for batch in step.micro_batches for row in batch]
            loss = model(**collate(chosen)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), LARGEST_NORM)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            losses.append(loss.item())
    return losses, model.state_dict()


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["false", "true"])
def test_train_py_equals_a_plain_loop(folder, by_hand, run_script, packing):
    """Rows divided into passes, packed or padded, logits in chunks: the arithmetic stays the same."""
    output_dir = folder / f"packing_{packing}"
    done = run_script(
        "train.py", "--config_name", folder / "model.json", "--seed", 0,
        "--tokenizer_name", folder / "tokenizer", "--data_path", folder / "rows.json",
        "--output_dir", output_dir, "--cache_dir", folder / "cache", "--model_max_length", 1024,
        "--per_device_train_batch_size", ROWS_OF_A_STEP, "--num_train_epochs", EPOCHS,
        "--learning_rate", RATE, "--adam_beta2", BETAS[1], "--max_grad_norm", LARGEST_NORM,
        "--lr_scheduler_type", "linear", "--tokens_per_batch", 1024, "--packing", packing,
        "--loss_chunk_size", 30, "--logging_steps", 1, "--save_strategy", "no",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    losses, weights = by_hand
    summary = json.loads((output_dir / "train_summary.json").read_text())
    logged = [float(entry["loss"]) for entry in summary["log"] if "loss" in entry]
    assert losses[-1] < losses[0] - 1  # it learns: the comparison says something
    assert logged == pytest.approx(losses, abs=2e-4)
    trained = AutoModelForCausalLM.from_pretrained(output_dir, dtype=torch.float32).state_dict()
    for name, weight in weights.items():
        torch.testing.assert_close(trained[name], weight, atol=2e-3, rtol=1e-2)
