"""Wordings met at first sight in new papers: dopants of inks, stages, particles, sources; all sentences are invented."""

import pytest

from masterkey.extractor.fields import TEMPERATURE, TIME
from tests.extractor.test_process_wordings import ABOVE, BELOW, PEROVSKITE, read

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
