"""Voc, Jsc, FF and PCE of Perovskite Database entries: read, checked, written as MDP rows.

An entry becomes an MDP row unless, in this order (the first that holds is counted):

- `module`: Module is TRUE; its Voc and PCE are not those of one cell.
- `no PCE`: the target that the task is about. A missing Voc, Jsc or FF only leaves that line empty,
  as in rows 17 and 18 of the published training file.
- `X is not a number`: such as `18.2 ± 0.3`; a number with its unit is read.
- `X out of range`: outside `RANGES`.
- `recipe of --exclude`: the recipe stands in a file whose rows are to stay unseen.
- `Voc·Jsc·FF is not PCE`: only with --drop_inconsistent. By default such entries are kept and
  listed, since JV_default_PCE may be the stabilised value while the others come from a scan.

`RANGES`, for single-junction cells under one sun:

- Voc 0 to 2.0 V: about the Shockley-Queisser limit of a gap of 2.3 eV (MAPbBr3), the widest in use.
- Jsc 0 to 45 mA/cm²: that of 1.1 eV is 44; the narrowest perovskites (Sn-Pb) have 1.2 eV.
- FF 0 to 1. From 10 to 100 it was entered in percent: divided by 100, and counted.
- PCE 0 to 30 %: the best perovskite cells reach about 27 %, the limit at 1.34 eV is 33.7 %; what lies
  above is a tandem, was measured in other light, or is a slip.

0 is in range (cells that do not work are results, and in the published rows); a negative value is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from masterkey.audit.irregular_rows import PCE_TOLERANCE
from masterkey.database.export import Entry
from masterkey.database.unseen_rows import UnseenRows
from masterkey.rows.device_rows import FF_PERCENT
from masterkey.schema import fields as schema

RANGES = {"Voc": (0.0, 2.0), "Jsc": (0.0, 45.0), "FF": (0.0, 1.0), "PCE": (0.0, 30.0)}
EXCLUDED, INCONSISTENT = "recipe of --exclude", "Voc·Jsc·FF is not PCE"
_NO_NUMBER = frozenset({"none", "na", "n/a", "-", "--"})


@dataclass(frozen=True)
class Measurement:
    """What an entry says of its performance.

    `numbers`: Voc [V], Jsc [mA/cm²], FF [0–1], PCE [%], None where missing or not a number.
    `problem` says why it is not used, None where it is. `difference` is Voc·Jsc·FF − PCE in points of
    PCE, None where one of them is missing.
    """

    numbers: dict[str, float | None]
    problem: str | None
    ff_was_percent: bool
    difference: float | None

    @property
    def is_inconsistent(self) -> bool:
        """Whether Voc·Jsc·FF and PCE differ by more than 0.2 points (`PCE_TOLERANCE`)."""
        return self.difference is not None and abs(self.difference) > PCE_TOLERANCE


def drop_reasons(
    entries: Sequence[Entry],
    measurements: Sequence[Measurement],
    unseen: UnseenRows,
    *,
    drop_inconsistent: bool,
) -> list[str | None]:
    """For each entry why it is no MDP row; None where it is one."""

    def reason(entry: Entry, measured: Measurement) -> str | None:
        if measured.problem:
            return measured.problem
        if unseen.has_recipe(entry.fields):
            return EXCLUDED
        return INCONSISTENT if drop_inconsistent and measured.is_inconsistent else None

    return [reason(*pair) for pair in zip(entries, measurements, strict=True)]


def measurement(entry: Entry) -> Measurement:
    """The measurement of an entry, with the first problem of those above that it has alone."""
    numbers = schema.target_numbers(entry.targets)
    ff_was_percent = numbers["FF"] is not None and FF_PERCENT[0] <= numbers["FF"] <= FF_PERCENT[1]
    if ff_was_percent:
        numbers["FF"] /= 100
    difference = None
    if None not in numbers.values():
        difference = math.prod(numbers[name] for name in ("Voc", "Jsc", "FF")) - numbers["PCE"]
    return Measurement(numbers, _problem(entry, numbers), ff_was_percent, difference)


def _problem(entry: Entry, numbers: dict[str, float | None]) -> str | None:
    if entry.fields["Module"] == "TRUE":
        return "module"
    if not _is_stated(entry.targets["PCE"]):
        return "no PCE"
    for name, number in numbers.items():
        if number is None and _is_stated(entry.targets[name]):
            return f"{name} is not a number"
    for name, number in numbers.items():
        if number is not None and not RANGES[name][0] <= number <= RANGES[name][1]:
            return f"{name} out of range"
    return None


def _is_stated(text: str) -> bool:
    return schema.is_reported(text) and text.lower() not in _NO_NUMBER


def mdp_row(entry: Entry, measured: Measurement) -> dict:
    """The row in the published training file's form: blanks, two decimals, `###` and `@@@`.

    `doi` and `year` (where it is known) beside it let regression_baseline.py --split papers and years.
    """
    targets = {
        name: "" if number is None else f"{number:z.2f}"
        for name, number in measured.numbers.items()
    }
    return {
        "id": entry.id,
        "doi": entry.doi,
        **({} if entry.year is None else {"year": entry.year}),
        "instruction": schema.MDP_INSTRUCTION,
        "input": schema.format_mdp_input(entry.fields, markers=True),
        "output": schema.format_mdp_answer(targets, markers=True),
    }
