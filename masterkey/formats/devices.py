"""Devices, as the files of the field have them: one entry each, where a prediction line has a paper.

    found = devices_of(lines)         # several a line, the target first
    lines = lines_of(found)           # and back: one line a paper

A line of the task `sii` names its devices in `devices` (masterkey/rows/predictions.py); what is measured of
them is not there. A line of the task `mdp` is a device itself: `input` has 19 of its fields, `fields` what
was predicted of it, and `reference_fields` what was measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from masterkey.schema import fields as schema

TARGET = "target"
# Beside the id of the paper's line: "7 device 2" is the second device of the line "7".
_NUMBER = " device "


@dataclass(frozen=True)
class Device:
    """One device of a paper.

    `paper` is the id of the line, `number` counts the line's devices from 1. `fields` are the SII fields
    that are given, `confidence`, `source` and `evidence` say of each what the line says. `quotes` are the words
    of the evidence. `predicted` are Voc [V], Jsc [mA/cm²], FF [0–1] and PCE [%], `interval` the ends of their 90 %
    intervals; `measured` are those of a measurement. `reviewed`: a person looked at it, as the `review` of a
    line of review.py says. `text` is what was read of the paper.
    """

    paper: str
    number: int
    fields: dict[str, str]
    role: str = TARGET
    name: str = ""
    task: str = "sii"
    confidence: dict[str, float] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, dict | None] = field(default_factory=dict)
    quotes: dict[str, str] = field(default_factory=dict)
    doi: str = ""
    title: str = ""
    year: int | None = None
    method: str = ""
    predicted: dict[str, float | None] = field(default_factory=dict)
    interval: dict[str, list[float] | None] = field(default_factory=dict)
    measured: dict[str, float | None] = field(default_factory=dict)
    reviewed: bool = False
    text: str = ""

    @property
    def id(self) -> str:
        return self.paper if self.number == 1 else f"{self.paper}{_NUMBER}{self.number}"


def devices_of(lines: Iterable[dict], *, omit_defaults: bool = False) -> list[Device]:
    """The devices of the lines, in their order; `omit_defaults` leaves out what no paper states."""
    found = []
    for line in lines:
        found += [_device_of_mdp(line)] if line.get("task") == "mdp" else _devices_of_sii(line)
    return [_without_defaults(device) for device in found] if omit_defaults else found


def _without_defaults(device: Device) -> Device:
    from dataclasses import replace

    kept = {
        name: value for name, value in device.fields.items() if device.source.get(name) != "default"
    }
    return replace(device, fields=kept)


def _about(line: dict) -> dict:
    """What a line says of its paper and of how it was read."""
    year = line.get("year")
    return {
        "paper": str(line.get("id", "")),
        "doi": line.get("doi") or "",
        "title": line.get("title") or "",
        "year": int(year) if str(year or "").isdigit() else None,
        "method": str(line.get("method") or ""),
        "reviewed": bool(line.get("review") or line.get("reviewed")),
        "text": line.get("input") or "",
    }


def _devices_of_sii(line: dict) -> list[Device]:
    """The target as `fields` has it, which --abstain_below may have emptied, then the other devices."""
    told = [entry for entry in line.get("devices") or [] if isinstance(entry, dict)]
    targets = [entry for entry in told if entry.get("role") == TARGET] or [{}]
    others = [entry for entry in told if entry.get("role") != TARGET]
    target = {**targets[0], "fields": line.get("fields") or {}, "role": TARGET}
    for name in ("confidence", "source", "evidence"):
        if isinstance(line.get(name), dict):
            target[name] = line[name]
    performance = line.get("performance") or {}
    first = _sii_device(line, target, 1) | {
        "predicted": performance.get("fields") or {},
        "interval": performance.get("interval") or {},
    }
    rest = [_sii_device(line, entry, number) for number, entry in enumerate(others, 2)]
    return [Device(**values) for values in (first, *rest)]


def _sii_device(line: dict, entry: dict, number: int) -> dict:
    evidence = entry.get("evidence") or {}
    performance = entry.get("performance") or {}
    return _about(line) | {
        "number": number,
        "fields": _texts(entry.get("fields") or {}),
        "role": entry.get("role") or "",
        "name": entry.get("name") or "",
        "confidence": entry.get("confidence") or {},
        "source": entry.get("source") or {},
        "evidence": evidence,
        "quotes": entry.get("quotes") or _quotes(evidence, line.get("input") or ""),
        "predicted": performance.get("fields") or {},
        "interval": performance.get("interval") or {},
    }


def _device_of_mdp(line: dict) -> Device:
    return Device(
        **_about(line) | {"text": ""},
        number=1,
        task="mdp",
        fields=schema.parse_mdp_input(line.get("input") or ""),
        predicted=line.get("fields") or {},
        interval=line.get("interval") or {},
        measured=line.get("reference_fields") or {},
    )


def _texts(fields: dict) -> dict[str, str]:
    """The known fields that are given, in the schema's order."""
    return {name: str(fields[name]) for name in schema.SII_FIELDS if fields.get(name) is not None}


def _quotes(evidence: dict, text: str) -> dict[str, str]:
    """The words at the first place of each part: {"HTL_stack_sequence": "spiro-OMeTAD; PTAA"}."""
    quotes = {}
    for name, parts in evidence.items():
        found = parts.values() if isinstance(parts, dict) else ()
        places = [spans[0] for spans in found if spans]
        words = [text[start:end] for start, end in places]
        if any(words):
            quotes[name] = "; ".join(dict.fromkeys(filter(None, words)))
    return quotes


def lines_of(devices: Iterable[Device]) -> list[dict]:
    """One prediction line a paper, in the order of the papers' first devices."""
    papers: dict[str, list[Device]] = {}
    for device in devices:
        papers.setdefault(device.paper, []).append(device)
    return [
        _line(row, sorted(own, key=lambda d: d.number)) for row, own in enumerate(papers.values())
    ]


def _line(row: int, own: list[Device]) -> dict:
    target = own[0]
    line = {"id": target.paper, "row": row, "task": target.task}
    if target.task == "mdp":
        complete = dict.fromkeys(schema.MDP_FIELDS, "") | target.fields
        line |= {
            "input": schema.format_mdp_input(complete, markers=True),
            "fields": dict(target.predicted),
            "reference_fields": target.measured or None,
        }
        if target.interval:
            line["interval"] = target.interval
    else:
        line |= {"input": target.text, "fields": target.fields, **_known(target)}
        if len(own) > 1:
            line["devices"] = [
                {"role": d.role, "name": d.name, "fields": d.fields, **_known(d)} for d in own
            ]
    about = {"doi": target.doi, "title": target.title, "year": target.year, "method": target.method}
    line |= {name: value for name, value in about.items() if value}
    if target.reviewed:
        line["reviewed"] = True
    return line


def _known(device: Device) -> dict:
    """What else is known of an SII device, the empty left out."""
    known = {name: getattr(device, name) for name in ("confidence", "source", "evidence", "quotes")}
    if device.predicted and device.task == "sii":
        known["performance"] = {"fields": device.predicted, "interval": device.interval}
    if device.measured:
        known["measured"] = device.measured
    return {name: value for name, value in known.items() if value}


def numbered(ids: list[str]) -> list[tuple[str, int]]:
    """(paper, number) of each id: "7 device 2" belongs to "7" where that is an id, too."""
    known, found = set(ids), []
    for id in ids:
        paper, between, number = id.rpartition(_NUMBER)
        belongs = between and number.isdigit() and paper in known
        found.append((paper, int(number)) if belongs else (id, 1))
    return found
