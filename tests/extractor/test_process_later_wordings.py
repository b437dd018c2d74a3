"""Wordings that the rules did not read at first sight: heat by other verbs, molten salts, stocks poured as a whole, lists …"""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
ETL_PROCEDURE = "ETL_deposition_procedure"
CONTACT_PROCEDURE = "Backcontact_deposition_procedure"
SOLVENTS, PROCEDURE = "Perovskite_deposition_solvents", "Perovskite_deposition_procedure"
LONG, ADDITIVES = "Perovskite_composition_long_form", "Perovskite_additives_compounds"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
AREA, NUMBER, MODULE = "Cell_area_measured", "Cell_number_of_cells_per_substrate", "Module"
SUBSTRATE, LIGHT = "Substrate_stack_sequence", "Cell_semitransparent"

BELOW = "SnO2 nanoparticles were spin-coated on ITO glass. "
FILM = "The MAPbI3 ink (1.2 M in DMF and DMSO, 9:1) was spin-coated at 4500 rpm. "
HEAT = "The films were annealed at 104 °C for 9 min. "
ABOVE = "Spiro-OMeTAD was spin-coated. Gold (75 nm) was evaporated. "


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


@pytest.mark.parametrize(
    ("heat", "temperature", "time"),
    [
        ("The pale films were placed at 96 °C for 2 min and then at 148 °C for 11 min.", "96; 148", "2; 11"),
        ("The samples were brought to 122 °C for 7 min.", "122", "7"),
        ("The wet layers were exposed to 64 °C for 1 min and to 112 °C for 14 min.", "64; 112", "1; 14"),
        ("The substrates were subjected to 137 °C for 16 min.", "137", "16"),
        ("After that the film was held at 103 °C for 25 min.", "103", "25"),
        ("The foils were then raised to 118 °C for 6 min.", "118", "6"),
        ("They were set on 99 °C for 3 min.", "99", "3"),
        ("Postannealing: 101 °C, 12 min.", "101", "12"),
    ],
)  # fmt: skip
def test_heat_is_told_by_many_verbs(heat, temperature, time):
    read = target(BELOW + FILM + heat + " " + ABOVE)
    assert (read[TEMPERATURE], read[TIME]) == (temperature, time)


@pytest.mark.parametrize(
    "ruled_out",
    [
        "Longer heating warped the PEN, and heating to 137 °C, which we use on glass, was impossible.",
        "Annealing above 131 °C was avoided.",
        "Heating the foil at 151 °C would deform it.",
        "At 163 °C the films decomposed.",
        "Temperatures of more than 142 °C damage the foil when it is annealed.",
        "A step at 155 °C cannot be used, as the substrate shrinks when heated.",
    ],
)
def test_heat_that_films_do_not_stand_is_none_of_theirs(ruled_out):
    read = target(BELOW + FILM + HEAT + ruled_out + " " + ABOVE)
    assert (read[TEMPERATURE], read[TIME]) == ("104", "9")


@pytest.mark.parametrize(
    "heat",
    [
        "The films were annealed at 47 °C for 3 min and at 158 °C for 12 min; other programmes (ending at 120 or 140 °C) are compared in Fig. S4 only.",
        "The films were annealed at 47 °C for 3 min, then at 158 °C for 12 min; further temperatures were tried, too, but not used.",
        "The films were heated to 47 °C for 3 min and to 158 °C for 12 min; some films for XRD were heated to 200 °C.",
    ],
)
def test_what_a_semicolon_parts_as_an_aside_takes_nothing_from_the_rest(heat):
    read = target(BELOW + FILM + heat + " " + ABOVE)
    assert (read[TEMPERATURE], read[TIME]) == ("47; 158", "3; 12")


def test_an_aside_that_points_back_is_of_all_before_it():
    text = "Layers of TiO2 were sprayed at 450 °C; they were given up. "
    assert target(BELOW + text + FILM + HEAT + ABOVE)[ETL] == "SnO2-np"


@pytest.mark.parametrize(
    "ink",
    [
        "It was Cs0.05MA0.05FA0.9PbI3 in DMF/DMSO (4:1); 10 mol% MACl was introduced as additive together with 3 mol% extra PbI2.",
        "It was Cs0.05MA0.05FA0.9PbI3 (1.5 M in DMF/DMSO) with an excess of 5 mol% PbI2 and with MACl as additive.",
        "Cs0.05MA0.05FA0.9PbI3 in DMF and DMSO contained MACl (12 mol%) and PbI2 in excess.",
        "To Cs0.05MA0.05FA0.9PbI3 in DMF and DMSO we added MACl and additional PbI2 (4 mol%).",
        "Cs0.05MA0.05FA0.9PbI3 was dissolved in DMF and DMSO with surplus PbI2 of 2 mol% and MACl, 9 mol%.",
        "Cs0.05MA0.05FA0.9PbI3 was dissolved in DMF and DMSO with MACl (15 mol%) and PbI2 (3 mol% excess).",
    ],
)
def test_lead_iodide_in_excess_makes_no_perovskite_of_its_own(ink):
    film = "The perovskite ink was spin-coated at 5000 rpm. "
    read = target(f"{BELOW}The perovskite ink was made as follows. {ink} {film}{HEAT}{ABOVE}")
    assert (read[LONG], read[ADDITIVES]) == ("Cs0.05FA0.9MA0.05PbI3", "Cl")


STOCKS = "Three stock solutions were made in DMF:DMSO (4:1, v/v), each of 1.4 M: FAPbI3 (of FAI and PbI2), MAPbBr3 (of MABr and PbBr2) and CsPbI3 (of CsI and PbI2). "


@pytest.mark.parametrize(
    "poured",
    [
        "They were combined in the proportion 836:114:50 by volume to the triple-cation solution. ",
        "These were mixed at 836:114:50. ",
        "The three solutions were blended in a volume ratio of 836:114:50. ",
        "The stock solutions were then poured together, 836:114:50 (v/v/v). ",
        "All three were united in the ratio 83.6 : 11.4 : 5. ",
        "The stocks were merged in the volume ratio 83.6/11.4/5. ",
    ],
)
def test_stocks_may_be_poured_together_without_their_names(poured):
    film = "The perovskite was spin-coated at 6000 rpm. "
    assert (
        target(BELOW + STOCKS + poured + film + HEAT + ABOVE)[LONG]
        == "Cs0.05FA0.84MA0.11PbBr0.34I2.66"
    )


@pytest.mark.parametrize(
    "added",
    [
        "Into the solution 3 mol% of MAPbCl3 was mixed as additive (2.4 mg of MACl and 10.0 mg of PbCl2).",
        "Then 3 mol% MAPbCl3 (2.4 mg of MACl, 10.0 mg of PbCl2) was added.",
        "MAPbCl3, 3 mol%, was introduced as well, as MACl (2.4 mg) and PbCl2 (10.0 mg).",
        "For the third halide MACl (2.4 mg) and PbCl2 (10.0 mg) were added to this solution.",
        "As an additive 3 mol% of MAPbCl3 was put into it.",
    ],
)
def test_a_share_of_a_chloride_perovskite_is_an_additive(added):
    ink = "68.6 mg of CsI, 161.0 mg of FAI, 428.7 mg of PbI2 and 99.1 mg of PbBr2 were dissolved in 0.75 mL of DMF and 0.25 mL of DMSO. "
    film = " The perovskite solution was spin-coated at 4000 rpm. "
    read = target(BELOW + ink + added + film + HEAT + ABOVE)
    assert read[LONG] == "Cs0.22FA0.78PbBr0.45I2.55"
    assert read[ADDITIVES] == ("MAPbCl3" if "MAPbCl3" in added else "Cl")


@pytest.mark.parametrize(
    ("ink", "form", "additives"),
    [
        ("PbI2 and MAI (1.1 M each) were dissolved in GBL; 5-AVAI, 3 mol% of the MAI, was added as additive.", "MAPbI3", "5-AVAI"),
        ("PbI2 (1.2 M), MAI (1.2 M) and 2 mol% of OAI as an additive were dissolved in DMF.", "MAPbI3", "OAI"),
        ("311.8 mg CsI, 276.6 mg PbI2 and 220.2 mg PbBr2 were dissolved in DMSO, and 0.3 mol% of BaI2 was dissolved in it, too.", "CsPbBrI2", "BaI2"),
        ("311.8 mg CsI, 276.6 mg PbI2 and 220.2 mg PbBr2 with SrI2 (1 mol%) were dissolved in DMSO.", "CsPbBrI2", "SrI2"),
        ("311.8 mg CsI, 276.6 mg PbI2, 220.2 mg PbBr2 and 2 mol% ZnBr2 were dissolved in DMSO.", "CsPbBrI2", "ZnBr2"),
    ],
)  # fmt: skip
def test_a_salt_of_which_a_share_is_told_is_an_additive_beside_weighed_ones(ink, form, additives):
    film = " The perovskite ink was spin-coated at 4000 rpm. "
    read = target(BELOW + "The perovskite ink: " + ink + film + HEAT + ABOVE)
    assert (read[LONG], read[ADDITIVES]) == (form, additives)


@pytest.mark.parametrize(
    ("ink", "solvent"),
    [
        ("MAAc was melted at 80 °C. MAI and PbI2 in equimolar amounts were added to the molten salt.", "MAAc"),
        ("MAI and PbI2 (1:1) were dissolved in methylammonium acetate (MAAc), an ionic liquid, at 70 °C.", "MAAc"),
        ("In the ionic liquid MAFa, equimolar MAI and PbI2 were stirred overnight.", "MAFa"),
        ("PbI2 and MAI, 1:1, were stirred in molten methylammonium formate for 6 h.", "MAFa"),
        ("Equal moles of PbI2 and MAI were put into 1 mL of MAAc, which served as the only solvent.", "MAAc"),
        ("Methylammonium propionate (MAP) is an ionic liquid. Into MAP we gave MAI and PbI2 in equal moles.", "MAP"),
    ],
)  # fmt: skip
def test_a_molten_salt_is_the_solvent_of_its_ink(ink, solvent):
    film = " The perovskite ink was spin-coated at 4000 rpm without antisolvent. "
    other = " For comparison, MAPbI3 in DMF and DMSO (9:1) was spin-coated on other samples and annealed at 100 °C for 10 min."
    text = "The perovskite ink was made as follows. " + ink + film
    assert target(BELOW + text + HEAT + ABOVE + other)[SOLVENTS] == solvent


def test_acetate_in_a_solution_of_dmf_is_no_solvent():
    ink = "MAI and PbI2 (1:1) were dissolved in DMF, and MAAc, an ionic liquid, was added. "
    film = "The perovskite ink was spin-coated at 4000 rpm. "
    assert target(BELOW + ink + film + HEAT + ABOVE)[SOLVENTS] == "DMF"


INVERTED_TOP = "C60 (20 nm), BCP (6 nm) and copper (100 nm) were evaporated. "


@pytest.mark.parametrize(
    "coated",
    [
        "The monolayer is 4PTZPA for the target devices and 2PACz for the control devices. Either molecule, 0.5 mg/mL in ethanol, was spun on the ITO at 3000 rpm for 30 s and annealed at 110 °C for 10 min. ",
        "Monolayers: target devices use 4PTZPA, control devices 2PACz. Both molecules were spin-coated on ITO from ethanol and annealed at 110 °C for 10 min. ",
        "As monolayer we took 4PTZPA (target) or 2PACz (control). The molecules were spun on the ITO glass at 3000 rpm and annealed at 110 °C for 10 min. ",
        "The monolayer was 4PTZPA in the target cells, 2PACz in the control cells. Each phosphonic acid was spin-coated on the ITO glass and annealed at 110 °C for 10 min. ",
    ],
)
def test_either_molecule_is_the_monolayer_of_the_target(coated):
    acid = "(4-(10H-phenothiazin-10-yl)butyl)phosphonic acid, in the following 4PTZPA, was made in three steps. "
    read = target("ITO glass was cleaned. " + acid + coated + FILM + HEAT + INVERTED_TOP)
    assert (read[HTL], read[TEMPERATURE]) == ("4PTZPA", "104")


@pytest.mark.parametrize(
    "coated",
    [
        "The colloid was diluted with four parts of water; RbF had been dissolved in this water. The liquid was spin-coated at 3000 rpm and dried at 150 °C for 30 min. ",
        "The colloid was filtered and diluted with water 1:4. It was spin-coated on the ITO at 3000 rpm and heated at 150 °C for 30 min. ",
        "The colloid, thinned with water, was spin-coated on the ITO at 4000 rpm and baked at 150 °C for 30 min. ",
        "The colloid was mixed with isopropanol and water. Both liquids were stirred, and the liquid was spun on ITO at 4000 rpm. ",
    ],
)
def test_the_colloid_is_what_the_chemicals_call_so(coated):
    chemicals = "Chemicals. The colloidal SnO2 solution (15% in water) was from Alfa Aesar.\n\n"
    layer = "Electron transport layer. ITO glass was cleaned. "
    read = target(f"{chemicals}{layer}{coated}\n\nPerovskite. {FILM}{HEAT}\n\nHole side. {ABOVE}")
    assert (read[ETL], read[ETL_PROCEDURE]) == ("SnO2-np", "Spin-coating")


@pytest.mark.parametrize(
    "layers",
    [
        "In the target devices C60 is followed by 25 nm SnO2, grown by atomic layer deposition at 90 °C; in the control devices it is followed by 7 nm BCP, which was evaporated. ",
        "For the control devices 7 nm of BCP was evaporated; for the target devices 25 nm of SnO2 was grown by ALD. ",
        "In the target devices 25 nm SnO2 was grown by ALD, whereas in the control devices 7 nm BCP was evaporated. ",
        "SnO2 (25 nm) was grown by ALD on the C60 in target devices, while BCP (7 nm) was evaporated in control devices. ",
        "On the C60 of target devices SnO2 was deposited by ALD, and in the control devices BCP was evaporated instead. ",
    ],
)
def test_of_a_sentence_on_target_and_control_each_clause_is_of_its_own_device(layers):
    below = "2PACz was spin-coated on ITO glass. "
    text = f"{below}{FILM}{HEAT}C60 (30 nm) was evaporated. {layers}Copper (200 nm) was evaporated."
    read = target(text)
    assert (read[ETL], read[ETL_PROCEDURE]) == ("C60 | SnO2-c", "Evaporation | ALD")


@pytest.mark.parametrize(
    "layer",
    [
        "Hole transport layer and contact. PBT-IMD, 8 mg in 1 mL of chlorobenzene, was warmed to 60 °C for 3 h and spin-coated at 2500 rpm; the layer was annealed at 85 °C for 5 min.",
        "Hole transport layer. PBT-IMD (8 mg/mL in chlorobenzene) was spin-coated at 2500 rpm and annealed at 85 °C for 5 min.",
        "Hole conductor: PBT-IMD was dissolved in chlorobenzene at 8 mg/mL, spin-coated at 2500 rpm and annealed at 85 °C for 5 min.",
        "Polymer. PBT-IMD (8 mg per mL of chlorobenzene) was spin-coated at 2500 rpm without any dopant; the layer was annealed at 85 °C for 5 min.",
        "HTL. PBT-IMD was spin-coated from chlorobenzene at 2500 rpm and annealed at 85 °C for 5 min.",
    ],
)
def test_a_name_under_the_title_of_a_layer_is_of_that_layer(layer):
    text = f"{BELOW}\n\nPerovskite. {FILM}{HEAT}\n\n{layer} Gold (80 nm) was evaporated."
    read = target(text)
    assert (read[HTL], read[TEMPERATURE]) == ("PBT-IMD", "104")


PRINTED = """Materials. TiO2, ZrO2 and carbon pastes were from Solaronix.

Printing. FTO glass was etched. Compact TiO2 was made by spray pyrolysis at 310 °C. {list}
The carbon is the contact; no hole conductor was used.

Perovskite. PbI2 and MAI (1.1 M each) were dissolved in GBL. 18 µL of the ink was drop-cast through the carbon of the stack. Annealing: 53 °C for 80 min in an oven.

Cells and modules. Cells: one carbon square of 1 cm × 1 cm per substrate; mask, 0.62 cm2. Modules: eight stripes in series, active area 49 cm2; silver paint only on the bus bars."""


@pytest.mark.parametrize(
    "layers",
    [
        "Three layers followed by screen printing:\n- TiO2, 600 nm, fired at 550 °C for 30 min;\n- ZrO2, 1.6 µm, fired at 550 °C for 30 min;\n- carbon, 18 µm, fired at 400 °C for 30 min.",
        "These layers were made by screen printing:\n• TiO2, 500 nm, fired at 500 °C;\n• ZrO2, 2 µm, fired at 500 °C;\n• carbon, 15 µm, fired at 400 °C.",
        "On it were put, by screen printing:\n– TiO2 (550 nm), sintered at 500 °C;\n– ZrO2 (1.5 µm), sintered at 500 °C;\n– carbon (12 µm), sintered at 400 °C.",
    ],
)
def test_the_members_of_a_list_are_made_as_the_sentence_before_it_says(layers):
    read = target(PRINTED.format(list=layers))
    assert read[ETL] == "TiO2-c | TiO2-mp | ZrO2-mp"
    assert read[ETL_PROCEDURE] == "Spray-pyrolys | Screen printing | Screen printing"
    assert (read[CONTACT], read[CONTACT_PROCEDURE]) == ("Carbon", "Screen printing")
    assert (read[PROCEDURE], read[TEMPERATURE], read[TIME]) == ("Dropcasting", "53", "80")


def test_cells_told_before_modules_under_one_title_are_the_target():
    read = target(PRINTED.format(list="A TiO2 paste and a ZrO2 paste were screen-printed."))
    assert (read[MODULE], read[AREA], read[NUMBER]) == ("FALSE", "0.62", "1")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("The substrates measure 28 mm on each side and carry four devices.", "4"),
        ("Gold was evaporated through a mask, which makes six cells on a piece of 2.4 cm × 2.4 cm.", "6"),
        ("There was one carbon square of 1 cm × 1 cm per substrate in each of the cells.", "1"),
        ("We made the cells from foils, five on each piece of 3 cm by 3 cm.", "5"),
        ("Each plate measures 25 mm by 25 mm and holds eight pixels.", "8"),
        ("A chip of 3 cm by 3 cm bears twelve cells.", "12"),
    ],
)  # fmt: skip
def test_the_cells_of_a_substrate_are_counted_in_many_ways(words, number):
    read = target(BELOW + FILM + HEAT + ABOVE + words)
    assert read[NUMBER] == number


@pytest.mark.parametrize(
    "words",
    [
        "Five target devices, sealed with a cover glass, were aged at 65 °C.",
        "Three cells were glued to a cover glass of 2 cm × 2 cm.",
    ],
)
def test_cells_below_a_cover_glass_are_not_those_of_a_substrate(words):
    assert NUMBER not in target(BELOW + FILM + HEAT + ABOVE + words)


@pytest.mark.parametrize(
    ("words", "area"),
    [
        ("Gold was evaporated through a mask, which makes six cells on a piece of 2.4 cm × 2.4 cm. J–V curves were taken with an aperture of 0.12 cm2.", "0.12"),
        ("Through the mask four cells on a substrate of 15 mm × 15 mm were defined. The mask for the measurement has 0.08 cm2.", "0.08"),
        ("\n\nLarge-area devices: For 1 cm2 devices the ITO glass was larger. The aperture was 1.01 cm2.\n\nMeasurements: Devices were masked by a metal aperture of 0.0742 cm2.", "0.0742"),
        ("\n\nLarger devices. All was kept. The aperture was 1.02 cm2.\n\nMeasurements. The mask had an opening of 0.09 cm2.", "0.09"),
        ("\n\n1 cm2 cells: the same steps, with a mask of 1.0 cm2.\n\nTests: a mask of 0.07 cm2 was used.", "0.07"),
    ],
)  # fmt: skip
def test_the_area_is_of_the_usual_cell(words, area):
    assert target(BELOW + FILM + HEAT + ABOVE + words)[AREA] == area


@pytest.mark.parametrize("place", ["tandem accelerator", "tandem ion accelerator", "tandem Van de Graaff"])  # fmt: skip
def test_a_tandem_accelerator_makes_no_transparent_cell(place):
    glass = "The quartz had 150 nm of ITO sputtered by the supplier. "
    text = f"{glass}{BELOW}{FILM}{HEAT}{ABOVE}Cells were irradiated with protons at the {place}."
    assert target(text)[LIGHT] == "FALSE"


@pytest.mark.parametrize(
    ("words", "substrate"),
    [
        ("All devices were built on fused quartz (0.5 mm, 25 mm × 25 mm) with 150 nm of ITO sputtered by the supplier. ", "Quartz | ITO"),
        ("The cells stand on quartz substrates coated with FTO. ", "Quartz | FTO"),
        ("ITO-coated quartz was cleaned in acetone. ", "Quartz | ITO"),
        ("ITO on fused silica was cleaned by sonication. ", "Quartz | ITO"),
        ("Sapphire plates with a layer of ITO were cleaned. ", "Sapphire | ITO"),
        ("ITO glass was cleaned; films on quartz served for optics. ", "SLG | ITO"),
    ],
)  # fmt: skip
def test_a_cell_may_stand_on_quartz(words, substrate):
    below = (
        "2PACz was spin-coated on the ITO. "
        if "ITO" in words
        else "A SnO2 colloid was spin-coated. "
    )
    assert target(words + below + FILM + HEAT + INVERTED_TOP)[SUBSTRATE] == substrate


@pytest.mark.parametrize(
    "cells",
    [
        "We also made small-area cells from the same foils, without lasers; their area is 0.16 cm2.",
        "Small cells had identical layers on glass of 15 mm × 15 mm. Their area was 0.08 cm2.",
        "Single cells were made beside them on the same plates; the mask has 0.1 cm2.",
        "Small-area cells were cut from the same plates; their area is 0.2 cm2.",
    ],
)
def test_small_cells_that_are_also_made_stand_beside_the_module(cells):
    module = "Modules\nP1 was made in the ITO and P2 after the C60. One minimodule consists of seven sub-cells in series; the aperture area is 14.7 cm2. "
    below = "2PACz was spin-coated on ITO glass. "
    read = target(f"{below}{FILM}{HEAT}{INVERTED_TOP}\n\n{module}{cells}")
    assert (read[MODULE], read[AREA]) == ("TRUE", "14.7")


@pytest.mark.parametrize(
    ("added", "name"),
    [
        ("CBH was the only additive, 1.5 mol% relative to lead.", "CBH"),
        ("XQR was used as the additive, 2 mg per mL.", "XQR"),
        ("The inks for target films contained SEINA besides, in a concentration of 0.4 mg/mL.", "SEINA"),
        ("Target inks contained 0.4 mg/mL of SEINA in addition.", "SEINA"),
        ("For the target, RbCl was introduced into the PbI2 solution as an additive.", "RbCl"),
    ],
)  # fmt: skip
def test_an_additive_is_told_in_many_ways(added, name):
    ink = "The ink contained PbI2 (1.2 M), FAI (1.0 M) and MAI (0.2 M) in DMF and DMSO. "
    film = " The perovskite ink was spin-coated at 4500 rpm. "
    assert target(BELOW + ink + added + film + HEAT + ABOVE)[ADDITIVES] == name


@pytest.mark.parametrize(
    ("film", "temperature", "time"),
    [
        ("The MAPbI3 ink was slot-die coated at 1 m/min and then held at 115 °C for 5 min; hotter zones, beyond 130 °C, shrank the foil. ", "115", "5"),
        ("The MAPbI3 ink was spun at 4000 rpm, and the adduct turned dark when the slides were moved to 65 °C for 1 min and 100 °C for 20 min. ", "65; 100", "1; 20"),
        ("The warm MAPbI3 ink was spin-coated on a substrate of 85 °C, and the black film was left at 95 °C for 5 min. ", "95", "5"),
        ("The MAPbI3 ink was spin-coated. Gradient annealing: 45 °C, 3 min; 160 °C, 10 min. ", "45; 160", "3; 10"),
        ("The MAPbI3 ink was spin-coated; the films were converted at 210 °C for 5 min, since at lower temperatures than 180 °C they stayed yellow. ", "210", "5"),
    ],
)  # fmt: skip
def test_heat_of_a_film_is_told_apart_from_that_of_its_substrate(film, temperature, time):
    read = target(BELOW + film + ABOVE)
    assert (read[TEMPERATURE], read[TIME]) == (temperature, time)


def test_cells_that_are_made_as_a_comparison_heat_nothing_of_the_target():
    other = "As a comparison, cells were made from FAPbI3 in DMF/DMSO (9:1), annealed at 151 °C for 10 min."
    assert target(BELOW + FILM + HEAT + ABOVE + other)[TEMPERATURE] == "104"


@pytest.mark.parametrize(
    "bath",
    [
        "The SnO2 bath contained SnCl2·2H2O, urea and HCl; the glass stood in it at 75 °C for 3 h and was baked at 180 °C for 1 h. ",
        "For SnO2 a bath was prepared: it held SnCl2 and urea. The FTO glass was immersed in the chemical bath at 90 °C for 4 h. ",
    ],
)
def test_a_layer_of_a_bath_is_known_by_what_the_bath_held(bath):
    read = target("FTO glass was cleaned. " + bath + FILM + HEAT + ABOVE)
    assert (read[ETL], read[ETL_PROCEDURE]) == ("SnO2-c", "CBD")


def test_a_name_that_is_given_as_below_is_no_layer_beneath():
    text = (
        "ITO glass was cleaned. The target molecule, (2-(3,6-bis(methylthio)-9H-carbazol-9-yl)ethyl)phosphonic acid, below MTPACz, "
        "and 2PACz (control) were used in ethanol; the molecules were spin-coated at 3000 rpm. "
    )
    assert target(text + FILM + HEAT + INVERTED_TOP)[HTL] == "MTPACz"


def test_the_same_ink_plus_a_salt_has_that_additive():
    inks = (
        "Control ink: FAI (1.5 M), PbI2 (1.57 M) and MACl (0.5 M) in DMF and DMSO. "
        "Target ink: the same plus 0.3 mg/mL of thiosemicarbazide hydrochloride (TSC). The ink was spin-coated at 5000 rpm. "
    )
    assert target(BELOW + inks + HEAT + ABOVE)[ADDITIVES] == "Cl; TSC"


def test_cells_on_a_plate_are_counted_behind_a_colon():
    assert (
        target(BELOW + FILM + HEAT + ABOVE + "Cells: four on a plate of 5 cm × 5 cm.")[NUMBER]
        == "4"
    )


def test_two_sorts_that_are_called_target_and_control_share_what_is_put_on_both():
    text = (
        "Two sorts of cells follow. Cells of the first sort (target) bear ICBA, spin-coated at 1200 rpm. "
        "Cells of the second sort (control) bear PCBM, spin-coated at 1000 rpm. BCP and silver were evaporated on both. "
    )
    assert target("PEDOT:PSS was spin-coated on ITO. " + FILM + HEAT + text)[ETL] == "ICBA | BCP"


@pytest.mark.parametrize(
    ("mixed", "form"),
    [
        ("A stock A (FAPbI3, 1.3 M) and a stock B (MAPbBr3, 1.3 M), both in DMF/DMSO 4:1, were mixed in the ratio 19:1. ", "FA0.95MA0.05PbBr0.15I2.85"),
        ("The absorber solution was obtained from three parent solutions in DMF:DMSO (4:1), namely 1.5 M FAPbI3, 1.5 M MAPbBr3 and 1.5 M CsPbI3; uniting them at 80:15:5 (v:v:v) gave the triple-cation ink. ", "Cs0.05FA0.8MA0.15PbBr0.45I2.55"),
        ("The ink was obtained from two stocks, 1.2 M FAPbI3 and 1.2 M MAPbBr3 in DMF, which were blended 9:1. ", "FA0.9MA0.1PbBr0.3I2.7"),
    ],
)  # fmt: skip
def test_stocks_may_be_poured_in_the_sentence_that_tells_them(mixed, form):
    film = "The perovskite ink was spin-coated at 5000 rpm. "
    assert target(BELOW + mixed + film + HEAT + ABOVE)[LONG] == form
