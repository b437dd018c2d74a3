"""The nearest training recipes of a device, beside its predicted performance and below it."""

from rich.console import Console
from rich.text import Text

from masterkey.schema import fields as schema
from masterkey.schema.targets import DECIMALS
from masterkey.terminal.quotations import printable

_LONGEST = 40
_SHOWN_FIELDS = 6


def heads(novelty: dict) -> list[str]:
    """The column headings of the nearest recipes: "nearest 1", …"""
    return [f"nearest {n}" for n, _ in enumerate(novelty["nearest"], 1)]


def measured(novelty: dict, target: str) -> list[str]:
    """What was measured of the nearest recipes, for one target."""
    values = [recipe["measured"][target] for recipe in novelty["nearest"]]
    digits = DECIMALS[target].shown
    return ["–" if value is None else f"{value:.{digits}f}" for value in values]


def print_neighbours(console: Console, line: dict, label) -> None:
    """The sentence on novelty, names that were read as others, and how the nearest recipes differ.

    `line` is an MDP prediction line, `label` gives a field's name for a reader.
    """
    novelty, read_as = line.get("novelty"), line.get("read_as", {})
    if not novelty:
        return
    console.print(Text(printable(novelty["sentence"]), style="bold"))
    if read_as:
        told = ", ".join(f"{given} as {known}" for given, known in read_as.items())
        console.print(Text(printable(f"Read: {told}."), style="dim"))
    for number, recipe in enumerate(novelty["nearest"], 1):
        console.print(Text(f"nearest {number}: {_differences(recipe, label)}", style="dim"))


def _differences(recipe: dict, label) -> str:
    devices = f"{recipe['devices']} device{'s' if recipe['devices'] > 1 else ''}"
    fields = [field for field in schema.MDP_FIELDS if field in recipe["unlike"]]
    told = [f"{label(field)} {_value(recipe['unlike'][field])}" for field in fields[:_SHOWN_FIELDS]]
    if len(fields) > _SHOWN_FIELDS:
        told.append(f"and {len(fields) - _SHOWN_FIELDS} more")
    return f"{devices}; {', '.join(told) if told else 'the same in all that is reported'}"


def _value(value: str) -> str:
    value = printable(value) or "not reported"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
