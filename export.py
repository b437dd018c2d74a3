"""Make a folder ready to be published from a training output: weights, tokenizer, prompt, card.

    python export.py --model runs/sii_llama_7b --output_dir release/sii_llama_7b
    python export.py --model runs/sii_llama_7b --output_dir release/sii_llama_7b_diff \\
        --weights diff --path_raw PATH_TO_LLAMA_7B

A LoRA adapter (a folder with adapter_config.json) is merged into its base model on the way. With
`--weights diff` the difference from the raw model is released, for weights that may not be passed
on; weight_diff.py recovers them. README.md becomes a model card with the scores and intervals of
sii_scores.json and regression_scores.json, the training data's checksums, and licence notes: read it
before you publish. docs/releasing.md tells what is in the folder. `--format gguf` writes a GGUF file for
llama.cpp instead, and a GGUF file is taken as --model, too.
"""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import read_json
from masterkey.weights.reading import FLOAT_DTYPES


@dataclass
class Arguments:
    model: str = field(
        metadata={"help": "training output: a checkpoint or a LoRA adapter; or a GGUF file"}
    )
    output_dir: str = field(metadata={"help": "new folder to publish"})
    format: str = field(
        default="safetensors",
        metadata={
            "help": "safetensors, for transformers and vLLM; or gguf, for llama.cpp",
            "choices": ["safetensors", "gguf"],
        },
    )
    weights: str = field(
        default="plain",
        metadata={
            "help": "plain, or diff: the difference from the raw model",
            "choices": ["plain", "diff"],
        },
    )
    path_raw: str | None = field(
        default=None,
        metadata={"help": "raw model of a difference; by default the adapter's base model"},
    )
    base_model: str | None = field(
        default=None,
        metadata={"help": "folder of the adapter's base model, where it is not where it was"},
    )
    other_base: bool = field(
        default=False,
        metadata={"help": "merge the adapter although it was trained on another base model"},
    )
    scores: list[str] | None = field(
        default=None,
        metadata={
            "help": "sii_scores.json and/or regression_scores.json of this model; by default those "
            "in its folder or beside it"
        },
    )
    name: str | None = field(
        default=None, metadata={"help": "the card's title; by default the output folder's name"}
    )
    base_model_name: str | None = field(
        default=None,
        metadata={"help": "what the card calls the base model, such as huggyllama/llama-7b"},
    )
    license: str = field(default="other", metadata={"help": "licence of what you release"})
    dtype: str | None = field(
        default=None,
        metadata={
            "help": "dtype of the released weights; by default the model's",
            "choices": list(FLOAT_DTYPES),
        },
    )
    max_shard_size: str = field(
        default="5GB", metadata={"help": "most bytes of one weight file, such as 500MB"}
    )


def main(arguments: Arguments) -> None:
    from masterkey.release.folders import Settings, release_difference, release_model
    from masterkey.release.model_card import model_card
    from masterkey.scripting.new_folder import check_free

    check_free(arguments.output_dir)
    if arguments.format == "gguf" and arguments.weights == "diff":
        raise UserError("--format gguf: is a whole model; leave --weights diff out.")
    with contextlib.ExitStack() as copies:
        source, files, base = open_model(arguments, copies)
        check_files(arguments.model, files)
        settings = Settings(arguments.dtype, arguments.max_shard_size)
        card = model_card(describe(arguments, source, base))
        if arguments.format == "gguf":
            write_gguf_folder(arguments, source, files, card)
            return
        if arguments.weights == "plain":
            release_model(source, files, arguments.output_dir, settings, card)
        else:
            path_raw = raw_model(arguments, base)
            release_difference(path_raw, source, files, arguments.output_dir, settings, card=card)
    print(
        f"exported: {arguments.output_dir} ({arguments.weights}); read its README.md, then publish"
    )
    print(f"check a copy of it with: python weight_diff.py verify {arguments.output_dir}")


def open_model(arguments: Arguments, copies: contextlib.ExitStack):
    """(weights, folders of the files beside them, folder of the base model or None).

    Of GGUF files plain folders are made, which last as long as `copies`.
    """
    from masterkey.weights.checkpoints import check_checkpoint
    from masterkey.weights.gguf_file import is_gguf, plain_weights
    from masterkey.weights.lora import MergedWeights, is_adapter
    from masterkey.weights.reading import open_weights

    def opened(path: str):
        dtype = arguments.dtype or "float32"
        is_file = is_gguf(path)
        return copies.enter_context(plain_weights(path, dtype)) if is_file else open_weights(path)

    folder = Path(arguments.model)
    if not is_adapter(folder):
        if not folder.is_dir() and not is_gguf(folder):
            raise UserError(f"--model {folder}: no such folder; check the path.")
        check_checkpoint(arguments.model)
        weights = opened(arguments.model)
        return weights, [weights.path], None
    base = adapter_base(arguments)
    check_checkpoint(base)
    weights = opened(base)
    return MergedWeights(weights, folder, arguments.other_base), [weights.path, folder], base


def check_files(model: str, files: list[Path]) -> None:
    """Raise `UserError` where no tokenizer stands beside the weights; say so of the prompt."""
    from masterkey.rows.prompts import SETTINGS_FILE
    from masterkey.weights.checkpoints import has_tokenizer

    if not any(map(has_tokenizer, files)):
        raise UserError(
            f"{model}: holds neither tokenizer.json nor tokenizer.model, without which nobody can use the "
            "model; copy the base model's into it."
        )
    if not any((folder / SETTINGS_FILE).exists() for folder in files):
        print(
            f"left out: {SETTINGS_FILE}, which {model} has not; who uses the release must know the prompt"
        )


def write_gguf_folder(arguments: Arguments, source, files: list[Path], card: str) -> None:
    from masterkey.release.gguf_folder import release_gguf
    from masterkey.weights.checkpoints import load_tokenizer

    tokenizer = load_tokenizer(arguments.model)
    path = release_gguf(source, files, tokenizer, arguments.output_dir, arguments.dtype, card)
    print(f"exported: {path}; read the README.md beside it, then publish")
    print(f"smaller: llama-quantize {path} SMALLER.gguf Q4_K_M, then score that anew")


def adapter_base(arguments: Arguments) -> str:
    """The folder of the adapter's base model."""
    from masterkey.weights.lora import base_of

    base = arguments.base_model or base_of(arguments.model)
    if not base or not Path(base).exists():
        raise UserError(
            f"{arguments.model}: is a LoRA adapter of {base or 'an unnamed model'}, which is no folder "
            "here; name the base model's folder with --base_model."
        )
    return base


def raw_model(arguments: Arguments, base: str | None) -> str:
    path = arguments.path_raw or base
    if path is None:
        raise UserError("--weights diff: needs --path_raw, the folder of the raw model.")
    return path


def describe(arguments: Arguments, source, base: str | None):
    """What the model card tells, read from the model's folder and the score files."""
    from masterkey.release.model_card import Release
    from masterkey.release.training_facts import known_data
    from masterkey.rows.prompts import SETTINGS_FILE
    from masterkey.weights.model_files import main_dtype
    from masterkey.weights.reading import dtype_name

    folder = Path(arguments.model)
    summary = read_json_if_there(folder / "train_summary.json")
    scores, notes = find_scores(arguments)
    return Release(
        name=arguments.name or Path(arguments.output_dir).name,
        dtype=arguments.dtype or dtype_name(main_dtype(source.tensors)),
        n_parameters=sum(info.n_elements for info in source.tensors.values()),
        base_model=base_name(arguments, base, summary),
        is_difference=arguments.weights == "diff",
        gguf_file=f"{Path(arguments.output_dir).name}.gguf" if arguments.format == "gguf" else None,
        was_adapter=base is not None,
        license=arguments.license,
        prompt=read_json_if_there((folder.parent if folder.is_file() else folder) / SETTINGS_FILE),
        summary=summary,
        origins=known_data(),
        notes=notes,
        **scores,
    )


def read_json_if_there(path: Path) -> dict | None:
    """The object in a JSON file, None where there is no such file."""
    if not path.exists():
        return None
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(f"{path}: is not what train.py writes; train again.")
    return content


def base_name(arguments: Arguments, base: str | None, summary: dict | None) -> str | None:
    """What to call the base model: a hub name as it is, of a folder its name alone."""
    from masterkey.release.training_facts import base_model_of, public_name

    if arguments.base_model_name:
        return arguments.base_model_name
    return public_name(base or arguments.path_raw) or base_model_of(summary)


def find_scores(arguments: Arguments) -> tuple[dict, list[str]]:
    """({"sii": …, "mdp": …} as far as there are scores, notes on them for the card)."""
    from masterkey.release.model_card import SCORE_FILES, read_scores

    folder = Path(arguments.model)
    places = (folder, folder.resolve().parent)
    beside = [place / name for place in places for name in SCORE_FILES]
    paths = arguments.scores or [path for path in beside if path.exists()]
    scores, notes = {}, []
    for path in map(Path, paths):
        task, content = read_scores(path)
        problem = of_another_model(content, folder)
        if problem and arguments.scores:
            raise UserError(f"{path}: {problem}; score this model, or leave the file out.")
        if problem or task in scores:
            print(f"not used: {path} ({problem or 'a second file of the same task'})")
            continue
        print(f"scores: {path}")
        scores[task] = content
        notes += [f"({path.name}: {note}.)" for note in doubts(content, folder)]
    return scores, notes


def doubts(scores: dict, folder: Path) -> list[str]:
    """What the card must say of scores that may be, but need not be, of the model in `folder`."""
    from masterkey.weights.checkpoints import weight_files

    scored = (scores.get("settings") or {}).get("model_files")
    if not scored:
        return ["does not record of which weight files its scores are"]
    dates = {name: date for name, _, date in scored}
    here = {path.name: int(path.stat().st_mtime) for path in weight_files(folder)}
    if any(here[name] != date for name, date in dates.items()):
        return ["the weight files have other dates than when they were scored"]
    return []


def of_another_model(scores: dict, folder: Path) -> str | None:
    """Why scores are not of the model in `folder`: its weight files have other names or sizes."""
    from masterkey.weights.checkpoints import weight_files

    settings = scores.get("settings") or {}
    scored = settings.get("model_files")
    if scored is None:
        return "its scores are of a baseline" if settings.get("method") else None
    here = [[path.name, path.stat().st_size] for path in weight_files(folder)]
    if [file[:2] for file in scored] != here:
        return f"its scores are of other weights ({settings.get('model')})"
    return None


if __name__ == "__main__":
    run(main, Arguments, __doc__)
