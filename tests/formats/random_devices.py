"""Random devices over given vocabularies: what the writers and readers of formats are tried with.

Only what a field may hold is drawn, and some of what people write in it all the same: `Unknown` where a
number stands, blanks, line breaks, signs of other alphabets, formulas of spreadsheets.
"""

import random
from dataclasses import replace

from masterkey.formats.composition_ions import database_formula, ions_by_site
from masterkey.formats.devices import Device
from masterkey.schema import fields as schema

# Values of the schema that need no vocabulary, and those that a test without the plug-in draws from.
VOCABULARY = {
    "Substrate_stack_sequence": ["SLG | FTO", "SLG | ITO", "PET | ITO", "Ti"],
    "ETL_stack_sequence": ["TiO2-c | TiO2-mp", "SnO2-np", "PCBM-60 | BCP", "none", "C60 | LiF"],
    "ETL_additives_compounds": ["Li-TFSI", "Undoped", "Unknown | TiCl4", ""],
    "ETL_deposition_procedure": ["Spray-pyrolys | Spin-coating", "Spin-coating", "CBD >> Spin-coating", "Unknown"],
    schema.LONG_FORM: ["MAPbI3", "Cs0.05FA0.79MA0.16PbBr0.51I2.49", "(PEA)2MA2Pb3I10 | MAPbI3"],
    schema.SHORT_FORM: ["MAPbI", "CsFAMAPbBrI", "(PEA)MAPbI"],
    "Perovskite_additives_compounds": ["Undoped", "Cl", "PbI2; MACl"],
    "Perovskite_deposition_solvents": ["DMF; DMSO", "DMF >> IPA", "GBL"],
    "Perovskite_deposition_procedure": ["Spin-coating", "Spin-coating >> Spin-coating", "Evaporation"],
    schema.ANNEALING_TEMPERATURE: ["100", "60; 100", "Unknown >> 70", "nan >> 100.0"],
    schema.ANNEALING_TIME: ["10", "2; 10", "Unknown >> 20.0", "5 >> 0.5"],
    "HTL_stack_sequence": ["Spiro-MeOTAD", "NiO-c", "PEDOT:PSS", "none"],
    "HTL_additives_compounds": ["Li-TFSI; TBP", "Undoped", "FK209; Li-TFSI; TBP"],
    "HTL_deposition_procedure": ["Spin-coating", "Doctor blading"],
    "Backcontact_stack_sequence": ["Au", "MoO3 | Ag", "Carbon"],
    "Backcontact_additives_compounds": ["", "Undoped"],
    "Backcontact_deposition_procedure": ["Evaporation", "Evaporation | Evaporation", "Screen printing"],
}  # fmt: skip
_CLOSED = {
    **dict.fromkeys(
        ("Stability_measured", "Cell_flexible", "Cell_semitransparent", "Module"),
        ("TRUE", "FALSE"),
    ),
    "Stability_average_over_n_number_of_cells": ("1", "5", "25"),
    "Stability_temperature_range": ("nan; nan", "25; 25", "85.0; 85.0", "-20; 60"),
    "Stability_atmosphere": ("Air", "N2", "Unknown", "Ambient"),
    "Stability_time_total_exposure": ("1000", "240", "0.5"),
    "Stability_PCE_initial_value": ("18.35", "17", "5.94"),
    "Stability_PCE_end_of_experiment": ("90", "0", "65.5"),
    "Cell_area_measured": ("0.1", "0.09", "1.02"),
    "Cell_number_of_cells_per_substrate": ("0", "6"),
    "Cell_architecture": ("nip", "pin", "Unknown"),
    "Cell_semitransparent_wavelength_range": ("nan; nan", "400; 800"),
}
_EMPTY = ("", "Unknown", "nan")
STRANGE = ("=1+1", "@SUM(A1)", "a\nb", "  spaced  ", "µm–²", "'quoted", 'x "y"', "+1-2", "_x0041_")


def random_device(
    seed: int, vocabulary: dict[str, list[str]] = VOCABULARY, *, strange: float = 0.0
) -> Device:
    """The device of a seed; `strange` is the share of text fields with what a spreadsheet stumbles over."""
    draw = random.Random(seed)
    fields = {}
    for name in schema.SII_FIELDS:
        values = _CLOSED.get(name) or vocabulary[name]
        chance = draw.random()
        if chance < 0.08:
            fields[name] = draw.choice(_EMPTY)
        elif chance < 0.08 + strange and name not in _CLOSED:
            fields[name] = draw.choice(STRANGE)
        else:
            fields[name] = draw.choice(values)
    return Device(
        paper=f"10.1000/{seed}",
        number=1,
        fields=fields,
        doi=f"10.1000/{seed}",
        title=f"An invented paper, no. {seed}",
        year=draw.randint(2009, 2026),
        method="fields",
        confidence={name: round(draw.random(), 4) for name in fields},
        source={name: draw.choice(("text", "deduced", "default")) for name in fields},
        predicted={"Voc": 1.05, "Jsc": 22.1, "FF": 0.754, "PCE": 17.5},
        interval={"Voc": [0.9, 1.2], "Jsc": None, "FF": [0.6, 0.8], "PCE": [15.0, 20.0]},
    )


def consistent_device(seed: int, vocabulary: dict[str, list[str]] = VOCABULARY) -> Device:
    """A device whose fields fit together: a procedure a layer, an annealing a step, the short form of the long.

    What layers and steps can say at all is so; other combinations have no form there.
    """
    device, draw = random_device(seed, vocabulary), random.Random(f"consistent {seed}")
    plain = {
        name: [v for v in values if not set(v) & set("|>")] or ["Spin-coating"]
        for name, values in vocabulary.items()
    }
    fields = dict(device.fields)
    for part in schema.DEVICE_PARTS:
        stack = draw.choice(
            [v for v in vocabulary[f"{part}_stack_sequence"] if schema.is_reported(v)]
        )
        layers = range(len(stack.split(" | ")))
        fields[f"{part}_stack_sequence"] = stack
        for what in ("deposition_procedure", "additives_compounds"):
            values = [v for v in plain[f"{part}_{what}"] if schema.is_reported(v)] or ["Undoped"]
            fields[f"{part}_{what}"] = " | ".join(draw.choice(values) for _ in layers)
    fields |= _absorber(draw, vocabulary, plain)
    start = draw.choice(("18.35", "17", "5.94"))
    ageing = {"Stability_measured": "TRUE", "Stability_PCE_initial_value": start}
    return replace(device, fields={name: (fields | ageing)[name] for name in schema.SII_FIELDS})


def _absorber(draw: random.Random, vocabulary: dict, plain: dict) -> dict[str, str]:
    steps = range(draw.choice((1, 1, 2)))
    stages = [range(draw.choice((1, 1, 2))) for _ in steps]

    def annealing(low: float, high: float) -> str:
        return " >> ".join(
            "; ".join(f"{round(draw.uniform(low, high), 1):g}" for _ in own) for own in stages
        )

    def step_values(name: str) -> str:
        return " >> ".join(draw.choice(plain[name]) for _ in steps)

    formula = draw.choice(vocabulary[schema.LONG_FORM])
    while not ions_by_site(formula):
        formula = draw.choice(vocabulary[schema.LONG_FORM])
    return {
        schema.LONG_FORM: formula,
        schema.SHORT_FORM: database_formula(formula)[1],
        "Perovskite_deposition_procedure": step_values("Perovskite_deposition_procedure"),
        "Perovskite_deposition_solvents": step_values("Perovskite_deposition_solvents"),
        schema.ANNEALING_TEMPERATURE: annealing(25, 350),
        schema.ANNEALING_TIME: annealing(0.1, 600),
    }
