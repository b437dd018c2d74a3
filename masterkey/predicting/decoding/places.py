"""Where in its skeleton an answer stands, moved on by one chosen token at a time."""

import copy
from dataclasses import dataclass

from masterkey.predicting.decoding.skeleton import Skeleton
from masterkey.predicting.decoding.token_rules import END


@dataclass(frozen=True)
class EndedValue:
    slot: int
    ids: list[int]
    reached_limit: bool


class Place:
    """Where in the skeleton an answer stands; moved on by one chosen token at a time."""

    def __init__(self, skeleton: Skeleton):
        self.skeleton = skeleton
        self.slot, self.state = -1, 0
        self.value_ids: list[int] = []
        self.n_tokens = 0
        self.finished = False

    def copy(self) -> "Place":
        place = copy.copy(self)
        place.value_ids = list(self.value_ids)
        return place

    def open_next(self) -> list[int]:
        """Go to the next slot; returns the ids of its name."""
        self.slot += 1
        self.finished = self.slot == len(self.skeleton.slots)
        if self.finished:
            return []
        slot = self.skeleton.slots[self.slot]
        self.state, self.value_ids = slot.rule.start, []
        self.n_tokens += len(slot.before)
        self.limit = self.skeleton.value_limit(self.slot, self.n_tokens)
        return list(slot.before)

    def allows(self, token: int) -> bool:
        return self.skeleton.slots[self.slot].rule.allows(self.state, token)

    def advance(self, token: int) -> tuple[list[int], EndedValue | None]:
        """(ids that follow `token` without a choice, the value if it ended)."""
        slot = self.skeleton.slots[self.slot]
        self.value_ids.append(token)
        self.n_tokens += 1
        self.state = slot.rule.step(self.state, token)
        if self.state == END:
            ended = EndedValue(self.slot, self.value_ids, reached_limit=False)
            return self.open_next(), ended
        allowed = slot.rule.allowed(self.state)
        if len(allowed) == 1:  # before the limit: it may be the second half of the line's end
            following, ended = self.advance(allowed[0])
            return [allowed[0], *following], ended
        if len(self.value_ids) >= self.limit:
            ended = EndedValue(self.slot, self.value_ids + slot.end, reached_limit=True)
            self.n_tokens += len(slot.end)
            return slot.end + self.open_next(), ended
        return [], None
