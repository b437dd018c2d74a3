"""Papers that come from the page: read and extracted in a thread of their own, one after another."""

import hashlib
import queue
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

from masterkey.papers.files import read_paper_bytes
from masterkey.papers.part_read import part_to_read
from masterkey.predicting.readers import Reader
from masterkey.predicting.run import line_of
from masterkey.review.session import Review
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

MOST_JOBS = 1000
READING, PREPARING, EXTRACTING, DONE, FAILED = (
    *("reading the file", "getting ready to read papers (to learn it takes half a minute, once)"),
    *("reading the paper", "done", "failed"),
)


@dataclass
class Job:
    """How far an upload is; `number` is the paper's once it is done, `note` what of it was read."""

    name: str
    state: str = READING
    reason: str = ""
    note: str = ""
    number: int | None = None


class Uploads:
    """Takes files, and adds a paper to the review for each; `open_reader` gives who extracts, once."""

    def __init__(self, review: Review, open_reader: Callable[[], Reader]):
        self._review, self._open_reader = review, open_reader
        self._reader: Reader | None = None
        self._jobs: list[Job] = []
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[Job, bytes]] = queue.SimpleQueue()
        # A daemon: whoever stops the page does not wait for a method to have learned.
        threading.Thread(target=self._work_on, daemon=True).start()

    def take(self, name: str, data: bytes) -> int:
        """Begin with a file; the number of its job."""
        with self._lock:
            if len(self._jobs) >= MOST_JOBS:
                raise UserError("1,000 papers were uploaded; start review.py anew for more.")
            job = Job(name)
            self._jobs.append(job)
            number = len(self._jobs) - 1
        self._waiting.put((job, data))
        return number

    def job(self, number: int) -> dict | None:
        """How far a job is; None where there is no such job."""
        return asdict(self._jobs[number]) if 0 <= number < len(self._jobs) else None

    def _work_on(self) -> None:
        while True:
            self._work(*self._waiting.get())

    def _work(self, job: Job, data: bytes) -> None:
        try:
            paper = read_paper_bytes(data, job.name)
            part = part_to_read(paper)
            job.note = (part.note or "").replace(" (--whole_text reads all)", "")
            job.state = EXTRACTING if self._reader else PREPARING
            self._reader = self._reader or self._open_reader()
            job.state = EXTRACTING
            id = f"{job.name} {hashlib.sha256(data).hexdigest()[:8]}"
            row = Row(id, schema.SII_INSTRUCTION, part.text, None, 0)
            line = line_of("sii", row, self._reader.answer(row), abstain_below=None)
            known = {"title": paper.title or job.name, "doi": paper.doi, "year": paper.year}
            told = {key: value for key, value in known.items() if value is not None}
            job.number = self._review.add({**line, **told})
            job.state = DONE
        except UserError as error:
            job.state, job.reason = FAILED, str(error)
        except Exception as error:
            # One paper that cannot be read stops neither the page nor the next one.
            job.state, job.reason = FAILED, f"{job.name}: {type(error).__name__}: {error}"
