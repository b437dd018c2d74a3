"""An operation: something deposited, how, and what was heated after it."""

import re
from dataclasses import dataclass, field

from masterkey.extractor.process.layers.items import OF_PEROVSKITE
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.methods import MethodMention
from masterkey.extractor.process.text.stages import Stage
from masterkey.extractor.stems import Stemmed

CONTROL = Stemmed(
    r"\b(?:controls?|references?|comparison|comparative|pristine|baseline|preliminary|alternatively|(?:was|were) instead)\b"
)
# "150 °C for 10 min (target) or 100 °C for 30 min (control)"
OF_CONTROL = re.compile(
    r"\s*(?:(?:precursor|solution|ink|layer|film|dispersion|colloid)s? )?\((?:for |of )?(?:the )?(?:controls?|references?)\b"
)


@dataclass
class Operation:
    """`names` deposited by one `method`, with the heat treatments behind it.

    `method` is a database name, or one of `methods.GENERIC` where the text does not say how.
    """

    names: list[str]
    method: str
    sentence: Sentence
    start: int
    end: int
    spans: list[tuple[int, int]]
    method_span: tuple[int, int]
    is_control: bool = False
    is_treatment: bool = False
    has_antisolvent: bool = False
    stages: list[Stage] = field(default_factory=list)
    control_stages: list[Stage] = field(default_factory=list)
    under: frozenset[str] = frozenset()  # what the sentence says it was put on

    @property
    def is_perovskite(self) -> bool:
        return bool(OF_PEROVSKITE.intersection(self.names)) and not self.is_treatment


def operation_of(names, method: MethodMention, sentence, spans) -> Operation:
    start = min([method.start, *(a for a, _ in spans)])
    end = max([method.end, *(b for _, b in spans)])
    return Operation(
        list(dict.fromkeys(names)),
        method.name,
        sentence,
        start,
        end,
        spans,
        (method.start, method.end),
    )
