"""What cells are made of, told as other groups tell it: lists, templates, stocks, films on glass, layers by what they conduct."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import methods_of
from masterkey.rows.clean_text import clean

TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
PROCEDURE = "Perovskite_deposition_procedure"
LONG_FORM = "Perovskite_composition_long_form"

GLASS = "Device fabrication\nITO glass was cleaned with detergent, water and acetone. "
BELOW = GLASS + "SnO2 colloid was spin-coated at 4000 rpm and annealed at 150 °C for 30 min. "
FILM = "The FAPbI3 precursor in DMF was spin-coated at 5000 rpm and annealed at 145 °C for 12 min. "
ABOVE = "Spiro-OMeTAD in chlorobenzene was spin-coated at 4000 rpm. Gold (80 nm) was evaporated."


def target(text: str) -> dict[str, str]:
    found = read_device(Document(clean(text).text))
    return {field: finding.value for field, finding in found.items()}


def test_members_of_a_list_are_sentences_of_their_own():
    text = """(1) Solutions
a. SnO2 colloid + H2O, 1:4 by volume
b. perovskite: FA0.9Cs0.1PbI3, 1.4 M, DMF:DMSO = 4:1
c. HTL: 72 mg Spiro-OMeTAD, 1 mL chlorobenzene, 28 µL TBP, 14 mg Zn(TFSI)2
(2) Procedure
1. Spin a, 3,000 rpm, 30 s. Hotplate 160 °C, 25 min.
2. Spin b: 4,000 rpm, 40 s.
3. Hotplate 110 °C, 9 min; then second hotplate 140 °C, 11 min.
4. Spin c: 4,000 rpm, 20 s.
5. Evaporate Au, 70 nm.
(3) Tests
– J–V: mask 0.09 cm2
– EQE: air
– Ageing: MPP, white LED, N2 flow, chips held at 55 °C; mean of 4 pixels. Target: 24.1% at start, 93% of it after 700 h.
"""
    cell = target(text)
    assert cell["ETL_stack_sequence"] == "SnO2-np"
    assert (cell[TEMPERATURE], cell[TIME]) == ("110; 140", "9; 11")
    assert cell["HTL_additives_compounds"] == "TBP; Zn(TFSI)2"
    assert cell["Stability_temperature_range"] == "55; 55"
    assert cell["Stability_average_over_n_number_of_cells"] == "4"
    assert cell["Stability_PCE_initial_value"] == "24.1"
    assert cell["Stability_PCE_end_of_experiment"] == "93"


@pytest.mark.parametrize(
    "words",
    [
        "after evaporation of the solvents",
        "the solvent was evaporated at 60 °c",
        "it was evaporated on a rotary evaporator",
        "heated to evaporate the residual moisture",
        "stirred in a rotary flask (90 mbar, 400 rpm)",
        "an electron beam with an energy of 120 kev was used",
        "on the as-coated films",
    ],
)
def test_words_that_deposit_nothing(words):
    assert methods_of(words) == []


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("c60 was evaporated", "Evaporation"),
        ("gold was evaporated at 2 å/s", "Evaporation"),
        ("spun at 400 rpm", "Spin-coating"),
        ("titanium by electron beam evaporation", "E-beam evaporation"),
    ],
)
def test_words_that_deposit_something(words, method):
    assert method in [found.name for found in methods_of(words)]


def test_a_washed_product_is_no_film():
    synthesis = (
        "Synthesis\nMethylamine reacted with HI; the solvent was removed by evaporation at 50 °C. "
        "The product was washed with diethyl ether three times and dried at 60 °C for 24 h. "
    )
    cell = target(f"{synthesis}\n{BELOW}{FILM}{ABOVE}")
    assert cell[PROCEDURE] == "Spin-coating"
    assert (cell[TEMPERATURE], cell[TIME]) == ("145", "12")


def test_films_on_glass_are_no_cells_where_later_ones_lie_on_layers():
    films = "CsPbI3 films were dip-coated on quartz from the precursor solution and annealed at 250 °C for 60 min. "
    cell = target(f"Films\n{films}\n{BELOW}{FILM}{ABOVE}")
    assert cell[PROCEDURE] == "Spin-coating"
    assert (cell[TEMPERATURE], cell[TIME]) == ("145", "12")


def test_cells_begin_with_the_cleaned_glass_in_a_section_on_materials():
    text = f"Materials\nPbI2 was purchased from TCI.\nFTO glass was cleaned with detergent and etched. TiO2 was sprayed by spray pyrolysis at 450 °C. {FILM}{ABOVE}"
    cell = target(text)
    assert cell[PROCEDURE] == "Spin-coating"
    assert cell["HTL_stack_sequence"] == "Spiro-MeOTAD"


@pytest.mark.parametrize(
    "upper",
    [
        "After annealing at 120 °C for 15 min, spiro-OMeTAD was spin-coated at 4000 rpm. ",
        "After being thermally treated at 120 °C for 15 min, spiro-OMeTAD was spun at 4000 rpm. ",
        "The films were post-annealed at 120 °C for 15 min, and after cooling spiro-OMeTAD was spun at 4000 rpm on them. ",
        "The film was then annealed 120 °C for 15 min. Spiro-OMeTAD was spin-coated at 4000 rpm. ",
    ],
)
def test_heat_ahead_of_the_next_layer_is_of_the_film(upper):
    cell = target(f"{BELOW}The MAPbI3 precursor in DMF was spin-coated at 5000 rpm. {upper}Gold (80 nm) was evaporated.")  # fmt: skip
    assert (cell[TEMPERATURE], cell[TIME]) == ("120", "15")
    assert cell["HTL_stack_sequence"] == "Spiro-MeOTAD"


@pytest.mark.parametrize(
    "told",
    [
        "The HTM was then spin-coated on the perovskite film at 4000 rpm for 30 s. The HTM solution consisted of 73 mg spiro-OMeTAD in 1 mL chlorobenzene. ",
        "25 µL of a hole transport layer (HTL) was deposited on the film at 4000 rpm with a spin coater. The HTL mixture was 80 mg of spiro-OMeTAD in chlorobenzene. ",
        "Spiro-OMeTAD (60 mM) was dissolved in chlorobenzene as the hole transporting material. The hole transporting material was spun at 4000 rpm onto the perovskite layer. ",
        "The hole-transport layer (200 nm) was deposited from the prepared spiro-OMeTAD solution onto the as-prepared perovskite layer by spin-coating. ",
    ],
)
def test_a_layer_named_by_what_it_conducts(told):
    cell = target(f"{BELOW}{FILM}{told}Gold (80 nm) was evaporated.")
    assert cell["HTL_stack_sequence"] == "Spiro-MeOTAD"
    assert cell[PROCEDURE] == "Spin-coating"
    assert cell["Backcontact_stack_sequence"] == "Au"


def test_two_materials_under_one_name_are_none():
    told = "The HTM was spin-coated at 4000 rpm on the film. HTM solutions of P3HT or PTAA in chlorobenzene were used. "
    assert "HTL_stack_sequence" not in target(f"{BELOW}{FILM}{told}Gold (80 nm) was evaporated.")


@pytest.mark.parametrize(
    ("stocks", "formula"),
    [
        (
            "Stock solutions. A: FAI and PbI2, 1.2 mol/L each, in DMF/DMSO. B: CsI and PbBr2, 1.2 mol/L each, in DMSO. Three volumes of A and one volume of B were blended. ",
            "Cs0.25FA0.75PbBr0.5I2.5",
        ),
        (
            "MASnI3 stock: 1.6 mmol MAI and 1.6 mmol SnI2 in 1 mL DMF. FAPbI3 stock: 1.6 mmol FAI and 1.6 mmol PbI2 in 1 mL DMF. They were mixed: 0.5 mL MASnI3 stock plus 0.5 mL FAPbI3 stock. ",
            "FA0.5MA0.5Pb0.5Sn0.5I3",
        ),
        (
            "For the perovskite ink, 80 µL of the FAPbI3 solution and 20 µL of the MAPbBr3 solution were mixed in DMF. ",
            "FA0.8MA0.2PbBr0.6I2.4",
        ),
    ],
)
def test_stocks_that_are_poured_together(stocks, formula):
    text = f"Solutions\n{stocks}\n{BELOW}The perovskite solution was spin-coated at 5000 rpm and annealed at 100 °C for 10 min. {ABOVE}"
    assert target(text)[LONG_FORM] == formula


@pytest.mark.parametrize(
    "second",
    [
        "FAI and FABr were dissolved in ethanol. 100 µL of this solution was dropped on the template and spun at 2200 rpm. The samples were annealed at 150 °C for 15 min. ",
        "A solution of FAI in isopropanol was spin-coated on the inorganic film at 2500 rpm and annealed at 150 °C for 15 min. ",
    ],
)
def test_a_solution_on_an_evaporated_template(second):
    cell = target(f"{BELOW}PbI2 and CsBr were co-evaporated on it. {second}{ABOVE}")
    assert cell[PROCEDURE] == "Co-evaporation >> Spin-coating"
    assert cell[TEMPERATURE].endswith("150")


@pytest.mark.parametrize(
    "said",
    [
        "The perovskite was not annealed at all. ",
        "No post-annealing of the films was required. ",
        "The films were used without any thermal annealing. ",
    ],
)
def test_a_film_that_is_not_heated(said):
    cell = target(f"{BELOW}MAPbI3 was spin-coated from acetonitrile at 5000 rpm. {said}{ABOVE}")
    assert (cell[TEMPERATURE], cell[TIME]) == ("Unknown", "Unknown")


@pytest.mark.parametrize(
    "ripened",
    [
        "Finally the cells were exposed to 70% relative humidity at 40 °C for 24 h. ",
        "Before the first measurement, cells were stored at 40 °C and 70% relative humidity for 150 h. ",
        "The finished cells were kept at 40 °C for one day. ",
    ],
)
def test_cells_that_ripen_are_not_annealed(ripened):
    cell = target(f"{BELOW}{FILM}{ripened}")
    assert (cell[TEMPERATURE], cell[TIME]) == ("145", "12")


def test_a_layer_of_graphite_and_carbon_black_is_the_contact():
    printed = (
        "Cells\nFTO glass was etched. A compact TiO2 layer was sprayed by spray pyrolysis at 450 °C. Three layers were screen printed: mesoporous TiO2, "
        "a ZrO2 spacer and a layer of graphite and carbon black. The MAPbI3 precursor in GBL was dropped on the carbon. "
        "It seeped through the carbon into the spacer, and the cells were dried at 50 °C for 1 h. "
        "Cross-sections were sputtered with 2 nm of platinum before microscopy."
    )
    cell = target(printed)
    assert cell["Backcontact_stack_sequence"] == "Carbon"
    assert "Carbon black" not in cell["ETL_stack_sequence"]
    assert (cell[TEMPERATURE], cell[TIME]) == ("50", "60")


def test_a_barrier_below_the_metal():
    metals = (
        "For the target devices, 20 nm of Bi was evaporated, and 100 nm of Ag was evaporated on it."
    )
    cell = target(f"{BELOW}{FILM}Spiro-OMeTAD was spin-coated at 4000 rpm. {metals}")
    assert cell["Backcontact_stack_sequence"] == "Bi | Ag"


def test_what_a_single_figure_shows_is_not_the_target():
    text = f"{BELOW}{FILM}Spiro-OMeTAD was spin-coated at 4000 rpm. In Figure S9 only, the spiro-OMeTAD of the target device is replaced by CuSCN, spun at 5000 rpm. Gold (80 nm) was evaporated."
    assert target(text)["HTL_stack_sequence"] == "Spiro-MeOTAD"


def test_what_stands_on_the_film_was_not_made_by_its_method():
    upper = "On top of the printed perovskite, 25 nm of C60 and 5 nm of BCP were thermally evaporated. Gold was evaporated. "
    stack = "The cells have the architecture glass/ITO/NiOx/perovskite/C60/BCP/Au. "
    text = f"{stack}\n{GLASS}NiO was sputtered on it. {upper}The MAPbI3 ink was inkjet-printed and annealed at 100 °C for 30 min."
    assert target(text)["ETL_deposition_procedure"] == "Evaporation | Evaporation"
    assert target(text).get(PROCEDURE) != "Evaporation"


def test_modules_beside_small_cells_that_check_a_batch():
    text = (
        "Modules\nFTO glass was scribed (P1). NiOx nanoparticles were blade-coated and heated at 130 °C for 15 min. MAPbI3 was blade-coated and annealed at 145 °C for 6 min. "
        "C60 was evaporated. P2 was made with a laser. Copper (150 nm) was evaporated and P3 was scribed. Each module has seven subcells in series; the aperture area is 20.8 cm2. "
        "Small cells with an area of 0.08 cm2 were cut from equal layers as a check of each batch. Target modules kept 95% of the initial 20.2% over 1500 h; control modules kept 82%."
    )
    cell = target(text)
    assert (cell["Module"], cell["Cell_area_measured"]) == ("TRUE", "20.8")


@pytest.mark.parametrize(
    ("said", "n"),
    [
        ("Four cells were obtained per substrate.", "4"),
        ("The overlap of Cu and ITO defines six pixels of 0.07 cm2.", "6"),
        ("The area is 0.105 cm2 for the standard cells (four on each substrate).", "4"),
        ("Three cells of 0.08 cm2 are on a substrate.", "3"),
    ],
)
def test_cells_on_one_substrate(said, n):
    assert target(f"{BELOW}{FILM}{ABOVE} {said}")["Cell_number_of_cells_per_substrate"] == n


@pytest.mark.parametrize(
    ("said", "initial", "left"),
    [
        ("The mean efficiency of the cells fell from 15.9% at the beginning to 14.6%, i.e. to 92%, in 1,070 h.", "15.9", "92"),
        ("Without encapsulation, A and B were kept in the dark for 1,200 h. B retained 95% of the efficiency of the first day.", None, "95"),
        ("The efficiency of the target cells fell from 12.6% to 88% of this value in 500 h, that of the control cells from 6.1% to 70% of this value.", "12.6", "88"),
        ("Over 1,008 h the efficiency of the cells, which was 11.8% at the start, went up to 12.1% within the first days and was 97% of its starting value at the end.", "11.8", "97"),
        ("The solar cell was left at 85 °C in the dark for 500 hours. The conversion efficiency maintenance rate was 93%.", None, "93"),
    ],
)  # fmt: skip
def test_what_was_left(said, initial, left):
    cell = target(f"{BELOW}{FILM}{ABOVE}\nStability\n{said}")
    assert cell["Stability_PCE_end_of_experiment"] == left
    assert cell.get("Stability_PCE_initial_value") == initial


def test_a_glass_transition_is_no_heat_of_a_test():
    said = "Cells were heated at 85 °C in nitrogen for 520 h and showed 90% of their initial efficiency. It is believed that the glass transition temperature of 141 °C is the reason."
    cell = target(f"{BELOW}{FILM}{ABOVE}\nStability\n{said}")
    assert cell["Stability_temperature_range"] == "85; 85"
