"""What was read: a value, how sure the reading is, and where the text says it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A field's value from a text.

    `certainty` is between 0 and 1, larger where the text is plainer; `source` is "text", "deduced" or "default";
    `spans` are places [start, end) of the cleaned text that say so.
    """

    value: str
    certainty: float
    source: str = "text"
    spans: tuple[tuple[int, int], ...] = ()
