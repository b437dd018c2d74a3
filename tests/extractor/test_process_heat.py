"""Temperatures, durations, and which film they heat (issue 14, point 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.extractor.fields import PROCEDURE, TEMPERATURE, TIME
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.quantities import (
    MAX_QUANTITIES,
    areas_of,
    durations_of,
    temperatures_of,
)
from masterkey.rows.clean_text import clean


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("at 100 °C", [100]),
        ("at 373 K", [100]),
        ("at 100–110 °C", [100, 110]),
        ("between 70 and 100 °C", [70, 100]),
        ("at 70, 90 and 100 °C", [70, 90, 100]),
        ("at 65 ± 3 °C", [65]),
        ("stored at -20 °C", [-20]),
        ("at room temperature", [25]),
        ("20 K/min", []),
        ("at 5 K", []),
        ("100 nm of C60", []),
    ],
)
def test_temperatures_are_in_degrees_celsius(text, celsius):
    assert [quantity.value for quantity in temperatures_of(text)] == celsius


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("for 10 min", [10]),
        ("for 10 minutes", [10]),
        ("for 30 s", [0.5]),
        ("for 90 seconds", [1.5]),
        ("for 2 h", [120]),
        ("for 0.5 hours", [30]),
        ("for 10–15 min", [10, 15]),
        ("overnight", [720]),
        ("3 days", [4320]),
        ("20 mm s-1", []),
        ("10 min-1", []),
    ],
)
def test_durations_are_in_minutes(text, minutes):
    assert [quantity.value for quantity in durations_of(text)] == minutes


@pytest.mark.parametrize(
    ("text", "cm2"),
    [
        ("0.09 cm2", [0.09]),
        ("9 mm2", [0.09]),
        ("3 mm × 4 mm", [0.12]),
        ("0.3 × 0.5 cm2", [0.15]),
        ("4 mm in diameter", [0.126]),
        ("a radius of 2 mm", [0.126]),
        ("100 mW cm−2", []),
        ("5 mm thick", []),
    ],
)
def test_areas_are_in_square_centimetres(text, cm2):
    assert [quantity.value for quantity in areas_of(text)] == cm2


def test_the_first_of_a_range_is_marked():
    assert [q.of_range for q in temperatures_of("at 100–110 °C")] == [True, False]
    assert [q.of_range for q in durations_of("for 10–15 min")] == [True, False]


@given(st.text(st.sampled_from("0123456789.-–± °CKminhs,toand/×c2 ²√"), max_size=200))
def test_quantities_of_any_text_stand_in_it_and_in_order(text):
    for quantities in (temperatures_of(text), durations_of(text), areas_of(text)):
        assert [q.start for q in quantities] == sorted(q.start for q in quantities)
        assert all(0 <= q.start < q.end <= len(text) for q in quantities)
        assert len(quantities) <= MAX_QUANTITIES


SPUN = "The perovskite ink was spin-coated at 4000 rpm for 30 s"


def annealed(text: str) -> tuple[str | None, str | None]:
    found = read_device(Document(clean(text).text))
    return tuple(found[field].value if field in found else None for field in (TEMPERATURE, TIME))


@pytest.mark.parametrize(
    ("text", "temperature", "time"),
    [
        (f"{SPUN} and annealed at 100 °C for 10 min.", "100", "10"),
        (f"{SPUN}. The film was heated to 423 K for half an hour.", "150", "30"),
        (f"{SPUN}. Then it was dried at 70 °C for 1 min and at 100 °C for 2 h.", "70; 100", "1; 120"),
        (f"{SPUN}. The samples were annealed for 20 min at 120 degC.", "120", "20"),
        (f"{SPUN}. The films were annealed at 110 °C for 45 s.", "110", "0.75"),
        (f"{SPUN}. The films were annealed at 80 °C overnight.", "80", "720"),
        (f"{SPUN}. The films were annealed at 100 °C (10 min).", "100", "10"),
        (f"{SPUN}. The plates stayed at 70 °C for 5 min.", "70", "5"),
        (f"{SPUN}. Annealing took 1 h at 100 °C, and a further 10 min at 150 °C.", "100; 150", "60; 10"),
        (f"{SPUN}. It was annealed in three stages: 50 °C for 1 min, 160 °C for 2 min and 200 °C for 5 min.", "50; 160; 200", "1; 2; 5"),
        (f"{SPUN}. The films were annealed at 100 °C.", "100", "Unknown"),
        (f"{SPUN} and annealed at 105 °C for 5 min. We also tried films heated at 90 °C for 8 min.", "105", "5"),
        (f"{SPUN}. Baked 25 min at 115 °C in a covered dish.", "115", "25"),
        (f"{SPUN} in a room at 25 °C.", None, None),
    ],
)  # fmt: skip
def test_anneals_of_the_perovskite(text, temperature, time):
    assert annealed(text) == (temperature, time)


def test_each_anneal_belongs_to_the_layer_before_it():
    text = (
        "PTAA was spin-coated on ITO and annealed at 105 °C for 8 min. "
        f"{SPUN}. The film was annealed at 120 °C for 25 min. "
        "PEAI in isopropanol was spin-coated, and the film was heated at 85 °C for 5 min."
    )
    stages = {
        o.names[0]: [(stage.temperature, stage.time) for stage in o.stages]
        for o in operations_of(Document(text))
    }
    assert stages == {"PTAA": [(105, 8)], "perovskite": [(120, 25)], "PEAI": [(85, 5)]}
    assert annealed(text) == ("120", "25")


def test_an_anneal_belongs_to_the_layer_that_its_sentence_names():
    text = f"{SPUN}. PEAI was spin-coated on it. The perovskite film had been annealed at 140 °C for 15 min."
    assert annealed(text) == ("140", "15")


@pytest.mark.parametrize(
    "sentence",
    [
        "FAI was evaporated from a crucible at 145 °C",
        "The solution was stirred at 65 °C for 2 h",
        "The ink was kept at 60 °C",
        "The substrate temperature was 45 °C",
        "The powders were dried in a vacuum oven at 70 °C overnight",
    ],
)
def test_heat_of_solutions_sources_and_powders_is_no_anneal(sentence):
    assert annealed(f"{sentence}. {SPUN}. {sentence}.") == (None, None)


def test_the_temperature_of_an_evaporation_source_is_no_anneal():
    text = "PbI2 and MAI were co-evaporated with the sources at 320 °C and 120 °C."
    assert annealed(text) == (None, None)


def test_what_the_control_films_got_is_not_the_targets():
    text = f"{SPUN}. The films were annealed at 150 °C for 10 min, films of the control at 100 °C for 30 min."
    assert annealed(text) == ("150", "10")


def test_what_parentheses_say_is_the_controls_is_not_the_targets():
    text = f"{SPUN} and annealed at 150 °C for 10 min (target) or 100 °C for 30 min (control)."
    assert annealed(text) == ("150", "10")


def test_two_steps_have_an_anneal_each():
    text = (
        "PbI2 in DMF was spin-coated at 2000 rpm and dried at 70 °C for 5 min. Then MAI in isopropanol "
        "was spin-coated on the PbI2, and the film was annealed at 135 °C for 20 min."
    )
    assert annealed(text) == ("70 >> 135", "5 >> 20")


def test_a_first_step_without_heat_has_no_known_anneal():
    text = (
        "PbI2 in DMF was spin-coated at 2000 rpm. MAI in isopropanol was spin-coated on the PbI2, "
        "and the film was annealed at 135 °C for 20 min."
    )
    assert annealed(text) == ("Unknown >> 135", "Unknown >> 20")


def test_headings_between_a_film_and_its_anneal_do_not_part_them():
    text = f"{SPUN}. No gas was blown.\nIt took a minute.\n\n2.4 Thermal step\n\nc) Oven\n\nThe films were baked at 125 °C for 35 min."
    assert annealed(text) == ("125", "35")


def test_all_films_are_those_of_some_sentences_before():
    between = "The lid stayed shut. A valve was opened. The pump ran on. A gauge was read. "
    assert annealed(f"{SPUN}. {between}All films were then baked at 125 °C for 35 min.") == ("125", "35")  # fmt: skip
    assert annealed(f"{SPUN}. {between}Annealing took 35 min at 125 °C.") == ("125", "35")
    assert annealed(f"{SPUN}. {between}The sample holders were baked at 125 °C for 35 min.") == (None, None)  # fmt: skip


def test_the_anneal_of_a_film_from_a_layers_precursor_is_not_the_perovskites():
    text = (
        "PbI2 and FAI were dissolved in DMF. NiOx precursor: nickel nitrate, 0.2 M in 2-methoxyethanol. It was spin-coated on FTO at 3000 rpm, "
        f"and the film was annealed at 185 °C for 50 min. {SPUN} and annealed at 105 °C for 12 min."
    )
    assert annealed(text) == ("105", "12")


def test_films_of_a_lead_free_perovskite_are_annealed_too():
    text = (
        "CsI and BiI3 were dissolved in DMSO; silver iodide dissolves slowly. The solution was spin-coated at "
        "2500 rpm. The films were annealed at 250 °C for 6 min."
    )
    assert annealed(text) == ("250", "6")


def test_heat_that_follows_this_is_of_what_was_deposited():
    text = (
        "Methods\nThe perovskite ink was spin-coated on the NiOx layer. The ink held no additive. "
        "This was followed by baking at 65 °C for 1 min and then 110 °C (12 min)."
    )
    found = read_device(Document(text))
    assert found["Perovskite_deposition_thermal_annealing_temperature"].value == "65; 110"
    assert found["Perovskite_deposition_thermal_annealing_time"].value == "1; 12"


@pytest.mark.parametrize(
    "behind",
    [
        "An annealing series at 85, 105 and 125 °C is given in Note 4.",
        "The annealing was varied between 90 and 130 °C beforehand.",
        "Films at other temperatures (95 and 145 °C) were heated likewise.",
        "Control experiments: films on bare quartz which had been annealed at 140 °C.",
        "Devices without encapsulation were later heated to 85 °C in the dark.",
    ],
)
def test_heat_that_was_tried_out_or_tests_cells_is_no_stage(behind):
    assert annealed(f"{SPUN}. The film was annealed at 115 °C for 18 min. {behind}") == ("115", "18")  # fmt: skip


@pytest.mark.parametrize(
    "behind",
    [
        ", apart from CsPbI3, which needed 180 °C for 8 min",
        ", except for the films of MAPbBr3, which were heated at 80 °C for 8 min",
    ],
)
def test_an_exception_within_the_sentence_is_of_other_films(behind):
    assert annealed(f"{SPUN}. All films were annealed at 115 °C for 18 min{behind}.") == ("115", "18")  # fmt: skip


def test_of_two_sorts_of_cells_in_brackets_the_first_is_read():
    text = (
        f"{SPUN}. Samples were annealed at 140 °C for 12 min (glass) or at 115 °C for 36 min (PET)."
    )
    assert annealed(text) == ("140", "12")


def test_organic_salts_behind_the_lead_salt_are_the_second_step():
    text = (
        "The PbI2 solution was spin-coated at 1500 rpm and dried at 70 °C for 2 min. The ammonium salts were "
        "then spin-coated at 2000 rpm, and the film was annealed at 145 °C for 14 min."
    )
    assert annealed(text) == ("70 >> 145", "2 >> 14")


def test_a_film_is_heated_behind_sentences_on_its_sources():
    text = (
        "The absorber was formed by co-evaporation of PbI2 and FAI. Each source has a sensor. The holder turns. "
        "The rates give 500 nm. Gas is let in. The layer is then heated at 125 °C during 14 min."
    )
    assert annealed(text) == ("125", "14")


def test_a_furnace_with_zones_converts_a_template_whose_later_anneal_is_read():
    text = (
        "Lead iodide and caesium bromide were co-evaporated as an inorganic film for the perovskite. The film was placed in the "
        "hot zone of a tube furnace with formamidinium iodide upstream, which was held at 165 °C for 40 min. The samples were "
        "taken from the tube, rinsed with 2-propanol to remove the excess, and annealed at 110 °C for 9 min."
    )
    found = read_device(Document(text))
    assert found[PROCEDURE].value == "Co-evaporation >> CVD"
    assert annealed(text) == ("110", "9")


def test_films_on_glass_that_serve_as_a_source_are_no_step():
    text = (
        "The perovskite was made by close-space sublimation. The template was co-evaporated from PbI2 and CsBr. FAI films, sprayed "
        "on a glass plate, served as the source. The samples were annealed at 125 °C for 6 min."
    )
    assert (
        read_device(Document(text))[PROCEDURE].value == "Co-evaporation >> Close space sublimation"
    )


def test_what_is_coated_under_a_title_on_passivation_is_no_film():
    text = (
        f"3.1 Perovskite\n{SPUN}. Annealing: 115 °C, 18 min.\n3.2 Passivation\nSolution 2, 5000 rpm 25 s, 95 °C 4 min.\n"
        "3.3 Electrode\nAg, 100 nm, thermal evaporation.\n"
    )
    assert annealed(text) == ("115", "18")


def test_tandems_are_annealed_too():
    text = (
        "PbI2 and CsBr were co-evaporated. A solution of FAI in ethanol was spin-coated on the inorganic layer. "
        "The tandems were annealed at 145 °C for 22 min."
    )
    assert annealed(text) == ("145", "22")


@pytest.mark.parametrize(
    "text",
    [
        f"{SPUN} and annealed at 115 °C for 18 min. For the reference devices the chuck was cold, and annealing took 9 min at 95 °C.",
        f"{SPUN} and annealed at 115 °C for 18 min. Rigid cells: As a comparison, layers were also spun on glass. Here the perovskite was annealed at 150 °C for 9 min.",
        f"{SPUN} and annealed at 115 °C for 18 min.\nCsPbI3. For comparison, cells were also built with CsPbI3. Its solution was spin-coated at 2500 rpm. The film was annealed at 320 °C for 8 min.",
        f"{SPUN} and annealed at 115 °C for 18 min.\nRoutes not pursued\nInks without DMSO wetted planar wafers only, anneal 95 °C for 30 min.",
        "A perovskite ink, kept at 70 °C until clear, was spin-coated at 4000 rpm for 30 s and annealed at 115 °C for 18 min.",
        f"{SPUN}. The rates were noted. A valve was shut. The pump ran. A lamp was lit. They were carried to a glovebox and annealed at 115 °C for 18 min; films for diffraction were annealed at 95 °C.",
    ],
)  # fmt: skip
def test_the_heat_of_other_cells_films_and_inks_is_not_the_targets(text):
    assert annealed(text) == ("115", "18")


def test_a_drop_cast_cell_is_dried_down_to_its_oxide():
    text = (
        "The TiO2 paste and the carbon paste were screen-printed. The perovskite solution was drop-cast on the carbon. "
        "It was left to creep down to the TiO2, and the cell was dried in a dish at 54 °C for 80 min."
    )
    assert annealed(text) == ("54", "80")


def test_a_bath_of_a_tin_salt_makes_no_perovskite():
    text = (
        "PbI2 and FAI were dissolved in DMF.\nTin oxide\nThe bath was prepared from urea, HCl, water and 0.5 g of SnCl2. The plates were "
        f"placed in the bath, which was held at 92 °C for 3 h, and annealed at 175 °C for 50 min. {SPUN} and annealed at 115 °C for 18 min."
    )
    assert annealed(text) == ("115", "18")
    assert read_device(Document(text))[PROCEDURE].value == "Spin-coating"


def test_an_area_of_carbon_is_not_what_is_dropped():
    text = (
        "The perovskite solution was made in GBL. The carbon paste was screen-printed. On the plates, 2 µL of solution for each 0.64 cm2 of carbon "
        "was dropped on them. They were dried at 54 °C for 80 min."
    )
    dropped = [o for o in operations_of(Document(text)) if o.method == "Dropcasting"]
    assert [o.names for o in dropped] == [["perovskite"]]


def test_oxides_that_a_text_comes_back_to_are_hotter_than_any_film():
    text = f"{SPUN}. The rinsed films were sintered at 460 °C for 25 min. Spiro-OMeTAD was spin-coated."
    assert annealed(text) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "The film was annealed at 105 °C (target) or 130 °C (control) for 25 min.",
        "The film was annealed at 105 °C for 25 min, which had been found best among 90, 105 and 120 °C.",
        "The annealing temperature was optimised in the range 80–140 °C, and 105 °C for 25 min was chosen.",
        "The film was annealed at 105 °C for 25 min on glass, whereas on PEN 90 °C for 60 min was used.",
        "The film was annealed at 105 °C for 25 min. For the stability study, films were heated at 85 °C for 24 h.",
        "The film was baked 25 min at 105 °C, save in Section 4, where 150 °C and 10 min were used.",
    ],
)
def test_of_several_temperatures_the_films_own_is_read(text):
    assert annealed(f"{SPUN}. {text}") == ("105", "25")


def test_right_behind_a_film_no_annealing_is_its_own():
    assert annealed(f"{SPUN}. No annealing was needed.") == ("Unknown", "Unknown")


@pytest.mark.parametrize(
    "text",
    [
        "The film, still yellow, was heated to 105 °C within 2 min and held at this temperature for 25 min.",
        "The annealing conditions were 105 °C and 25 min.",
        "Solvent annealing in a DMF atmosphere at 105 °C lasted 25 min.",
        "The films were annealed at 105 °C for 25 min. The lid was sealed with epoxy cured at 80 °C for 30 min.",
    ],
)
def test_how_long_a_film_was_heated_however_it_is_told(text):
    assert annealed(f"{SPUN}. {text}") == ("105", "25")
