"""Archives of NOMAD: keys and types as the plug-in's classes have them, and every field back."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from masterkey.formats import nomad, nomad_llm
from masterkey.formats.archives import file_names, read_archives, write_archives
from masterkey.formats.devices import Device
from masterkey.formats.inputs import read_lines
from masterkey.formats.numbers import as_text, typed
from masterkey.formats.outputs import write
from masterkey.schema import fields as schema
from masterkey.schema.values import parse_value
from masterkey.scripting.command_line import UserError
from tests.conftest import ROOT
from tests.formats.random_devices import consistent_device, random_device

SCHEMA = json.loads((ROOT / "tests" / "fixtures" / "nomad_schema.json").read_text("utf-8"))
TIME = schema.ANNEALING_TIME


def validator(form):
    import jsonschema  # takes a second or two, of each worker that collects

    definition = SCHEMA["$defs"][form.DEFINITION.rpartition(".")[2]]
    return jsonschema.Draft202012Validator(definition)


@pytest.mark.slow
@pytest.mark.parametrize("form", [nomad, nomad_llm])
def test_archives_have_the_keys_and_types_of_the_classes_alone(form):
    check = validator(form)
    for seed in range(200):
        device = random_device(seed, strange=0.1) if seed % 2 else consistent_device(seed)
        archive = form.archive_of(device)
        assert not list(check.iter_errors(archive["data"])), seed
        assert json.loads(json.dumps(archive, allow_nan=False)) == archive


def test_the_schema_finds_an_unknown_key_and_a_wrong_type():
    data = nomad.archive_of(random_device(1))["data"]
    check = validator(nomad)
    assert not check.is_valid(data | {"etl": {"stack": "TiO2"}})
    assert not check.is_valid(data | {"cell": {"flexible": "FALSE"}})
    assert not check.is_valid(data | {"ref": {"extraction_method": "masterkey"}})


def test_classic_archives_give_every_field_back():
    for seed in range(300):
        device = random_device(seed, strange=0.1)
        read = nomad.device_of(nomad.archive_of(device), "archive")
        told = {name: as_text(typed(name, value)) for name, value in device.fields.items()}
        assert read.fields == {name: value for name, value in told.items() if value}, seed
        assert (read.paper, read.doi, read.title) == (device.paper, device.doi, device.title)


def test_what_plug_in_needs_is_there_and_what_it_refuses_is_not():
    fields = {
        "Substrate_stack_sequence": "SLG | ITO",
        "ETL_stack_sequence": "C60 | BCP",
        "HTL_stack_sequence": "PTAA",
        "Backcontact_stack_sequence": "Cu",
        "Cell_architecture": "pin",
        "Cell_area_measured": "Unknown",
        "Cell_flexible": "FALSE",
        "Stability_time_total_exposure": "nan",
        "Stability_average_over_n_number_of_cells": "5",
        schema.LONG_FORM: "MAPbI3",
    }
    data = nomad.archive_of(Device("1", 1, fields))["data"]
    assert data["cell"] == {
        "architecture": "pin",
        "flexible": False,
        "stack_sequence": "SLG | ITO | PTAA | Perovskite | C60 | BCP | Cu",
    }
    assert data["stability"] == {"average_over_n_number_of_cells": 5}
    assert data["jv"] == {}
    assert data["perovskite"]["composition_a_ions"] == "MA"
    assert data["perovskite"]["composition_c_ions_coefficients"] == "3"
    nip = nomad.cell_stack({**fields, "Cell_architecture": "nip"})
    assert nip == "SLG | ITO | C60 | BCP | Perovskite | PTAA | Cu"


def test_predicted_performance_stands_beside_the_archive_alone(tmp_path):
    line = {
        "id": "7",
        "task": "sii",
        "fields": {"ETL_stack_sequence": "SnO2"},
        "performance": {"fields": {"Voc": 1.1, "PCE": 19.0}, "interval": {"PCE": [15.0, 21.0]}},
    }
    told = write([line], tmp_path / "archives", "nomad")
    assert "default_" not in (tmp_path / "archives" / "7.archive.json").read_text()
    assert any("would pass as measured" in sentence for sentence in told)
    (back,) = read_lines(tmp_path / "archives")
    assert back["performance"] == line["performance"]


def test_measured_performance_goes_out_and_comes_back(tmp_path):
    measured = {"Voc": 1.05, "Jsc": 22.1, "FF": 0.754, "PCE": 17.5}
    device = Device("1", 1, {"ETL_stack_sequence": "SnO2"}, measured=measured)
    for form, ff in ((nomad, 0.754), (nomad_llm, 75.4)):
        data = form.archive_of(device)["data"]
        assert (data["jv"]["default_FF"] if form is nomad else data["ff"]) == pytest.approx(ff)
        assert form.device_of({"data": data}, "a").measured == measured


def test_seconds_of_another_writers_llm_records_become_minutes_and_ours_stay():
    device = random_device(3)
    device.fields[TIME] = "600 >> 30"
    archive = nomad.archive_of(device)
    assert nomad.device_of(archive, "a").fields[TIME] == "600 >> 30"
    archive["data"]["ref"]["name_of_person_entering_the_data"] = "LLM Extraction by gpt-5"
    assert nomad.device_of(archive, "a").fields[TIME] == "10 >> 0.5"
    archive["data"]["ref"]["extraction_method"] = "Perovskite Database Project"
    assert nomad.device_of(archive, "a").fields[TIME] == "600 >> 30"


def test_language_models_form_has_seconds_and_gives_minutes_back():
    fields = {
        "Perovskite_deposition_procedure": "Spin-coating >> Spin-coating",
        schema.ANNEALING_TEMPERATURE: "70 >> 100; 150",
        TIME: "0.5 >> 10; 5",
    }
    data = nomad_llm.archive_of(Device("1", 1, fields))["data"]
    steps = data["layers"][0]["deposition"]
    assert [step["method"] for step in steps] == [
        "Spin-coating", "Thermal-annealing", "Spin-coating", "Thermal-annealing", "Thermal-annealing"
    ]  # fmt: skip
    assert [step.get("duration") for step in steps] == [None, 30.0, None, 600.0, 300.0]
    assert nomad_llm.device_of({"data": data}, "a").fields == fields


# What docs/formats.md says that layers and steps cannot hold.
LOST_IN_STEPS = (
    "Stability_average_over_n_number_of_cells",
    "Stability_atmosphere",
    "Cell_number_of_cells_per_substrate",
    "Cell_flexible",
    "Cell_semitransparent",
    "Cell_semitransparent_wavelength_range",
    "Module",
)


def test_what_layers_and_steps_can_say_comes_back():
    for seed in range(200):
        device = consistent_device(seed)
        read = nomad_llm.device_of(nomad_llm.archive_of(device), "a")
        for name, value in device.fields.items():
            if name in (*LOST_IN_STEPS, "Stability_temperature_range"):
                continue
            assert parse_value(name, read.fields.get(name, "")) == parse_value(name, value), (
                seed,
                name,
            )


def test_devices_of_a_paper_are_a_line_again(tmp_path):
    fields = {"ETL_stack_sequence": "SnO2", "Module": "FALSE"}
    line = {
        "id": "10.1000/x",
        "row": 0,
        "task": "sii",
        "input": "SnO2 was spun.",
        "fields": fields,
        "confidence": {"ETL_stack_sequence": 0.9},
        "source": {"ETL_stack_sequence": "text", "Module": "default"},
        "evidence": {"ETL_stack_sequence": {"sno2": [[0, 4]]}},
        "doi": "10.1000/x",
        "devices": [
            {"role": "target", "name": "best", "fields": fields},
            {"role": "control", "name": "control", "fields": fields | {"Module": "TRUE"}},
        ],
    }
    write([line], tmp_path / "a", "nomad")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "10.1000_x.archive.json",
        "10.1000_x.evidence.json",
        "10.1000_x_device_2.archive.json",
        "10.1000_x_device_2.evidence.json",
    ]
    (back,) = read_lines(tmp_path / "a")
    assert (back["id"], back["doi"], back["fields"]) == ("10.1000/x", "10.1000/x", fields)
    assert back["confidence"] == line["confidence"]
    assert back["evidence"] == line["evidence"]
    assert back["quotes"] == {"ETL_stack_sequence": "SnO2"}
    assert [d["name"] for d in back["devices"]] == ["best", "control"]
    assert back["devices"][1]["fields"]["Module"] == "TRUE"
    write([line], tmp_path / "b", "nomad", omit_defaults=True)
    assert read_lines(tmp_path / "b")[0]["fields"] == {"ETL_stack_sequence": "SnO2"}


def test_names_of_files_are_safe_and_apart():
    assert file_names(["a/b", "a_b", "A_B", "../..", ""]) == [
        "a_b", "a_b_2", "A_B_3", "device", "device_2"
    ]  # fmt: skip
    assert file_names(["--x--a-"]) == ["x--a-"]  # a name with a dash before it reads as a flag


def test_a_folder_with_archives_is_not_written_into(tmp_path):
    write_archives([random_device(1)], tmp_path)
    with pytest.raises(UserError, match="exists already; name a new folder"):
        write_archives([random_device(2)], tmp_path)
    (tmp_path / "other.archive.json").write_text('{"data": {"m_def": "x.Sample"}}')
    with pytest.raises(UserError, match="is no archive of a perovskite_solar"):
        read_archives([Path(tmp_path / "other.archive.json")])


TEXT_FIELDS = [name for name in schema.SII_FIELDS if isinstance(typed(name, "text"), str)]
text_values = st.lists(
    st.one_of(
        st.text(max_size=8), st.sampled_from([" | ", " >> ", "; ", "\n", "=", "Unknown", "nan"])
    ),
    max_size=4,
).map(lambda parts: "".join(parts).encode("utf-8", "replace").decode())


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(fields=st.dictionaries(st.sampled_from(TEXT_FIELDS), text_values, max_size=6))
def test_any_text_comes_back_from_an_archive(tmp_path_factory, fields):
    folder = tmp_path_factory.mktemp("archives")
    line = {"id": "7", "task": "sii", "fields": fields, "review": {"reviewers": ["a"]}}
    write([line], folder, "nomad")
    (back,) = read_lines(folder)
    assert back["fields"] == {name: value for name, value in fields.items() if value}
    assert back["reviewed"] is True
    text = (folder / "7.archive.json").read_text("utf-8")
    assert json.loads(text)["data"]["ref"]["extraction_method"] == "LLM Reviewed by Human"
