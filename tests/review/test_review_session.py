"""Records, the log of edits and the reviewed file, without a server."""

import json
import os

import pytest
from reviewed_papers import FIELDS, TEXT, devices_of, line, write

from masterkey.review.edits import NotSaved
from masterkey.review.record import Refused, not_stated
from masterkey.review.session import Conflict, Review
from masterkey.review.views import paper_view
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

HTL = "HTL_stack_sequence"


@pytest.fixture
def opened(tmp_path):
    """Opens the file of two papers, again after it was closed; closes what is left."""
    path = write(tmp_path / "papers.jsonl", [line("a"), line("b", devices=devices_of(), number=1)])
    reviews = []

    def open_review(reviewer="ada"):
        reviews.append(Review(path, reviewer))
        return reviews[-1]

    yield open_review
    for review in reviews:
        review.close()


def ask(review, number, action, key="", **more):
    version = more.pop("version", review.papers[number].record.version)
    return review.edit(number, version, {"action": action, "key": key, **more})


def mend(review, number, value, field=HTL, device=0, **more):
    cell = {"field": field, "status": "mended", "value": value, "device": device}
    return ask(review, number, "cell", **cell, **more)


def cell_of(review, number=0, field=HTL, device=0):
    return review.papers[number].record.devices[device].cells[field]


def reviewed(review):
    review._reviewed.write()
    return [json.loads(text) for text in review._reviewed.path.read_text().splitlines()]


def test_a_mended_value_is_there_after_reopening_with_who_and_when(opened):
    review = opened("ada")
    start = TEXT.index("copper thiocyanate")
    mend(review, 0, "CuSCN", places=[[start, start + 18]])
    review.close()
    again = opened("bob")
    cell = cell_of(again)
    assert (cell.value, cell.status, cell.source) == ("CuSCN", "mended", "text")
    assert cell.evidence == {"cuscn": [[start, start + 18]]}
    [edit] = again.log.edits
    assert (edit["reviewer"], edit["was"], edit["version"]) == ("ada", "Spiro-MeOTAD", 1)
    assert edit["time"].endswith("+00:00")


def test_a_value_typed_anew_and_the_same_is_accepted(opened):
    review = opened()
    mend(review, 0, " Spiro-MeOTAD ")
    assert cell_of(review).status == "accepted"


def test_a_typed_value_finds_its_own_place(opened):
    review = opened()
    mend(review, 0, "140; 100", field=schema.ANNEALING_TEMPERATURE)
    start = TEXT.index("100 °C")
    assert cell_of(review, field=schema.ANNEALING_TEMPERATURE).evidence == {
        "140": None,
        "100": [[start, start + 3]],
    }


def test_half_a_line_at_the_end_of_the_log_is_dropped_and_whole_ones_stay(opened):
    review = opened()
    mend(review, 0, "CuSCN")
    review.close()
    with open(review.log.path, "a") as log:
        log.write('{"paper": "a", "action": "cell", "fie')
    again = opened()
    assert cell_of(again).value == "CuSCN"
    mend(again, 0, "PTAA")
    again.close()
    assert cell_of(opened()).value == "PTAA"


def test_an_edit_that_is_not_on_the_disk_is_not_in_the_record(opened, monkeypatch):
    review = opened()
    mend(review, 0, "CuSCN")
    length = os.path.getsize(review.log.path)
    written = os.write
    monkeypatch.setattr(os, "write", lambda file, data: written(file, data[:20]))
    with pytest.raises(NotSaved, match="disk is full"):
        mend(review, 0, "PTAA")
    monkeypatch.undo()
    assert os.path.getsize(review.log.path) == length
    assert cell_of(review).value == "CuSCN"
    mend(review, 0, "NiO-c")
    review.close()
    assert cell_of(opened()).value == "NiO-c"


def test_an_edit_of_an_older_record_is_refused_and_changes_nothing(opened):
    review = opened()
    mend(review, 0, "CuSCN")
    with pytest.raises(Conflict):
        mend(review, 0, "PTAA", version=0)
    assert cell_of(review).value == "CuSCN"
    assert len(review.log.path.read_text().splitlines()) == 1


def test_an_edit_sent_twice_is_done_once(opened):
    review = opened()
    mend(review, 0, "CuSCN", key="k1")
    mend(review, 0, "CuSCN", key="k1", version=0)
    assert review.papers[0].record.version == 1
    review.close()
    again = opened()
    mend(again, 0, "CuSCN", key="k1", version=0)
    assert again.papers[0].record.version == 1


def test_two_processes_do_not_hold_one_file(opened):
    opened()
    with pytest.raises(UserError, match=r"another review\.py has it open"):
        opened()


def test_edits_of_another_text_are_refused(opened, tmp_path):
    review = opened()
    mend(review, 0, "CuSCN")
    review.close()
    write(tmp_path / "papers.jsonl", [line("a", TEXT + " More."), line("b", number=1)])
    with pytest.raises(UserError, match="edits of another text of paper 'a'"):
        opened()


def test_undo_goes_back_step_by_step_also_after_reopening(opened):
    review = opened()
    before = review.papers[0].record.devices
    mend(review, 0, "CuSCN")
    ask(review, 0, "add_device", device=0, role="another", name="with LiF")
    ask(review, 0, "finish")
    review.close()
    again = opened()
    for _ in range(3):
        ask(again, 0, "undo")
    assert again.papers[0].record.devices == before
    assert not again.papers[0].record.done
    assert again.papers[0].record.version == 6
    with pytest.raises(Refused, match="nothing to undo"):
        ask(again, 0, "undo")


def test_not_stated_is_written_as_training_rows_write_it(opened):
    review = opened()
    for field in (HTL, "HTL_additives_compounds", schema.ANNEALING_TIME):
        ask(review, 0, "cell", field=field, status="not stated", device=0, value="")
    assert cell_of(review).value == ""
    assert cell_of(review, field="HTL_additives_compounds").value == ""
    assert cell_of(review, field=schema.ANNEALING_TIME).value == "Unknown"
    assert cell_of(review, field=schema.ANNEALING_TIME).evidence is None
    assert not any(schema.is_reported(not_stated(field)) for field in schema.SII_FIELDS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (HTL, "PTAA\nModule: TRUE"),
        (HTL, "x" * 1001),
        (HTL, "a\u2028b"),
        ("Module", "TRUE</s>"),
        ("Module", "maybe"),
    ],
)
def test_values_that_a_training_row_cannot_hold_are_refused(opened, field, value):
    review = opened()
    with pytest.raises(Refused):
        mend(review, 0, value, field=field)
    assert review.log.path.read_text() == ""


def test_devices_are_added_named_made_the_target_and_removed(opened):
    review = opened()
    paper = ask(review, 1, "add_device", device=1, role="another", name="  with\tLiF ")
    added = paper.record.devices[2]
    assert (added.name, added.cells[HTL].value, added.cells[HTL].status) == (
        "with LiF",
        "Spiro-MeOTAD",
        "open",
    )
    ask(review, 1, "target", device=added.key)
    ask(review, 1, "name_device", device=added.key, role="best", name="champion")
    ask(review, 1, "remove_device", device=0)
    names = [device.name for device in review.papers[1].record.devices]
    assert names == ["champion", "with Spiro-MeOTAD"]
    ask(review, 1, "remove_device", device=1)
    with pytest.raises(Refused, match="only device"):
        ask(review, 1, "remove_device", device=added.key)
    with pytest.raises(Refused, match="no longer there"):
        mend(review, 1, "PTAA", device=1)


def test_the_confidence_is_the_targets_or_that_of_the_same_value(opened):
    review = opened()
    target, control = review.papers[1].record.devices
    assert target.cells[HTL].confidence == control.cells[HTL].confidence == 0.31
    assert control.cells["Cell_architecture"].confidence is None


def test_the_reviewed_file_holds_finished_papers_alone_as_training_rows(opened):
    review = opened()
    mend(review, 0, "CuSCN")
    assert reviewed(review) == []
    ask(review, 0, "finish")
    [row] = reviewed(review)
    assert row["fields"] == FIELDS | {HTL: "CuSCN"}
    assert row["review"]["status"][HTL] == "mended"
    assert row["review"]["status"]["Module"] == "accepted"
    assert row["review"]["read_fields"] == FIELDS
    [read] = read_rows(review._reviewed.path, task="sii", answers="required")
    assert schema.parse_sii_answer(read.output) == FIELDS | {HTL: "CuSCN"}
    assert read.input == TEXT
    ask(review, 0, "reopen")
    assert reviewed(review) == []


def test_finishing_keeps_the_values_that_were_seen_when_papers_are_read_anew(opened, tmp_path):
    review = opened()
    ask(review, 0, "finish")
    review.close()
    other = line("a")
    other["fields"][HTL] = "PTAA"
    write(tmp_path / "papers.jsonl", [other, line("b", number=1)])
    assert cell_of(opened()).value == "Spiro-MeOTAD"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"fields": {HTL: None, "Module": 7}, "confidence": {HTL: "high", "Module": 2}},
        {
            "input": "text",
            "evidence": {HTL: {"a": [[2, 900], [-1, 2], ["a", 1]], "b": 3}, "Module": 4},
        },
        {"input": 5, "devices": "two", "source": [], "evidence": []},
        {"devices": [3, {"fields": []}], "confidence": 0.5},
    ],
)
def test_lines_of_other_programs_can_be_reviewed(tmp_path, more):
    path = write(tmp_path / "p.jsonl", [{"id": "x", "task": "sii", "fields": {}} | more])
    review = Review(path, "ada")
    paper = paper_view(0, review.papers[0])
    assert not any(cell["places"] for cell in paper["devices"][0]["cells"].values())
    mend(review, 0, "CuSCN")
    assert cell_of(review).value == "CuSCN"
    review.close()
