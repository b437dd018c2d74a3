"""Drafts of values: cheap guesses of what the model will write, for it to check in one pass.

A guess comes from the values of the nearest training papers, from what the model wrote most often
for the papers before, or from the paper's own words. A wrong guess costs a little arithmetic; it never
changes an answer.
"""

from collections import Counter

from masterkey.predicting.decoding.skeleton import Skeleton
from masterkey.rows.encoding import plain_ids
from masterkey.rows.neighbours import NeighbourVote
from masterkey.rows.records import Row
from masterkey.schema.fields import parse_mdp_answer, parse_sii_answer

_PARSERS = {"sii": parse_sii_answer, "mdp": parse_mdp_answer}

# Tokens taken over from the paper behind the last ones of a value.
_COPIED = 8
# Different values kept for a slot: they are sorted for each draft, in runs of 50,000 papers too.
_REMEMBERED = 256


class Drafter:
    """The guesses for one prompt.

    `nearest[slot]` are values (ids, what ends them included) of the most similar training papers, best
    first; `written[slot]` counts the values of this run, shared by all its prompts.
    """

    def __init__(
        self,
        prompt: list[int],
        written: list[Counter],
        nearest: list[list[tuple[int, ...]]] | None = None,
    ):
        self._prompt, self._written = prompt, written
        self._nearest = nearest or [[] for _ in written]
        self._places: dict[tuple[int, ...], int] | None = None

    def propose(self, slot: int, begun: list[int]) -> tuple[int, ...]:
        """What may follow the `begun` ids of the value in `slot`; empty where there is no guess."""
        start = tuple(begun)
        for value in self._guesses(slot):
            if len(value) > len(start) and value[: len(start)] == start:
                return value[len(start) :]
        return self._from_paper(start)

    def learn(self, slot: int, value: list[int]) -> None:
        """Remember a value that the model wrote; of very many different ones, the most frequent."""
        written = self._written[slot]
        written[tuple(value)] += 1
        if len(written) > _REMEMBERED:
            self._written[slot] = Counter(dict(written.most_common(_REMEMBERED // 2)))

    def _guesses(self, slot: int):
        yield from self._nearest[slot]
        for value, _ in self._written[slot].most_common():
            yield value

    def _from_paper(self, start: tuple[int, ...]) -> tuple[int, ...]:
        """What follows the last two ids of `start`, or the last one, in the paper."""
        if self._places is None:
            self._places = {}
            for n in (1, 2):
                for end in range(n, len(self._prompt)):
                    self._places.setdefault(tuple(self._prompt[end - n : end]), end)
        for n in (2, 1):
            place = self._places.get(start[-n:]) if len(start) >= n else None
            if place is not None:
                return tuple(self._prompt[place : place + _COPIED])
        return ()


class DraftBook:
    """All that drafts of a run are made from; one for all its prompts.

    `training`: rows with answers, whose values are drafts for similar inputs.
    """

    def __init__(self, skeleton: Skeleton, training: list[Row] = ()):
        self._skeleton = skeleton
        self._written: list[Counter] = [Counter() for _ in skeleton.slots]
        self._ids_of: list[dict[str, tuple[int, ...]]] = [{} for _ in skeleton.slots]
        self._vote = self._learn_training(list(training)) if training else None

    def _learn_training(self, training: list[Row]) -> NeighbourVote | None:
        """Remember the ids of all training values, as they stand in whole answers."""
        skeleton = self._skeleton
        answers = [_PARSERS[skeleton.task](row.output) for row in training]
        ids_of_answers = plain_ids(skeleton.tokenizer, [skeleton.answer(a) for a in answers])
        for answer, ids in zip(answers, ids_of_answers, strict=True):
            values = skeleton.split([*ids, skeleton.tokenizer.eos_token_id])
            for slot, known, value in zip(
                skeleton.slots, self._ids_of, values or (), strict=values is not None
            ):
                known[answer[slot.name]] = tuple(value)
        return NeighbourVote([row.input for row in training], answers)

    def drafters(self, rows: list[Row], prompts: list[list[int]]) -> list[Drafter]:
        """A drafter for each row and the ids of its prompt."""
        if self._vote is None:
            return [Drafter(prompt, self._written) for prompt in prompts]
        rankings = self._vote.rank([row.input for row in rows])
        return [
            Drafter(prompt, self._written, self._nearest(ranking))
            for prompt, ranking in zip(prompts, rankings, strict=True)
        ]

    def _nearest(self, ranking: dict[str, list[str]]) -> list[list[tuple[int, ...]]]:
        return [
            [known[value] for value in ranking[slot.name] if value in known]
            for slot, known in zip(self._skeleton.slots, self._ids_of, strict=True)
        ]
