"""The record of one paper while a person checks it: its devices, their values, and what an edit makes of them.

Everything here is immutable, so that an earlier state can be kept for undoing at no cost.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from masterkey.rows.clean_text import clean
from masterkey.rows.cleaned_rows import DEDUCED, TEXT, with_evidence
from masterkey.schema import fields as schema
from masterkey.schema.values import BOOLEAN_FIELDS

OPEN, ACCEPTED, MENDED, NOT_STATED = "open", "accepted", "mended", "not stated"
STATUSES = (OPEN, ACCEPTED, MENDED, NOT_STATED)
LONGEST_VALUE = 1000
LONGEST_NAME = 200

# How the published rows write what a paper does not say; elsewhere they leave the value empty.
UNKNOWN_FIELDS = frozenset(
    (
        "ETL_additives_compounds",
        "Perovskite_deposition_solvents",
        schema.ANNEALING_TEMPERATURE,
        schema.ANNEALING_TIME,
        "Stability_atmosphere",
        "Cell_architecture",
    )
)
RANGE_FIELDS = frozenset(("Stability_temperature_range", "Cell_semitransparent_wavelength_range"))

# Where a method gives no confidence, a value whose words stand nowhere in the text is looked at first.
_DOUBT_WITHOUT_PLACE, _DOUBT_WITH_PLACE = 0.55, 0.3


class Refused(Exception):
    """An edit that cannot be made, in one sentence for the reviewer."""


@dataclass(frozen=True)
class Cell:
    """A field's value. `evidence` as in a prediction line; `confidence` of the method, None for no word of it."""

    value: str
    status: str = OPEN
    evidence: dict | None = None
    confidence: float | None = None
    source: str | None = None

    @property
    def doubt(self) -> float:
        """0 (sure) to 1: how probably the value is wrong, as far as the method says."""
        if self.confidence is not None:
            return round(1 - self.confidence, 4)
        if not schema.is_reported(self.value):
            return 0.0
        return _DOUBT_WITH_PLACE if self.has_place else _DOUBT_WITHOUT_PLACE

    @property
    def has_place(self) -> bool:
        """Whether all of its parts stand in the text."""
        return bool(self.evidence) and all(self.evidence.values())


@dataclass(frozen=True)
class Device:
    """One device of the paper; `key` stays its own whatever is added or taken away."""

    key: int
    role: str
    name: str
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Record:
    """All devices, the target first. `version` counts edits: two tabs tell by it who saw what."""

    devices: tuple[Device, ...]
    version: int = 0
    done: bool = False
    next_key: int = 0

    def device(self, key: int) -> Device:
        """The device of this key. Raises `Refused` where there is none."""
        for device in self.devices:
            if device.key == key:
                return device
        raise Refused("this device is no longer there; choose another one.")

    def open_cells(self) -> Iterator[Cell]:
        """The cells on which nobody has decided."""
        for device in self.devices:
            yield from (cell for cell in device.cells.values() if cell.status == OPEN)


def not_stated(field: str) -> str:
    """How a training row writes that the paper says nothing of `field`."""
    if field in RANGE_FIELDS:
        return "nan; nan"
    return "Unknown" if field in UNKNOWN_FIELDS else ""


def checked_value(field: str, value: str) -> str:
    """The value without blanks around it. Raises `Refused` where a training row could not hold it."""
    value = value.strip()
    if len(value) > LONGEST_VALUE:
        raise Refused(f"the value has {len(value):,} characters; give {LONGEST_VALUE:,} or fewer.")
    if any(ord(letter) < 32 or letter in "\x7f\u2028\u2029" for letter in value):
        raise Refused("the value holds a line break or a control character; write it in one line.")
    options = schema.CLOSED_FIELDS.get(field)
    if options and value not in options and schema.is_reported(value):
        raise Refused(f"{value!r} is none of {', '.join(options)}; choose one of them.")
    answer = dict.fromkeys(schema.SII_FIELDS, "") | {field: value}
    if schema.parse_sii_answer(schema.format_sii_answer(answer, markers=True)) != answer:
        raise Refused(f"{value!r} could not be told from the signs around it; write it otherwise.")
    return value


def evidence_for(field: str, value: str, text: str, places: list[list[int]] | None) -> dict | None:
    """Where `value` stands in `text`: near `places` (start, end) if the reviewer marked some."""
    if field in BOOLEAN_FIELDS and places:
        return {value.lower(): places}
    line = {"fields": {field: value}}
    if places:
        cleaned = clean(text)
        line["places"] = {field: [list(cleaned.span_of(*place)) for place in places]}
    return with_evidence(line, text)["evidence"][field]


# --- edits ---------------------------------------------------------------------------------------


def edited(record: Record, edit: dict) -> Record:
    """The record after an edit as the log holds it (masterkey/review/edits.py). Raises `Refused`."""
    after = _ACTIONS[edit["action"]](record, edit)
    return replace(after, version=record.version + 1)


def _set_cell(record: Record, edit: dict) -> Record:
    device, field = record.device(edit["device"]), edit["field"]
    before = device.cells[field]
    source = before.source
    if edit["value"] != before.value:
        source = TEXT if edit["evidence"] else DEDUCED
    cell = replace(
        before,
        value=edit["value"],
        status=edit["status"],
        evidence=edit["evidence"],
        source=source,
    )
    return _with_cells(record, device, {field: cell})


def _finish(record: Record, edit: dict) -> Record:
    """All open values are accepted as the reviewer saw them, which the edit says."""
    for key, values in edit["values"].items():
        device = record.device(int(key))
        accepted = {
            field: replace(device.cells[field], value=value, status=ACCEPTED)
            for field, value in values.items()
        }
        record = _with_cells(record, device, accepted)
    return replace(record, done=True)


def open_values(record: Record) -> dict[str, dict[str, str]]:
    """What `finish` accepts: device → field → value of the open cells."""
    return {
        str(device.key): {
            field: cell.value for field, cell in device.cells.items() if cell.status == OPEN
        }
        for device in record.devices
    }


def _with_cells(record: Record, device: Device, cells: dict[str, Cell]) -> Record:
    return _with_device(record, replace(device, cells=device.cells | cells))


def _with_device(record: Record, changed: Device) -> Record:
    devices = [changed if device.key == changed.key else device for device in record.devices]
    return replace(record, devices=tuple(devices))


def _add_device(record: Record, edit: dict) -> Record:
    """A copy of the device looked at, nothing of it decided: most devices of a paper differ in little."""
    like = record.device(edit["device"])
    cells = {field: replace(cell, status=OPEN) for field, cell in like.cells.items()}
    new = Device(record.next_key, edit["role"], edit["name"], cells)
    return replace(record, devices=(*record.devices, new), next_key=record.next_key + 1, done=False)


def _remove_device(record: Record, edit: dict) -> Record:
    gone = record.device(edit["device"])
    if len(record.devices) == 1:
        raise Refused("this is the paper's only device; a paper keeps one.")
    kept = tuple(device for device in record.devices if device.key != gone.key)
    return replace(record, devices=kept)


def _name_device(record: Record, edit: dict) -> Record:
    device = record.device(edit["device"])
    return _with_device(record, replace(device, role=edit["role"], name=edit["name"]))


def _make_target(record: Record, edit: dict) -> Record:
    target = record.device(edit["device"])
    others = [device for device in record.devices if device.key != target.key]
    return replace(record, devices=(target, *others))


_ACTIONS = {
    "cell": _set_cell,
    "finish": _finish,
    "reopen": lambda record, edit: replace(record, done=False),
    "add_device": _add_device,
    "remove_device": _remove_device,
    "name_device": _name_device,
    "target": _make_target,
}
ACTIONS = (*_ACTIONS, "undo")
