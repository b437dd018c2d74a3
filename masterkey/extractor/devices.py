"""The devices of a paper as records of all 31 fields (issue 14, point 5): the target, and those beside it."""

from masterkey.extractor.fields import identity
from masterkey.extractor.process.devices.devices import read_devices
from masterkey.extractor.process.devices.reading import TARGET, DeviceReading
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.schema import fields as schema

Answer = dict[str, str]
_LAYERS = [
    f"{part}_{what}"
    for part in ("Substrate", "ETL", "HTL", "Backcontact")
    for what in ("stack_sequence", "deposition_procedure")
    if part != "Substrate" or what == "stack_sequence"
]


def devices_of(
    document: Document, target: dict[str, Finding], answer: Answer, source: dict[str, str]
) -> list[dict]:
    """`role`, `name`, `fields`, `source` and `places` of each device; the first is the target.

    `target`: what the rules read of it; `answer` and `source`: the paper's answer. A device has the answer's
    value where the rules read nothing else of it.
    """
    found = []
    for device in read_devices(document, _completed(target, answer)):
        if device.role == TARGET:
            found.append(_record(device, dict(answer), dict(source)))
        else:
            fields = {field: _value(field, device, target, answer) for field in schema.SII_FIELDS}
            own = {field: said for field, said in source.items() if fields[field] == answer[field]}
            found.append(_record(device, fields, own))
    return found


def _completed(target: dict[str, Finding], answer: Answer) -> dict[str, Finding]:
    """The target with the layers that only the answer has: a device may have others in their place."""
    more = {field: answer[field] for field in _LAYERS if field not in target and answer[field]}
    return {field: Finding(value, 0.5, "deduced", ()) for field, value in more.items()} | target


def _value(field: str, device: DeviceReading, target: dict[str, Finding], answer: Answer) -> str:
    own, targets = device.findings.get(field), target.get(field)
    is_aged = field.startswith("Stability_") and "Stability_measured" in target
    if own is not None and (targets is None or own.value != targets.value):
        return own.value
    if own is None and (targets is not None or is_aged):
        return ""
    return answer[field]


def _record(device: DeviceReading, fields: Answer, source: dict[str, str]) -> dict:
    places = {}
    for field, finding in device.findings.items():
        if identity(field, finding.value) == identity(field, fields[field]):
            source[field] = finding.source
            places[field] = [list(span) for span in finding.spans]
    return {
        "role": device.role,
        "name": device.name,
        "fields": fields,
        "source": source,
        "places": places,
    }
