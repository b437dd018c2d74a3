"""SII labels of papers: the 31 fields of Perovskite Database entries, keyed by DOI.

A paper has one label by default, as in the published files: that of its device with the highest PCE in
range (masterkey/database/measurements.py), and where no PCE is usable, of its first device. That is a
choice of this project; which device a published label stands for was not published.
With `devices_per_paper="all"` each set of
fields that differs is a label. Modules count here: Module is one of the fields. Entries without a
DOI have no label, since no text could be found for them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from masterkey.database.export import Entry
from masterkey.database.measurements import RANGES, Measurement
from masterkey.database.paper_texts import text_name
from masterkey.database.unseen_rows import UnseenRows
from masterkey.schema import fields as schema

DEVICES_PER_PAPER = ("one", "all")


@dataclass(frozen=True)
class Label:
    """The fields of a paper's device, with the paper's text where the user has it."""

    entry: Entry
    text: str | None

    def row(self, *, one_per_paper: bool) -> dict:
        """The row in the published SII form. Only for a label with text."""
        return {
            "id": self.entry.doi if one_per_paper else self.entry.id,
            "doi": self.entry.doi,
            "instruction": schema.SII_INSTRUCTION,
            "input": self.text,
            "output": schema.format_sii_answer(self.entry.fields, markers=True),
        }

    def line(self, split: str) -> dict:
        """The label alone, to be joined with a text later."""
        output = schema.format_sii_answer(self.entry.fields, markers=True)
        return {"doi": self.entry.doi, "row": self.entry.row, "split": split, "output": output}


def labels(
    entries: Sequence[Entry],
    measurements: Sequence[Measurement],
    texts: dict[str, str],
    unseen: UnseenRows,
    devices_per_paper: str,
) -> tuple[list[Label], dict[str, int]]:
    """Labels in the order of the papers' first entries, and the number of papers left out, by reason."""
    papers: dict[str, list[tuple[Entry, Measurement]]] = {}
    for entry, measured in zip(entries, measurements, strict=True):
        if entry.doi:
            papers.setdefault(entry.doi, []).append((entry, measured))
    own_texts = {doi: texts[text_name(doi)] for doi in papers if text_name(doi) in texts}
    overlapping = unseen.overlapping(own_texts)
    left_out: Counter[str] = Counter()
    found = []
    for doi, devices in papers.items():
        if doi in overlapping:
            left_out["text overlaps with --exclude"] += 1
        elif any(unseen.has_device(entry.fields) for entry, _ in devices):
            left_out["a device of --exclude"] += 1
        else:
            chosen = [_best(devices)] if devices_per_paper == "one" else _distinct(devices)
            found += [Label(entry, own_texts.get(doi)) for entry in chosen]
    return found, dict(left_out)


def _best(devices: list[tuple[Entry, Measurement]]) -> Entry:
    """The entry with the highest usable PCE; the first of equals, and where none is usable."""
    return max(devices, key=lambda device: _usable_pce(device[1]))[0]


def _usable_pce(measured: Measurement) -> float:
    low, high = RANGES["PCE"]
    pce = measured.numbers["PCE"]
    return pce if pce is not None and low <= pce <= high else -1.0


def _distinct(devices: list[tuple[Entry, Measurement]]) -> list[Entry]:
    """The first entry of each set of 31 fields."""
    first: dict[tuple, Entry] = {}
    for entry, _ in devices:
        first.setdefault(tuple(entry.fields.values()), entry)
    return list(first.values())
