"""Kinds of papers that the rules were known not to read: dots, patents, numbered devices, tandems … (issue 14)."""

import json

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.devices import read_devices
from masterkey.extractor.process.layers.stacks import written_stacks
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.materials import mentions_of
from masterkey.extractor.process.text.methods import methods_of
from masterkey.rows.clean_text import clean
from tests.conftest import ROOT

PAPERS = json.loads((ROOT / "tests/today/kinds.json").read_text(encoding="utf-8"))
HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
DOPANTS, ADDITIVES = "HTL_additives_compounds", "Perovskite_additives_compounds"
LONG_FORM, SOLVENTS = "Perovskite_composition_long_form", "Perovskite_deposition_solvents"
PROCEDURE, AREA = "Perovskite_deposition_procedure", "Cell_area_measured"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TESTED, LEFT = "Stability_measured", "Stability_PCE_end_of_experiment"

INK = "Cs0.1FA0.9PbI3 (1.4 M in DMF and DMSO, 4:1) was spin-coated at 4000 rpm and annealed at 110 °C for 20 min. "
TOP = "C60 (20 nm), BCP (6 nm) and silver (100 nm) were evaporated. "
INVERTED = "PTAA in toluene was spin-coated on ITO glass. " + INK + TOP


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


def others(text: str) -> list[dict[str, str]]:
    devices = read_devices(Document(clean(text).text))[1:]
    return [{field: f.value for field, f in device.findings.items()} for device in devices]


def test_dots_are_coated_from_their_own_solvent_and_not_from_that_of_their_synthesis():
    read = target(
        "Cs-oleate was injected into PbBr2 and oleic acid in octadecene. The CsPbBr3 nanocrystals were washed with ethyl "
        "acetate and dispersed in toluene. SnO2 nanoparticles were spin-coated on FTO glass. The nanocrystal ink in octane was "
        "spin-coated at 2000 rpm. It was dipped into guanidinium thiocyanate in ethyl acetate. PTAA was spin-coated. Gold was evaporated."
    )
    assert (read[LONG_FORM], read[SOLVENTS], read[PROCEDURE]) == ("CsPbBr3", "Octane", "Spin-coating")  # fmt: skip


def test_dots_of_an_oxide_make_no_perovskite():
    text = "SnO2 quantum dots in water were spin-coated on ITO glass at 3000 rpm. "
    read = target(text + INK + "Spiro-OMeTAD was spin-coated. Gold was evaporated.")
    assert read[PROCEDURE] == "Spin-coating"
    assert read[ETL].startswith("SnO2")
    assert read[SOLVENTS] == "DMF; DMSO"


@pytest.mark.parametrize("name", ["Compound 12", "Polymer P4", "compound 1-7", "Molecule B"])
def test_a_numbered_compound_of_a_patent_conducts_what_the_text_says(name):
    read = target(
        f"SnO2 was spin-coated on FTO glass. {INK}For the hole transport layer, {name} (20 mg/mL in toluene) "
        "was spin-coated at 3000 rpm. Gold was vapor deposited."
    )
    assert read[HTL] == name


def test_a_numbered_compound_that_conducts_nothing_is_no_layer():
    read = target(f"Compound 3 was recrystallised from ethanol. {INVERTED}")
    assert read[HTL] == "PTAA"


def test_a_comparative_example_made_in_the_same_way_keeps_the_dopants():
    text = (
        f"Example 2\nSnO2 was spin-coated on FTO glass. {INK}Compound 5 was used as the hole transport layer: its solution in "
        "chlorobenzene with Li-TFSI and tBP was spin-coated. Gold was evaporated.\nComparative Example 2\nA cell was made in "
        "the same manner as in Example 2, except that PTAA was used in place of Compound 5."
    )
    assert target(text)[HTL] == "Compound 5"
    [example] = others(text)
    assert (example[HTL], example[DOPANTS]) == ("PTAA", "Li-TFSI; TBP")


NUMBERED = (
    "The hole conductors differ. {0} 1: NiOx, sputtered; {0} 2: 2PACz, spin-coated in ethanol; {0} 3: PTAA, spin-coated in toluene. "
    + INK
    + TOP
)


@pytest.mark.parametrize("word", ["Device", "Cell", "Sample"])
def test_of_numbered_devices_the_best_is_the_target_and_the_others_stand_beside_it(word):
    text = NUMBERED.format(word) + f"The best values were those of {word} 2."
    assert target(text)[HTL] == "2PACz"
    assert [device[HTL] for device in others(text)] == ["NiO-c", "PTAA"]


def test_of_numbered_devices_none_of_which_is_called_the_best_the_first_is_the_target():
    assert target(NUMBERED.format("Device"))[HTL] == "NiO-c"


TANDEM = (
    "Single-junction cells were made first. "
    + INVERTED
    + "They have an aperture of 0.1 cm2.\nMonolithic tandems were made on silicon heterojunction cells with 20 nm of ITO "
    "as the recombination layer. IZO was sputtered and a silver grid was evaporated. The tandems, with an area of 1.1 cm2, "
    "kept 94% of their efficiency for 400 h of operation in nitrogen."
)


def test_a_tandem_told_behind_single_cells_gives_them_nothing_of_its_own():
    read = target(TANDEM)
    assert (read["Substrate_stack_sequence"], read[CONTACT], read[AREA]) == ("SLG | ITO", "Ag", "0.1")  # fmt: skip
    assert read[TESTED] == "FALSE"
    assert LEFT not in read
    [tandem] = others(TANDEM)
    assert (tandem["Substrate_stack_sequence"], tandem[CONTACT]) == ("Si | ITO", "IZO | Ag")
    assert (tandem[AREA], tandem[LEFT]) == ("1.1", "94")


def test_the_area_of_a_tandem_alone_is_not_that_of_the_single_cells():
    assert AREA not in target(TANDEM.replace("They have an aperture of 0.1 cm2.", ""))


def test_cells_of_the_other_gap_are_a_device_of_their_own():
    text = (
        "Wide-bandgap single-junction cells: 4PADCB was spin-coated on ITO glass. FA0.8Cs0.2Pb(I0.6Br0.4)3 in DMF and DMSO was "
        "spin-coated and annealed at 100 °C for 15 min. C60 was evaporated, SnO2 was grown by ALD, and 100 nm of copper was "
        "evaporated.\nNarrow-bandgap cells had ITO/PEDOT:PSS/FA0.6MA0.4Pb0.4Sn0.6I3/C60/BCP/Ag.\nThe tandems were not optimised."
    )
    assert target(text)[LONG_FORM] == "Cs0.2FA0.8PbBr1.2I1.8"
    narrow = others(text)[0]
    assert (narrow[LONG_FORM], narrow[HTL], narrow[ETL], narrow[CONTACT]) == (
        "FA0.6MA0.4Pb0.4Sn0.6I3", "PEDOT:PSS", "C60 | BCP", "Ag",
    )  # fmt: skip


def test_a_written_stack_of_a_tin_lead_cell_is_read():
    [stack] = written_stacks(
        Document("The cells are ITO/PEDOT:PSS/Cs0.1FA0.9Pb0.5Sn0.5I3/C60/BCP/Cu in all.")
    )
    assert stack.layers[1] == "PEDOT:PSS"


def test_cells_free_of_an_additive_lack_it():
    text = INVERTED.replace("DMSO, 4:1)", "DMSO, 4:1, with 20 mol% MACl)") + (
        "For MACl-free cells the ink held no chloride."
    )
    assert target(text)[ADDITIVES] == "Cl"
    assert [ADDITIVES in device for device in others(text)] == [False]


def test_cells_free_of_what_no_text_puts_in_are_no_devices():
    assert not others(INVERTED + "Pinhole-free films were found in hysteresis-free cells.")


# Kind of wording → (text behind an inverted cell's beginning, field, value; None where nothing may be said)
WORDINGS = {
    "ageing in kelvin": ("Cells were aged at 333 K in nitrogen; 92% of the PCE was left after 500 h.", "Stability_temperature_range", "60; 60"),
    "percent behind humidity": ("After 60 days in air (23 °C, 40 % RH) 87 % of the PCE remained.", LEFT, "87"),
    "of them": ("Modules were sealed. Six of them stood at 85 °C in the dark and after 800 h had lost 9 % of their power.", LEFT, "91"),
    "bending is no area": ("The cells survived 1000 bending cycles at a radius of 4 mm.", AREA, None),
    "area told behind": ("An area of 0.06 cm2 for the cells was set by a mask.", AREA, "0.06"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORDINGS)
def test_wordings_of_tests_and_areas(kind):
    text, field, value = WORDINGS[kind]
    assert target(INVERTED + text).get(field) == value


@pytest.mark.parametrize(
    ("ink", "additives"),
    [
        ("2 mol% of glycine hydrochloride was added to the ink. ", "glycine hydrochloride"),
        (
            "Then benzylhydrazine hydrochloride (0.5 mol%) was added to this solution. ",
            "benzylhydrazine hydrochloride",
        ),
        ("5 mol% of MAPbCl3 was added to the ink. ", "MAPbCl3"),
        ("A little tin powder and 10 mol% of SnF2 were put into the ink. ", "SnF2"),
        ("CsBr and BiBr3 were heated in an autoclave with 10 mL of HBr (48%). ", None),
    ],
)
def test_additives_in_plain_words_and_none_of_a_crystals_synthesis(ink, additives):
    read = target(
        "PTAA was spin-coated on ITO glass. A Cs0.1FA0.9PbI3 ink (1.4 M in DMF and DMSO, 4:1) was made. "
        + ink
        + "The ink was spin-coated at 4000 rpm and annealed at 110 °C for 20 min. "
        + TOP
    )
    found = read.get(ADDITIVES)
    assert (found and found.lower()) == (additives and additives.lower())


@pytest.mark.parametrize(
    "mixed",
    [
        "2PACz was mixed with MeO-2PACz (1:1 by weight) and the mixture was spin-coated on ITO glass. ",
        "A co-adsorbed layer of 2PACz and MeO-2PACz was spin-coated on ITO glass. ",
    ],
)
def test_a_mixed_monolayer_is_one_layer(mixed):
    assert sorted(target(mixed + INK + TOP)[HTL].split("; ")) == ["2PACz", "MeO-2PACz"]


@pytest.mark.parametrize(
    "treatment",
    [
        "Phenethylammonium iodide (1 mg/mL in IPA) was dripped on the spinning film and heated at 90 °C for 4 min. ",
        "n-Decyltrimethylammonium bromide in IPA was spin-coated on it and heated at 90 °C for 4 min. ",
    ],
)
def test_the_heat_of_a_surface_treatment_is_not_the_perovskites(treatment):
    read = target("PTAA in toluene was spin-coated on ITO glass. " + INK + treatment + TOP)
    assert read[TEMPERATURE] == "110"


def test_layers_told_behind_the_contact_lie_below():
    read = target(
        f"All cells: {INK}PCBM in chlorobenzene was spin-coated. Silver was evaporated. PEDOT:PSS was spin-coated on ITO glass."
    )
    assert (read[HTL], read[ETL], read["Cell_architecture"]) == ("PEDOT:PSS", "PCBM-60", "pin")


def test_a_hydrate_is_no_perovskite():
    text = "SnO2 was grown from a bath of SnCl2·2H2O, urea and HCl on FTO glass. "
    assert target(text + INK + "Spiro-OMeTAD was spin-coated.")[LONG_FORM] == "Cs0.1FA0.9PbI3"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("with 150 cycles of TDMASn and water", "ALD"), ("the mat was electrospun", "Electrospinning"),
        ("the foil was anodised", "Electrochemical anodization"), ("by solution combustion", "Solution combustion"),
        ("the nickel was thermally oxidized", "Thermal oxidation"), ("by roller coating", "Roller-coating"),
        ("carbon was drop-coated", "Dropcasting"),
    ],
)  # fmt: skip
def test_methods_that_the_database_has(words, name):
    assert name in [method.name for method in methods_of(words.lower())]


def test_the_time_of_sputtering_through_a_sample_is_no_method():
    assert not methods_of("the sputtering time was 200 s")


@pytest.mark.parametrize(("word", "name"), [("n-octane", "Octane"), ("xylene", "o-Xylene"), ("N-methylformamide", "NMF"), ("propanetriol", "Glycerol")])  # fmt: skip
def test_solvents_that_the_database_has(word, name):
    [mention] = mentions_of(word)
    assert mention.name == name
    assert "solvent" in mention.roles


def test_most_values_of_the_invented_papers_are_read_without_learning():
    """32 papers of such kinds; of them 12 were written after the first 20 had been mended."""
    wanted = [(p["id"], field, values) for p in PAPERS for field, values in p["accepted"].items() if field.endswith("stack_sequence") or field == LONG_FORM]  # fmt: skip
    read = {paper["id"]: target(paper["text"]) for paper in PAPERS}
    wrong = [(i, field) for i, field, values in wanted if read[i].get(field) not in values]
    assert len(wanted) > 130
    assert len(wrong) <= 0.05 * len(wanted), wrong
