"""PERLA's JSON: its units, what its layers and steps say, and the way back."""

import json

import pytest

from masterkey.formats import perla
from masterkey.formats.composition_ions import database_formula, ions_by_site
from masterkey.formats.devices import Device
from masterkey.formats.inputs import is_foreign, read_devices, read_lines
from masterkey.formats.outputs import write
from masterkey.schema import fields as schema
from masterkey.schema.values import parse_value
from masterkey.scripting.command_line import UserError
from tests.formats.random_devices import consistent_device
from tests.formats.test_nomad import LOST_IN_STEPS

# An invented device in PERLA's shape.
CELL = {
    "perovskite_composition": {"formula": "Cs0.05(FA0.83MA0.17)0.95Pb(I0.83Br0.17)3", "additives": None},
    "device_architecture": "pin",
    "active_area": {"value": 9, "unit": "mm^2"},
    "voc": {"value": 1120, "unit": "mV"},
    "jsc": {"value": 226, "unit": "A m^-2"},
    "ff": {"value": 78.5},
    "pce": {"value": 19.9, "unit": "%"},
    "layers": [
        {"name": "ITO", "functionality": "Substrate", "deposition": None},
        {
            "name": "PTAA",
            "functionality": "Hole-transport",
            "deposition": [
                {"method": "Spin-coating", "duration": None},
                {"method": "Annealing", "duration": {"value": 600, "unit": "s"}},
            ],
        },
        {
            "name": "perovskite",
            "functionality": "Absorber",
            "deposition": [
                {
                    "method": "Spin-coating",
                    "solution": {"solvents": [{"name": "DMF"}, {"name": "DMSO"}]},
                },
                {"method": "Antisolvent-quenching", "antisolvent": "CB"},
                {
                    "method": "Thermal annealing",
                    "temperature": {"value": 373.15, "unit": "K"},
                    "duration": {"value": 0.5, "unit": "h"},
                },
                {"method": "Thermal-annealing", "temperature": {"value": 150, "unit": "°C"},
                 "duration": "300 s"},
            ],
        },
        {"name": "C60", "functionality": "Electron-transport", "deposition": [{"method": "Evaporation"}]},
        {"name": "Ag", "functionality": "Contact", "deposition": []},
    ],
    "stability": {
        "time": {"value": 10, "unit": "days"},
        "PCE_at_the_start_of_the_experiment": {"value": 20, "unit": "%"},
        "PCE_at_the_end_of_experiment": {"value": 18, "unit": "%"},
    },
}  # fmt: skip


def test_units_are_converted_and_quenching_is_no_step():
    device = perla.device_of(CELL, "p", 1, "10.1000/p")
    assert device.fields == {
        "Substrate_stack_sequence": "ITO",
        "ETL_stack_sequence": "C60",
        "ETL_deposition_procedure": "Evaporation",
        schema.LONG_FORM: "Cs0.05FA0.79MA0.16PbBr0.51I2.49",
        schema.SHORT_FORM: "CsFAMAPbBrI",
        "Perovskite_deposition_solvents": "DMF; DMSO",
        "Perovskite_deposition_procedure": "Spin-coating",
        schema.ANNEALING_TEMPERATURE: "100; 150",
        schema.ANNEALING_TIME: "30; 5",
        "HTL_stack_sequence": "PTAA",
        "HTL_deposition_procedure": "Spin-coating",
        "Backcontact_stack_sequence": "Ag",
        "Stability_measured": "TRUE",
        "Stability_time_total_exposure": "240",
        "Stability_PCE_initial_value": "20",
        "Stability_PCE_end_of_experiment": "90",
        "Cell_area_measured": "0.09",
        "Cell_architecture": "pin",
    }
    assert device.measured == pytest.approx({"Voc": 1.12, "Jsc": 22.6, "FF": 0.785, "PCE": 19.9})


def test_what_is_written_is_in_seconds_and_percent():
    fields = {"Perovskite_deposition_procedure": "Spin-coating", schema.ANNEALING_TIME: "10"}
    cell = perla.cell_of(Device("1", 1, fields, measured={"FF": 0.754}))
    (absorber,) = cell["layers"]
    assert absorber["deposition"][1]["duration"] == {"value": 600.0, "unit": "s"}
    assert cell["ff"]["value"] == pytest.approx(75.4)
    assert cell["pce"] is None


def test_papers_go_out_and_come_back(tmp_path):
    devices = [consistent_device(seed) for seed in range(60)]
    lines = [
        {"id": d.paper, "row": n, "task": "sii", "fields": d.fields, "doi": d.doi}
        for n, d in enumerate(devices)
    ]
    told = write(lines, tmp_path / "perla", "perla")
    lost = {name for name in schema.SII_FIELDS if any(f"hold {name} of" in s for s in told)}
    assert lost - {"Stability_temperature_range"} == set(LOST_IN_STEPS)
    back = {line["doi"]: line for line in read_lines(tmp_path / "perla")}
    assert len(back) == 60
    for device in devices:
        for name, value in device.fields.items():
            if name not in lost:
                read = back[device.doi]["fields"].get(name, "")
                assert parse_value(name, read) == parse_value(name, value), (device.paper, name)


def test_a_file_of_a_paper_has_all_its_devices(tmp_path):
    path = tmp_path / "10.1000--x.json"
    path.write_text(json.dumps({"cells": [CELL, CELL | {"layers": []}]}), encoding="utf-8")
    assert is_foreign(path)
    first, second = read_devices(path)
    assert (first.doi, first.number, second.number) == ("10.1000/x", 1, 2)
    (line,) = read_lines(tmp_path)
    assert [device["measured"]["PCE"] for device in line["devices"]] == [19.9, 19.9]
    (tmp_path / "10.1000--y.json").write_text('{"cells": {}}', encoding="utf-8")
    with pytest.raises(UserError, match="is no JSON of PERLA"):
        read_devices(tmp_path)


def test_formulas_are_written_as_the_database_does():
    assert database_formula("CH3NH3PbI3") == ("MAPbI3", "MAPbI")
    assert database_formula("FA0.85MA0.15PbI2.55Br0.45")[1] == "FAMAPbBrI"
    assert database_formula("(PEA)2PbI4") == ("(PEA)2PbI4", "(PEA)PbI")
    assert database_formula("CH3NH3PbI3-xClx") == ("CH3NH3PbI3-xClx", "")
    assert ions_by_site("no formula") is None


def test_a_title_a_year_and_a_path_for_a_doi_are_told_or_left_out(tmp_path):
    """PERLA's JSON has its DOI by its name; the path of a paper that has none must not become one."""
    line = {"id": "/papers/a b.pdf", "row": 0, "task": "sii", "title": "Of cells", "year": 2024}
    line["fields"] = {"ETL_stack_sequence": "SnO2-np", "HTL_stack_sequence": "PTAA"}
    told = write([line], tmp_path / "perla", "perla")
    assert "PERLA's JSON has no place for the title of 1 paper" in told
    assert "PERLA's JSON has no place for the year of 1 paper" in told
    [name] = [path.name for path in (tmp_path / "perla").iterdir()]
    assert name == "papers--a_b.pdf.json"
    [device] = read_devices(tmp_path / "perla")
    assert device.doi == ""
    told = write([line], tmp_path / "llm", "nomad-llm")
    assert any("has no place for the year" in sentence for sentence in told)
    assert not any("title" in sentence for sentence in told)
    told = write([line], tmp_path / "classic", "nomad")
    assert not any("has no place for the" in sentence for sentence in told)


def test_a_doi_comes_back_from_the_name_of_its_file(tmp_path):
    dois = ["10.1000/x", "10.1000/X", "10.1000/x", "10.1016/S0040-4020(01)00012-3"]
    dois += [
        "10.1002/(SICI)1099:8<3::AID>3.0;2-Y",
        "10.1000/a--b/c_d",
        "10.1000/a-/-b",
        "10.1000/50%é",
        "",
    ]
    fields = {"ETL_stack_sequence": "SnO2-np"}
    lines = [
        {"id": f"p{n}", "row": n, "task": "sii", "fields": fields, "doi": doi}
        for n, doi in enumerate(dois)
    ]
    write(lines, tmp_path / "perla", "perla")
    assert sorted(device.doi for device in read_devices(tmp_path / "perla")) == sorted(dois)
    for path in (tmp_path / "perla").iterdir():
        assert not set(path.name) & set('<>:"/\\|?*')  # what Windows refuses
