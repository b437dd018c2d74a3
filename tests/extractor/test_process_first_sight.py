"""Wordings met at first sight in new papers: dopants of inks, stages, particles, sources; all sentences are invented."""

import pytest

from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SHORT_FORM, SOLVENTS, TEMPERATURE, TIME
from masterkey.extractor.process.devices.devices import read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean
from tests.extractor.test_process_wordings import ABOVE, ADDITIVES, BELOW, PEROVSKITE, read

SILVER = " C60 (20 nm) and silver (90 nm) were thermally evaporated."
ITO = "ITO glass was cleaned."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            BELOW + PEROVSKITE + " PTAA (9 mg mL-1 in toluene) was doped with Zn(acac)2 (0.6 mg mL-1) and spin-coated at 3000 rpm."
            " Gold was evaporated.",
            {"HTL_additives_compounds": "Zn(acac)2"},
            id="a complex as dopant",
        ),
        pytest.param(
            ITO + " CuSCN-doped PEDOT:PSS was spin-coated at 4000 rpm and dried at 130 °C for 12 min." + PEROVSKITE + SILVER,
            {"HTL_stack_sequence": "PEDOT:PSS", "HTL_additives_compounds": "CuSCN"},
            id="X-doped layer",
        ),
        pytest.param(
            ITO + " PEDOT:PSS, to which CsBr had been added at 2 mg/mL as a dopant, was spin-coated at 4000 rpm and dried at 130 °C"
            " for 12 min. The precursor of FAPbI3 was spin-coated and annealed at 95 °C for 9 min." + SILVER,
            {"HTL_additives_compounds": "CsBr", TEMPERATURE: "95", TIME: "9"},
            id="a salt of the perovskite as dopant of a layer",
        ),
        pytest.param(
            "An aqueous SnO2 colloid was bought from Alfa Aesar.\nITO glass was cleaned. The colloid was mixed with water, and KOH (4 mM)"
            " was dissolved in it. The SnO2 was spin-coated at 3000 rpm." + PEROVSKITE + ABOVE,
            {"ETL_additives_compounds": "KOH"},
            id="a salt in the colloid that was bought",
        ),
    ],
)  # fmt: skip
def test_a_dopant_told_with_its_ink_is_read(text, expected):
    found = read(text)
    assert {field: found.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            BELOW + " The CsPbIBr2 ink in DMSO was blade-coated at 60 °C. An air knife at 45 °C passed over it. A two-step anneal"
            " followed: 70 °C for 2 min and 240 °C for 7 min." + ABOVE,
            {TEMPERATURE: "70; 240", TIME: "2; 7"},
            id="an anneal, and an air knife",
        ),
        pytest.param(
            BELOW + " FAI and PbI2 (1.2 M) were dissolved in DMF. The substrates, still warm, were spin-coated in a glovebox at 3500 rpm"
            " and heated at 145 °C for 16 min." + ABOVE,
            {PROCEDURE: "Spin-coating", TEMPERATURE: "145", TIME: "16"},
            id="substrates are coated",
        ),
        pytest.param(
            BELOW + PEROVSKITE + " PTAA in toluene was spin-coated, and gold was evaporated. Spiro-OMeTAD was spin-coated on washed and"
            " unwashed perovskite in place of PTAA, and silver was evaporated.",
            {PROCEDURE: "Spin-coating", "Cell_architecture": "nip"},
            id="on treated and untreated films",
        ),
        pytest.param(
            ITO + " P3CT-K (1 mg/mL in water) was spin-coated at 3500 rpm and dried at 130 °C for 20 min. The sample and the solution were"
            " heated to 110 °C, and the warm liquid was spin-coated at 4500 rpm for 15 s (hot-casting). The dark film was annealed at"
            " 97 °C for 6 min." + SILVER,
            {"HTL_stack_sequence": "P3CT-K", PROCEDURE: "Spin-coating", TEMPERATURE: "97", TIME: "6"},
            id="what is cast hot is the perovskite",
        ),
        pytest.param(
            BELOW + " PbI2 and CsI were co-evaporated. The film was converted by close space sublimation. MAI had been sprayed on a graphite"
            " plate. The sample was rinsed in no solvent, and annealed at 131 °C for 11 min." + ABOVE,
            {PROCEDURE: "Co-evaporation >> Close space sublimation", TEMPERATURE: "131", TIME: "11"},
            id="the source of a sublimation is no film",
        ),
        pytest.param(
            "Zinc oxide colloid (10% in butanol, TCI) was bought.\nFTO glass was cleaned. MAPbI3 ink was made from MAI and PbI2 in acetonitrile."
            " For the electron contact the colloid was diluted and spray-coated and dried at 125 °C for 25 min. MAPbI3 ink was spray-coated and"
            " annealed at 98 °C for 17 min." + ABOVE,
            {TEMPERATURE: "98", TIME: "17"},
            id="the colloid is the oxide's",
        ),
    ],
)  # fmt: skip
def test_heat_belongs_to_the_film_it_was_given(text, expected):
    found = read(text)
    assert {field: found.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        pytest.param(
            "MAI and PbI2 (1.1 M each) were dissolved in DMF. ZBH, 2.4 mol% of the lead, was added to the solution.",
            {ADDITIVES: "ZBH"},
            id="a share told behind the name",
        ),
        pytest.param(
            "MAI and PbI2 (1.1 M each) were dissolved in DMF. As an additive, 2 mg of benzoyl-something (QBX) was dissolved in the ink.",
            {ADDITIVES: "QBX"},
            id="dissolved in the ink",
        ),
        pytest.param(
            "MAI and PbI2 (1.1 M each) were dissolved in DMF. To each vial 35 µL of aqueous hydriodic acid (HI, 57%) were added.",
            {ADDITIVES: "HI"},
            id="an acid by its volume",
        ),
        pytest.param(
            "For (4AMP)FA2MA1Pb4I13, 4AMPI2, MAI, FAI and PbI2 were dissolved in DMF. The reference solution was FAPbI3, from FAI and PbI2"
            " (1 M each) in DMSO. Reference films of FAPbI3 were spin-coated at 3000 rpm.",
            {LONG_FORM: "(4AMP)FA2MAPb4I13", SHORT_FORM: "(4AMP)FAMAPbI", SOLVENTS: "DMF"},
            id="a spacer that no table knows, beside a reference",
        ),
    ],
)  # fmt: skip
def test_an_ink_is_read_with_what_it_holds(ink, expected):
    found = read(BELOW + ink + " The solution was spin-coated at 4000 rpm." + ABOVE)
    assert {field: found.get(field) for field in expected} == expected


def test_azo_coated_from_a_liquid_is_a_layer_of_particles():
    found = read(
        ITO + " PTAA was spin-coated at 4000 rpm." + PEROVSKITE + " PCBM was spin-coated at 1500 rpm, AZO was then spin-coated at"
        " 3500 rpm. Silver was evaporated."
    )  # fmt: skip
    assert found["ETL_stack_sequence"] == "PCBM-60 | AZO-np"
    assert found["ETL_deposition_procedure"] == "Spin-coating | Spin-coating"


def test_an_area_by_the_hole_of_a_plate_is_read():
    text = (
        BELOW
        + PEROVSKITE
        + ABOVE
        + " J–V curves were measured through a black plate with a hole of 7.2 mm2."
    )
    assert read(text)["Cell_area_measured"] == "0.072"


def test_an_element_told_with_its_salt_is_told_once():
    text = "FTO glass was cleaned. Ta-doped SnO2, to which TaCl5 had been added as a dopant, was spin-coated."
    found = read(text + PEROVSKITE + ABOVE)
    assert found["ETL_additives_compounds"] == "Ta"


def test_the_heat_of_a_test_is_read_behind_how_the_cells_were_sealed():
    text = (
        BELOW
        + PEROVSKITE
        + ABOVE
        + "\nStability Tests: The devices were sealed with a cured epoxy for the damp heat test at 65 °C and 70% relative humidity. 88% of the"
        " initial 17.9% was left after 410 h."
    )
    assert read(text)["Stability_temperature_range"] == "65; 65"


def test_a_control_lacks_what_was_left_out_of_its_ink():
    ink = (
        "MAI, PbI2 (1.1 M each) and SnF2 (5 mol%) were dissolved in DMF. ZBH, 2.4 mol% of the lead, was added to the ink for the target"
        " cells and left out for the control cells."
    )
    text = BELOW + ink + " The ink was spin-coated at 4000 rpm." + ABOVE
    devices = read_devices(Document(clean(text).text))
    told = {device.role: device.findings[ADDITIVES].value for device in devices}
    assert told == {"target": "SnF2; ZBH", "control": "SnF2"}
