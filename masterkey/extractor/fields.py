"""What the extractor knows of the 31 fields: which it answers first, and which hang together.

Later fields see what was chosen for earlier ones: the architecture before the stacks, a stack before
its procedures, the solvents before the steps, the steps before their annealing.
"""

import re
from functools import lru_cache

from masterkey.schema import fields as schema
from masterkey.schema.values import Value, parse_value

TEMPERATURE = schema.ANNEALING_TEMPERATURE
TIME = schema.ANNEALING_TIME
LONG_FORM = schema.LONG_FORM
SHORT_FORM = schema.SHORT_FORM
ARCHITECTURE = "Cell_architecture"
AREA = "Cell_area_measured"
SOLVENTS = "Perovskite_deposition_solvents"
PROCEDURE = "Perovskite_deposition_procedure"
STABILITY = "Stability_measured"
STABILITY_OUTCOMES = frozenset(
    (
        "Stability_temperature_range",
        "Stability_atmosphere",
        "Stability_time_total_exposure",
        "Stability_PCE_initial_value",
        "Stability_PCE_end_of_experiment",
    )
)

_FIRST = (
    ARCHITECTURE,
    "Substrate_stack_sequence",
    "HTL_stack_sequence",
    "ETL_stack_sequence",
    "Backcontact_stack_sequence",
    LONG_FORM,
    SHORT_FORM,
    SOLVENTS,
    PROCEDURE,
    TEMPERATURE,
    TIME,
    "Perovskite_additives_compounds",
    "HTL_additives_compounds",
    "ETL_additives_compounds",
    STABILITY,
)
ORDER = (*_FIRST, *(field for field in schema.SII_FIELDS if field not in _FIRST))

# Fields made of names that a text may mention: each part gets a probability of its own first.
PART_FIELDS = (
    "Substrate_stack_sequence",
    "HTL_stack_sequence",
    "ETL_stack_sequence",
    "Backcontact_stack_sequence",
    SOLVENTS,
    PROCEDURE,
    "Perovskite_additives_compounds",
    "HTL_additives_compounds",
    "ETL_additives_compounds",
)
STACKS = tuple(field for field in PART_FIELDS if field.endswith("_stack_sequence"))
# Names that training has never seen are looked for in sentences with this cue.
NEW_NAME_CUES = {
    "HTL_stack_sequence": "HTL",
    "ETL_stack_sequence": "ETL",
    "Perovskite_additives_compounds": "additive",
}
# The layers of the one are those of the other.
LAYERS_OF = {
    f"{part}_{kind}": f"{part}_stack_sequence"
    for part in schema.DEVICE_PARTS
    for kind in ("deposition_procedure", "additives_compounds")
}
# The steps of the one are those of the other.
STEPS_OF = {PROCEDURE: SOLVENTS, TEMPERATURE: PROCEDURE, TIME: TEMPERATURE}
# Fields that hang on what a paper says anywhere (`cues.PAPER_CUES`).
CUED = frozenset(
    (
        SOLVENTS,
        PROCEDURE,
        TEMPERATURE,
        TIME,
        "Perovskite_additives_compounds",
        "HTL_additives_compounds",
        "Cell_flexible",
        "Cell_semitransparent",
        "Module",
        *(field for field in schema.SII_FIELDS if field.startswith("Stability_")),
    )
)

_SEPARATOR = re.compile(r"\s*(?:\||>>|;)\s*")


@lru_cache(maxsize=1 << 14)
def parts_of(value: str) -> tuple[str, ...]:
    """The parts of a value as written, whatever separates them; at least one, maybe empty."""
    return tuple(part.strip() for part in _SEPARATOR.split(value))


def layers_of(value: str) -> list[str]:
    return value.split(" | ")


def numbers_of(value: str) -> list[float]:
    """The numbers among the parts, in order."""
    numbers = []
    for part in parts_of(value):
        try:
            numbers.append(float(part))
        except ValueError:
            continue
    return numbers


def identity(field: str, value: str) -> Value | str:
    """Equal for values that say the same; the ways to say nothing ("", "Unknown") stay apart."""
    return parse_value(field, value) or value
