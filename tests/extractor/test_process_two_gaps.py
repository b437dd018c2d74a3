"""Papers with wide-gap and narrow-gap cells beside a tandem of both: whose cells they are, and what each is made of."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.devices import read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.gaps import NARROW, WIDE, gaps_of

LONG_FORM = "Perovskite_composition_long_form"
WIDE_INK = "Cs0.2FA0.8Pb(I0.6Br0.4)3 was dissolved at 1.2 M in DMF and DMSO (4:1). "
NARROW_INK = "FA0.7MA0.3Pb0.5Sn0.5I3 was dissolved at 1.8 M in DMF and DMSO (3:1) with SnF2. "
WIDE_CELL = (
    "ITO glass was washed. Me-4PACz in ethanol was spin-coated on the ITO and annealed at 100 °C for 10 min. The {} film was "
    "spin-coated at 4000 rpm and annealed at 105 °C for 15 min. C60 was evaporated, and 20 nm of SnO2 was grown by ALD. "
    "100 nm of silver was evaporated.\n"
)
NARROW_CELL = (
    "PEDOT:PSS was spin-coated on ITO glass and annealed at 140 °C for 20 min. The {} film was spin-coated "
    "at 4000 rpm and annealed at 100 °C for 7 min. C60, BCP and 120 nm of copper were evaporated.\n"
)
TANDEM = (
    "All-perovskite tandems\nThe {} cell was made up to the SnO2, 1 nm of gold was evaporated, and PEDOT:PSS was spin-coated on "
    "it. The {} film was annealed at 100 °C for 7 min. C60, BCP and copper were evaporated.\n"
)


def paper(wide="wide-bandgap", narrow="narrow-bandgap", more_of_wide="", more_of_narrow=""):
    return (
        f"{wide.capitalize()} precursor\n{WIDE_INK}{more_of_wide}\n"
        f"{narrow.capitalize()} precursor\n{NARROW_INK}{more_of_narrow}\n"
        f"{wide.capitalize()} single-junction cells\n{WIDE_CELL.format(wide)}"
        f"{narrow.capitalize()} single-junction cells\n{NARROW_CELL.format(narrow)}"
        + TANDEM.format(wide, narrow)
    )


VARIED = "The target solution held 1 mol% of GlyHCl as well; the control solution had none. "


def read(text: str) -> dict[str, str]:
    return {name: finding.value for name, finding in read_device(Document(text)).items()}


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("wide-bandgap", "narrow-bandgap"),
        ("WBG", "NBG"),
        ("wide-gap", "low-gap"),
        ("wider-band-gap", "Sn-Pb"),
    ],
)
def test_the_gap_of_which_target_and_control_are_told_is_the_papers_own(wide, narrow):
    of_narrow = read(paper(wide, narrow, more_of_narrow=VARIED))
    assert of_narrow[LONG_FORM] == "FA0.7MA0.3Pb0.5Sn0.5I3"
    assert of_narrow["HTL_stack_sequence"] == "PEDOT:PSS"
    assert of_narrow["ETL_stack_sequence"] == "C60 | BCP"
    of_wide = read(paper(wide, narrow, more_of_wide=VARIED))
    assert of_wide[LONG_FORM] == "Cs0.2FA0.8PbBr1.2I1.8"
    assert of_wide["HTL_stack_sequence"] == "Me-4PACz"
    assert of_wide["ETL_stack_sequence"] == "C60 | SnO2-c"


def test_without_a_control_the_cells_that_are_told_first_are_the_papers_own():
    assert gaps_of(Document(paper())).target == WIDE
    swapped = paper("narrow-bandgap", "wide-bandgap")
    assert gaps_of(Document(swapped)).target == NARROW


def test_the_other_gap_and_the_tandem_are_devices_beside_the_target():
    devices = read_devices(Document(paper(more_of_narrow=VARIED)))
    other = next(device for device in devices if device.name.startswith("Wide-bandgap"))
    values = {name: finding.value for name, finding in other.findings.items()}
    assert values[LONG_FORM] == "Cs0.2FA0.8PbBr1.2I1.8"
    assert values["HTL_stack_sequence"] == "Me-4PACz"
    assert values["Backcontact_stack_sequence"] == "Ag"
    tandem = next(device for device in devices if device.role == "tandem")
    assert tandem.findings[LONG_FORM].value == "Cs0.2FA0.8PbBr1.2I1.8 | FA0.7MA0.3Pb0.5Sn0.5I3"
    assert tandem.findings["HTL_stack_sequence"].value == "Me-4PACz"
    assert tandem.findings["Perovskite_deposition_thermal_annealing_time"].value == "15 | 7"


def test_places_of_a_target_that_is_read_apart_are_those_of_the_text():
    document = Document(paper(more_of_narrow=VARIED))
    spans = read_device(document)["HTL_stack_sequence"].spans
    assert any(document.text[a:b] == "PEDOT:PSS" for a, b in spans)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A wide-bandgap film was measured. ",
        paper() + "The target tandems had an aperture of 1 cm2. ",
        "Wide-gap and narrow-gap films are of use in tandems. ITO glass was washed. Silver was evaporated. ",
    ],
)
def test_other_texts_are_not_parted_by_gaps(text):
    assert gaps_of(Document(text)) is None
