"""Device stacks written with slashes: either way round, in part, and those of other samples."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.layers.layer import Layer
from masterkey.extractor.process.layers.layers import best_stack
from masterkey.extractor.process.layers.stacks import stacks_of
from masterkey.extractor.process.text.document import Document

INVERTED = ("ITO", "NiO-c", "MeO-2PACz", "perovskite", "C60", "BCP", "Ag")


def layers(text: str) -> list[tuple[str, ...]]:
    return [stack.layers for stack in stacks_of(Document(text))]


@pytest.mark.parametrize(
    "text",
    [
        "The cells are ITO/NiOx/MeO-2PACz/perovskite/C60/BCP/Ag.",
        "The cells are ITO / NiOx / MeO-2PACz / perovskite / C60 / BCP / Ag.",
        "The cells are ITO|NiOx|MeO-2PACz|perovskite|C60|BCP|Ag.",
        "The cells are Ag/BCP/C60/perovskite/MeO-2PACz/NiOx/ITO.",
        "The cells are ITO/NiOx/MeO-2PACz/FA0.9Cs0.1PbI3/C60/BCP/Ag.",
        "The cells are ITO/NiOx (20 nm)/MeO-2PACz/perovskite (500 nm)/C60 (25 nm)/BCP/Ag (100 nm).",
    ],
)
def test_a_stack_is_read_from_the_substrate_whichever_way_it_is_written(text):
    assert layers(text) == [INVERTED]


def test_the_place_of_each_layer_is_kept():
    text = "We made FTO/SnO2/perovskite/Spiro-OMeTAD/Au."
    [stack] = stacks_of(Document(text))
    assert [text[a:b] for a, b in stack.spans] == [
        "FTO", "SnO2", "perovskite", "Spiro-OMeTAD", "Au",
    ]  # fmt: skip
    assert stack.layers[stack.middle] == "perovskite"


def test_a_name_that_no_list_has_may_stand_in_a_stack():
    assert layers("They are ITO/QX-7PA/perovskite/C60/SnO2/Cu.") == [
        ("ITO", "QX-7PA", "perovskite", "C60", "SnO2-c", "Cu")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Hole-only devices, ITO/PTAA/perovskite/Spiro-OMeTAD/Au, were made.",
        "For SCLC, FTO/SnO2/perovskite/PCBM/Ag was built.",
        "Half-stacks of ITO/PTAA/perovskite/C60/Ag were measured.",
        "A cell of FTO/ETL/perovskite/HTL/Au is usual.",
        "A cell of ITO/SAM/perovskite/C60/Ag is usual.",
        "A sample was glass/perovskite/PMMA.",
        "Ratios of 1/2/3/4 and dates like 1/2/2020 or 3/4/2021.",
        "It was ITO/PTAA/C60/Ag without an absorber.",
        "It was perovskite/PTAA/perovskite/C60/Ag.",
        "http://a.b/c/d/e/f",
    ],
)
def test_what_is_no_stack_of_a_cell_is_not_read(text):
    assert layers(text) == []


def test_the_stack_that_agrees_with_what_was_deposited_is_taken():
    text = (
        "Reference cells are FTO/SnO2/perovskite/Spiro-OMeTAD/Au. "
        "Ours are ITO/PTAA/perovskite/C60/BCP/Ag."
    )
    regular, inverted = stacks_of(Document(text))
    below = [Layer("PTAA", "Spin-coating")]
    above = [Layer("C60", "Evaporation"), Layer("Ag", "Evaporation")]
    assert best_stack([regular, inverted], below, above) is inverted
    assert best_stack([regular, inverted], [Layer("SnO2-c", "CBD")], []) is regular
    assert best_stack([regular], below, above) is None
    assert best_stack([regular, inverted], [], []) is regular
    assert best_stack([], below, above) is None


def read(text: str, *fields: str) -> list[str | None]:
    found = read_device(Document(text))
    return [found[field].value if field in found else None for field in fields]


def test_a_stack_alone_says_the_layers_and_what_the_usual_methods_are():
    text = "The cells are ITO/NiOx/MeO-2PACz/perovskite/C60/BCP/Ag."
    assert read(
        text, "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
    ) == ["NiO-c | MeO-2PACz", "C60 | BCP", "Ag"]  # fmt: skip
    procedure = read_device(Document(text))["ETL_deposition_procedure"]
    assert (procedure.value, procedure.source) == ("Evaporation | Evaporation", "deduced")
    assert procedure.certainty <= 0.5


def test_the_usual_method_of_carbon_and_of_conductive_oxides_is_not_spin_coating():
    text = "The cells are FTO/TiO2/perovskite/carbon."
    assert read(text, "Backcontact_deposition_procedure") == ["Doctor blading"]
    text = "The cells are ITO/PTAA/perovskite/C60/SnO2/IZO."
    assert read(text, "Backcontact_deposition_procedure") == ["Sputtering"]


def test_a_stack_orders_what_the_text_tells_in_another_order():
    text = (
        "MeO-2PACz was spin-coated on NiOx, which had been sputtered on ITO. "
        "The FAPbI3 ink was spin-coated. C60 was evaporated. BCP was evaporated. "
        "Ag was evaporated. The cells are ITO/NiOx/MeO-2PACz/FAPbI3/C60/BCP/Ag."
    )
    assert read(text, "HTL_stack_sequence", "ETL_stack_sequence") == [
        "NiO-c | MeO-2PACz",
        "C60 | BCP",
    ]


def test_a_partial_stack_leaves_the_rest_to_the_text():
    text = (
        "SnO2 was spin-coated on FTO glass. The FAPbI3 ink was spin-coated. Spiro-OMeTAD was spin-coated. "
        "Gold was evaporated. XRD was done on glass/FTO/SnO2/FAPbI3."
    )
    assert read(
        text, "ETL_stack_sequence", "HTL_stack_sequence", "Backcontact_stack_sequence"
    ) == ["SnO2-c", "Spiro-MeOTAD", "Au"]  # fmt: skip


def test_a_stack_of_a_single_carrier_sample_is_not_the_cells():
    text = (
        "SnO2 was spin-coated on FTO glass. The FAPbI3 ink was spin-coated. Spiro-OMeTAD was spin-coated. "
        "Gold was evaporated. Electron-only samples were FTO/SnO2/FAPbI3/PCBM/Ag."
    )
    assert read(text, "HTL_stack_sequence", "Backcontact_stack_sequence") == ["Spiro-MeOTAD", "Au"]
