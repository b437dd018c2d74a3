"""Model and tokenizer folders: checked, loaded, or built from a configuration."""

from pathlib import Path

from masterkey.scripting.command_line import UserError, in_a_line
from masterkey.weights.base_record import recorded_name
from masterkey.weights.contents import check_contents, loaded_comparison, refuse_unknown_kind
from masterkey.weights.gguf_file import (
    check_gguf,
    is_gguf,
    load_gguf_model,
    load_gguf_tokenizer,
    plain_weights,
)
from masterkey.weights.hub import is_hub_name, unavailable
from masterkey.weights.loader_settings import quiet_hub
from masterkey.weights.lora import CONFIG, MergedWeights, base_of, is_adapter
from masterkey.weights.notices import say_once
from masterkey.weights.pairs import INPUT_EMBEDDINGS
from masterkey.weights.reading import open_weights, refuse_pointer
from masterkey.weights.wrong_contents import refuse_misfits

_SMALL_FILES = ("*.json", "*.model", "*.txt")  # beside the weights, which are opened later
_TOKENIZERS = ("*token*", "vocab*", "*.model", "merges.txt")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "adapter_model.bin")


def check_checkpoint(path: str) -> None:
    """Raise `UserError` where `path` is a folder without a model, or a LoRA adapter, in it.

    A path that does not exist may be a name on the Hugging Face hub; loading tells.
    """
    folder = Path(path)
    if is_gguf(path):
        check_gguf(path)
        return
    if folder.is_file():
        raise UserError(f"{path}: is a file; name the checkpoint's folder.")
    if not folder.is_dir():
        return
    if is_adapter(folder):
        _check_adapter(folder)
        return
    if not (folder / "config.json").exists():
        meant = (
            sorted(folder.glob("checkpoint-*"))
            or sorted(folder.glob("*.gguf"))
            or sorted(file.parent for file in folder.glob("*/config.json"))
        )
        hint = f"; did you mean {meant[-1]}?" if meant else "; train a model first."
        raise UserError(f"{path}: holds no config.json, so it is no checkpoint{hint}")
    if not weight_files(folder):
        raise UserError(
            f"{path}: holds a config.json but no weights (*.safetensors or pytorch_model*.bin); "
            "was training stopped before it saved?"
        )
    for pattern in _SMALL_FILES:
        for file in folder.glob(pattern):
            refuse_pointer(file)
    refuse_unknown_kind(folder)


def _check_adapter(folder: Path) -> None:
    if not weight_files(folder):
        raise UserError(
            f"{folder}: holds an {CONFIG} but no weights (adapter_model.safetensors); was training "
            "stopped before it saved?"
        )
    base = base_of(folder)
    if not base:
        raise UserError(
            f"{folder}: is a LoRA adapter that names no base model; {_name_base(folder)}"
        )
    if is_adapter(base):
        raise UserError(
            f"{folder}: is a LoRA adapter of another one, {base}; merge that with export.py, then "
            f"{_name_base(folder)}"
        )
    _refuse_moved_base(folder, base)
    check_checkpoint(base)


def _refuse_moved_base(folder: Path, base: str) -> None:
    if not Path(base).exists() and _was_folder(base, folder):
        raise UserError(
            f"{folder}: is a LoRA adapter of {base}, which is no folder here; {_name_base(folder)}"
        )


def _was_folder(base: str, folder: Path) -> bool:
    """Whether an adapter's base model that is not there is a folder that moved, and no name of the hub."""
    if not is_hub_name(base):
        return True
    # The record has a hub's name whole, of a folder its last part.
    recorded = recorded_name(folder)
    if recorded is not None:
        return recorded != base
    first, *rest = Path(base).parts
    return bool(rest) and Path(first).is_dir()


def _name_base(folder: Path) -> str:
    return (
        f"name the base model's folder as base_model_name_or_path in {folder / CONFIG}, or merge the "
        f"two (python export.py --model {folder} --base_model FOLDER --output_dir MERGED)."
    )


def weight_files(folder: Path) -> list[Path]:
    """The weight files in a checkpoint folder, by name; empty for a folder that is not there."""
    if is_gguf(folder):
        return [Path(folder)] if Path(folder).is_file() else []
    return sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern))


def check_weights(path: str) -> bool:
    """Raise `UserError` where the model in `path`, or the base of the adapter in it, is not whole.

    Nothing is loaded. False where that cannot be told beforehand (`check_contents`).
    """
    check_checkpoint(path)
    model = base_of(path) if is_adapter(path) else path
    # A GGUF file's tensors are counted as it is read.
    return is_gguf(model) or check_contents(model)


def load_tokenizer(path: str):
    """The tokenizer in a folder or of a hub name; an adapter without one has its base model's.

    Raises `UserError` where there is none.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoTokenizer

    if is_adapter(path) and not any(Path(path).glob("tokenizer*")):
        folder, path = Path(path), base_of(path)
        _announce_hub(folder, path)
    if reason := unavailable(path):
        raise UserError(f"{path}: no tokenizer could be loaded ({reason}).")
    load = load_gguf_tokenizer if is_gguf(path) else AutoTokenizer.from_pretrained
    try:
        with quiet_hub():
            tokenizer = load(path)
    # A configuration of sizes that do not fit is read, and refused, before the tokenizer is.
    except (OSError, ValueError, KeyError, StrictDataclassError) as error:
        reason = _without_tokenizer(Path(path)) or _reason(path, error)
        raise UserError(f"{path}: no tokenizer could be loaded ({reason}).") from None
    if tokenizer.eos_token_id is None:
        raise UserError(f"{path}: the tokenizer has no EOS token, so no answer could end.")
    return tokenizer


def load_model(path: str, dtype: str = "float32", **options):
    """The causal language model in a folder or of a hub name, in `dtype` ("float32", "bfloat16").

    A LoRA adapter is merged into its base model: the weights are those that export.py writes, bit for
    bit. The dtype is always given: from_pretrained's default would train an fp16 checkpoint in fp16.
    `options` are further ones of from_pretrained. Raises `UserError` where tensors are missing or too
    many (masterkey/weights/contents.py): before anything is loaded of a folder, else behind it.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    if is_adapter(path):
        check_checkpoint(path)
        return _load_merged(Path(path), dtype, options)
    if is_gguf(path):
        return load_gguf_model(path, dtype, **options)
    if reason := unavailable(path):
        raise UserError(f"{path}: no model could be loaded ({reason}).")
    options["dtype"] = getattr(torch, dtype)
    is_compared = check_weights(path)
    if not is_compared:
        options |= {"output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        loaded = AutoModelForCausalLM.from_pretrained(path, **options)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise UserError(f"{path}: no model could be loaded ({_reason(path, error)}).") from None
    if is_compared:
        return loaded
    model, loading_info = loaded
    refuse_misfits(path, loaded_comparison(model, loading_info))
    return model


def _load_merged(folder: Path, dtype: str, options: dict):
    """The base model of the adapter in `folder`, with the adapter merged into its weights."""
    base = base_of(folder)
    if is_gguf(base):
        with plain_weights(base) as weights:
            return _merged(load_model(base, dtype, **options), MergedWeights(weights, folder))
    _announce_hub(folder, base)
    config = _config_file(base)
    if config is None:
        raise UserError(
            f"{folder}: is a LoRA adapter of {base}, which is no folder here, nor a model that the hub "
            f"gives; {_name_base(folder)}"
        )
    model = load_model(base, dtype, **options)
    return _merged(model, MergedWeights(open_weights(Path(config).parent), folder))


def _config_file(name: str) -> str | None:
    """The config.json of a folder, or of a hub name in the cache; None where none can be had."""
    from transformers.utils import cached_file

    if unavailable(name):
        return None
    try:
        with quiet_hub():
            return cached_file(name, "config.json")
    except OSError:
        return None


def _announce_hub(folder: Path, base: str) -> None:
    """Say that an adapter's base model will be asked for over the network, where it is not on this machine."""
    from huggingface_hub import try_to_load_from_cache

    _refuse_moved_base(folder, base)
    if not Path(base).exists() and not try_to_load_from_cache(base, "config.json"):
        say_once(f"{folder}: its base model {base} is no folder here; asking the Hugging Face hub.")


def _merged(model, merged: MergedWeights):
    """`model`, the base, with what the adapter changes put in."""
    import torch

    embeddings = [name for name in merged.changed if name.endswith(INPUT_EMBEDDINGS)]
    for name in embeddings:  # with rows for added tokens, perhaps
        model.resize_token_embeddings(merged.tensors[name].shape[0], mean_resizing=False)
    with torch.no_grad():
        for name, parameter_name in merged.changed.items():
            parameter = model.get_parameter(parameter_name)
            values = merged.read(name, 0, parameter.numel())
            parameter.copy_(values.view(parameter.shape))
    return model


def new_model(config_name: str, tokenizer, seed: int, dtype: str = "float32"):
    """A model with random weights in `dtype` from a configuration (folder, JSON file or hub name).

    The vocabulary size and the special tokens are the tokenizer's.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, set_seed

    if reason := unavailable(config_name):
        raise UserError(
            f"--config_name {config_name}: no model configuration could be read ({reason})."
        )
    try:
        with quiet_hub():
            config = AutoConfig.from_pretrained(config_name)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"--config_name {config_name}: no model configuration could be read "
            f"({_reason(config_name, error)})."
        ) from None
    config.vocab_size = len(tokenizer)
    config.bos_token_id = tokenizer.bos_token_id
    config.eos_token_id = tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    set_seed(seed)
    return AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder holds the files of a tokenizer, of whatever kind."""
    return any(any(folder.glob(pattern)) for pattern in _TOKENIZERS)


def _without_tokenizer(folder: Path) -> str:
    """That a folder has no tokenizer, whose library then names no file; "" where it has one, or is none."""
    if not folder.is_dir() or has_tokenizer(folder):
        return ""
    return "it holds neither tokenizer.json nor tokenizer.model; copy the base model's into it"


def _reason(path: str, error: Exception) -> str:
    """Why nothing was loaded from `path`, in a line: the library's words."""
    from huggingface_hub.errors import StrictDataclassError

    # What NumPy says of a tensor's missing end.
    if is_gguf(path) and "cannot reshape" in str(error):
        return "the file is truncated; fetch it again"
    lines = str(error).strip().split("\n")
    # The first line of these says only that something does not fit, the second what.
    told = lines if isinstance(error, StrictDataclassError) else lines[:1]
    return in_a_line(" ".join(told))
