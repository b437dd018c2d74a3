"""Who reads a paper (SII) or judges a device (MDP), one row at a time, loaded once.

`model` is a checkpoint. The others need none (masterkey/predicting/methods.py): `fields` and `nearest`
read papers, `forests_and_kernel` predicts performance; they learn from training rows on the spot, which is kept
in the user's cache (masterkey/predicting/learned.py), or `fields` and `forests_and_kernel` are loaded from where
they were saved.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from masterkey.predicting import methods
from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.learned import Learned, learned
from masterkey.rows.clean_text import clean
from masterkey.rows.cleaned_rows import cleaned_rows
from masterkey.rows.predictions import Prediction
from masterkey.rows.records import Row, model_text, read_rows
from masterkey.scripting.command_line import UserError
from masterkey.scripting.paths import ROOT, shown
from masterkey.scripting.provenance import data_file
from masterkey.weights.gguf_file import is_gguf

METHODS = {"sii": ("model", "fields", "nearest"), "mdp": ("model", "forests_and_kernel")}
_WITHOUT_MODEL = {"sii": "fields", "mdp": "forests_and_kernel"}
_DATA = ROOT / "data"
# The published rows, and the invented ones that stand in for them.
_TRAINING = {
    "sii": (_DATA / "sii360.json", _DATA / "sample" / "sii_train.json"),
    "mdp": (_DATA / "regression360.json", _DATA / "sample" / "mdp_train.json"),
}


@dataclass(frozen=True)
class Choice:
    """Which method reads for `task`, from which saved model or training rows (None: the default)."""

    task: str
    method: str | None
    model: str | None
    train: str | None
    seed: int
    prefix: str = ""  # of the flags that say so: "mdp_" for the second step of a chain
    cached: bool = True  # whether what was learned before is used, and what is learned now kept

    def named_method(self) -> str:
        """The method, by default `model` with a checkpoint. Raises `UserError` for what does not fit."""
        if self.model and self.model.endswith(".npz") and not Path(self.model).is_file():
            raise UserError(
                f"--{self.prefix}model {self.model}: no such file; --save_model of sii_baseline.py or "
                "regression_baseline.py writes one."
            )
        # A checkpoint is a folder, a name, or a GGUF; what the others save is another file.
        is_checkpoint = self.model and (is_gguf(self.model) or not Path(self.model).is_file())
        method = self.method or ("model" if is_checkpoint else _WITHOUT_MODEL[self.task])
        if method not in METHODS[self.task]:
            raise UserError(
                f"--{self.prefix}method {method}: is not for {self.task.upper()}; choose one of "
                f"{', '.join(METHODS[self.task])}."
            )
        if method == "model" and not self.model:
            raise UserError(
                f"--{self.prefix}method model: needs --{self.prefix}model, a checkpoint."
            )
        if method == "nearest" and self.model:
            raise UserError(f"--{self.prefix}method nearest: has no model; leave --model out.")
        return method


@dataclass(frozen=True)
class Reader:
    """`name` says who answers (a checkpoint, or a method and its training file)."""

    name: str
    answer: Callable[[Row], Prediction]


def open_reader(choice: Choice, arguments: DecodingArguments) -> Reader:
    """The reader that was chosen, ready to answer. Raises `UserError` where it cannot be had.

    Papers are read in clean text (masterkey/rows/clean_text.py).
    """
    reader = _opened(choice, arguments)
    return reader if choice.task == "mdp" else Reader(reader.name, _of_clean_text(reader.answer))


def _of_clean_text(answer):
    """`answer`, given the clean text of a row; how much of it was read is counted in the row's own."""

    def answer_clean(row: Row) -> Prediction:
        cleaned = clean(row.input)
        prediction = answer(replace(row, input=cleaned.text))
        n_read = prediction.more.get("n_characters_read")
        if n_read is None:
            return prediction
        return prediction.with_more({"n_characters_read": cleaned.original_span(0, n_read)[1]})

    return answer_clean


def _opened(choice: Choice, arguments: DecodingArguments) -> Reader:
    method = choice.named_method()
    if method == "model":
        return _checkpoint(choice, arguments)
    return _without_checkpoint(choice, method)


# --- a checkpoint --------------------------------------------------------------------------------


def _checkpoint(choice: Choice, arguments: DecodingArguments) -> Reader:
    from transformers.utils.logging import disable_progress_bar

    from masterkey.predicting.loaded_model import load_local_model
    from masterkey.predicting.local import SkeletonAnswers

    if not sys.stderr.isatty():
        disable_progress_bar()
    training = _training_rows(choice.train, choice.task) if choice.train else []
    loaded = load_local_model(choice.task, choice.model, arguments)
    answers = SkeletonAnswers(loaded, arguments, training)
    statements = _statements(choice, arguments, loaded.described() | answers.settings, training)

    def answer(row: Row) -> Prediction:
        prediction = _answer_of_checkpoint(loaded, answers, row)
        return prediction.with_more(statements.of(row, prediction)) if statements else prediction

    return Reader(choice.model, answer)


def _statements(choice: Choice, arguments: DecodingArguments, settings: dict, training: list[Row]):
    """What to say of a device's numbers; None for papers."""
    if choice.task == "sii":
        return None
    from masterkey.predicting.intervals import held_back
    from masterkey.predicting.intervals.statements import Statements, known_recipes

    known = known_recipes(training)
    if not arguments.calibration:
        return Statements(known)
    if not held_back.is_kept(arguments.calibration):
        raise UserError(
            f"--calibration {arguments.calibration}: has no predictions; give these rows to "
            "regression_test.py --calibration once, and here the ….calibration.jsonl that it writes."
        )
    settings |= {"train": data_file(choice.train)} if choice.train else {}
    calibration = held_back.calibrated(
        arguments.calibration, known, arguments.coverage, settings, f"--{choice.prefix}train"
    )
    if lacking := calibration.lacking():
        print(f"note: no intervals: {lacking}.", file=sys.stderr)
    return Statements(known, calibration)


def _answer_of_checkpoint(loaded, answers, row: Row) -> Prediction:
    from masterkey.predicting.local import NO_MEMORY, out_of_memory_is_none
    from masterkey.rows.prompts import build_prompt

    [prompt] = loaded.encode([row])
    if prompt is None:
        raise UserError(
            f"the prompt alone does not fit into the {loaded.room} tokens that --max_new_tokens "
            f"{loaded.max_new_tokens} leaves of the model's {loaded.context}; lower it."
        )
    predictions = out_of_memory_is_none(lambda: answers.answer([row], [prompt], 0))
    if predictions is None:
        raise UserError(
            f"{NO_MEMORY}; give a shorter text, or add --dtype bfloat16 or --device cpu."
        )
    style = loaded.settings.prompt_style
    more = {"prompt_style": style, "prompt_shortened": prompt.shortened}
    if prompt.shortened:
        input, _ = model_text(row, keep_markers=loaded.settings.keep_markers)
        whole = build_prompt(style, row.instruction, input).text()
        more["n_characters_read"] = len(input) - (len(whole) - len(prompt.text))
    return predictions[0].with_more(more)


# --- methods that need none ----------------------------------------------------------------------

_NAMES = {
    "fields": "fields, learned from {}",
    "nearest": "nearest papers of {}",
    "forests_and_kernel": "two forests and a kernel, learned from {}",
}
_ANNOUNCED = {
    "fields": "learning from {} papers of {}, about half a minute, once ({}) …",
    "forests_and_kernel": "learning from {} devices of {}, once ({}) …",
}
_KEPT_WHERE = {
    True: "it is kept for the next time",
    False: "to keep it leave --no_cache out",
}


def _without_checkpoint(choice: Choice, name: str) -> Reader:
    """A reader by the method `name`: loaded, or learned on the spot."""
    if choice.model:
        return Reader(choice.model, _one_row(methods.load(choice.task, choice.model)))
    path = _training_path(choice)
    rows = read_rows(path, task=choice.task, answers="required")

    def announce() -> None:
        if name in _ANNOUNCED:
            kept = _KEPT_WHERE[choice.cached]
            print(_ANNOUNCED[name].format(len(rows), shown(path), kept), file=sys.stderr)

    known = learned(
        choice.task, name, rows,
        seed=choice.seed, where=path, cached=choice.cached, announce=announce,
    )  # fmt: skip
    for sentence in known.notes():
        print(f"note: {sentence}.", file=sys.stderr)
    answer = _one_row(known.method)
    if choice.task == "sii":
        answer = _noting_known(answer, path, known)
    return Reader(_NAMES[name].format(shown(path)), answer)


def _one_row(method: methods.Method):
    return lambda row: method.ask([row])[0]


def _noting_known(answer, path: str, known: Learned):
    """`answer`, which also says where a paper is one that it has learned from."""

    def noting(row: Row) -> Prediction:
        if known.knows(row.input):
            print(
                f"note: this paper is in {shown(path)}, so its answer was known beforehand.",
                file=sys.stderr,
            )
        return answer(row)

    return noting


def _training_rows(path: str, task: str) -> list[Row]:
    return cleaned_rows(read_rows(path, task=task, answers="required"), task)


def _training_path(choice: Choice) -> str:
    """The file named, else the published rows, else the invented ones, with a warning."""
    published, invented = _TRAINING[choice.task]
    if choice.train or published.exists():
        return choice.train or str(published)
    print(
        f"warning: {shown(published)} is not there, so this learns from {shown(invented)}, which "
        "is SYNTHETIC: the answers mean nothing for real papers (make reproduce downloads the "
        f"published rows; --{choice.prefix}train names rows of your own).",
        file=sys.stderr,
    )
    return str(invented)
