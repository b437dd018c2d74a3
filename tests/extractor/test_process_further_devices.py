"""Devices that a text adds in a series, under a title, by a label or as larger cells; the target stays alone where it is."""

import pytest

from tests.extractor.test_process_devices import GOLD, REGULAR, SPIRO, TO_FILM, devices, value

HTL = "HTL_stack_sequence"
ADDITIVES = "Perovskite_additives_compounds"
GIVEN_MACL = "For the target cells MACl (20 mol%) was added to the perovskite ink. "
PTAA = "PTAA (10 mg/mL in toluene) was spin-coated at 5000 rpm"


def values(text: str, field: str) -> list[str]:
    """The field's value of each device but the target."""
    return [value(device, field) for device in devices(text)[1:]]


@pytest.mark.parametrize(
    "told",
    [
        f"In a further series, Spiro-OMeTAD was replaced by PTAA: {PTAA}. ",
        f"A few cells have PTAA in the place of Spiro-OMeTAD; {PTAA}. ",
        f"Besides, some cells were made with PTAA as hole conductor instead of Spiro-OMeTAD: {PTAA}. ",
        f"For reference, PTAA-based cells were made as well. {PTAA}. ",
        f"For comparison, a layer of PTAA (dissolved overnight in anhydrous toluene, filtered through a 0.2 µm PTFE "
        f"filter, warmed, mixed well and used within an hour of its preparation in the glovebox) was coated. {PTAA}. ",
        f"\nPTAA comparison. {PTAA} in place of Spiro-OMeTAD. ",
    ],
)
def test_another_hole_conductor_is_a_device(told):
    assert "PTAA" in values(REGULAR + told, HTL)


@pytest.mark.parametrize(
    "told",
    [
        "The control solution contained no MACl. ",
        "The control ink did not contain MACl. ",
        "The ink of the control cells contained none. ",
        "For the control cells it was left out. ",
        "“Control” stands for cells without MACl. ",
        "The ones denoted 'plain' were made without MACl. ",
    ],
)
def test_what_the_control_lacks_is_not_given_to_it(told):
    text = TO_FILM + GIVEN_MACL + told + SPIRO + GOLD
    assert value(devices(text)[0], ADDITIVES) in ("MACl", "Cl")
    assert values(text, ADDITIVES) == [""]


def test_control_lacks_an_additive_that_it_calls_by_its_abbreviation():
    told = "Glycine hydrochloride (GlyHCl, 2 mol%) was added to the target ink; the control ink contained no GlyHCl. "
    text = TO_FILM + told + SPIRO + GOLD
    assert values(text, ADDITIVES) == [""]


def test_control_that_skips_a_step_lacks_the_layer_of_that_step():
    monolayer = (
        "ITO glass was cleaned. NiOx was sputtered on the ITO and annealed at 300 °C for 1 h. MeO-2PACz (0.5 mg/mL in "
        "ethanol) was spin-coated on the NiOx. Reference devices were made without this step. The perovskite MAPbI3 was "
        "spin-coated on it and annealed at 100 °C for 10 min. C60 (25 nm) and BCP were evaporated. Silver was evaporated. "
    )
    target, reference = devices(monolayer)
    assert value(target, HTL) == "NiO-c | MeO-2PACz"
    assert value(reference, HTL) == "NiO-c"


def test_larger_cells_have_their_own_area():
    told = (
        "The cells were measured through a mask of 0.09 cm2. Large cells. Cells with an area of 1.02 cm2 were made in "
        "the same manner on larger glass. "
    )
    target, large = devices(REGULAR + told)
    assert value(target, "Cell_area_measured") == "0.09"
    assert (large.role, value(large, "Cell_area_measured")) == ("other", "1.02")


def test_reference_and_control_are_two_devices():
    told = (
        "Control cells were made without Spiro-OMeTAD. Reference cells were made with PTAA instead of Spiro-OMeTAD. "
        + PTAA
        + ". "
    )
    assert sorted(values(REGULAR + told, HTL)) == ["PTAA", "none"]


def test_layers_told_one_after_another_are_devices():
    lines = (
        "Three hole conductors were compared, each spin-coated at 4000 rpm.\nSpiro-OMeTAD: 72 mg in 1 mL chlorobenzene.\n"
        "PTAA: 10 mg in 1 mL toluene; 5000 rpm.\nP3HT: 10 mg in 1 mL chlorobenzene; 3000 rpm.\n"
    )
    assert set(values(REGULAR + lines, HTL)) >= {"PTAA", "P3HT"}


def test_tandem_under_a_title_has_its_contact_and_area():
    told = (
        "\nAll-perovskite tandem cells\nThe wide-gap cells were made as above. PEDOT:PSS was spin-coated on the SnO2 and "
        "the narrow-gap perovskite on it. C60 (20 nm), BCP (7 nm) and copper (120 nm) were evaporated. The area of the "
        "tandem cells was 1.05 cm2.\n"
    )
    tandem = devices("Single-junction cells\n" + REGULAR + told)[-1]
    assert tandem.role == "tandem"
    assert value(tandem, "Backcontact_stack_sequence") == "Cu"
    assert value(tandem, "Cell_area_measured") == "1.05"


def test_control_has_the_hours_of_its_own_clause():
    told = (
        "Control cells were made without Spiro-OMeTAD. Cells were kept at the maximum power point in nitrogen at 40 °C. "
        "The target cells kept 92% of 21.0% after 600 h, and the control cells 80% of 18.0% after 150 h. "
    )
    target, control = devices(REGULAR + told)
    assert value(target, "Stability_time_total_exposure") == "600"
    assert value(control, "Stability_time_total_exposure") == "150"


@pytest.mark.parametrize(
    "aside",
    [
        "A second batch of films was measured by XRD. ",
        "Some films were left in air for a series of photographs. ",
        "A large-area lamp was used. ",
        "The reference electrode was Ag/AgCl. ",
        "References. ",
        "Gold was preferred rather than silver. ",
    ],
)
def test_no_device_where_none_is_made(aside):
    assert len(devices(REGULAR + aside)) == 1


def test_a_test_of_tandems_alone_is_not_the_single_cells():
    text = (
        "Single-junction cells\n" + REGULAR + "\nAll-perovskite tandem cells\nThe narrow-gap perovskite was spin-coated on the SnO2. C60 and "
        "copper were evaporated.\nStability\nEncapsulated tandems were tracked at the maximum power point in air at 35 °C. After 600 h, 90% "
        "of the initial efficiency of 26.3% was left.\n"
    )  # fmt: skip
    target, *_, tandem = devices(text)
    assert value(target, "Stability_measured") == "FALSE"
    assert value(tandem, "Stability_PCE_end_of_experiment") == "90"


def test_modules_that_were_not_made_are_no_device():
    assert len(devices(REGULAR + "Modules of 10 cm2 were not made in this work. ")) == 1
