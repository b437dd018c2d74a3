"""What a sentence deposits, and what lies under it, is a source or is only spoken of (issue 14)."""

import pytest

from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import Document


def deposited(text: str) -> list[str]:
    return [name for operation in operations_of(Document(text)) for name in operation.names]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Gold was evaporated on the Spiro-OMeTAD layer.", ["Au"]),
        ("C60 was evaporated onto PTAA.", ["C60"]),
        ("On top of the C60, BCP was evaporated.", ["BCP"]),
        ("After deposition of C60, BCP was evaporated.", ["BCP"]),
        ("PEDOT:PSS was spin-coated onto the ITO glass.", ["PEDOT:PSS"]),
        ("The SnO2-coated substrates were heated, and PCBM was spin-coated.", ["PCBM-60"]),
        ("Instead of PTAA, 2PACz was spin-coated.", ["2PACz"]),
        ("Half of the cells received a silver grid on the carbon by screen printing.", ["Ag"]),
        ("ITO was washed. On it PTAA was spin-coated.", ["PTAA"]),
        ("The perovskite was covered with C60 by evaporation.", ["C60"]),
        ("On C60 (20 nm, evaporated) SnO2 was grown by ALD.", ["C60", "SnO2-c"]),
    ],
)
def test_what_lies_under_is_not_deposited(text, names):
    assert deposited(text) == names


def test_an_operation_knows_what_lies_under_it():
    [operation] = operations_of(Document("BCP was evaporated on C60."))
    assert operation.under == {"C60"}


def test_the_source_of_a_layer_is_none_besides_it():
    assert deposited("NiOx was sputtered from a target of nickel oxide (NiO).") == ["NiO-c"]
    assert deposited("The layer was spin-coated from PTAA in toluene.") == ["PTAA"]


def test_a_mixture_is_one_layer_of_two_names():
    text = "A mixture of 2PACz and Me-4PACz was spin-coated."
    assert deposited(text) == ["2PACz; Me-4PACz"]


def test_layers_joined_by_and_are_two():
    assert deposited("C60 and BCP were evaporated one after the other.") == ["C60", "BCP"]


def test_of_alternatives_one_is_taken():
    assert deposited("MoO3 or V2O5 was evaporated.") == ["MoO3"]


def test_of_alternatives_the_name_that_no_list_has_is_the_papers_own():
    text = "A self-assembled monolayer of QX-7PA was studied. PTAA or QX-7PA was spin-coated."
    assert deposited(text)[-1:] == ["QX-7PA"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Molybdenum oxide (MoO3) was evaporated.", ["MoO3"]),
        ("Compact TiO2 (c-TiO2) was spin-coated.", ["TiO2-c"]),
        ("Nickel oxide (NiOx) was sputtered.", ["NiO-c"]),
        ("Bathocuproine (BCP) was evaporated.", ["BCP"]),
    ],
)
def test_a_name_and_its_formula_in_parentheses_are_one_layer(text, names):
    assert deposited(text) == names


def test_the_monolayer_is_the_one_that_the_paper_names():
    text = "MeO-2PACz was dissolved in ethanol. The SAM was spin-coated on ITO."
    assert deposited(text) == ["MeO-2PACz"]


def test_the_solution_is_of_what_the_sentence_before_dissolved():
    text = "PTAA was dissolved in toluene (2 mg/ml). The solution was spin-coated at 5000 rpm."
    assert deposited(text) == ["PTAA"]
    text = "PbI2 and FAI were dissolved in DMF. The solution was blade-coated."
    assert deposited(text) == ["perovskite"]


def test_the_solution_of_a_dopant_is_no_layer():
    text = "PTAA was dissolved in toluene. 17 mg of LiTFSI was dissolved in acetonitrile. It was spin-coated."
    assert "PTAA" not in deposited(text)


def test_the_particles_are_those_that_the_paper_has_spoken_of():
    text = "NiOx nanocrystals were dispersed in water. The nanoparticles were spin-coated on ITO."
    assert deposited(text) == ["NiO-np"]


def test_purchases_measurements_and_syntheses_deposit_nothing():
    assert deposited("PTAA and C60 were purchased from a supplier and used as received.") == []
    assert deposited("Materials characterization\nGold was sputtered for SEM images.") == []
    assert deposited("Synthesis of the ligand\nThe film of PTAA was spin-coated.") == []


def test_what_was_tried_and_given_up_is_not_deposited():
    assert deposited("PTAA was tried too, spin-coated from toluene. ") == []
    assert deposited("BCP was evaporated for XRD on glass.") == []


def test_what_is_said_of_control_cells_is_marked():
    text = "2PACz was spin-coated on ITO.\nFor comparison, control cells had PTAA that was spin-coated."
    found = {"+".join(o.names): o.is_control for o in operations_of(Document(text))}
    assert found == {"2PACz": False, "PTAA": True}


def test_of_two_layers_the_one_that_parentheses_call_the_controls_is_left_out():
    [operation] = operations_of(Document("PTAA (control) or 2PACz (target) was spin-coated."))
    assert (operation.names, operation.is_control) == (["2PACz"], False)
    [operation] = operations_of(Document("PTAA (control) was spin-coated."))
    assert (operation.names, operation.is_control) == (["PTAA"], True)


def test_a_paragraph_on_other_cells_stays_one_until_its_end():
    text = (
        "2PACz was spin-coated on ITO.\n"
        "For comparison, reference cells were made. On them PTAA was spin-coated.\n"
        "C60 was evaporated."
    )
    found = {"+".join(o.names): o.is_control for o in operations_of(Document(text))}
    assert found == {"2PACz": False, "PTAA": True, "C60": False}


def test_an_antisolvent_is_no_layer_and_belongs_to_the_perovskite():
    text = (
        "The perovskite ink was spin-coated at 4000 rpm, and 150 µl of anisole was dripped on it."
    )
    [operation] = operations_of(Document(text))
    assert operation.is_perovskite
    assert operation.has_antisolvent


def test_a_sentence_with_only_an_antisolvent_completes_the_spinning_before_it():
    text = "Spinning was done in two stages, at 1000 and 5000 rpm. 10 s before the end chlorobenzene was poured on it."
    assert [o.names for o in operations_of(Document(text)) if o.has_antisolvent] == [["perovskite"]]


def test_a_salt_for_the_surface_is_a_treatment():
    text = "FAPbI3 was spin-coated and annealed at 150 °C.\nPEAI in isopropanol was spin-coated at 5000 rpm."
    perovskite, treatment = operations_of(Document(text))
    assert perovskite.is_perovskite
    assert treatment.is_treatment
    assert not treatment.is_perovskite


def controls(text: str) -> dict[str, bool]:
    return {"+".join(o.names): o.is_control for o in operations_of(Document(text))}


def test_a_layer_in_place_of_one_told_before_is_another_cells():
    text = "Spiro-OMeTAD was spin-coated at 3000 rpm. {} had PTAA instead of spiro-OMeTAD, spin-coated."
    assert controls(text.format("Cells for the humid chamber")) == {
        "Spiro-MeOTAD": False,
        "PTAA": True,
    }
    assert not controls(text.format("The target cells"))["PTAA"]


def test_a_paragraph_on_a_figure_of_the_supplement_is_on_other_cells():
    text = "PTAA was spin-coated on ITO.\nOxide variant (Fig. S9). NiO was sputtered on ITO.\nC60 was evaporated."
    assert controls(text) == {"PTAA": False, "NiO-c": True, "C60": False}


def test_a_grade_of_purity_is_no_deposition():
    text = "C60 (99.9%, sublimed) was purchased from Lumtec. PTAA was spin-coated on ITO."
    assert controls(text) == {"PTAA": False}


def test_a_name_does_not_go_on_behind_an_empty_line():
    text = "a) Fullerene\n\nC60 (25 nm) was thermally evaporated."
    assert controls(text) == {"C60": False}


def test_a_bath_of_antisolvent_for_the_wet_film_is_no_layer_of_its_own():
    text = "The perovskite ink was spin-coated at 4000 rpm. {} The film was annealed at 130 °C for 9 min."
    for bath in (
        "It was immersed in a bath of diethyl ether for 30 s.",
        "The wet film was dipped into toluene for 30 s.",
    ):
        [operation] = operations_of(Document(text.format(bath)))
        assert operation.method == "Spin-coating"
        assert [stage.temperature for stage in operation.stages] == [130]


def test_a_part_of_a_composition_is_no_hole_conductor():
    text = "An ink of Cs0.1(FA0.9MA0.1)0.9PbI3 in DMF was spin-coated at 4000 rpm."
    assert controls(text) == {"perovskite": False}


def test_the_rest_of_a_long_name_is_no_layer():
    text = "The fullerene acid C60-SAM (4-(2'H-[5,6]fullereno-C60-Ih-[1,9-c]pyrrol-2'-yl)benzoic acid) was spin-coated on it."
    assert controls(text) == {"C60-SAM": False}
