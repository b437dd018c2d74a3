"""A tiny trained LLaMA whose tokenizer llama.cpp knows, as a folder and as a GGUF file of export.py."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from trained_model import N_TRAINING_ROWS, save_trained, short_rows, train_tiny_model

from masterkey.rows.records import Row

STEPS = 60


@dataclass(frozen=True)
class GgufCheckpoint:
    """The same float32 model twice, and papers like those it learnt from, unseen."""

    folder: Path
    file: Path
    papers: list[Row]


@pytest.fixture(scope="session")
def gguf_checkpoint(tmp_path_factory) -> GgufCheckpoint:
    """Trained once for the whole session, in some 5 seconds."""
    import export
    import torch

    place = tmp_path_factory.mktemp("gguf")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # else the weights depend on the machine
    try:
        rows = short_rows("sii_train.json", N_TRAINING_ROWS)
        save_trained(place / "model", *train_tiny_model(rows, STEPS, splitting="qwen2"))
    finally:
        torch.set_num_threads(threads)
    released = place / "released"
    export.main(export.Arguments(str(place / "model"), str(released), format="gguf"))
    papers = short_rows("sii_test.json", 24)
    return GgufCheckpoint(place / "model", released / "released.gguf", papers)
