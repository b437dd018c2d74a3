"""`data/prepare.py --files perla` on an invented package of PERLA's form."""

import copy
import json

import pytest

from masterkey.scoring import perla
from masterkey.scoring.perla import Device, matched, score_reader
from masterkey.scoring.perla_own_scorer import own_scorer
from masterkey.scoring.perla_records import (
    CONSENSUS,
    PEOPLE,
    development_truth,
    extractions,
    fields_of,
    package_folder,
    targets_of,
)
from masterkey.scoring.perla_run import take_development_part
from masterkey.scripting.command_line import UserError

CELL = {
    "perovskite_composition": {
        "formula": "MAPbI3",
        "additives": [{"abbreviation": "MACl", "concentration": None}],
    },
    "device_architecture": "nip",
    "pce": {"value": 20.2, "unit": "%"},
    "jsc": {"value": 23.0, "unit": "mA cm^-2"},
    "voc": {"value": 1.1, "unit": "V"},
    "ff": {"value": 80.0, "unit": None},
    "active_area": {"value": 9, "unit": "mm^2"},
    "stability": {
        "time": {"value": 3600000, "unit": "s"},
        "temperature": {"value": 85, "unit": "°C"},
    },
    "layers": [
        {"name": "FTO", "functionality": "Substrate", "deposition": None},
        {
            "name": "TiO2",
            "functionality": "Electron-transport",
            "deposition": [
                {"step_name": "Deposition", "method": "Spray-pyrolysis"},
                {"step_name": "Annealing", "method": "Thermal annealing"},
            ],
        },
        {
            "name": "MAPbI3",
            "functionality": "Absorber",
            "deposition": [
                {
                    "step_name": "Spin",
                    "method": "Spin-coating",
                    "temperature": "room temperature",
                    "solution": {"solvents": [{"name": "DMF"}, {"name": "DMSO"}]},
                },
                {"step_name": "Drip", "method": "Antisolvent-quenching"},
                {
                    "step_name": "Annealing",
                    "method": "Thermal-annealing",
                    "temperature": {"value": 100, "unit": "°C"},
                    "duration": {"value": 1800, "unit": "s"},
                },
            ],
        },
        {"name": "Au", "functionality": "Contact", "deposition": [{"method": "Evaporation"}]},
    ],
}
FIELDS = {
    "Substrate_stack_sequence": "FTO",
    "ETL_stack_sequence": "TiO2",
    "ETL_deposition_procedure": "Spray-pyrolysis",
    "Perovskite_composition_long_form": "MAPbI3",
    "Perovskite_composition_short_form": "MAPbI",
    "Perovskite_additives_compounds": "MACl",
    "Perovskite_deposition_solvents": "DMF; DMSO",
    "Perovskite_deposition_procedure": "Spin-coating",
    "Perovskite_deposition_thermal_annealing_temperature": "100",
    "Perovskite_deposition_thermal_annealing_time": "30",
    "Backcontact_stack_sequence": "Au",
    "Backcontact_deposition_procedure": "Evaporation",
    "Stability_measured": "TRUE",
    "Stability_temperature_range": "85; 85",
    "Stability_time_total_exposure": "1000",
    "Cell_area_measured": "0.09",
    "Cell_architecture": "nip",
}


def other(**changes) -> dict:
    return copy.deepcopy(CELL) | changes


PIN = other(device_architecture="pin", voc={"value": 1.0, "unit": "V"})


@pytest.fixture
def site(tmp_path):
    """A folder with an invented package: two papers to develop on, and a test part that is not JSON."""
    data = tmp_path / "site" / "perla_extract" / "data"

    def write(place: str, cells) -> None:
        path = data / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(cells if isinstance(cells, str) else json.dumps({"cells": cells}))

    write("ground_truth/dev/10.1--b.json", [CELL])
    write("ground_truth/dev/10.1--a.json", [CELL, PIN])
    write("ground_truth/test/10.1--t.json", "not to be read")
    for model, own in {"good": [PIN, CELL], "poor": [], "keen": [CELL, PIN, CELL]}.items():
        write(f"extractions/{model}/10.1--a.json", own)
        write(f"extractions/{model}/10.1--b.json", "{}" if model == "poor" else [CELL])
        write(f"extractions/{model}/10.1--t.json", "not to be read")
    write("extractions/humans/Ann/10.1--a.json", [CELL])
    write("extractions/humans/Ben/10.1--a.json", [CELL, PIN])
    write("extractions/humans/Consensus/10.1--a.json", [CELL, PIN])
    return tmp_path / "site"


def test_a_device_becomes_the_fields_that_both_forms_have():
    assert fields_of(CELL) == FIELDS
    assert targets_of(CELL) == {"Voc": 1.1, "Jsc": 23.0, "FF": 0.8, "PCE": 20.2}
    assert fields_of({"layers": None}) == {}
    assert targets_of({"pce": {"value": None}, "voc": "1.1 V"}) == dict.fromkeys(
        ("Voc", "Jsc", "FF", "PCE")
    )


def test_a_front_contact_is_no_back_contact():
    cell = other(layers=[{"name": n, "functionality": "Contact"} for n in ("ITO", "Ag", "MgF2")])
    assert fields_of(cell)["Backcontact_stack_sequence"] == "Ag | MgF2"


def test_only_the_development_part_is_opened(site):
    folder = package_folder(site)
    truth = development_truth(folder)
    assert {name: len(cells) for name, cells in truth.items()} == {"10.1--a": 2, "10.1--b": 1}
    read = extractions(folder, list(truth))
    assert set(read) == {"good", "keen", "poor", PEOPLE, CONSENSUS}
    assert [len(own) for own in read[PEOPLE].values()] == [2, 0]
    assert read["poor"]["10.1--b"] == [[]]


def test_devices_are_matched_whatever_their_order():
    one, two = (Device(fields_of(cell), targets_of(cell)) for cell in (CELL, PIN))
    assert matched([one, two], [two, one]) == [(0, 1), (1, 0)]
    assert matched([one, two], [two]) == [(1, 0), (0, None)]
    assert matched([two], [one, two]) == [(0, 1), (None, 0)]
    assert matched([], [one]) == [(None, 0)]
    assert matched([one], []) == [(0, None)]


def scores(site, name: str) -> dict:
    folder = package_folder(site)
    truth = development_truth(folder)
    return score_reader(truth, extractions(folder, list(truth))[name], 0, 50)


def test_what_is_right_scores_1(site):
    found = scores(site, "good")
    assert (found["n_devices"], found["n_found"], found["n_added"]) == (3, 3, 0)
    for own in (found["fields"], found["targets"]):
        assert (own["precision"], own["recall"], own["f1"]) == (1, 1, 1)
        assert own["f1_ci"] == [1, 1]


def test_a_device_too_many_costs_precision_and_a_missing_one_recall(site):
    keen, poor = scores(site, "keen"), scores(site, "poor")
    assert (keen["n_found"], keen["n_added"]) == (3, 1)
    assert keen["fields"]["recall"] == 1
    assert keen["fields"]["precision"] == pytest.approx(3 / 4)  # all devices state as many parts
    assert keen["targets"]["precision"] == pytest.approx(3 / 4)
    assert (poor["n_devices"], poor["n_found"]) == (3, 0)
    assert (poor["fields"]["recall"], poor["targets"]["recall"]) == (0, 0)
    assert poor["targets"]["precision"] is None


def test_each_person_counts_and_a_paper_nobody_read_does_not(site):
    found = scores(site, PEOPLE)
    assert (found["n_papers"], found["n_devices"], found["n_found"]) == (1, 4, 3)


@pytest.mark.parametrize(("voc", "n_right"), [(1.11, 4), (1.0901, 4), (1.12, 3), (None, 3)])
def test_targets_are_right_within_perlas_tolerances(voc, n_right):
    read = other(voc={"value": voc, "unit": "V"})
    pair = [Device(fields_of(cell), targets_of(cell)) for cell in (CELL, read)]
    assert sum(perla._is_right(name, *pair) for name in ("Voc", "Jsc", "FF", "PCE")) == n_right


def test_records_and_scores_are_written(site, tmp_path):
    tables = take_development_part(tmp_path / "perla", site, n_resamples=20)
    records = [json.loads(line) for line in (tmp_path / "perla" / "dev.jsonl").open()]
    assert [record["id"] for record in records] == [
        "10.1/a device 1",
        "10.1/a device 2",
        "10.1/b device 1",
    ]
    assert records[0]["fields"] == FIELDS
    assert records[0]["measured"]["FF"] == 0.8
    report = json.loads((tmp_path / "perla" / "scores.json").read_text())
    assert report["readers"]["good"]["fields"]["f1"] == 1
    assert report["readers"]["good"]["perla"] is None
    assert (tmp_path / "perla" / "scores.md").read_text() == tables
    assert "| people, each alone |" in tables
    assert "null = null" not in tables.split("What they mean")[0]


@pytest.mark.slow
def test_prepare_py_takes_it_and_says_how_to_install_it(run_script, site, tmp_path):
    flags = ("--files", "perla", "--output_dir", tmp_path)
    done = run_script("data/prepare.py", *flags, "--source", site)
    assert done.returncode == 0, done.stderr
    assert "3/3" in done.stdout
    assert (tmp_path / "perla" / "dev.jsonl").exists()
    (tmp_path / "empty").mkdir()
    done = run_script("data/prepare.py", *flags, "--source", tmp_path / "empty")
    assert done.returncode == 2
    assert "pip install --no-deps perla-extract==0.0.6" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_package_it_is_one_sentence(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"no installed package perla_extract .* pip install"):
        package_folder()


def test_their_own_scorer_needs_their_packages(site, tmp_path):
    assert own_scorer(package_folder(site)) is None
    with pytest.raises(UserError, match="--perla_scorer: PERLA's scorer needs packages"):
        take_development_part(tmp_path / "perla", site, with_own_scorer=True)
