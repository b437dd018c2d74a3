"""Draw invented but plausible solar cells.

The tables hold what may be drawn and how often (weights need not sum to 1). They are written from
general knowledge of the field. No value takes more than six of ten rows that state the field (in the
published rows MAPbI3 takes two of three), so that a constant answer is easily beaten; but most rows
draw from a few common values per field, so that a tiny model can learn from 600 rows: a more even
draw (60 instead of 44 nats per row for who does not read the text) left it below the constant
answer after 3 epochs. What chemistry rules out is not drawn: no oven above a plastic foil's limit,
no tin additive without tin.
"""

import dataclasses
import random

from masterkey.synthetic import performance as device_model
from masterkey.synthetic.device import Composition, Device, Layer, Stability, Step

GLASS = {("SLG", "ITO"): 10, ("SLG", "FTO"): 10, ("SLG", "AZO"): 1}
FOIL = {("PET", "ITO"): 4, ("PEN", "ITO"): 1}
FOIL_SHARE, FOIL_LIMIT = 0.10, 130  # °C
NIP_SHARE = 0.55

# Transport stacks in the order of deposition; a plastic foil stands those of the tables without HOT.
HOT_NIP_ETL = {
    ("TiO2-c", "TiO2-mp"): 30, ("TiO2-c",): 15, ("SnO2-c",): 4, ("TiO2-c", "Al2O3-mp"): 1,
    ("TiO2-c", "PCBM-60"): 1, ("ZnO-c",): 1, ("SnO2-c", "SnO2-np"): 1,
}  # fmt: skip
NIP_ETL = {
    ("SnO2-np",): 30, ("ZnO-np",): 10, ("C60",): 2, ("SnO2-np", "PCBM-60"): 2, ("ZnO-np", "C60"): 1,
}  # fmt: skip
PIN_ETL = {
    ("PCBM-60", "BCP"): 30, ("C60", "BCP"): 25, ("PCBM-60",): 25, ("PCBM-60", "LiF"): 3,
    ("PCBM-60", "C60", "BCP"): 3, ("PCBM-60", "ZnO-np"): 2, ("PCBM-70",): 2, ("C60", "SnO2-c"): 2,
    ("PCBM-60", "Bphen"): 1, ("PCBM-60", "PEI"): 1, ("ICBA", "C60"): 1,
}  # fmt: skip
NIP_HTL = {
    ("Spiro-MeOTAD",): 40, ("PTAA",): 15, ("P3HT",): 15, ("CuSCN",): 10, ("CuPc",): 3, ("TFB",): 1,
    ("Spiro-MeOTAD", "MoO3"): 3, ("PTAA", "MoO3"): 1, ("P3HT", "V2O5"): 1,
}  # fmt: skip
HOT_PIN_HTL = {("NiO-c",): 32, ("NiO-c", "MeO-2PACz"): 2}
PIN_HTL = {
    ("PEDOT:PSS",): 30, ("PTAA",): 20, ("2PACz",): 14, ("NiO-np",): 3, ("MeO-2PACz",): 2,
    ("Poly-TPD",): 2, ("PTAA", "PFN"): 2, ("NiO-np", "2PACz"): 1,
}  # fmt: skip
NO_HTL_SHARE = 0.5  # of the cells with a carbon electrode

# Procedures and additives by material; what is not listed is spun, and nothing is said of additives.
PROCEDURES = {
    "TiO2-c": {"Spray-pyrolys": 12, "Spin-coating": 3, "ALD": 1},
    "TiO2-mp": {"Spin-coating": 9, "Screen printing": 1},
    "SnO2-c": {"ALD": 3, "CBD": 1},
    "SnO2-np": {"Spin-coating": 8, "Slot-die coating": 1, "Spray-coating": 1},
    "ZnO-c": {"Sputtering": 2, "ALD": 1},
    "C60": {"Evaporation": 1},
    "BCP": {"Evaporation": 12, "Spin-coating": 1},
    "LiF": {"Evaporation": 1},
    "P3HT": {"Spin-coating": 1, "Doctor blading": 5},
    "CuSCN": {"Doctor blading": 5, "Spray-coating": 1},
    "CuPc": {"Evaporation": 1},
    "MoO3": {"Evaporation": 1},
    "V2O5": {"Evaporation": 1},
    "PTAA": {"Spin-coating": 9, "Slot-die coating": 1},
    "PEDOT:PSS": {"Spin-coating": 9, "Spray-coating": 1},
    "NiO-c": {"Sputtering": 8, "Spray-pyrolys": 1, "E-beam evaporation": 1},
    "2PACz": {"Dipp-coating": 5, "Spin-coating": 1},
    "MeO-2PACz": {"Dipp-coating": 1},
    "Au": {"Evaporation": 1},
    "Ag": {"Evaporation": 12, "E-beam evaporation": 1},
    "Al": {"E-beam evaporation": 4, "Evaporation": 1},
    "Cu": {"Sputtering": 4, "Evaporation": 1},
    "Cr": {"Evaporation": 1},
    "Ca": {"Evaporation": 1},
    "Carbon": {"Screen printing": 8, "Doctor blading": 1, "Lamination": 1},
    "ITO": {"Sputtering": 1},
    "IZO": {"Sputtering": 1},
    "Ag-nw": {"Spray-coating": 1},
}
HOT_PROCEDURES = ("Spray-pyrolys",)
ADDITIVES = {
    "TiO2-c": {(): 9, ("Nb",): 1},
    "TiO2-mp": {(): 2, ("Li-TFSI",): 5},
    "SnO2-np": {(): 3, ("KCl",): 4},
    "ZnO-np": {(): 2, ("Mg",): 2},
    "PCBM-60": {(): 6, ("N-DPBI",): 4, ("Undoped",): 1},
    "Spiro-MeOTAD": {("Li-TFSI", "TBP"): 10, ("FK209", "Li-TFSI", "TBP"): 6, ("Undoped",): 1},
    "PTAA": {("Li-TFSI", "TBP"): 5, ("F4-TCNQ",): 4, ("Undoped",): 1},
    "P3HT": {(): 6, ("Undoped",): 1},
    "PEDOT:PSS": {(): 6, ("Graphene oxide",): 1},
    "NiO-c": {(): 2, ("Cu",): 4},
}

NIP_CONTACT = {("Au",): 24, ("Ag",): 8, ("Carbon",): 14, ("Cr", "Au"): 1}
PIN_CONTACT = {("Ag",): 25, ("Al",): 12, ("Cu",): 10, ("Ca", "Al"): 1}
CLEAR_CONTACT = {("ITO",): 5, ("IZO",): 2, ("Ag-nw",): 1, ("MoO3", "ITO"): 1}
CLEAR_SHARE, MODULE_SHARE = 0.08, 0.05

# Compositions by cations, metals and halides. A plastic foil gets none of the oven-hungry ones.
LEAD, TIN = (("Pb", 1),), (("Sn", 1),)
MA, FA, CS = (("MA", 1),), (("FA", 1),), (("Cs", 1),)
FAMA, CSFA = (("FA", 0.85), ("MA", 0.15)), (("Cs", 0.15), ("FA", 0.85))
TRIPLE = (("Cs", 0.05), ("FA", 0.79), ("MA", 0.16))
I3 = (("I", 3),)
COMPOSITIONS = {
    Composition(MA, LEAD, I3): 30, Composition(FA, LEAD, I3): 14,
    Composition(FAMA, LEAD, (("Br", 0.45), ("I", 2.55))): 14,
    Composition(TRIPLE, LEAD, (("Br", 0.51), ("I", 2.49))): 16,
    Composition(CSFA, LEAD, I3): 6, Composition(FA, TIN, I3): 6,
    Composition(MA, LEAD, (("Br", 3),)): 2, Composition(MA, LEAD, (("Br", 0.3), ("I", 2.7))): 2,
    Composition(CSFA, LEAD, (("Br", 0.6), ("I", 2.4))): 2, Composition(MA, TIN, I3): 1,
    Composition((("FA", 0.3), ("MA", 0.7)), LEAD, I3): 1,
    Composition((("FA", 0.6), ("MA", 0.4)), (("Pb", 0.5), ("Sn", 0.5)), I3): 2,
    Composition((("(PEA)", 2), ("MA", 2)), (("Pb", 3),), (("I", 10),)): 1,
    Composition((("(BA)", 2), ("MA", 3)), (("Pb", 4),), (("I", 13),)): 1,
}  # fmt: skip
HOT_COMPOSITIONS = {
    Composition(CS, LEAD, (("Br", 1), ("I", 2))): 8, Composition(CS, LEAD, I3): 3,
    Composition(CS, LEAD, (("Br", 3),)): 1,
}  # fmt: skip

LEAD_ADDITIVES = {
    (): 16, ("Cl",): 10, ("Pb(SCN)2",): 5, ("KI",): 5, ("HI",): 1, ("Thiourea",): 1, ("DIO",): 1,
    ("Cl", "KI"): 1, ("Undoped",): 1,
}  # fmt: skip
TIN_ADDITIVES = {("SnF2",): 8, ("SnF2", "Thiourea"): 1, (): 1}
ONE_STEP = {
    "Spin-coating": 24,
    "Doctor blading": 8,
    "Slot-die coating": 2,
    "Spray-coating": 1,
    "Co-evaporation": 3,
}
TWO_STEPS = {
    ("Spin-coating", "Spin-coating"): 10, ("Spin-coating", "CBD"): 6, ("Evaporation", "Spin-coating"): 1,
}  # fmt: skip
TWO_STEP_SHARE = 0.30
DRY = ("Co-evaporation", "Evaporation")
INK_SOLVENTS = {
    ("DMF", "DMSO"): 20, ("DMF",): 8, ("DMSO", "GBL"): 8, ("DMSO",): 2, ("DMF", "NMP"): 1, ("2-ME",): 1,
}  # fmt: skip
LEAD_SOLVENTS = {("DMF",): 8, ("DMF", "DMSO"): 1}
SALT_SOLVENTS = {("IPA",): 20, ("Ethanol",): 1}

MINUTES = {10: 10, 30: 6, 60: 5, 15: 1, 20: 2, 45: 1, 5: 2}
HOURS = {1000: 10, 500: 8, 240: 4, 100: 4, 200: 1, 480: 1, 720: 1}
ATMOSPHERES = {"Air": 10, "N2": 10, "Ambient": 2, "Ar": 1, "Dry air": 1}
TEST_TEMPERATURES = {(25, 25): 10, (85, 85): 7, (65, 65): 2, (20, 25): 1, (40, 40): 1, None: 1}
TESTED_CELLS = {1: 8, 5: 1, 10: 1}
STABILITY_SHARE, INITIAL_PCE_SHARE = 0.5, 0.5
AREAS = {"0.1": 4, "0.09": 8, "0.16": 6, "1": 4, "0.04": 1, "0.12": 1, "0.25": 1, "": 6}
MODULE_AREAS = {"10": 3, "25": 1}
CELLS_PER_SUBSTRATE = {0: 12, 4: 5, 6: 4, 8: 1}
CLEAR_RANGES = {None: 1, (400, 800): 1, (800, 1200): 2}


def draw_device(rng: random.Random) -> Device:
    """One device. Equal states of `rng` give equal devices on every machine."""
    nip, clear = rng.random() < NIP_SHARE, rng.random() < CLEAR_SHARE
    substrate = _pick(rng, FOIL if rng.random() < FOIL_SHARE else GLASS)
    hot = substrate[0] == "SLG"
    contact = _pick(rng, CLEAR_CONTACT if clear else NIP_CONTACT if nip else PIN_CONTACT)
    composition = _draw_composition(rng, hot)
    tin = composition.share("Sn") > 0
    module = rng.random() < MODULE_SHARE
    device = Device(
        architecture="nip" if nip else "pin",
        substrate=substrate,
        etl=_draw_layers(rng, _etl_stacks(nip, hot), hot),
        composition=composition,
        additives=_pick(rng, TIN_ADDITIVES if tin else LEAD_ADDITIVES),
        steps=_draw_steps(rng, composition, hot),
        htl=() if _is_without_htl(rng, contact) else _draw_layers(rng, _htl_stacks(nip, hot), hot),
        contact=_draw_layers(rng, {contact: 1}, hot),
        area=_pick(rng, MODULE_AREAS if module else AREAS),
        cells_per_substrate=0 if module else _pick(rng, CELLS_PER_SUBSTRATE),
        semitransparent=clear,
        wavelengths=_pick(rng, CLEAR_RANGES) if clear else None,
        module=module,
    )
    if rng.random() < STABILITY_SHARE:
        device = dataclasses.replace(device, stability=_draw_stability(rng, device))
    return device


def _pick(rng: random.Random, weights: dict):
    return rng.choices(list(weights), list(weights.values()))[0]


def _etl_stacks(nip: bool, hot: bool) -> dict:
    if not nip:
        return PIN_ETL
    return {**NIP_ETL, **HOT_NIP_ETL} if hot else NIP_ETL


def _htl_stacks(nip: bool, hot: bool) -> dict:
    if nip:
        return NIP_HTL
    return {**PIN_HTL, **HOT_PIN_HTL} if hot else PIN_HTL


def _is_without_htl(rng: random.Random, contact: tuple[str, ...]) -> bool:
    return contact == ("Carbon",) and rng.random() < NO_HTL_SHARE


def _draw_layers(rng: random.Random, stacks: dict, hot: bool) -> tuple[Layer, ...]:
    layers = []
    for material in _pick(rng, stacks):
        procedures = PROCEDURES.get(material, {"Spin-coating": 1})
        allowed = {k: n for k, n in procedures.items() if hot or k not in HOT_PROCEDURES}
        additives = _pick(rng, ADDITIVES.get(material, {(): 1}))
        layers.append(Layer(material, _pick(rng, allowed), additives))
    return tuple(layers)


def _draw_composition(rng: random.Random, hot: bool) -> Composition:
    # Caesium lead halides need an oven that no plastic foil stands.
    return _pick(rng, {**COMPOSITIONS, **HOT_COMPOSITIONS} if hot else COMPOSITIONS)


def _draw_steps(rng: random.Random, composition: Composition, hot: bool) -> tuple[Step, ...]:
    annealing = _draw_annealing(rng, composition, hot)
    if rng.random() >= TWO_STEP_SHARE:
        procedure = _pick(rng, ONE_STEP)
        solvents = () if procedure in DRY else _pick(rng, INK_SOLVENTS)
        return (Step(procedure, solvents, annealing),)
    first, second = _pick(rng, TWO_STEPS)
    solvents = () if first in DRY else _pick(rng, LEAD_SOLVENTS)
    drying = ((70, 5),) if solvents and rng.random() < 0.5 else ()
    return (Step(first, solvents, drying), Step(second, _pick(rng, SALT_SOLVENTS), annealing))


def _draw_annealing(rng: random.Random, composition: Composition, hot: bool):
    """One stage, a programme of two, a temperature without time, or nothing."""
    best = device_model.best_annealing(composition)
    temperature = int(round(best, -1)) + rng.choice((0, 0, 0, 0, 0, 0, -20, 20))
    temperature = temperature if hot else min(temperature, FOIL_LIMIT)
    kind = rng.random()
    if kind < 0.05:
        return ()
    if kind < 0.08:
        return ((temperature, None),)
    final = (temperature, _pick(rng, MINUTES))
    if kind < 0.20:
        return ((60, 2), final)
    return (final,)


def _draw_stability(rng: random.Random, device: Device) -> Stability:
    """A test whose outcome worsens with heat and with air, from the device model's PCE."""
    temperature, atmosphere = _pick(rng, TEST_TEMPERATURES), _pick(rng, ATMOSPHERES)
    harsh = (temperature or (25, 25))[1] >= 60
    lowest = 60 if harsh or atmosphere in ("Air", "Ambient") else 80
    reported = rng.random() < INITIAL_PCE_SHARE
    pce = float(device_model.measured_targets(device, rng)["PCE"])
    return Stability(
        atmosphere=atmosphere,
        hours=_pick(rng, HOURS),
        pce_end=rng.choice(range(lowest, 100, 5)),
        pce_initial=f"{pce:.1f}" if reported else "",
        temperature=temperature,
        cells=_pick(rng, TESTED_CELLS),
    )
