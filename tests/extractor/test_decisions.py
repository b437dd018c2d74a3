"""When the rules answer, with which confidence, and what is said of where a value is from (issue 14)."""

from types import SimpleNamespace

import pytest

from masterkey.extractor.conventions import Conventions
from masterkey.extractor.decisions import READ_BY_RULES, decided, rules_answer
from masterkey.extractor.fields import ARCHITECTURE, AREA, LONG_FORM
from masterkey.extractor.model import _stated
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.recency import has_new_name, n_new_values
from masterkey.schema import fields as schema

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
HTL_METHOD = "HTL_deposition_procedure"
TEMPERATURE = "Stability_temperature_range"
ANSWER = dict.fromkeys(schema.SII_FIELDS, "Unknown") | {
    HTL: "PTAA",
    ETL: "C60 | BCP",
    CONTACT: "Ag",
    HTL_METHOD: "Spin-coating",
}


def batch_of(
    findings: dict[str, str], signs: int = 0, text: str = "", **of_finding
) -> SimpleNamespace:
    """One paper in which the rules read `findings`, as a batch that has learned from one answer."""
    own = {field: Finding(value, 0.9, **of_finding) for field, value in findings.items()}
    return SimpleNamespace(
        readings=[SimpleNamespace(findings=own, signs=signs, document=Document(text))],
        conventions=[Conventions([ANSWER])],
        recent={},
        chosen={},
        confidence={},
    )


@pytest.mark.parametrize("field", [AREA, LONG_FORM, "Cell_flexible", "Module", TEMPERATURE])
def test_what_a_text_states_of_its_own_is_always_the_rules_to_say(field):
    assert rules_answer(field, batch_of({field: "1"}), 0)


def test_of_an_old_paper_with_known_values_the_ranker_chooses():
    batch = batch_of({HTL: "PTAA", HTL_METHOD: "Spin-coating"})
    assert not rules_answer(HTL, batch, 0)
    assert not rules_answer(HTL_METHOD, batch, 0)


def test_of_a_recent_paper_the_rules_answer_everything():
    assert rules_answer(HTL, batch_of({HTL: "PTAA"}, signs=3), 0)
    assert not rules_answer(HTL, batch_of({HTL: "PTAA"}, signs=2), 0)


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ("MeO-2PACz", True),
        ("PTAA | QX-7PA", True),
        ("PTAA", False),
        ("Spiro-MeOTAD", False),
    ],
)
def test_a_name_of_recent_years_or_of_no_list_is_the_rules_to_say(value, new):
    batch = batch_of({HTL: value})
    assert has_new_name(HTL, batch, 0) is new
    assert rules_answer(HTL, batch, 0) is new


def test_values_that_no_training_answer_has_are_counted():
    values = {HTL: "PEDOT:PSS", ETL: "C60 | SnO2-c", CONTACT: "Cu", HTL_METHOD: "Spin-coating"}
    batch = batch_of(values)
    assert n_new_values(batch, 0) == 3
    assert not rules_answer(HTL_METHOD, batch, 0)
    batch = batch_of(values | {"ETL_deposition_procedure": "Evaporation | ALD"})
    assert n_new_values(batch, 0) == 4
    assert rules_answer(HTL_METHOD, batch, 0)


def test_ageing_tests_and_areas_are_new_in_every_paper_and_count_for_nothing():
    batch = batch_of({TEMPERATURE: "85", AREA: "0.0716", LONG_FORM: "Cs0.07FA0.93PbI3"})
    assert n_new_values(batch, 0) == 0


def test_where_rules_and_ranker_agree_the_surer_one_says_how_sure():
    batch = batch_of({AREA: "0.1"})
    assert decided(AREA, batch, 0, "0.10", 0.4) == ("0.10", 0.9)
    assert decided(AREA, batch, 0, "0.1", 0.97) == ("0.1", 0.97)


def test_where_they_disagree_the_rules_answer_is_the_less_sure_the_surer_the_ranker_was():
    batch = batch_of({AREA: "0.1"})
    value, hardly = decided(AREA, batch, 0, "0.2", 0.1)
    assert value == "0.1"
    assert 0 < decided(AREA, batch, 0, "0.2", 0.9)[1] < hardly < 0.9


def test_where_the_rules_read_nothing_the_ranker_answers():
    assert decided(HTL, batch_of({}), 0, "PTAA", 0.6) == ("PTAA", 0.6)
    assert decided(HTL, batch_of({HTL: "Spiro-MeOTAD"}), 0, "PTAA", 0.6) == ("PTAA", 0.6)


def test_a_ranker_that_is_in_great_doubt_leaves_it_to_the_rules():
    value, confidence = decided(HTL, batch_of({HTL: "Spiro-MeOTAD"}), 0, "PTAA", 0.1)
    assert value == "Spiro-MeOTAD"
    assert confidence <= 0.5


def test_what_the_rules_hardly_believe_themselves_is_the_ranker_s_to_say():
    batch = batch_of({LONG_FORM: "(5-AVA)xMAxPbI3"}, signs=3)
    batch.readings[0].findings[LONG_FORM] = Finding("(5-AVA)xMAxPbI3", 0.2)
    assert decided(LONG_FORM, batch, 0, "MAPbI3", 0.5) == ("MAPbI3", 0.5)
    assert decided(LONG_FORM, batch, 0, "MAPbI3", 0.2)[0] == "(5-AVA)xMAxPbI3"


@pytest.mark.parametrize("method", ["Doctor blading", "Slot-die coating", "ALD", "CBD"])
def test_a_method_that_a_text_names_for_a_layer_is_not_outvoted(method):
    assert decided(HTL_METHOD, batch_of({HTL_METHOD: method}), 0, "Spin-coating", 0.95)[0] == method
    spun = batch_of({HTL_METHOD: "Spin-coating"})
    assert decided(HTL_METHOD, spun, 0, "Evaporation", 0.95)[0] == "Evaporation"


def test_an_ageing_test_of_a_recent_paper_is_believed_as_the_rules_read_it():
    field = "Stability_measured"
    assert decided(field, batch_of({field: "TRUE"}, signs=3), 0, "FALSE", 0.4)[1] == 0.98


def test_a_back_contact_that_the_ranker_does_not_expect_is_believed_as_other_layers_are():
    field = "Backcontact_stack_sequence"
    assert decided(field, batch_of({field: "Ag"}, signs=3), 0, "Au", 0.4) == ("Ag", 0.9)


@pytest.mark.parametrize("field", [AREA, "Stability_PCE_end_of_experiment"])
def test_what_is_misread_more_often_is_never_held_for_sure(field):
    assert decided(field, batch_of({field: "1"}, signs=3), 0, "1", 0.95)[1] == 0.9


def test_a_rule_in_doubt_is_believed_a_little_more_than_it_believes_itself():
    batch = batch_of({HTL: "PTAA"}, signs=3)
    batch.readings[0].findings[HTL] = Finding("PTAA", 0.4)
    assert decided(HTL, batch, 0, "PTAA", 0.6)[1] == pytest.approx(0.6)


def test_of_a_recent_paper_none_is_above_nine_in_ten_but_where_both_are_sure():
    batch = batch_of({HTL: "PTAA"}, signs=3)
    assert decided(HTL, batch, 0, "PTAA", 0.95)[1] > 0.9
    assert decided(HTL, batch, 0, "PTAA", 0.6)[1] <= 0.9
    assert decided(HTL, batch, 0, "Spiro-MeOTAD", 0.95)[1] <= 0.9


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (AREA, "The cell was 3 mm wide and its area 0.1 square cm."),
        ("Perovskite_deposition_thermal_annealing_temperature", "Annealed at hundred °C."),
    ],
)
def test_where_a_unit_stands_and_nothing_was_read_the_confidence_falls(field, text):
    assert decided(field, batch_of({}, text=text), 0, "0.1", 0.95) == ("0.1", 0.5)
    assert decided(field, batch_of({}, text="Nothing."), 0, "0.1", 0.95) == ("0.1", 0.95)


def test_what_a_window_is_not_said_to_be_is_no_surer_than_that_there_is_none():
    batch = batch_of({})
    batch.chosen["Cell_semitransparent"] = ["FALSE"]
    batch.confidence["Cell_semitransparent"] = [0.78]
    window = "Cell_semitransparent_wavelength_range"
    assert decided(window, batch, 0, "nan; nan", 1.0) == ("nan; nan", 0.78)


@pytest.mark.parametrize("layer", ["HTL", "ETL"])
def test_a_layer_of_a_recent_paper_may_have_a_dopant_that_no_rule_knows(layer):
    field = f"{layer}_additives_compounds"
    assert decided(field, batch_of({}, signs=3), 0, "Undoped", 0.96) == ("Undoped", 0.9)
    assert decided(field, batch_of({}), 0, "Undoped", 0.96) == ("Undoped", 0.96)


def test_details_of_a_test_that_the_rules_did_not_read_are_uncertain():
    batch = batch_of({})
    batch.chosen["Stability_measured"] = ["TRUE"]
    assert decided(TEMPERATURE, batch, 0, "25", 0.95) == ("25", 0.5)


def stated(findings: dict[str, str], chosen: dict[str, str], **of_finding):
    batch = batch_of(findings, **of_finding)
    values = dict.fromkeys(schema.SII_FIELDS, "Unknown") | chosen
    batch.chosen = {field: [value] for field, value in values.items()}
    return _stated(batch, 0)


def test_a_value_that_the_rules_read_has_their_source_and_places():
    source, places = stated({HTL: "PTAA"}, {HTL: "PTAA"}, spans=((3, 7),))
    assert source == {HTL: "text"}
    assert places == {HTL: [[3, 7]]}
    source, _ = stated({HTL: "PTAA"}, {HTL: "PTAA"}, source="deduced")
    assert source == {HTL: "deduced"}


def test_a_ranker_s_value_has_no_source_of_the_rules():
    assert stated({HTL: "PTAA"}, {HTL: "Spiro-MeOTAD"}) == ({}, {})


@pytest.mark.parametrize("field", [AREA, TEMPERATURE, "Module", "Cell_flexible"])
def test_numbers_and_flags_that_the_rules_did_not_read_are_defaults(field):
    assert field in READ_BY_RULES
    assert stated({}, {field: "0.1"}) == ({field: "default"}, {})
    assert stated({field: "0.3"}, {field: "0.1"}) == ({field: "default"}, {})
    assert stated({}, {field: "Unknown"}) == ({}, {})


def test_the_architecture_is_deduced_by_rankers_too_and_no_default():
    assert ARCHITECTURE not in READ_BY_RULES
    assert stated({}, {ARCHITECTURE: "nip"}) == ({}, {})


def test_a_stage_of_the_anneal_that_the_rules_read_is_no_default():
    anneal = "Perovskite_deposition_thermal_annealing_temperature"
    assert stated({anneal: "60; 100"}, {anneal: "100"}) == ({}, {})
    assert stated({}, {anneal: "100"}) == ({anneal: "default"}, {})


@pytest.mark.parametrize("silence", ["", "Unknown"])
def test_an_additive_that_the_text_names_is_given_where_the_ranker_has_none(silence):
    field = "HTL_additives_compounds"
    assert decided(field, batch_of({field: "TPFB"}), 0, silence, 0.8)[0] == "TPFB"
    assert decided(field, batch_of({field: "TPFB"}), 0, "Li-TFSI; TBP", 0.8)[0] == "Li-TFSI; TBP"


def test_a_layer_that_is_not_there_has_no_additives():
    batch = batch_of({})
    batch.chosen = {HTL: ["none"]}
    assert decided("HTL_additives_compounds", batch, 0, "Li-TFSI; TBP", 0.8)[0] == ""
    batch.chosen = {HTL: ["PTAA"]}
    assert decided("HTL_additives_compounds", batch, 0, "Li-TFSI; TBP", 0.8)[0] == "Li-TFSI; TBP"


@pytest.mark.parametrize(
    ("field", "read", "ranked"),
    [
        (CONTACT, "Carbon", "Au"),
        (ETL, "TiO2-c", "TiO2-c | TiO2-mp"),
        (HTL, "P3HT", "Spiro-MeOTAD"),
    ],
)
def test_no_layer_that_the_fabrication_does_not_name(field, read, ranked):
    text = "Spray pyrolysis gave TiO2. P3HT was spin-coated. Carbon was printed. Control cells had Au and Spiro-OMeTAD."
    assert decided(field, batch_of({field: read}, text=text), 0, ranked, 0.8) == (read, 0.5)
    named = text + " Mesoporous TiO2, Spiro-OMeTAD and Au were deposited."
    assert decided(field, batch_of({field: read}, text=named), 0, ranked, 0.8) == (ranked, 0.8)


def test_a_substrate_that_goes_with_flexibility_is_the_rules_to_say():
    substrate = "Substrate_stack_sequence"
    foil = batch_of({substrate: "PET | ITO", "Cell_flexible": "TRUE"})
    assert rules_answer(substrate, foil, 0)
    assert not rules_answer(substrate, batch_of({substrate: "PET | ITO"}), 0)
