"""What is told by the structure of a text rather than by its verbs: machines, examples, lists, pronouns under titles (issue 14)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import methods_of
from masterkey.rows.clean_text import clean

TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
PROCEDURE = "Perovskite_deposition_procedure"

GLASS = "Device fabrication\nITO glass was cleaned with detergent, water and acetone. "
BELOW = GLASS + "SnO2 colloid was spin-coated at 4000 rpm and annealed at 150 °C for 30 min. "
ABOVE = "Spiro-OMeTAD in chlorobenzene was spin-coated at 4000 rpm. Gold (80 nm) was evaporated."


def target(text: str) -> dict[str, str]:
    found = read_device(Document(clean(text).text))
    return {field: finding.value for field, finding in found.items()}


def named(words: str) -> set[str]:
    return {method.name for method in methods_of(words)} - {"Deposition", "Printing"}


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("the dispersion was applied to the plate with a slot-die coater", "Slot-die coating"),
        ("the film was formed by means of the slot-die coater", "Slot-die coating"),
        ("the ink was spread with the aid of a blade coater", "Doctor blading"),
        ("a blade coater was used to deposit the film", "Doctor blading"),
        ("using a spin coater, the solution was applied", "Spin-coating"),
        ("the paste was applied with a screen printer", "Screen printing"),
    ],
)
def test_a_machine_with_which_something_is_applied_tells_the_method(words, method):
    assert named(words) == {method}


@pytest.mark.parametrize(
    "words",
    [
        "the plate was put on the spin-coater",
        "the slot-die coater was cleaned, and the ink was applied",
    ],
)
def test_a_machine_alone_tells_no_method(words):
    assert not named(words)
