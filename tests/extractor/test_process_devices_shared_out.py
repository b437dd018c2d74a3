"""Devices told in one breath: a sentence's clauses on control and target, options, counted controls, compared layers."""

import pytest

from masterkey.extractor.process.devices.devices import DeviceReading, read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
ADDITIVES, SOLVENTS, AREA = "Perovskite_additives_compounds", "Perovskite_deposition_solvents", "Cell_area_measured"  # fmt: skip
HEAT = "Perovskite_deposition_thermal_annealing_temperature"
DOPANTS, OXIDE_DOPANTS = "HTL_additives_compounds", "ETL_additives_compounds"
END, MEASURED = "Stability_PCE_end_of_experiment", "Stability_measured"

BELOW = "Device fabrication. MeO-2PACz in ethanol was spin-coated on ITO glass. "
INK = "The Cs0.1FA0.9PbI3 precursor (1.5 M) was dissolved in DMF:DMSO (4:1). "
FILM = "It was spin-coated at 4000 rpm and annealed at 100 °C for 20 min. "
ABOVE = "C60 (25 nm), BCP (6 nm) and Ag (100 nm) were evaporated. "
MASK = "\n\nCharacterization. J-V curves were recorded through a mask of 0.0576 cm2. "


def devices(text: str) -> list[DeviceReading]:
    return read_devices(Document(clean(text).text))


def values(text: str, field: str) -> list[str]:
    """The field's value of each device, the target's first."""
    found = (device.findings.get(field) for device in devices(text))
    return [finding.value if finding else "" for finding in found]


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("The ink was spin-coated at 4000 rpm. Control films were annealed at 110 °C for 30 min, target films at 140 °C for 12 min. ", HEAT, ["140", "110"]),
        ("Inks of 1.4 M FAPbI3 were mixed in DMF/DMSO (4:1) for the control and in 2-methoxyethanol with NMP for the target. They were spin-coated at 5000 rpm and annealed at 150 °C for 10 min. ", SOLVENTS, ["2-methoxyethanol; NMP", "DMF; DMSO"]),
    ],
)  # fmt: skip
def test_each_of_both_has_its_own_clause(told, field, expected):
    text = BELOW + "The perovskite was FAPbI3. " + told + ABOVE + MASK
    assert values(text, field) == expected


def test_layers_in_brackets_of_control_and_target():
    below = (
        "Device fabrication. PEDOT:PSS was spin-coated on ITO glass and annealed at 140 °C for 15 min (control), or 2PACz "
        "in ethanol was spin-coated on ITO glass and annealed at 100 °C for 10 min (target). "
    )
    assert values(below + INK + FILM + ABOVE + MASK, HTL) == ["2PACz", "PEDOT:PSS"]


def test_a_salt_for_the_target_and_none_for_the_control():
    film = "PbI2 (1.4 M in DMF/DMSO, 9:1), with 4 mol% KSCN for the target and without for the control, was spin-coated and heated at 70 °C for 1 min. FAI in isopropanol was spin-coated and annealed at 150 °C for 15 min. "
    assert values(BELOW + film + ABOVE, ADDITIVES) == ["KSCN", ""]


@pytest.mark.parametrize(
    "told",
    [
        "Phenethylammonium iodide (PEAI, 2 mg/mL in isopropanol), if used, was spin-coated on the film at 5000 rpm. ",
        "Two batches were made, one without further treatment and one in which PEAI in isopropanol was spun on the film. ",
        "PEAI in isopropanol was spin-coated on the film at 5000 rpm; for the untreated samples this was isopropanol alone. ",
        "PEAI in isopropanol was spin-coated for the w/ PEAI samples; the w/o PEAI samples were left as they are. ",
    ],
)
def test_what_is_optional_makes_a_control(told):
    assert [d.role for d in devices(BELOW + INK + FILM + told + ABOVE)] == ["target", "control"]


def test_cells_with_and_without_encapsulation_are_no_controls():
    told = "Cells were stored with and without encapsulation in a fume hood. "
    assert len(devices(BELOW + INK + FILM + ABOVE + told)) == 1


def test_an_undoped_oxide_that_served_as_reference():
    told = (
        "Device fabrication. SnO2 colloid was spin-coated on ITO glass and annealed at 150 °C for 30 min. For the doped "
        "layers, 4 mg/mL of KCl was added to the colloid; undoped SnO2 served as reference. FAPbI3 in DMF and DMSO was "
        "spin-coated and annealed at 150 °C for 15 min. Spiro-OMeTAD with Li-TFSI and tBP was spin-coated. Au (80 nm) was evaporated."
    )
    assert values(told, OXIDE_DOPANTS) == ["KCl", "Undoped"]
    assert values(told, DOPANTS) == ["Li-TFSI; TBP"] * 2


PEROVSKITE = "FTO glass was cleaned. Compact TiO2 was sprayed at 450 °C. {porous}MAPbI3 in DMF was spin-coated and annealed at 100 °C for 10 min. "


def test_two_controls_that_are_counted_up():
    told = (
        PEROVSKITE.format(porous="")
        + "For the target cells, P3HT in chlorobenzene with 5 wt% BCF was spin-coated. One control received P3HT without "
        "BCF. A second control was spin-coated with spiro-OMeTAD solution (with Li-TFSI and tBP) instead. Au (70 nm) was "
        "evaporated.\n\nStability. Cells were aged at 85 °C in the dark in nitrogen for 300 h. The target cell maintained 90% of its "
        "efficiency, the spiro-OMeTAD cell 51%. The control with undoped polymer was not aged."
    )
    assert values(told, HTL) == ["P3HT", "P3HT", "Spiro-MeOTAD"]
    assert values(told, DOPANTS)[1] != "BCF"
    assert values(told, MEASURED)[1] == "FALSE"
    assert values(told, END) == ["90", "", "51"]


def test_planar_cells_lack_only_the_porous_oxide():
    told = PEROVSKITE.format(porous="Mesoporous TiO2 was spin-coated and sintered at 500 °C. ")
    told += "Spiro-OMeTAD was spin-coated. Au (80 nm) was evaporated. Planar cells without the mesoporous layer were prepared for comparison."
    assert values(told, ETL) == ["TiO2-c | TiO2-mp", "TiO2-c"]


def test_layers_that_are_counted_up_for_comparison():
    told = (
        PEROVSKITE.format(porous="")
        + "For the hole transport layer three materials were compared: (i) P3HT, 12 mg/mL in chlorobenzene, 2000 rpm; (ii) PTAA, "
        "10 mg/mL in toluene, 3000 rpm; (iii) spiro-OMeTAD, 70 mg/mL in chlorobenzene. Li-TFSI and tBP were present in the "
        "spiro-OMeTAD solution; P3HT and PTAA were used without any dopant. The best results were obtained with PTAA. Au (80 nm) was evaporated."
    )
    assert values(told, HTL) == ["PTAA", "P3HT", "Spiro-MeOTAD"]
    assert values(told, DOPANTS) == ["Undoped", "Undoped", "Li-TFSI; TBP"]


def test_devices_that_are_defined_in_one_line():
    told = (
        "Device fabrication. SnO2 was spin-coated on ITO glass. FAPbI3 in DMF and DMSO was spin-coated and annealed at 150 °C for 15 min. "
        "Spiro-OMeTAD was spin-coated. Au (80 nm) was evaporated.\n\nNomenclature\nD1: bare SnO2. D2: SnO2, PEAI. D3: SnO2, OAI. D3 is "
        "the champion.\n\nTests\nXRD: Bruker D8. Storage test of devices: dark, N2, 25 °C, 1500 h; remaining PCE: D1 71%, D2 82%, D3 93%."
    )
    assert values(told, END) == ["93", "71", "82"]


def test_areas_of_small_and_large_cells():
    told = "\n\nCharacterization. The aperture was 0.09 cm2 for small cells and 1.1 cm2 for the large-area cells. "
    assert values(BELOW + INK + FILM + ABOVE + told, AREA) == ["0.09", "1.1"]


def test_a_mask_for_each_of_two_kinds_of_cells():
    told = (
        "LiF and C60 were evaporated and SnO2 was grown by ALD. Semi-transparent cells were finished with 110 nm of sputtered IZO. "
        "For comparison, opaque cells got BCP (6 nm) and silver (100 nm) on the C60 in place of the SnO2 and the IZO.\n\n"
        "Characterization. The aperture was 0.12 cm2 for opaque and 1.05 cm2 for semi-transparent cells. "
        "Semi-transparent cells were tracked at the maximum power point in nitrogen and retained 95% after 400 h."
    )
    assert values(BELOW + INK + FILM + told, AREA) == ["1.05", "0.12"]


def test_rigid_and_flexible_substrates_in_one_sentence():
    below = "Device fabrication. Rigid (ITO/glass) and flexible (ITO/PET) substrates were cleaned with isopropanol. MeO-2PACz in ethanol was spin-coated. "
    assert values(below + INK + FILM + ABOVE, "Substrate_stack_sequence") == ["SLG | ITO", "PET | ITO"]  # fmt: skip


def test_the_transparent_contact_of_a_tandem():
    areas = "The area of the single-junction cells was 0.1 cm2 and of the tandems 1.0 cm2. "
    told = "For tandem cells, the same stack was built on a silicon heterojunction bottom cell, with IZO (110 nm, sputtered) as the transparent top electrode. "
    assert values(BELOW + INK + FILM + ABOVE + told + MASK + areas, CONTACT) == ["Ag", "IZO"]


def test_a_control_without_one_of_the_cations():
    told = "Control devices were made without CsI in the ink. " + ABOVE
    found = values(BELOW + INK + FILM + told, "Perovskite_composition_short_form")
    assert found == ["CsFAPbI", "FAPbI"]


def test_what_was_left_is_told_by_a_material_of_each():
    told = (
        BELOW
        + "The MAPbI3 ink was dissolved in GBL. "
        + FILM
        + ABOVE
        + "A second series was made from an ink in GVL.\n\nStability. GBL and GVL "
        "cells were kept in nitrogen at 65 °C for 900 h. The PCE was 99% (GVL) and 94% (GBL) of its value at the start."
    )
    assert values(told, END) == ["94", "99"]


@pytest.mark.parametrize(
    ("told", "n"),
    [
        ("In half of the cells, the surface was then treated with 1 mg/mL of PEAI in isopropanol, spun at 5000 rpm. ", 2),
        ("Modification of the film with PEAI in isopropanol was carried out for the target cells only. ", 2),
        ("PEAI in isopropanol was spin-coated on the film. ", 1),
    ],
)  # fmt: skip
def test_a_treatment_of_some_cells_only(told, n):
    assert len(devices(BELOW + INK + FILM + told + ABOVE)) == n


def test_one_of_two_contacts():
    above = "C60 and BCP were evaporated. 100 nm of Ag or Cu was thermally evaporated as the electrode. "
    assert values(BELOW + INK + FILM + above, CONTACT) == ["Ag", "Cu"]


def test_three_monolayers_in_one_bracket():
    below = (
        "Device fabrication. We compared three SAMs on ITO glass, 2PACz, MeO-2PACz and Me-4PACz (all 1 mM in ethanol, "
        "spin-coated at 3000 rpm). Me-4PACz gave the highest efficiency. "
    )
    assert values(below + INK + FILM + ABOVE, HTL) == ["Me-4PACz", "2PACz", "MeO-2PACz"]


def test_devices_called_by_codes_for_their_layers():
    below = (
        "Device fabrication. We denote devices with MeO-2PACz, Me-4PACz and PTAA as hole transport layers as M1, M2 and M3. "
        "MeO-2PACz and Me-4PACz (1 mM in ethanol) were spin-coated on ITO glass at 3000 rpm; PTAA (2 mg/mL in toluene) was spin-coated at 5000 rpm. "
    )
    assert values(below + INK + FILM + ABOVE, HTL) == ["MeO-2PACz", "Me-4PACz", "PTAA"]


def test_a_buffer_for_each_of_both():
    above = "C60 was evaporated, followed by BCP (7 nm) for the reference or ALD SnO2 (18 nm) for the target. Ag (100 nm) was evaporated. "
    assert values(BELOW + INK + FILM + above, ETL) == ["C60 | SnO2-c", "C60 | BCP"]


def test_the_best_of_layers_that_were_used_in_turn():
    below = (
        "Device fabrication. ITO glass was cleaned. As hole transport layers, PTAA, P3HT or 2PACz were employed. PTAA (2 mg/mL in toluene) was "
        "spin-coated at 5000 rpm. P3HT (8 mg/mL in chlorobenzene) was spin-coated at 3000 rpm. 2PACz (1 mM in ethanol) was spin-coated. "
        "The best cells were those with 2PACz. "
    )
    assert values(below + INK + FILM + ABOVE, HTL) == ["2PACz", "PTAA", "P3HT"]


def test_what_is_added_for_the_target_without_a_noun():
    ink = "FASnI3 was made from FAI, SnI2 (1 M) and 10 mol% SnF2 in DMF/DMSO (4:1); for the target, 1 mol% EDAI2 was also added. "
    assert values(BELOW + ink + FILM + ABOVE, ADDITIVES) == ["EDAI2; SnF2", "SnF2"]


def test_semitransparent_cells_with_an_oxide_in_place_of_the_metal():
    told = "Semitransparent devices were fabricated with 110 nm of sputtered ITO in place of Ag. "
    flag = "Cell_semitransparent"
    assert values(BELOW + INK + FILM + ABOVE + told, flag) == ["FALSE", "TRUE"]
    assert values(BELOW + INK + FILM + ABOVE + told, CONTACT) == ["Ag", "ITO"]


def test_the_device_that_kept_most_is_the_target_where_nothing_else_says():
    told = (
        "T1 and T2 stand for devices with 0.1 and 0.3 mg/mL of PEAI in isopropanol, spun on the perovskite. \n\nStability. The control, T1 and T2 "
        "devices were tracked at MPP (N2, 1 sun, 55 °C) for 900 h and kept 61%, 84% and 93% of their initial PCE, respectively."
    )
    assert values(BELOW + INK + FILM + ABOVE + told, END)[0] == "93"


def test_the_perovskite_directly_on_the_lower_layer():
    told = (
        "Device fabrication. NiOx was sputtered on ITO glass. For SAM-modified devices, Me-4PACz in ethanol was spin-coated on NiOx; for "
        "unmodified devices, the perovskite was deposited directly on NiOx. "
    )
    assert values(told + INK + FILM + ABOVE, HTL) == ["NiO-c | Me-4PACz", "NiO-c"]


def test_another_metal_in_the_reference_stack():
    told = "In the reference stack, Cu (100 nm) was used as the electrode. "
    assert values(BELOW + INK + FILM + ABOVE + told, CONTACT) == ["Ag", "Cu"]


def test_lifetimes_of_control_and_target():
    told = "\n\nStability. Devices were aged at MPP in N2 at 25 °C. The T80 values were 310 h for the control and 1350 h for the target."
    text = BELOW + INK + FILM + "Control devices had PTAA instead of MeO-2PACz. " + ABOVE + told
    assert values(text, "Stability_time_total_exposure") == ["1350", "310"]


def test_a_formula_series_of_which_one_is_used_unless_said_otherwise():
    told = (
        "FA1-xCsxPbI3 (x = 0, 0.05, 0.1, 0.15) precursors (1.4 M) were made in DMF/DMSO (4:1). Unless stated otherwise, x = 0.1. They were "
        "spin-coated at 4000 rpm and annealed at 120 °C for 10 min. "
    )
    found = values(BELOW + told + ABOVE, "Perovskite_composition_long_form")
    assert found == ["Cs0.1FA0.9PbI3", "FAPbI3", "Cs0.05FA0.95PbI3", "Cs0.15FA0.85PbI3"]
