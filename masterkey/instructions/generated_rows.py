"""regen.json: the rows that a generation run has kept, and how far it has come, in regen.header.json.

`regen.json` is a JSON list with one row per line, whole at all times: it is written anew after each
batch of requests and renamed into place, rows first and header second. So a kill costs at most the
batch under way. A kill between the two files leaves a header that is one batch behind in its counts;
where to go on is then taken from the rows.
"""

import json
from pathlib import Path

from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, read_json, write_json
from masterkey.scripting.provenance import provenance


class GeneratedRows:
    """The rows kept so far in `output_dir`; an unfinished run there is continued.

    `settings` decide which rows come out: those of the header must be equal. `run` says what else
    is to be known of this run (server …). A regen.json without a header, of another program, is
    continued too.
    """

    def __init__(self, output_dir, settings: dict, run: dict, data_paths, *, overwrite=False):
        self.path = Path(output_dir) / "regen.json"
        self.header_path = Path(output_dir) / "regen.header.json"
        settings = json.loads(json.dumps(settings))
        header = None if overwrite else self._earlier_header(settings)
        self.rows = [] if overwrite else self._earlier_rows()
        self._lines = [_line(row) for row in self.rows]
        self.header = header or {
            "settings": settings,
            "next_request": 0,
            "unanswered": [],
            "rows_of_another_program": len(self.rows),
            "counts": {"answered": 0, "unanswered": 0, "broken_off": 0, "kept": 0, "dropped": {}},
            "runs": [],
        }
        self.header["runs"].append({**run, **provenance(data_paths), "usage": {}})
        self._to_ask_again = self._catch_up()
        self._failed: list[int] = []
        self._remove_half_written()
        self.save({})

    def _earlier_header(self, settings: dict) -> dict | None:
        if not self.header_path.exists() or not self.path.exists():
            return None
        header = read_json(self.header_path)
        earlier = header.get("settings", {}) if isinstance(header, dict) else {}
        differing = [key for key in settings if earlier.get(key) != settings[key]]
        if differing:
            raise UserError(
                f"{self.path}: was written with another {', '.join(differing)}; name another "
                "--output_dir, or add --overwrite to start anew."
            )
        return header

    def _earlier_rows(self) -> list[dict]:
        if not self.path.exists():
            return []
        rows = read_json(self.path)
        return rows if rows == [] else _checked(rows, self.path)

    def _catch_up(self) -> list[int]:
        """Go on behind the last request that has a row; returns the requests to ask again."""
        with_rows = {row["request"] for row in self.rows if isinstance(row.get("request"), int)}
        first, last = self.header["next_request"], max(with_rows, default=-1)
        self.header["next_request"] = max(first, last + 1)
        missed = [number for number in range(first, last + 1) if number not in with_rows]
        return self.header["unanswered"] + missed

    def _remove_half_written(self) -> None:
        for path in self.path.parent.glob(".regen.*"):
            path.unlink(missing_ok=True)

    def next_requests(self, n: int, n_requests: int | None) -> list[int]:
        """The next `n` numbers to ask: those that got no answer in an earlier run, then new ones.

        `n_requests`: how many there are in all; None for no end. Empty when all were asked.
        """
        again, self._to_ask_again = self._to_ask_again[:n], self._to_ask_again[n:]
        first = self.header["next_request"]
        last = first + n - len(again)
        last = last if n_requests is None else max(first, min(last, n_requests))
        self.header["next_request"] = last
        return [*again, *range(first, last)]

    def add(self, row: dict) -> None:
        """Keep a row; `save` writes it."""
        self.rows.append(row)
        self._lines.append(_line(row))

    def count_answer(self, whole: bool) -> None:
        """Count a reply; `whole` is False where it broke off."""
        self.header["counts"]["answered"] += 1
        self.header["counts"]["broken_off"] += not whole

    def fail(self, number: int) -> None:
        """Note that a request got no answer: the next run asks it again."""
        self._failed.append(number)
        self.header["counts"]["unanswered"] += 1

    def drop(self, reason: str) -> None:
        """Count what is not kept."""
        dropped = self.header["counts"]["dropped"]
        dropped[reason] = dropped.get(reason, 0) + 1

    def save(self, usage: dict) -> None:
        """Write both files. `usage`: what this run has taken so far."""
        self.header["runs"][-1]["usage"] = usage
        self.header["unanswered"] = self._to_ask_again + self._failed
        # Not counted up: a header may be a batch behind its rows.
        n_kept = len(self.rows) - self.header["rows_of_another_program"]
        self.header["counts"]["kept"] = n_kept
        try:
            with atomic_write(self.path) as file:
                file.write("[\n" + ",\n".join(self._lines) + "\n]\n")
            write_json(self.header_path, self.header)
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written ({error.strerror}); what it held before is there "
                "still. Mend that and give the same command again to continue."
            ) from None


def _line(row: dict) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def _checked(rows, path: Path) -> list[dict]:
    """`rows` as read from `path`. Raises `UserError` where they are no rows to train on."""
    read_rows(path, answers="required")
    return rows
