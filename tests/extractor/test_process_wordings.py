"""Kinds of wording that papers of today use, each with what the rules read of it (issue 14). All sentences are invented."""

import pytest

from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SOLVENTS, TEMPERATURE, TIME
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

ADDITIVES = "Perovskite_additives_compounds"
BELOW = "ITO glass was cleaned. SnO2 nanoparticles in water were spin-coated at 3000 rpm and annealed at 150 °C for 30 min. "
ABOVE = (
    " Spiro-OMeTAD (70 mg in 1 mL chlorobenzene with 17 µL Li-TFSI solution and 28 µL tBP) was spin-coated at 4000 rpm."
    " Gold (80 nm) was thermally evaporated."
)
PEROVSKITE = (
    " The MAPbI3 precursor in DMF was spin-coated at 4000 rpm and annealed at 100 °C for 10 min."
)


def read(text: str) -> dict[str, str]:
    """Field → value that the rules read."""
    found = read_device(Document(clean(text).text))
    return {field: finding.value for field, finding in found.items()}


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        pytest.param(
            "FAI and MACl in IPA were spun on PbI2 that had been spun from DMF, followed by 150 °C for 15 min in air.",
            {TEMPERATURE: "150", TIME: "15"},
            id="heat that follows",
        ),
        pytest.param(
            "PbI2 (1.3 M in DMF) at 70 °C was spin-coated at 3000 rpm for 30 s and dried at 80 °C for 20 min; the film"
            " was dipped into MAI in IPA for 20 s and dried at 90 °C for 25 min.",
            {TEMPERATURE: "80 >> 90", TIME: "20 >> 25"},
            id="a warm solution is no annealing",
        ),
        pytest.param(
            "The MAPbI3 ink in DMF was spin-coated at 5000 rpm for 50 s and annealed at 100–110 °C for 10–15 min.",
            {TEMPERATURE: "100; 110", TIME: "10; 15"},
            id="ranges of temperature and time go together",
        ),
        pytest.param(
            "1.2 M FAPbI3 in DMF and DMSO was spun at 4000 rpm, 30 s; 140 °C, 12 min.",
            {TEMPERATURE: "140", TIME: "12"},
            id="heat in note form",
        ),
        pytest.param(
            "PbI2 and MAI were dissolved in DMF. After spin-coating at 4000 rpm, the samples were placed on a hotplate"
            " of 100 °C and left for half an hour.",
            {PROCEDURE: "Spin-coating", TEMPERATURE: "100", TIME: "30"},
            id="a coating without a subject",
        ),
        pytest.param(
            "Weigh FAI (1.1 mmol) and PbI2 (1.1 mmol) and dissolve them in 1 mL DMF. Spread 70 µL of the ink. Spin at"
            " 4000 rpm for 40 s. Drip 300 µL of chlorobenzene. Anneal 9 min at 120 °C.",
            {PROCEDURE: "Spin-coating", LONG_FORM: "FAPbI3", TEMPERATURE: "120", TIME: "9"},
            id="imperative",
        ),
        pytest.param(
            "The Cs0.2FA0.8Pb(I0.6Br0.4)3 film was vacuum-flashed and annealed in two stages (60 °C, 1 min; 100 °C, 10 min).",
            {TEMPERATURE: "60; 100", TIME: "1; 10"},
            id="a film without a method",
        ),
        pytest.param(
            "PbI2 (1.4 M in DMF) was spun at 1500 rpm. FAI:MAI:MACl (95 mg:5 mg:10 mg in 1 mL IPA) was spin-coated onto"
            " the PbI2 and annealed at 150 °C for 15 min.",
            {LONG_FORM: "FA0.95MA0.05PbI3", SOLVENTS: "DMF >> IPA"},
            id="a row of amounts on a film of lead iodide",
        ),
        pytest.param(
            "FAPbI3 black powder was dissolved with 35 mol% MACl at 1.8 M in DMF/DMSO (8/1) and spin coated at 6000 rpm.",
            {LONG_FORM: "FAPbI3", SOLVENTS: "DMF; DMSO", ADDITIVES: "Cl"},
            id="a powder dissolved is an ink",
        ),
        pytest.param(
            "Perovskite ink\n• 600 mg PbI2 and 224 mg FAI in 1 mL DMF\n• 9 mg MACl\nThe ink was spun at 4000 rpm.",
            {ADDITIVES: "Cl"},
            id="a list goes on",
        ),
        pytest.param(
            "CsI, FAI, MAI, SnI2 and PbI2 (0.2:1.2:0.6:1:1, molar) were dissolved in DMF and DMSO. 10 mol% SnF2 with"
            " respect to SnI2 was added in every case. The solution was spun at 4000 rpm.",
            {LONG_FORM: "Cs0.1FA0.6MA0.3Pb0.5Sn0.5I3", ADDITIVES: "SnF2"},
            id="a share told in the next sentence",
        ),
        pytest.param(
            "Two stock solutions of 1.2 M were made. The first was FAPbI3 (FAI and PbI2), the second MAPbBr3 (MABr and PbBr2),"
            " both in DMF. The ink was mixed from 0.9 mL of the first and 0.1 mL of the second and spun at 4000 rpm.",
            {LONG_FORM: "FA0.9MA0.1PbBr0.3I2.7"},
            id="stock solutions by their order",
        ),
        pytest.param(
            "Stock solutions were kept in vials. Stock F was FAPbI3 in DMF, stock M was MAPbBr3 and stock C was CsPbI3, all of"
            " 1.2 M. The ink was mixed from F, M and C in the proportion 62:23:15 by volume and spun at 4000 rpm.",
            {LONG_FORM: "Cs0.15FA0.62MA0.23PbBr0.69I2.31"},
            id="stock solutions by their letters",
        ),
        pytest.param(
            "PbI2 and CsBr were co-evaporated at 1.0 and 0.1 Å/s. The perovskite solution, FAI in ethanol, was spun at 2200 rpm,"
            " and the samples were heated at 146 °C for 22 min.",
            {PROCEDURE: "Co-evaporation >> Spin-coating", TEMPERATURE: "146"},
            id="a coating on a sublimed film is a second step",
        ),
        pytest.param(
            "In the first step PbI2 in DMF is spin-coated at 1600 rpm and left on a hotplate at 68 °C for 1 min. In the second"
            " step FAI in IPA is spin-coated at 1900 rpm and heated at 148 °C for 14 min.",
            {PROCEDURE: "Spin-coating >> Spin-coating", TEMPERATURE: "68 >> 148"},
            id="steps by their order",
        ),
        pytest.param(
            "CsBr, AgBr and BiBr3 (2:1:1, molar) were dissolved in DMSO at 0.5 M and spun at 2000 rpm.",
            {LONG_FORM: "AgCs2BiBr6"},
            id="a double perovskite",
        ),
    ],
)  # fmt: skip
def test_the_perovskite_is_read_in_many_wordings(sentences, expected):
    answer = read(BELOW + sentences + ABOVE)
    assert {field: answer.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Control cells\nITO glass was cleaned. PEDOT:PSS was spin-coated at 4000 rpm and dried at 140 °C."
            + PEROVSKITE + " C60 (20 nm), BCP (6 nm) and Cu (100 nm) were evaporated.\n"
            "Target cells\nIn target cells PEDOT:PSS was replaced by 2PACz, which was spin-coated from ethanol at 3000 rpm.",
            {"HTL_stack_sequence": "2PACz", "ETL_stack_sequence": "C60 | BCP"},
            id="a target told as a change of the control",
        ),
        pytest.param(
            "Stacks. Target: glass/ITO/SnO2/CsPbI2Br/QTz-EH/MoO3/Ag. Control: glass/ITO/SnO2/CsPbI2Br/spiro-OMeTAD/MoO3/Ag.\n"
            "Electrode. Silver and MoO3 were evaporated through a mask.\n"
            "Absorber. CsPbI2Br in DMSO was spin-coated at 3000 rpm and annealed at 160 °C for 9 min.\n"
            "Bottom. SnO2 was evaporated by an electron beam on ITO glass.\n"
            "Hole conductors. QTz-EH was spin-coated without dopants at 2200 rpm. Spiro-OMeTAD was doped with Li-TFSI.",
            {"HTL_stack_sequence": "QTz-EH", "HTL_additives_compounds": "Undoped", "Cell_architecture": "nip"},
            id="a new name in the target's written stack",
        ),
        pytest.param(
            BELOW + PEROVSKITE + " PDTz-8 (10 mg/mL in chlorobenzene) was the hole conductor, spun at 3000 rpm. It contained"
            " neither lithium salt nor pyridine. Gold was evaporated.",
            {"HTL_additives_compounds": "Undoped"},
            id="neither … nor …",
        ),
        pytest.param(
            "NiOx nanoparticles were spin-coated on FTO glass. A Me-4PACz/MeO-2PACz mixture in ethanol was spin-coated on top."
            + PEROVSKITE + " C60 was evaporated, SnO2 was deposited by ALD, and silver was evaporated.",
            {"HTL_stack_sequence": "NiO-np | Me-4PACz; MeO-2PACz", "HTL_deposition_procedure": "Spin-coating | Spin-coating"},
            id="a mixture of two monolayers is one layer",
        ),
        pytest.param(
            "Mesoporous TiO2 and ZrO2 were screen-printed on FTO glass with a compact TiO2 layer sprayed at 450 °C."
            " MAPbI3 in GBL was drop-cast and dried at 50 °C for 1 h.",
            {"ETL_stack_sequence": "TiO2-c | TiO2-mp | ZrO2-mp"},
            id="the compact layer lies below, whenever it is told",
        ),
        pytest.param(
            "2PACz was spin-coated on ITO glass." + PEROVSKITE + "\nContact. C60 20 nm (0.3 Å/s); BCP 8 nm; Ag 100 nm. All thermal.",
            {"ETL_stack_sequence": "C60 | BCP", "Backcontact_stack_sequence": "Ag"},
            id="layers in notes",
        ),
        pytest.param(
            "Solutions\n\n(a) SnO2: colloid in water.\n\n(b) PbI2 (1.4 M) and FAI (1.4 M) in DMF.\n\n(c) Spiro-OMeTAD in"
            " chlorobenzene.\n\nDevices\n\nITO glass was cleaned. (a) was spun at 3000 rpm and baked at 150 °C for 30 min. (b) was spun at 5000 rpm;"
            " the film was annealed at 140 °C for 11 min. (c) was spun at 3000 rpm. Gold was evaporated.",
            {"ETL_stack_sequence": "SnO2-np", "HTL_stack_sequence": "Spiro-MeOTAD", TEMPERATURE: "140", TIME: "11"},
            id="solutions by their labels",
        ),
        pytest.param(
            "ITO glass was cleaned. The SnO2 dispersion was diluted with a solution of KCl in water and spin-coated at 3000 rpm."
            + PEROVSKITE + ABOVE,
            {"ETL_additives_compounds": "KCl"},
            id="a salt in a colloid",
        ),
        pytest.param(
            "Compact TiO2 was sprayed on FTO glass at 450 °C. Mesoporous TiO2 was spin-coated. Li doping was achieved by spin"
            " coating 0.1 M Li-TFSI in acetonitrile, followed by sintering at 450 °C." + PEROVSKITE + ABOVE,
            {"ETL_additives_compounds": "Unknown | Li-TFSI"},
            id="doping told behind a scaffold",
        ),
        pytest.param(
            "NiOx (12 nm) was sputtered on ITO glass from a ceramic target, and 2PACz was spin-coated on it at 3000 rpm." + PEROVSKITE
            + " C60 (15 nm) was evaporated, SnO2 (15 nm) was grown by ALD at 100 °C, and silver was evaporated.",
            {"HTL_stack_sequence": "NiO-c | 2PACz", "ETL_deposition_procedure": "Evaporation | ALD"},
            id="each layer has the verb behind it",
        ),
        pytest.param(
            "PEN/ITO foil was laminated on glass with PDMS. SnO2 nanoparticles were slot-die coated." + PEROVSKITE + ABOVE,
            {"ETL_stack_sequence": "SnO2-np", "HTL_stack_sequence": "Spiro-MeOTAD"},
            id="a glue is no layer",
        ),
        pytest.param(
            BELOW + PEROVSKITE + "\nHole conductor. PZQ-8 was dissolved at 9 mg/mL in chlorobenzene and was spun at 2600 rpm."
            " MoO3 (9 nm) and Ag (95 nm) were evaporated.",
            {"HTL_stack_sequence": "PZQ-8", "Backcontact_stack_sequence": "MoO3 | Ag"},
            id="a polymer that no list has, by its solvent",
        ),
        pytest.param(
            "FTO glass was cleaned.\nNiOx by combustion. Nickel nitrate was dissolved in 2-methoxyethanol. The solution was"
            " spin-coated at 3000 rpm and heated at 280 °C for 1 h.\nAbsorber." + PEROVSKITE +
            "\nTop layers. PC61BM was spin-coated at 1000 rpm. Silver was evaporated.",
            {"HTL_stack_sequence": "NiO-c"},
            id="a paragraph's title says what its solution is of",
        ),
        pytest.param(
            "FTO glass was cleaned. Compact TiO2 was sprayed at 450 °C." + PEROVSKITE +
            " The cells have no hole transport layer. Carbon paste was doctor-bladed.",
            {"HTL_stack_sequence": "none", "HTL_deposition_procedure": "none"},
            id="no layer has no procedure",
        ),
    ],
)  # fmt: skip
def test_layers_are_read_in_many_wordings(text, expected):
    answer = read(text)
    assert {field: answer.get(field) for field in expected} == expected


def test_a_tandem_told_behind_single_cells_is_another_device():
    text = (
        "Ink. CsI (0.18 mmol), FAI (1.08 mmol), MAI (0.54 mmol), SnI2 (0.9 mmol) and PbI2 (0.9 mmol) were dissolved in DMF and"
        " DMSO. SnF2 (10 mol%) was added. The wide-bandgap ink for tandem cells was Cs0.2FA0.8Pb(I0.6Br0.4)3 in DMF.\n"
        "Fabrication of solar cells\nPEDOT:PSS was spin-coated on ITO glass. The ink was spin-coated at 4000 rpm and annealed at"
        " 100 °C for 10 min. C60, BCP and copper were evaporated.\n"
        "Fabrication of tandem cells\nNiOx was spin-coated on ITO glass. The wide-bandgap ink was spin-coated and annealed at"
        " 110 °C for 15 min. C60 was evaporated, SnO2 was grown by ALD, and PEDOT:PSS was spin-coated. Gold was evaporated.\n"
    )
    answer = read(text)
    assert answer[LONG_FORM] == "Cs0.1FA0.6MA0.3Pb0.5Sn0.5I3"
    assert answer["HTL_stack_sequence"] == "PEDOT:PSS"
    assert answer["Backcontact_stack_sequence"] == "Cu"
    assert answer[TEMPERATURE] == "100"


def test_a_reference_of_other_dimension_is_not_the_targets_composition():
    text = (
        "Precursors. For the two-dimensional perovskite with n = 4, 100.5 mg BAI, 119.2 mg MAI and 461.0 mg PbI2 were dissolved"
        " in 1 mL of DMF. For the three-dimensional reference cells, MAPbI3 was made from 159 mg MAI and 461 mg PbI2 in DMF.\n"
        "Cells. PEDOT:PSS was spin-coated on ITO glass. The solution was spin-coated at 5000 rpm and annealed at 100 °C for 5 min."
    )
    assert read(text)[LONG_FORM] == "BA2MA3Pb4I13"
