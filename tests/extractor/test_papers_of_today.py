"""The rules alone on ten invented papers with the difficulties of 2013 to 2026 (tests/today, issue 14)."""

import importlib.util
import json
from pathlib import Path

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean
from masterkey.schema import fields as schema
from masterkey.schema.values import BOOLEAN_FIELDS

ROOT = Path(__file__).resolve().parents[2]
TODAY = ROOT / "tests" / "today"
PAPERS = json.loads((TODAY / "papers.json").read_text(encoding="utf-8"))

LEAST_RIGHT = 0.93  # of all cells; on the plain wording of LaTeX and wrapped texts too
MOST_CLAIMS = 0.02  # of the fields on which the texts are silent


@pytest.fixture(scope="module")
def score():
    """tests/today/score.py as a module."""
    specification = importlib.util.spec_from_file_location("score_today", TODAY / "score.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def comparison(score):
    # The training rows only say which cells are known; all are counted here.
    return score.Comparison(str(ROOT), str(ROOT / "data" / "sample" / "sii_train.json"))


def answer(text: str) -> dict[str, str]:
    """What the rules read; flags on which they read nothing are FALSE, as most of the database's."""
    read = read_device(Document(clean(text).text))
    return dict.fromkeys(BOOLEAN_FIELDS, "FALSE") | {
        field: found.value for field, found in read.items()
    }


def wrong_cells(comparison, form: str) -> tuple[list[tuple], int]:
    """(wrong cells, number of cells) of all papers, in the form "text" or "plain_text" where they have it."""
    wrong, n = [], 0
    for paper in PAPERS:
        read = answer(paper.get(form, paper["text"]))
        for field, accepted in paper["accepted"].items():
            n += 1
            if not comparison.right(field, accepted, read.get(field, "")):
                wrong.append((paper["id"], field, accepted[0], read.get(field)))
    return wrong, n


@pytest.mark.parametrize("form", ["text", "plain_text"])
def test_most_cells_are_read_right_without_learning(comparison, form):
    wrong, n = wrong_cells(comparison, form)
    assert n == 214
    assert len(wrong) <= (1 - LEAST_RIGHT) * n, wrong


def test_nothing_is_claimed_on_which_a_text_is_silent(score, comparison):
    claims, n = [], 0
    for paper in PAPERS:
        read = answer(paper["text"])
        for field in paper["not_stated"]:
            n += 1
            said = comparison.values.parse_value(field, read.get(field, ""))
            if set(comparison.values.reported_parts(said)) - score.SILENT:
                claims.append((paper["id"], field, read[field]))
    assert n == 82
    assert len(claims) <= MOST_CLAIMS * n, claims


def test_every_value_is_of_a_field_of_the_schema_and_can_be_parsed(comparison):
    for paper in PAPERS:
        for field, value in answer(paper["text"]).items():
            assert field in schema.SII_FIELDS
            assert comparison.values.reported_parts(comparison.values.parse_value(field, value))
