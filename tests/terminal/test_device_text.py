"""Devices from text: published lines, SII answers and JSON of every kind that the scripts write."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.terminal.device_text import read_devices

DEVICE = {name: f"value {number}" for number, name in enumerate(schema.MDP_FIELDS)}
PAPER = dict.fromkeys(schema.SII_FIELDS, "Unknown") | DEVICE


@pytest.mark.parametrize(
    "text",
    [
        schema.format_mdp_input(DEVICE),
        schema.format_mdp_input(DEVICE, markers=True),
        "\n".join(f"{name}: {value}" for name, value in PAPER.items()),
        schema.format_sii_answer(PAPER, markers=True),
        json.dumps(DEVICE, indent=2),
        json.dumps({name.replace("_", " "): value for name, value in DEVICE.items()}),
        json.dumps({"task": "sii", "input": "a paper", "fields": PAPER}),
        json.dumps({"instruction": "…", "input": schema.format_mdp_input(DEVICE, markers=True)}),
        json.dumps({"task": "mdp", "input": schema.format_mdp_input(DEVICE), "fields": {"PCE": 1}}),
    ],
)
def test_every_form_gives_the_same_device(text):
    assert read_devices(text, "x") == [DEVICE]


def test_several_json_objects_are_several_devices():
    lines = [json.dumps(DEVICE | {"Cell_architecture": kind}) for kind in ("nip", "pin")]
    for between in ("\n", "", "\n\n  "):
        devices = read_devices(between.join(lines) + "\n", "x")
        assert [device["Cell_architecture"] for device in devices] == ["nip", "pin"]


def test_json_numbers_truth_and_null_become_the_database_s_text():
    values = {
        "Perovskite_deposition_thermal_annealing_time": 10,
        "Cell_semitransparent": False,
        "HTL_stack_sequence": None,
        "ETL_stack_sequence": "ZnO\ud800\n",
    }
    assert read_devices(json.dumps(values), "x") == [
        {
            "ETL_stack_sequence": "ZnO�",
            "Perovskite_deposition_thermal_annealing_time": "10",
            "Cell_semitransparent": "FALSE",
        }
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("We spun SnO2.", "x: holds none of the 19 device fields"),
        ("{}", "holds none of the 19 device fields"),
        ('{"fields": {"PCE": 17}, "task": "mdp"}', "holds none of the 19"),
        ('{"Cell_architecture": "nip"}\n{"a": 1}', "device 2 of 2 holds none"),
        ('{"Cell_architecture": "nip",}', r"x: line 1, column \d+ is not valid JSON"),
        ('{"Cell_architecture": "nip"}\n[1]', "JSON that is no object"),
        ('{"a": ' * 100_000, "nested too deeply|not valid JSON"),
    ],
)
def test_what_is_no_device_is_one_sentence(text, message):
    with pytest.raises(UserError, match=message):
        read_devices(text, "x")


@given(st.text(max_size=200))
def test_any_text_is_a_device_or_a_sentence(text):
    with contextlib.suppress(UserError):
        assert all(read_devices(text, "x"))
