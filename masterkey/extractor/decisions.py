"""When what the rules read is the answer, and when the rankers' choice is (issue 14).

The rankers know the database's habits and nothing that no training paper has; the rules read what the text
states. So the rules answer what a text states plainly of its own (ageing tests, areas, flags, compositions,
solvents), and for papers of recent years, or with several values that no training answer has, all that
they read.
"""

from masterkey.extractor.batch import Batch
from masterkey.extractor.fields import (
    ARCHITECTURE,
    AREA,
    LONG_FORM,
    PART_FIELDS,
    SHORT_FORM,
    SOLVENTS,
    TEMPERATURE,
    TIME,
    identity,
    parts_of,
)
from masterkey.extractor.process.text import modern, recent
from masterkey.extractor.process.text.materials import materials
from masterkey.schema import fields as schema

# Said of the paper's own cell in so many words; the training labels mostly come from elsewhere.
_STATED = frozenset(
    (
        LONG_FORM,
        SHORT_FORM,
        SOLVENTS,
        "Cell_area_measured",
        "Cell_flexible",
        "Cell_semitransparent",
        "Cell_semitransparent_wavelength_range",
        "Cell_number_of_cells_per_substrate",
        "Module",
    )
)
# Numbers and flags that stand in every text as something else: where the rules read none, none is said.
READ_BY_RULES = frozenset(
    (
        AREA,
        TEMPERATURE,
        TIME,
        *(field for field in schema.SII_FIELDS if field.startswith(("Stability_", "Cell_"))),
        "Module",
    )
) - {ARCHITECTURE}
_FEWEST_NEW = 4


def rules_answer(field: str, batch: Batch, paper: int) -> bool:
    """Whether the rules' value is taken, whatever the ranker says."""
    if field in _STATED or field.startswith("Stability_"):
        return True
    if field in PART_FIELDS and has_new_name(field, batch, paper):
        return True
    reading = batch.readings[paper]
    return reading.signs >= recent.FEWEST or n_new_values(batch, paper) >= _FEWEST_NEW


def has_new_name(field: str, batch: Batch, paper: int) -> bool:
    """Whether the rules' value has a part that no training answer has, and that is of recent years.

    That is a name which the database's manual records lack, or which the text alone defines.
    """
    known = batch.conventions[paper].parts[field]
    parts = parts_of(batch.readings[paper].findings[field].value)
    return any(
        part and not known[part] and (part in modern.RECENT or part not in materials().roles)
        for part in parts
    )


def n_new_values(batch: Batch, paper: int) -> int:
    """In how many fields the rules read a value that no (other) training answer has."""
    counts = batch.conventions[paper]
    return sum(
        field not in _STATED
        and not field.startswith("Stability_")
        and not any(
            identity(field, value) == identity(field, finding.value)
            for value in counts.values[field]
        )
        for field, finding in batch.readings[paper].findings.items()
    )
