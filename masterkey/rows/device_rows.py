"""MDP rows as users write them, in one form: FF as a fraction, decimal points, TRUE and FALSE, minutes.

    rows, changes = in_one_form(read_rows(path, task="mdp"))

Nothing is dropped without a word: `changes` says what was read otherwise than it is written, and which
targets are no number.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.schema.spreadsheet_values import boolean, decimal_points, in_minutes
from masterkey.schema.values import BOOLEAN_FIELDS

FF_PERCENT = (10.0, 100.0)  # an FF from 10 to 100 was given in percent
_NUMBER_FIELDS = (schema.ANNEALING_TEMPERATURE, schema.ANNEALING_TIME)


def in_one_form(rows: Sequence[Row]) -> tuple[list[Row], Counter]:
    """(the rows, how many values were changed by what was done). Rows in that form stay as they are."""
    changes: Counter[str] = Counter()
    return [_in_one_form(row, changes) for row in rows], changes


def told(changes: Counter, path: str) -> str:
    """The changes of the rows of a file in one line."""
    listed = "; ".join(f"{what}: {count:,}" for what, count in sorted(changes.items()))
    return f"note: {path}: {listed}."


def _in_one_form(row: Row, changes: Counter) -> Row:
    device = schema.parse_mdp_input(row.input)
    plain = {name: _plain_field(name, value, changes) for name, value in device.items()}
    if plain != device:
        complete = dict.fromkeys(schema.MDP_FIELDS, "") | plain
        row = replace(row, input=schema.format_mdp_input(complete, markers=True))
    if row.output is None:
        return row
    targets = schema.parse_mdp_answer(row.output)
    plain = {name: _plain_target(name, value, changes) for name, value in targets.items()}
    if plain != targets:
        complete = dict.fromkeys(schema.MDP_TARGETS, "") | plain
        row = replace(row, output=schema.format_mdp_answer(complete, markers=True))
    return row


def _plain_field(name: str, value: str, changes: Counter) -> str:
    plain = value
    if name in BOOLEAN_FIELDS and value not in ("TRUE", "FALSE"):
        plain = boolean(value)
        changes["booleans written otherwise"] += plain != value
    if name in _NUMBER_FIELDS:
        plain = decimal_points(value, thousands_possible=True)
        changes["decimal commas read as points"] += plain != value
    if name == schema.ANNEALING_TIME:
        pointed, plain = plain, in_minutes(plain)
        changes["annealing times with a unit turned into minutes"] += plain != pointed
    return plain


def _plain_target(name: str, value: str, changes: Counter) -> str:
    plain = decimal_points(value, thousands_possible=False)
    changes["decimal commas read as points"] += plain != value
    if not schema.is_reported(plain):
        return plain
    number = schema.target_numbers({name: plain})[name]
    if number is None:
        changes[f"{name} that is no number, left out"] += 1
        return ""
    if name == "FF" and FF_PERCENT[0] <= number <= FF_PERCENT[1]:
        changes["FF in percent, divided by 100"] += 1
        return f"{number / 100:.6g}"
    return plain
