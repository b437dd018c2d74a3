"""Rows of given files that new training data must not contain, so that they stay an unseen test.

An MDP row is kept out by its recipe (19 fields). A paper's labels are kept out where one of its devices
has the same 31 fields as a row of a given SII file, and where its text overlaps with one there. Values
are compared as the scorer compares them (masterkey/schema/values.py: case, `100` and `100.0`, synonyms, order in a
mixture), so another spelling of a recipe does not slip through.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.audit.overlap import overlaps
from masterkey.rows.records import read_rows, task_of_rows
from masterkey.schema import fields as schema
from masterkey.schema.values import parse_value
from masterkey.scripting.command_line import UserError

# The share of common 8-word sequences from which data/audit.py reports two texts, too.
SAME_TEXT = 0.3


@dataclass
class UnseenRows:
    """What is in the given files: recipes, devices (31 fields), texts of papers."""

    recipes: set[tuple] = field(default_factory=set)
    devices: set[tuple] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    def has_recipe(self, fields: dict[str, str]) -> bool:
        """Whether a device with these fields has the recipe of a given row."""
        return bool(self.recipes) and _key(fields, schema.MDP_FIELDS) in self.recipes

    def has_device(self, fields: dict[str, str]) -> bool:
        """Whether a given SII row has the same 31 fields."""
        return bool(self.devices) and _key(fields, schema.SII_FIELDS) in self.devices

    def overlapping(self, texts: dict[str, str]) -> set[str]:
        """The names of those texts that overlap with a given one."""
        if not self.texts or not texts:
            return set()
        names = list(texts)
        found = overlaps([texts[name] for name in names], self.texts, threshold=SAME_TEXT)
        return {names[place] for place in found.first}


def read_unseen(paths: Iterable[str | Path]) -> UnseenRows:
    """The rows of MDP and SII files. Raises `UserError` for a file that is neither."""

    unseen = UnseenRows()
    for path in paths:
        rows = read_rows(path)
        task = task_of_rows(rows)
        if task is None:
            raise UserError(
                f"{path}: its rows are neither SII nor MDP; --exclude takes such files."
            )
        for row in rows:
            if task == "mdp":
                unseen.recipes.add(_key(schema.parse_mdp_input(row.input), schema.MDP_FIELDS))
                continue
            unseen.texts.append(row.input)
            if row.output is not None:
                fields = schema.parse_sii_answer(row.output)
                unseen.recipes.add(_key(fields, schema.MDP_FIELDS))
                unseen.devices.add(_key(fields, schema.SII_FIELDS))
    return unseen


def _key(fields: dict[str, str], names: tuple[str, ...]) -> tuple:
    return tuple(parse_value(name, fields.get(name, "")) for name in names)
