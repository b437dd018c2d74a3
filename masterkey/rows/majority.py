"""The majority baseline: the most frequent training value of each field, whatever the paper says.

It reads nothing, so what a model scores above it is what the model has read. Under the published
scorer it reaches an IE F1 of .73 on the published test set.
"""

from collections import Counter
from collections.abc import Sequence


def majority_answer(answers: Sequence[dict[str, str]]) -> dict[str, str]:
    """Field → its most frequent value in `answers` (at least one); of equals, the one met first."""
    return {
        field: Counter(answer[field] for answer in answers).most_common(1)[0][0]
        for field in answers[0]
    }
