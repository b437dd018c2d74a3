"""Layers, their methods and additives in small recipes of many groups' wordings; all sentences are invented (issue 14)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

ETL, HTL, CONTACT = (f"{part}_stack_sequence" for part in ("ETL", "HTL", "Backcontact"))
ETL_METHOD, HTL_METHOD, CONTACT_METHOD = (
    f"{part}_deposition_procedure" for part in ("ETL", "HTL", "Backcontact")
)
ETL_ADDITIVES, HTL_ADDITIVES = (f"{part}_additives_compounds" for part in ("ETL", "HTL"))
INK = "MAPbI3 (1.3 M in DMF and DMSO, 8:1) was spin-coated at 4200 rpm and annealed at 103 °C for 11 min. "
SPIRO = "Spiro-OMeTAD with Li-TFSI and tBP was spin-coated at 3300 rpm. "
GOLD = "Gold (75 nm) was thermally evaporated."
COLLOID = "SnO2 colloid was diluted with water and spin-coated on ITO glass at 3400 rpm. "
PTAA = "PTAA in toluene was spin-coated on ITO glass at 5200 rpm. "
ABOVE = "C60 (24 nm), BCP (7 nm) and Ag (95 nm) were thermally evaporated."


def read(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        pytest.param(
            "SnO2 was spin-coated on FTO from SnCl2 in ethanol at 2900 rpm and annealed at 185 °C. A ZnO sol of zinc acetate was spin-coated on top at"
            " 3900 rpm. " + INK + SPIRO + GOLD,
            ETL, "SnO2-c | ZnO-c",
            id="an oxide on top of another",
        ),
        pytest.param(
            "Compact TiO2 was spin-coated on FTO and sintered at 510 °C. The scaffold consists of Al2O3 nanoparticles: their dispersion in"
            " isopropanol was spin-coated at 2400 rpm. " + INK + SPIRO + GOLD,
            ETL, "TiO2-c | Al2O3-np",
            id="an insulating scaffold",
        ),
        pytest.param(
            PTAA.replace("PTAA", "Poly-TPD") + "PFN-Br in methanol was spin-coated at 4800 rpm. " + INK + ABOVE,
            HTL, "PolyTPD | PFN-Br",
            id="a polyelectrolyte on any hole conductor",
        ),
        pytest.param(
            PTAA + INK + "PCBM (18 mg/mL) and Al-doped ZnO (AZO) nanoparticles were spin-coated at 1900 and 3900 rpm. Ag was evaporated.",
            ETL, "PCBM-60 | AZO-np",
            id="doped zinc oxide of particles",
        ),
        pytest.param(
            "P3CT-N in methanol was spin-coated on ITO. Perovskite was MAPbI3 from DMF and DMSO, antisolvent anisole, annealing 85 °C for 9 min. "
            + ABOVE,
            ETL, "C60 | BCP",
            id="a film without a method parts the layers",
        ),
        pytest.param(
            "The hole conductor PEDOT:PSS (PH1000) was spin-coated on ITO and dried at 125 °C. " + INK + ABOVE,
            HTL, "PEDOT:PSS",
            id="the grade of a polymer",
        ),
        pytest.param(
            "As SAM, DCB-BPA was spin-coated on ITO from ethanol, where others use 2PACz. " + INK + ABOVE,
            HTL, "DCB-BPA",
            id="the word for a monolayer beside its name",
        ),
        pytest.param(
            "The SAM solution was a blend of Me-4PACz and MeO-2PACz (molar ratio 2:1). It was spin-coated on ITO at 2900 rpm. " + INK + ABOVE,
            HTL, "Me-4PACz; MeO-2PACz",
            id="a blend told before its coating",
        ),
        pytest.param(
            "Pristine P3HT was set aside for later use. " + COLLOID + INK + "Pristine P3HT (11 mg/mL) was spin-coated at 2700 rpm. " + GOLD,
            HTL, "P3HT",
            id="a pristine polymer is no control",
        ),
        pytest.param(
            COLLOID + INK + "CuSCN was the p-contact. It was spin-coated from diethyl sulfide at 4600 rpm. " + GOLD,
            HTL, "CuSCN",
            id="a material by its part in the cell",
        ),
        pytest.param(
            "FTO was cleaned. " + COLLOID + INK + "A carbon paste was doctor-bladed on the film and dried at 95 °C.",
            HTL, "none",
            id="carbon right upon the film",
        ),
        pytest.param(
            PTAA + INK + "C60 (22 nm) and BCP (6 nm) were sublimed. Silver, 105 nm, was the top contact.",
            CONTACT, "Ag",
            id="what the contact was told behind its name",
        ),
        pytest.param(
            COLLOID + "Cs2AgBiBr6 powder in DMSO was spin-coated at 3700 rpm and annealed at 280 °C. " + SPIRO + GOLD,
            CONTACT, "Au",
            id="the contact of an absorber without lead",
        ),
        pytest.param(
            "A Cu2O film was sputtered on ITO in H2O. PTAA was not needed. " + INK + ABOVE,
            HTL, "Cu2O",
            id="a sentence that ends with water",
        ),
    ],
)  # fmt: skip
def test_the_layers_of_a_recipe_are_read(text, field, value):
    assert read(text)[field] == value


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        pytest.param(
            "FTO glass was put into 0.15 M TiCl4 solution at 72 °C for 50 min and dried. " + INK + SPIRO + GOLD,
            ETL_METHOD, "CBD",
            id="put into a warm solution of its salt",
        ),
        pytest.param(
            "Substrates of FTO were placed in a vessel filled with a solution of urea and SnCl2 and held at 91 °C for 3 h. " + INK + SPIRO + GOLD,
            ETL_METHOD, "CBD",
            id="a vessel filled with the salt",
        ),
        pytest.param(
            "The SnO2 layer was formed on FTO in a bath: 0.5 g urea and 120 mg SnCl2·2H2O in 45 ml of water. " + INK + SPIRO + GOLD,
            ETL_METHOD, "CBD",
            id="formed in a bath",
        ),
        pytest.param(
            "cTiO2 and mTiO2 layers were made on FTO by spray pyrolysis and spin coating, respectively. " + INK + SPIRO + GOLD,
            ETL_METHOD, "Spray-pyrolys | Spin-coating",
            id="methods told respectively",
        ),
        pytest.param(
            PTAA + INK + "After evaporating 21 nm C60, 24 nm SnO2 was deposited in an ALD reactor. Cu (90 nm) was evaporated.",
            ETL_METHOD, "Evaporation | ALD",
            id="a method in front of one item alone",
        ),
        pytest.param(
            PTAA + INK + "C60 (21 nm) was evaporated. Atomic layer deposition grew 19 nm SnO2, which shields the film from the sputter process."
            " IZO (110 nm) was sputtered.",
            ETL_METHOD, "Evaporation | ALD",
            id="what a layer shields from",
        ),
        pytest.param(
            "NiO was sprayed on FTO at 480 °C from nickel acetylacetonate. " + INK + ABOVE,
            HTL_METHOD, "Spray-pyrolys",
            id="sprayed where it is hot",
        ),
        pytest.param(
            PTAA + INK + "C60 (21 nm) was evaporated, and SnO2 was grown by ALD. An IZO electrode was sputtered and a gold grid of 90 nm was"
            " evaporated upon it.",
            CONTACT_METHOD, "Sputtering | Evaporation",
            id="a grid with a verb of its own",
        ),
    ],
)  # fmt: skip
def test_the_methods_of_a_recipe_are_read(text, field, value):
    assert read(text)[field] == value


@pytest.mark.parametrize(
    ("told", "value"),
    [
        (
            "The SnO2 colloid was diluted 1:4. KSCN was dissolved in the diluted colloid (2.5 mg/mL).",
            "KSCN",
        ),
        (
            "The SnO2 dispersion was thinned by water that held 0.3 mg/mL of a tetraacetic acid salt (EDTAK).",
            "EDTAK",
        ),
        ("The SnO2 colloid (3 wt% in water) had been stirred with EDTA.", "EDTA"),
        (
            "The tin oxide colloid was diluted, and sodium chloride was introduced into it at 0.03 M.",
            "NaCl",
        ),
    ],
)
def test_what_is_put_into_a_colloid_is_an_additive_of_its_layer(told, value):
    text = f"{told} It was spin-coated on ITO at 3100 rpm. " + INK + SPIRO + GOLD
    found = read(text)
    assert found[ETL].startswith("SnO2")
    assert found[ETL_ADDITIVES] == value


def test_both_elements_of_a_co_doped_oxide_are_additives():
    text = "Li- and Mg-co-doped NiO was sputtered on FTO. " + INK + ABOVE
    assert read(text)[HTL_ADDITIVES] == "Li; Mg"


def test_a_salt_in_the_film_s_ink_is_no_layer():
    text = (
        "Compact TiO2 was sprayed on FTO at 450 °C. TiO2, ZrO2 and carbon pastes were screen-printed. "
        "MAPbI3 with 5-AVA in GBL was infiltrated through the carbon and dried at 55 °C for 70 min."
    )
    found = read(text)
    assert (found[CONTACT], found[HTL]) == ("Carbon", "none")


@pytest.mark.parametrize(
    "coated",
    [
        "After they had cooled, ethylenediamine in toluene (0.04 vol%) was spin-coated at 3800 rpm. ",
        "Then ethylenediamine (EDA, 0.2 mM in toluene) was spin-coated on the films. ",
        "An ethylenediamine solution (0.04 vol% in toluene) was spin-coated on the cooled film. ",
    ],
)
def test_a_substance_that_no_list_has_is_not_the_layer_told_before(coated):
    text = "PEDOT:PSS (4083, in water) was spin-coated on ITO. The perovskite was deposited by spin-coating. "
    assert read(text + coated + ABOVE)[ETL] == "C60 | BCP"


@pytest.mark.parametrize(
    "compared",
    [
        "Three materials were compared as hole conductors: (i) PTAA, 9 mg/mL in toluene, spin-coated at 2800 rpm;"
        " (ii) P3HT, 13 mg/mL, spin-coated at 2300 rpm; (iii) CuSCN, spin-coated at 4700 rpm. ",
        "Three series of cells differ in the hole conductor, which was spin-coated at 2800 rpm: (i) PTAA, 9 mg/mL;"
        " (ii) P3HT, 13 mg/mL; (iii) CuSCN, 30 mg/mL. ",
    ],
)
def test_of_materials_that_one_sentence_compares_the_best_is_the_targets(compared):
    text = COLLOID + INK + compared + GOLD + " The best cells had P3HT."
    assert read(text)[HTL] == "P3HT"


def test_a_cell_closed_by_a_transparent_oxide_and_a_grid_lets_light_through():
    text = (
        PTAA
        + INK
        + "C60 (21 nm) was evaporated. The electrode, 140 nm ITO, was sputtered, and a silver grid was evaporated."
    )
    assert read(text)["Cell_semitransparent"] == "TRUE"


def test_each_layer_of_a_list_has_the_method_in_its_own_brackets():
    text = (
        "PTAA was spin-coated on ITO glass. The cells have MAPbI3 (1.2 M, spin-coated, 104 °C, 9 min), PCBM (19 mg/mL, spin-coated),"
        " BCP (0.4 mg/mL, spin-coated), Ag (90 nm, evaporated)."
    )
    assert read(text)[ETL] == "PCBM-60 | BCP"


def test_a_control_told_behind_the_word_precursor_leaves_the_target_its_layer():
    text = (
        "The Cu:NiOx precursor (target) or the undoped NiOx precursor (control) was spin-coated on ITO glass. "
        + INK
        + ABOVE
    )
    assert read(text)[HTL].startswith("NiO")


def test_a_top_cell_is_told_behind_the_title_of_its_silicon_cell():
    text = (
        "Silicon bottom cell\nRear: 90 nm ITO, 240 nm Ag, both sputtered. Front: 20 nm ITO, sputtered as recombination layer.\n"
        "Perovskite top cell (n side of the tandem on top)\nMe-4PACz was spin-coated from ethanol. "
        + INK
        + "C60 (14 nm) was evaporated. SnO2 was grown by ALD. IZO was sputtered."
    )
    found = read(text)
    assert (found[HTL], found[ETL]) == ("Me-4PACz", "C60 | SnO2-c")


def test_a_dopant_that_was_only_tried_is_none():
    text = (
        COLLOID
        + INK
        + "PTAA (12 mg/mL in toluene) was spin-coated at 2600 rpm. In preliminary runs F4-TCNQ was tested as a dopant of PTAA. "
        + GOLD
    )
    assert HTL_ADDITIVES not in read(text)
