"""SII prediction files as pairs of answer and prediction, all files in the same row order."""

from dataclasses import dataclass, replace

from masterkey.command_line import UserError
from masterkey.predictions import parse_answer
from masterkey.records import Row, read_rows
from masterkey.regression_tables import unique_names
from masterkey.schema import SII_FIELDS
from masterkey.upstream_text import PUBLISHED_TEXT, read_any_predictions

Fields = dict[str, str]


@dataclass(frozen=True)
class Predicted:
    """One prediction file: lists of the same length, one entry per paper.

    `predictions` hold only the fields that were found, `texts` None where the line has no input.
    """

    name: str
    ids: list[str]
    references: list[Fields]
    predictions: list[Fields]
    texts: list[str | None]

    def pairs(self) -> list[tuple[Fields, Fields]]:
        """(answer, prediction) of each paper."""
        return list(zip(self.references, self.predictions, strict=True))


def load_files(paths: list[str], data_path: str | None = None) -> list[Predicted]:
    """The prediction files, all in the row order of the first.

    `data_path` names a data file with the answers, for predictions that lack them. Raises
    `UserError` where rows have no answer, or files do not belong together.
    """
    rows = read_rows(data_path, task="sii", answers="required") if data_path else None
    files = []
    for path, name in zip(paths, unique_names(paths), strict=True):
        lines = read_any_predictions(path, "sii")
        if rows:
            lines = join_answers(lines, rows, path, data_path)
        files.append(_predicted(lines, name, path))
    others = zip(files[1:], paths[1:], strict=True)
    return [files[0], *(align(files[0], file, paths[0], path) for file, path in others)]


def join_answers(lines: list[dict], rows: list[Row], path: str, data_path: str) -> list[dict]:
    """The lines with the inputs and answers of `rows`, which must be the same rows by id."""
    if len(lines) != len(rows):
        raise UserError(
            f"{path}: holds {len(lines)} predictions, {data_path} {len(rows)} rows; "
            "give the file that was predicted, whole."
        )
    if lines[0].get("source") == PUBLISHED_TEXT:  # knows no ids: its records are in file order
        lines = [{**line, "id": row.id} for line, row in zip(lines, rows, strict=True)]
    by_id = {row.id: row for row in rows}
    joined = []
    for line in lines:
        row = by_id.get(str(line["id"]))
        if row is None:
            raise UserError(
                f"{path}: id {line['id']!r} is not in {data_path}; give the file that was predicted."
            )
        answer = parse_answer("sii", row.output)
        if line.get("reference_fields") not in (None, answer):
            raise UserError(
                f"{path}: the answer of id {line['id']!r} is another one than in {data_path}; "
                "give the file that was predicted."
            )
        joined.append({**line, "input": row.input, "reference_fields": answer})
    return joined


def _predicted(lines: list[dict], name: str, path: str) -> Predicted:
    references = [text_fields(line.get("reference_fields")) for line in lines]
    unanswered = [line["id"] for line, answer in zip(lines, references, strict=True) if not answer]
    if unanswered:
        raise UserError(
            f"{path}: {len(unanswered)} of {len(lines)} predictions have no answer to score against "
            f"(first: id {unanswered[0]!r}); name the data file that has them with --data_path."
        )
    for line, answer in zip(lines, references, strict=True):
        missing = [field for field in SII_FIELDS if field not in answer]
        if missing:
            raise UserError(
                f"{path}: the answer of id {line['id']!r} lacks {len(missing)} of the 31 fields "
                f"(first: {missing[0]}); mend that answer."
            )
    return Predicted(
        name=name,
        ids=[str(line["id"]) for line in lines],
        references=references,
        predictions=[text_fields(line["fields"]) for line in lines],
        texts=[text if isinstance(text := line.get("input"), str) else None for line in lines],
    )


def text_fields(value) -> Fields:
    """The known fields of a JSON value as text: null is a missing field, a bare number its text."""
    if not isinstance(value, dict):
        return {}
    return {
        field: value[field] if isinstance(value[field], str) else str(value[field])
        for field in SII_FIELDS
        if value.get(field) is not None
    }


def align(first: Predicted, other: Predicted, first_path: str, path: str) -> Predicted:
    """`other` in the row order of `first`. Raises `UserError` where they are not the same rows."""
    differing = set(first.ids) ^ set(other.ids)
    if differing:
        raise UserError(
            f"{path}: holds other rows than {first_path} ({len(other.ids)} against {len(first.ids)}; "
            f"id {min(differing)!r} is in one only); compare predictions of the same rows."
        )
    position = {id: place for place, id in enumerate(other.ids)}
    order = [position[id] for id in first.ids]
    if [other.references[place] for place in order] != first.references:
        raise UserError(
            f"{path}: its answers differ from those in {first_path}; "
            "compare predictions of the same rows."
        )
    return replace(
        first,
        name=other.name,
        predictions=[other.predictions[place] for place in order],
        texts=[other.texts[place] for place in order],
    )
