"""A tiny LLaMA that knows two papers by heart, as a folder and as a GGUF file of export.py.

Its tokenizer is one that llama.cpp knows. Learned by heart, no value hangs on the rounding of two
programs.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from trained_model import save_trained, short_rows, train_tiny_model

from masterkey.rows.records import Row

N_PAPERS, STEPS = 2, 120


@dataclass(frozen=True)
class GgufCheckpoint:
    """The same float32 model twice, and the papers that it learnt."""

    folder: Path
    file: Path
    papers: list[Row]


@pytest.fixture(scope="session")
def gguf_checkpoint(tmp_path_factory) -> GgufCheckpoint:
    """Trained once for the whole session, in some 4 seconds."""
    import torch

    import export

    place = tmp_path_factory.mktemp("gguf")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # else the weights depend on the machine
    try:
        papers = short_rows("sii_train.json", N_PAPERS)
        trained = train_tiny_model(papers, STEPS, batch_size=N_PAPERS, splitting="qwen2")
        save_trained(place / "model", *trained)
    finally:
        torch.set_num_threads(threads)
    released = place / "released"
    export.main(export.Arguments(str(place / "model"), str(released), format="gguf"))
    return GgufCheckpoint(place / "model", released / "released.gguf", papers)
