"""Compositions, solvents and additives of sentences (masterkey/extractor/process)."""

import pytest

from masterkey.extractor.process.inks.composition import CompositionReading, perovskite_readings
from masterkey.extractor.process.inks.formulas import formulas_in
from masterkey.extractor.process.layers.dopants import (
    UNDOPED,
    layer_additives,
    layer_additives_with_places,
)
from masterkey.extractor.process.text.document import Document

HEADING = "Device fabrication\n"


def first(text: str) -> CompositionReading:
    return perovskite_readings(Document(HEADING + text))[0]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("FA0.85MA0.15Pb(I0.85Br0.15)3", "FA0.85MA0.15PbBr0.45I2.55"),
        ("(FAPbI3)0.95(MAPbBr3)0.05", "FA0.95MA0.05PbBr0.15I2.85"),
        ("Cs0.05(FA0.83MA0.17)0.95Pb(I0.83Br0.17)3", "Cs0.05FA0.79MA0.16PbBr0.51I2.49"),
        ("Cs0.05[(FA0.83MA0.17)0.95Pb(I0.83Br0.17)3]", "Cs0.05FA0.79MA0.16PbBr0.51I2.49"),
        ("CH3NH3PbI3", "MAPbI3"),
        ("HC(NH2)2PbI3", "FAPbI3"),
        ("CsPbI2Br", "CsPbBrI2"),
        ("CsPbI2.2Br", "CsPbBrI2.2"),
        ("CsPbI1.5Br1.5", "CsPbBr1.5I1.5"),
        ("PEA2PbI4", "(PEA)2PbI4"),
        ("MAPI", "MAPbI3"),
        ("FAPI", "FAPbI3"),
        ("MAPbI3-xClx", "MAPbI3"),
        ("(MAPbI3−xClx)", "MAPbI3"),
        ("(FAPbI3)1-x(MAPbBr3)x (x = 0.05)", "FA0.95MA0.05PbBr0.15I2.85"),
        ("(FAPbI3)1-x(MAPbBr3)x", "FAxMAxPbBrxIx"),
        ("(F-PEA)2MA4Pb5I16", "(F-PEA)2MA4Pb5I16"),
        ("BA2MA3Pb4I13", "BA2MA3Pb4I13"),
        ("methylammonium lead triiodide", "MAPbI3"),
        ("caesium lead bromide", "CsPbBr3"),
        ("(5-AVA)0.05MA0.95PbI3", "(5-AVA)0.05MA0.95PbI3"),
        ("5-AVA0.03MA0.97PbI3", "(5-AVA)0.03MA0.97PbI3"),
        ("(FA0.6MA0.4)0.9Cs0·1Pb(I0·6Br0.4)3", "Cs0.1FA0.54MA0.36PbBr1.2I1.8"),
    ],
)  # fmt: skip
def test_formulas_in_all_shapes(written: str, form: str) -> None:
    text = f"The film of {written} was dark."
    found = formulas_in(text, text.lower())
    assert [formula.form for formula in found] == [form]
    assert written.strip("()").startswith(text[found[0].start : found[0].end].strip("()")[:6])


def test_salts_alone_are_no_formulas() -> None:
    text = "PbI2, Pb(SCN)2 and SnF2 were weighed."
    assert formulas_in(text, text.lower()) == []


def test_names_of_layers_and_adducts_are_no_formulas() -> None:
    """Formula libraries take them for compositions (findings/pymatgen-layer-names.sh and others)."""
    text = "ITO, FTO, P3HT, PCBM, BCP, PTAA, PEAI, PbI2·DMSO, PbI2.2H2O, Pb(CH3COO)2·3H2O and CsI:PbI2 were used."
    assert formulas_in(text, text.lower()) == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("An ink of 1.53 M PbI2, 1.4 M FAI, 0.5 M MACl and 0.0122 M MAPbBr3 in DMF and DMSO was spun.", "FA0.99MA0.01PbBr0.03I2.97"),
        ("The ink held 41.6 mg CsI, 165.1 mg FAI, 76.3 mg MAI, 368.8 mg PbI2 and 298.0 mg SnI2 in 1 mL of DMF.", "Cs0.1FA0.6MA0.3Pb0.5Sn0.5I3"),
        ("PbI2 (1.2 mmol), FAI (1.08 mmol) and CsI (0.12 mmol) were dissolved in 1 mL of DMSO.", "Cs0.1FA0.9PbI3"),
        ("PbI2 and CH3NH3I in equal moles were dissolved in γ-butyrolactone.", "MAPbI3"),
        ("A solution of PbI2 and MAI (1:1 by moles, 1.3 M) in DMF was spun.", "MAPbI3"),
        ("BAI, MAI and PbI2 in a molar ratio of 2:2:3 were dissolved in DMF.", "BA2MA2Pb3I10"),
        ("FAI, CsI and PbI2 with concentrations of 0.9, 0.1 and 1.0 M, respectively, were dissolved in DMF.", "Cs0.1FA0.9PbI3"),
        ("FAPbI3 powder (1.4 mmol) and MAPbBr3 (0.07 mmol) were dissolved in DMF and DMSO.", "FA0.95MA0.05PbBr0.14I2.86"),
        ("Solutions of 1.1 M FAPbI3 and 1.1 M MAPbBr3 in DMF were mixed in a volume ratio of 9:1.", "FA0.9MA0.1PbBr0.3I2.7"),
        ("Stock A was made of CsI and PbI2, 1.3 M each, in DMSO. Stock B was made of FAI and PbI2, 1.3 M each, in DMF. For the film 100 µL of A and 900 µL of B were blended.", "Cs0.1FA0.9PbI3"),
        ("Solution A: 1.5 M FAI and 1.5 M PbI2 in DMF. Solution B: 1.5 M CsI and 1.5 M PbI2 in DMSO. A and B were mixed at 4:1 by volume.", "Cs0.2FA0.8PbI3"),
        ("FAI (1 M) and PbI2 (1.05 M) were dissolved in DMF. Then 40 µL of a CsI stock solution (1.25 M in DMSO) was added to 1 mL of it.", "Cs0.05FA0.95PbI3"),
        ("CsI, DMAI and PbI2 (0.9 M each) in DMSO gave the black film after 5 min at 200 °C.", "CsPbI3"),
        ("0.7 M CsI, 0.3 M DMAI and 1.0 M PbI2 in DMF were stirred overnight.", "Cs0.7DMA0.3PbI3"),
        ("5-AVAI (0.05 M), MAI (0.95 M) and PbI2 (1 M) were dissolved in GBL.", "(5-AVA)0.05MA0.95PbI3"),
        ("1.10 mmol PbI2, 1.067 mmol MAI and 0.033 mmol 5-aminovaleric acid iodide were dissolved in 1 mL GBL.", "(5-AVA)0.03MA0.97PbI3"),
        ("MAI (1 M), PbI2 (1 M) and PEAI (0.05 M) were dissolved in DMF.", "MAPbI3"),
        ("PEAI, FAI and PbI2 were mixed at 2:4:5 in DMF and DMSO to get the absorber.", "(PEA)2FA4Pb5I16"),
        ("Butylammonium iodide, methylammonium iodide and lead iodide were weighed at 2:4:5 and dissolved in DMF.", "BA2MA4Pb5I16"),
        ("1 M PbI2, 0.1 M CsI and 0.9 M FAI in DMF formed the ink. PEACl, 0.5 mol% of lead, was put in as an additive.", "Cs0.1FA0.9PbI3"),
    ],
)  # fmt: skip
def test_composition_by_arithmetic(text: str, form: str) -> None:
    reading = first(text)
    assert (reading.long_form, reading.source) == (form, "deduced")
    assert reading.certainty >= 0.5


def test_two_steps_are_weighed_by_moles() -> None:
    reading = first(
        "1.4 M PbI2 in DMF/DMSO (9:1) was spin-coated and dried. FAI (80 mg), MAI (12 mg) and MACl (8 mg) in 1 mL"
        " isopropanol were then spin-coated on the PbI2 film."
    )
    assert reading.long_form == "FA0.86MA0.14PbI3"
    assert reading.solvents == "DMF; DMSO >> IPA"
    assert reading.additives == ("Cl",)


def test_a_written_formula_wins_and_the_arithmetic_says_how_certain_it_is() -> None:
    amounts = "{} M CsI, 0.83 M FAI and 1 M PbI2 in DMF were used for the Cs0.17FA0.83PbI3 film."
    agreeing, other = first(amounts.format(0.17)), first(amounts.format(0.6))
    assert agreeing.long_form == other.long_form == "Cs0.17FA0.83PbI3"
    assert agreeing.source == other.source == "text"
    assert agreeing.certainty > 0.9 > other.certainty


def test_cations_without_amounts_give_an_open_formula_with_low_certainty() -> None:
    reading = first("FAI, MABr, PbI2 and PbBr2 were dissolved in DMF.")
    assert reading.long_form == "FAxMAxPbBrxIx"
    assert reading.certainty < 0.3


def test_salts_of_which_a_written_formula_is_made_do_not_outvote_it() -> None:
    reading = first(
        "A 1.5 M solution of FA0.9MA0.05Cs0.05PbI3 was made from CsI, FAI, MAI and PbI2 in DMF and DMSO."
        " Lead iodide was weighed in with an excess of 4 mol%, and 10 mol% MACl was introduced as an additive."
    )
    assert (reading.long_form, reading.additives) == ("Cs0.05FA0.9MA0.05PbI3", ("Cl",))
    assert reading.certainty > 0.9


@pytest.mark.parametrize(
    "aside",
    [
        "Films from 3 M MAI and 1 M PbCl2 in DMF were cast as well, solely for photoluminescence.",
        "Layers were also spun from MAI and PbCl2 in DMF. Such layers served only for diffraction, and no cells were made of them.",
        "In early trials NH4Cl was added to the solution, but not for the cells of this paper.",
    ],
)  # fmt: skip
def test_films_that_are_in_no_cell_have_no_say(aside: str) -> None:
    reading = first(f"The absorber ink was 1 M FAI and 1 M PbI2 in DMF. {aside}")
    assert (reading.long_form, reading.additives) == ("FAPbI3", ())


def test_the_films_of_a_side_experiment_do_not_win() -> None:
    readings = perovskite_readings(Document(
        HEADING + "The ink of 0.8 mmol FAI, 0.2 mmol CsI and 1 mmol PbI2 in 1 mL of DMF was spin-coated.\n"
        "Characterisation\nFor X-ray photoelectron spectra films of MAPbI3 were used instead."
    ))  # fmt: skip
    assert readings[0].long_form == "Cs0.2FA0.8PbI3"


def test_a_control_is_marked_and_comes_second() -> None:
    readings = perovskite_readings(Document(
        HEADING + "For the target, 1 M FAI, 0.8 M PbI2 and 0.2 M PbBr2 were dissolved in DMF."
        " For the control, 1 M FAI and 1 M PbI2 were dissolved in DMF."
    ))  # fmt: skip
    assert [(r.long_form, r.role) for r in readings] == [
        ("FAPbBr0.4I2.6", "target"),
        ("FAPbI3", "control"),
    ]


def test_evidence_is_the_place_of_the_salts() -> None:
    text = HEADING + "ITO was cleaned. The ink held 1 M PbI2 and 1 M MAI in DMF."
    (start, end), *_ = perovskite_readings(Document(text))[0].spans
    assert text[start:end] == "PbI2 and 1 M MAI"


@pytest.mark.parametrize(
    ("text", "solvents"),
    [
        ("Cs0.15FA0.85PbI3 in 2-methoxyethanol (2-ME) and DMSO was blade-coated.", "2-methoxyethanol; DMSO"),
        ("The ink was FAPbI3 in DMF with NMP.", "DMF; NMP"),
        ("PbI2 and MAI were dissolved in DMF. Chlorobenzene was dripped. PEAI in isopropanol was spin-coated on the perovskite.", "DMF"),
        ("PbI2 and MAI were dissolved in DMF. PCBM in chlorobenzene and BCP in ethanol followed.", "DMF"),
        ("PbI2 in DMF was spin-coated. The film was dipped into CH3NH3I in 2-propanol (10 mg/mL).", "DMF >> IPA"),
        ("PbI2 and MAI were co-evaporated at 10-6 mbar.", "none"),
        ("PbI2 was thermally evaporated. MAI in isopropanol was then spin-coated on it.", "none >> IPA"),
        ("The film was made from PbI2(DMSO) and FAI (1:1) in DMF.", "DMF"),
        ("MAI and PbI2 were dissolved in a mixture of GVL and absolute ethanol (9:1, v/v).", "Ethanol; GVL"),
        ("MAI and PbI2 were dissolved in γ-valerolactone to which 10 vol% of methanol was mixed.", "GVL; Methanol"),
        ("CsI and PbI2 were dissolved in DMSO with 5 % water by volume.", "DMSO; H2O"),
        ("MAI and PbI2 were dissolved in DMF. The film was washed with ethanol.", "DMF"),
        ("The FAPbI3 ink in DMF/DMSO was quenched with a mixture of chlorobenzene and isopropanol (9:1).", "DMF; DMSO"),
        ("MAI and PbI2 in acetonitrile/methylamine were blade-coated.", "Acetonitrile; Methylamine"),
    ],
)  # fmt: skip
def test_solvents_step_by_step(text: str, solvents: str) -> None:
    assert first(text).solvents == solvents


@pytest.mark.parametrize(
    ("text", "additives"),
    [
        ("FASnI3 with 10 mol% SnF2 was dissolved in DMF and DMSO.", ("SnF2",)),
        ("MAI and PbCl2 (3:1 molar ratio) were dissolved in DMF.", ("Cl",)),
        ("A MAPbI3-xClx film was spin-coated.", ("Cl",)),
        ("PbI2 and FAI were dissolved in DMF. 0.3 mol% of the ionic liquid HXIM-OTf was added to this ink.", ("HXIM-OTf",)),
        ("PbI2 and FAI were dissolved in DMF. KI (2 mol%) was added to the solution.", ("KI",)),
        ("PbI2 and FAI were dissolved in DMF with 3 mol% lead thiocyanate.", ("Pb(SCN)2",)),
        ("PbI2 and MAI were dissolved in DMF. PEAI in isopropanol was spin-coated on the perovskite film.", ()),
        ("PbI2 and MAI were dissolved in DMF. The film was treated with PEACl in isopropanol.", ()),
        ("PbI2 and FAI were dissolved in DMF. Phenethylammonium chloride (PEACl, 0.5 mol% of lead) was added to the ink.", ("PEACl",)),
        ("CsI, PbI2 and DMAI (0.75 M each) were dissolved in DMF.", ("DMAI",)),
        ("PbI2 and FAI were dissolved in DMF with MACl. Semioxamazide (SOZ, 0.4 mol% of lead) was mixed in shortly before coating.", ("Cl", "SOZ")),
        ("FASnI3 was made from FAI and SnI2 in DMSO with 10 mol% SnF2. 4 mg of DHPZ was weighed into the same vial.", ("DHPZ", "SnF2")),
        ("FASnI3 was made from FAI and SnI2 in DMSO with 10 mol% SnF2 and 1 mol% of ethane-1,2-diamine hydroiodide (EDAHI).", ("EDAHI", "SnF2")),
        ("PbI2 and FAI (1.5 M each) in DMF with 0.25 mol% oleylamine (OAm), which is the additive, were stirred.", ("OAm",)),
    ],
)  # fmt: skip
def test_additives_of_the_ink(text: str, additives: tuple[str, ...]) -> None:
    assert first(text).additives == additives


def test_dopants_belong_to_their_layer() -> None:
    found = layer_additives(Document(
        HEADING + "LiTFSI in acetonitrile was spin-coated on the mesoporous TiO2. Spiro-OMeTAD (70 mg) was dissolved in"
        " chlorobenzene with 28 µL of 4-tert-butylpyridine, 17 µL of Li-TFSI solution and FK209."
    ))  # fmt: skip
    assert found == {"TiO2-mp": ["Li-TFSI"], "Spiro-MeOTAD": ["FK209", "Li-TFSI", "TBP"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PTAA in toluene was doped with 5 wt% TPFB.", {"PTAA": ["TPFB"]}),
        ("P3HT in chlorobenzene was spin-coated without dopants.", {"P3HT": [UNDOPED]}),
        ("DTPA-XY2 was dissolved in chlorobenzene and served as dopant-free hole conductor.", {"DTPA-XY2": [UNDOPED]}),
        ("KCl (10 mM) was added to the SnO2 colloid.", {"SnO2-np": ["KCl"]}),
        ("PEDOT:PSS was spin-coated.", {}),
        ("P3HT was dissolved in chlorobenzene and used without a dopant.", {"P3HT": [UNDOPED]}),
        ("TaTm was doped with F6-TCNNQ (8 wt%) by co-evaporation.", {"TaTm": ["F6-TCNNQ"]}),
        ("C60 was n-doped with PhIm (5 wt%) by co-evaporation.", {"C60": ["PhIm"]}),
        ("La:BaSnO3 was spin-coated as electron transport layer.", {"BaSnO3": ["La"]}),
        ("Lanthanum-doped BaSnO3 was blade-coated as the electron transporter.", {"BaSnO3": ["La"]}),
        ("NiOx doped with copper (5 at% Cu) was sputtered.", {"NiO-c": ["Cu"]}),
        ("The SnO2 dispersion was mixed with 10 mM potassium chloride.", {"SnO2-np": ["KCl"]}),
        ("The mesoporous TiO2 was soaked in 40 mM TiCl4 at 70 °C and sintered again.", {"TiO2-mp": ["TiCl4"]}),
        ("Compact TiO2 was grown by chemical bath deposition in 200 mM TiCl4.", {}),
    ],
)  # fmt: skip
def test_additives_of_layers(text: str, found: dict[str, list[str]]) -> None:
    assert layer_additives(Document(HEADING + text)) == found


@pytest.mark.parametrize(
    ("text", "layer", "target", "control"),
    [
        ("PTAA was doped with TPFB in the target cells. In the control cells, Li-TFSI and tBP were put into the PTAA.", "PTAA", ["TPFB"], ["Li-TFSI", "TBP"]),
        ("In the reference, Spiro-OMeTAD contained LiTFSI and tBP. In the target it contained no dopants.", "Spiro-MeOTAD", [UNDOPED], ["Li-TFSI", "TBP"]),
        ("Spiro-OMeTAD of both cells contained LiTFSI and tBP.", "Spiro-MeOTAD", ["Li-TFSI", "TBP"], ["Li-TFSI", "TBP"]),
    ],
)  # fmt: skip
def test_target_and_control_keep_their_own_dopants(text, layer, target, control) -> None:
    document = Document(HEADING + text)
    assert layer_additives(document)[layer] == target
    assert layer_additives(document, "control")[layer] == control


def test_dopants_that_only_the_list_of_chemicals_names_are_deduced() -> None:
    bought = layer_additives_with_places(Document(
        "Materials\nSpiro-OMeTAD, Li-TFSI and 4-tert-butylpyridine were purchased from a supplier.\n"
        "Device fabrication\nSpiro-OMeTAD was spin-coated at 3000 rpm as described before."
    ))  # fmt: skip
    assert bought.names == {"Spiro-MeOTAD": ["Li-TFSI", "TBP"]}
    assert bought.is_deduced("Spiro-MeOTAD")
    told = layer_additives_with_places(Document(HEADING + "Spiro-OMeTAD with Li-TFSI was spin-coated."))  # fmt: skip
    assert not told.is_deduced("Spiro-MeOTAD")


@pytest.mark.parametrize("text", ["", "PbI2", "(((", "x" * 5000, "1 M PbI2 " * 3000, "A 1:0 M MAI, PbI2 (0 M) in DMF."])  # fmt: skip
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(perovskite_readings(Document(text)), list)
    assert isinstance(layer_additives(Document(text)), dict)
