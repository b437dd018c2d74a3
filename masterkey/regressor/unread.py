"""What of a device the regressor could not read or did not learn, and what it took instead, in words.

A prediction line (masterkey/rows/predictions.py) has, only where there is something to say,

    "imputed": {"ETL_stack_sequence": "missing", "Perovskite_composition_long_form": "unreadable"},
    "read_as": {"CH3NH3PbI3-xClx": "CH3NH3PbI3 with Cl as an additive"},
    "kind": "tandem"
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from masterkey.regressor.band_gap import SMALL, band_gap
from masterkey.regressor.feature_table import FeatureTable
from masterkey.regressor.reading import (
    MISSING,
    UNREADABLE,
    DeviceReading,
    field_parts,
    ions_of,
    read_device,
)
from masterkey.schema.fields import LONG_FORM, MDP_FIELDS, SHORT_FORM
from masterkey.schema.ions import IONS

UNKNOWN = "unknown"
TANDEM, ORGANIC = "tandem", "organic"
MATERIALS = (
    "Substrate_stack_sequence",
    "ETL_stack_sequence",
    LONG_FORM,
    "HTL_stack_sequence",
    "Backcontact_stack_sequence",
)
# What tells most of a device first.
_ORDER = (*MATERIALS, *(name for name in MDP_FIELDS if name not in MATERIALS))
_LONGEST = 40
_MOST_NAMED = 4
# A narrow perovskite (tin and lead) below a wide one; a film of MAPbBr3 on MAPbI3 is one junction.
_NARROW, _TANDEM_STEP = 1.4, 0.35  # eV
_TANDEM_WORD = re.compile(r"\btandem\b", re.IGNORECASE)
# Layers of the substrate or the back contact that are a cell themselves. As a hole conductor CZTS is none.
_BOTTOM_CELL = re.compile(r"(?:[cnp]-)?Si(?: wafer| cell)?|SHJ|PERC|CIGSe?|CIS|CZTSS?e?|GaAs")
_ORGANIC = re.compile(
    r"(?<![A-Za-z0-9])(?:PM6|PM7|PTB7(?:-Th)?|PBDB-T[A-Z0-9-]*|D18(?:-Cl)?|P3HT|PCDTBT|PCE1[0-9])"
    r"\s*[:/]\s*\S*"
)
_REASONS = {
    MISSING: "not reported",
    UNREADABLE: "cannot be read",
    UNKNOWN: "not in the training devices",
}
_KINDS = {TANDEM: "look like tandems", ORGANIC: "have an organic absorber"}
_AVERAGE = "the training devices' average stands for it"


def told_of(devices: Sequence[dict], table: FeatureTable, features: list[dict]) -> list[dict]:
    """For each device what its prediction line says: `imputed`, `read_as` and `kind`, where any.

    `features` are those of the devices for `table`, which fills in what they do not tell.
    """
    told = []
    for device, filled in zip(devices, table.filled_in(features), strict=True):
        reading = read_device(device)
        # The short form follows from the long one.
        fields = sorted((name for name in filled if name != SHORT_FORM), key=_ORDER.index)
        imputed = {name: reading.gaps.get(name, UNKNOWN) for name in fields}
        said = {"imputed": imputed, "read_as": _read_otherwise(device, reading)}
        said["kind"] = kind_of(device, reading)
        told.append({key: value for key, value in said.items() if value})
    return told


def _read_otherwise(device: dict[str, str], reading: DeviceReading) -> dict[str, str]:
    if LONG_FORM not in reading.read_as:
        return {}
    return {device[LONG_FORM]: f"{reading.read_as[LONG_FORM]} with Cl among the additives"}


def kind_of(device: dict[str, str], reading: DeviceReading) -> str:
    """`TANDEM` or `ORGANIC` where the fields say so of a device, else ""."""
    named = [device.get(name, "") for name in (*MATERIALS, "Cell_architecture")]
    ends = [device.get(name, "") for name in (MATERIALS[0], MATERIALS[-1])]
    if _has_two_gaps(device.get(LONG_FORM, "")):
        return TANDEM
    if any(map(_says_tandem, named)) or any(map(_BOTTOM_CELL.fullmatch, _layers(ends))):
        return TANDEM
    if not reading.ions and any(map(_ORGANIC.search, _layers(named))):
        return ORGANIC
    return ""


@lru_cache(maxsize=1 << 14)
def _has_two_gaps(long_form: str) -> bool:
    gaps = map(band_gap, filter(_is_bulk, map(ions_of, long_form.split(" | "))))
    values = [gap.value for gap in gaps if gap]
    return bool(values) and min(values) < _NARROW and max(values) - min(values) > _TANDEM_STEP


@lru_cache(maxsize=1 << 14)
def _says_tandem(value: str) -> bool:
    return _TANDEM_WORD.search(value) is not None


def _layers(stacks: list[str]) -> list[str]:
    return [layer for stack in stacks for layer in field_parts(stack)]


def _is_bulk(ions: dict[str, float]) -> bool:
    return all(ion in SMALL for ion in ions if IONS.site.get(ion, "A") == "A")


def sentence(line: dict, device: dict[str, str]) -> str:
    """What a prediction line says of its device, as one sentence without its full stop; "" for nothing.

    `line` has `imputed`, `read_as` and `kind` as `told_of` gives them.
    """
    said = []
    if line.get("kind") == TANDEM:
        said.append("it looks like a tandem, and the numbers are those of one junction")
    if line.get("kind") == ORGANIC:
        said.append("its absorber is organic, and the numbers are those of a perovskite cell")
    # What is new in a device, and how names were read, `novelty` says in the same line.
    has_novelty = bool(line.get("novelty"))
    if not has_novelty:
        said += [f"{given!r} is read as {read}" for given, read in line.get("read_as", {}).items()]
    imputed = line.get("imputed", {})
    if set(MATERIALS) <= imputed.keys():
        said.append(
            "none of its materials is known from the training devices, whose average stands for it"
        )
    elif imputed:
        reasons = (MISSING, UNREADABLE) if has_novelty else (MISSING, UNREADABLE, UNKNOWN)
        causes = [*filter(None, (_cause(why, imputed, device) for why in reasons))]
        if causes:
            said.append(f"{'; '.join(causes)}; {_AVERAGE}")
    return "; ".join(said)


def _cause(why: str, imputed: dict[str, str], device: dict[str, str]) -> str:
    names = [name for name, own in imputed.items() if own == why]
    if not names:
        return ""
    if why == MISSING:
        return f"{_REASONS[why]}: {_listed(map(_label, names))}"
    values = [f"{_label(name)} {device.get(name, '').strip()[:_LONGEST]!r}" for name in names]
    return f"{_REASONS[why]}: {_listed(values)}"


def counted(lines: Iterable[dict]) -> list[str]:
    """How many prediction lines say what: a sentence a reason, kind and so on."""
    lines = list(lines)
    of_all = f"of {len(lines)} devices"
    causes = Counter(cause for line in lines for cause in line.get("imputed", {}).items())
    said = [f"{of_all}, {one}; {_AVERAGE}" for one in _by_reason(causes)]
    kinds = Counter(line["kind"] for line in lines if "kind" in line)
    said += [
        f"{n} {of_all} {_KINDS[kind]}; the numbers are those of a perovskite junction"
        for kind, n in kinds.most_common()
    ]
    if n_read := sum("read_as" in line for line in lines):
        said.append(f"{n_read} {of_all} have names that are read as the database writes them")
    return said


def counted_unreadable(devices: Sequence[dict[str, str]]) -> list[str]:
    """How many training devices have values that cannot be read, as sentences.

    Nobody is left out for it. A composition that is missing counts, too.
    """
    causes, kinds = Counter(), Counter()
    for device in devices:
        reading = read_device(device)
        causes.update(
            (name, why)
            for name, why in reading.gaps.items()
            if why == UNREADABLE or name == LONG_FORM
        )
        kinds.update(filter(None, [kind_of(device, reading)]))
    of_all = f"of {len(devices)} training devices"
    said = [f"{of_all}, {one}" for one in _by_reason(causes)]
    said += [f"{n} {of_all} {_KINDS[kind]}" for kind, n in kinds.most_common()]
    return [f"{one}; they are learned from all the same" for one in said]


def _by_reason(causes: Counter) -> list[str]:
    """Of (field, reason) → number of devices: "cannot be read: the composition (3)"."""
    said = []
    for why, words in _REASONS.items():
        own = [(name, n) for (name, reason), n in causes.most_common() if reason == why]
        if own:
            said.append(f"{words}: {_listed(f'{_label(name)} ({n})' for name, n in own)}")
    return said


def _label(field: str) -> str:
    if field == LONG_FORM:
        return "the composition"
    name = field.removesuffix("_sequence").replace("_deposition_", "_").replace("_", " ")
    return f"the {name if name[:3].isupper() else name[0].lower() + name[1:]}"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
