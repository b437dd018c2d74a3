"""Release a fine-tuned model as its difference from the raw model, and recover it from one.

    python weight_diff.py recover --path_raw DIR --path_diff DIR --path_tuned DIR
    python weight_diff.py make_diff --path_raw DIR --path_tuned DIR --path_diff DIR
    python weight_diff.py verify DIR

The first two are the commands of Stanford Alpaca's weight_diff.py; its published differences are
recovered as it did. `python weight_diff.py recover --help` lists the flags.

Weights are read and written piece by piece: memory stays below two of the largest tensors plus
450 MB, whatever the model's size. Folders appear under their names only when they are complete.
Formats and checks: docs/releasing.md.
"""

import inspect
import sys
from dataclasses import dataclass, field

from masterkey.release.encodings import ENCODINGS
from masterkey.scripting.command_line import UserError, run, user_errors
from masterkey.weights.reading import FLOAT_DTYPES

QUESTION = "List three technologies that make life easier."  # of Alpaca's script
SHARD_SIZE_HELP = "most bytes of one weight file, such as 500MB"
DEVICE_HELP = "cpu or cuda: where the arithmetic is done"


@dataclass
class RecoverArguments:
    path_raw: str = field(metadata={"help": "folder of the raw model, such as LLaMA-7B"})
    path_diff: str = field(metadata={"help": "folder of the difference"})
    path_tuned: str | None = field(
        default=None,
        metadata={"help": "new folder for the recovered model; without it, all is only checked"},
    )
    device: str = field(default="cpu", metadata={"help": DEVICE_HELP + ", and the test inference"})
    test_inference: bool = field(
        default=False,
        metadata={"help": "let the recovered model answer a question (loads the whole model)"},
    )
    check_integrity_naively: bool | None = field(
        default=None,
        metadata={
            "help": "compare the sum of all weights with Alpaca-7B's; by default only where "
            "the difference is that one"
        },
    )
    dtype: str | None = field(
        default=None,
        metadata={
            "help": "dtype of the recovered weights; by default as made",
            "choices": list(FLOAT_DTYPES),
        },
    )
    max_shard_size: str = field(default="5GB", metadata={"help": SHARD_SIZE_HELP})


@dataclass
class MakeDiffArguments:
    path_raw: str = field(metadata={"help": "folder of the raw model that the tuning began from"})
    path_tuned: str = field(metadata={"help": "folder of the fine-tuned model"})
    path_diff: str = field(metadata={"help": "new folder for the difference"})
    device: str = field(default="cpu", metadata={"help": DEVICE_HELP})
    diff_encoding: str = field(
        default="integer_bits",
        metadata={
            "help": "integer_bits: recovered bit for bit; arithmetic: tuned - raw, as Alpaca's "
            "script makes and reads it",
            "choices": list(ENCODINGS),
        },
    )
    dtype: str | None = field(
        default=None,
        metadata={
            "help": "dtype of the model that will be recovered; by default the tuned model's, "
            "and float32 for arithmetic",
            "choices": list(FLOAT_DTYPES),
        },
    )
    max_shard_size: str = field(default="5GB", metadata={"help": SHARD_SIZE_HELP})


@dataclass
class VerifyArguments:
    folder: str = field(
        metadata={"help": "difference or model with a manifest.json", "positional": True}
    )


def recover(arguments: RecoverArguments) -> None:
    """Recover a fine-tuned model from the raw model and a released difference.

    python weight_diff.py recover --path_raw DIR --path_diff DIR --path_tuned DIR

    Where the difference has a manifest.json, the raw model is checked by SHA-256 before anything is
    written, and the difference and the result while they are read and written. Alpaca-7B's published
    difference has none: there the sum of all weights is compared, as its makers did.
    """
    from masterkey.release.folders import Settings, check_device, open_difference, recover_model

    if arguments.test_inference and arguments.path_tuned is None:
        raise UserError("--test_inference: needs --path_tuned, the folder of the model to test.")
    check_device(arguments.device)
    settings = Settings(arguments.dtype, arguments.max_shard_size, arguments.device)
    difference = open_difference(arguments.path_diff)
    total = recover_model(
        arguments.path_raw,
        difference,
        arguments.path_tuned,
        settings,
        arguments.check_integrity_naively,
    )
    print(what_was_checked(difference.manifest is not None, total))
    if arguments.path_tuned:
        print(f"recovered: {arguments.path_tuned}")
    if arguments.test_inference:
        answer_question(arguments.path_tuned, arguments.device)


def what_was_checked(has_manifest: bool, total: float | None) -> str:
    checks = []
    if has_manifest:
        checks.append("raw model, difference and result agree with manifest.json (SHA-256)")
    if total is not None:
        checks.append(f"the weights add up to {total:.4f}, as those of Alpaca-7B")
    if checks:
        return "checked: " + "; ".join(checks)
    return (
        "not checked: this difference has no manifest.json, so a wrong raw model of the same shape "
        "would not be noticed"
    )


def answer_question(folder: str, device: str) -> None:
    """Print what the recovered model answers to the question of Alpaca's script."""
    from masterkey.rows.prompts import build_prompt
    from masterkey.weights.checkpoints import load_model, load_tokenizer
    from masterkey.weights.model_files import main_dtype
    from masterkey.weights.reading import dtype_name, open_weights

    dtype = dtype_name(main_dtype(open_weights(folder).tensors))
    tokenizer, model = load_tokenizer(folder), load_model(folder, dtype).to(device)
    prompt = build_prompt("alpaca", QUESTION).text()
    ids = tokenizer(prompt, return_tensors="pt").to(device)
    output = model.generate(**ids, max_new_tokens=100, do_sample=False)
    answer = tokenizer.decode(output[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    print(f"Input: {prompt}\nCompletion: {answer}")


def make_diff(arguments: MakeDiffArguments) -> None:
    """Make the difference of a fine-tuned model from its raw model, ready to be published.

    python weight_diff.py make_diff --path_raw DIR --path_tuned DIR --path_diff DIR

    What `recover` gives back is the tuned model bit for bit. export.py does the same from a training
    output and adds a model card.
    """
    from pathlib import Path

    from masterkey.release.folders import Settings, check_device, release_difference
    from masterkey.weights.reading import open_weights

    check_device(arguments.device)
    encoding, dtype = arguments.diff_encoding, arguments.dtype
    if encoding == "arithmetic":
        dtype = dtype or "float32"
    settings = Settings(dtype, arguments.max_shard_size, arguments.device)
    tuned = open_weights(arguments.path_tuned)
    entries = release_difference(
        arguments.path_raw,
        tuned,
        [Path(arguments.path_tuned)],
        arguments.path_diff,
        settings,
        encoding,
    )
    n_added = sum(bool(e["raw"]) and e["raw"]["shape"] != e["shape"] for e in entries.values())
    print(
        f"difference: {arguments.path_diff} ({len(entries)} tensors, {encoding}; "
        f"{n_added} with added rows)"
    )


def verify(arguments: VerifyArguments) -> None:
    """Check every tensor and file of a released folder against its manifest.json.

    python weight_diff.py verify DIR
    """
    from masterkey.release.manifest import verify_folder

    manifest, n_bytes = verify_folder(arguments.folder)
    print(
        f"{arguments.folder}: {len(manifest['tensors'])} tensors ({n_bytes / 1e9:.2f} GB) and "
        f"{len(manifest['files'])} files are as manifest.json says"
    )


COMMANDS = {
    "recover": (recover, RecoverArguments),
    "make_diff": (make_diff, MakeDiffArguments),
    "verify": (verify, VerifyArguments),
}


def main(argv: list[str]) -> None:
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__.strip())
        return
    if argv[0] not in COMMANDS:
        raise UserError(f"{argv[0]}: is no command; begin with one of {', '.join(COMMANDS)}.")
    function, arguments_class = COMMANDS[argv[0]]
    sys.argv[0] = f"weight_diff.py {argv[0]}"  # what usage messages name
    run(function, arguments_class, inspect.getdoc(function), argv[1:])


if __name__ == "__main__":
    with user_errors():
        main(sys.argv[1:])
