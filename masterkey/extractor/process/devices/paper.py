"""A paper with its target device and what both are read from, for reading the devices beside it (issue 14)."""

from dataclasses import dataclass
from functools import cached_property

from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.inks.composition import perovskite_readings
from masterkey.extractor.process.layers.dopants import layer_additives_with_places
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding

Findings = dict[str, Finding]


@dataclass
class Paper:
    """A document, its target device, and what both are read from; nothing is read twice."""

    document: Document
    target: Findings
    additive_forms: dict[str, set[str]] | None = None

    @cached_property
    def operations(self) -> list[Operation]:
        return operations_of(self.document)

    @cached_property
    def dopants(self):
        return layer_additives_with_places(self.document)

    @cached_property
    def readings(self):
        return perovskite_readings(self.document)

    def stack(self, part: str) -> list[str]:
        finding = self.target.get(f"{part}_stack_sequence")
        return finding.value.split(" | ") if finding else []

    def words(self, variant: Variant) -> str:
        return " ".join(self.document.lower[a:b] for a, b in variant.passages)

    def sentences(self, variant: Variant):
        numbers = [
            n
            for start, end in variant.passages
            for n in range(
                self.document.sentence_at(start).number,
                self.document.sentence_at(end - 1).number + 1,
            )
        ]
        return [self.document.sentences[n] for n in dict.fromkeys(numbers)]
