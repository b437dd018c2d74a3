"""The files of a model folder beside its weights: configuration, tokenizer, prompt style, licence."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

from masterkey.rows.prompts import SETTINGS_FILE
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json
from masterkey.weights.pairs import INPUT_EMBEDDINGS
from masterkey.weights.reading import dtype_name

CONFIG, GENERATION_CONFIG = "config.json", "generation_config.json"
# Copied by name, so that optimizer states, logs and paths of the training machine stay behind.
_PATTERNS = (
    CONFIG,
    GENERATION_CONFIG,
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
    generation = target / GENERATION_CONFIG
    if CONFIG in found and not generation.exists():
        config = read_json(target / CONFIG)
        ids = ("bos_token_id", "eos_token_id", "pad_token_id")
        known = {key: config[key] for key in ids if config.get(key) is not None}
        write_json(generation, {"do_sample": False, **known})
    if len(sources) > 1:  # an adapter's and its base model's
        align_special_tokens(target)


def align_special_tokens(folder: Path) -> None:
    """Write the tokenizer's EOS, BOS and padding into config.json and generation_config.json.

    A full fine-tune writes them when it begins (transformers' Trainer), by the function used here; of
    an adapter the files are its base model's, whose EOS may be another: `generate` would run on.
    """
    from transformers import AutoTokenizer
    from transformers.trainer_utils import align_special_tokens

    from masterkey.weights.loader_settings import quiet_transformers

    paths = [folder / CONFIG, folder / GENERATION_CONFIG]
    if not all(path.exists() for path in paths) or not any(folder.glob("tokenizer*")):
        return
    config, generation = map(read_json, paths)
    text = config.get("text_config", config)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    pad, size = tokenizer.pad_token_id, text.get("vocab_size")
    if pad is not None and size is not None and pad >= size:
        tokenizer.pad_token = None  # has no embedding
    model = SimpleNamespace(
        config=SimpleNamespace(get_text_config=lambda: _Settings(text)),
        generation_config=_Settings(generation),
    )
    with quiet_transformers():
        align_special_tokens(model, tokenizer)
    for path, content in zip(paths, (config, generation), strict=True):
        write_json(path, content)


class _Settings:
    """A JSON object with its keys as attributes; those that it lacks are None."""

    def __init__(self, content: dict):
        object.__setattr__(self, "content", content)

    def __getattr__(self, name: str):
        return self.content.get(name)

    def __setattr__(self, name: str, value) -> None:
        self.content[name] = value


def copy_files(sources: list[Path], target: Path, patterns: tuple[str, ...]) -> None:
    """Copy the files of these names, as they are; later sources win."""
    for folder in sources:
        for path in (path for pattern in patterns for path in folder.glob(pattern)):
            shutil.copyfile(path, target / path.name)


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
