"""Wordings that the rules did not read at first sight: printed carbon cells, mixed monolayers, solvents done without …"""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
CONTACT_PROCEDURE = "Backcontact_deposition_procedure"
SOLVENTS, PROCEDURE = "Perovskite_deposition_solvents", "Perovskite_deposition_procedure"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
HOURS, LEFT = "Stability_time_total_exposure", "Stability_PCE_end_of_experiment"
LIGHT, WINDOW = "Cell_semitransparent", "Cell_semitransparent_wavelength_range"

BELOW = "SnO2 nanoparticles were spin-coated on ITO glass. "
INK = "MAPbI3 (1.2 M in DMF and DMSO, 9:1) was spin-coated at 4500 rpm and annealed at 105 °C for 9 min. "
ABOVE = "Spiro-OMeTAD was spin-coated. Gold (75 nm) was evaporated. "


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


@pytest.mark.parametrize(
    ("solvents", "read"),
    [
        ("The solvent was N,N-diethylformamide (DEF) with NMP, 3:1 by volume.", "DEF; NMP"),
        ("The solvent was a blend of 2-ME and MeCN (1:1).", "2-methoxyethanol; Acetonitrile"),
        ("GBL and DMSO, 2:1, dissolve it; GBL takes the place of the toxic DMF.", "DMSO; GBL"),
        ("It is dissolved in NMP and DMSO instead of DMF.", "DMSO; NMP"),
    ],
)
def test_the_solvents_are_those_that_the_ink_has_and_not_those_it_does_without(solvents, read):
    ink = "The perovskite ink of FAPbI3 was 1.1 M. "
    film = "The ink was spin-coated at 4000 rpm and annealed at 140 °C for 20 min. "
    assert target(BELOW + ink + solvents + " " + film + ABOVE)[SOLVENTS] == read


PRINTED = (
    "1. FTO glass was cleaned.\n\n"
    "2. Compact TiO2 was deposited by spray pyrolysis at 460 °C.\n\n"
    "3. A TiO2 paste (20 nm particles) was screen-printed on it and fired at 510 °C for 25 min.\n\n"
    "4. ZrO2 paste was screen-printed as the spacer.\n\n"
    "5. Carbon paste (graphite flakes, carbon black and ZrO2) was screen-printed over it and fired at 390 °C for 30 min.\n\n"
    "6. The infiltration solution: PbI2 (1 M), MAI (1 M) and 5-AVAI (0.03 M) in GBL were stirred at 65 °C.\n\n"
    "7. 3 µL of the infiltration solution was drop-cast on the carbon and left to soak down to the TiO2. "
    "The substrates were put under a petri dish and annealed at 47 °C for 9 h.\n\n"
    "8. A hole-transport layer is not used in these cells."
)


def test_a_printed_cell_is_filled_through_its_carbon_and_has_no_hole_conductor():
    read = target(PRINTED)
    assert (read[CONTACT], read[CONTACT_PROCEDURE]) == ("Carbon", "Screen printing")
    assert (read[PROCEDURE], read[TEMPERATURE], read[TIME]) == ("Dropcasting", "47", "540")
    assert read[HTL] == "none"


def test_what_a_carbon_paste_is_made_of_is_no_layer():
    assert "arbon" not in target(PRINTED)[ETL]


MONOLAYER = (
    "2PACz and 3-phosphonopropanoic acid (3PPA) were dissolved together in ethanol. "
    "The mixture was spin-coated on FTO glass at 3000 rpm. "
)
INVERTED_TOP = (
    "C60 (20 nm) was evaporated. BCP (6 nm) was evaporated. Silver (90 nm) was evaporated. "
)


def test_two_molecules_dissolved_together_are_one_layer():
    assert target(MONOLAYER + INK + INVERTED_TOP)[HTL] == "2PACz; 3PPA"


def test_a_film_quenched_by_gas_is_coated_though_antisolvents_were_not_used():
    ink = "A solution of FAPbI3 (1.4 M) in DMF and DMSO was stirred. "
    film = "The solution was spin-coated at 5000 rpm, nitrogen quenched the film, and antisolvents were not used. "
    heat = "The film was annealed at 130 °C for 16 min. "
    read = target(BELOW + ink + film + heat + ABOVE)
    assert (read[PROCEDURE], read[TEMPERATURE], read[TIME]) == ("Spin-coating", "130", "16")


@pytest.mark.parametrize(
    ("sentence", "field", "read"),
    [
        ("P3HT was dissolved in chlorobenzene, and Ga(acac)3 was added as the dopant.", "HTL", "Ga(acac)3"),
        ("As lithium salts attract water, P3HT in toluene was doped with TPFB instead.", "HTL", "TPFB"),
        ("P3HT in toluene was doped with lithium salt and tBP.", "HTL", "Li-TFSI; TBP"),
    ],
)  # fmt: skip
def test_dopants_are_those_that_are_put_in(sentence, field, read):
    top = " It was spin-coated at 2000 rpm. Gold (80 nm) was evaporated."
    assert target(BELOW + INK + sentence + top)[f"{field}_additives_compounds"] == read


def test_a_dopant_whose_short_name_has_a_hyphen_is_read():
    doped = "PCBM in chlorobenzene was doped with 2-(aryl)-dimethylaniline (N-XYBI) at 2 wt% and spin-coated. "
    read = target("PTAA was spin-coated on ITO glass. " + INK + doped + "Silver was evaporated.")
    assert read["ETL_additives_compounds"] == "N-XYBI"


TEST = "Encapsulated cells were kept at the maximum power point in air at 55 °C. "


def test_an_extrapolated_lifetime_is_no_measurement_beside_one():
    told = "After 800 h they kept 96% of the initial 20.1%, from which a T80 of 4,200 h was extrapolated. "
    more = "Other cells: after 820 h the efficiency was 95% of the initial 20%, an extrapolated T90 of 2,100 h. "
    for words, hours, left in ((told, "800", "96"), (more, "820", "95")):
        read = target(BELOW + INK + ABOVE + "\n\nStability\n\n" + TEST + words)
        assert (read[HOURS], read[LEFT]) == (hours, left)


def test_a_window_cell_without_opaque_twin_has_the_range_of_its_average_transmittance():
    cells = "The devices of this report are semitransparent, and no opaque version was made. "
    top = "Spiro-OMeTAD was spin-coated. IZO (100 nm) was sputtered on it. "
    optics = (
        "Transmittance was recorded from 320 to 1400 nm. "
        "The average visible transmittance over 390–760 nm was 41%. "
    )
    read = target(cells + BELOW + INK + top + optics)
    assert (read[LIGHT], read[WINDOW]) == ("TRUE", "390; 760")


COMPARED = (
    'The cells of this paper have SnO2 grown in a chemical bath ("bath cells"). Supplementary figures compare them with '
    'cells on sprayed TiO2 ("spray cells") and on a colloid ("colloid cells").\n\n'
    "A – Bath cells. The FTO glass was put in a chemical bath of SnCl2 and urea at 88 °C for 3 h, in which SnO2 grew.\n"
    "B – Spray cells. TiO2 was sprayed at 440 °C from titanium diisopropoxide.\n"
    "C – Colloid cells. A colloid of SnO2 was spin-coated at 3000 rpm and annealed at 145 °C for 25 min.\n\n"
    "D – Absorber. PbI2 (1.4 M) in DMF and DMSO (9:1), with 3 mol% of RbCl as an additive, was spin-coated at 1600 rpm and "
    "heated at 68 °C for 2 min. FAI (85 mg), MAI (7 mg) and MACl (12 mg) were dissolved in 1 mL of IPA. When the PbI2 film "
    "is cold, this solution was dropped on it and spun at 2000 rpm. The films were annealed at 146 °C for 14 min. "
    "They are called FA0.92MA0.08PbI3.\n\n"
    "E – Hole side. Spiro-OMeTAD was spin-coated. Gold (70 nm) was evaporated."
)


def test_of_several_nicknamed_cells_the_first_are_the_target():
    assert target(COMPARED)[ETL] == "SnO2-c"


def test_a_few_percent_of_a_chloride_in_the_lead_ink_make_no_perovskite_of_their_own():
    read = target(COMPARED)
    assert read["Perovskite_composition_long_form"] == "FA0.92MA0.08PbI3"
    assert read["Perovskite_additives_compounds"] == "Cl; RbCl"


def test_a_solution_dropped_on_the_cold_lead_film_is_a_second_step():
    read = target(COMPARED)
    assert (read[SOLVENTS], read[PROCEDURE]) == ("DMF; DMSO >> IPA", "Spin-coating >> Spin-coating")
    assert (read[TEMPERATURE], read[TIME]) == ("68 >> 146", "2 >> 14")


def test_a_large_aperture_behind_a_module_is_of_the_module():
    module = "A mini-module has 11 cells in series. The aperture area, inside the edge seal, is 52.5 cm2. "
    small = "Single cells of 0.2 cm2 served to check the process."
    text = "The mini-modules were made on FTO glass. " + BELOW + INK + ABOVE + module + small
    assert target(text)["Cell_area_measured"] == "52.5"


def test_an_acid_of_a_short_name_is_a_molecule_of_the_monolayer():
    text = MONOLAYER.replace("3-phosphonopropanoic acid (3PPA)", "5-phosphonopentanoic acid (5PA)")
    assert target(text + INK + INVERTED_TOP)[HTL] == "2PACz; 5PA"


def test_what_is_put_into_the_tin_ink_is_no_additive_of_the_lead_cells_beside_it():
    read = target(
        "Solutions\n\nFor Cs0.2FA0.8PbI2Br, CsI, FAI, PbI2 and PbBr2 were dissolved in DMF and DMSO (4:1). "
        "For FA0.8MA0.2Pb0.5Sn0.5I3, FAI, MAI, PbI2 and SnI2 were dissolved in DMF and DMSO (3:1), and SnF2 (8 mol%) was put into this solution.\n\n"
        "Single-junction solar cells\n\nPTAA was spin-coated on ITO glass. The Cs0.2FA0.8PbI2Br film was spin-coated at 4000 rpm and "
        f"annealed at 102 °C for 11 min. {INVERTED_TOP}\n\n"
        "Tandem solar cells\n\nThe FA0.8MA0.2Pb0.5Sn0.5I3 film was spin-coated on the wide-gap cell. C60 and Cu were evaporated."
    )
    assert "SnF2" not in read.get("Perovskite_additives_compounds", "")


@pytest.mark.parametrize(
    ("heat", "temperature", "time"),
    [
        ("spun at 4000 rpm for 20 s; anisole was dripped 5 s before the end, 100 °C, one hour.", "100", "60"),
        ("spun at 4000 rpm for 20 s and 110 °C for 15 min.", "110", "15"),
        ("spun at 4000 rpm, 30 s; then again 120 °C for 10 minutes.", "120", "10"),
    ],
)  # fmt: skip
def test_heat_that_is_noted_behind_the_spinning_is_of_the_film(heat, temperature, time):
    read = target(f"{BELOW}MAPbI3 (1.2 M in DMF and DMSO, 9:1) was {heat} {ABOVE}")
    assert (read[TEMPERATURE], read[TIME]) == (temperature, time)


@pytest.mark.parametrize("share", ["5 mol % CsI", "5 mol% of CsI", "CsI (5 mol%)"])
def test_caesium_that_is_given_as_a_share_of_the_lead_enters_the_composition(share):
    steps = (
        f"Step 1: PbI2 (1.5 M in DMF and DMSO, 9:1) with {share} was spun at 1500 rpm, 70 °C, 1 min. "
        "Step 2: FAI:MABr (90:9 mg in 1 mL IPA) was spun at 1800 rpm, and 150 °C for 15 min. "
    )
    read = target(BELOW + steps + ABOVE)
    assert read["Perovskite_composition_long_form"] == "Cs0.05FA0.82MA0.13PbBr0.13I2.87"
    assert read[TEMPERATURE] == "70 >> 150"


def test_a_spacer_in_an_ink_whose_formula_is_written_is_an_additive():
    ink = "FASnI3: FAI (0.8 M), SnI2 (0.8 M), SnF2 (10 mol%) with 15 mol% of PEABr were dissolved in DMF and DMSO. "
    film = "The solution was spin-coated at 5000 rpm and annealed at 70 °C for 15 min. "
    read = target("PEDOT:PSS was spin-coated on ITO. " + ink + film + INVERTED_TOP)
    assert read["Perovskite_composition_long_form"] == "FASnI3"
    assert read["Perovskite_additives_compounds"] == "PEABr; SnF2"


def test_an_aperture_area_beyond_any_cell_is_the_modules_and_goes_before_its_outer_size():
    slot = (
        "Slot-die-coated modules, 10 cm × 10 cm, were made. Modules of 14 subcells are in series. "
    )
    assert target(slot + INK + ABOVE + "Aperture area 64 cm2.")["Cell_area_measured"] == "64"


@pytest.mark.parametrize(
    ("said", "procedure"),
    [
        ("All films in the stack were deposited by thermal evaporation.", "Evaporation"),
        ("All layers except the hole conductor were deposited by evaporation.", "Spin-coating"),
    ],
)
def test_one_method_for_all_layers_is_that_of_each_of_which_nothing_else_is_said(said, procedure):
    stack = " The stack was ITO/TaTm/MAPbI3/C60/BCP/Ag. PbI2 and MAI were co-evaporated."
    assert target(said + stack)["HTL_deposition_procedure"] == procedure


def test_a_cell_filled_through_its_printed_carbon_has_no_hole_conductor_where_none_is_told():
    assert (
        target(PRINTED.replace("8. A hole-transport layer is not used in these cells.", ""))[HTL]
        == "none"
    )


@pytest.mark.parametrize(
    ("note", "temperature", "time"),
    [
        ("100 °C 45 min.", "100", "45"),
        ("65 °C for 1 min, 100 °C for 10 min in the glovebox.", "65; 100", "1; 10"),
        ("Then 110 °C, 20 min.", "110", "20"),
    ],
)
def test_a_sentence_of_nothing_but_heat_is_of_the_film_before_it(note, temperature, time):
    film = (
        "MAPbI3 (1.2 M in DMF and DMSO, 9:1) was spin-coated at 4500 rpm, chlorobenzene at 15 s. "
    )
    read = target(BELOW + film + note + " " + ABOVE)
    assert (read[TEMPERATURE], read[TIME]) == (temperature, time)


LONG_FORM = "Perovskite_composition_long_form"


@pytest.mark.parametrize(
    ("ink", "form"),
    [
        ("1.53 M FAPbI3 powder, 0.5 M MACl and 0.8 mol% MAPbBr3 were dissolved in a 8:1 mixture of DMF and DMSO.", "FAPbI3"),
        ("Rb0.05Cs0.05MA0.05FA0.85Pb(I0.95Br0.05)3 with 10% excess PbI2 and 10 mol% MACl was dissolved in DMF and DMSO.", "Cs0.05FA0.85MA0.05Rb0.05PbBr0.15I2.85"),
        ("507 mg PbI2, 73.4 mg PbBr2, 172 mg FAI and 22.4 mg MABr in 1 mL DMF:DMSO = 4:1 (v/v), plus 5 vol% CsI 1.5 M in DMSO.", "Cs0.06FA0.78MA0.16PbBr0.47I2.53"),
    ],
)  # fmt: skip
def test_ratios_of_solvents_salts_in_excess_and_shares_of_volume_are_what_they_are(ink, form):
    film = " The solution was spin-coated at 4500 rpm and annealed at 105 °C for 9 min. "
    assert target(BELOW + ink + film + ABOVE)[LONG_FORM] == form


def test_a_module_with_the_only_area_is_the_device_of_a_paper_that_begins_with_cells():
    cells = "Perovskite solar cells were made in air by blade-coating only. "
    lines = "P1, P2 and P3 lines were scribed by laser. "
    minimodule = "The minimodule has an aperture area of 25.6 cm2. "
    assert target(cells + BELOW + INK + ABOVE + lines + minimodule)["Module"] == "TRUE"
    small = "The active area of a cell was 0.1 cm2. "
    assert target(cells + BELOW + INK + ABOVE + small + lines + minimodule)["Module"] == "FALSE"


STACK_WITH_BRACKETS = (
    "The cells are ITO-coated glass | NiO (e-beam evaporated, 10 nm) | perovskite | PCBM | BCP | Au. "
    "The ink of MAPbI3 in DMF and DMSO was inkjet printed and annealed at 100 °C for 10 min. "
)


def test_a_method_in_brackets_is_of_the_layer_before_them_alone():
    read = target(STACK_WITH_BRACKETS)
    assert read["HTL_deposition_procedure"] == "E-beam evaporation"
    assert read[PROCEDURE] == "Inkjet printing"
    assert "E-beam" not in read["ETL_deposition_procedure"]


def test_a_salt_that_treats_the_film_is_no_hole_conductor_where_none_is_read():
    treated = (
        "Phenethylammonium iodide (20 mM in IPA) was spin-coated on the perovskite at 5000 rpm. "
    )
    read = target(BELOW + INK + treated + "80 nm of gold was evaporated. ")
    assert "PEAI" not in read.get(HTL, "")


@pytest.mark.parametrize(
    ("area", "read"),
    [
        ("Modules of 5 × 5 cm2 with 22.8 cm2 active area were scribed; single cells had 0.09 cm2.", "0.09"),
        ("80 nm of gold was evaporated. 0.108 cm2.", "0.108"),
    ],
)  # fmt: skip
def test_areas_of_modules_in_one_clause_and_areas_alone_in_a_sentence(area, read):
    assert target(BELOW + INK + ABOVE + area)["Cell_area_measured"] == read


def test_what_a_target_has_in_its_ink_does_not_make_its_ageing_one_of_inks():
    test = (
        "Thermal stress was applied to sealed devices in a N2-filled glovebox on a hot-plate of 85 °C. "
        "The target (with 0.1 mg/mL KBF4 in the ink) retained 90% of its PCE for 1500 h."
    )
    read = target(BELOW + INK + ABOVE + test)
    assert (read[HOURS], read[LEFT]) == ("1500", "90")


def test_a_top_cell_of_four_terminals_with_an_oxide_on_top_lets_light_through():
    top = "100 nm of IZO was sputtered on top, and a grid of silver was evaporated."
    assert target("For the four-terminal top cell: " + BELOW + INK + top)[LIGHT] == "TRUE"


def test_a_formula_that_only_names_a_kind_gives_way_to_the_composition():
    ink = "The FAPbI3-rich absorber of nominal composition FA0.85MA0.1Cs0.05PbI2.9Br0.1 was deposited from DMF and NMP. "
    film = "The ink was spin-coated at 5000 rpm and annealed at 120 °C for 20 min. "
    assert target(BELOW + ink + film + ABOVE)[LONG_FORM] == "Cs0.05FA0.85MA0.1PbBr0.1I2.9"


def test_heat_that_was_held_behind_an_antisolvent_is_of_the_film():
    film = "FAPbI3 (1.4 M in DMF and DMSO, 8:1) was spin-coated at 6000 rpm for 50 s. 15 s after the beginning 1 mL of diethyl ether was poured. "
    read = target(BELOW + film + "Then 150 °C was held for 10 min. " + ABOVE)
    assert (read[TEMPERATURE], read[TIME]) == ("150", "10")


def test_an_area_that_was_lit_through_a_mask_may_stand_first():
    read = target(BELOW + INK + ABOVE + "0.094 cm2 was exposed through a metal mask.")
    assert read["Cell_area_measured"] == "0.094"


@pytest.mark.parametrize(
    ("ageing", "read"),
    [
        ("85 °C/85 %RH test of encapsulated cells for 1,000 hours: 91.2 % of 24.3 %.", ("1000", "91.2")),
        ("Operational stability: unencapsulated, N2, MPP, 1 sun LED, 40 °C. 1200 h: 92 % (target), 60 % (control).", ("1200", "92")),
    ],
)  # fmt: skip
def test_ageing_that_is_noted_without_a_verb(ageing, read):
    found = target(BELOW + INK + ABOVE + "\n" + ageing)
    assert (found[HOURS], found[LEFT]) == read


def test_what_a_sentence_on_the_reference_says_of_the_target_is_the_targets():
    below = (
        "For the reference, it is deposited on PTAA; the target has a monolayer of 4PADCB on ITO "
        "(0.5 mg/mL in ethanol; 3000 rpm, 100 °C, 10 min). "
    )
    ink = "The absorber is FA0.75Cs0.25Pb(I0.5Br0.5)3 from 0.9 M in DMF and DMSO. "
    film = "Spin-coating 5000 rpm 50 s; 350 µL anisole after 25 s; annealing at 65 °C for 2 min, then 100 °C 15 min. "
    read = target(ink + below + film + INVERTED_TOP)
    assert (read[HTL], read[TEMPERATURE]) == ("4PADCB", "65; 100")
    assert read["Cell_architecture"] == "pin"


@pytest.mark.parametrize(
    ("making", "temperature", "time"),
    [
        ("was spin-coated at 5000 rpm for 30 s. Then annealed 150 °C 10 min and 100 °C 10 min.", "150; 100", "10; 10"),
        ("was made by spin-coating with gas quenching (N2, 40 psi), 130 °C 12 min.", "130", "12"),
    ],
)  # fmt: skip
def test_heat_in_the_shortest_words_is_of_the_film(making, temperature, time):
    read = target(f"{BELOW}MAPbI3 (1.2 M in DMF and DMSO, 9:1) {making} {ABOVE}")
    assert (read[TEMPERATURE], read[TIME]) == (temperature, time)


def test_organic_salts_behind_a_semicolon_meet_the_film_of_lead_and_caesium():
    steps = (
        "PbI2 1.2 M + CsI 0.06 M in DMF:DMSO 9:1 was bladed at 15 mm/s on a 60 °C hot bed; the organic ink "
        "FAI:MACl 75:10 mg/mL in IPA was bladed at 20 mm/s; 150 °C 20 min. "
    )
    read = target(BELOW + steps + ABOVE)
    assert read[LONG_FORM] == "Cs0.05FA0.95PbI3"
    assert read[TEMPERATURE].endswith(">> 150")
    assert "60" not in read[TEMPERATURE]


def test_what_stands_before_a_clause_on_the_control_is_the_targets_too():
    steps = (
        "In the first step 1.5 M PbI2 in DMF:DMSO (9:1), in which, for the target cells, 3 mol% of TSA had been dissolved, "
        "was spun on the SnO2 at 1800 rpm and heated at 70 °C for 1 min; for the control cells there was no TSA. "
        "In the second step 90 mg FAI in 1 mL isopropanol was spun onto it at 2000 rpm and annealed at 150 °C for 15 min. "
    )
    read = target(BELOW + steps + ABOVE)
    assert (read[PROCEDURE], read[TEMPERATURE]) == ("Spin-coating >> Spin-coating", "70 >> 150")


def test_what_an_oxide_is_grown_from_is_no_layer():
    top = "C60 was evaporated. SnO2 was grown by ALD from TDMASn and water at 90 °C. Silver was evaporated. "
    assert target("2PACz was spin-coated on ITO. " + INK + top)[ETL] == "C60 | SnO2-c"


def test_a_numbered_step_that_begins_with_the_hotplate_heats_the_film():
    steps = "3. Spin the MAPbI3 ink (DMF and DMSO): 4,500 rpm, 35 s.\n4. Hotplate 120 °C, 8 min; move to a second hotplate, 150 °C, 12 min.\n"
    assert target(BELOW + "\n" + steps + ABOVE)[TEMPERATURE] == "120; 150"


def test_a_volume_of_the_ink_is_of_the_perovskite_however_many_digits_it_has():
    ink = "The ink of MAPbI3 was 1.2 M in DMF and DMSO. "
    film = "Then 100 µL of ink was applied and the substrate was spun at 4000 rpm. It was annealed at 100 °C for 15 min. "
    assert (
        target("2PACz was spin-coated on ITO. " + ink + film + INVERTED_TOP)[TEMPERATURE] == "100"
    )
