"""benchmarks/perla_devices.py and benchmarks/novel_devices.py, on invented devices."""

import json
import zipfile

import answer_intervals
import novel_devices
import numpy as np
import perla_devices
import pytest

from masterkey.regressor import regressor as device_regression
from masterkey.scripting.command_line import UserError
from masterkey.synthetic.rows import mdp_rows

STEP = {"method": "Spin-coating", "step_name": None, "temperature": None, "duration": None}
HEAT = STEP | {
    "method": "Thermal annealing",
    "temperature": {"value": 100, "unit": "°C"},
    "duration": {"value": 1800, "unit": "s"},
}
INK = {"solvents": [{"name": "DMF"}, {"name": "DMSO"}], "solutes": None}


def layer(name: str, functionality: str, *steps: dict) -> dict:
    return {"name": name, "functionality": functionality, "deposition": list(steps) or None}


CELL = {
    "perovskite_composition": {"formula": "FA0.9MA0.1PbI3"},
    "device_architecture": "pin",
    "layers": [
        layer("ITO", "Substrate"),
        layer("2PACz", "Hole-transport", STEP, HEAT),
        layer(
            "FA0.9MA0.1PbI3",
            "Absorber",
            STEP | {"solution": INK},
            STEP | {"method": "Antisolvent-quenching"},
            HEAT,
        ),
        layer("C60", "Electron-transport", STEP | {"method": "Thermal-evaporation"}),
        layer("BCP", "Electron-transport", STEP | {"method": "Thermal-evaporation"}),
        layer("Ag", "Contact"),
    ],
    "voc": {"value": 1.12, "unit": "V"},
    "jsc": {"value": 23.5, "unit": "mA cm^-2"},
    "ff": {"value": 80.0},
    "pce": {"value": 21.1, "unit": "%"},
}


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "perla.whl"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(f"{perla_devices.DEVELOPMENT}b.json", json.dumps({"cells": [CELL] * 2}))
        package.writestr(f"{perla_devices.DEVELOPMENT}a.json", json.dumps({"cells": [CELL]}))
        package.writestr("perla_extract/data/ground_truth/test/c.json", "not to be read")
    return path


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps(list(mdp_rows("train", 60, seed=0))), encoding="utf-8")
    return path


def test_a_device_becomes_the_19_fields():
    fields = perla_devices.fields_of(CELL)
    assert {name: value for name, value in fields.items() if value} == {
        "Substrate_stack_sequence": "SLG | ITO",
        "ETL_stack_sequence": "C60 | BCP",
        "ETL_deposition_procedure": "Evaporation | Evaporation",
        "Perovskite_composition_long_form": "FA0.9MA0.1PbI3",
        "Perovskite_deposition_solvents": "DMF; DMSO",
        "Perovskite_deposition_procedure": "Spin-coating",
        "Perovskite_deposition_thermal_annealing_temperature": "100",
        "Perovskite_deposition_thermal_annealing_time": "30",
        "HTL_stack_sequence": "2PACz",
        "HTL_deposition_procedure": "Spin-coating",
        "Backcontact_stack_sequence": "Ag",
        "Cell_architecture": "pin",
    }


def test_figures_of_merit_have_the_fields_units():
    assert perla_devices.targets_of(CELL) == {"Voc": 1.12, "Jsc": 23.5, "FF": 0.8, "PCE": 21.1}
    assert perla_devices.targets_of(CELL | {"ff": None})["FF"] is None


def test_only_the_development_part_is_read(wheel):
    assert perla_devices.read_cells(str(wheel)) == [CELL] * 3


def test_another_file_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "x.whl"
    with pytest.raises(UserError, match="cannot be read as a wheel"):
        perla_devices.read_cells(str(path))
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(UserError, match="has no perla_extract/data/ground_truth/dev"):
        perla_devices.read_cells(str(path))


def test_errors_coverage_and_width_of_the_given_intervals_are_counted():
    from masterkey.rows.predictions import Prediction

    def answer(pce: float, interval):
        text = f"JV default Voc: 1\nJV default Jsc: 20\nJV default FF: 0.7\nJV default PCE: {pce}"
        return Prediction(text, {"interval": interval})

    ends = {name: [0.0, 10.0] for name in ("Voc", "Jsc", "FF", "PCE")}
    reference = np.array([[1.0, 20, 0.7, 8.0], [1.0, 20, 0.7, 12.0], [1.0, 20, np.nan, 11.0]])
    table = perla_devices.report(
        reference,
        {
            "own": [answer(9, ends), answer(9, ends), answer(9, None)],
            "other": [answer(12, None)] * 3,
        },
    )
    pce = next(line for line in table.splitlines() if "PCE" in line)
    cells = [cell.strip() for cell in pce.strip("|").split("|")]
    assert cells == ["PCE", "3", "2.00", "1.67", "-1.33", "0.67", "1 of 2", "10.00"]


@pytest.mark.slow
def test_the_benchmark_on_other_papers_runs_from_end_to_end(wheel, train, monkeypatch, capsys):
    monkeypatch.setattr(device_regression, "N_TREES", 5)
    argv = ["--package", str(wheel), "--train", str(train)]
    perla_devices.run(perla_devices.main, perla_devices.Arguments, "", argv)
    printed = capsys.readouterr().out
    assert "3 devices" in printed
    assert "MAE nearest" in printed


def test_each_group_holds_all_rows_of_its_names(train):
    table = novel_devices.Table.read(str(train))
    for names_of in novel_devices.KINDS.values():
        names = [names_of(device) for device in table.devices]
        for rows in novel_devices.left_out(table, names_of):
            inside = set(rows)
            gone = set().union(*names) - set().union(
                *(own for n, own in enumerate(names) if n not in inside)
            )
            assert gone
            assert all(names[n] & gone for n in inside)


@pytest.mark.slow
def test_the_benchmark_on_what_is_left_out_runs_from_end_to_end(train, monkeypatch, capsys):
    monkeypatch.setattr(device_regression, "N_TREES", 5)
    argv = ["--train", str(train), "--kinds", "architecture"]
    novel_devices.run(novel_devices.main, novel_devices.Arguments, "", argv)
    printed = capsys.readouterr().out
    assert "## architecture: 2 left out in turn, 60 predictions" in printed
    assert "plain: inside" in printed


# Intervals of language models


def interval_lines(name: str, intervals: list, medians: bool) -> list[dict]:
    """Prediction lines of devices with PCE 10, 11, …, predicted 1 too high, with `intervals` of the PCE."""
    lines = []
    for number, ends in enumerate(intervals):
        measured = {"Voc": 1.0, "Jsc": 20.0, "FF": 0.5, "PCE": 10.0 + number}
        line = {
            "id": f"{name}{number}"[-1],
            "input": "Substrate stack sequence: SLG",
            "fields": measured | {"PCE": 11.0 + number},
            "reference_fields": measured,
            "interval": ends and {"PCE": ends},
        }
        lines.append(line | ({"sampled": {"median": measured}} if medians else {}))
    return lines


def test_intervals_are_compared_on_the_rows_for_which_both_methods_give_one():
    found = answer_intervals.compared(
        {
            "model": interval_lines("a", [[9, 11], [0, 5], None, [12, 14]], medians=True),
            "forests": interval_lines("b", [[9, 13], [9, 13], [9, 13], None], medians=False),
        }
    )
    model, forests = found["model"]["PCE"], found["forests"]["PCE"]
    assert model["mae"] == forests["mae"] == 1.0
    assert (model["mae_of_median"], forests["mae_of_median"]) == (0.0, None)
    assert model["given"] == forests["given"] == 0.75
    assert (model["n_common"], model["n_inside"], forests["n_inside"]) == (2, 1, 2)
    assert model["mean_width"] == 3.5
    assert model["inside_ci"] == pytest.approx([0.0126, 0.9874], abs=1e-4)  # of 1 in 2, by hand
    assert found["model"]["Voc"]["inside"] is None
    assert "1 of 2: 0.500 [0.013, 0.987]" in answer_intervals.table(found)
