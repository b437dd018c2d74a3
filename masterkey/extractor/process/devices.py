"""All devices of a paper: the target, and those beside it with what is told to be different in them (issue 14)."""

from dataclasses import dataclass, field

from masterkey.extractor.process.device import read_device
from masterkey.extractor.process.document import Document
from masterkey.extractor.process.findings import Finding
from masterkey.extractor.process.variants import variants_of


@dataclass
class DeviceReading:
    role: str
    name: str
    findings: dict[str, Finding] = field(default_factory=dict)


def read_devices(document: Document) -> list[DeviceReading]:
    target = read_device(document)
    flags = {k: bool(target.get(f) and target[f].value == "TRUE") for k, f in (("module", "Module"), ("flexible", "Cell_flexible"), ("semitransparent", "Cell_semitransparent"))}
    return [DeviceReading("target", "", target)] + [DeviceReading(v.role, f"{v.kind}:{v.name}", dict(target)) for v in variants_of(document, flags)]
