"""Ageing tests read by rules, on sentences written for these tests (issue 14)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding

START = "Methods\nSolar cells were made as described.\n"


def read(text: str) -> dict[str, str]:
    found = stability_findings(Document(START + text))
    return {name.removeprefix("Stability_"): finding.value for name, finding in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The devices kept 90 % of their initial efficiency after 1000 h at 60 °C in N2.",
            ("60; 60", "N2", "1000", None, "90"),
        ),
        (
            "Stability. Cells were stored in ambient air (25 °C, RH 40%). The PCE decreased from 20.1% to 18.9% after 30 days.",
            ("25; 25", "Air", "720", "20.1", "94"),
        ),
        (
            "For the target devices a T90 of 900 h was found at 65 °C under one sun in nitrogen.",
            ("65; 65", "N2", "900", None, "90"),
        ),
        (
            "Encapsulated cells were aged at 85 °C and 85% relative humidity and lost only 8% of their initial PCE after 1,000 h.",
            ("85; 85", "Air", "1000", None, "92"),
        ),
        (
            "In the same glovebox, in the dark at room temperature, the cells preserved 94% of 11.2% after 1100 h of shelf storage.",
            ("25; 25", "N2", "1100", "11.2", "94"),
        ),
        (
            "The devices were kept on a hotplate at 85 °C in an argon glovebox; after 500 hours they still had nine tenths of the starting efficiency.",
            ("85; 85", "Ar", "500", None, "90"),
        ),
        (
            "Over 60 days of storage in dry air at room temperature the modified cells showed no loss in efficiency.",
            ("25; 25", "Dry air", "1440", None, "100"),
        ),
        (
            "The ISOS-L-1 protocol was followed: cells at open circuit, 25 °C, ambient air. Half of the efficiency was lost after 350 h.",
            ("25; 25", "Air", "350", None, "50"),
        ),
        (
            "An efficiency of 19.0% before and 17.1% after 240 h at 85 °C in nitrogen was measured for the cells.",
            ("85; 85", "N2", "240", "19", "90"),
        ),
        (
            "Stability. The cells were cycled between −40 °C and 85 °C and kept 92% of the initial value.",
            ("-40; 85", None, None, None, "92"),
        ),
        (
            "Operational stability tests were carried out at the maximum power point in a N2 atmosphere at 313 K for 1200 h without encapsulation.",
            ("40; 40", "N2", "1200", None, None),
        ),
        (
            "After three months in the dark in vacuum the devices delivered 96 percent of the original efficiency.",
            (None, "Vacuum", "2160", None, "96"),
        ),
    ],
)
def test_fields_of_one_test(text, expected):
    found = read(text)
    assert found["measured"] == "TRUE"
    names = (
        "temperature_range", "atmosphere", "time_total_exposure", "PCE_initial_value", "PCE_end_of_experiment",
    )  # fmt: skip
    assert tuple(found.get(name) for name in names) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The thermal stability of the films was examined by TGA up to 500 °C.",
        "The colloidal stability of the ink was followed for 30 days; the ink was kept at 4 °C.",
        "Films were aged at 85 °C for 500 h in air and examined by XRD.",
        "The power output was tracked for 300 s at the maximum power point. The steady-state PCE was 21.2%.",
        "No long-term study was carried out.",
        "J–V curves were measured in air at 25 °C. The humidity was kept below 30%.",
        "Degradation in air was followed with organic cells only, at 65 °C for 300 h.",
        "",
    ],
)
def test_silence_is_silence(text):
    assert read(text) == {}


def test_target_wins_over_control_whichever_comes_first():
    found = read(
        "Long-term stability was tested by MPP tracking in N2 at 45 °C. The control device degraded to 70% after 400 h, "
        "while the target device retained 95% of its initial PCE (23.4%) after 800 h."
    )
    assert found["PCE_end_of_experiment"] == "95"
    assert found["time_total_exposure"] == "800"
    assert found["PCE_initial_value"] == "23.4"
    assert found["temperature_range"] == "45; 45"


def test_test_with_an_outcome_wins_and_keeps_its_own_conditions():
    found = read(
        "Stability. For damp heat, the cells were kept at 85 °C and 85% relative humidity for 600 h; they retained 93% of "
        "their initial efficiency (17.6%). For light soaking they were held in nitrogen at 60 °C for 900 h."
    )
    assert found["time_total_exposure"] == "600"
    assert found["temperature_range"] == "85; 85"
    assert found["atmosphere"] == "Air"


def test_longest_test_wins_where_none_has_an_outcome():
    found = read(
        "Stability. Cells were stored in the dark in nitrogen at 25 °C for 300 h. Other cells were aged in air at 65 °C for 700 h."
    )
    assert (found["time_total_exposure"], found["temperature_range"]) == ("700", "65; 65")


def test_last_outcome_of_the_same_cells():
    found = read("The cells kept 88% of the initial efficiency after 1000 h, and 80% after 2000 h.")
    assert (found["PCE_end_of_experiment"], found["time_total_exposure"]) == ("80", "2000")


def test_average_and_lamination():
    found = read(
        "Stability. Cells were laminated at 130 °C with a foil. They were aged at 85 °C and 85% humidity; the mean of six "
        "devices fell to 97% of the initial value after 500 h."
    )
    assert found["average_over_n_number_of_cells"] == "6"
    assert found["temperature_range"] == "85; 85"


def test_spans_point_at_what_was_read():
    document = Document(START + "The cells kept 90% of their initial PCE after 1000 h at 60 °C.")
    found = stability_findings(document)
    (start, end), *_ = found["Stability_PCE_end_of_experiment"].spans
    assert document.text[start:end] == "90%"
    assert found["Stability_PCE_end_of_experiment"].source == "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Stability. Encapsulated devices were aged at 65 ± 3 °C in ambient air under one-sun light at the maximum power point. Averaged over seven devices, the efficiency fell to 91% of its initial value in 980 h.', {'average_over_n_number_of_cells': '7', 'temperature_range': '65; 65', 'atmosphere': 'Air', 'time_total_exposure': '980', 'PCE_end_of_experiment': '91'}),
        ('Ageing. Unencapsulated cells were kept at 85 °C in nitrogen in the dark. The curves show the mean of five cells; after 620 h they retained 89% of the starting PCE.', {'average_over_n_number_of_cells': '5', 'temperature_range': '85; 85', 'atmosphere': 'N2', 'time_total_exposure': '620', 'PCE_end_of_experiment': '89'}),
        ('Long-term stability was followed on nine cells of each kind, which were stored in air at 25 °C. After 1,200 h the average efficiency amounted to 94% of the initial one.', {'average_over_n_number_of_cells': '9', 'temperature_range': '25; 25', 'atmosphere': 'Air', 'time_total_exposure': '1200', 'PCE_end_of_experiment': '94'}),
        ('For the shelf test, a set of 12 devices was stored in dry air (24 ± 2 °C). Values are averages over the set. They kept 97% of the initial PCE of 22.6% after 60 days.', {'average_over_n_number_of_cells': '12', 'temperature_range': '24; 24', 'atmosphere': 'Dry air', 'time_total_exposure': '1440', 'PCE_end_of_experiment': '97', 'PCE_initial_value': '22.6'}),
        ('Operational stability was measured by MPP tracking under white LEDs at 45 °C in N2. Each trace is the average of three cells. The target cells lost 6% of their initial PCE in 700 h.', {'average_over_n_number_of_cells': '3', 'temperature_range': '45; 45', 'atmosphere': 'N2', 'time_total_exposure': '700', 'PCE_end_of_experiment': '94'}),
        ('Stability data are means of n = 6 devices. The devices were aged under illumination in argon at 40 °C and retained 90% after 450 h.', {'average_over_n_number_of_cells': '6', 'temperature_range': '40; 40', 'atmosphere': 'Ar', 'time_total_exposure': '450', 'PCE_end_of_experiment': '90'}),
        ('The photovoltaic parameters in Table 1 are averages of 20 cells. The stability of a single unencapsulated cell was followed at its maximum power point in N2 at 55 °C; the efficiency dropped to 80% after 310 h.', {'average_over_n_number_of_cells': '1', 'temperature_range': '55; 55', 'atmosphere': 'N2', 'time_total_exposure': '310', 'PCE_end_of_experiment': '80'}),
        ('J-V statistics were collected from 24 devices in three batches. XRD was measured on films kept at 85 °C for 24 h in nitrogen.', {'average_over_n_number_of_cells': None, 'temperature_range': None, 'atmosphere': None, 'time_total_exposure': None, 'measured': None}),
        ('Stability. For thermal ageing, cells were placed on a hotplate at 85 °C in nitrogen for 400 h and kept 87% of the initial PCE. For operational stability, encapsulated target cells were tracked at the maximum power point at 50 °C in ambient air; T90 was 1,100 h.', {'temperature_range': '85; 85', 'atmosphere': 'N2'}),
        ('Shelf life. Devices rested in a glovebox filled with argon at 298 K without illumination. They showed 96% of the initial efficiency of 18.2% after 100 days.', {'temperature_range': '25; 25', 'atmosphere': 'Ar', 'time_total_exposure': '2400', 'PCE_end_of_experiment': '96', 'PCE_initial_value': '18.2'}),
        ('Unencapsulated devices were stored in a nitrogen-filled glovebox (H2O and O2 < 1 ppm) in the dark at 300 K and measured every week. After eight weeks, 93% of the initial performance remained.', {'temperature_range': '27; 27', 'atmosphere': 'N2', 'time_total_exposure': '1344', 'PCE_end_of_experiment': '93'}),
        ('The damp-heat test was done at 85 °C and 85% relative humidity with glass-glass encapsulated cells. The cells held 95% of the initial 20.4% for 1000 h.', {'temperature_range': '85; 85', 'time_total_exposure': '1000', 'PCE_end_of_experiment': '95', 'PCE_initial_value': '20.4'}),
        ('Light soaking was done in a chamber purged with dry nitrogen, whose temperature was held between 50 and 60 °C. The PCE went from 19.8% to 17.8% in 500 h.', {'temperature_range': '50; 60', 'atmosphere': 'N2', 'time_total_exposure': '500', 'PCE_initial_value': '19.8', 'PCE_end_of_experiment': '90'}),
        ('Perovskite films were dried in air at 60 °C. Stability of the finished cells: storage in a dry box (relative humidity below 10%) at room temperature for 30 d, after which 98% of the efficiency was left.', {'time_total_exposure': '720', 'PCE_end_of_experiment': '98', 'atmosphere': 'Air'}),
        ('Devices were cycled between −40 °C and 85 °C 200 times. For the MPP tracking the cells were held at −10 ± 2 °C in vacuum and lost 3% in 150 h.', {'temperature_range': '-10; -10', 'atmosphere': 'Vacuum', 'time_total_exposure': '150', 'PCE_end_of_experiment': '97'}),
        ('Module stability. Three modules were encapsulated with glass and butyl rubber and aged at 65 °C under one sun in ambient air. The mean PCE of the modules fell to 92% of 17.9% in 850 h.', {'average_over_n_number_of_cells': '3', 'temperature_range': '65; 65', 'atmosphere': 'Air', 'time_total_exposure': '850', 'PCE_end_of_experiment': '92', 'PCE_initial_value': '17.9'}),
        ('Stability. Target cells were held in the dark at 85 °C (±1 °C) under argon. Data points stand for the average over ten cells, which had lost a tenth of their initial PCE after 550 h.', {'average_over_n_number_of_cells': '10', 'temperature_range': '85; 85', 'atmosphere': 'Ar', 'time_total_exposure': '550', 'PCE_end_of_experiment': '90'}),
        ('Cells without a cover were left in laboratory air (22 °C ± 2 °C, 40-50% relative humidity) and scanned once a week. The initial efficiency of 20.7% had fallen to 18.6% after 90 days.', {'temperature_range': '22; 22', 'atmosphere': 'Air', 'time_total_exposure': '2160', 'PCE_initial_value': '20.7', 'PCE_end_of_experiment': '90'}),
        ('Eight cells per condition were tracked at the maximum power point at 60 °C in nitrogen. Given is their median, which stayed above 95% of the initial value for 1,500 h.', {'average_over_n_number_of_cells': '8', 'temperature_range': '60; 60', 'atmosphere': 'N2', 'time_total_exposure': '1500', 'PCE_end_of_experiment': '95'}),
        ('Ageing of mini-modules\nFour encapsulated mini-modules were operated at 55 °C in ambient air. On average they kept 93% of the initial 17.2% after 1000 h.', {'average_over_n_number_of_cells': '4', 'temperature_range': '55; 55', 'atmosphere': 'Air', 'time_total_exposure': '1000', 'PCE_end_of_experiment': '93', 'PCE_initial_value': '17.2'}),
        ('Stability was recorded for one encapsulated device under continuous illumination at 338 K in air; T80 was 860 h.', {'average_over_n_number_of_cells': '1', 'temperature_range': '65; 65', 'atmosphere': 'Air', 'time_total_exposure': '860', 'PCE_end_of_experiment': '80'}),
        ('The error bars give the standard deviation of 16 devices. Cells were stored in nitrogen in the dark at room temperature and retained 99% of the initial efficiency after 1000 h.', {'temperature_range': '25; 25', 'atmosphere': 'N2', 'time_total_exposure': '1000', 'PCE_end_of_experiment': '99'}),
        ('Sealed devices were operated at the maximum power point in ambient air, the temperature of the holder being 40 °C with a drift of at most 3 °C. 88% of the initial output was left after 720 h.', {'temperature_range': '40; 40', 'atmosphere': 'Air', 'time_total_exposure': '720', 'PCE_end_of_experiment': '88'}),
        ('Bare devices rested in the dark in a desiccator at 295 K. When measured again after 5 months they gave 92% of the first value.', {'temperature_range': '22; 22', 'atmosphere': 'Dry air', 'time_total_exposure': '3600', 'PCE_end_of_experiment': '92'}),
        ('Stability. The thermal test was run on a hotplate at 85 °C in a glovebox; the cells held 90% for 1000 h. Moisture uptake of films was examined in humid air at 30 °C by X-ray diffraction.', {'temperature_range': '85; 85', 'atmosphere': 'N2', 'time_total_exposure': '1000', 'PCE_end_of_experiment': '90'}),
        ('In the light-soaking test the encapsulated cells were illuminated by a metal halide lamp at a temperature of 70 to 75 °C in ambient air. The efficiency after 300 h was 84% of the initial efficiency of 21.3%.', {'temperature_range': '70; 75', 'atmosphere': 'Air', 'time_total_exposure': '300', 'PCE_end_of_experiment': '84', 'PCE_initial_value': '21.3'}),
        ('The mean PCE of eighteen cells was 21.1 ± 0.4%.', {'average_over_n_number_of_cells': None, 'PCE_end_of_experiment': None, 'measured': None}),
        ('Reliability. Two batches of five encapsulated cells were light-soaked at 55 ± 2 °C in ambient air. The mean normalised PCE was 0.93 after 800 h.', {'temperature_range': '55; 55', 'atmosphere': 'Air', 'time_total_exposure': '800'}),
        ('Ten unencapsulated devices were exposed to air with 60% relative humidity at 23 °C. Their average efficiency decreased by 7% within 500 h.', {'average_over_n_number_of_cells': '10', 'temperature_range': '23; 23', 'atmosphere': 'Air', 'time_total_exposure': '500', 'PCE_end_of_experiment': '93'}),
        ('Devices without encapsulation were kept under nitrogen at 358 K. The plotted values are the arithmetic mean of nine devices; 91% of the initial PCE was left after 1000 h.', {'average_over_n_number_of_cells': '9', 'temperature_range': '85; 85', 'atmosphere': 'N2', 'time_total_exposure': '1000', 'PCE_end_of_experiment': '91'}),
        ('The champion device was held at its maximum power point in nitrogen at 35 °C for 400 h, and 97% of the initial efficiency (23.1%) remained.', {'temperature_range': '35; 35', 'atmosphere': 'N2', 'time_total_exposure': '400', 'PCE_end_of_experiment': '97', 'PCE_initial_value': '23.1'}),
        ('Storage test: cells in air (20-25 °C, 30% RH), dark, no encapsulation, 45 days. Retained: 95% of the initial PCE.', {'temperature_range': '20; 25', 'atmosphere': 'Air', 'time_total_exposure': '1080', 'PCE_end_of_experiment': '95'}),
        ('ISOS-D-2I ageing was done at 65 °C in a nitrogen-filled oven. We averaged four samples. After 1,000 h the loss amounted to 5% of the starting PCE.', {'average_over_n_number_of_cells': '4', 'temperature_range': '65; 65', 'atmosphere': 'N2', 'time_total_exposure': '1000', 'PCE_end_of_experiment': '95'}),
        ('The cells were tested under three suns at 50 °C in a sealed chamber flushed with argon. T95 = 210 h.', {'temperature_range': '50; 50', 'atmosphere': 'Ar', 'time_total_exposure': '210', 'PCE_end_of_experiment': '95'}),
        ('Before J-V scans the cells were kept at 25 °C in nitrogen. The PL of films aged for 100 h at 85 °C in air was recorded too.', {'time_total_exposure': None, 'PCE_end_of_experiment': None, 'measured': None}),
        ('Lifetime tests. Encapsulated cells ran at the maximum power point for 650 h in air; the block beneath them was set to 45 °C (± 1.5 °C). PCE losses averaged 4% for six cells.', {'average_over_n_number_of_cells': '6', 'temperature_range': '45; 45', 'atmosphere': 'Air', 'time_total_exposure': '650', 'PCE_end_of_experiment': '96'}),
        ('After 40 days in a nitrogen glovebox at room temperature the devices still delivered 96% of the PCE measured on the first day.', {'temperature_range': '25; 25', 'atmosphere': 'N2', 'time_total_exposure': '960', 'PCE_end_of_experiment': '96'}),
        ('Target devices (average of n = 12) kept 92% of their initial PCE after 1,400 h of MPP tracking at 50 °C under N2 flow, controls 61%.', {'average_over_n_number_of_cells': '12', 'temperature_range': '50; 50', 'atmosphere': 'N2', 'time_total_exposure': '1400', 'PCE_end_of_experiment': '92'}),
        ('For outdoor ageing, two laminated modules were mounted on a roof for 6 months. The efficiency declined from 15.2% to 14.1%.', {'atmosphere': 'Air', 'time_total_exposure': '4320', 'PCE_initial_value': '15.2', 'PCE_end_of_experiment': '93'}),
    ],
)  # fmt: skip
def test_wordings_of_one_test(text, expected):
    """`expected`: what is read of each field; None where nothing may be read."""
    found = stability_findings(Document(text))
    read_of = {name: found.get(f"Stability_{name}") for name in expected}
    assert {name: finding and finding.value for name, finding in read_of.items()} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The outcome names neither a verb of keeping nor the word initial; the set-out has no name of a test.
        ('Warm and dry. Open cells were left in the dark on a heating stage of 75 °C in an argon glovebox and were scanned twice a week. After 900 h the blended cells had 87% of the 19.4% they had started with; the plain ones were at 51% of 18.8%.', {"temperature_range": "75; 75", "atmosphere": "Ar", "time_total_exposure": "900", "PCE_initial_value": "19.4", "PCE_end_of_experiment": "87"}),
        # One clause denies the test of other cells.
        ("Ageing. Sealed cells ran at the maximum power point in ambient air at 40 °C. After 410 h the blade-coated cells gave 93% of the initial 16.6%; the evaporated cells were not tested for stability.", {"time_total_exposure": "410", "PCE_initial_value": "16.6", "PCE_end_of_experiment": "93"}),
        # "every" is how often they were measured, and no treatment.
        ("Characterisation\nSimulated light came from a xenon lamp. The modified cells were kept for 45 days in a cupboard of the office (21 °C, 35 to 50% relative humidity) and scanned every five days. Their PCE went from 5.0% to 4.6%, so that 92% remained.", {"temperature_range": "21; 21", "atmosphere": "Air", "time_total_exposure": "1080", "PCE_initial_value": "5", "PCE_end_of_experiment": "92"}),
        # In note form, without a verb, with the count in a line of its own kind.
        ("STABILITY\n• Series A: devices without cover glass, laboratory air, 55 ± 5% relative humidity, 26 °C, dark, 960 h. (M): 12.1% at the start, 91% of it kept. (S): 9.7% at the start, 70% of it kept. Averages of seven devices.", {"average_over_n_number_of_cells": "7", "temperature_range": "26; 26", "atmosphere": "Air", "time_total_exposure": "960", "PCE_initial_value": "12.1", "PCE_end_of_experiment": "91"}),
        # Two values in one breath; the target cells have the first.
        ("Ageing. Bare cells were held at 50 °C at the maximum power point in nitrogen. Two cells with the additive and two without it were aged for 15 days; their efficiencies were 18.9% and 17.5% at the beginning, and 95% and 72% of these remained.", {"time_total_exposure": "360", "PCE_initial_value": "18.9", "PCE_end_of_experiment": "95"}),
        ("Ageing. Control and target cells were held at 50 °C in nitrogen for 700 h. Their efficiencies were 17.1% and 19.3% at the start, and 66% and 90% of that was left.", {"PCE_initial_value": "19.3", "PCE_end_of_experiment": "90"}),
        ("Stability tests. Bare cells were operated at the maximum power point in nitrogen at 45 °C. After 380 h, 89% of the initial efficiency was left in the treated case and 57% in the untreated case. The initial efficiencies were 20.4% and 19.1%, respectively.", {"time_total_exposure": "380", "PCE_initial_value": "20.4", "PCE_end_of_experiment": "89"}),
        # "initially" behind the cells, the outcome relative to it.
        ("Long-term stability: sealed cells were operated in ambient air at 38 °C for 540 h. The PCE of the coated cell, initially 17.6%, fell to 93% of this value.", {"time_total_exposure": "540", "PCE_initial_value": "17.6", "PCE_end_of_experiment": "93"}),
        # What the cells began with is told once, behind two tests.
        ("Stability. Three treated and three reference cells were left in ambient air at 23 °C. The treated cells had 92% of their original efficiency after 20 days. In another test, treated cells were heated to 70 °C in nitrogen for 150 h; here 88% of the efficiency was left. The mean efficiency at the beginning was 12.8% for the treated and 11.0% for the reference cells.", {"time_total_exposure": "480", "PCE_initial_value": "12.8", "PCE_end_of_experiment": "92"}),
        # Each kind of cells with its own efficiency in brackets, split by a comma alone.
        ("Operational stability. Cells were operated in air at 42 °C. Target cells (initial PCE 20.9%) retained 91% after 560 h, reference cells (initial PCE 18.2%) 62% after 210 h.", {"time_total_exposure": "560", "PCE_initial_value": "20.9", "PCE_end_of_experiment": "91"}),
        # Denied for the whole paper, and not for a part of it.
        ("The cells rested in nitrogen between scans. The stability of the devices was not studied, neither in air nor in nitrogen.", {"measured": "FALSE", "atmosphere": None}),
        ("No ageing tests were carried out on the cells.", {"measured": "FALSE"}),
        ("Stability was not investigated in this work.", {"measured": "FALSE"}),
        ("The stability of the precursor solution was not studied.", {"measured": None}),
        ("The stability of the lamp was not tested. Cells were measured in air.", {"measured": None}),
        ("Two weeks in the oven. We put the bare cells in an oven of 65 °C with room air. After 330 h the doped cells showed 81% of the 18.3% they began with.", {"temperature_range": "65; 65", "atmosphere": "Air", "time_total_exposure": "330", "PCE_initial_value": "18.3", "PCE_end_of_experiment": "81"}),
        ("STABILITY\n- Cells with cover glass, one sun, air, 45 °C, 820 h. Start 19.1%; end 94% of start.", {"time_total_exposure": "820", "PCE_initial_value": "19.1", "PCE_end_of_experiment": "94"}),
        ("Cells were stored in nitrogen at 30 °C and kept 90% of the initial PCE after 500 h. No other ageing was done.", {"measured": "TRUE", "PCE_end_of_experiment": "90"}),
    ],
)  # fmt: skip
def test_tests_told_in_passing(text, expected):
    """`expected`: what is read of each field; None where nothing may be read."""
    found = stability_findings(Document(START + text))
    read_of = {name: found.get(f"Stability_{name}") for name in expected}
    assert {name: finding and finding.value for name, finding in read_of.items()} == expected


WORDS = st.sampled_from(
    ["cells", "stored", "aged", "kept", "90%", "of", "its", "initial", "PCE", "(21%)", "after", "500 h", "at 85 °C", "in N2.", "T80", "control", ";", "from 20% to 10%", "half of the efficiency was lost", "humidity", "cycled between −4 and 5 °C", "mean of two devices"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join)))
def test_arbitrary_text_never_raises(text):
    document = Document("Stability\n" + text)
    for name, finding in stability_findings(document).items():
        assert name.startswith("Stability_")
        assert isinstance(finding, Finding)
        assert 0 < finding.certainty <= 1
        assert all(0 <= a < b <= len(document.text) for a, b in finding.spans)
