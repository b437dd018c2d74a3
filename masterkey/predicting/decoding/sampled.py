"""Several answers of one prompt, drawn as probable as the model holds them, for the spread of its numbers.

Arithmetic sampling (Vilnis, Zemlyanskiy, Murray, Passos and Sanghai 2023, arXiv 2210.15458): the
answers of a prompt take evenly spaced points of the line from 0 to 1 on which all values lie side by
side, each as long as it is probable. So n answers show the quantiles of a value far better than n
independent ones would. Each value has such a set of points of its own, in a fixed order: the answers to a prompt
are always the same, whatever is decoded beside it, and need no seed.
"""

import numpy as np

from masterkey.predicting.decoding.choosing import Block, Chooser
from masterkey.predicting.decoding.places import Place
from masterkey.predicting.decoding.skeleton import Skeleton

# Below 1, lest rounding put a point behind the last token.
_LAST = 1 - 1e-9


class AnswerSampler:
    """Draws `n_answers` answers in the form of a skeleton, at temperature 1, under its rules."""

    def __init__(self, chooser: Chooser, skeleton: Skeleton, n_answers: int):
        self._chooser, self._skeleton, self._n = chooser, skeleton, n_answers
        self._points = spaced_points(n_answers, len(skeleton.slots))

    def draw(self, prompt: list[int]) -> dict[str, list[str]]:
        """The `n_answers` texts of each value; those of one answer have the same place in each list."""
        import torch

        rows = [_Drawn(self._skeleton, own) for own in self._points]
        with torch.inference_mode(), self._chooser.attention():
            cache = self._chooser.cache_of(prompt, len(rows))
            lengths, active = [len(prompt)] * len(rows), rows
            while active:
                blocks = [row.block() for row in active]
                found = self._chooser.probabilities(cache, blocks)
                for row, (tokens, probabilities) in zip(active, found, strict=True):
                    row.take(tokens, probabilities)
                lengths = [n + len(block.ids) for n, block in zip(lengths, blocks, strict=True)]
                cache.set_lengths(lengths)
                staying = [i for i, row in enumerate(active) if not row.place.finished]
                if 0 < len(staying) < len(active):
                    cache.keep(staying)
                active, lengths = [active[i] for i in staying], [lengths[i] for i in staying]
        return {slot.name: [row.values[slot.name] for row in rows] for slot in self._skeleton.slots}


def spaced_points(n_answers: int, n_values: int) -> np.ndarray:
    """[n_answers, n_values], in each column the points (k + ½) / n, in an order of its own."""
    rng = np.random.default_rng(0)
    columns = [rng.permutation(n_answers) for _ in range(n_values)]
    return (np.stack(columns, axis=1) + 0.5) / n_answers


def token_at(probabilities: np.ndarray, point: float) -> tuple[int, float]:
    """(the place whose stretch of the line holds `point`, where in this stretch, both from 0 to 1)."""
    ends = np.cumsum(probabilities)
    place = point * ends[-1]
    token = int(np.searchsorted(ends, place, side="right"))
    inside = (place - (ends[token] - probabilities[token])) / probabilities[token]
    return token, float(min(max(inside, 0.0), _LAST))


class _Drawn:
    """One answer as it is drawn: what is decided and not yet fed, and the point within what remains."""

    def __init__(self, skeleton: Skeleton, points: np.ndarray):
        self.place = Place(skeleton)
        self.values: dict[str, str] = {}
        self._skeleton, self._points = skeleton, points
        self._fed_next = self.place.open_next()
        self._point = float(points[0])

    def block(self) -> Block:
        """What is decided, and the question behind it."""
        ids = self._fed_next
        return Block(ids, [(len(ids) - 1, self.place.slot, self.place.state)])

    def take(self, tokens: np.ndarray, probabilities: np.ndarray) -> None:
        """Decide for one of `tokens` by how probable each is."""
        place, self._point = token_at(probabilities, self._point)
        token = int(tokens[place])
        following, ended = self.place.advance(token)
        self._fed_next = [token, *following]
        if ended:
            slot = self._skeleton.slots[ended.slot]
            self.values[slot.name] = self._skeleton.value_text(ended.slot, ended.ids)
            if not self.place.finished:
                self._point = float(self._points[self.place.slot])
