"""Layers told by their role, by former and latter, in notes, behind "°C."; all sentences are invented (issue 14)."""

import pytest

from masterkey.extractor.fields import PROCEDURE, TEMPERATURE, TIME
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from tests.extractor.test_process_wordings import ABOVE, ADDITIVES, BELOW, PEROVSKITE, read

GOLD = " Gold (80 nm) was thermally evaporated."
NICKEL = "FTO glass was cleaned. NiOx was sputtered on the FTO."
SILVER = " Silver was evaporated."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            BELOW + PEROVSKITE + " The hole conductor was spiro-OMeTAD, 70 mg in 1 mL of chlorobenzene, with 29 µL of tBP." + GOLD,
            {"HTL_stack_sequence": "Spiro-MeOTAD", "HTL_deposition_procedure": "Spin-coating"},
            id="the hole conductor was X",
        ),
        pytest.param(
            NICKEL + PEROVSKITE + " ZnO nanoparticles and then C60 (30 nm) covered it; the former was spin-coated at 3000 rpm"
            " and the latter was evaporated." + SILVER,
            {"ETL_stack_sequence": "ZnO-np | C60", "ETL_deposition_procedure": "Spin-coating | Evaporation"},
            id="former and latter",
        ),
        pytest.param(
            "FTO glass was cleaned. Compact TiO2 was sprayed at 450 °C. SnO2 (3 % colloid in water) was spin-cast at 3000 rpm."
            + PEROVSKITE + ABOVE,
            {"ETL_stack_sequence": "TiO2-c | SnO2-np"},
            id="an oxide behind degrees Celsius",
        ),
        pytest.param(
            "ITO was cleaned. PEDOT:PSS (filtered, 0.45 µm) on ITO was dried at 150 °C for 30 min." + PEROVSKITE
            + " PC61BM was spin-coated at 1000 rpm." + SILVER,
            {"HTL_stack_sequence": "PEDOT:PSS"},
            id="a layer of which only the heat is told",
        ),
        pytest.param(
            "ITO glass was cleaned. SnO2 nanoparticles were spread by a wire bar at 10 mm/s." + PEROVSKITE + ABOVE,
            {"ETL_deposition_procedure": "Doctor blading"},
            id="a wire bar",
        ),
        pytest.param(
            "FTO glass was cleaned. TiO2 paste in ethanol was spin-coated on a 30 nm compact TiO2 (sprayed at 450 °C) and sintered at"
            " 500 °C for 1 h." + PEROVSKITE + ABOVE,
            {"ETL_stack_sequence": "TiO2-c | TiO2-mp"},
            id="a layer that is told only beneath another",
        ),
        pytest.param(
            "ITO was cleaned. TaTm (10 nm) was evaporated over a 5 nm MoO3 film. MAI and PbI2 were co-deposited at rates of 1 and"
            " 0.6 Å/s. C60 and BCP were evaporated." + SILVER,
            {"HTL_stack_sequence": "MoO3 | TaTm", PROCEDURE: "Co-evaporation"},
            id="rates of a deposition from two sources",
        ),
        pytest.param(
            NICKEL + PEROVSKITE + " C60 (25 nm) was thermally evaporated and AZO nanoparticles in isopropanol were spin-coated."
            + SILVER,
            {"ETL_stack_sequence": "C60 | AZO-np"},
            id="two layers of one sentence lie on each other",
        ),
        pytest.param(
            NICKEL + PEROVSKITE + " PC61BM was spin-coated at 1000 rpm. 100 nm Al finished the devices.",
            {"Backcontact_stack_sequence": "Al"},
            id="a metal that finishes the devices",
        ),
        pytest.param(
            "Both-sides-textured silicon bottom cells carried a 20 nm ITO recombination layer. 2PACz in ethanol was spin-coated"
            " on the ITO." + PEROVSKITE + " C60 was evaporated and SnO2 was grown by ALD. IZO was sputtered. The tandems were"
            " measured in air.",
            {"Substrate_stack_sequence": "Si | ITO"},
            id="silicon bottom cells",
        ),
    ],
)  # fmt: skip
def test_layers_by_their_role(text, expected):
    answer = read(text)
    assert {field: answer.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        pytest.param(
            " 1.4 M FAPbI3 powder, 35 mol% MACl and 2 mol% MDACl2 were dissolved in 1 mL DMF:DMSO = 8:1; 70 µL of the solution was"
            " spin-coated at 8000 rpm. The film was baked at 120 °C for 1 h.",
            {PROCEDURE: "Spin-coating", TEMPERATURE: "120", TIME: "60"},
            id="a salt by its share is in the ink",
        ),
        pytest.param(
            " PbI2, FAI and MACl were taken up in DMF and DMSO. Spreading at 1000 rpm (10 s) and 5000 rpm (30 s) ended with 1 mL of"
            " diethyl ether; the sheets were cured at 150 °C for 10 min.",
            {PROCEDURE: "Spin-coating", TEMPERATURE: "150", TIME: "10"},
            id="spreading without a subject",
        ),
        pytest.param(
            PEROVSKITE
            + " Choline iodide in isopropanol was spun for the treated films, then 90 °C for 5 min.",
            {TEMPERATURE: "100", TIME: "10"},
            id="heat of treated films",
        ),
    ],
)
def test_films_by_their_ink(sentences, expected):
    answer = read(BELOW + sentences + ABOVE)
    assert {field: answer.get(field) for field in expected} == expected


def test_additive_of_a_formula_is_no_treatment():
    text = (
        "FTO glass was cleaned. Compact TiO2 was sprayed. Mesoporous TiO2, ZrO2 and carbon were screen-printed. MAPbI3 with"
        " 5 mol% 5-AVAI in γ-butyrolactone was dropped through the carbon and baked at 50 °C for 1 h. They were kept in an oven"
        " at 85 °C under nitrogen for 1000 h, after which the cells had 95% of the efficiency of 12.8%."
    )
    answer = read(text)
    assert answer[ADDITIVES] == "5-AVAI"
    assert (answer[PROCEDURE], answer[TEMPERATURE], answer[TIME]) == ("Dropcasting", "50", "60")
    assert answer["Backcontact_stack_sequence"] == "Carbon"
    assert answer["Stability_temperature_range"] == "85; 85"


def test_heat_of_a_layer_is_no_heat_of_the_ageing_test():
    told = (
        " ICBA in chlorobenzene was spun at 1000 rpm and heated at 70 °C for 10 min. Silver was evaporated. The unencapsulated"
        " devices stored in nitrogen for 3800 h lost 5% of their initial efficiency of 12.1%."
    )
    answer = read(NICKEL + PEROVSKITE + told)
    assert answer["Stability_PCE_end_of_experiment"] == "95"
    assert answer.get("Stability_temperature_range") is None


def test_what_storage_cost_the_cells_is_lost():
    told = " Storage of bare cells in air at 25 °C for 60 days cost them 6% of their PCE of 23.1%."
    assert read(BELOW + PEROVSKITE + ABOVE + told)["Stability_PCE_end_of_experiment"] == "94"


def test_each_layer_of_a_sentence_quotes_its_own_name():
    text = NICKEL + PEROVSKITE + " C60 (20 nm), BCP (7 nm) and copper (100 nm) were evaporated."
    document = Document(text)
    spans = read_device(document)["Backcontact_stack_sequence"].spans
    assert [document.text[start:end] for start, end in spans] == ["copper", "evaporated"]
