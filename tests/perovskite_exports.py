"""Small exports of the Perovskite Database, of one invented device and what a test changes in it."""

import csv
import functools
import importlib.util
import json
import sys
from pathlib import Path

from masterkey.synthetic.export import COLUMNS
from tests.conftest import ROOT

# An invented device; every test says how its own differ from it.
DEVICE = dict.fromkeys(COLUMNS, "") | {
    "Ref_ID": "1",
    "Ref_DOI_number": "10.1000/plain",
    "Ref_free_text_comment": "not read",
    "Substrate_stack_sequence": "SLG | FTO",
    "ETL_stack_sequence": "TiO2-c | TiO2-mp",
    "ETL_additives_compounds": "Unknown",
    "ETL_deposition_procedure": "Spray-pyrolys | Spin-coating",
    "Perovskite_composition_long_form": "MAPbI3",
    "Perovskite_composition_short_form": "MAPbI",
    "Perovskite_additives_compounds": "",
    "Perovskite_deposition_solvents": "DMF; DMSO",
    "Perovskite_deposition_procedure": "Spin-coating",
    "Perovskite_deposition_thermal_annealing_temperature": "100",
    "Perovskite_deposition_thermal_annealing_time": "10",
    "HTL_stack_sequence": "Spiro-MeOTAD",
    "HTL_additives_compounds": "Li-TFSI; TBP",
    "HTL_deposition_procedure": "Spin-coating",
    "Backcontact_stack_sequence": "Au",
    "Backcontact_additives_compounds": "",
    "Backcontact_deposition_procedure": "Evaporation",
    "Stability_measured": "FALSE",
    "Stability_average_over_n_number_of_cells": "1",
    "Stability_temperature_range": "nan; nan",
    "Stability_atmosphere": "Unknown",
    "Cell_area_measured": "0.1",
    "Cell_number_of_cells_per_substrate": "0",
    "Cell_architecture": "nip",
    "Cell_flexible": "FALSE",
    "Cell_semitransparent": "FALSE",
    "Cell_semitransparent_wavelength_range": "nan; nan",
    "Module": "FALSE",
    "JV_default_Voc": "1.05",
    "JV_default_Jsc": "22.1",
    "JV_default_FF": "0.754",
    "JV_default_PCE": "17.5",
}


def write_csv(path: Path, devices: list[dict], **format) -> Path:
    """An export of all 410 columns, as pandas would write it."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", **format)
        writer.writeheader()
        writer.writerows({**DEVICE, **device} for device in devices)
    return path


def rows_in(path: Path) -> list[dict]:
    """The rows of a JSON list or JSON Lines; none where there is no file."""
    if not path.exists():
        return []
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return [json.loads(line) for line in text.split("\n")[:-1]]


def of_all_splits(folder: Path, task: str) -> list[dict]:
    return [
        {**row, "split": split}
        for split in ("train", "validation", "test")
        for row in rows_in(folder / f"{task}_{split}.json")
    ]


@functools.cache
def converter():
    """data/from_perovskite_database.py as a module."""
    path = ROOT / "data" / "from_perovskite_database.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def convert(
    work: Path, devices: list[dict] | Path, name: str = "out", **arguments
) -> tuple[Path, dict]:
    """Convert devices (or a finished CSV) in this process; the folder written in `work`, its report."""
    path = devices if isinstance(devices, Path) else write_csv(work / "db.csv", devices)
    folder = work / name
    script = converter()
    script.main(script.Arguments(csv=str(path), output_dir=str(folder), **arguments))
    return folder, json.loads((folder / "report.json").read_text("utf-8"))
