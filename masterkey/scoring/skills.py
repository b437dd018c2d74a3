"""Deduction, normalisation and summarisation: right answers that do not stand in the paper's text.

The paper's three skills, on sound ground: the text is the row's own input; a part of an answer
counts if it occurs nowhere in that text as a whole word (`masterkey.schema.evidence`); it is a hit if the
prediction holds it at an aligned place (`masterkey.schema.values.count_matches`). The fields are the
published ones. Unlike there, a field that is missing in the prediction is a miss.
"""

from masterkey.schema.evidence import occurs
from masterkey.schema.values import Value, count_matches, parse_value, reported_parts
from masterkey.scoring.published_skills import (
    DEDUCTION_FIELDS,
    NORMALISATION_FIELDS,
    SUMMARISATION_FIELDS,
)

SKILL_FIELDS = {
    "deduction": DEDUCTION_FIELDS,
    "normalisation": NORMALISATION_FIELDS,
    "summarisation": SUMMARISATION_FIELDS,
}
_FIELDS = tuple(dict.fromkeys(field for fields in SKILL_FIELDS.values() for field in fields))
# (skill, field) of the pairs of numbers that `count_skills` returns.
SKILL_CELLS = tuple((skill, field) for skill, fields in SKILL_FIELDS.items() for field in fields)


def count_skills(reference: dict[str, str], predicted: dict[str, str], text: str) -> list[int]:
    """Hits and parts that count, for each of `SKILL_CELLS`."""
    counts = {}
    for field in _FIELDS:
        unstated = only_unstated(field, parse_value(field, reference.get(field, "")), text)
        claimed = parse_value(field, predicted.get(field, ""))
        counts[field] = [count_matches(field, unstated, claimed), len(reported_parts(unstated))]
    return [number for _, field in SKILL_CELLS for number in counts[field]]


def only_unstated(field: str, value: Value, text: str) -> Value:
    """The value with the parts that occur in `text` blanked."""
    return tuple(
        tuple(tuple("" if occurs(field, part, text) else part for part in step) for step in layer)
        for layer in value
    )
