"""A paper or a device → the line of a prediction file, and what is to be told of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from masterkey.papers.files import read_paper_file, refuse_data_file
from masterkey.papers.paper import Paper
from masterkey.papers.part_read import part_to_read
from masterkey.predicting.readers import Reader
from masterkey.predicting.run import line_of
from masterkey.rows.records import Row
from masterkey.schema import fields as schema


@dataclass(frozen=True)
class Readers:
    """Who reads papers or judges devices, and who predicts the performance of what was read (None: nobody)."""

    first: Reader
    second: Reader | None = None


@dataclass(frozen=True)
class PaperRow:
    """The row of a paper, its `doi`, `title` and `year`, and what is to be told of the part that is read."""

    row: Row
    about: dict
    note: str | None


def paper_row(
    paper: Paper, number: int = 0, *, supporting: Sequence[Paper] = (), whole_text: bool = False
) -> PaperRow:
    """The row that is asked of a paper: the part of its text that is read."""
    part = part_to_read(paper, supporting, whole_text=whole_text)
    about = {"doi": paper.doi, "title": paper.title, "year": paper.year}
    return PaperRow(
        Row(paper.path, schema.SII_INSTRUCTION, part.text, None, number), about, part.note
    )


def paper_row_of_files(
    path: str, supporting: Sequence[str] = (), number: int = 0, *, whole_text: bool = False
) -> PaperRow:
    """The same of files. Raises `UserError` where one cannot be read."""
    for own in (path, *supporting):
        refuse_data_file(own)
    papers = [read_paper_file(own) for own in (path, *supporting)]
    return paper_row(papers[0], number, supporting=papers[1:], whole_text=whole_text)


def device_row(device: dict[str, str], name: str, number: int) -> Row:
    """The MDP row of a device; fields that are not given count as not reported."""
    missing = [field for field in schema.MDP_FIELDS if field not in device]
    # In the form of the published rows, from which training took its markers off or not.
    input = schema.format_mdp_input(dict.fromkeys(missing, "") | device, markers=True)
    return Row(name, schema.MDP_INSTRUCTION, input, None, number)


def answered_line(task: str, row: Row, readers: Readers, about: dict | None = None) -> dict:
    """The prediction line of `row`, with `performance` where a second reader predicts it."""
    line = line_of(task, row, readers.first.answer(row), abstain_below=None) | (about or {})
    if readers.second:
        device = {field: line["fields"][field] for field in schema.MDP_FIELDS}
        device_of_paper = device_row(device, row.id, row.number)
        prediction = readers.second.answer(device_of_paper)
        line["performance"] = line_of("mdp", device_of_paper, prediction, abstain_below=None)
    return line


def shortened_note(line: dict) -> str | None:
    """That the model took in the beginning of the text alone, as a sentence."""
    if not line.get("prompt_shortened"):
        return None
    return (
        f"the model takes no more, so it read the first {line['n_characters_read']:,} of "
        f"{len(line['input']):,} characters"
    )
