"""One control, in the words of many authors (invented sentences)."""

import pytest

from masterkey.extractor.process.devices.devices import read_devices
from masterkey.extractor.process.text.document import Document

FILM = (
    "Methods\n\nITO glass was cleaned. MeO-2PACz (0.5 mg/mL in ethanol) was spin-coated at 3000 rpm and annealed at 100 °C for 10 min."
    " The FA0.9Cs0.1PbI3 ink (1.4 M in DMF:DMSO 4:1) was spin-coated at 4000 rpm for 30 s with anisole dripped at 10 s and annealed at"
    " 110 °C for 20 min. Choline iodide (ChI) in isopropanol (1 mg/mL) was spin-coated on the cooled film at 4000 rpm and annealed at 100 °C for 5 min. "
)
ABOVE = " C60 (20 nm), BCP (7 nm) and Ag (100 nm) were evaporated. Cells without encapsulation were tracked in nitrogen at 35 °C."


def roles(text: str) -> list[str]:
    return [device.role for device in read_devices(Document(text))]


@pytest.mark.parametrize(
    "told",
    [
        "Reference samples received neither ChI nor isopropanol.",
        "The baseline series had no ChI.",
        "Controls were not treated.",
        "Devices lacking ChI are referred to as pristine.",
        "This treatment was applied to target cells only.",
        "Only target devices received this treatment.",
        "Reference cells were made in the same way without this step.",
        "No ChI was used for the control.",
        "The same process but with plain isopropanol gave the control devices.",
        "Half of the substrates were not treated with ChI (control).",
        "Bare films were used in control cells.",
        "In control samples this layer is absent.",
    ],
)
def test_a_control_is_found_in_many_words(told):
    assert len(roles(FILM + told + ABOVE)) == 2


@pytest.mark.parametrize(
    "told",
    [
        "The chamber was controlled to 25 °C.",
        "A reference diode was used for the calibration.",
        "This step was carried out in the glovebox.",
        "The series resistance was below 3 Ω.",
    ],
)
def test_other_controls_and_references_are_no_devices(told):
    assert roles(FILM + told + ABOVE) == ["target"]


def test_a_section_titled_as_for_comparison_tells_of_another_device():
    title = "\n\nSolution-processed devices for comparison\n"
    other = "The same composition was spin-coated from a 1.25 M solution in DMF and DMSO (4:1) at 5000 rpm and annealed at 100 °C for 30 min.\n\nCompletion of the devices\n"
    film = "Methods\n\nITO glass was coated with MeO-2PACz. FAI, PbI2 and CsBr were co-evaporated to films of FA0.7Cs0.3Pb(I0.9Br0.1)3 and annealed at 135 °C for 25 min."
    assert roles(film + title + other + ABOVE) == ["target", "comparison"]
