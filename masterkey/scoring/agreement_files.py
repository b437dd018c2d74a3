"""Two readings of the same papers: of two people, or of a program and of who reviewed it.

A file is one of lines, a table, or a folder of archives (masterkey/formats/inputs.py). A line is a prediction line, or as little as {"id": …, "fields": {…}}; a training row of the task SII
(`id`, `output`) will do, too. Of several lines of one paper the last counts: files that are only ever
appended to hold the earlier ones still.
"""

from dataclasses import dataclass
from pathlib import Path

from masterkey.formats.inputs import is_foreign, read_lines
from masterkey.rows.prediction_files import unique_names
from masterkey.rows.predictions import parse_answer
from masterkey.rows.same_papers import same_papers
from masterkey.scoring.sii_files import Fields, known_confidences, text_fields
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_text

READ = "as the program read it"


@dataclass(frozen=True)
class Reading:
    """What one reader has of the papers: lists of one entry per paper.

    A field that is missing is taken as not stated. `confidences` hold nothing where none is known.
    """

    name: str
    ids: list[str]
    fields: list[Fields]
    confidences: list[dict[str, float]]


@dataclass(frozen=True)
class Pair:
    """Two readings of the same papers in the same order, and how many papers only one of them has.

    `is_review`: the second began from the first's values, so they are not independent.
    """

    first: Reading
    second: Reading
    n_in_one_only: int
    is_review: bool


def load_pair(paths: list[str]) -> Pair:
    """The readings of two files, or of one file of reviewed papers before and after.

    Raises `UserError` where a file is no such file, or they have no paper in common.
    """
    if len(paths) > 2:
        raise UserError(
            f"--agreement compares two readings, {len(paths)} files were given; name two."
        )
    files = [_by_id(path) for path in paths]
    if len(files) == 1:
        return _before_and_after(paths[0], files[0])
    first, second = files[0], _with_ids_of(*files)
    files = [first, second]
    shared = [id for id in first if id in second]
    if not shared:
        raise UserError(f"{paths[0]}, {paths[1]}: have no paper (id or DOI) in common.")
    names = unique_names(paths)
    readings = (_reading(name, file, shared) for name, file in zip(names, files, strict=True))
    reviewed = any(_review_of(second[id]) for id in shared)
    return Pair(*readings, len(first.keys() ^ second.keys()), reviewed)


def _with_ids_of(first: dict[str, dict], second: dict[str, dict]) -> dict[str, dict]:
    """The second file's lines under the first's ids, where both have the same paper by its DOI."""
    dois = ({id: line.get("doi") for id, line in file.items()} for file in (second, first))
    id_of = same_papers(*dois)
    return {id_of.get(id, id): line for id, line in second.items()}


def _before_and_after(path: str, lines: dict[str, dict]) -> Pair:
    reviews = {id: review for id, line in lines.items() if (review := _review_of(line))}
    if not reviews:
        raise UserError(
            f"{path}: does not say what was read before a review; name two files for --agreement."
        )
    before = {
        id: {"fields": review["read_fields"], "confidence": review.get("read_confidence")}
        for id, review in reviews.items()
    }
    name, ids = Path(path).stem, list(reviews)
    pair = _reading(READ, before, ids), _reading(name, lines, ids)
    return Pair(*pair, len(lines) - len(ids), is_review=True)


def _review_of(line: dict) -> dict | None:
    """What the review page noted of a paper (masterkey/review), where it is whole."""
    review = line.get("review")
    has_before = isinstance(review, dict) and isinstance(review.get("read_fields"), dict)
    return review if has_before else None


def _by_id(path: str) -> dict[str, dict]:
    """The lines of a file, a table or a folder of records by their paper."""
    if is_foreign(path):
        return {line["id"]: line for line in read_lines(path)}
    lines = {}
    for number, text in enumerate(read_text(path).split("\n"), 1):
        if not text.strip():
            continue
        line = parse_json(text, path, number)
        if not isinstance(line, dict) or not _is_reading(line):
            raise UserError(
                f"{path}: line {number} is no reading of a paper (it needs 'id', and 'fields' or "
                "'output'); give a file of sii_test.py, infer.py or review.py."
            )
        if line.get("task", "sii") != "sii":
            raise UserError(
                f"{path}: line {number} is of the task {line['task']!r}; --agreement is for SII."
            )
        lines[str(line["id"])] = line
    if not lines:
        raise UserError(f"{path}: holds no papers.")
    return lines


def _is_reading(line: dict) -> bool:
    has_fields = isinstance(line.get("fields"), dict) or isinstance(line.get("output"), str)
    return isinstance(line.get("id"), str | int) and has_fields


def _reading(name: str, lines: dict[str, dict], ids: list[str]) -> Reading:
    chosen = [lines[id] for id in ids]
    return Reading(
        name,
        ids,
        [
            text_fields(line.get("fields") or parse_answer("sii", line.get("output")))
            for line in chosen
        ],
        [known_confidences(line.get("confidence")) for line in chosen],
    )
