"""Wordings of two lots of papers that were not read at first sight: lettered stocks, notes, shares behind a name …"""

import pytest

from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean
from tests.extractor.test_process_devices import GOLD, SPIRO, TIN_OXIDE, TO_FILM, devices, value

HTL, ETL = "HTL_stack_sequence", "ETL_stack_sequence"
LONG_FORM, ADDITIVES = "Perovskite_composition_long_form", "Perovskite_additives_compounds"
PROCEDURE = "Perovskite_deposition_procedure"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
AREA, PER_SUBSTRATE = "Cell_area_measured", "Cell_number_of_cells_per_substrate"
END, INITIAL = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
COATED = " It was spin-coated at 4500 rpm for 30 s."


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


@pytest.mark.parametrize(
    ("stocks", "perovskite"),
    [
        ("Three stock solutions in DMF/DMSO (4:1, v/v) were kept: (A) 1.4 M FAPbI3, i.e. FAI and PbI2 in equal amounts; (B) 1.4 M MAPbBr3, i.e. MABr and PbBr2; (C) 1.4 M CsPbI3, i.e. CsI and PbI2. They were mixed 85:10:5 by volume (A:B:C).", "Cs0.05FA0.85MA0.1PbBr0.3I2.7"),
        ("Stock solutions of 1.2 M FAPbI3, 1.2 M MAPbBr3 and 1.2 M CsPbI3 in DMF and DMSO were kept in the dark. They were mixed 80:15:5 by volume shortly before use.", "Cs0.05FA0.8MA0.15PbBr0.45I2.55"),
        ("Stock solutions were prepared in DMF/DMSO (4:1): A, FAPbI3 (1.3 M); B, MAPbBr3 (1.3 M). The ink is A:B = 85:15.", "FA0.85MA0.15PbBr0.45I2.55"),
        ("Two stock solutions were made, A: 1.4 M FAPbI3 and B: 1.4 M CsPbBr3, each in DMF:DMSO 4:1. A/B were combined at 9/1 (v/v).", "Cs0.1FA0.9PbBr0.3I2.7"),
        ("Two stocks, (A) FAPbI3 and (B) CsPbI3, both 1.4 M, were made from the iodides in DMF. We blended them in the ratio of 9:1.", "Cs0.1FA0.9PbI3"),
        ("Stock solution A held 1.3 M FAPbI3 and stock solution B held 1.3 M MAPbBr3, both in DMF/DMSO. From these the ink was poured together, 87:13 by volume (A:B).", "FA0.87MA0.13PbBr0.39I2.61"),
    ],
)  # fmt: skip
def test_stock_solutions_called_by_letters_or_mixed_in_their_order(stocks, perovskite):
    assert target(stocks + COATED)[LONG_FORM] == perovskite


INK = "MAI (1.2 M) and PbI2 (1.2 M) were dissolved in DMF"
BROMIDE = "CsI (1 M), PbI2 (0.5 M) and PbBr2 (0.5 M) were dissolved in DMSO. "
TIN = "FAI (0.8 M), SnI2 (0.8 M) and SnF2 (0.08 M) were dissolved in DMSO. "


@pytest.mark.parametrize(
    ("told", "additives"),
    [
        (BROMIDE + "To the target ink lead acetate trihydrate (0.8 mol%) was added.", "PbAc2"),
        (INK + ". Target ink: as above + Pb(CH3COO)2·3H2O, 0.8 mol% with respect to total lead.", "PbAc2"),
        (INK + ". The target ink contained 2 mol% of SrI2 besides.", "SrI2"),
        (INK + ". The target ink: as the reference ink + Pb(NO3)2, 1.5 mol% of lead.", "Pb(NO3)2"),
        ("FAI (1 M) and PbI2 (1 M) were dissolved in DMF, then BiI3 (0.1 mol%) was added.", "BiI3"),
        (INK + ". The target ink contained 0.4 mol% 4-fluorophenethylammonium iodide (4F-PEAI) besides.", "4F-PEAI"),
        (INK + ", with guanidinium thiocyanate (GASCN, 3 mol%).", "GuaSCN"),
        (INK + ", to which hypophosphorous acid (HPA, 50% in water) had been added at 6 µL per mL.", "H3PO2"),
        (INK + ", to which triphenylphosphine oxide (TPO, 3 mol%) was added.", "TPPO"),
        (TIN + "For the target cells: as above, with gallic acid at 1 mol% of tin.", "gallic acid; SnF2"),
        (TIN + "The target ink had ascorbic acid in a concentration of 2 mol% added to it.", "Ascorbic acid; SnF2"),
        (INK + ". For target ink: as above, with BPTC at 0.5 wt%.", "BPTC"),
        (INK + ". Zinc iodide was introduced at 1 mol% of lead for the target.", "ZnI2"),
        (TIN + "For the target cells: as above, with pyrogallol at 2 mol% of tin.", "pyrogallol; SnF2"),
        ("461 mg PbI2, 159 mg MAI and hydroiodic acid (HI, 57 wt% in water, 12 µL) were put into 1 mL DMF.", "HI"),
        ("Lead acetate trihydrate and MAI (1:3, 0.9 M in lead) were dissolved in DMF, to which MACl (5 mol%) was given.", "Cl"),
        (INK + ". Semicarbazide hydrochloride (SCH, 1 mol%) was dissolved as well in the ink.", "SCH"),
        ("FAI (1 M), SnI2 (0.5 M) and PbI2 (0.5 M) were dissolved in DMSO. Ten mol% SnF2 with respect to SnI2 was added.", "SnF2"),
    ],
)  # fmt: skip
def test_additives_told_by_a_share_or_an_abbreviation_are_read_once(told, additives):
    assert target(told + COATED)[ADDITIVES] == additives


@pytest.mark.parametrize(
    "tried",
    [
        "; urea and thiourea were also tried but had no benefit.",
        ", and in preliminary experiments with hypophosphorous acid and with urea we saw less benefit.",
        ". Early trials with theophylline (2 mol%) in the ink were given up.",
        ", and the addition of NH4Cl did not help.",
        ", while thiourea (1 mol%) gave no improvement.",
    ],
)
def test_what_was_tried_and_left_is_no_additive(tried):
    assert target(f"{INK}. Biuret (2 mol%) was added to the ink{tried}{COATED}")[ADDITIVES] == "biuret"  # fmt: skip


def test_an_ink_that_holds_something_more_is_still_the_perovskites():
    read = target(
        "PTAA (2 mg/mL in toluene) was spin-coated on ITO. FAI (1.5 M) and PbI2 (1.5 M) were dissolved in DMF and NMP (6:1). The target ink "
        "additionally contained theophylline in a proportion of 0.5 mol%. The ink was slot-die coated at 10 mm/s, dried with a nitrogen knife "
        "and annealed at 140 °C for 15 min. C60 (30 nm), 6 nm of BCP and Cu (120 nm) were evaporated."
    )
    assert (read[HTL], read[ADDITIVES]) == ("PTAA", "Theophylline")
    assert (read[PROCEDURE], read[TEMPERATURE], read[TIME]) == ("Slot-die coating", "140", "15")


def test_acetate_in_place_of_iodide_is_no_additive():
    read = target("MAI and Pb(OAc)2 (3:1 by mol) were dissolved in DMF." + COATED)
    assert read[LONG_FORM] == "MAPbI3"
    assert ADDITIVES not in read


@pytest.mark.parametrize(
    ("text", "temperature", "time"),
    [
        ("### Slot-die coating of the perovskite\nThe ink contained CsI (0.18 M), FAI (1.02 M) and PbI2 (1.24 M) in DMF and NMP (7:1). MACl was added at 12 mol%. Coating was carried out in air at 12 mm/s with a die gap of 150 µm. The wet film was quenched by an air knife and moved into a vacuum chamber for 60 s. The gap was 0.1 mm. Plates were annealed at 155 °C for 10 min and then at 110 °C for 15 min.", "155; 110", "10; 15"),
        ("### Blade coating of the absorber\n\nFAPbI3 was dissolved at 1.1 M in 2-methoxyethanol. The gap was 200 µm. The speed was 15 mm/s. A nitrogen knife followed at 10 cm. Its pressure was 0.3 MPa. The web was dried in the tunnel. It was baked at 135 °C for 12 min.", "135", "12"),
        ("### Perovskite by slot-die coating\nFA0.83Cs0.17PbI2.7Br0.3 (1.1 M) in 2-methoxyethanol was the ink. The die gap was 120 µm. The speed was 9 mm/s. The flow was 80 µL/min. A vacuum flash followed for 40 s. The sheets, by then brown, were baked at 135 °C for 12 min.", "135", "12"),
        ("### Film\nLead acetate trihydrate and MAI (1:3, 0.9 M in lead) were dissolved in DMF. The solution was spin-coated at 3000 rpm and the film was heated at 95 °C for 8 min.", "95", "8"),
        ("Spin coating of the perovskite. The precursor was MAPbI3, 1.2 M in DMF. Forty microlitres were used for each. The speed was 4000 rpm. The time was 30 s. Toluene was dripped at 12 s. The samples turned dark. Substrates were baked at 105 °C for 11 min.", "105", "11"),
    ],
)  # fmt: skip
def test_heat_far_below_the_heading_of_a_film_is_of_this_film(text, temperature, time):
    read = target(text + "\n\n### Electrode\nGold was evaporated.")
    assert (read[TEMPERATURE], read[TIME]) == (temperature, time)


BELOW = "Compact TiO2 was made by spray pyrolysis. MAPbI3 (1.2 M in DMF) was spin-coated at 4000 rpm and annealed at 100 °C for 10 min. "


@pytest.mark.parametrize(
    ("before", "layer", "name"),
    [
        ("", "PCz-DTP, 10 mg per mL of chlorobenzene, was spin-coated and dried at 70 °C for 5 min.", "PCz-DTP"),
        ("", "PDTBT-x (8 mg/mL in toluene) was spin-coated at 3000 rpm.", "PDTBT-x"),
        ("", "A film of TQX-4 at 12 mg mL−1 in chlorobenzene was spun at 3000 rpm.", "TQX-4"),
        ("Hole transport material\nBDT-4MeO (molecular weight 1.2 kDa) was synthesised in three steps.\n\nCells\n", "BDT-4MeO was spin-coated at 3000 rpm.", "BDT-4MeO"),
        ("Synthesis of the hole-transporting polymer. P3-TPA was obtained by Stille coupling.\n\nCells. ", "Then P3-TPA in tetrahydrofuran was spin-coated at 3000 rpm.", "P3-TPA"),
    ],
)  # fmt: skip
def test_a_name_that_no_list_has_is_told_by_its_title_or_its_solution(before, layer, name):
    read = target(f"{before}{BELOW}{layer} Gold was evaporated.")
    assert (read[HTL], read[TEMPERATURE], read[TIME]) == (name, "100", "10")


PRINTED = (
    "FTO glass was cleaned. Compact TiO2 was deposited by spray pyrolysis at 450 °C. TiO2 paste was screen-printed and sintered at 500 °C for "
    "30 min. ZrO2 was screen-printed. The carbon layer was also screen-printed. {no_metal}The precursor was PbI2 (1.2 M) and MAI (1.2 M) in GBL. {filled} "
)


@pytest.mark.parametrize(
    "filled",
    [
        "Of this liquid 4.5 µL was dropped on the carbon by a robot; after 10 min, in which it soaked down through the pores to the TiO2, the pieces were annealed at 50 °C for 90 min.",
        "Then 4 µL of the solution was drop-cast on the carbon, through which it seeped into the pores, and the cells were annealed at 50 °C for 90 min.",
        "A drop of the solution was pipetted onto the carbon, soaked into the scaffold, and the cells were annealed at 50 °C for 90 min.",
        "\nInfiltration of the perovskite. 4 µL of the solution was drop-cast on the carbon electrode and left to soak in. The cells were annealed at 50 °C for 90 min.",
    ],
)
def test_what_soaks_into_a_scaffold_is_no_dip(filled):
    no_metal = "Neither gold nor any other metal was evaporated. "
    read = target(PRINTED.format(no_metal=no_metal, filled=filled))
    assert (read[PROCEDURE], read[TEMPERATURE], read[TIME]) == ("Dropcasting", "50", "90")
    assert read["Backcontact_stack_sequence"] == "Carbon"


def test_lamination_as_sealing_makes_no_layer():
    text = (
        "NiOx nanoparticles (made from nickel nitrate and NaOH, 20 mg/mL in water) were blade-coated on PEN/ITO and dried at 120 °C for 15 min. "
        "PTAA was blade-coated on the NiOx. FA0.7MA0.3PbI3 in 2-methoxyethanol was blade-coated and annealed at 110 °C for 6 min. PCBM was "
        "blade-coated. BCP and copper were evaporated. Modules were made with the NiOx/PTAA bilayer only, and were laminated between two "
        "ethylene–vinyl acetate films at 105 °C for 12 min. Each sheet gave nine cells."
    )
    read = target(text)
    assert read["HTL_deposition_procedure"] == "Doctor blading | Doctor blading"
    assert read[PER_SUBSTRATE] == "9"


@pytest.mark.parametrize(
    "told",
    [
        "Nine cells per sheet were made.",
        "There are nine cells on every sheet.",
        "Each panel holds nine cells.",
        "Every glass sheet carries nine cells.",
        "We put nine cells on each coupon.",
    ],
)
def test_cells_on_a_sheet(told):
    assert target(BELOW + told)[PER_SUBSTRATE] == "9"


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("J–V curves of tandems were recorded under a LED simulator, calibrated by two reference cells, in both directions, with an aperture mask of 1.00 cm2. The single-junction cells have an active area of 0.1 cm2.", "1"),
        ("The cells have an area of 0.2 cm2. J–V curves were taken under a simulator adjusted with a KG5-filtered reference cell through a mask of 0.12 cm2.", "0.12"),
        ("The active area of 0.2 cm2 is that of the electrode. The intensity was checked with a certified silicon reference cell, and a mask of 0.12 cm2 was laid on the devices.", "0.12"),
        ("The active area is 0.2 cm2. The lamp was set to one sun by means of a reference solar cell from Newport and the aperture was 0.12 cm2.", "0.12"),
        ("The active area is 0.2 cm2. After spectral mismatch was corrected for the Fraunhofer-certified reference cell, devices were measured behind a mask of 0.12 cm2.", "0.12"),
        ("The active area is 0.2 cm2. Reference cells were measured with a mask of 0.12 cm2.", "0.2"),
    ],
)  # fmt: skip
def test_a_reference_cell_of_the_lamp_is_no_device(text, area):
    assert target(text)[AREA] == area


NAMES = ("temperature_range", "atmosphere", "time_total_exposure", "PCE_end_of_experiment", "average_over_n_number_of_cells")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Stability. Unsealed cells; dark; room air at 25 °C, RH 20–30%; J–V once a day. 720 h. T cells: 92% of the initial PCE of 13.9% left. R cells: 71% of 12.2% left. Average of 8 cells each.", ("25; 25", "Air", "720", "92", "8")),
        ("Stability\nBare devices: nitrogen glovebox, 65 °C, dark. 1000 h. Target: 90% of the initial PCE of 21.0%. Control: 75% of 20.0%.", ("65; 65", "N2", "1000", "90", None)),
        ("Ageing. Encapsulated cells, MPP tracking, ambient air, 45 °C, white LEDs. Duration 800 h. The target kept 95% of its initial efficiency.", ("45; 45", "Air", "800", "95", None)),
        ("Thermal stability: unsealed cells (N2, 85 °C, dark). After 500 h: 88% of initial PCE (target), 64% (control).", ("85; 85", "N2", "500", "88", None)),
        ("Stability tests. Modules in damp heat, 85 °C/85% RH, with edge seal. Time: 1000 h. 94% of the start value (17.5%) left.", ("85; 85", "Air", "1000", "94", None)),
        ("Stability. Cells without encapsulation – in the dark – argon, 70 °C. Total 300 h; target cells 91% of the initial PCE left.", ("70; 70", "Ar", "300", "91", None)),
        ("Stability. Two encapsulated modules were operated at the maximum power point at 45 °C in ambient air for 800 h; after that 94% of the initial efficiency (18.9%) remained.", ("45; 45", "Air", "800", "94", "2")),
        ("Ageing. In damp heat (85 °C, 85% RH) five sealed devices retained 95% of the initial efficiency after 500 h.", ("85; 85", "Air", "500", "95", "5")),
        ("Stability. A batch of 12 cells was aged at 85 °C in N2 for 300 h, and 90% of the initial PCE was left.", ("85; 85", "N2", "300", "90", "12")),
        ("Stability. Cells were tracked at 45 °C in N2 for 300 h, and 90% of the initial PCE was left; the two curves of Figure 5 are of the target and the control.", ("45; 45", "N2", "300", "90", None)),
    ],
)  # fmt: skip
def test_ageing_in_notes_and_the_number_of_cells_tested(text, values):
    found = stability_findings(Document(text))
    assert tuple(f.value if (f := found.get(f"Stability_{name}")) else None for name in NAMES) == values  # fmt: skip


GIVEN = "For the target cells biuret (2 mol%) was added to the perovskite ink; the control ink did not contain it. "
WHOLE = TO_FILM + GIVEN + SPIRO + GOLD + "\n\nStability\nUnsealed cells were kept in nitrogen at 60 °C. "  # fmt: skip


@pytest.mark.parametrize(
    ("told", "end", "initial"),
    [
        ("After 500 h the target cells had 93% of their initial efficiency and the control cells 70%; the initial values were 23.9% and 22.3%, respectively.", "70", "22.3"),
        ("After 500 h, the target one still maintained 93% of the initial PCE, in contrast the control one only 70%. Initial PCE values of them were 23.9% and 22.3%.", "70", "22.3"),
        ("In 500 h the target cells lost 6% of their initial PCE (23.9% on average) and the control cells 23% (22.3% on average).", "77", "22.3"),
        ("Within 500 h target cells lost 6% of their initial efficiency, and the control cells 30%.", "70", None),
        ("After 500 h the target cells had kept 93% of their initial efficiency, which was 23.9%. The control cells were taken out after 300 h, when only 62% of their 22.3% was left.", "62", "22.3"),
    ],
)  # fmt: skip
def test_what_the_control_kept_is_told_in_pairs_or_elliptically(told, end, initial):
    control = next(d for d in devices(WHOLE + told) if d.role == "control")
    assert value(control, END) == end
    assert value(control, INITIAL) == (initial or "")


def test_cells_called_r_and_t():
    told = "Two kinds of inks were used, without additive (reference) and with biuret (target). Biuret (2 mol%) was added to the target ink. "
    aged = "\n\nStability. Unsealed cells; dark; N2 at 25 °C. 720 h. T cells: 92% of the initial PCE of 13.9% left. R cells: 71% of 12.2% left."
    control = next(d for d in devices(TO_FILM + told + SPIRO + GOLD + aged) if d.role == "control")
    assert (value(control, END), value(control, INITIAL)) == ("71", "12.2")
    assert value(control, ADDITIVES) == ""


@pytest.mark.parametrize(
    "told",
    [
        "SnF2 (10 mol%) was added. The precursor for the target cells contained 2 mol% biuret besides, the control precursor did not. ",
        "SnF2 (10 mol%) was added. This served for our control devices. In the target devices biuret (2 mol%) was added as well. ",
        "SnF2 (10 mol%) was added. Into the target ink biuret (2 mol%) was put in addition; the control ink had none of it. ",
    ],
)
def test_the_control_keeps_what_is_not_given_to_the_target_alone(told):
    ink = "FAI (1 M), SnI2 (0.5 M) and PbI2 (0.5 M) were dissolved in DMF and DMSO (4:1) to make the perovskite ink. "
    film = "It was spin-coated at 5000 rpm and annealed at 100 °C for 10 min. "
    found = devices(TIN_OXIDE + ink + told + film + SPIRO + GOLD)
    assert value(found[0], ADDITIVES) == "biuret; SnF2"
    assert [value(d, ADDITIVES) for d in found[1:]] == ["SnF2"]


@pytest.mark.parametrize(
    "told",
    [
        "On some plates the tin oxide was instead spin-coated from a colloid and dried at 150 °C for 30 min; cells on those plates are named reference cells. ",
        "For the reference cells the tin oxide was instead spin-coated from a colloid and dried at 150 °C for 30 min. ",
        "On a few substrates, SnO2 was spin-coated from a colloid instead; these are the reference cells. ",
    ],
)
def test_a_layer_on_some_of_the_plates_is_no_support(told):
    first = (
        "ITO glass was cleaned. SnO2 was grown on the ITO by atomic layer deposition at 100 °C. "
    )
    film = "MAPbI3 (1.2 M in DMF) was spin-coated at 4000 rpm and annealed at 100 °C for 10 min. "
    found = devices(first + told + film + SPIRO + GOLD)
    assert (value(found[0], ETL), value(found[0], TEMPERATURE)) == ("SnO2-c", "100")
    assert [value(d, ETL) for d in found[1:]] == ["SnO2-np"]


def test_two_kinds_for_comparison_are_both_beside_the_target():
    told = (
        "For the target cells PTQ10 (9 mg per mL of chlorobenzene) was spin-coated at 2500 rpm. Two kinds of cells were made for comparison. In the "
        "control cells Spiro-OMeTAD was spin-coated with TBP and Li-TFSI. In the other cells P3HT was spin-coated. "
    )
    found = devices(f"{TO_FILM}\n{told}\n{GOLD}")
    assert [value(d, HTL) for d in found] == ["PTQ10", "Spiro-MeOTAD", "P3HT"]
