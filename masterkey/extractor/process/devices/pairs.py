"""Controls of other kinds of devices than the target: rigid cells, modules with and without an additive (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.process.devices.device_ageing import ageing_findings
from masterkey.extractor.process.devices.kinds import (
    CALLED,
    CELLS,
    FLEXIBLE,
    LARGE,
    MODULES,
    OPAQUE,
    RIGID,
    SEMITRANSPARENT,
    SORT,
    TANDEM,
    Variant,
)
from masterkey.extractor.process.devices.paper import Paper
from masterkey.extractor.process.devices.reading import DeviceReading

_INK_OF_CONTROL = re.compile(
    r"\bcontrol (?:\w+ )?(?:inks?|solutions?|precursors?)\b|\b(?:inks?|solutions?|precursors?) (?:of|for) (?:the )?controls?\b"
)
_KINDS = (CELLS, FLEXIBLE, LARGE, MODULES, OPAQUE, RIGID, SEMITRANSPARENT, TANDEM)
_BOTH = re.compile(
    r"\b(?:controls?|references?|pristine)(?: [\w-]+)? (?:and|or) (?:the )?(?:targets?|modified|treated|champion)\b"
    r"|\b(?:targets?|modified|treated|champion)(?: [\w-]+)? (?:and|or) (?:the )?(?:controls?|references?|pristine|untreated)\b"
    r"|\bboth (?:kinds|types|sorts|versions|inks|recipes)\b|\b(?:targets?|controls?) and (?:targets?|controls?) alike\b|\bwith and without\b"
)


def control_of(
    paper: Paper, found: list[DeviceReading], variant: Variant, reading: DeviceReading
) -> DeviceReading | None:
    """The control of a special kind, where its passages tell that target and control were made so; else None.

    It is the special kind in what distinguishes that from the target, and the control in what that alone has.
    """
    control = next((device for device in found if device.role == "control"), None)
    if variant.kind not in _KINDS or control is None or control is reading:
        return None
    called = _controls_called(paper, variant)
    by_ink = variant.kind == CELLS and _INK_OF_CONTROL.search(paper.document.lower)
    if not (called or by_ink or _BOTH.search(paper.words(variant))):
        return None
    findings = {n: f for n, f in reading.findings.items() if not n.startswith("Stability")}
    for field in sorted(paper.target.keys() | control.findings.keys()):
        own, targets, controls = (d.get(field) for d in (findings, paper.target, control.findings))
        if field.startswith(("Stability", "Cell")) or _value(own) != _value(targets):
            continue
        findings.pop(field, None)
        if controls is not None:
            findings[field] = controls
    if called:
        findings |= ageing_findings(paper.document, paper.target, replace(variant, kind=SORT), sorted(called))  # fmt: skip
    return DeviceReading(reading.role, f"{reading.name}, control", findings)


def _controls_called(paper: Paper, variant: Variant) -> set[str]:
    """What the text calls controls of this kind by: "control minimodules"."""
    kinds = "|".join(map(re.escape, CALLED[variant.kind]))
    found = re.finditer(rf"\b(?:controls?|references?|untreated|unmodified) (?:{kinds})\b", paper.document.lower)  # fmt: skip
    return {match[0] for match in found}


def _value(finding) -> str | None:
    return finding.value if finding else None
