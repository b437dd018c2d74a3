"""A command line cut into flags with their values, before any parser has seen it."""

import shlex
from dataclasses import dataclass, field
from typing import NamedTuple

# What HfArgumentParser takes for a boolean.
TRUE, FALSE = frozenset(("yes", "true", "t", "y", "1")), frozenset(("no", "false", "f", "n", "0"))


@dataclass(frozen=True)
class GivenFlag:
    """One flag of a command line: `--name values…`, and `text`, how the user wrote it."""

    name: str  # with underscores; "" for words before the first flag
    values: list[str] = field(default_factory=list)
    text: str = ""
    words: list[str] = field(default_factory=list)  # what goes on to the parser
    old: bool = False  # it was written under another name

    @property
    def value(self) -> str:
        return " ".join(self.values)


class Translated(NamedTuple):
    """Flags of today, and the lines that tell the user what older ones became."""

    flags: list[GivenFlag]
    lines: list[str]


def added_flag(name: str, value: str) -> GivenFlag:
    """A flag that follows from others, as if it had been given."""
    words = [f"--{name}", value]
    return GivenFlag(name, [value], shlex.join(words), words)


def last_given(flags: list[GivenFlag], name: str) -> GivenFlag | None:
    """As argparse: of a flag given twice, the last counts."""
    return next((flag for flag in reversed(flags) if flag.name == name), None)


def words_of(flags: list[GivenFlag]) -> list[str]:
    """The command line again, for a parser."""
    return [word for flag in flags for word in flag.words]


def read_flags(argv: list[str]) -> list[GivenFlag]:
    """`argv` cut into flags with their values; `--flag=value` is read as `--flag value`."""
    groups: list[tuple[str, list[str], list[str]]] = []  # (name, values, words)
    for word in argv:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            groups.append((name.replace("-", "_"), [value] if equals else [], [word]))
        else:
            if not groups:
                groups.append(("", [], []))
            groups[-1][1].append(word)
            groups[-1][2].append(word)
    return [GivenFlag(name, values, _shown(name, words), words) for name, values, words in groups]


def _shown(name: str, words: list[str]) -> str:
    return f"--{name} …" if name.endswith("_token") else shlex.join(words)


def same_value(one, other) -> bool:
    """Whether two values of a flag mean the same: `0.03` and `3e-2`, `True` and `yes`."""
    one, other = str(one).strip().lower(), str(other).strip().lower()
    if one == other or {one, other} <= TRUE or {one, other} <= FALSE:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False
