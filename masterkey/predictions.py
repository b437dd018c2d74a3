"""Prediction files: JSON Lines, one line per row, with a header file beside them.

Every script that predicts (a fine-tuned model, a baseline) writes this form, and every evaluator
reads it. One line:

    {"id": "7", "row": 7, "task": "sii", "prompt_style": "alpaca", "input": "…",
     "prediction": "Substrate_stack_sequence: …", "fields": {"Substrate_stack_sequence": …},
     "reference": "<s> Substrate_stack_sequence: …" or null, "reference_fields": {…} or null,
     "stop_reason": "eos", "n_generated_tokens": 131, "prompt_shortened": false}

`fields` holds text for SII (only the fields that were found), and for MDP the numbers of Voc [V],
Jsc [mA/cm²], FF [0–1] and PCE [%] (null where not a number). `x.jsonl` has its settings, versions
and data checksum in `x.header.json`.
"""

import json
import os
from pathlib import Path

from masterkey import schema
from masterkey.command_line import UserError
from masterkey.files import atomic_write, parse_json, read_json, read_text, write_json
from masterkey.provenance import data_file, provenance
from masterkey.records import TASKS, Row

_SCRIPTS = {"sii": "sii_evaluate.py", "mdp": "regression_evaluate.py"}


def parse_answer(task: str, text: str | None) -> dict | None:
    """The fields of an answer: text for SII, numbers for MDP; None for no answer."""
    if text is None:
        return None
    if task == "sii":
        return schema.parse_sii_answer(text)
    return schema.target_numbers(schema.parse_mdp_answer(text))


def prediction_line(task: str, row: Row, prediction: str, **more) -> dict:
    """One line for `row` as described above; `more` adds what the method knows (stop_reason …)."""
    return {
        "id": row.id,
        "row": row.number,
        "task": task,
        "input": row.input,
        "prediction": prediction,
        "fields": parse_answer(task, prediction),
        "reference": row.output,
        "reference_fields": parse_answer(task, row.output),
        **more,
    }


def header_path(path: str | Path) -> Path:
    """`runs/x.jsonl` → `runs/x.header.json`."""
    return Path(path).with_suffix(".header.json")


class PredictionWriter:
    """Writes lines as they come, so that a killed run continues where it stopped.

    `settings` says what decides the result (model, decoding, seed …). Where `path` exists already,
    its header must have equal settings and data; its finished rows are then in `done`. Lines are in
    the order they were finished in; `finish` sorts the file into the data file's order.
    """

    def __init__(self, path, task: str, settings: dict, data_path, *, overwrite: bool = False):
        self.path = Path(path)
        if self.path.suffix == ".json":
            raise UserError(f"--output_path {path}: holds JSON Lines; name it ….jsonl.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        settings = {"task": task, **json.loads(json.dumps(settings))}
        lines = [] if overwrite else self._finished_lines(settings, data_path)
        if lines is None or overwrite or not header_path(self.path).exists():
            lines = []
            header = {"settings": settings, **provenance([data_path])}
            write_json(header_path(self.path), header)
        # Rewritten whole: a kill may have left half a line at the end.
        _write_lines(self.path, lines)
        self.done = {line["id"] for line in lines}
        self._file = open(self.path, "a", encoding="utf-8")  # noqa: SIM115 (closed by finish)

    def _finished_lines(self, settings: dict, data_path) -> list[dict] | None:
        if not self.path.exists() or not header_path(self.path).exists():
            return None
        header = read_json(header_path(self.path))
        differing = [k for k in settings if header["settings"].get(k) != settings[k]]
        if header["data"] != [data_file(data_path)]:
            differing.append("data_path")
        if differing:
            raise UserError(
                f"{self.path}: was written with another {', '.join(differing)}; "
                "name another --output_path, or add --overwrite to start anew."
            )
        text = read_text(self.path)
        # What follows the last newline is a line that a kill cut off.
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def write(self, lines: list[dict]) -> None:
        """Append lines and make sure they are on the disk."""
        self._file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done |= {line["id"] for line in lines}

    def finish(self) -> None:
        """Sort the lines into file order."""
        self._file.close()
        # Not splitlines: a paper's text may hold U+2028 and the like.
        lines = [json.loads(line) for line in read_text(self.path).split("\n")[:-1]]
        _write_lines(self.path, sorted(lines, key=lambda line: line["row"]))


def _write_lines(path: Path, lines: list[dict]) -> None:
    with atomic_write(path) as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def read_predictions(path: str | Path, task: str) -> list[dict]:
    """The lines of a prediction file. Raises `UserError` for another task, or what is no such file."""
    lines = []
    for number, text in enumerate(read_text(path).split("\n"), 1):
        if not text.strip():
            continue
        line = parse_json(text, str(path), number)
        if not isinstance(line, dict) or not _is_prediction(line):
            raise UserError(
                f"{path}: line {number} is no prediction (it needs the texts 'id' and 'task' and the object 'fields'); "
                "give a file written by sii_test.py, regression_test.py or a baseline."
            )
        if line["task"] != task:
            other = line["task"]
            use = f"; use {_SCRIPTS[other]}" if other in TASKS else ""
            raise UserError(
                f"{path}: line {number} holds a prediction of the task {other!r}, "
                f"expected {task!r}{use}."
            )
        lines.append(line)
    if not lines:
        raise UserError(f"{path}: holds no predictions.")
    _refuse_repeated_ids(path, lines)
    return lines


def _is_prediction(line: dict) -> bool:
    types = {"id": str, "task": str, "fields": dict}
    return all(isinstance(line.get(key), kind) for key, kind in types.items())


def _refuse_repeated_ids(path, lines: list[dict]) -> None:
    seen: set[str] = set()
    for line in lines:
        if line["id"] in seen:
            raise UserError(f"{path}: id {line['id']!r} occurs twice; each row must occur once.")
        seen.add(line["id"])


def read_header(path: str | Path) -> dict:
    """The header of a prediction file; empty where there is none."""
    header = header_path(path)
    return read_json(header) if header.exists() else {}
