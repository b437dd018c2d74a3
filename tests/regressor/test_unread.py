"""What is said of a device whose fields are missing, unreadable, unknown or of another kind of cell."""

import pytest

from masterkey.regressor.feature_table import FeatureTable
from masterkey.regressor.features import detailed_features
from masterkey.regressor.reading import read_device
from masterkey.regressor.unread import counted, counted_unreadable, kind_of, sentence, told_of
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    MDP_FIELDS,
    SHORT_FORM,
)

DEVICE = dict.fromkeys(MDP_FIELDS, "none") | {
    "Substrate_stack_sequence": "SLG | FTO",
    "ETL_stack_sequence": "TiO2-c",
    "HTL_stack_sequence": "Spiro-MeOTAD",
    "Backcontact_stack_sequence": "Au",
    LONG_FORM: "MAPbI3",
    SHORT_FORM: "MAPbI",
    ANNEALING_TEMPERATURE: "100",
    ANNEALING_TIME: "10",
}

OPEN = {LONG_FORM: "MAPbBrxIx", SHORT_FORM: "MAPbBrI"}


def told(**changes) -> dict:
    device = DEVICE | changes
    features = [detailed_features(DEVICE), detailed_features(DEVICE)]
    [line] = told_of([device], FeatureTable.fit(features), [detailed_features(device)])
    return line


def said(**changes) -> str:
    return sentence(told(**changes), DEVICE | changes)


def test_of_a_known_device_nothing_is_said():
    assert told() == {}
    assert said() == ""


@pytest.mark.parametrize(
    ("changes", "why", "words"),
    [
        ({LONG_FORM: "", SHORT_FORM: ""}, "missing", "not reported: the composition"),
        ({LONG_FORM: "MAPbBrxIx"}, "unreadable", "cannot be read: the composition 'MAPbBrxIx'"),
        ({ANNEALING_TEMPERATURE: "hot"}, "unreadable", "annealing temperature 'hot'"),
        ({"ETL_stack_sequence": "ZrS2"}, "unknown", "not in the training devices: the ETL stack 'ZrS2'"),
    ],
)  # fmt: skip
def test_what_is_filled_in_is_said_with_its_reason(changes, why, words):
    changes = {SHORT_FORM: "FAMAPbBrI"} | changes
    line = told(**changes)
    [reason] = [own for name, own in line["imputed"].items() if name in changes]
    assert reason == why
    assert words in said(**changes)
    assert "average stands for it" in said(**changes)
    assert said(**changes).count("\n") == 0


def test_chloride_precursors_are_said():
    assert told(**{LONG_FORM: "MAPbI3-xClx"}) == {
        "read_as": {"MAPbI3-xClx": "MAPbI3 with Cl among the additives"}
    } | ({"imputed": {"Perovskite_additives_compounds": "unknown"}})
    assert "'MAPbI3-xClx' is read as MAPbI3 with Cl" in said(**{LONG_FORM: "MAPbI3-xClx"})


@pytest.mark.parametrize("value", ["", "zzz"])
def test_a_device_without_any_known_name_gets_one_short_sentence(value):
    words = said(**dict.fromkeys(MDP_FIELDS, value))
    assert words.startswith("none of its materials is known from the training devices")
    assert len(words) < 120


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"Substrate_stack_sequence": "c-Si | ITO"}, "tandem"),
        ({"Backcontact_stack_sequence": "CIGS | Mo"}, "tandem"),
        ({"Cell_architecture": "2T tandem"}, "tandem"),
        ({LONG_FORM: "Cs0.2FA0.8PbBr1.2I1.8 | FA0.7MA0.3Pb0.5Sn0.5I3"}, "tandem"),
        ({LONG_FORM: "PM6:Y6", SHORT_FORM: ""}, "organic"),
        ({LONG_FORM: "", SHORT_FORM: "", "HTL_stack_sequence": "P3HT:PCBM"}, "organic"),
        ({LONG_FORM: "MAPbI3 | (PEA)2PbI4"}, ""),
        ({"ETL_stack_sequence": "SiO2 | TiO2-c"}, ""),
        ({"HTL_stack_sequence": "P3HT"}, ""),
        ({"ETL_stack_sequence": "TiO2-c | Si-nw"}, ""),
        ({"HTL_stack_sequence": "CZTS; rGO | Si-OMeTPA"}, ""),
        ({LONG_FORM: "MAPbI3 | MAPbBr3"}, ""),
        ({}, ""),
    ],
)
def test_tandems_and_organic_cells_are_told_apart(changes, kind):
    device = DEVICE | changes
    assert kind_of(device, read_device(device)) == kind
    words = sentence({"kind": kind} if kind else {}, device)
    assert ("one junction" in words) == (kind == "tandem")
    assert ("organic" in words) == (kind == "organic")


def test_what_novelty_says_is_not_said_again():
    line = told(ETL_stack_sequence="ZrS2") | {"novelty": {"sentence": "…"}}
    assert sentence(line, DEVICE | {"ETL_stack_sequence": "ZrS2"}) == ""


def test_of_many_devices_it_is_counted():
    lines = [told()] * 3 + [told(**OPEN)] * 2 + [told(Cell_architecture="tandem")]
    words = counted(lines)
    assert any(
        "of 6 devices, cannot be read: the composition (2); the training" in own for own in words
    )
    assert any("1 of 6 devices look like tandems" in own for own in words)
    assert counted([told()] * 9) == []


def test_training_devices_that_cannot_be_read_are_counted_and_kept():
    devices = [DEVICE, DEVICE | OPEN, DEVICE | {LONG_FORM: "", SHORT_FORM: ""}]
    words = counted_unreadable([*devices, DEVICE | {"Substrate_stack_sequence": "c-Si | ITO"}])
    assert words == [
        "of 4 training devices, not reported: the composition (1); they are learned from all the same",
        "of 4 training devices, cannot be read: the composition (1); they are learned from all the same",
        "1 of 4 training devices look like tandems; they are learned from all the same",
    ]


def test_many_causes_are_one_sentence_a_reason():
    words = counted([told(**dict.fromkeys(MDP_FIELDS, ""))] * 1000)
    assert len(words) == 1
    assert words[0].startswith(
        "of 1000 devices, not reported: the substrate stack (1000), the ETL stack (1000)"
    )
