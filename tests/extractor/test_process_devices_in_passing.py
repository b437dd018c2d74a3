"""Devices that a text tells in passing: patents' examples, other salts, other polarities and gaps, opaque twins."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.devices import DeviceReading, read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
CONTACT_PROCEDURE, ARCHITECTURE = "Backcontact_deposition_procedure", "Cell_architecture"
SHORT, ADDITIVES = "Perovskite_composition_short_form", "Perovskite_additives_compounds"
TRANSPARENT, SUBSTRATE = "Cell_semitransparent", "Substrate_stack_sequence"
END, INITIAL = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
HOURS = "Stability_time_total_exposure"

BELOW = "ITO glass was cleaned. PTAA was spin-coated on the ITO glass. "
INK = "For the ink PbI2 (1.2 M), FAI (1.0 M) and MAI (0.2 M) were dissolved in DMF and DMSO. "
FILM = "The perovskite ink was spin-coated at 4500 rpm and annealed at 104 °C for 9 min. "
ABOVE = "C60 (20 nm), BCP (6 nm) and silver (100 nm) were evaporated. "
CELL = BELOW + INK + FILM + ABOVE


def devices(text: str) -> list[DeviceReading]:
    return read_devices(Document(clean(text).text))


def value(device: DeviceReading, field: str) -> str:
    finding = device.findings.get(field)
    return finding.value if finding else ""


@pytest.mark.parametrize(
    "words",
    [
        "For the target solution, 2 mol% of glycine hydrochloride was included. ",
        "Glycine hydrochloride (2 mol%) was added to the ink for target devices. ",
        "Target inks additionally contained glycine hydrochloride (2 mol%). ",
        "2 mol% of glycine hydrochloride was dissolved in the ink of the target cells. ",
        "In the optimised devices, glycine hydrochloride (2 mol%) was present in the ink as well. ",
    ],
)
def test_what_only_the_target_is_told_to_get_makes_a_control_without_it(words):
    fluoride = "SnF2 (10 mol%) was contained in the ink. "
    target, control = devices(BELOW + INK + fluoride + words + FILM + ABOVE)
    assert "Glycine hydrochloride" in value(target, ADDITIVES)
    assert value(control, ADDITIVES) == "SnF2"


def test_a_target_of_which_nothing_is_told_to_be_its_own_has_no_control():
    assert len(devices(CELL + "For the target films, the spectra were recorded on quartz. ")) == 1


@pytest.mark.parametrize(
    "words",
    [
        "The control PbI2 solution was spin-coated without MACl. ",
        "For the double-cation control, MACl was left out of the ink. ",
        "As the control, films were spin-coated from an ink without MACl. ",
    ],
)
def test_a_control_may_have_words_before_its_noun(words):
    ink = INK + "MACl (20 mol%) was added to the ink. "
    assert [d.role for d in devices(BELOW + ink + FILM + words + ABOVE)] == ["target", "control"]


@pytest.mark.parametrize(
    ("words", "salt"),
    [
        ("OAI or PEAI was dissolved in isopropanol and spin-coated on the perovskite. ", "PEAI"),
        ("Target cells were treated with OAI, and cells of a second kind with PEABr. ", "PEABr"),
        ("The surface was treated with PEAI, and that of a third group with BAI. ", "BAI"),
    ],
)
def test_another_salt_on_the_surface_is_another_device(words, salt):
    others = devices(BELOW + INK + FILM + words + "Reference cells had no such layer. " + ABOVE)[1:]
    assert [d.name for d in others if d.role == "comparison"] == [salt]
    assert [d.role for d in others].count("control") == 1


def test_numbered_references_are_devices_each():
    told = (
        "Reference 1 has gold that was evaporated instead of silver. "
        "In reference 2 the perovskite was blade-coated and annealed at 120 °C for 30 min. "
    )
    _, first, second = devices(CELL + told)
    assert value(first, CONTACT) == "Au"
    assert value(second, "Perovskite_deposition_procedure") == "Doctor blading"


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("A polymer-free type was built too: the target ink was spin-coated on the bare ITO. ", HTL, "none"),
        ("For another recipe, PEDOT:PSS was spin-coated in place of PTAA to make cells. ", HTL, "PEDOT:PSS"),
    ],
)  # fmt: skip
def test_another_type_that_shares_the_targets_ink_is_a_device(told, field, expected):
    assert [value(d, field) for d in devices(CELL + told)[1:]] == [expected]


@pytest.mark.parametrize("noun", ["twin", "version", "counterpart", "partner"])
def test_an_opaque_twin_has_its_own_contact_and_ageing(noun):
    top = "C60 was evaporated and SnO2 was grown by ALD. IZO (110 nm) was sputtered for the semitransparent cells. "
    twin = f"An opaque {noun} of each had 100 nm of copper evaporated in place of the IZO. "
    aged = (
        "Semitransparent cells were stored on a hotplate of 85 °C in nitrogen. 96% of the initial efficiency (17.1%) "
        f"remained after 900 h. The opaque {noun}s suffered; they were at 64% of 18.6% after the same time. "
    )
    target, other = devices(BELOW + INK + FILM + top + twin + aged)
    assert (value(target, TRANSPARENT), value(other, TRANSPARENT)) == ("TRUE", "FALSE")
    assert (value(other, CONTACT), value(other, CONTACT_PROCEDURE)) == ("Cu", "Evaporation")
    assert [value(other, f) for f in (END, INITIAL, HOURS)] == ["64", "18.6", "900"]


def test_the_semitransparent_cell_may_be_the_target_though_the_opaque_one_is_told_first():
    text = (
        "Fabrication of opaque cells. " + CELL + "\n"
        "Fabrication of semitransparent cells. These share all steps with the opaque cells up to BCP. "
        "In place of silver, 120 nm of IZO was sputtered. A gold grid was evaporated on it.\n"
        "Reference semitransparent cells were made without MACl.\n"
        "Stability. Semitransparent cells were aged in N2 at 55 °C for 600 h and retained 90% of their efficiency. "
    )
    found = read_device(Document(clean(text).text))
    assert found[CONTACT].value == "IZO | Au"
    assert found[TRANSPARENT].value == "TRUE"


EXAMPLE = f"Example 1\n\n[0031] {CELL}\n\n"
AGED = "Example 4: Ageing\n\n[0040] The cells were kept in nitrogen at 85 °C in the dark. "


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("Example 2\n\n[0032] Example 1 is repeated with the difference that NiOx nanoparticles are spin-coated in the place of PTAA.\n\n", HTL, "NiO-np"),
        ("Comparative Example 1\n\n[0033] A device is made in the manner of Example 1, except that BCP is omitted.\n\n", ETL, "C60"),
        ("Example 3\n\n[0034] In place of glass, a PEN foil with ITO is used. All other steps are those of Example 1.\n\n", SUBSTRATE, "PEN | ITO"),
    ],
)  # fmt: skip
def test_an_example_told_by_another_is_a_device(told, field, expected):
    assert [value(d, field) for d in devices(EXAMPLE + told)[1:]] == [expected]


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("Example 2. A cell was produced as in Example 1, but with PEDOT:PSS as the hole transport layer.\nComparative Example. The procedure of Example 1 was followed without PTAA.\n", HTL, ["PEDOT:PSS", "none"]),
        ("Example 2. It differs from Example 1 only in that the silver is replaced by gold.\n", CONTACT, ["Au"]),
    ],
)  # fmt: skip
def test_an_example_may_be_headed_in_its_line(told, field, expected):
    assert [value(d, field) for d in devices(f"Example 1. {CELL}\n{told}")[1:]] == expected


@pytest.mark.parametrize(
    ("words", "field", "expected"),
    [
        ("Films for control devices were annealed at 140 °C for 30 min. ", "Perovskite_deposition_thermal_annealing_temperature", "140"),
        ("Control inks were dissolved in DMF alone. ", "Perovskite_deposition_solvents", "DMF"),
    ],
)  # fmt: skip
def test_a_control_has_its_own_heat_or_solvent(words, field, expected):
    _, control = devices(BELOW + INK + FILM + words + ABOVE)
    assert value(control, field) == expected


@pytest.mark.parametrize(
    ("heat", "expected"),
    [
        ("annealed at 104 °C for 9 min (target) or 25 min (control)", ("104", "25")),
        ("heated at 104 °C for 9 min (target films) and at 140 °C for 1 h (control films)", ("140", "60")),
    ],
)  # fmt: skip
def test_brackets_share_out_the_heat(heat, expected):
    film = f"The perovskite ink was spin-coated at 4500 rpm and the films were {heat}. "
    _, control = devices(BELOW + INK + film + "Control devices were made without MACl. " + ABOVE)
    fields = [f"Perovskite_deposition_thermal_annealing_{what}" for what in ("temperature", "time")]
    assert tuple(value(control, field) for field in fields) == expected


def test_a_kind_without_a_layer_is_no_target_for_its_modified_film():
    told = "A third kind had no PTAA, with the modified perovskite on ITO; it shows the role of the polymer. "
    assert [value(d, HTL) for d in devices(CELL + told)[1:]] == ["none"]


def test_examples_keep_their_own_part_of_an_ageing_sentence():
    told = "Comparative Example 1\n\n[0033] Example 1 is repeated, except that BCP is omitted.\n\n"
    result = "After 500 h the cell of Example 1 retained 92% of its efficiency of 18.1%, the cell of Comparative Example 1 71% of 16.4%."
    _, other = devices(EXAMPLE + told + AGED + result)
    assert [value(other, f) for f in (END, INITIAL, HOURS)] == ["71", "16.4", "500"]


def test_what_an_example_may_have_is_no_device():
    told = "[0035] Example 1 can be varied in that cells have gold instead of silver.\n\n"
    assert len(devices(EXAMPLE + told)) == 1


PIN = (
    "p-i-n cells. TaTm and C60 were used as received. ITO glass was cleaned. 10 nm of TaTm was evaporated on the ITO. "
    "MAI and PbI2 were co-evaporated. On the MAPbI3 perovskite, 20 nm of C60 and 8 nm of BCP were evaporated, and 100 nm of Ag was evaporated.\n"
)


@pytest.mark.parametrize(
    "words",
    [
        "n-i-p cells. The same layers were built up in the opposite order and closed with 80 nm of Au, evaporated.\n",
        "For devices of the n-i-p type the order was reversed: BCP, C60, MAPbI3, TaTm and Au (80 nm) were evaporated.\n",
    ],
)
def test_a_cell_with_the_layers_in_the_opposite_order_is_turned_over(words):
    target, other = devices(PIN + words)
    assert (value(target, ARCHITECTURE), value(other, ARCHITECTURE)) == ("pin", "nip")
    assert (value(target, ETL), value(other, ETL)) == ("C60 | BCP", "BCP | C60")
    assert value(other, HTL) == "TaTm"
    assert (value(target, CONTACT), value(other, CONTACT)) == ("Ag", "Au")


def test_the_turned_cell_is_the_target_where_it_is_called_the_best():
    words = "The n-i-p cells had the same layers in the reverse order and Au. The n-i-p cells are the best and the subject of this paper.\n"
    target, other = devices(PIN + words)
    assert (value(target, ARCHITECTURE), value(other, ARCHITECTURE)) == ("nip", "pin")
    assert (value(target, CONTACT), value(other, CONTACT)) == ("Au", "Ag")


WIDE = (
    "Wide-bandgap single-junction cells. NiOx nanoparticles were spin-coated on ITO glass. The Cs0.2FA0.8Pb(I0.6Br0.4)3 perovskite in DMF was "
    "spin-coated and annealed at 100 °C for 15 min. C60 was evaporated, SnO2 was grown by ALD, and 100 nm of Ag was evaporated.\n"
)
NARROW = (
    "Narrow-bandgap single-junction cells. PEDOT:PSS was spin-coated on ITO glass. The FA0.7MA0.3Pb0.5Sn0.5I3 perovskite in DMF was spin-coated and "
    "annealed at 90 °C for 8 min. The target cells had SnF2; control cells had none. C60 and BCP were evaporated, and 100 nm of Cu was evaporated.\n"
)
TANDEMS = "Tandem cells. The wide-bandgap stack was covered with PEDOT:PSS, the narrow-bandgap perovskite, C60, BCP and Cu.\n"


@pytest.mark.parametrize("parts", [WIDE + NARROW + TANDEMS, NARROW + WIDE + TANDEMS])
def test_single_cells_of_two_gaps_are_read_each_from_its_part(parts):
    found = devices(parts)
    narrow, wide = found[0], next(d for d in found if d.role == "comparison")
    assert [value(narrow, f) for f in (HTL, ETL, CONTACT, SHORT)] == ["PEDOT:PSS", "C60 | BCP", "Cu", "FAMAPbSnI"]  # fmt: skip
    assert [value(wide, f) for f in (ETL, CONTACT, SHORT)] == ["C60 | SnO2-c", "Ag", "CsFAPbBrI"]
    assert [d.role for d in found].count("tandem") == 1


def test_tandems_that_are_the_target_are_left_as_they_are():
    said = "Target tandems were tracked at the maximum power point. "
    assert value(devices(WIDE + NARROW + TANDEMS + said)[0], SHORT) == "CsFAPbBrI"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("T80 was 900 h for the target and 350 h for the control cells. Initially they had 21.4% and 20.2%, in this order. ", ["80", "20.2", "350"]),
        ("After 500 h the efficiency of target cells was 94% of the initial value (22.2%) and that of the control cells 71% (20.4%). ", ["71", "20.4", "500"]),
        ("The target cells retained 95% of 22.1% after 1200 h. Control cells began at 20.3% and had lost half of it after 300 h. ", ["50", "20.3", "300"]),
        ("The target cells fell from 22.4% to 20.8% within 600 h, the control cells from 20.9% to 15.5%. ", ["74", "20.9", "600"]),
        ("The target cells retained 93% of 22.4% after 600 h; cells without MACl failed after 150 h (40% of 20.9%). ", ["40", "20.9", "150"]),
        ("The initial efficiencies were 22.4% (target) and 20.9% (control); after 600 h 93% and 74% of these remained. ", ["74", "20.9", "600"]),
    ],
)  # fmt: skip
def test_the_control_has_its_own_part_of_an_ageing_sentence(told, expected):
    set_out = (
        "Control cells were made without MACl. Cells were aged in nitrogen at 65 °C under one sun. "
    )
    _, control = devices(CELL + set_out + told)
    assert [value(control, f) for f in (END, INITIAL, HOURS)] == expected


def test_a_device_may_be_called_by_its_salt_or_layer_in_an_ageing_sentence():
    ink = (
        INK
        + "GuaSCN (3 mol%) was added to the ink; cells with PEAI in place of GuaSCN were also made. "
    )
    some = "In some devices PTAA was replaced by 2PACz. "
    set_out = "Cells were kept in nitrogen at 65 °C under one sun. "
    salts = "GuaSCN cells retained 93% of 22.4% after 600 h, PEAI cells 74% of 20.9%. "
    layers = "The PTAA devices retained 93% of 22.4% after 600 h and the 2PACz devices 71% of 20.1% after 400 h. "
    _, salt = devices(BELOW + ink + FILM + ABOVE + set_out + salts)
    _, layer = devices(CELL + some + set_out + layers)
    assert [value(salt, f) for f in (END, INITIAL, HOURS)] == ["74", "20.9", "600"]
    assert [value(layer, f) for f in (END, INITIAL, HOURS)] == ["71", "20.1", "400"]


def test_cells_of_two_polarities_are_read_each_from_its_paragraph():
    nip = (
        "n-i-p devices: FTO glass was cleaned. SnO2 colloid was spin-coated on the FTO. The perovskite was deposited as "
        "above. Spiro-OMeTAD was spin-coated and gold (80 nm) was evaporated.\n"
    )
    target, other = devices(f"p-i-n devices: {CELL}\n{nip}")
    assert [value(target, f) for f in (HTL, ETL, CONTACT)] == ["PTAA", "C60 | BCP", "Ag"]
    assert [value(other, f) for f in (HTL, ETL, CONTACT)] == ["Spiro-MeOTAD", "SnO2-np", "Au"]
    assert value(other, SHORT) == value(target, SHORT)


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("Opaque cells were made on ITO glass with blade-coated PTAA. They had 90 nm of copper. ", "Doctor blading"),
        ("Reference devices lie on sprayed PTAA. ", "Spray-coating"),
    ],
)  # fmt: skip
def test_a_method_before_the_name_of_a_layer_is_its_own(words, method):
    top = "C60 was evaporated and IZO (110 nm) was sputtered for the semitransparent cells. "
    other = devices(BELOW + INK + FILM + top + words)[1]
    assert value(other, "HTL_deposition_procedure") == method


def test_flexible_cells_have_a_control_where_the_text_speaks_of_one():
    salt = "GuaSCN (3 mol%) was added to the ink; the control ink was spin-coated without it. "
    flexible = "Flexible devices were made on PEN/ITO in the same way. "
    tested = "Control flexible devices were measured, too. "
    found = devices(BELOW + INK + salt + FILM + ABOVE + flexible + tested)
    told = {(value(d, SUBSTRATE), value(d, ADDITIVES)) for d in found}
    assert told == {(s, a) for s in ("SLG | ITO", "PEN | ITO") for a in ("GuaSCN", "")}


def test_a_sentence_gives_each_kind_of_cells_its_area():
    top = "C60 was evaporated and IZO (110 nm) was sputtered for the semitransparent cells. "
    opaque = "Opaque cells had 100 nm of silver evaporated in place of the IZO. "
    areas = "The masks were 0.06 cm2 for opaque cells and 0.25 cm2 for semitransparent cells. "
    _, other = devices(BELOW + INK + FILM + top + opaque + areas)
    assert value(other, "Cell_area_measured") == "0.06"
