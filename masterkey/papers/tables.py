"""A table of a paper as lines that a person and a reader of sentences can read."""

import re

# What a column or a row of device data is called, in the words of the 31 fields and of the four targets.
_DEVICE_WORDS = re.compile(
    r"\b(?:ETL|HTL|ETM|HTM|electron[- ]transport|hole[- ]transport|perovskite|composition|absorber"
    r"|device (?:structure|architecture|configuration|stack)|architecture|solvent|antisolvent|anti-solvent"
    r"|annealing|additive|dopant|substrate|back ?contact|electrode|active area|area|spin[- ]coating"
    r"|deposition|PCE|Voc|V OC|Jsc|J SC|FF|fill factor|efficiency|stability|T80)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 2


def rows_as_lines(rows: list[list[str]]) -> str:
    """One line a row, each cell behind the heading of its column: "Device: A; ETL: SnO2; PCE (%): 20.1".

    The first row holds the headings; a table of one row is its cells.
    """
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return ""
    if len(rows) == 1:
        return "; ".join(filter(None, rows[0]))
    names, *others = rows
    return "\n".join(filter(None, (_line(names, row) for row in others)))


def _line(names: list[str], row: list[str]) -> str:
    cells = []
    for column, cell in enumerate(row):
        name = names[column].strip(" :") if column < len(names) else ""
        if cell.strip():
            cells.append(f"{name}: {cell}" if name and name != cell else cell)
    return "; ".join(cells)


def holds_device_data(lines: str) -> bool:
    """Whether a table in such lines tells of devices: it names two of their properties or more."""
    return len({match[0].lower() for match in _DEVICE_WORDS.finditer(lines)}) >= _FEWEST_WORDS
