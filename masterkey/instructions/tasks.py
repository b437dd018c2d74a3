"""Instructions from a language model: the prompt, its reply taken apart, and what is not kept.

The recipe is that of Stanford Alpaca (after self-instruct, arXiv 2212.10560): each prompt shows three
seed tasks and asks for twenty more in the same form; instructions that a text model cannot carry
out, or that are too short, too long or malformed, are dropped.
"""

import random
import re
import string
from dataclasses import dataclass
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_text

N_EXAMPLES = 3
INCOMPLETE = "incomplete"
FEWEST_WORDS, MOST_WORDS = 4, 150
# Alpaca's list: what such a task is about cannot be seen, heard, opened or produced by a text model.
BLOCKED_WORDS = (
    "image images graph graphs picture pictures file files map maps draw plot video audio music "
    "flowchart diagram go_to"
)

_FIELDS = ("Instruction", "Input", "Output")
_BLOCKED = re.compile(rf"\b({'|'.join(BLOCKED_WORDS.split()).replace('_', ' ')})\b", re.IGNORECASE)
_NO_INPUT = re.compile(r"\W*(none|no ?input|n/?a|empty)?\W*", re.IGNORECASE)


def read_seed_tasks(path: str | Path) -> list[dict[str, str]]:
    """{"instruction", "input", "output"} of each task of a JSON Lines file in self-instruct's form.

    A line has `instruction` and `instances`, a list of {"input", "output"} of which the first is
    taken. Raises `UserError` with the line where something is missing, or for fewer than three.
    """
    tasks = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            tasks.append(_seed_task(parse_json(line, str(path), number), path, number))
    if len(tasks) < N_EXAMPLES:
        raise UserError(
            f"{path}: holds {len(tasks)} seed tasks; each prompt needs {N_EXAMPLES}, add more."
        )
    return tasks


def _seed_task(value, path, number: int) -> dict[str, str]:
    try:
        instance = value["instances"][0]
        task = {
            "instruction": value["instruction"],
            **{k: instance[k] for k in ("input", "output")},
        }
    except (TypeError, KeyError, IndexError):
        task = {}
    if not task or not all(isinstance(text, str) for text in task.values()):
        raise UserError(
            f"{path}: line {number} is no seed task; it needs the text 'instruction' and the list "
            "'instances' of objects with the texts 'input' and 'output'."
        )
    return task


def read_template(path: str | Path, place: str) -> str:
    """The text of a prompt file. Raises `UserError` where it lacks `place`, such as "{passage}"."""
    text = read_text(path).strip()
    if place not in text:
        raise UserError(f"{path}: lacks {place}, where the script puts in text; add it.")
    return text


def fill(template: str, values: dict[str, object]) -> str:
    """`template` with {name} replaced by each value; other braces stay as they are."""
    places = re.compile("|".join(re.escape(f"{{{name}}}") for name in values))
    return places.sub(lambda place: str(values[place[0][1:-1]]), template)


@dataclass(frozen=True)
class TaskSource:
    """Asks for new tasks, without end. The prompt of a request depends on `seed` and its number only."""

    template: str
    seed_tasks: list[dict[str, str]]
    n_new: int
    seed: int

    n_requests = None  # as many as needed

    @property
    def known(self) -> list[str]:
        """Instructions that new ones are compared with from the start."""
        return [task["instruction"] for task in self.seed_tasks]

    @property
    def lead(self) -> str:
        """How a reply begins, for a model that continues text."""
        return f"[Task {N_EXAMPLES + 1}]\nInstruction:"

    @property
    def stop(self) -> tuple[str, ...]:
        """Where such a model has written enough."""
        return (f"[Task {N_EXAMPLES + self.n_new + 1}]",)

    def prompt(self, number: int) -> str:
        """The prompt of a request, with three seed tasks drawn for it as tasks 1 to 3."""
        examples = random.Random(f"{self.seed}:{number}").sample(self.seed_tasks, N_EXAMPLES)
        shown = "\n\n".join(
            f"[Task {place}]\nInstruction: {task['instruction']}\n"
            f"Input: {task['input'] or '(none)'}\nOutput: {task['output']}"
            for place, task in enumerate(examples, 1)
        )
        values = {"n_new": self.n_new, "n_examples": N_EXAMPLES, "examples": shown}
        first = N_EXAMPLES + 1
        return fill(self.template, values | {"first": first, "last": N_EXAMPLES + self.n_new})

    def candidates(self, number: int, reply: str, whole: bool) -> list[tuple[dict, str | None]]:
        """(row, why it is not kept or None) of each task in the reply to request `number`."""
        tasks = parse_tasks(reply, whole=whole)
        return [
            (task or {}, refusal(task["instruction"]) if task else INCOMPLETE) for task in tasks
        ]


def parse_tasks(text: str, *, whole: bool = True) -> list[dict[str, str] | None]:
    """The tasks of a reply; None for one that lacks an instruction or an output.

    `whole` is False for a reply that broke off: its last task is then left out.
    """
    return [item and _task(item) for item in parse_items(text, "Task", _FIELDS, whole=whole)]


def _task(item: dict[str, str]) -> dict[str, str] | None:
    instruction = " ".join(item["Instruction"].split()).rstrip(":")
    input = "" if _NO_INPUT.fullmatch(item["Input"]) else item["Input"]
    if not instruction or not item["Output"]:
        return None
    return {"instruction": instruction, "input": input, "output": item["Output"]}


def parse_items(
    text: str, name: str, fields: tuple[str, ...], *, whole: bool = True
) -> list[dict[str, str] | None]:
    """The numbered items of a reply, each {field: text}; None where one lacks a field.

    An item begins with a line such as "[Task 4]", a field with one such as "Input:". Taken too are
    Markdown around these (`**Input:**`), a title ("### Task 4: Oxides") and a first field on the
    item's own line. What stands before the first item, or is a reasoning model's thought, is left
    out. `whole` is False for a reply that broke off: its last item is then left out.
    """
    flags = re.MULTILINE | re.IGNORECASE
    heads = [re.compile(rf"^[ \t*_#>-]*{field}[ \t*_]*:(?:\*\*|__)?", flags) for field in fields]
    first = heads[0].pattern.removeprefix("^")
    item_head = re.compile(
        rf"^[^\w\n]*{name} *[0-9]+"
        rf"(?:[^\w\n]*$|[^\w\n]*(?={first})|\b[^\n]*$(?=\s*^{first}))",
        flags,
    )
    pieces = item_head.split(text.rpartition("</think>")[2])[1:]
    return [_item(piece, fields, heads) for piece in (pieces if whole else pieces[:-1])]


def _item(text: str, fields: tuple[str, ...], heads: list[re.Pattern]) -> dict[str, str] | None:
    """Each field from its first head behind the field before; None where one is not there."""
    # One step per field: a single pattern would take cubic time on a model that repeats itself.
    found, place = [], 0
    for head in heads:
        match = head.search(text, place)
        if match is None:
            return None
        found.append(match.span())
        place = match.end()
    ends = [start for start, _ in found[1:]] + [len(text)]
    return {
        field: _trimmed(text[start:end])
        for field, (_, start), end in zip(fields, found, ends, strict=True)
    }


def _trimmed(text: str) -> str:
    """Without the blanks around it and the lines of signs (---, ###) that part it from the next."""
    lines = text.strip().split("\n")
    while len(lines) > 1 and re.fullmatch(r"[-#*=_ ]*", lines[-1]):
        lines.pop()
    return "\n".join(lines).strip()


def refusal(instruction: str) -> str | None:
    """Why an instruction is not kept, in a word or two; None where nothing is wrong with it."""
    n_words = len(instruction.split())
    if n_words < FEWEST_WORDS:
        return "too short"
    if n_words > MOST_WORDS:
        return "too long"
    if _BLOCKED.search(instruction):
        return "needs more than text"
    # Alpaca's observation: the model then writes of a program instead of writing it.
    if instruction.lower().startswith("write a program"):
        return "asks for a program"
    if instruction[0] in string.punctuation:
        return "starts with punctuation"
    if not instruction[0].isascii():
        return "starts with a non-ASCII character"
    return None
