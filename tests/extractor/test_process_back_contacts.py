"""Back contacts: what lies on the cell, and what another cell or the substrate has (invented sentences)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

CONTACT, PROCEDURE = "Backcontact_stack_sequence", "Backcontact_deposition_procedure"
ETL = "ETL_stack_sequence"
INK = "MAPbI3 (1.2 M in DMF and DMSO, 9:1) was spin-coated at 4500 rpm and annealed at 105 °C for 9 min. "
BELOW = "SnO2 nanoparticles were spin-coated on ITO glass. "


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


@pytest.mark.parametrize(
    "on",
    [
        "On all samples 12 nm MoO3 and 90 nm Au were evaporated.",
        "On top of these films, about 12 nm of MoO3 and then 90 nm of Au were evaporated.",
        "Onto the finished stack, 12 nm MoO3 and 90 nm Au were thermally evaporated.",
    ],
)
def test_what_has_a_thickness_behind_the_samples_lies_on_them(on):
    text = BELOW + INK + "PTAA in toluene was spin-coated at 3000 rpm. " + on
    assert target(text)[CONTACT] == "MoO3 | Au"


@pytest.mark.parametrize("batch", ["a second batch", "another series", "one further set"])
def test_a_metal_of_another_batch_is_not_put_on_the_targets_carbon(batch):
    text = (
        BELOW + INK + "Carbon paste was doctor-bladed on the perovskite and dried at 110 °C. "
        f"In {batch}, P3HT was spin-coated and 70 nm of silver was evaporated instead of carbon."
    )
    assert target(text)[CONTACT] == "Carbon"


def test_a_metal_told_long_after_the_carbon_is_no_part_of_the_contact():
    text = (
        BELOW + INK + "Carbon paste was doctor-bladed on the perovskite. It was dried. "
        "The edges were cleaned. Gold (80 nm) was evaporated for the measurement."
    )
    assert target(text)[CONTACT] == "Carbon"


def test_the_oxide_of_the_glass_is_no_back_contact_where_the_perovskite_step_is_not_read():
    text = (
        "Glass coated with ITO was cut to squares and cleaned. NiOx (14 nm) was deposited by electron-beam "
        "evaporation. On the absorber, 22 nm C60 and 5 nm BCP were evaporated. "
        "The rear electrode is 90 nm of silver, thermally evaporated."
    )
    read = target(text)
    assert (read[CONTACT], read[ETL]) == ("Ag", "C60 | BCP")


def test_a_conductive_oxide_is_not_made_as_the_buffer_told_in_its_sentence_is():
    text = (
        "NiOx was spin-coated on ITO glass. " + INK + "C60 (20 nm) was evaporated. "
        "SnO2 was grown by atomic layer deposition before IZO (90 nm) followed. A silver grid was evaporated on it."
    )
    assert target(text)[PROCEDURE].startswith("Sputtering | ")


def test_a_contact_of_two_metals_told_apart_is_less_sure():
    text = (
        BELOW
        + INK
        + "Carbon paste was doctor-bladed on the perovskite. Silver (80 nm) was evaporated on the carbon. "
    )
    apart = read_device(Document(text))[CONTACT]
    alone = read_device(Document(text.split("Silver")[0]))[CONTACT]
    assert (apart.value, alone.value) == ("Carbon | Ag", "Carbon")
    assert apart.certainty < alone.certainty


def test_an_oxide_on_the_perovskite_with_a_grid_on_it_is_the_contact():
    text = (
        BELOW
        + INK
        + "IZO (90 nm) was sputtered on the perovskite. A silver grid was evaporated on it."
    )
    read = read_device(Document(text))[CONTACT]
    assert (read.value, read.certainty) == ("IZO | Ag", 0.9)
