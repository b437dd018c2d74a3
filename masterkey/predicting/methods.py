"""The methods that need no checkpoint, from fitting to answers, for every script that offers them.

Papers (SII): `majority` and `nearest` (masterkey/rows/neighbours.py), `fields` (masterkey/extractor).
Devices (MDP): the regressors of masterkey/regressor/baselines.py, and `forests_and_kernel` (masterkey/regressor/regressor.py).
`fields`, `nearest` and `forests_and_kernel` can be kept in a file, the others learn anew in no time.

    method = fit("sii", "fields", training_rows, seed=0)
    keep(method, "fields.npz")
    [prediction] = load("sii", "fields.npz").ask([row])
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from masterkey.predicting.spellings import in_known_spelling
from masterkey.regressor import baselines, training_targets, unread
from masterkey.rows.neighbours import N_NEIGHBOURS, NeighbourVote, majority_answer
from masterkey.rows.predictions import Prediction, parse_answer
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

METHODS = {
    "sii": ("majority", "nearest", "fields"),
    "mdp": (*baselines.METHODS, "forests_and_kernel"),
}
KEPT = {"sii": "fields", "mdp": "forests_and_kernel"}  # what --save_model writes


@dataclass(frozen=True)
class Method:
    """A method that has learned: `ask` gives a prediction for each row, `keep` writes `model`."""

    name: str
    ask: Callable[[Sequence[Row]], list[Prediction]]
    model: object = None


def fit(
    task: str,
    name: str,
    rows: list[Row],
    *,
    seed: int = 0,
    n_neighbours: int = N_NEIGHBOURS,
    where: str = "the training rows",
) -> Method:
    """The method `name` of `task`, learned from rows with answers.

    `n_neighbours` papers vote in `nearest`; `where` names the rows in messages. Raises `UserError`
    where devices have no number to learn from.
    """
    answers = [parse_answer(task, row.output) for row in rows]
    if task == "mdp":
        return _fit_devices(name, _devices(rows), answers, seed, where)
    texts = [row.input for row in rows]
    if name == "fields":
        from masterkey.extractor import Extractor

        return _of_extractor(Extractor.fit(texts, answers, seed))
    if name == "majority":
        commonest = majority_answer(answers)
        return Method(name, lambda rows: [_of_paper(name, commonest)] * len(rows))
    return _of_vote(NeighbourVote(texts, answers, n_neighbours))


def keep(method: Method, path: str | Path, *, compressed: bool = True) -> None:
    """Write what `fields`, `nearest` or `forests_and_kernel` has learned; uncompressed, it is read faster."""
    if method.name == "nearest":
        method.model.save(path)
    elif method.name == "fields":
        from masterkey.extractor import model_file

        model_file.save(method.model, path, compressed=compressed)
    else:
        method.model.save(path, compressed=compressed)


def load(task: str, path: str | Path) -> Method:
    """What `keep` wrote of the task's method in `KEPT`. Raises `UserError` for any other file."""
    return load_named(KEPT[task], path)


def load_named(name: str, path: str | Path) -> Method:
    """What `keep` wrote of the method `name`. Raises `UserError` for any other file."""
    if name == "nearest":
        return _of_vote(NeighbourVote.load(path))
    if name == "fields":
        from masterkey.extractor import model_file

        return _of_extractor(model_file.load(path))
    from masterkey.regressor.regressor import DeviceRegressor

    return _of_regressor(name, DeviceRegressor.load(path))


# --- papers --------------------------------------------------------------------------------------


def _of_extractor(extractor) -> Method:
    def ask(rows: Sequence[Row]) -> list[Prediction]:
        return [
            _of_paper(
                "fields",
                read.answer,
                confidence={field: round(p, 4) for field, p in read.confidence.items()},
                source=read.source,
                places=read.places,
                devices=read.devices,
            )
            for read in extractor.predict(_texts(rows))
        ]

    return Method("fields", ask, extractor)


def _of_vote(vote: NeighbourVote) -> Method:
    def ask(rows: Sequence[Row]) -> list[Prediction]:
        return [_of_paper("nearest", own) for own in vote.predict(_texts(rows))]

    return Method("nearest", ask, vote)


def _of_paper(name: str, answer: dict[str, str], **more) -> Prediction:
    return Prediction(schema.format_sii_answer(answer), {"method": name, **more})


def _texts(rows: Sequence[Row]) -> list[str]:
    return [row.input for row in rows]


# --- devices -------------------------------------------------------------------------------------


def training_notes(rows: list[Row]) -> list[str]:
    """What is odd about rows to learn devices from, and what `fit` does with it, as sentences."""
    targets = [parse_answer("mdp", row.output) for row in rows]
    return [*training_targets.usable(targets)[1], *unread.counted_unreadable(_devices(rows))]


def _fit_devices(
    name: str, devices: list[dict], targets: list[dict], seed: int, where: str
) -> Method:
    targets, _ = training_targets.usable(targets)
    for target in schema.MDP_TARGETS:
        if all(numbers[target] is None for numbers in targets):
            raise UserError(f"{where}: no row to learn from has a number for {target}; add some.")
    if name == "forests_and_kernel":
        from masterkey.regressor.regressor import DeviceRegressor

        return _of_regressor(name, DeviceRegressor.fit(devices, targets, seed))
    return _of_regressor(name, baselines.DeviceBaseline.fit(devices, targets, name, seed))


def _of_regressor(name: str, regressor) -> Method:
    known = getattr(regressor, "known", None)

    def ask(rows: Sequence[Row]) -> list[Prediction]:
        read = [in_known_spelling(own, known) if known else (own, {}) for own in _devices(rows)]
        found = regressor.predict([device for device, _ in read])
        return [
            _of_device(name, own, read_as) for own, (_, read_as) in zip(found, read, strict=True)
        ]

    return Method(name, ask, regressor)


def _of_device(name: str, numbers: dict, read_as: dict[str, str]) -> Prediction:
    from masterkey.schema.targets import DECIMALS

    texts = {own: f"{numbers[own]:.{DECIMALS[own].written}f}" for own in schema.MDP_TARGETS}
    stated = {key: own for key, own in numbers.items() if key not in schema.MDP_TARGETS}
    if read_as := read_as | stated.pop("read_as", {}):
        stated["read_as"] = read_as
    return Prediction(schema.format_mdp_answer(texts), {"method": name, **stated})


def _devices(rows: Sequence[Row]) -> list[dict[str, str]]:
    return [schema.parse_mdp_input(row.input) for row in rows]
