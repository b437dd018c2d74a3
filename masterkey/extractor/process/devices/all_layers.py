"""Devices whose layers were all coated by one other method: "a third variant was spin-coated throughout" (issue 14)."""

import re

from masterkey.extractor.fields import PROCEDURE
from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.methods import COATING, PRINTING

_WET = r"(?:spin|blade|slot-die|spray)"
_ALL = re.compile(
    rf"\b(?P<a>{_WET})[- ](?:coated|cast) (?:throughout|in all layers)\b|\bwere (?:all|entirely|completely|fully) (?P<c>{_WET})[- ]coated\b|\ball (?:of )?(?:the |their )?(?:solution-processed |wet )?layers (?:(?:were|are) )?(?:(?:prepared|made|deposited|produced) )?(?:by )?(?P<b>{_WET})[- ]coat"
)
_NAMES = {
    "spin": "Spin-coating",
    "blade": "Doctor blading",
    "slot-die": "Slot-die coating",
    "spray": "Spray-coating",
}
_FIELDS = (PROCEDURE, "HTL_deposition_procedure", "ETL_deposition_procedure")


def coat_all(paper: Paper, variant: Variant, found: Findings) -> None:
    """Put that method for what the target's wet layers were coated or printed with, in place."""
    match = _ALL.search(paper.words(variant))
    if match is None:
        return
    method, place = _NAMES[match[match.lastgroup]], variant.passages[0]
    for field in _FIELDS:
        value = found[field].value if field in found else ""
        own = re.split(r"( >> | \| )", value)
        new = "".join(method if name in COATING | PRINTING else name for name in own)
        if new != value:
            found[field] = Finding(new, 0.75, "text", (place,))
