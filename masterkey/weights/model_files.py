"""The files of a model folder beside its weights: configuration, tokenizer, prompt style, licence."""

import json
import shutil
from pathlib import Path

from masterkey.rows.prompts import SETTINGS_FILE
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json
from masterkey.weights.pairs import INPUT_EMBEDDINGS
from masterkey.weights.reading import dtype_name

CONFIG = "config.json"
# Copied by name, so that optimizer states, logs and paths of the training machine stay behind.
_PATTERNS = (
    CONFIG,
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.tiktoken",
    "spiece.model",
    "chat_template*",
    SETTINGS_FILE,
    "LICENSE*",
    "NOTICE*",
    "USE_POLICY*",
)
_PATH_KEYS = ("_name_or_path", "name_or_path", "tokenizer_file", "special_tokens_map_file")


def read_config(folder: str | Path) -> dict:
    """The config.json of a model folder, {} where there is none. Raises `UserError` for another."""
    path = Path(folder) / CONFIG
    if not path.exists():
        return {}
    config = read_json(path)
    if not isinstance(config, dict):
        raise UserError(f"{path}: is no model configuration; fetch the file again.")
    return config


def copy_model_files(sources: list[Path], target: Path, tensors: dict) -> None:
    """Copy what belongs to a model beside its weights; later sources win.

    Paths of the machine that it was made on are left out of JSON files. config.json gets the dtype
    and the vocabulary size of `tensors` ({name: TensorInfo}), and generation_config.json is made
    from it where there is none.
    """
    target.mkdir(exist_ok=True)
    found = {p.name: p for folder in sources for pattern in _PATTERNS for p in folder.glob(pattern)}
    for name, source in found.items():
        if source.is_file() and name.endswith(".json"):
            _copy_json(source, target / name, tensors)
        elif source.is_file():
            shutil.copyfile(source, target / name)
    generation = target / "generation_config.json"
    if CONFIG in found and not generation.exists():
        config = read_json(target / CONFIG)
        ids = ("bos_token_id", "eos_token_id", "pad_token_id")
        known = {key: config[key] for key in ids if config.get(key) is not None}
        write_json(generation, {"do_sample": False, **known})


def _copy_json(source: Path, target: Path, tensors: dict) -> None:
    content = read_json(source)
    before = json.dumps(content)
    if isinstance(content, dict):
        for key in _PATH_KEYS:
            if _is_local_path(content.get(key)):
                del content[key]
        if source.name == CONFIG:
            _fit_config(content, tensors)
    if json.dumps(content) == before:
        shutil.copyfile(source, target)
    else:
        write_json(target, content)


def _is_local_path(value) -> bool:
    """Whether a value is a path of this machine, not a hub name such as "org/model"."""
    return isinstance(value, str) and (value.startswith(("/", ".", "~")) or Path(value).exists())


def _fit_config(config: dict, tensors: dict) -> None:
    name = dtype_name(main_dtype(tensors))
    key = "torch_dtype" if "torch_dtype" in config and "dtype" not in config else "dtype"
    if config.get(key) != name:
        config[key] = name
    size = vocabulary_size(tensors)
    if size is not None and "vocab_size" in config:
        config["vocab_size"] = size


def vocabulary_size(tensors: dict) -> int | None:
    """Rows of the input embedding among `tensors` ({name: TensorInfo}), None where it is not known."""
    embeddings = [info for name, info in tensors.items() if name.endswith(INPUT_EMBEDDINGS)]
    return embeddings[0].shape[0] if len(embeddings) == 1 else None


def main_dtype(tensors: dict) -> str:
    """The dtype (safetensors name) of the largest of the tensors."""
    return max(tensors.values(), key=lambda info: info.n_bytes).dtype
