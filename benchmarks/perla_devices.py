"""Do the regressor's predictions and intervals hold on devices of other papers, PERLA's development part?

    pip download --no-deps perla-extract==0.0.6
    python benchmarks/perla_devices.py --package perla_extract-0.0.6-py3-none-any.whl --train data/regression360.json

The package (MIT) has 10 papers with 35 devices whose layers, steps and figures of merit people extracted.
They are read from it as they are and turned into the 19 fields here; nothing of them is kept, and its
test part is not read. Names of layers stay as in the papers ("spiro-OMeTAD"): methods.py knows their
spellings. Steps are named by the words of the extractor's methods; what is not told is not reported.

Printed: the error of the regressor beside that of the nearest recipes and of the training mean, the
share of devices that get an interval, the share of those inside, and the mean width. Nothing is
chosen by these devices: docs/mdp.md says how often they were looked at.
"""

import json
import zipfile
from dataclasses import dataclass, field

import numpy as np

from masterkey.extractor.process.text.methods import methods_of
from masterkey.predicting import methods
from masterkey.predicting.spellings import in_known_spelling
from masterkey.rows.predictions import parse_answer
from masterkey.rows.records import Row, read_rows
from masterkey.schema import fields as schema
from masterkey.schema.targets import DECIMALS, number_table
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.tables import markdown_table

DEVELOPMENT = "perla_extract/data/ground_truth/dev/"
METHODS = (methods.KEPT["mdp"], "nearest", "mean")
_LAYERS = {"Electron-transport": "ETL", "Hole-transport": "HTL", "Contact": "Backcontact"}


@dataclass
class Arguments:
    package: str = field(metadata={"help": "the wheel perla_extract-0.0.6-py3-none-any.whl"})
    train: str = field(metadata={"help": "rows with answers to learn from (JSON or JSONL)"})
    seed: int = field(default=0, metadata={"help": "seed of what is learned"})


def main(arguments: Arguments) -> None:
    cells = read_cells(arguments.package)
    training = read_rows(arguments.train, task="mdp", answers="required")
    fitted = {
        name: methods.fit("mdp", name, training, seed=arguments.seed, where=arguments.train)
        for name in METHODS
    }
    # All methods are asked for the same devices, layers spelled as in the training rows.
    known = fitted[METHODS[0]].model.known
    devices = [in_known_spelling(fields_of(cell), known)[0] for cell in cells]
    inputs = [schema.format_mdp_input(device, markers=True) for device in devices]
    rows = [Row(str(n), schema.MDP_INSTRUCTION, own, None, n) for n, own in enumerate(inputs)]
    reference = number_table([targets_of(cell) for cell in cells])
    print(f"{len(cells)} devices of {DEVELOPMENT}\n")
    print(report(reference, {name: method.ask(rows) for name, method in fitted.items()}))


def read_cells(path: str) -> list[dict]:
    """The devices of the development part, in the order of the papers' names."""
    try:
        with zipfile.ZipFile(path) as package:
            names = [name for name in package.namelist() if name.startswith(DEVELOPMENT)]
            papers = [json.loads(package.read(name)) for name in sorted(names)]
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path}: cannot be read as a wheel ({error}); give perla-extract's."
        ) from None
    if not papers:
        raise UserError(f"{path}: has no {DEVELOPMENT}; give the wheel of perla-extract 0.0.6.")
    return [cell for paper in papers for cell in paper["cells"]]


# --- one device ----------------------------------------------------------------------------------


def fields_of(cell: dict) -> dict[str, str]:
    """The 19 fields of a device; "" where the package has nothing."""
    fields = dict.fromkeys(schema.MDP_FIELDS, "")
    layers = [layer for layer in cell["layers"] if layer.get("name")]
    substrates = [layer["name"] for layer in layers if layer["functionality"] == "Substrate"]
    if substrates:
        # The database names the glass, papers do not.
        fields["Substrate_stack_sequence"] = f"SLG | {substrates[0]}"
    for functionality, part in _LAYERS.items():
        own = [layer for layer in layers if layer["functionality"] == functionality]
        fields[f"{part}_stack_sequence"] = " | ".join(layer["name"] for layer in own)
        procedures = [" >> ".join(_methods(layer)) for layer in own]
        if all(procedures):
            fields[f"{part}_deposition_procedure"] = " | ".join(procedures)
    for layer in layers:
        if layer["functionality"] == "Absorber":
            fields |= _perovskite(layer)
    fields[schema.LONG_FORM] = cell["perovskite_composition"].get("formula") or ""
    if cell.get("device_architecture") in ("nip", "pin"):
        fields["Cell_architecture"] = cell["device_architecture"]
    return fields


def _perovskite(layer: dict) -> dict[str, str]:
    steps = layer.get("deposition") or []
    solvents = [
        "; ".join(solvent["name"] for solvent in solution.get("solvents") or [] if solvent["name"])
        for solution in (step.get("solution") or {} for step in steps)
    ]
    heated = [step for step in steps if "anneal" in _words(step)]
    return {
        "Perovskite_deposition_procedure": " >> ".join(_methods(layer)),
        "Perovskite_deposition_solvents": " >> ".join(filter(None, solvents)),
        schema.ANNEALING_TEMPERATURE: "; ".join(_numbers(heated, "temperature", 1)),
        # Steps are timed in seconds, the database in minutes.
        schema.ANNEALING_TIME: "; ".join(_numbers(heated, "duration", 60)),
    }


def _methods(layer: dict) -> list[str]:
    """The database's names of a layer's deposition methods, in order; no heating, drying and the like."""
    found = []
    for step in layer.get("deposition") or []:
        mentions = methods_of(_words(step))
        if mentions and "antisolvent" not in _words(step):
            found.append(mentions[0].name)
    return found


def _words(step: dict) -> str:
    return (step.get("method") or step.get("step_name") or "").lower().replace("-", " ")


def _numbers(steps: list[dict], key: str, unit: float) -> list[str]:
    values = [(step.get(key) or {}).get("value") for step in steps]
    return [f"{value / unit:g}" for value in values if isinstance(value, int | float)]


def targets_of(cell: dict) -> dict[str, float | None]:
    """Voc [V], Jsc [mA/cm²], FF and PCE [%]; the package has FF in %."""
    value = {name: (cell.get(name.lower()) or {}).get("value") for name in schema.MDP_TARGETS}
    if isinstance(value["FF"], int | float):
        value["FF"] /= 100
    return value


# --- the report ----------------------------------------------------------------------------------


def report(reference: np.ndarray, answers: dict[str, list]) -> str:
    """One row a target: `reference` [n_devices, 4], predictions by method, intervals of the first one."""
    first, *others = answers
    ends = np.array(
        [
            [
                (own.more["interval"] or {}).get(name) or (np.nan, np.nan)
                for name in schema.MDP_TARGETS
            ]
            for own in answers[first]
        ],
        dtype=float,
    )
    tables = {
        name: number_table([parse_answer("mdp", own.text) for own in found])
        for name, found in answers.items()
    }
    header = [
        "target",
        "n",
        *(f"MAE {name}" for name in answers),
        "bias",
        "given",
        "inside",
        "mean width",
    ]
    rows = []
    for column, name in enumerate(schema.MDP_TARGETS):
        known = np.isfinite(reference[:, column])
        value, own = reference[known, column], ends[known, column]
        error = {name: table[known, column] - value for name, table in tables.items()}
        given = np.isfinite(own).all(axis=1)
        inside = (value >= own[:, 0]) & (value <= own[:, 1])
        digits = DECIMALS[name].scored
        rows.append(
            [
                name,
                str(len(value)),
                *(f"{np.abs(error[own]).mean():.{digits}f}" for own in (first, *others)),
                f"{error[first].mean():+.{digits}f}",
                f"{given.mean():.2f}",
                f"{inside.sum()} of {given.sum()}",
                f"{np.diff(own[given]).mean():.{digits}f}" if given.any() else "–",
            ]
        )
    return markdown_table(header, rows)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
