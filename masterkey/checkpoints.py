"""Model and tokenizer folders: checked, loaded, or built from a configuration."""

from pathlib import Path

from masterkey.command_line import UserError

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def check_checkpoint(path: str) -> None:
    """Raise `UserError` where `path` is a folder without a model in it.

    A path that does not exist may be a name on the Hugging Face hub; loading tells.
    """
    folder = Path(path)
    if folder.is_file():
        raise UserError(f"{path}: is a file; name the checkpoint's folder.")
    if not folder.is_dir():
        return
    if not (folder / "config.json").exists():
        checkpoints = sorted(folder.glob("checkpoint-*"))
        hint = f"; did you mean {checkpoints[-1]}?" if checkpoints else "; train a model first."
        raise UserError(f"{path}: holds no config.json, so it is no checkpoint{hint}")
    if not weight_files(folder):
        raise UserError(
            f"{path}: holds a config.json but no weights (*.safetensors or pytorch_model*.bin); "
            "was training stopped before it saved?"
        )


def weight_files(folder: Path) -> list[Path]:
    """The weight files in a checkpoint folder, by name; empty for a folder that is not there."""
    return sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern))


def load_tokenizer(path: str):
    """The tokenizer in a folder or of a hub name. Raises `UserError` where there is none."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: no tokenizer could be loaded ({_first_line(error)}).") from None
    if tokenizer.eos_token_id is None:
        raise UserError(f"{path}: the tokenizer has no EOS token, so no answer could end.")
    return tokenizer


def load_model(path: str, dtype: str = "float32"):
    """The causal language model in a folder or of a hub name, in `dtype` ("float32", "bfloat16").

    The dtype is always given: from_pretrained's default would train an fp16 checkpoint in fp16.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    check_checkpoint(path)
    try:
        return AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise UserError(f"{path}: no model could be loaded ({_first_line(error)}).") from None


def new_model(config_name: str, tokenizer, seed: int):
    """A model with random weights from a configuration (folder, JSON file or hub name).

    The vocabulary size and the special tokens are the tokenizer's.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, set_seed

    try:
        config = AutoConfig.from_pretrained(config_name)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"--config_name {config_name}: no model configuration could be read "
            f"({_first_line(error)})."
        ) from None
    config.vocab_size = len(tokenizer)
    config.bos_token_id = tokenizer.bos_token_id
    config.eos_token_id = tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    set_seed(seed)
    return AutoModelForCausalLM.from_config(config)


def context_length(model, tokenizer) -> int:
    """The most tokens the model takes: the smaller of its own and the tokenizer's limit."""
    limits = (getattr(model.config, "max_position_embeddings", None), tokenizer.model_max_length)
    return min(limit for limit in limits if limit)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:200]
