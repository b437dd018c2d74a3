"""What is told by machines, doses and pronouns, in sentences that nobody has planned for (issue 14)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import methods_of
from masterkey.extractor.process.text.quantities import durations_of, temperatures_of
from masterkey.rows.clean_text import clean

GLASS = "ITO-coated glass was cleaned in acetone. "
MONOLAYER = "2PACz in ethanol was spin-coated and heated at 100 °C for 10 min. "
INK = "The ink of 1.2 M PbI2 and FAI in DMF/DMSO was spin-coated at 4000 rpm. "
ABOVE = " C60 (20 nm) and BCP (6 nm) were evaporated, then 100 nm of silver. "
ADDITIVES = "Perovskite_additives_compounds"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"


def target(text: str) -> dict[str, str]:
    found = read_device(Document(clean(text).text))
    return {field: finding.value for field, finding in found.items()}


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("the ink was laid on the web with a slot-die head", "Slot-die coating"),
        ("by means of a slot-die coater", "Slot-die coating"),
        ("it was put on in a spin coater", "Spin-coating"),
        ("drawn down by a film applicator", "Doctor blading"),
        ("spread with a casting knife", "Doctor blading"),
        ("jetted from a cartridge at 600 dpi", "Inkjet printing"),
        ("the ink left the print head", "Inkjet printing"),
        ("squeezed through a 325-mesh screen", "Screen printing"),
        ("sublimed at the same time from two crucibles", "Co-evaporation"),
        ("evaporated simultaneously", "Co-evaporation"),
        ("grown from three sources", "Co-evaporation"),
        ("the ink was nebulised onto it", "Spray-coating"),
    ],
)
def test_a_machine_or_what_it_does_names_the_method(words, method):
    assert method in {m.name for m in methods_of(words)}


def test_machines_that_do_nothing_name_no_method():
    for words in ("the slot-die head was cleaned", "the ink in the slot-die head", "loaded into the spin-coater"):  # fmt: skip
        assert not {m.name for m in methods_of(words)} - {"Deposition"}


def test_a_code_before_a_comma_is_no_temperature_or_time():
    assert [t.value for t in temperatures_of("(ISOS-D-3, 85 °C)")] == [85]
    assert [d.value for d in durations_of("ISOS-L-1, 500 h")] == [30000]


def test_a_cell_is_completed_by_its_metal():
    below = GLASS + MONOLAYER + INK + "C60 and BCP were evaporated. "
    assert target(below + "The device was completed by 80 nm aluminium.")["Backcontact_stack_sequence"] == "Al"  # fmt: skip


@pytest.mark.parametrize(
    ("ink", "additive"),
    [
        ("To the ink (1.2 M FAI and PbI2 in DMF/DMSO) came 0.5 mg of 2-amidinopyridine hydrochloride per mL", "2-amidinopyridine hydrochloride"),
        ("An ink of 1.2 M FAI and PbI2 in DMF/DMSO was laced with 0.2 vol% benzylamine", "benzylamine"),
        ("A solution of 1.2 M FAI and PbI2 in DMF/DMSO, to which 0.5 mg/mL L-arginine hydrochloride had been given, was used", "L-arginine hydrochloride"),
        ("Glycine acted as an additive (1 mol%) in the ink of 1.2 M FAI and PbI2 in DMF/DMSO", "Glycine"),
        ("4-fluorobenzamidine hydrochloride was codissolved with FAI and PbI2 (1.2 M) in DMF/DMSO", "4-fluorobenzamidine hydrochloride"),
        ("The ink (1.2 M FAI and PbI2 in DMF/DMSO) was doped with guanabenz acetate at 0.3 mg/mL", "guanabenz acetate"),
    ],
)  # fmt: skip
def test_an_additive_is_read_by_how_it_comes_to_the_ink(ink, additive):
    text = GLASS + MONOLAYER + ink + ". The ink was spin-coated at 4000 rpm." + ABOVE
    assert target(text)[ADDITIVES].lower() == additive.lower()


def test_what_an_ink_is_handled_with_is_no_additive():
    for act in ("diluted with acetonitrile", "stirred together with molecular sieves", "loaded with a pipette"):  # fmt: skip
        ink = f"The ink (1.2 M FAI and PbI2 in DMF/DMSO) was {act} and spin-coated at 4000 rpm."
        assert not target(GLASS + MONOLAYER + ink + ABOVE).get(ADDITIVES)


@pytest.mark.parametrize(
    ("made", "stack"),
    [
        ("10 nm of NiO was grown by ALD. The substrates were then dipped into 0.1 mM MeO-2PACz in ethanol overnight.", "NiO-c | MeO-2PACz"),
        ("Mixed monolayers were formed from 2PACz and Me-4PACz (3:1, 1 mmol/L each in ethanol) at 3000 rpm.", "2PACz; Me-4PACz"),
        ("Al 4083 was filtered, spun at 4500 rpm and baked at 140 °C for 15 min.", "PEDOT:PSS"),
    ],
)  # fmt: skip
def test_a_monolayer_is_what_a_plate_is_dipped_into_and_what_it_is_formed_from(made, stack):
    assert target(GLASS + made + " " + INK + ABOVE)["HTL_stack_sequence"] == stack


@pytest.mark.parametrize(
    ("heat", "stages"),
    [
        ("The temperature was kept at 100 °C for 5 min, then raised to 150 °C and held there for 10 min.", ("100; 150", "5; 10")),
        ("Another 20 min at 115 °C finished the film.", ("115", "20")),
    ],
)  # fmt: skip
def test_heat_is_of_the_film_told_last_where_only_it_is_told(heat, stages):
    cell = target(GLASS + MONOLAYER + INK + heat + ABOVE)
    assert (cell[TEMPERATURE], cell[TIME]) == stages
