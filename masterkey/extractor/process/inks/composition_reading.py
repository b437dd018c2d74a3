"""An absorber as a text states it, by a formula or by the amounts of its ink (issue 14)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CompositionReading:
    """One absorber as a text states it. `source`: "text" (a formula is written) or "deduced" (arithmetic).

    `role`: "control", "target" or "" where no word near it says; `spans`: places of the text that say so;
    `certainty` from 0 to 1, lower where formula and arithmetic disagree.
    """

    long_form: str
    short_form: str
    source: str
    role: str
    spans: tuple[tuple[int, int], ...]
    certainty: float
    additives: tuple[str, ...] = ()
    solvents: str = ""
    note: str = ""
    restates: bool = False  # an ink "of" a formula: no arithmetic of its own
    solvent_spans: tuple[tuple[int, int], ...] = ()
    additive_spans: tuple[tuple[int, int], ...] = ()
