"""Ageing tests in the many wordings of papers, by the kind of wording; the sentences were written for these tests (issue 14)."""

import pytest

from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.text.document import Document

# What comes before a test in a paper, with heat and gases of its own.
START = (
    "Device fabrication\nITO glass was cleaned. SnO2 was spin-coated at 3000 rpm and annealed at 150 °C for 30 min in air. "
    "The perovskite was spin-coated in a nitrogen glovebox and annealed at 100 °C for 20 min. Spiro-OMeTAD was spin-coated "
    "and the films rested overnight in dry air. Gold was evaporated.\n\nCharacterization\nJ–V curves were measured in air at "
    "25 °C with a mask of 0.1 cm2.\n\n"
)
FIELDS = (
    "temperature_range", "atmosphere", "time_total_exposure", "PCE_initial_value", "PCE_end_of_experiment",
    "average_over_n_number_of_cells",
)  # fmt: skip


def read(text: str) -> dict[str, str]:
    found = stability_findings(Document(START + text))
    return {name.removeprefix("Stability_"): finding.value for name, finding in found.items()}


# Kind of wording → (text, the values of FIELDS; None where the text is silent)
TESTS = {
    "the initial efficiency stands beside what was left of it": [
        ("Device lifetime. Devices were operated near the maximum power point under 1-sun illumination in a N2-filled chamber held at 50 °C for 7 weeks. They kept 91% of their initial performance, 20.2%.", ("50; 50", "N2", "1176", "20.2", "91", None)),
        ("Shelf stability was recorded for devices stored in a dry cabinet (RH < 5%, room temperature). PCE after 120 days: 98% of the day-one value (22.9%).", ("25; 25", "Air", "2880", "22.9", "98", None)),
        ("Operational stability was assessed with a Candlelight system at 55 °C in flowing N2. Of the efficiency at the beginning, 23.2%, the target cell had 97% after 1,100 h and the control cell 78%.", ("55; 55", "N2", "1100", "23.2", "97", None)),
        ("Solar modules with a power of 18.2% were light soaked at 60 °C in air behind a UV filter and 93% of that was found after 1,000 h.", ("60; 60", "Air", "1000", "18.2", "93", None)),
        ("Stability of encapsulated cells under one sun at 55 °C: after 1,344 h (8 weeks) 95.1% of the PCE measured on the first day (20.8%) was recovered.", ("55; 55", None, "1344", "20.8", "95.1", None)),
        ("For ISOS-D-1 the cells were left on a shelf in the lab, at 23 ± 2 °C and 40 ± 10% RH. Efficiencies after 1000 h averaged 96% of the initial values (20.2% on average, eight cells).", ("23; 23", "Air", "1000", "20.2", "96", "8")),
        ("Photo-stability was tested in the open-circuit condition at one sun (Xe lamp, UV filter) in argon at 30 °C. The passivated cell lost only one tenth of its efficiency of 18.1% over 800 h.", ("30; 30", "Ar", "800", "18.1", "90", None)),
        ("In the operational test the champion module (18.5%) retained 91% after 750 h at 55 °C in air.", ("55; 55", "Air", "750", "18.5", "91", None)),
        ("Target and control cells (three of each) were aged side by side in N2 at 65 °C under illumination. The averaged PCE of target cells after 400 h was 94% of their 22.8%, of control cells 76% of their 21.5%.", ("65; 65", "N2", "400", "22.8", "94", "3")),
        ("Devices with and without the barrier layer were subjected to 85 °C and 85% RH. With the barrier layer the efficiency was unchanged after 1,000 h (18.9%), without it cells died within 100 h.", ("85; 85", "Air", "1000", "18.9", "100", None)),
        ("The unencapsulated champion device was left in the open laboratory (20–24 °C, 30–55% RH) and measured at intervals. Of its 22.6% it had 21.2% left after 1,600 h.", ("20; 24", "Air", "1600", "22.6", "94", None)),
        ("Cells underwent 1,000 h at 85 °C in nitrogen without loss of efficiency (19.4%).", ("85; 85", "N2", "1000", "19.4", "100", None)),
    ],
    "the efficiencies at the start and at the end are told, not what was left": [
        ("Ageing: in dark, 85 °C, N2, no encapsulation. PCE (mean of 10 cells) 19.7% → 18.3% after 500 h.", ("85; 85", "N2", "500", "19.7", "93", "10")),
        ("Devices without encapsulation and an initial PCE of 21.3% were left in room air (25–30 °C; 40–60% RH) in the dark for 30 days and still delivered 20.0%.", ("25; 30", "Air", "720", "21.3", "94", None)),
        ("For stability, the cells were put under continuous 1 sun-equivalent white LED light, at open circuit, at 85 °C, in N2 (ISOS-L-2I). The target cells' PCE, 22.7% at time zero, was 20.4% after 960 h.", ("85; 85", "N2", "960", "22.7", "90", None)),
        ("Ambient stability: storage in air, RH ~ 30%, T ~ 25 °C, 1,500 h. The cells that had started with 20.6% ended with 19.0%.", ("25; 25", "Air", "1500", "20.6", "92", None)),
        ("Stability of the cells. The PCE of the best cell was 18.8% when fresh and 17.3% after 90 days in a nitrogen box.", (None, "N2", "2160", "18.8", "92", None)),
        ("After encapsulation with a UV-cured glue at 60 °C, the cells were exposed to ambient air at 30 °C under continuous illumination. The efficiency, 16.4% initially, dropped to 14.8% over the course of 28 days.", ("30; 30", "Air", "672", "16.4", "90", None)),
        ("An initial PCE of 21.5% was measured for the device; after 1,000 h of MPP tracking in N2 at 50 °C it was 20.6%.", ("50; 50", "N2", "1000", "21.5", "96", None)),
        ("The maximum power point was tracked at 40 °C in nitrogen for 1000 h (encapsulated device, 1 sun). The device showed a PCE of 22.1% at the start and 21.0% at the end.", ("40; 40", "N2", "1000", "22.1", "95", None)),
        ("To check the shelf stability, devices without encapsulation were stored for six weeks in a desiccator kept at 22 °C and measured weekly. The PCE (19.5% on day 1) was 19.1% on day 42.", ("22; 22", "Dry air", "1008", "19.5", "98", None)),
        ("Operational tests at 1-sun equivalent LED illumination, 75 °C, N2, open circuit (ISOS-L-2I). Starting from 20.8%, the cells reached 18.7% after 1,000 h.", ("75; 75", "N2", "1000", "20.8", "90", None)),
        ("We kept unencapsulated devices in the dark under ambient conditions (about 25 °C, about 40% RH). After 40 days the PCE of the target was still 20.5% compared with 21.7% initially.", ("25; 25", "Air", "960", "21.7", "94", None)),
        ("Devices were put in a sealed jar filled with argon, on a heating plate at 85 °C. Averages of three devices: 21.4% at the beginning, 19.9% after 1,000 h.", ("85; 85", "Ar", "1000", "21.4", "93", "3")),
        ("Maximum power point tracking was executed with a perturb-and-observe algorithm in a nitrogen-purged box kept at 50 ± 2 °C. The PCE of the champion target device, initially 25.3%, was 24.0% when the test was stopped after 1,030 h.", ("50; 50", "N2", "1030", "25.3", "95", None)),
        ("Long-term stability: the initial PCE of the device under test was 20.4%. It was stored without cover in an ambient laboratory (RH 25–45%, 21–24 °C) and re-measured every seven days; in week 26 the PCE was 19.4%.", ("21; 24", "Air", "4368", "20.4", "95", None)),
        ("Unsealed cells were heated at 60 °C in air of 30% RH for 25 days. Their average efficiency went down to 14.2% from 16.0%.", ("60; 60", "Air", "600", "16", "89", None)),
        ("After storage for 1,008 h in dry N2 at RT, PCEs of 21.6% (fresh: 22.1%) were obtained for unencapsulated cells.", ("25; 25", "N2", "1008", "22.1", "98", None)),
        ("Fresh cells had a PCE of 22.8% on average (six cells). They were illuminated at one sun in N2 without temperature control, the temperature rising to about 40 °C. After 650 h their average PCE was 21.7%.", ("40; 40", "N2", "650", "22.8", "95", "6")),
        ("Damp-heat test: sample: 5 × 5 cm2 module; 85 °C; 85% RH; 1,000 h. PCE before 17.1%, after 16.4%.", ("85; 85", "Air", "1000", "17.1", "96", None)),
        ("In shelf storage in air (RH 20 ± 5%) the efficiency of the cells dropped from 20.3% to 19.9% within the first 100 h and to 19.1% after 2,000 h.", (None, "Air", "2000", "20.3", "94", None)),
        ("Device ageing. Finished devices were stored in a cabinet purged with dry air (RH ≈ 5%) at 23 °C without light. J–V parameters were taken 0, 7, 14, 28 and 56 days after fabrication. By day 56, the PCE had gone from 21.8% to 21.3%.", ("23; 23", "Dry air", "1344", "21.8", "98", None)),
        ("Ageing in moist air: unsealed cells sat for 21 days in the dark at 25 °C and RH of 70%; the cells with fluorinated cation were at 17.9% then (before: 18.9%), those without at 9.5% (before: 17.2%).", ("25; 25", "Air", "504", "18.9", "95", None)),
        ("The operational stability test used an LED lamp (1 sun) and a heating stage at 55 °C in air; the devices were encapsulated with a cover glass. From a starting PCE of 20.0% the target device came down to 18.8% in 1,200 h, the control device from 18.9% to 13.2% in 500 h.", ("55; 55", "Air", "1200", "20", "94", None)),
        ("Stability evaluation: initial PCE 22.4%; PCE after 2,000 h of MPPT at 40 °C in N2, 21.5%.", ("40; 40", "N2", "2000", "22.4", "96", None)),
    ],
    "what was left is told as a fraction of one, or as no loss": [
        ("Thermal stability was evaluated by heating the devices at 65 °C in an argon-filled glovebox. The normalized PCE was 0.95 after 1000 h.", ("65; 65", "Ar", "1000", None, "95", None)),
        ("Devices' stability was tested at 65 °C inside the glovebox, which is filled with nitrogen, under LED light. The mean of seven devices, normalised to the first measurement, reached 0.91 after 620 h.", ("65; 65", "N2", "620", None, "91", "7")),
        ("The cells were stored outside the glovebox without encapsulation (23 °C, 45% RH) and lost no efficiency within 45 days.", ("23; 23", "Air", "1080", None, "100", None)),
        ("Operational stability (unencapsulated; N2; 25 °C; open-circuit; 0.8 sun): 1,500 h, PCE/PCE0 = 0.96.", ("25; 25", "N2", "1500", None, "96", None)),
        ("In order to assess the storage stability in ambient conditions (25 °C, 50% RH), we monitored four devices of each kind over 60 days. The mean normalised PCE of the target devices stayed at 0.92.", ("25; 25", "Air", "1440", None, "92", "4")),
        ("Continuous operation at the maximum power point was tested in N2 with the temperature held at 20 °C by water cooling, for 240 h. No loss in PCE was observed.", ("20; 20", "N2", "240", None, "100", None)),
        ("The solar cells' PCEs after 30 days of storage in ambient air amounted to 0.93 of the initial ones.", (None, "Air", "720", None, "93", None)),
        ("Unencapsulated p–i–n cells operated at a fixed voltage near the MPP (1 sun, N2, 35 °C). Relative PCE after 1,000 h: 0.97 for BCP-free cells and 0.82 for cells with BCP.", ("35; 35", "N2", "1000", None, "97", None)),
    ],
    "the heat or the gas of the test has a sentence of its own": [
        ("MPPT was carried out in ambient air with glass–glass encapsulation. The device temperature, read with a Pt100 on the back side, was 55 ± 5 °C. T90 = 1,870 h.", ("55; 55", "Air", "1870", None, "90", None)),
        ("Stability of devices. The cells were sealed in the glovebox with UV-curable epoxy and cover glass and then tracked at maximum power point outside the glovebox (air, 40% RH). The holder was thermostatted at 35 °C. After 800 h, 93% of the original PCE (19.8%) persisted.", ("35; 35", "Air", "800", "19.8", "93", None)),
        ("Stability. MPP tracking was done with four target and four control devices under simulated 1-sun illumination (LED, no UV) in a N2-purged box. The box was held at 45 °C by a Peltier element. The averages over the four target devices showed 95% of the initial PCE after 750 h.", ("45; 45", "N2", "750", None, "95", "4")),
        ("The stability under illumination was followed in a home-built chamber. Nitrogen flowed through it and water at 40 °C through its base plate. Target cells retained 92% of 22.5% over 1,250 h.", ("40; 40", "N2", "1250", "22.5", "92", None)),
        ("All devices used for ageing were made in one batch. They were held at 85 °C in dark N2 and removed at set times for J–V scans at room temperature in air. Relative to t = 0, the mean efficiency of 6 devices was 90% after 500 h.", ("85; 85", "N2", "500", None, "90", "6")),
        ("Light-soaking stability of devices was measured in a sealed chamber with continuous N2 flow at a temperature of 60 °C controlled by a water chiller. The T80 of the target devices exceeded 2,000 h; that of the reference devices was 430 h.", ("60; 60", "N2", "2000", None, "80", None)),
        ("Encapsulation and stability. A cover glass was fixed with Surlyn at 120 °C. The encapsulated devices were kept at maximum power under white LEDs in ambient air, the temperature of the sample stage being 45 °C. 90% of the original PCE (17.1%) was left after 1,600 h.", ("45; 45", "Air", "1600", "17.1", "90", None)),
        ("Accelerated ageing. The encapsulated p-i-n devices were loaded into an ageing system (Infinitypv) at 65 °C with a white-LED array of AM1.5G-equivalent intensity, biased at open circuit. Devices from three batches were averaged (n = 9). At 1,400 h, the target devices were at 92 ± 2% of the initial PCE; the control devices reached the T80 mark at 410 h.", ("65; 65", None, "1400", None, "92", "9")),
        ("The light stability of devices was tested at 1 sun and open circuit in dry air. A temperature of 55 °C was measured on the glass. T80 amounted to 950 h with and 220 h without the interlayer.", ("55; 55", "Dry air", "950", None, "80", None)),
        ("To study operational durability, target and reference cells were connected to a resistive load and exposed to LED light of 1 sun for 750 h. The ambient was nitrogen at 1 atm and the plate temperature 45 °C. Retention of PCE: 96% and 74%.", ("45; 45", "N2", "750", None, "96", None)),
    ],
    "the heat of the measurement or of the sealing is not that of the test": [
        ("Encapsulated devices were placed in an oven at 85 °C; every 100 h they were taken out and cooled to 25 °C to record J–V curves. The devices retained 90.5% of the initial PCE after 1000 h.", ("85; 85", None, "1000", None, "90.5", None)),
        ("Stability: unsealed devices, N2 glovebox, hotplate 85 °C, dark; J–V after cooling down to room temperature. Result after 480 h: 88% (target), 62% (control) of initial PCE.", ("85; 85", "N2", "480", None, "88", None)),
        ("For ageing at elevated temperature, cells with carbon electrodes were placed in an oven (air, 85 °C, 15% RH). They were taken out every 50 h, let cool to room temperature and measured. 98% of the initial PCE was conserved at 1,000 h.", ("85; 85", "Air", "1000", None, "98", None)),
        ("Devices, sealed by a glass lid, were tracked outdoors at their MPP over a summer (92 days) in Nicosia, where the module temperature peaked at 61 °C. They lost 9% of the initial output.", (None, "Air", "2208", None, "91", None)),
        ("In the stability study we followed the ISOS-O-1 protocol. Encapsulated cells were mounted at a tilt of 35° on a rooftop in Barcelona for eight weeks; the PCE loss was 7%.", (None, "Air", "1344", None, "93", None)),
    ],
    "tests in note form": [
        ("Stability measurement: Continuous light soaking, open circuit, 100 mW cm−2 (LED), ~45 °C, ambient air (RH 30–50%), encapsulated. Readout every 12 h over 42 days; final average PCE of eight cells 92% of the initial.", ("45; 45", "Air", "1008", None, "92", "8")),
        ("Light- and heat-stability (LeTID-like protocol): 1 sun, 85 °C, open circuit, encapsulated, ambient. 1,500 h: 93% of PCE0 (24.0%).", ("85; 85", "Air", "1500", "24", "93", None)),
        ("Stability in high humidity: RH 75 ± 5%, 25 ± 2 °C, dark, no encapsulation. Target 90%, control 42% of the starting PCE after 300 h.", ("25; 25", "Air", "300", None, "90", None)),
        ("Thermal stability: devices on a 65 °C hotplate, N2, dark. PCE of 90.5% of initial at 1,200 h.", ("65; 65", "N2", "1200", None, "90.5", None)),
        ("Durability: 500 h at 1 sun, 45 °C, Ar. Efficiency at start 19.5%, at end 18.3%.", ("45; 45", "Ar", "500", "19.5", "94", None)),
        ("Stability of tandems: MPP, 1 sun, 25 °C, ambient air without encapsulation. T95: 190 h. Starting PCE: 28.4%.", ("25; 25", "Air", "190", "28.4", "95", None)),
    ],
    "tests by the names of protocols": [
        ("Stability data were acquired on a 24-channel system (LED, 100 mW cm−2) with the sample chamber flushed by nitrogen and thermostatted at 65 °C. The T80 of the target was 2.1 times that of the control, namely 1,260 h.", ("65; 65", "N2", "1260", None, "80", None)),
        ("The devices went through 100 thermal cycles from −20 °C to 60 °C and retained 97% of their original PCE.", ("-20; 60", None, None, None, "97", None)),
        ("The sealed modules lost 8.5% of their initial PCE when stressed for 1000 h under ISOS-D-3 (85 °C / 85% RH).", ("85; 85", "Air", "1000", None, "91.5", None)),
        ("Operational stability. Encapsulated cells were tested following ISOS-L-2I: continuous MPP tracking at 1 sun and 65 °C in N2. The T80 was 1,530 h for the target and 610 h for the control.", ("65; 65", "N2", "1530", None, "80", None)),
        ("Thermal cycling. Sealed devices went through 250 cycles between −40 and 85 °C (ISOS-T-3) and retained 95% of their starting efficiency (21.6%).", ("-40; 85", None, None, "21.6", "95", None)),
        ("The stability of the modules under damp heat (85 °C, 85% RH) was tested according to IEC 61215. The module power decreased by 4% over 1,000 h.", ("85; 85", "Air", "1000", None, "96", None)),
        ("Stability test: cells were encapsulated with polyisobutylene and glass and soaked in light at 75 °C and 50% RH (ISOS-L-3). A T95 of 1,200 hours was determined for the best cells.", ("75; 75", "Air", "1200", None, "95", None)),
        ("ISOS-L-1: The device was biased at its MPP under a white LED at 1 sun in ambient air (35 °C, RH 50%) after encapsulation. A T90 lifetime of 720 h was extracted.", ("35; 35", "Air", "720", None, "90", None)),
        ("Thermal cycling between −40 °C and +85 °C (IEC 61215, MQT 11) was applied to encapsulated modules; 200 cycles reduced the efficiency from 17.6% to 17.0%.", ("-40; 85", None, None, "17.6", "97", None)),
        ("Solar cell stability was evaluated according to ISOS-LC-1I with light/dark cycles of 12 h each at ambient temperature in N2; after 60 cycles (1,440 h) PCE retention was 93%.", ("25; 25", "N2", "1440", None, "93", None)),
        ("Three unencapsulated target devices were aged in N2 at 25 °C at 1 sun and MPP for 2,000 h. The median device retained 97% of its initial PCE (24.4%).", ("25; 25", "N2", "2000", "24.4", "97", "3")),
        ("Long-term light stability was assessed for cells with DMAFo and without. Both kinds were illuminated continuously (1 sun LED, open circuit, 65 °C, N2). The T97 lifetime of cells with DMAFo was 1,100 h.", ("65; 65", "N2", "1100", None, "97", None)),
    ],
    "several times or kinds of cells": [
        ("During MPP tracking (25 °C in nitrogen) the device with the additive retained 99% of the initial 24.6% for 500 h, whereas the device without it dropped to 85% of its 23.1% in the same time.", ("25; 25", "N2", "500", "24.6", "99", None)),
        ("Stability. The devices were stored in air, and measured after 10, 20 and 50 days. The PCE was 99%, 97% and 95% of the initial one, respectively.", (None, "Air", "1200", None, "95", None)),
        ("Cells were aged in an environmental chamber at 40 °C and 60% relative humidity. The starting efficiencies were 17.9% (with additive) and 16.2% (without); after 400 h, 91% and 67% of these were left.", ("40; 40", "Air", "400", "17.9", "91", None)),
        ("Unencapsulated cells with the dopant-free HTM and with spiro-OMeTAD were aged in air at 60% RH and 25 °C. The former retained 92% and the latter 47% of their original efficiency after 30 days.", ("25; 25", "Air", "720", None, "92", None)),
        ("Stability under reverse bias was not tested. In continuous MPP tracking (N2, 40 °C) the 2D/3D cells, whose initial efficiency was 22.6%, dropped by 4% relative in 1000 h, and the 3D cells, initially 21.0%, by 17%.", ("40; 40", "N2", "1000", "22.6", "96", None)),
        ("Aged for 500 h at 85 °C under N2, the cells with the polymer had 94%, those without 70% of the initial PCE.", ("85; 85", "N2", "500", None, "94", None)),
        ("MPP tracking at elevated temperature (85 °C) in N2. T90: 530 h (target), 75 h (control).", ("85; 85", "N2", "530", None, "90", None)),
        ("After exposure to ambient air (RH ≈ 60%) for 400 h at room temperature, 83% and 45% of the initial efficiencies (18.8% and 17.5%) were maintained by the passivated and the reference devices.", ("25; 25", "Air", "400", "18.8", "83", None)),
    ],
    "losses and ends in other words": [
        ("Devices were stored in N2 glovebox for 2,000 h with negligible loss (<2%) of their PCE of 19.9%.", (None, "N2", "2000", "19.9", "98", None)),
        ("The stability was tested in the following way: The cell, sealed between two glass plates, was illuminated with a halogen lamp in ambient air; its temperature was 48 °C. After 100 h the efficiency of 15.8% had become 14.9%.", ("48; 48", "Air", "100", "15.8", "94", None)),
        ("With UV filter and encapsulation, the devices held out 1,500 h of sunlight at 45 °C in air with a remaining PCE of 90% relative to the initial PCE (20.4%).", ("45; 45", "Air", "1500", "20.4", "90", None)),
        ("After 30 days in air with 50% humidity, PCEs of 85 and 40% of the initial were measured for treated and untreated cells.", (None, "Air", "720", None, "85", None)),
        ("Unencapsulated devices showed excellent ambient stability with 90% PCE retention after 120 days (RH 30–40%, RT).", ("25; 25", "Air", "2880", None, "90", None)),
        ("Stability measurements were carried out under N2 at the MPP with continuous white LED illumination without active cooling (stage at ca. 35 °C). 1,000 h later, 98% of the initial PCE (19.2%) was measured.", ("35; 35", "N2", "1000", "19.2", "98", None)),
        ("Damp heat (85/85) for 500 h reduced the PCE by 11% in modules sealed with butyl rubber.", (None, "Air", "500", None, "89", None)),
        ("Two cells per kind were stored at 60 °C in an oven in air. In 15 days the PCE of those with MoOx went from 17.2% to 16.5%.", ("60; 60", "Air", "360", "17.2", "96", "2")),
    ],
    "what is told with the second kind of cells, or with each time": [
        ("Over 1,200 h in nitrogen at 40 °C under one sun the bilayer cells kept 94% of their initial PCE (21.9%), whereas cells with a single layer kept 80% for 1,500 h (20.3%).", ("40; 40", "N2", "1200", "21.9", "94", None)),
        ("The photovoltaic performance of unencapsulated devices was tracked during ageing in ambient (RH 40 ± 5%, T = 25 °C). The PCE of the perovskite device with PEAI dropped only 7% in 1,000 h, compared with 38% for the device without it.", ("25; 25", "Air", "1000", None, "93", None)),
        ("Stability. Shelf: 60 d, desiccator, dark. Light: 500 h, MPP, N2, 45 °C; 93% of 20.6% left.", ("45; 45", "N2", "500", "20.6", "93", None)),
        ("Long term stability under ambient storage, with 20–30% RH and 25 °C: 96% (300 h), 93% (600 h), 91% (1,000 h) of the initial PCE.", ("25; 25", "Air", "1000", None, "91", None)),
    ],
    "numbers of cells": [
        ("Ageing was done at open-circuit under an AM1.5G lamp at 60 °C in N2 for 1000 h. At 0 h the mean of the 6 cells was 20.9% and at 1000 h 19.6%.", ("60; 60", "N2", "1000", "20.9", "94", "6")),
        ("In an accelerated lifetime test (3 suns, 75 °C, N2) the T90 of ten devices averaged 260 h.", ("75; 75", "N2", "260", None, "90", "10")),
        ("Operational stability. Encapsulated devices were kept at 1 sun (LED), in ambient air, near the MPP; the backside temperature was 52 °C. The averaged PCE (n = 5) declined from 18.3% to 17.0% over 60 days.", ("52; 52", "Air", "1440", "18.3", "93", "5")),
        ("In the ageing experiment five devices per recipe were illuminated at open circuit by LEDs in nitrogen at 60 °C during 10 days. On average 6% of the initial efficiency was lost with the passivation and 35% without.", ("60; 60", "N2", "240", None, "94", "5")),
        ("Stability data: n = 5, unencapsulated, MPP, N2, 40 °C. Target devices had an initial PCE of 22.2 ± 0.3% and retained 93 ± 2% of it after 900 h.", ("40; 40", "N2", "900", "22.2", "93", "5")),
        ("Shelf-life was tested in the dark and in air with 15 cells. Half a year later the cells averaged 95% of their initial PCE of 14.7%.", (None, "Air", "4380", "14.7", "95", "15")),
        ("Reproducibility and stability: 20 devices were made per condition. Of these, five were stored in dry air (RH < 10%) in the dark; on average they preserved 97% of the initial efficiency for 2 months.", (None, "Dry air", "1440", None, "97", "5")),
        ("Reliability was examined on five devices each. Ageing was carried out at 70 °C and 1 sun under argon for up to 800 h. Averages: 92% of the initial PCE for passivated cells and 69% for unpassivated ones.", ("70; 70", "Ar", "800", None, "92", "5")),
        ("Six target cells rested for 3,000 h in N2 (dark, room temperature); on average, 99.1% of the initial PCE was retained.", ("25; 25", "N2", "3000", None, "99.1", "6")),
        ("Stability: see Methods of ref. 12. In brief, devices were masked, kept at MPP in flowing N2 at 40 °C, and J–V curves were recorded every 10 h. 14 devices were averaged. PCE after 800 h was 90% of the initial.", ("40; 40", "N2", "800", None, "90", "14")),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*test, id=f"{kind}-{n}") for kind, tests in TESTS.items() for n, test in enumerate(tests)]
)  # fmt: skip
def test_wordings_of_a_kind(text, expected):
    found = read(text)
    assert found["measured"] == "TRUE"
    assert tuple(found.get(name) for name in FIELDS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The stabilised efficiency was recorded at the maximum power point for 400 s and was 21.5%.",
        "Perovskite films on glass were aged at 85 °C in N2 for 200 h and the absorbance dropped to 90% of its initial value.",
        "The spiro-OMeTAD cells were oxidised in a desiccator for 24 h in dry air at 25 °C.",
        "Photoluminescence of half-stacks was followed under 1 sun for 50 h at 45 °C in nitrogen; 95% of the signal remained.",
        "The precursor solution could be stored for 30 days at room temperature without loss of performance.",
        "The yield of working devices was 95% and the PCE varied from 20.1% to 21.9% within a batch of 20 cells.",
        "The average transmittance was 75%. A PCE of 18.3% was measured for the best cell and 17.1% on average after optimisation.",
        "TGA was run from 25 to 800 °C under nitrogen; 5% of the mass was lost at 310 °C.",
        "The cells were light soaked for 10 min at 1 sun before the J–V scans, which were made at 25 °C in air.",
        "The hysteresis index fell from 8% to 2% after 10 days of storage of the solution.",
        "After 30 s of stabilisation the PCE reached 21.0%, 95% of the value from the J–V scan.",
        "Devices from a batch of 40 had PCEs between 19.8% and 21.7%, and 90% of them exceeded 20%.",
        "EQE was measured at 25 °C in air and integrated to 95% of the Jsc of the cells.",
        "After deposition of Spiro-OMeTAD the cells were stored in a dry box for 15 h, then gold was evaporated.",
        "Bending stability: the flexible cells were bent 1,000 times around a radius of 6 mm and kept 95% of the initial PCE.",
        "The silica sol was kept at room temperature for 2 days for ageing before it was coated on cells.",
        "The devices were kept in dry air overnight. The PCE increased from 20.1% to 21.2% after 15 h.",
    ],
)  # fmt: skip
def test_no_test_of_cells(text):
    assert read(text) == {}


def test_what_was_left_of_the_target_where_the_other_cells_come_in_the_same_sentence():
    found = read(
        "Stability. Over 1,800 h in ambient air the efficiency of the layered cells (initially 12.4%) fell to 76% of that value, "
        "whereas bulk cells (initially 15.1%) were down to 25% after 36 h."
    )
    assert (found["PCE_end_of_experiment"], found["time_total_exposure"], found["PCE_initial_value"]) == (
        "76", "1800", "12.4",
    )  # fmt: skip


def test_air_of_the_test_against_a_glovebox_of_another():
    found = read(
        "Stability. The operational stability of encapsulated cells was measured at the maximum power point in ambient air. The "
        "target cells sustained 88% of the initial efficiency of 20.7% after 380 h. The shelf life in the glovebox was recorded "
        "for 50 days."
    )
    assert (found["atmosphere"], found["time_total_exposure"]) == ("Air", "380")


def test_a_name_with_2d_is_no_time():
    found = read(
        "The quasi-2D devices were stored in air for 30 days and kept 83% of the initial PCE."
    )
    assert found["time_total_exposure"] == "720"


def test_any_percentage_has_a_lifetime():
    found = read("Stability. For cells under one sun in N2 at 60 °C the T97 was 144 h.")
    assert (found["PCE_end_of_experiment"], found["time_total_exposure"]) == ("97", "144")


@pytest.mark.parametrize(
    ("text", "left", "initial", "hours"),
    [
        ("Stability. Cells were held at 50 °C in air. X fell to 71% of the initial PCE after 600 h, and Y preserved 96%. Initial PCEs were 19.1% and 20.3%, respectively.", "96", "20.3", "600"),
        ("Ageing. Sealed cells were kept at 40 °C in air. T90 was 1500 h for ABC and 700 h for the control. Initial efficiencies were 21.6% and 20.1% in this order.", "90", "21.6", "1500"),
        ("Stability. Cells were kept in air at 30 °C. The mean PCE of five cells fell by 6% relative, from 13.4%, over 900 h.", "94", "13.4", "900"),
        ("The ambient stability of three cells of each kind was checked in air at 22 °C. Their PCE after 50 days was 96% (ABC; initially 4.21%) and 88% (control; initially 3.95%) of that on day 1.", "96", "4.21", "1200"),
        ("Cells of X2, X3 and X4 were stored unsealed at 60% relative humidity at 25 °C. The efficiency was measured every day for 20 days. X3 retained 87% of 11.8%.", "87", "11.8", "480"),
        ("The elements were kept in a climate chamber at 85 °C and 85 percent relative humidity. After 800 hours, the element exhibited 93 percent of its initial efficiency.", "93", None, "800"),
    ],
)  # fmt: skip
def test_outcomes_of_several_kinds_of_cells(text, left, initial, hours):
    found = read(text)
    assert found["PCE_end_of_experiment"] == left
    assert found.get("PCE_initial_value") == initial
    assert found["time_total_exposure"] == hours


def test_an_outcome_is_doubted_where_two_kinds_of_cells_have_one():
    def sure(text):
        field = "Stability_PCE_end_of_experiment"
        return stability_findings(Document(START + text))[field].certainty

    test = (
        "Stability. Cells were kept in air at 45 °C. After 500 h X retained 92% of the initial PCE"
    )
    assert sure(f"{test} and Y retained 85%.") < sure(f"{test}.")


@pytest.mark.parametrize(
    "text",
    ["Stability was outside the scope of the work.", "Ageing is not the subject of this report."],
)
def test_a_stability_that_is_out_of_scope_was_not_measured(text):
    assert read(text) == {"measured": "FALSE"}


def test_encapsulated_cells_are_the_papers_own_beside_a_module():
    found = read(
        "Modules\nA module has six cells in series.\n\nStability. A module was operated outdoors. Encapsulated cells of both compositions "
        "were light-soaked at 60 °C in air. The A cells started at 13.1% and had 96% of that after 1200 h."
    )
    assert (found["temperature_range"], found["PCE_end_of_experiment"]) == ("60; 60", "96")


def test_a_test_indoors_has_its_own_conditions_behind_one_outdoors():
    found = read(
        "Tests\nA large cell was put on a roof from June to August. The indoor test of small cells was carried out in nitrogen at "
        "the maximum power point at 45 °C. After 700 h, they delivered 95% of the initial 21.2%."
    )
    assert (found["temperature_range"], found["atmosphere"]) == ("45; 45", "N2")


def test_so_many_of_each_sort_are_averaged():
    found = read(
        "Ageing. Cells were kept in air at 25 °C. Every week eight of each kind were measured. After 600 h the mean was at 92% of its start."
    )
    assert found["average_over_n_number_of_cells"] == "8"


@pytest.mark.parametrize(
    ("text", "left", "initial"),
    [
        ("Stability\nStorage in air of 45% RH at 24 °C: 97% after 40 days (target, initially 22.6%), 83% (control, 21.0%).", "97", "22.6"),
        ("Stability\nNo change in the efficiency of 20.3% was seen during 350 h in an argon glovebox at 25 °C.", "100", "20.3"),
        ("Stability\nThe retention of the PCE (initially 21.4%) was 88% for the target and 63% for the control after 900 h at 85 °C and 85% RH.", "88", "21.4"),
        ("Stability\nThe cells had an efficiency of 19.3% when fresh. Kept at 45 °C in air in the dark for 600 h they had 18.1%.", "94", "19.3"),
        ("Operational stability of cells: LED, 100 mW/cm2, N2, 42 °C, MPP, 1300 h; 94% retained (average of 4 cells).", "94", None),
        ("Stability\nAfter half a year on the shelf in ambient air the efficiency was still 19.8%, compared with 22.0% for the fresh device.", "90", "22"),
        ("Stability\nThe control cells fell below 70% of the initial value within 300 h at 60 °C in nitrogen.", "70", None),
    ],
)  # fmt: skip
def test_what_was_left_in_short_and_in_other_words(text, left, initial):
    found = read(text)
    assert found["PCE_end_of_experiment"] == left
    assert found.get("PCE_initial_value") == initial


def test_an_oven_for_cells_under_a_hot_melt_foil():
    found = read(
        "Test. Devices, covered with a glass and a hot-melt foil, were kept in an oven at 85 °C in air for 1200 h and kept 96% of their PCE."
    )
    assert found["temperature_range"] == "85; 85"
