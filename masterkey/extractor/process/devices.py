from dataclasses import dataclass, field

from masterkey.extractor.process.device import read_device
from masterkey.extractor.process.document import Document
from masterkey.extractor.process.findings import Finding
from masterkey.extractor.process.variants import *
from masterkey.extractor.process.variants import variants_of, CELLS,MODULES,OPAQUE,SEMITRANSPARENT,RIGID,FLEXIBLE,TANDEM


@dataclass
class DeviceReading:
    role: str
    name: str
    findings: dict[str, Finding] = field(default_factory=dict)


def read_devices(document: Document) -> list[DeviceReading]:
    target = read_device(document)
    return [DeviceReading("target", "", target)] + [DeviceReading(v.role, f"{v.kind}:{v.name}", dict(target)) for v in variants_of(document, _kinds(document,target), frozenset(l for p in("ETL","HTL") if p+"_stack_sequence" in target for l in target[p+"_stack_sequence"].value.split(" | ")))]

def _kinds(document,target):
    lower=document.lower
    def f(n): return n in target and target[n].value=="TRUE"
    k=[]
    if "module" in lower: k.append(CELLS if f("Module") else MODULES)
    tandem = target.get("Substrate_stack_sequence") and target["Substrate_stack_sequence"].value.startswith("Si")
    if "opaque" in lower and (f("Cell_semitransparent") or tandem): k.append(OPAQUE)
    elif "transparent" in lower and not f("Cell_semitransparent"): k.append(SEMITRANSPARENT)
    if f("Cell_flexible"): k.append(RIGID)
    elif "flexib" in lower or " pen " in lower: k.append(FLEXIBLE)
    if "tandem" in lower and not tandem: k.append(TANDEM)
    return k
