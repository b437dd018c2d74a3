"""Confusion counts of fields with a closed vocabulary: which value is taken for which."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from masterkey.schema.values import Value, parse_value
from masterkey.scoring.sii_files import Predicted

NOT_REPORTED, OTHER, MISSING = "not reported", "other value", "field missing"
_N_VALUES = 6


@dataclass(frozen=True)
class Confusion:
    """Papers by value: `counts` [reference values, predicted values].

    `rows` and `columns` name the values, in the same order where both have them. A cell "other
    value" against "other value" may hold wrong answers; `n_right` counts the right ones.
    """

    field: str
    rows: list[str]
    columns: list[str]
    counts: np.ndarray
    n_right: int

    @property
    def n_papers(self) -> int:
        return int(self.counts.sum())


def confusion(field: str, file: Predicted) -> Confusion:
    """Reference against predicted value of one field, values compared in canonical form.

    The most frequent reference values have a row each, rarer ones and predicted values that no
    reference has are "other value". A prediction without the field is in the column "field missing".
    """
    texts = [answer[field] for answer in file.references]
    predicted_texts = [fields.get(field) for fields in file.predictions]
    reference = [parse_value(field, text) for text in texts]
    predicted = [None if text is None else parse_value(field, text) for text in predicted_texts]
    names = _names(texts, reference)

    def name(value: Value | None) -> str:
        if value is None:
            return MISSING
        return NOT_REPORTED if value == () else names.get(value, OTHER)

    pairs = Counter((name(a), name(b)) for a, b in zip(reference, predicted, strict=True))
    values = [*names.values(), NOT_REPORTED, OTHER, MISSING]
    rows, columns = (
        [n for n in values if n in names.values() or any(pair[side] == n for pair in pairs)]
        for side in (0, 1)
    )
    return Confusion(
        field=field,
        rows=rows,
        columns=columns,
        counts=np.array([[pairs[row, column] for column in columns] for row in rows]),
        n_right=sum(a == b for a, b in zip(reference, predicted, strict=True)),
    )


def _names(texts: list[str], values: list[Value]) -> dict[Value, str]:
    """The most frequent reported values, each with its most frequent spelling."""
    frequent = Counter(value for value in values if value).most_common(_N_VALUES)
    spellings = Counter(zip(values, (text.strip() for text in texts), strict=True)).most_common()
    return {
        value: next(text for (other, text), _ in spellings if other == value)
        for value, _ in frequent
    }
