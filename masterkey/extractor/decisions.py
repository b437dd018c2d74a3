"""When what the rules read is the answer, and when the rankers' choice is (issue 14).

The rankers know the database's habits and nothing that no training paper has; the rules read what the text
states. So the rules answer what a text states plainly of its own (ageing tests, areas, flags, compositions,
solvents), and for papers of recent years, or with several values that no training answer has, all that
they read.
"""

import re

from masterkey.extractor.batch import Batch
from masterkey.extractor.fields import (
    ARCHITECTURE,
    AREA,
    PART_FIELDS,
    PROCEDURE,
    TEMPERATURE,
    TIME,
    identity,
    layers_of,
    parts_of,
)
from masterkey.extractor.process.cell.cell import has_unread_area, has_unread_temperature
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.own_names import names_of_fabrication
from masterkey.extractor.recency import (
    CELLS_PER_SUBSTRATE,
    OF_INK,
    STATED,
    has_new_name,
    is_recent,
)
from masterkey.schema import fields as schema

SUBSTRATE = "Substrate_stack_sequence"
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
# A text that names one of these for a layer means it; the rankers, which have met them seldom, say spin-coating.
_SAID_METHODS = frozenset(
    (
        "ALD",
        "CBD",
        "Doctor blading",
        "Slot-die coating",
        "Inkjet printing",
        "Ultrasonic spray",
        "Sputtering",
        "Magnetron sputtering",
        "Screen printing",
        "Gravure printing",
        "Spray-coating",
        "Spray-pyrolys",
        "Pulsed laser deposition",
        "Lamination",
    )
)
# Likewise of the perovskite's steps; baths are told of other things there, too.
_SAID_OF_STEPS = frozenset(
    (
        "Slot-die coating",
        "Inkjet printing",
        "Gravure printing",
        "Co-evaporation",
        "Evaporation",
        "Doctor blading",
        "Spray-coating",
        "Ultrasonic spray",
        "Close space sublimation",
    )
)
# Where the ranker has no additive and the text names one, the text is right as often on old papers.
_ADDITIVES = frozenset(("HTL_additives_compounds", OF_INK))
# A dopant that no rule read may be one that no rule knows.
_DOPANTS = frozenset(("HTL_additives_compounds", "ETL_additives_compounds"))
_DOUBTFUL = 0.3  # of a ranker's choice, or of what the rules read: less probable than the other's
# How sure the answer is for papers of recent years, which no ranker has seen. Counted on the 124 invented papers last read
# at first sight (docs/extractor.md): where both say the same and the ranker is sure, 896 of 907 answers were right;
# of ageing tests 321 of 323, whatever the ranker says; else 640 of 714.
_BOTH_SURE, _PLAINLY_TOLD, _USUAL_CERTAINTY = 0.985, 0.98, 0.9
_TOLD_PLAINLY = "Stability_"
# Of these more than one in 50 was wrong, however sure both were.
_OFTEN_MISREAD = (
    "Stability_PCE_initial_value",
    "Stability_PCE_end_of_experiment",
    "Cell_area_measured",
    "Module",
    "Perovskite_composition_short_form",
    "Perovskite_additives_compounds",
    "HTL_additives_compounds",
    "ETL_additives_compounds",
)
_SURE = 0.7  # of a ranker
_IN_DOUBT = 0.5  # where the rules answer for a ranker that knows little
_POROUS = re.compile(r"meso|porous|scaffold|paste|\bmp\b|\bmp-|\bm-ti|nanopart|nr-?[dt]\b")
_UNNAMED = frozenset(("none", "Unknown", "", "SLG"))  # of a stack, and never in a text
_DETAILS = {"Stability_measured": "Stability_", "Cell_semitransparent": "Cell_semitransparent_"}
_UNREAD = 0.5  # where the text has more of the field than was read


def decided(
    field: str, batch: Batch, paper: int, value: str, confidence: float
) -> tuple[str, float]:
    """The answer and how probable it is, from a ranker's choice with its probability and what the rules read."""
    if _is_of_no_layer(field, batch, paper):
        return "", max(confidence, _USUAL_CERTAINTY)
    finding = batch.readings[paper].findings.get(field)
    if finding is None:
        return value, min(confidence, _most_without_finding(field, batch, paper))
    if not rules_answer(field, batch, paper):
        if _is_of_no_text(field, batch, paper, value):
            return finding.value, _IN_DOUBT
        is_doubtful = confidence < _DOUBTFUL and (
            field not in (TEMPERATURE, TIME) or _says_more(finding.value, value)
        )
        is_silent = _is_additive(field, finding.value) and not schema.is_reported(value)
        is_silent = is_silent or (field in _ADDITIVES and _leaves_out(value, finding.value))
        if not (is_doubtful or is_silent) or identity(field, finding.value) == identity(
            field, value
        ):
            return value, confidence
        return finding.value, _IN_DOUBT
    agree = identity(field, finding.value) == identity(field, value)
    if not agree and finding.certainty < _DOUBTFUL < confidence:
        return value, confidence
    if is_recent(batch, paper):
        return finding.value, _confidence_of_recent(field, finding, agree and confidence >= _SURE)
    if agree:
        return value, max(confidence, finding.certainty)
    return finding.value, finding.certainty * (1 - confidence / 2)


def _confidence_of_recent(field: str, finding: Finding, both_are_sure: bool) -> float:
    """How probable it is that what the rules read in a paper of recent years is right."""
    known = _USUAL_CERTAINTY
    if field not in _OFTEN_MISREAD:
        known = _BOTH_SURE if both_are_sure else known
        known = max(known, _PLAINLY_TOLD) if field.startswith(_TOLD_PLAINLY) else known
    # A rule in doubt is right more often than it believes.
    return known * min(finding.certainty / _USUAL_CERTAINTY, 1.0) ** 0.5


def _says_more(read: str, value: str) -> bool:
    """Whether the rules read the heat of each of two steps, and a ranker leaves out the first."""
    return " >> " in read and "Unknown" not in read and value.startswith("Unknown >> ")


def _leaves_out(value: str, read: str) -> bool:
    """Whether a ranker's value has some of the parts that the rules read, and no other."""
    return set(parts_of(value)) < set(parts_of(read)) - {"Unknown"}


def _is_additive(field: str, value: str) -> bool:
    """Whether a value of additives may be told where the ranker has none; TiCl4 and "undoped" the labels mostly leave out."""
    if field in _ADDITIVES:
        return True
    named = set(parts_of(value)) - {"Unknown"}
    return field == "ETL_additives_compounds" and not named & {"TiCl4", "Undoped"}


def _is_of_no_layer(field: str, batch: Batch, paper: int) -> bool:
    """Whether a field is of the additives of a layer that the cell does not have."""
    part, _, what = field.partition("_")
    stack = batch.chosen.get(f"{part}_stack_sequence") if what == "additives_compounds" else None
    return stack is not None and stack[paper] == "none"


def _is_of_no_text(field: str, batch: Batch, paper: int, value: str) -> bool:
    """Whether a ranker's stack has a material that the fabrication never names, and the rules' stack has none such."""
    if not field.endswith("_stack_sequence"):
        return False
    reading = batch.readings[paper]
    named = {base(name) for name in names_of_fabrication(reading.document)} | _UNNAMED

    def lacks(stack: str) -> bool:
        names = [name for layer in layers_of(stack) for name in layer.split("; ")]
        porous = any(name.endswith("-mp") for name in names)
        return any(base(name) not in named for name in names) or (
            porous and not _POROUS.search(reading.document.lower)
        )

    return lacks(value) and not lacks(reading.findings[field].value)


def _most_without_finding(field: str, batch: Batch, paper: int) -> float:
    """The highest confidence in a field on which the rules read nothing."""
    document = batch.readings[paper].document
    if (field == AREA and has_unread_area(document)) or (
        field in (TEMPERATURE, TIME) and has_unread_temperature(document)
    ):
        return _UNREAD
    if field == CELLS_PER_SUBSTRATE and is_recent(batch, paper):
        return _UNREAD
    if field in _DOPANTS and is_recent(batch, paper):
        return _USUAL_CERTAINTY
    for flag, prefix in _DETAILS.items():
        chosen = batch.chosen.get(flag)
        if field.startswith(prefix) and field != flag and chosen:
            # What a test or a window is not said to be is no surer than that there is none.
            is_there = chosen[paper] == "TRUE"
            return _UNREAD if is_there else float(batch.confidence[flag][paper])
    return 1.0


def rules_answer(field: str, batch: Batch, paper: int) -> bool:
    """Whether the rules' value is taken, whatever the ranker says."""
    if field in STATED or field.startswith("Stability_"):
        return True
    if batch.readings[paper].findings[field].value == "Unknown" and field in (TEMPERATURE, TIME):
        return True  # the film was not heated
    if field == SUBSTRATE and _is_of_its_support(batch.readings[paper].findings):
        return True
    if field in PART_FIELDS and has_new_name(field, batch, paper):
        return True
    if field in schema.LAYER_PROCEDURES and _SAID_METHODS.intersection(
        layers_of(batch.readings[paper].findings[field].value)
    ):
        return True
    if field == PROCEDURE and _SAID_OF_STEPS.intersection(
        parts_of(batch.readings[paper].findings[field].value)
    ):
        return True
    return is_recent(batch, paper)


def _is_of_its_support(findings: dict) -> bool:
    """Whether the substrate that was read is glass, or the cell was read as flexible."""
    flexible = findings.get("Cell_flexible")
    is_flexible = flexible is not None and flexible.value == "TRUE"
    return findings[SUBSTRATE].value.startswith("SLG") != is_flexible
