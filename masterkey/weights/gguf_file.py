"""GGUF files as checkpoints: one file with weights, configuration and tokenizer, mostly quantised.

transformers reads them (`gguf_file=`) into plain tensors of the dtype asked for: quantised weights
become larger in memory than the file is, and no better. What it hands back still calls itself
quantised, and cannot be saved; `load_gguf_model` makes a plain model of it.
"""

import contextlib
import importlib.util
import json
import shutil
import tempfile
from pathlib import Path

from masterkey.rows.prompts import SETTINGS_FILE
from masterkey.scripting.command_line import UserError, in_a_line
from masterkey.weights.reading import listed, open_weights, refuse_pointer

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
    refuse_pointer(path)
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


def load_gguf_tokenizer(path: str):
    """The tokenizer in a GGUF file, without tokens that the file has not.

    transformers adds its GPT2Tokenizer's `<|endoftext|>` behind the vocabulary of any file of bytes, and
    the model has no embedding for it. What loading raises is raised.
    """
    from transformers import AutoTokenizer

    folder, file = source_of(path)
    tokenizer = AutoTokenizer.from_pretrained(folder, **file)
    n_tokens = _n_tokens(path)
    return tokenizer if len(tokenizer) <= n_tokens else _first_tokens(tokenizer, n_tokens)


def _n_tokens(path: str) -> int:
    from gguf import GGUFReader

    return len(GGUFReader(path).fields["tokenizer.ggml.tokens"].data)


def _first_tokens(tokenizer, n_tokens: int):
    """`tokenizer` without the added tokens whose id is `n_tokens` or more."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    spec["added_tokens"] = [token for token in spec["added_tokens"] if token["id"] < n_tokens]
    names = ("bos_token", "eos_token", "unk_token", "pad_token")
    known = {token: number for token, number in tokenizer.get_vocab().items() if number < n_tokens}
    special = {
        name: getattr(tokenizer, name) for name in names if getattr(tokenizer, name) in known
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(spec)),
        chat_template=tokenizer.chat_template,
        clean_up_tokenization_spaces=False,
        **special,
    )


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
        model, loading_info = AutoModelForCausalLM.from_pretrained(
            folder,
            **file,
            dtype=getattr(torch, dtype),
            quantization_config=GgufConfig(dequantize=True),
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            **options,
        )
    except Exception as error:  # of a damaged file any; the file is the only thing read here
        raise UserError(f"{path}: no model could be loaded ({reason_of(error)}).") from None
    if missing := sorted(loading_info["missing_keys"]):
        raise UserError(
            f"{path}: lacks {listed(missing)}, so it is no whole model; fetch it again."
        )
    if loading_info["mismatched_keys"]:
        names = sorted({str(entry[0]) for entry in loading_info["mismatched_keys"]})
        raise UserError(
            f"{path}: transformers does not read such a {type(model).__name__} right: other sizes than "
            f"it expects have {listed(names, 3)}. Name the checkpoint that the file was made from."
        )
    return _made_plain(model, path)


def reason_of(error: Exception) -> str:
    """The first line of an exception for a sentence, or its type where it says nothing."""
    return in_a_line(str(error).strip().split("\n")[0]) or type(error).__name__


def _made_plain(model, path: str):
    """`model` without what transformers keeps of the file, so that it is trained and saved as any other."""
    model.hf_quantizer = None
    # Saving would give the tensors the file's names and order again.
    model._weight_conversions = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    # An adapter names it as its base; for a relative path PEFT would ask the hub.
    model.config._name_or_path = model.name_or_path = str(Path(path).resolve())
    return model


@contextlib.contextmanager
def plain_weights(path: str, dtype: str = "float32"):
    """Context: the `Weights` of a GGUF file, through a `plain_folder`, under the file's name."""
    with plain_folder(path, dtype) as folder:
        weights = open_weights(folder)
        weights.name = str(path)
        yield weights


@contextlib.contextmanager
def plain_folder(path: str, dtype: str = "float32"):
    """Context: a temporary folder with the GGUF file's model and tokenizer as transformers saves them.

    For what reads weights from a folder piece by piece: exporting, and merging an adapter.
    """
    from masterkey.weights.checkpoints import load_tokenizer

    with tempfile.TemporaryDirectory(prefix="gguf-") as folder:
        load_gguf_model(path, dtype).save_pretrained(folder)
        load_tokenizer(path).save_pretrained(folder)
        settings = Path(path).parent / SETTINGS_FILE
        if settings.exists():
            shutil.copy(settings, folder)
        yield Path(folder)
