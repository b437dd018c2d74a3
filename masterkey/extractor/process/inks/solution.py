"""What is read of a solution: which salts, and how much of each (issue 14)."""

from dataclasses import dataclass, field

from masterkey.extractor.process.inks.salts import Salt, SaltMention
from masterkey.extractor.process.text.document import Sentence


@dataclass
class Solution:
    """`amounts`: mmol of each salt (relative ones), None for a salt whose amount is not said.

    [`start`, `end`): its place in the text; `is_mixture`: poured together from stock solutions.
    """

    amounts: dict[Salt, float | None]
    sentence: Sentence
    start: int
    end: int
    mentions: list[SaltMention] = field(default_factory=list)
    is_mixture: bool = False

    @property
    def has_metal(self) -> bool:
        return any(salt.is_metal_source for salt in self.amounts)

    @property
    def has_cation(self) -> bool:
        return any(salt.cations for salt in self.amounts)

    @property
    def is_quantified(self) -> bool:
        return all(self.amounts.values()) and len(self.amounts) > 0

    @property
    def known(self) -> dict[Salt, float]:
        return {salt: n for salt, n in self.amounts.items() if n}


@dataclass(frozen=True)
class StockName:
    """How a text calls a stock solution, lower case, and where."""

    name: str
    start: int
