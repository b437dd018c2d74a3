"""Rows of a data file that a careful reader would stop at, each with what is odd about it.

Nothing here is refused: `records.read_rows` decides what can be used. Kinds of irregularity are
keys of `KINDS`, so that they can be counted.
"""

import math
from collections.abc import Iterator

from masterkey.rows.records import Row, task_of
from masterkey.schema import fields as schema
from masterkey.schema.targets import POSSIBLE
from masterkey.schema.values import FIELD_UNITS, canonical_number, parse_value, reported_parts

# Voc·Jsc·FF and PCE may differ by rounding; more than this many points of PCE is another cause:
# the database's PCE may be the stabilised value while the others come from a scan.
PCE_TOLERANCE = 0.2

KINDS = {
    "no input": "no input text",
    "other task": "instruction of the other task",
    "missing field": "a field is missing",
    "broken value": "a value is broken by a newline",
    "not a number": "no number where one belongs",
    "layers differ": "more layers than procedures, or fewer",
    "stages differ": "annealing: other number of times",
    "empty target": "a target is empty",
    "zero target": "a target is 0",
    "impossible target": "a target that one sun cannot give",
    "PCE mismatch": f"|Voc·Jsc·FF − PCE| > {PCE_TOLERANCE}",
}


def irregularities(row: Row, task: str) -> list[tuple[str, str]]:
    """(kind, what was found) for everything odd about a row; a kind may occur more than once."""
    if task_of(row.instruction) not in (None, task):
        return [("other task", f"the instruction is that of {task_of(row.instruction).upper()}")]
    found = [] if row.input.strip() else [("no input", "the input text is empty")]
    of_task = {"sii": _of_sii, "mdp": _of_mdp}[task]
    return found + list(of_task(row))


def _of_sii(row: Row) -> Iterator[tuple[str, str]]:
    if row.output is None:
        return
    fields = schema.parse_sii_answer(row.output)
    yield from _missing_and_broken(fields, schema.SII_FIELDS)
    for field in FIELD_UNITS:
        for part in reported_parts(parse_value(field, fields.get(field, ""))):
            if canonical_number(part) is None:
                yield "not a number", f"{field}: {part!r}"
    yield from _layers_differ(fields)
    yield from _stages_differ(fields)


def _of_mdp(row: Row) -> Iterator[tuple[str, str]]:
    fields = schema.parse_mdp_input(row.input)
    yield from _missing_and_broken(fields, schema.MDP_FIELDS)
    yield from _layers_differ(fields)
    yield from _stages_differ(fields)
    if row.output is not None:
        yield from _odd_targets(schema.parse_mdp_answer(row.output))


def _missing_and_broken(fields: dict[str, str], names: tuple[str, ...]) -> Iterator:
    for name in names:
        if name not in fields:
            yield "missing field", name
        elif "\n" in fields[name]:
            yield "broken value", f"{name}: {fields[name]!r}"


def _layers_differ(fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    for part in schema.DEVICE_PARTS:
        stack = fields.get(f"{part}_stack_sequence", "")
        procedure = fields.get(f"{part}_deposition_procedure", "")
        if not (schema.is_reported(stack) and schema.is_reported(procedure)):
            continue
        if stack.count("|") != procedure.count("|"):
            yield "layers differ", f"{part}: {stack!r} by {procedure!r}"


def _stages_differ(fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    annealing = (schema.ANNEALING_TEMPERATURE, schema.ANNEALING_TIME)
    temperature, time = (fields.get(name, "") for name in annealing)
    if schema.is_reported(temperature) and schema.is_reported(time):
        shapes = [[[len(step) for step in layer] for layer in parse_value(field, value)]
                  for field, value in zip(annealing, (temperature, time), strict=True)]  # fmt: skip
        if shapes[0] != shapes[1]:
            yield "stages differ", f"annealing at {temperature!r} for {time!r}"


def _odd_targets(targets: dict[str, str]) -> Iterator[tuple[str, str]]:
    numbers = schema.target_numbers(targets)
    for name, number in numbers.items():
        low, high = POSSIBLE[name]
        if name not in targets:
            yield "missing field", name
        elif not targets[name]:
            yield "empty target", name
        elif number is None:
            yield "not a number", f"{name}: {targets[name]!r}"
        elif number == 0:
            yield "zero target", name
        elif not low <= number <= high:
            yield "impossible target", f"{name}: {number:g}"
    if None not in numbers.values():
        product = math.prod(numbers[name] for name in ("Voc", "Jsc", "FF"))
        if abs(product - numbers["PCE"]) > PCE_TOLERANCE:
            yield "PCE mismatch", f"Voc·Jsc·FF is {product:.2f}, PCE {numbers['PCE']:.2f}"
