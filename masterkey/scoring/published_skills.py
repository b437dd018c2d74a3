"""Deduction, normalisation and summarisation as the published notebook counts them.

The fixtures hold no cases of these three, so they follow the written specification alone: an answer
word counts where it is no substring of the text. masterkey/scoring/skills.py has the sound measure.
"""

import re
from collections.abc import Iterable, Sequence

from masterkey.schema.fields import ANNEALING_TIME, SHORT_FORM
from masterkey.scoring.published import answer_value, split_words

DEDUCTION_FIELDS = ("Cell_area_measured", "Cell_architecture", "Cell_semitransparent")
NORMALISATION_FIELDS = (
    ANNEALING_TIME,
    "Stability_time_total_exposure",
    "Cell_area_measured",
)
SUMMARISATION_FIELDS = (
    "Substrate_stack_sequence",
    "ETL_stack_sequence",
    SHORT_FORM,
    "HTL_stack_sequence",
)


def skill_scores(answers: Sequence, predictions: Sequence, texts: Sequence[str]) -> dict:
    """{"deduction": {"hits", "total"}, "normalisation": …, "summarisation": …}."""
    skills = {
        "deduction": deduction,
        "normalisation": normalisation,
        "summarisation": summarisation,
    }
    return {name: skill(answers, predictions, texts) for name, skill in skills.items()}


def deduction(answers: Sequence, predictions: Sequence, texts: Sequence[str]) -> dict[str, int]:
    """Hits among predicted values whose answer is not, as a string, in the text.

    `answers`, `predictions`: dicts field → text; `texts`: the papers' texts (the published run took
    `original_text.json`, of which 4 of 40 belong to their row). All of the same length, else
    ValueError. Returns {"hits", "total"}.
    """
    deduced = list(_not_in_text(DEDUCTION_FIELDS, answers, predictions, texts))
    return _hits((answer == predicted for answer, predicted in deduced), len(deduced))


def normalisation(answers: Sequence, predictions: Sequence, texts: Sequence[str]) -> dict[str, int]:
    """As `deduction` over numeric fields; where not equal, by words.

    Each predicted word among the answer's words is a hit; each other one is a hit for every answer
    word of the same number to one decimal. So a value can earn several hits but counts once.
    A word that is no number equals none.
    """
    pairs = list(_not_in_text(NORMALISATION_FIELDS, answers, predictions, texts))
    return _hits((_normalisation_hits(*pair) for pair in pairs), len(pairs))


def summarisation(answers: Sequence, predictions: Sequence, texts: Sequence[str]) -> dict[str, int]:
    """Hits among answer words that are not, as strings, in the text; words as in `split_words`.

    Where the prediction lacks the field, its answer words count and are no hits.
    """
    hits = []
    for answer, prediction, text in zip(answers, predictions, texts, strict=True):
        for field in SUMMARISATION_FIELDS:
            predicted = split_words(prediction[field]) if field in prediction else []
            words = split_words(answer_value(answer, field))
            hits += [word in predicted for word in words if word not in text]
    return _hits(hits, len(hits))


def _not_in_text(fields, answers, predictions, texts) -> Iterable[tuple[str, str]]:
    """(answer, prediction) of each predicted field whose answer is no substring of its text."""
    for answer, prediction, text in zip(answers, predictions, texts, strict=True):
        for field in fields:
            value = answer_value(answer, field)
            if field in prediction and value not in text:
                yield value, prediction[field]


def _normalisation_hits(answer: str, prediction: str) -> int:
    if answer == prediction:
        return 1
    answer_words = re.split(r"; | \| | >> ", answer)
    hits = 0
    for word in re.split(r"; | >> ", prediction.replace("''", "")):
        if word in answer_words:
            hits += 1
        elif (number := _one_decimal(word)) is not None:
            hits += sum(_one_decimal(other) == number for other in answer_words)
    return hits


def _one_decimal(word: str) -> float | None:
    try:
        return round(float(word), 1)
    except ValueError:
        return None


def _hits(hits: Iterable[int], total: int) -> dict[str, int]:
    return {"hits": sum(hits), "total": total}
