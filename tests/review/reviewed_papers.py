"""Invented papers for the tests of the page: prediction lines as `infer.py --json` writes them."""

import json
from pathlib import Path

from masterkey.rows.cleaned_rows import with_evidence
from masterkey.rows.predictions import prediction_line
from masterkey.rows.records import Row
from masterkey.schema import fields as schema

TEXT = (
    "ITO-coated glass was cleaned. Compact TiO2 (40 nm) was deposited by spray pyrolysis. The perovskite "
    "MAPbI3 was spin-coated from DMF and annealed at 100 °C for 10 min. As the hole conductor copper thiocyanate "
    "was doctor-bladed. Gold was evaporated. The control device had Spiro-MeOTAD doped with Li-TFSI instead."
)
FIELDS = dict.fromkeys(schema.SII_FIELDS, "") | {
    "Substrate_stack_sequence": "SLG | ITO",
    "ETL_stack_sequence": "TiO2-c",
    "ETL_deposition_procedure": "Spray-pyrolys",
    "Perovskite_composition_long_form": "MAPbI3",
    "Perovskite_composition_short_form": "MAPbI",
    "Perovskite_deposition_solvents": "DMF",
    "Perovskite_deposition_procedure": "Spin-coating",
    "Perovskite_deposition_thermal_annealing_temperature": "100",
    "Perovskite_deposition_thermal_annealing_time": "10",
    "HTL_stack_sequence": "Spiro-MeOTAD",
    "HTL_additives_compounds": "Li-TFSI",
    "Backcontact_stack_sequence": "Au",
    "Stability_measured": "FALSE",
    "Cell_architecture": "nip",
    "Cell_flexible": "FALSE",
    "Module": "FALSE",
}


def line(id: str, text: str = TEXT, number: int = 0, **more) -> dict:
    """The prediction line of a paper; the hole conductor is the value that is doubted most."""
    confidence = dict.fromkeys(schema.SII_FIELDS, 0.95) | {
        "HTL_stack_sequence": 0.31,
        "HTL_additives_compounds": 0.62,
    }
    row = Row(id, schema.SII_INSTRUCTION, text, None, number)
    answer = schema.format_sii_answer(FIELDS)
    return with_evidence(prediction_line("sii", row, answer, confidence=confidence, **more), text)


def devices_of(text: str = TEXT) -> list[dict]:
    """Two devices, the target and a control of another hole conductor."""
    target = {"role": "target", "name": "", "fields": dict(FIELDS)}
    control = {
        "role": "control",
        "name": "with Spiro-MeOTAD",
        "fields": FIELDS | {"HTL_stack_sequence": "Spiro-MeOTAD", "Cell_architecture": "pin"},
    }
    return [with_evidence(device, text) for device in (target, control)]


def write(path: Path, lines: list[dict]) -> Path:
    """A prediction file of these lines."""
    path.write_text("".join(json.dumps(own, ensure_ascii=False) + "\n" for own in lines))
    return path
