"""SII prediction files as pairs of answer and prediction, all files in the same row order."""

from dataclasses import dataclass

from masterkey.rows.prediction_files import PredictionFile, load_prediction_files
from masterkey.schema.fields import SII_FIELDS
from masterkey.scripting.command_line import UserError

Fields = dict[str, str]


@dataclass(frozen=True)
class Predicted:
    """One prediction file: lists of the same length, one entry per paper.

    `predictions` hold only the fields that were found, `texts` None where the line has no input,
    `confidences` nothing where the method says nothing of them.
    """

    name: str
    ids: list[str]
    references: list[Fields]
    predictions: list[Fields]
    texts: list[str | None]
    confidences: list[dict[str, float]]
    n_expected: int | None = None  # how many papers the file should hold, where that is known

    def pairs(self) -> list[tuple[Fields, Fields]]:
        """(answer, prediction) of each paper."""
        return list(zip(self.references, self.predictions, strict=True))


def load_files(
    paths: list[str], data_path: str | None = None, *, partial: bool = False
) -> list[Predicted]:
    """The prediction files, all in the row order of the first.

    `data_path` names a data file with the answers, for predictions that lack them. Raises
    `UserError` where rows have no answer or are missing (unless `partial`), or files do not belong
    together.
    """
    files = load_prediction_files(paths, "sii", data_path, partial=partial)
    return [_predicted(file, path) for file, path in zip(files, paths, strict=True)]


def _predicted(file: PredictionFile, path: str) -> Predicted:
    lines = file.lines
    references = [text_fields(line.get("reference_fields")) for line in lines]
    for line, answer in zip(lines, references, strict=True):
        missing = [field for field in SII_FIELDS if field not in answer]
        if missing:
            raise UserError(
                f"{path}: the answer of id {line['id']!r} lacks {len(missing)} of the 31 fields "
                f"(first: {missing[0]}); mend that answer."
            )
    return Predicted(
        name=file.name,
        ids=[line["id"] for line in lines],
        references=references,
        predictions=[text_fields(line["fields"]) for line in lines],
        texts=[text if isinstance(text := line.get("input"), str) else None for line in lines],
        confidences=[known_confidences(line.get("confidence")) for line in lines],
        n_expected=file.extent.n_expected,
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


def known_confidences(value) -> dict[str, float]:
    """The confidences of known fields in a JSON value, where they are numbers from 0 to 1."""
    if not isinstance(value, dict):
        return {}
    return {
        field: value[field]
        for field in SII_FIELDS
        if isinstance(value.get(field), int | float) and 0 <= value[field] <= 1
    }
