"""Whether a paper is of recent years, or new in what it has: its values are the rules' to say (issue 14)."""

from masterkey.extractor.batch import Batch
from masterkey.extractor.fields import LONG_FORM, SHORT_FORM, SOLVENTS, parts_of
from masterkey.extractor.process.text import modern, recent
from masterkey.extractor.process.text.materials import materials

CELLS_PER_SUBSTRATE = "Cell_number_of_cells_per_substrate"
OF_INK = "Perovskite_additives_compounds"
# Said of the paper's own cell in so many words; the training labels mostly come from elsewhere.
STATED = frozenset(
    (
        LONG_FORM,
        SHORT_FORM,
        SOLVENTS,
        "Cell_area_measured",
        "Cell_flexible",
        "Cell_semitransparent",
        "Cell_semitransparent_wavelength_range",
        CELLS_PER_SUBSTRATE,
        "Module",
    )
)
_FEWEST_NEW = 4
# Of signs and new values together, where there are two signs at least.
_FEWEST_TOGETHER, _TWO_SIGNS = 4, 2


def is_recent(batch: Batch, paper: int) -> bool:
    """Whether a paper is of recent years, or has several values that no training answer has."""
    if paper not in batch.recent:
        signs = batch.readings[paper].signs
        n_new = n_new_values(batch, paper)
        batch.recent[paper] = (
            signs >= recent.FEWEST
            or n_new >= _FEWEST_NEW
            or (signs >= _TWO_SIGNS and signs + n_new >= _FEWEST_TOGETHER)
        )
    return batch.recent[paper]


def has_new_name(field: str, batch: Batch, paper: int) -> bool:
    """Whether the rules' value has a part that no training answer has, and that is of recent years.

    That is a name which the database's manual records lack, or which the text alone defines.
    """
    known = batch.conventions[paper].parts[field]
    parts = parts_of(batch.readings[paper].findings[field].value)
    # What an ink holds is told plainly, however long it has been in use.
    recent_names = modern.RECENT | (modern.ADDITIVES if field == OF_INK else frozenset())
    return any(
        part and not known[part] and (part in recent_names or part not in materials().roles)
        for part in parts
    )


def n_new_values(batch: Batch, paper: int) -> int:
    """In how many fields the rules read a value that no (other) training answer has."""
    counts = batch.conventions[paper]
    return sum(
        field not in STATED
        and not field.startswith("Stability_")
        and not counts.has_answer(field, finding.value)
        for field, finding in batch.readings[paper].findings.items()
    )
