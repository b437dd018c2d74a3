"""The text that the published test scripts print, read into prediction lines.

A record is the text after `prediction ->` up to `answer ->`, and the text after that up to the next
record; SII writes the arrows as `-->`. Both arrows are read for both tasks, any number of lines per
record, and what stands before `prediction` is taken as the row's input. Quantities are found by name:
the published evaluator took line numbers modulo 27 instead, so that one record of another length
shifted all later ones.
"""

import re
from pathlib import Path

from masterkey.formats.inputs import is_foreign, read_lines
from masterkey.rows.cleaned_rows import DEFAULT
from masterkey.rows.predictions import check_task, prediction_line, read_predictions
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_text

PUBLISHED_TEXT = "published text"  # `source` of its prediction lines
_MARKER = re.compile(r"(?<!\S)(prediction|answer)[ \t]*-{1,2}>", re.IGNORECASE)
_INPUT = re.compile(r"(?<!\S)input[ \t]*:\s*", re.IGNORECASE)
_INSTRUCTIONS = {"sii": schema.SII_INSTRUCTION, "mdp": schema.MDP_INSTRUCTION}
_PARSERS = {"sii": schema.parse_sii_answer, "mdp": schema.parse_mdp_answer}
_ENDS = {"sii": schema.SII_END, "mdp": schema.MDP_OUTPUT_END}


def read_any_predictions(path: str | Path, task: str) -> list[dict]:
    """Prediction lines from JSON Lines, the published scripts' text, or a format of `masterkey.formats`.

    A field that an archive or a table does not have is one that it does not report; so is a value that
    --omit_defaults left out.
    """
    if is_foreign(path):
        return _of_other_format(path, task)
    text = read_text(path)
    if text.lstrip().startswith(("{", "[")) or not text.strip():
        return [_with_omitted(line) for line in read_predictions(path, task)]
    return parse_upstream_text(text, task, str(path))


def _of_other_format(path: str | Path, task: str) -> list[dict]:
    lines = read_lines(path)
    for number, line in enumerate(lines, 1):
        check_task(line, number, task, path)
    if task == "sii":
        nothing = dict.fromkeys(schema.SII_FIELDS, "")
        return [line | {"fields": nothing | line["fields"]} for line in lines]
    if not any(line["fields"] for line in lines):
        raise UserError(
            f"{path}: holds no predicted Voc, Jsc, FF or PCE; give what regression_test.py or "
            "regression_baseline.py predicted."
        )
    return lines


def _with_omitted(line: dict) -> dict:
    """The line with "" for the values that no text states, where these were left out of its fields."""
    source = line.get("source")
    if not isinstance(source, dict):
        return line
    left_out = {
        name: ""
        for name in schema.SII_FIELDS
        if name not in line["fields"] and source.get(name) == DEFAULT
    }
    return line | {"fields": line["fields"] | left_out} if left_out else line


def parse_upstream_text(text: str, task: str, where: str) -> list[dict]:
    """One prediction line per record of `text`, ids "0", "1", … in the order of the text.

    Raises `UserError` naming `where` and the line where a record has no answer or no prediction.
    """
    markers = list(_MARKER.finditer(text))
    if not markers:
        raise UserError(
            f"{where}: is neither JSON Lines nor text with 'prediction ->' and 'answer ->'; "
            "give a file written by a test script."
        )
    _check_order(markers, text, where)
    pairs = list(zip(markers[::2], markers[1::2], strict=True))
    starts = [prediction.start() for prediction, _ in pairs[1:]] + [len(text)]
    lines, before = [], text[: markers[0].start()]
    for number, ((prediction, answer), end) in enumerate(zip(pairs, starts, strict=True)):
        reference, after = _cut_answer(text[answer.end() : end], task)
        row = Row(str(number), _INSTRUCTIONS[task], _input(before, task), reference, number)
        predicted = text[prediction.end() : answer.start()].strip()
        lines.append(
            prediction_line(task, row, predicted.split(_ENDS[task])[0], source=PUBLISHED_TEXT)
        )
        before = after
    _require_answers(lines, pairs, text, task, where)
    return lines


def _check_order(markers: list[re.Match], text: str, where: str) -> None:
    """`prediction` and `answer` must take turns, `prediction` first."""
    for number, marker in enumerate(markers):
        expected = ("prediction", "answer")[number % 2]
        if marker[1].lower() != expected:
            raise UserError(
                f"{where}: line {_line_number(text, marker)} starts "
                f"'{marker[1]} ->' where '{expected} ->' must come; mend that record."
            )
    if len(markers) % 2:
        raise UserError(
            f"{where}: the prediction at line {_line_number(text, markers[-1])} has no "
            "'answer ->' after it; was the run cut off? Remove that record."
        )


def _require_answers(lines: list[dict], pairs, text: str, task: str, where: str) -> None:
    for line, (_, answer) in zip(lines, pairs, strict=True):
        if not _PARSERS[task](line["reference"]):
            raise UserError(
                f"{where}: the answer at line {_line_number(text, answer)} names no field of the "
                f"task {task.upper()}; check that this is its output."
            )


def _line_number(text: str, marker: re.Match) -> int:
    return text.count("\n", 0, marker.start()) + 1


def _cut_answer(text: str, task: str) -> tuple[str, str]:
    """(the answer, what follows it), cut at the published end marker or after the last field."""
    body, marker, after = text.partition(_ENDS[task])
    if marker:
        return body.strip(), after
    last = schema.SII_FIELDS[-1] if task == "sii" else f"JV default {schema.MDP_TARGETS[-1]}"
    end = re.search(rf"(?:^|\n)[ \t]*{last}[ \t]*:[^\n]*", body)
    return (body[: end.end()].strip(), body[end.end() :]) if end else (body.strip(), "")


def _input(text: str, task: str) -> str:
    """The row's input in the text before its prediction: the prompt around it is left out."""
    start = _INPUT.search(text)
    text = (text[start.end() :] if start else text).strip()
    if task == "mdp":
        text = text.split(schema.MDP_INPUT_END)[0]
        first = re.search(r"(?:^|\n)[ \t]*Substrate stack sequence[ \t]*:", text)
        text = text[first.start() :] if first else text
    return text.strip()
