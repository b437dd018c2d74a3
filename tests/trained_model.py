"""A tiny LLaMA that has learnt to read: trained in the test session on synthetic papers, in seconds.

Random weights recite: whatever the prompt, they answer alike, and with margins so small that rounding
decides. Equality with a reference decoder, resumed runs and the like are tested on a model whose values
depend on the paper.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from masterkey.rows.encoding import encode_training_rows
from masterkey.rows.prompts import PromptSettings, build_prompt, save_settings
from masterkey.rows.records import Row, read_rows
from masterkey.training.batches.collators import AnswerCollator

ROOT = Path(__file__).resolve().parents[1]
CONTEXT = 640
N_TRAINING_ROWS = 96
READ_CHARACTERS = 120  # of each paper: short prompts, so that training takes seconds
STEPS = 150
BATCH = 8


@dataclass(frozen=True)
class Trained:
    """The model with its tokenizer, in memory and in `folder`, and papers like those it learnt from."""

    folder: Path
    model: object
    tokenizer: object
    settings: PromptSettings
    training: list[Row]
    papers: list[Row]  # unseen ones


def short_rows(name: str, n: int) -> list[Row]:
    """The first `n` rows of a file of data/sample, their papers shortened to whole words."""
    rows = read_rows(ROOT / "data" / "sample" / name, task="sii")[:n]
    return [
        Row(row.id, row.instruction, _beginning(row.input), row.output, row.number) for row in rows
    ]


def _beginning(text: str) -> str:
    return text[:READ_CHARACTERS].rpartition(" ")[0]


def train_tiny_model(
    rows: list[Row], steps: int = STEPS, batch_size: int = BATCH, splitting: str = "schema"
):
    """(model, tokenizer, settings) after `steps` batches of the rows' answers, seeded."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from masterkey.rows.tokenizer import train_tokenizer

    texts = [text for row in rows for text in (row.input, row.output)]
    template = [build_prompt("alpaca", rows[0].instruction, "…").text()]
    tokenizer = train_tokenizer(texts + template * len(rows), 1000, splitting)
    tokenizer.model_max_length = CONTEXT
    settings = PromptSettings("alpaca")
    encoded = encode_training_rows(rows, tokenizer, settings, CONTEXT, "sample")
    longest = max(sum(label >= 0 for label in row.labels) for row in encoded)
    config = LlamaConfig(
        hidden_size=64,
        intermediate_size=160,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=CONTEXT,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).train()
    collate = AnswerCollator(tokenizer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for step in range(steps):
        chosen = [encoded[(step * batch_size + i) % len(encoded)] for i in range(batch_size)]
        batch = collate([{"input_ids": row.input_ids, "labels": row.labels} for row in chosen])
        answered = batch["labels"][:, 1:] >= 0
        states = model.model(batch["input_ids"], batch["attention_mask"]).last_hidden_state
        scores = model.lm_head(states[:, :-1][answered])
        torch.nn.functional.cross_entropy(scores, batch["labels"][:, 1:][answered]).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return model.eval(), tokenizer, PromptSettings("alpaca", longest_answer=longest)


def save_trained(folder: Path, model, tokenizer, settings: PromptSettings) -> None:
    """A checkpoint folder as train.py leaves it, but for its records."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    save_settings(folder, settings)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Trained:
    """The model, once for the whole session."""
    import torch

    folder = tmp_path_factory.mktemp("trained") / "model"
    training = short_rows("sii_train.json", N_TRAINING_ROWS)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # else the weights depend on the machine
    try:
        model, tokenizer, settings = train_tiny_model(training)
    finally:
        torch.set_num_threads(threads)
    save_trained(folder, model, tokenizer, settings)
    return Trained(folder, model, tokenizer, settings, training, short_rows("sii_test.json", 24))
