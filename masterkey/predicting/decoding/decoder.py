"""Skeleton decoding: the model writes values only, names and separators are given to it.

All prompts of a batch decode together, each at its own pace. One forward pass takes a block of each
row: tokens that are decided already (the next field's name) and a draft of what may follow. The model
checks the whole block at once; the part that it would have chosen itself is kept, so drafts change
the number of passes and never the answer (speculative decoding, arXiv 2211.17192, for greedy choice).

The rules in words, for a decoder that takes one token at a time (tests/predicting/test_decoding.py has one): in
each slot of the skeleton take the most probable of the allowed tokens until one ends the value; a
value that reaches its limit is ended, unless only one token may follow.
"""

from dataclasses import dataclass, field

from masterkey.predicting.decoding.choosing import Block, Choice, Chooser
from masterkey.predicting.decoding.drafts import Drafter
from masterkey.predicting.decoding.places import EndedValue, Place
from masterkey.predicting.decoding.skeleton import Skeleton
from masterkey.predicting.decoding.token_rules import OneOf

# Part of the longest prompt that must be common to all, to be computed once.
_SHARED = 0.1


@dataclass(frozen=True)
class Value:
    """A decoded value; `logprob` is the sum over its `n_tokens`, its end included, under the rules."""

    text: str
    logprob: float
    n_tokens: int
    reached_limit: bool
    alternatives: dict[str, float] | None  # value → probability, for closed vocabularies


@dataclass
class Answer:
    """The values of one prompt, and the forward passes that it took part in."""

    values: dict[str, Value] = field(default_factory=dict)
    n_passes: int = 0
    n_tokens: int = 0  # of the whole answer, names included


class SkeletonDecoder:
    """Greedy answers of `model` in the form of `skeleton`."""

    def __init__(self, model, skeleton: Skeleton):
        self.model, self.skeleton = model, skeleton
        self.chooser = Chooser(model, skeleton)

    def decode(
        self, prompts: list[list[int]], drafters: list[Drafter] | None = None, draft_tokens: int = 0
    ) -> list[Answer]:
        """Answers to `prompts` (token ids of each), all decoded together.

        `draft_tokens` is about the most tokens drafted for a row in a pass; 0 drafts nothing.
        """
        import torch

        chosen = drafters if drafters and draft_tokens else [None] * len(prompts)
        rows = [_Row(self.skeleton, *pair) for pair in zip(prompts, chosen, strict=True)]
        active = rows
        with torch.inference_mode(), self.chooser.attention():
            shared = shared_beginning(prompts)
            cache = self.chooser.cache_of(shared, len(rows))
            for row in rows:
                row.n_cached, row.answer.n_passes = len(shared), int(bool(shared))
            while active:
                blocks = [row.block(draft_tokens) for row in active]
                for row, block, choices in zip(
                    active, blocks, self.chooser.choose(cache, blocks), strict=True
                ):
                    row.take(block, choices)
                cache.set_lengths([row.n_cached for row in active])
                staying = [i for i, row in enumerate(active) if not row.place.finished]
                if 0 < len(staying) < len(active):
                    cache.keep(staying)
                active = [active[i] for i in staying]
        return [row.answer for row in rows]


def shared_beginning(prompts: list[list[int]]) -> list[int]:
    """The ids that all prompts begin with, for the cache to hold once computed; empty where that
    does not pay, since the rest of the prompts then needs a mask of its own."""
    shortest, longest = min(map(len, prompts)), max(map(len, prompts))
    n = 0
    while n < shortest - 1 and all(prompt[n] == prompts[0][n] for prompt in prompts):
        n += 1
    return prompts[0][:n] if len(prompts) > 1 and n >= _SHARED * longest else []


class _Row:
    """One prompt: what is decided, how much of that the cache holds, and the answer so far."""

    def __init__(self, skeleton: Skeleton, prompt: list[int], drafter: Drafter | None):
        self.answer = Answer()
        self.place = Place(skeleton)
        self.n_cached = 0
        self._drafter = drafter
        self._decided = prompt + self.place.open_next()
        self._choices: list[tuple[int, Choice]] = []  # (state, choice) of the present value

    def block(self, draft_tokens: int) -> Block:
        """What is decided and not yet in the cache, and a draft of what may follow."""
        ids = self._decided[self.n_cached :]
        place = self.place.copy()
        questions = [(len(ids) - 1, place.slot, place.state)]
        end = len(ids) + draft_tokens
        while self._drafter and len(ids) < end and not place.finished:
            slot = place.slot
            for token in self._drafter.propose(slot, place.value_ids):
                if place.slot != slot or not place.allows(token):
                    break
                ids += [token, *place.advance(token)[0]]
                if not place.finished:
                    questions.append((len(ids) - 1, place.slot, place.state))
            if place.slot == slot:
                break
        # Cut to length: rows are padded to the longest block, and padding costs as much as a token.
        return Block(ids[:end], [question for question in questions if question[0] < end])

    def take(self, block: Block, choices: list[Choice]) -> None:
        """Decide by the model's choices as far as what was fed before each is what was decided."""
        agreed = 0
        for (column, _, _), choice in zip(block.questions, choices, strict=True):
            agreed = self._agreement(block, agreed)
            if agreed <= column:
                break
            self._decide(choice)
        self.n_cached += self._agreement(block, agreed)
        self.answer.n_passes += 1
        self.answer.n_tokens = self.place.n_tokens

    def _agreement(self, block: Block, agreed: int) -> int:
        """How many ids of the block, `agreed` at least, are those decided."""
        decided = self._decided
        end = min(len(block.ids), len(decided) - self.n_cached)
        while agreed < end and block.ids[agreed] == decided[self.n_cached + agreed]:
            agreed += 1
        return agreed

    def _decide(self, choice: Choice) -> None:
        self._choices.append((self.place.state, choice))
        following, ended = self.place.advance(choice.token)
        self._decided += [choice.token, *following]
        if ended:
            self._end_value(ended)

    def _end_value(self, ended: EndedValue) -> None:
        skeleton = self.place.skeleton
        slot = skeleton.slots[ended.slot]
        text = skeleton.value_text(ended.slot, ended.ids)
        closed = isinstance(slot.rule, OneOf)
        self.answer.values[slot.name] = Value(
            text,
            sum(choice.logprob for _, choice in self._choices),
            len(ended.ids),
            ended.reached_limit,
            _alternatives(slot.rule, self._choices) if closed else None,
        )
        self._choices = []
        if self._drafter:
            self._drafter.learn(ended.slot, ended.ids)


def _alternatives(rule: OneOf, choices: list[tuple[int, Choice]]) -> dict[str, float]:
    """The probability of each value of a closed field, from the choices that led to one of them.

    Values whose ids part only behind a token that was not chosen share an entry, joined by " / ".
    """
    reached, probabilities, taken = 1.0, {}, None
    for state, choice in choices:
        probabilities.pop(taken, None)  # this choice tells apart what the one before it joined
        for token, probability in choice.probabilities.items():
            values = " / ".join(rule.values_behind(state, token))
            probabilities[values] = reached * probability
        taken = " / ".join(rule.values_behind(state, choice.token))
        reached *= choice.probabilities[choice.token]
    return probabilities
