"""A file of papers under review: all papers with their records, edited one at a time and saved at once."""

import datetime
import textwrap
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from masterkey.review import record as records
from masterkey.review.edits import EditLog, log_path, text_key
from masterkey.review.read_line import record_of
from masterkey.review.record import Record, Refused, edited
from masterkey.review.reviewed_file import ReviewedFile, reviewed_line, reviewed_path
from masterkey.rows.predictions import read_predictions
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import valid_text

_TITLE_LENGTH = 90
_SUGGESTED = 60  # known values that are offered for a field


class Conflict(Exception):
    """The paper has been edited since the reviewer's page read it."""


@dataclass
class Paper:
    """A paper: its prediction line, its record, the earlier ones for undoing, who edited it and when last."""

    line: dict
    record: Record
    earlier: list[Record] = field(default_factory=list)
    reviewers: dict[str, None] = field(default_factory=dict)
    time: str = ""
    key: str = ""  # of the last edit

    @property
    def text(self) -> str:
        return self.line["input"]

    @property
    def title(self) -> str:
        """Its title or DOI where the line has one, else how the text begins."""
        told = self.line.get("title") or self.line.get("doi")
        if told:
            return str(told)
        words = " ".join(self.text[: 4 * _TITLE_LENGTH].split())
        return textwrap.shorten(words, _TITLE_LENGTH, placeholder=" …")


class Review:
    """All papers of `path`, in file order, uploaded ones behind. Safe to use from several threads."""

    def __init__(self, path: str | Path, reviewer: str):
        """Read papers and edits. Raises `UserError` where either is damaged or they do not belong together.

        A file that does not exist yet holds no papers: they come by upload.
        """
        self.path, self.reviewer = Path(path), reviewer
        self._lock = threading.Lock()
        lines = read_predictions(path, "sii") if self.path.exists() else []
        self.papers = [_paper(line) for line in lines]
        self._numbers = {paper.line["id"]: n for n, paper in enumerate(self.papers)}
        self.log = EditLog(log_path(path))
        self.n_unknown = sum(not self._replay(edit) for edit in self.log.edits)
        self._reviewed = ReviewedFile(reviewed_path(path), self._reviewed_lines)
        if self.log.edits:
            self._reviewed.changed()

    def close(self) -> None:
        """Write the reviewed file and let the log go."""
        self._reviewed.close()
        self.log.close()

    # --- reading the log ---

    def _replay(self, edit: dict) -> bool:
        """Put an edit of the log to its paper; False where the file has no such paper any more."""
        try:
            if edit["action"] == "paper":
                self._add(edit["line"])
                return True
            number = self._numbers.get(edit["paper"])
            if number is None:
                return False
            paper = self.papers[number]
            if edit["text"] != text_key(paper.text):
                raise UserError(
                    f"{self.log.path}: has edits of another text of paper {edit['paper']!r} than "
                    f"{self.path} holds; give the file that was reviewed, or move the edits away."
                )
            self._apply(paper, edit)
            return True
        except (KeyError, TypeError, ValueError, Refused) as error:
            raise UserError(
                f"{self.log.path}: an edit of paper {edit.get('paper')!r} cannot be followed "
                f"({type(error).__name__}: {error}); it was changed by hand: mend it there."
            ) from None

    def _add(self, line: dict) -> int:
        if line["id"] not in self._numbers:
            self.papers.append(_paper(line))
            self._numbers[line["id"]] = len(self.papers) - 1
        return self._numbers[line["id"]]

    @staticmethod
    def _apply(paper: Paper, edit: dict) -> None:
        if edit["action"] == "undo":
            if not paper.earlier:
                raise Refused("there is nothing to undo.")
            paper.record = replace(paper.earlier.pop(), version=paper.record.version + 1)
        else:
            after = edited(paper.record, edit)
            paper.earlier.append(paper.record)
            paper.record = after
        paper.reviewers[edit["reviewer"]] = None
        paper.time, paper.key = edit["time"], edit["key"]

    # --- editing ---

    def edit(self, number: int, version: int, asked: dict) -> Paper:
        """Do what a reviewer asked of a paper, and save it. Raises `Conflict`, `Refused`, `NotSaved`.

        `asked["key"]` is the page's own of this edit: sent again, because the answer was lost, it is done once.
        """
        with self._lock:
            paper = self.papers[number]
            if asked["key"] and asked["key"] == paper.key:
                return paper
            if version != paper.record.version:
                raise Conflict
            edit = {
                "paper": paper.line["id"],
                "text": text_key(paper.text),
                "version": version + 1,
                "key": asked["key"],
                **self._who_and_when(),
                **whole_edit(paper, asked),
            }
            # Tried on a copy first, so that what is refused is never in the log.
            tried = replace(paper, earlier=list(paper.earlier), reviewers=dict(paper.reviewers))
            self._apply(tried, edit)
            self.log.append(edit)
            was_done = paper.record.done
            self._apply(paper, edit)
        if was_done or paper.record.done:
            self._reviewed.changed()
        return paper

    def add(self, line: dict) -> int:
        """Add an uploaded paper's prediction line, and save it; the number of the paper."""
        with self._lock:
            known = self._numbers.get(line["id"])
            if known is not None:
                return known
            line = {**line, "row": len(self.papers)}
            edit = {"paper": line["id"], **self._who_and_when(), "action": "paper", "line": line}
            self.log.append(edit)
            return self._add(line)

    def _who_and_when(self) -> dict[str, str]:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return {"reviewer": self.reviewer, "time": now}

    # --- what others read ---

    def _reviewed_lines(self) -> list[dict]:
        with self._lock:
            done = [
                (row, paper, paper.record)
                for row, paper in enumerate(self.papers)
                if paper.record.done
            ]
        return [
            reviewed_line(paper.line, row, record, list(paper.reviewers), paper.time)
            for row, paper, record in done
        ]

    @cached_property
    def known_values(self) -> dict[str, list[str]]:
        """For each field the most frequent values that were read, to be offered where one is typed."""
        counts = {name: Counter() for name in schema.SII_FIELDS}
        for paper in self.papers:
            for name, value in paper.line["fields"].items():
                if name in counts and isinstance(value, str) and schema.is_reported(value):
                    counts[name][value] += 1
        return {name: [v for v, _ in own.most_common(_SUGGESTED)] for name, own in counts.items()}


def _paper(line: dict) -> Paper:
    text = line.get("input")
    line = {**line, "input": valid_text(text) if isinstance(text, str) else ""}
    return Paper(line, record_of(line))


def whole_edit(paper: Paper, asked: dict) -> dict:
    """The edit as the log holds it: values checked, evidence found. Raises `Refused`."""
    action = asked["action"]
    edit = {"action": action}
    if action in ("add_device", "remove_device", "name_device", "target", "cell"):
        edit["device"] = paper.record.device(asked["device"]).key
    if action in ("add_device", "name_device"):
        for name in ("role", "name"):
            edit[name] = " ".join(str(asked.get(name) or "").split())[: records.LONGEST_NAME]
    if action == "finish":
        edit["values"] = records.open_values(paper.record)
    if action == "cell":
        edit |= _cell_edit(paper, asked)
    return edit


def _cell_edit(paper: Paper, asked: dict) -> dict:
    name, status = asked["field"], asked["status"]
    before = paper.record.device(asked["device"]).cells[name]
    value = before.value
    if status == records.NOT_STATED:
        value = records.not_stated(name) if schema.is_reported(value) else value
    elif status == records.MENDED:
        value = records.checked_value(name, asked["value"])
    places = [list(place) for place in asked.get("places") or ()]
    if any(not 0 <= start < end <= len(paper.text) for start, end in places):
        raise Refused("the marked words lie outside of the text; reload the page.")
    if status == records.MENDED and value == before.value and not places:
        status = records.ACCEPTED  # looked at, typed anew, and the same
    evidence = before.evidence
    if places or value != before.value:
        evidence = records.evidence_for(name, value, paper.text, places or None)
    return {
        "field": name,
        "value": value,
        "was": before.value,
        "status": status,
        "evidence": evidence,
    }
