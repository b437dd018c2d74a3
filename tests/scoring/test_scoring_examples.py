"""The worked examples of docs/scoring.md: each table row and each Python example is run."""

import doctest
import re
from pathlib import Path

import pytest

from masterkey.scoring.sound import compare

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scoring.md"
HEADER = "| field | answer | prediction | exact |"


def examples() -> list[tuple[str, ...]]:
    """(field, answer, prediction, exact, counts) of each row of the rules' tables."""
    found, inside = [], False
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        inside = line.startswith(HEADER) or (inside and line.startswith("|"))
        if inside and not line.startswith((HEADER, "| ---")):
            cells = re.split(r"(?<!\\)\|", line.strip("|"))
            found.append(tuple(cell.strip().replace("\\|", "|") for cell in cells))
    return found


def test_the_document_has_an_example_for_every_rule():
    sections = re.split(r"^### Rule ", DOCUMENT.read_text(encoding="utf-8"), flags=re.M)[1:]
    assert len(sections) == 8
    assert all(HEADER in section for section in sections)
    assert len(examples()) > 30


@pytest.mark.parametrize("example", examples(), ids=lambda example: " ~ ".join(example[1:3]))
def test_worked_example(example):
    field, answer, prediction, exact, counts = example
    predicted = None if prediction == "(missing)" else prediction.strip("`")
    cell = compare(field, answer.strip("`"), predicted, ())
    found = f"{cell.tp} / {cell.n_predicted_parts} / {cell.n_reference_parts}"
    assert ("yes" if cell.exact else "no", found) == (exact, counts)


def test_python_examples_print_what_the_document_says():
    outcome = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert outcome.attempted > 15
    assert outcome.failed == 0
