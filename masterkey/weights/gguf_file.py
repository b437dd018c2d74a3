"""GGUF files as checkpoints: one file with weights, configuration and tokenizer, mostly quantised.

transformers reads them (`gguf_file=`) into plain tensors of the dtype asked for: quantised weights
become larger in memory than the file is, and no better. What it hands back still calls itself
quantised, and cannot be saved; `load_gguf_model` makes a plain model of it.
"""

import contextlib
import importlib.util
import tempfile
from pathlib import Path

from masterkey.scripting.command_line import UserError

PACKAGE = "gguf==0.19.0"
_MAGIC = b"GGUF"


def is_gguf(path) -> bool:
    """Whether a path names a GGUF file, by its ending."""
    return str(path).lower().endswith(".gguf")


def need_package() -> None:
    """Raise `UserError` where the package `gguf` is not installed."""
    if importlib.util.find_spec("gguf") is None:
        raise UserError(f"GGUF files need the package gguf; pip install {PACKAGE}")


def check_gguf(path: str | Path) -> None:
    """Raise `UserError` where `path` is no whole GGUF file, or the package that reads it is missing."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; check the path.")
    with open(path, "rb") as file:
        start = file.read(len(_MAGIC))
    if start != _MAGIC:
        raise UserError(
            f"{path}: does not begin as a GGUF file does ({start!r} instead of {_MAGIC!r}); fetch the "
            "file again."
        )
    if "-of-" in path.stem:
        raise UserError(
            f"{path}: is one part of several; join them (llama-gguf-split --merge) and name the whole."
        )
    need_package()


def source_of(path: str) -> tuple[str, dict[str, str]]:
    """What from_pretrained wants of a checkpoint: (folder or hub name, options)."""
    if not is_gguf(path):
        return path, {}
    check_gguf(path)
    return str(Path(path).parent), {"gguf_file": Path(path).name}


def load_gguf_model(path: str, dtype: str, **options):
    """The causal language model in a GGUF file, dequantised into `dtype`, that trains and saves.

    Raises `UserError` for another file, one of an architecture that transformers does not read, and
    where another quantisation is asked for.
    """
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils.quantization_config import GgufConfig

    if options.pop("quantization_config", None) is not None:
        raise UserError(
            f"{path}: is a GGUF file, which is not quantised anew; leave --load_in_4bit out, or name "
            "the checkpoint that it was made from."
        )
    folder, file = source_of(path)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            **file,
            dtype=getattr(torch, dtype),
            quantization_config=GgufConfig(dequantize=True),
            **options,
        )
    except Exception as error:  # of a damaged file any; the file is the only thing read here
        raise UserError(f"{path}: no model could be loaded ({reason_of(error)}).") from None
    return _made_plain(model, path)


def reason_of(error: Exception) -> str:
    """The first line of an exception for a sentence, or its type where it says nothing."""
    return str(error).strip().split("\n")[0][:200].rstrip(".") or type(error).__name__


def _made_plain(model, path: str):
    """`model` without what transformers keeps of the file, so that it is trained and saved as any other."""
    model.hf_quantizer = None
    # Saving would give the tensors the file's names and order again.
    model._weight_conversions = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config._name_or_path = model.name_or_path = str(path)  # an adapter names it as its base
    return model


@contextlib.contextmanager
def plain_folder(path: str, dtype: str = "float32"):
    """Context: a temporary folder with the GGUF file's model and tokenizer as transformers saves them.

    For what reads weights from a folder piece by piece: exporting, and merging an adapter.
    """
    from masterkey.weights.checkpoints import load_tokenizer

    with tempfile.TemporaryDirectory(prefix="gguf-") as folder:
        load_gguf_model(path, dtype).save_pretrained(folder)
        load_tokenizer(path).save_pretrained(folder)
        yield Path(folder)
