"""What is read of one ageing test: values at their places in the text (issue 14)."""

from dataclasses import dataclass, field

from masterkey.extractor.process.text.document import Sentence


@dataclass(frozen=True)
class Reading:
    """A value read at [start, end); `control`: it is told of a cell that serves as comparison."""

    value: float
    start: int
    end: int
    control: bool = False
    hours: float | None = None


@dataclass
class Test:
    """What the sentences of one ageing test say: °C, gas, hours, % left, initial and final efficiencies, cells averaged."""

    sentences: list[Sentence] = field(default_factory=list)
    temperatures: list[Reading] = field(default_factory=list)
    atmospheres: list[tuple[str, int, int, bool]] = field(default_factory=list)
    durations: list[Reading] = field(default_factory=list)
    outcomes: list[Reading] = field(default_factory=list)
    initials: list[Reading] = field(default_factory=list)
    finals: list[Reading] = field(default_factory=list)
    unchanged: list[Reading] = field(default_factory=list)
    averages: list[Reading] = field(default_factory=list)
    averaged: bool = False
    named: bool = False
    is_listed: bool = False  # the initial efficiencies stand in the order of the outcomes

    @property
    def is_set_out(self) -> bool:
        return bool(self.temperatures or self.atmospheres or self.durations)


def inside(place: int, parts: list[tuple[int, int]]) -> bool:
    """Whether a place lies in one of the [start, end) parts."""
    return any(a <= place < b for a, b in parts)
