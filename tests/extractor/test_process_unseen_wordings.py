"""Further kinds of wording: foils, vapour routes, lists, notes, salts told with their share; all sentences are invented."""

import pytest

from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SOLVENTS, TEMPERATURE, TIME
from tests.extractor.test_process_wordings import ABOVE, ADDITIVES, BELOW, PEROVSKITE, read

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
CONTACT_METHOD = "Backcontact_deposition_procedure"
FTO = "FTO glass was cleaned. "
TRIPLE = (
    FTO
    + "Compact TiO2 was deposited by spray pyrolysis at 450 °C. Mesoporous TiO2, ZrO2 and carbon were screen-printed one "
    "after another and sintered at 400 °C for 30 min. "
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            BELOW + PEROVSKITE + " P3HT in chlorobenzene was spin-coated. Meanwhile PEDOT:PSS with sorbitol was bladed on a PET foil"
            " that carried silver nanowires. The foil was laminated on the stack at 50 °C. Control cells had 80 nm of evaporated gold.",
            {HTL: "P3HT", CONTACT: "Ag-nw", CONTACT_METHOD: "Lamination"},
            id="an electrode on a foil",
        ),
        pytest.param(
            BELOW + PEROVSKITE + " The dopant-free polymer PBDT-TT (10 mg/mL in chlorobenzene) was spun at 2500 rpm. Gold was evaporated.",
            {HTL: "PBDT-TT", "HTL_additives_compounds": "Undoped"},
            id="a new polymer by its solvent",
        ),
        pytest.param(
            TRIPLE + "The MAPbI3 precursor in GBL with 5-AVAI (4 mol%) was drop-cast on the carbon and dried at 50 °C for 1 h.",
            {PROCEDURE: "Dropcasting", TEMPERATURE: "50", TIME: "60", CONTACT: "Carbon", HTL: "none"},
            id="a salt in the ink, told with its share behind",
        ),
        pytest.param(
            TRIPLE + "The MAPbI3 precursor in GBL was drop-cast on the carbon. The cells were left in the dark for 20 min so that the"
            " liquid percolated through the whole of the stack, followed by annealing in an oven at 50 °C for 1 h.",
            {TEMPERATURE: "50", TIME: "60"},
            id="cells that rest before they are heated",
        ),
        pytest.param(
            "PbI2 was evaporated on FTO/TiO2. The TiO2 was made by spin-coating titanium isopropoxide in ethanol. The PbI2 films were"
            " converted by close space sublimation of MAI at 150 °C for 15 min." + ABOVE,
            {PROCEDURE: "Evaporation >> Close space sublimation", TEMPERATURE: "150", ETL: "TiO2-c"},
            id="the layer below is told behind the lead salt",
        ),
        pytest.param(
            "Vacuum cells on ITO: MoO3 (5 nm), TaTm (10 nm); MAPbI3 (600 nm) by co-sublimation of PbI2 and MAI; C60 (25 nm), BCP"
            " (8 nm), Ag (100 nm).",
            {HTL: "MoO3 | TaTm", ETL: "C60 | BCP", CONTACT: "Ag", PROCEDURE: "Co-evaporation", "ETL_deposition_procedure": "Evaporation | Evaporation"},
            id="a list with a co-evaporated film",
        ),
        pytest.param(
            "ITO glass was cleaned. A Dimatix printer printed the MAPbI3 ink in DMF on ITO/NiOx (e-beam evaporated, 10 nm). The wet film"
            " entered a vacuum chamber and was annealed at 100 °C for 30 min. C60 (25 nm), BCP (5 nm) and Au (75 nm) were evaporated.",
            {PROCEDURE: "Inkjet printing", TEMPERATURE: "100", TIME: "30", "HTL_deposition_procedure": "E-beam evaporation"},
            id="a method in brackets is the layer's before them",
        ),
        pytest.param(
            "ITO glass was cleaned. PTAA was bar-coated on it. MAPbI3 in DMF was bar-coated. 30 nm of C60, 6 nm BCP, 150 nm Cu.",
            {ETL: "C60 | BCP", CONTACT: "Cu"},
            id="notes with the thickness before",
        ),
        pytest.param(
            BELOW + " Lead acetate (1 M) and MAI (3 M) were dissolved in DMF. The solution was spin-coated at 2000 rpm; the films were"
            " heated at 95 °C for 6 min." + ABOVE,
            {PROCEDURE: "Spin-coating", TEMPERATURE: "95", TIME: "6"},
            id="lead acetate",
        ),
        pytest.param(
            BELOW + " FAPbI3 in DMF was spin-coated at 3500 rpm. The still wet film was dipped in the bath for 25 s and heated at 112 °C"
            " for 22 min." + ABOVE,
            {PROCEDURE: "Spin-coating", TEMPERATURE: "112", TIME: "22"},
            id="a wet film in a bath",
        ),
        pytest.param(
            BELOW + " MAPbI3 in DMF was spin-coated and heated at 65 °C for 1 min. Some of the earlier plates were heated at 100 °C instead."
            + ABOVE,
            {TEMPERATURE: "65", TIME: "1"},
            id="heat of other plates",
        ),
        pytest.param(
            "ITO glass was cleaned. PEDOT:PSS was spin-coated at 4500 rpm. On these I spun the tin solution, FASnI3 in DMSO, at 5000 rpm; the"
            " plates were heated at 70 °C for 10 min. On it we evaporated C60 (20 nm) and silver (90 nm).",
            {ETL: "C60", CONTACT: "Ag", TEMPERATURE: "70"},
            id="on it we evaporated",
        ),
        pytest.param(
            BELOW + " The MAPbI3 ink, free of DMF, contained acetonitrile and DMSO. It was spin-coated at 4000 rpm." + ABOVE,
            {SOLVENTS: "Acetonitrile; DMSO"},
            id="a solvent that the ink is free of",
        ),
        pytest.param(
            "FAI (0.8 mmol), PEAI (0.2 mmol), SnI2 (1 mmol) and SnF2 (0.1 mmol) were dissolved in DMF and spin-coated on PEDOT:PSS.",
            {LONG_FORM: "(PEA)0.2FA0.8SnI3", ADDITIVES: "SnF2"},
            id="a spacer that fills the sites with the small cation",
        ),
    ],
)  # fmt: skip
def test_further_wordings_are_read(text, expected):
    found = read(text)
    assert {field: found.get(field) for field in expected} == expected


def test_a_monolayer_in_the_ink_is_no_layer():
    text = (
        "ITO glass was cleaned. The FAPbI3 precursor in DMF, to which MeO-2PACz (0.3 mg/mL) had been added, was spin-coated directly on "
        "the ITO and annealed at 100 °C for 30 min; no separate hole transport layer was used. C60 and silver were evaporated."
    )
    assert read(text)[HTL] == "none"


def test_rubidium_alone_makes_no_perovskite():
    text = (
        "RbCl (0.07 M) was added to the PbI2 solution (1.4 M) in DMF. It was spin-coated and dried at 70 °C for 1 min. FAI in IPA was "
        "spin-coated and annealed at 150 °C for 15 min."
    )
    assert read(text).get(LONG_FORM) != "RbPbI3"


def test_a_title_of_other_words_ends_the_section_on_chemicals():
    text = (
        "Methods\n\nChemicals. PbI2 and MAI were bought from Sigma-Aldrich.\n\nPrinted stacks. " + BELOW + PEROVSKITE + ABOVE
    )  # fmt: skip
    assert read(text)[ETL] == "SnO2-np"


def test_scribed_lines_and_cells_in_series_are_a_module():
    text = (
        BELOW
        + PEROVSKITE
        + ABOVE
        + " Laser lines P1, P2 and P3 formed 40 cells, connected in series; the area was 525 cm2."
    )
    assert read(text)["Module"] == "TRUE"
    assert "Module" not in read(BELOW + PEROVSKITE + ABOVE)


def test_names_bought_or_of_controls_are_not_of_the_fabrication():
    from masterkey.extractor.process.text.document import Document
    from masterkey.extractor.process.text.own_names import names_of_fabrication

    text = (
        "Materials\nPTAA was purchased from Ossila.\n\nDevice fabrication\nSpiro-OMeTAD was spin-coated. Control cells had P3HT. "
        "PEDOT:PSS (Al 4083) was spin-coated."
    )
    names = names_of_fabrication(Document(text))
    assert {"Spiro-MeOTAD", "PEDOT:PSS"} <= names
    assert not names & {"PTAA", "P3HT", "Al"}
