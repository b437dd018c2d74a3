"""Voc, Jsc, FF and PCE of the device on the page, predicted anew as its record changes."""

import threading
from collections.abc import Callable
from functools import lru_cache

from masterkey.predicting.readers import Reader
from masterkey.predicting.run import line_of
from masterkey.regressor import unread
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.schema.targets import DECIMALS
from masterkey.scripting.command_line import UserError

OFF, LEARNING, READY, FAILED = "off", "learning", "ready", "failed"


class Performance:
    """A reader of devices that is opened in a thread, so that the page need not wait for it.

    `open_reader` gives it (None: nothing is predicted). Meanwhile `of` answers with the state alone.
    """

    def __init__(self, open_reader: Callable[[], Reader] | None):
        self.state, self.reason = (LEARNING, "") if open_reader else (OFF, "")
        self._reader: Reader | None = None
        self._lock = threading.Lock()
        self._cached = lru_cache(maxsize=4096)(self._predicted)
        if open_reader:
            threading.Thread(target=self._open, args=(open_reader,), daemon=True).start()

    def _open(self, open_reader) -> None:
        try:
            self._reader = open_reader()
            self.state = READY
        except UserError as error:
            self.state, self.reason = FAILED, str(error)
        except Exception as error:
            # Said on the page: reviewing goes on without it.
            self.state, self.reason = FAILED, f"{type(error).__name__}: {error}"

    def of(self, fields: dict[str, str]) -> dict:
        """`state`, and once ready `targets` (value, interval and unit of each) and a `sentence`."""
        if self.state != READY:
            return {"state": self.state, "reason": self.reason}
        device = {name: str(fields.get(name) or "") for name in schema.MDP_FIELDS}
        return self._cached(schema.format_mdp_input(device, markers=True))

    def _predicted(self, input: str) -> dict:
        row = Row("device", schema.MDP_INSTRUCTION, input, None, 0)
        with self._lock:
            line = line_of("mdp", row, self._reader.answer(row), abstain_below=None)
        novelty = (line.get("novelty") or {}).get("sentence", "")
        told = unread.sentence(line, schema.parse_mdp_input(input))
        return {
            "state": READY,
            "reader": self._reader.name,
            "targets": [_target(name, line) for name in schema.MDP_TARGETS],
            "sentence": " ".join(
                filter(None, (novelty, f"Of this device: {told}." if told else ""))
            ),
        }


def _target(name: str, line: dict) -> dict:
    decimals = DECIMALS[name].shown
    value, interval = line["fields"][name], (line.get("interval") or {}).get(name)
    return {
        "name": name,
        "unit": schema.TARGET_UNITS[name],
        "value": None if value is None else f"{value:.{decimals}f}",
        "interval": interval and [f"{end:.{decimals}f}" for end in interval],
    }
