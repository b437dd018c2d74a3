"""Rows of data files: read, validated, and turned into the text a model sees.

A data file is a JSON list or JSON Lines (in a file of either name) of objects with `instruction`, `input`, `output` (the
published and Alpaca form) and optionally `id`, `doi` and `year`. Rows are counted from 0, as the data format
documents do. NOMAD's archives, PERLA's JSON and tables of devices are read as rows, too
(masterkey/formats/inputs.py). Every row is checked before any work starts; the first problems are reported at once.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from masterkey.formats.inputs import is_foreign, read_row_values
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_text, valid_text

SHOWN_PROBLEMS = 3
SHOWN_ROWS = 10  # of those with an empty answer
ROW_KEYS = ("instruction", "input", "output")
TASKS = ("sii", "mdp")
_INSTRUCTIONS = {"sii": schema.SII_INSTRUCTION, "mdp": schema.MDP_INSTRUCTION}
# The ids of rows that masterkey/synthetic invents begin so.
ID_PREFIX = "synthetic-"
_SCRIPTS = {"sii": "sii_test.py", "mdp": "regression_test.py"}


@dataclass(frozen=True)
class Row:
    """One row: `output` is None where the file has no answer; `number` counts from 0.

    `paper` is the row's `doi` in lower case, "" where it has none; `year` that of the paper, or None.
    """

    id: str
    instruction: str
    input: str
    output: str | None
    number: int
    paper: str = ""
    year: int | None = None


def read_rows(path: str | Path, *, task: str | None = None, answers: str = "optional") -> list[Row]:
    """All rows of a JSON or JSONL data file, in file order, validated.

    `task` ("sii" or "mdp"): rows without an instruction get the task's own, rows of the other task
    are a problem, and answers must hold every field. Without `task` any Alpaca-style row will do.
    `answers`: "required" (training), or "optional" (prediction).
    Raises `UserError` naming file, row and key of the first problems.
    """
    values = _read_list(Path(path), task, answers)
    if not values:
        raise UserError(f"{path}: holds no rows; give a file with at least one.")
    problems: list[str] = []
    rows = [_row(value, number, task, answers, problems) for number, value in enumerate(values)]
    seen: dict[str, int] = {}
    for row in rows:
        if row.id in seen:
            problems.append(f"rows {seen[row.id]} and {row.number} have the same id {row.id!r}")
        seen.setdefault(row.id, row.number)
    if problems:
        shown = "; ".join(problems[:SHOWN_PROBLEMS])
        more = len(problems) - SHOWN_PROBLEMS
        raise UserError(f"{path}: {shown}{f'; and {more} more problems' if more > 0 else ''}.")
    return rows


def require_texts(rows: Sequence[Row], path: str | Path) -> None:
    """Raise `UserError` where papers are to be read and none has a text, as in tables and archives."""
    if rows and not any(row.input.strip() for row in rows):
        raise UserError(
            f"{path}: holds no text of a paper, so there is nothing to read; give rows with an 'input', or "
            "put each paper's text beside its archive, NAME.txt beside NAME.archive.json."
        )


def _read_list(path: Path, task: str | None, answers: str) -> list:
    """The values of a JSON list or of JSON Lines, whichever the content is, or of another format's records."""
    if is_foreign(path):  # a table, NOMAD's archives, PERLA's JSON
        return read_row_values(path, task, measured=answers == "required")
    text = read_text(path)
    if path.suffix != ".jsonl" and not text.strip():
        raise UserError(f"{path}: is empty; expected a JSON list of rows.")
    if not text.lstrip().startswith("[") and (path.suffix != ".json" or _begins_with_row(text)):
        lines = ((n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip())
        return [parse_json(line, str(path), n) for n, line in lines]
    value = parse_json(text, str(path))
    if not isinstance(value, list):
        raise UserError(
            f"{path}: holds a JSON {_json_type(value)}; expected a list of objects with "
            "'instruction', 'input' and 'output', or such an object on each line."
        )
    return value


def _begins_with_row(text: str) -> bool:
    """Whether the first line is a row, as in the .json files of `datasets.Dataset.to_json`."""
    try:
        value = json.loads(text.lstrip().split("\n", 1)[0])
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and not value.keys().isdisjoint(ROW_KEYS)


def empty_answers(paths: Sequence[str | Path]) -> list[str]:
    """A sentence for each file that has rows with an empty answer: how many, and which."""
    return [
        f"note: {path}: {len(empty)} of {len(rows)} rows {'have' if len(empty) > 1 else 'has'} an "
        f"empty answer ({_numbered(empty)}), and teach to answer nothing; mend them or take them out."
        for path in paths
        for rows in [read_rows(path, answers="required")]
        if (empty := [row.number for row in rows if not model_text(row)[1].strip()])
    ]


def _numbered(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:SHOWN_ROWS]))
    return (
        f"row{'s' if len(numbers) > 1 else ''} {shown}{' …' if len(numbers) > SHOWN_ROWS else ''}"
    )


def _row(value, number: int, task: str | None, answers: str, problems: list[str]) -> Row:
    """The row, with empty text where something is wrong, which is then in `problems`."""
    if not isinstance(value, dict):
        problems.append(f"row {number} is a JSON {_json_type(value)}, expected an object")
        return Row(str(number), "", "", None, number)
    instruction = _text(value, "instruction", number, problems, needed=task is None)
    input = _text(value, "input", number, problems, needed=task is not None)
    output = _text(value, "output", number, problems, needed=answers == "required")
    if task and _is_other_task(instruction, number, task, problems):
        return Row(str(number), instruction, "", None, number)
    if task and answers == "optional" and output is not None and not output.strip():
        output = None  # a new paper, in a table whose rows all have this key
    if task and output is not None:
        _check_answer(output, number, task, problems)
    id = value.get("id")
    if id is None:  # `datasets` writes null where some rows have no id
        id = number
    if not isinstance(id, str | int):
        problems.append(f"row {number}: 'id' is a JSON {_json_type(id)}, expected text")
    return Row(
        valid_text(str(id)),
        instruction or _INSTRUCTIONS.get(task, ""),
        input or "",
        output,
        number,
        (_text(value, "doi", number, problems, needed=False) or "").strip().lower(),
        _year(value.get("year"), number, problems),
    )


def _year(value, number: int, problems: list[str]) -> int | None:
    if value is None or value == "":
        return None
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) == 4):
        problems.append(f"row {number}: 'year' is {value!r}, expected four digits")
        return None
    return int(text)


def _text(value: dict, key: str, number: int, problems: list[str], needed: bool) -> str | None:
    text = value.get(key)
    if isinstance(text, str):
        return valid_text(text)
    if text is not None:
        problems.append(f"row {number}: '{key}' is a JSON {_json_type(text)}, expected text")
    elif needed and key in value:
        problems.append(f"row {number}: '{key}' is null, expected text")
    elif needed:
        found = ", ".join(map(repr, value)) or "nothing"
        problems.append(f"row {number} has no '{key}' (it has {found}); add it")
    return None


def _is_other_task(instruction: str | None, number: int, task: str, problems: list[str]) -> bool:
    other = task_of(instruction or "")
    if other in (None, task):
        return False
    problems.append(
        f"row {number} is a row of the task {other.upper()}, expected {task.upper()}; "
        f"use {_SCRIPTS[other]}"
    )
    return True


def _check_answer(output: str, number: int, task: str, problems: list[str]) -> None:
    if task == "sii":
        missing = set(schema.SII_FIELDS) - set(schema.parse_sii_answer(output))
    else:
        missing = set(schema.MDP_TARGETS) - set(schema.parse_mdp_answer(output))
    if missing:
        names = ", ".join(sorted(missing)[:3]) + (" …" if len(missing) > 3 else "")
        problems.append(f"row {number}: 'output' lacks {len(missing)} field(s) ({names})")


def _json_type(value) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def task_of(instruction: str) -> str | None:
    """ "sii" or "mdp" for the published instructions, None for any other."""
    for task, known in _INSTRUCTIONS.items():
        if instruction.strip() == known:
            return task
    return None


def task_of_rows(rows: Sequence[Row]) -> str | None:
    """The task that most rows' instructions name, else the one whose fields the first row holds."""
    named = Counter(filter(None, (task_of(row.instruction) for row in rows)))
    if named:
        return named.most_common(1)[0][0]
    if schema.parse_mdp_input(rows[0].input):
        return "mdp"
    return "sii" if schema.parse_sii_answer(rows[0].output or "") else None


def is_synthetic(rows_or_ids) -> bool:
    """Whether any of these rows (dicts or objects with an `id`) or ids was invented (masterkey/synthetic)."""
    return any(_id(item).startswith(ID_PREFIX) for item in rows_or_ids)


def _id(item) -> str:
    if isinstance(item, dict):
        return str(item.get("id", ""))
    return str(getattr(item, "id", item))


def model_text(row: Row, *, keep_markers: bool = False) -> tuple[str, str | None]:
    """(input, output) as the model sees them.

    The literal markers of the published files are taken off unless `keep_markers`, and MDP lines
    lose the blanks around them: regression360.json has a blank before each line, regression40.json
    behind each, so a model would else be tested on another form than it was trained on.
    """
    if keep_markers:
        return row.input, row.output
    input = schema.strip_markers(row.input)
    output = None if row.output is None else schema.strip_markers(row.output)
    if task_of(row.instruction) == "mdp":
        input = _strip_lines(input)
        output = None if output is None else _strip_lines(output)
    return input, output


def _strip_lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n"))


def recipe_of(input: str) -> str:
    """A key equal for MDP rows of the same recipe (the 19 fields, blanks folded).

    Rows of one recipe must stay together in every split: 360 published rows are 180 recipes.
    """
    fields = schema.parse_mdp_input(input)
    return json.dumps([" ".join(fields.get(name, "").split()) for name in schema.MDP_FIELDS])
