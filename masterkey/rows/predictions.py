"""Prediction files: JSON Lines, one line per row, with a header file beside them.

Every script that predicts (a fine-tuned model, a baseline) writes this form, and every evaluator
reads it. One line:

    {"id": "7", "row": 7, "task": "sii", "prompt_style": "alpaca", "input": "…",
     "prediction": "Substrate_stack_sequence: …", "fields": {"Substrate_stack_sequence": …},
     "reference": "<s> Substrate_stack_sequence: …" or null, "reference_fields": {…} or null,
     "stop_reason": "eos", "n_generated_tokens": 131, "prompt_shortened": false,
     "confidence": {"Substrate_stack_sequence": 0.93, …}, "evidence": {"Module": null, …}, …}

`fields` holds text for SII (only the fields that were found), and for MDP the numbers of Voc [V],
Jsc [mA/cm²], FF [0–1] and PCE [%] (null where not a number). Methods that know it add
- `confidence`: how probable it is that the value is right, 0 to 1, as the method believes (for a
  language model: the probability of the whole value under the decoding rules);
- `mean_logprob`: the mean log-probability of the value's tokens, its end included;
- `alternatives`: the probabilities of all values of a closed vocabulary (TRUE/FALSE, nip/pin);
- `evidence`: where in `input` the value stands (masterkey/schema/evidence.py describes it);
- `source`: of each reported field, `text`, `deduced` (from other values) or `default` (the text does not say);
- `devices`: the devices of the paper, the target first, each with `role`, `name`, `fields`, `source` and
  `evidence`; a device beside the target has what the text tells of it, and the rest of the target;
- `interval`: of each MDP target, the ends of its 90 % prediction interval; null where the device is outside
  of what was learned;
- `no_interval`: why an MDP line of a language model has none (for some target);
- `interval_level`: the share of values that its intervals are to hold, of language models;
- `sampled`: of several answers that a language model gave for an MDP device, the `median` and the `spread` of
  each target (masterkey/predicting/intervals/spread.py);
- `law`: whether Voc · Jsc · FF = PCE holds of a language model's answer (masterkey/predicting/intervals/statements.py);
- `novelty`: how an MDP device resembles those learned from, in a `sentence` and in numbers, with the
  nearest training recipes as measured (masterkey/regressor/resemblance.py describes it);
- `read_as`: names of an MDP device that were read as the training rows spell them;
- `imputed`: of an MDP device, the fields that it does not report (`missing`), that cannot be read
  (`unreadable`) or that no training device has so (`unknown`): the training devices' average stands for them;
- `kind`: of an MDP device, `tandem` or `organic` where its fields say that it is no perovskite junction;
- `doi`, `title`, `year`: of a paper that was read from a file, null where the file does not say them;
- `part_read`: of a paper in a folder, which part of it was read (null: all of it);
- `abstained`: the values that `--abstain_below` emptied;
- `failed`: why there is no prediction; such a row counts as unanswered, and is tried again.
`x.jsonl` has its settings, versions, data checksum and how many rows it is to hold (`n_rows`) in
`x.header.json`.
"""

import glob
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from masterkey.rows.records import TASKS, Row
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, parse_json, read_json, read_text, write_json
from masterkey.scripting.processes import ALONE, Process
from masterkey.scripting.provenance import data_file, provenance

_SCRIPTS = {"sii": "sii_evaluate.py", "mdp": "regression_evaluate.py"}


@dataclass(frozen=True)
class Prediction:
    """The text of an answer, and what the method knows of it (stop_reason, confidence …)."""

    text: str
    more: dict = field(default_factory=dict)

    def with_more(self, more: dict) -> "Prediction":
        return replace(self, more=self.more | more)


@dataclass(frozen=True)
class Failed:
    """Why a row has no prediction."""

    reason: str


def parse_answer(task: str, text: str | None) -> dict | None:
    """The fields of an answer: text for SII, numbers for MDP; None for no answer."""
    if text is None:
        return None
    if task == "sii":
        return schema.parse_sii_answer(text)
    return schema.target_numbers(schema.parse_mdp_answer(text))


def prediction_line(
    task: str, row: Row, prediction: str, *, abstain_below: float | None = None, **more
) -> dict:
    """One line for `row` as described above; `more` adds what the method knows (stop_reason …).

    Values whose `confidence` is lower than `abstain_below` are left empty.
    """
    if abstain_below is not None:
        prediction, more["abstained"] = _abstain(
            task, prediction, more["confidence"], abstain_below
        )
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


def failed_line(task: str, row: Row, reason: str) -> dict:
    """The line of a row without a prediction."""
    return prediction_line(task, row, "", failed=reason)


def _abstain(
    task: str, prediction: str, confidence: dict[str, float], least: float
) -> tuple[str, dict[str, str]]:
    """The answer with uncertain values emptied, and these values."""
    parse, format_answer = {
        "sii": (schema.parse_sii_answer, schema.format_sii_answer),
        "mdp": (schema.parse_mdp_answer, schema.format_mdp_answer),
    }[task]
    values = parse(prediction)
    uncertain = {
        name: value for name, value in values.items() if confidence[name] < least and value
    }
    return format_answer(values | dict.fromkeys(uncertain, "")), uncertain


def header_path(path: str | Path) -> Path:
    """`runs/x.jsonl` → `runs/x.header.json`."""
    return Path(path).with_suffix(".header.json")


class PredictionWriter:
    """Writes lines as they come, so that a killed run continues where it stopped.

    `settings` says what decides the result (model, decoding, seed …), `n_rows` how many lines the file
    will have (masterkey/rows/completeness.py asks for it); `data_path` is the file of the rows, None where
    each row is a file of its own. Where `path` exists already,
    its header must have equal settings and data; its finished rows are then in `done` (failed ones are
    not). Lines are in the order they were finished in; `finish` sorts the file into the data file's
    order. Of several processes each writes a file of its own, which the first one joins at the end,
    or at the beginning of the next run.
    """

    def __init__(
        self,
        path,
        task: str,
        settings: dict,
        data_path,
        *,
        n_rows: int | None = None,
        overwrite: bool = False,
        process: Process = ALONE,
    ):
        self.path, self._process, self._n_rows = Path(path), process, n_rows
        if self.path.suffix == ".json":
            raise UserError(f"--output_path {path}: holds JSON Lines; name it ….jsonl.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if process.first:
            self._prepare({"task": task, **json.loads(json.dumps(settings))}, data_path, overwrite)
        process.wait_for_all()
        self.done = {line["id"] for line in _whole_lines(self.path)}
        process.wait_for_all()  # The first process may write only when all have read.
        own = self.path if process.first else self._share(process.number)
        self._file = open(own, "a", encoding="utf-8")  # noqa: SIM115 (closed by finish)

    def _prepare(self, settings: dict, data_path, overwrite: bool) -> None:
        lines = None if overwrite else self._finished_lines(settings, data_path)
        self._write_header(settings, data_path, lines)
        # Rewritten whole: a kill may have left half a line at the end.
        _write_lines(self.path, lines or [])
        for share in self._shares():
            share.unlink()

    def _write_header(self, settings: dict, data_path, lines: list[dict] | None) -> None:
        path = header_path(self.path)
        if lines is None:
            header = {
                "settings": settings,
                "n_rows": self._n_rows,
                **provenance([data_path] if data_path else []),
            }
            write_json(path, header)
        elif self._n_rows is not None:  # another --limit than before, perhaps
            write_json(path, read_json(path) | {"n_rows": max(self._n_rows, len(lines))})

    def _finished_lines(self, settings: dict, data_path) -> list[dict] | None:
        if not self.path.exists() or not self.path.stat().st_size:
            return None
        if not header_path(self.path).exists():
            raise UserError(
                f"{self.path}: exists, but without {header_path(self.path).name} nobody can say what "
                "wrote it; name another --output_path, or add --overwrite to replace it."
            )
        header = read_json(header_path(self.path))
        written = header["settings"]
        differing = [k for k in {**settings, **written} if written.get(k) != settings.get(k)]
        if header["data"] != ([data_file(data_path)] if data_path else []):
            differing.append("data_path")
        if differing:
            raise UserError(
                f"{self.path}: was written with another {', '.join(differing)}; "
                "name another --output_path, or add --overwrite to start anew."
            )
        return [line for line in self._all_lines() if "failed" not in line]

    def _all_lines(self) -> list[dict]:
        """The lines of all processes, each row once."""
        lines = [line for path in (self.path, *self._shares()) for line in _whole_lines(path)]
        return list({line["id"]: line for line in lines}.values())

    def _share(self, number: int) -> Path:
        return self.path.with_suffix(f".process{number}.jsonl")

    def _shares(self) -> list[Path]:
        return sorted(self.path.parent.glob(f"{glob.escape(self.path.stem)}.process*.jsonl"))

    def write(self, lines: list[dict]) -> None:
        """Append lines and make sure they are on the disk."""
        self._file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done |= {line["id"] for line in lines}

    def finish(self, summary: dict | None = None) -> list[dict]:
        """Join and sort the lines into file order, on the first process; returns them.

        `summary` (time, usage) is added to the header.
        """
        self._file.close()
        self._process.wait_for_all()
        if not self._process.first:
            return []
        lines = sorted(self._all_lines(), key=lambda line: line["row"])
        _write_lines(self.path, lines)
        for share in self._shares():
            share.unlink()
        if summary:
            header = header_path(self.path)
            write_json(header, read_json(header) | {"summary": summary})
        return lines


def _whole_lines(path: Path) -> list[dict]:
    """The lines of a file; what follows the last newline is a line that a kill cut off."""
    # Not splitlines: a paper's text may hold U+2028 and the like.
    return [json.loads(line) for line in read_text(path).split("\n")[:-1]]


def _write_lines(path: Path, lines: list[dict]) -> None:
    with atomic_write(path) as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def is_cut_off(text: str) -> bool:
    """Whether a JSON Lines text ends inside a line, as that of a killed run may."""
    last = text.split("\n")[-1]
    try:
        json.loads(last)
    except json.JSONDecodeError:
        return "\n" in text and last.startswith("{") and not last.rstrip().endswith("}")
    return False


def read_predictions(path: str | Path, task: str) -> list[dict]:
    """The lines of a prediction file, without a last one that is cut off (`is_cut_off`).

    Raises `UserError` for another task, or what is no such file.
    """
    lines = []
    content = read_text(path)
    whole = content.rpartition("\n")[0] if is_cut_off(content) else content
    for number, text in enumerate(whole.split("\n"), 1):
        if not text.strip():
            continue
        line = parse_json(text, str(path), number)
        if not isinstance(line, dict) or not _is_prediction(line):
            raise UserError(
                f"{path}: line {number} is no prediction (it needs the texts 'id' and 'task' and the object 'fields'); "
                "give a file written by sii_test.py, regression_test.py or a baseline."
            )
        check_task(line, number, task, path)
        lines.append(line)
    if not lines:
        raise UserError(f"{path}: holds no predictions.")
    _refuse_repeated_ids(path, lines)
    return lines


def check_task(line: dict, number: int, task: str, path: str | Path) -> None:
    """Raise `UserError` where a line is a prediction of another task."""
    if line["task"] != task:
        other = line["task"]
        use = f"; use {_SCRIPTS[other]}" if other in TASKS else ""
        raise UserError(
            f"{path}: line {number} holds a prediction of the task {other!r}, expected {task!r}{use}."
        )


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
