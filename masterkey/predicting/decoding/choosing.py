"""What a model says of the next tokens under the rules of a skeleton, after one pass over blocks of rows."""

from dataclasses import dataclass

import numpy as np

from masterkey.predicting.decoding.ruled_scores import RuledScores
from masterkey.predicting.decoding.skeleton import Skeleton
from masterkey.scripting.command_line import UserError

_N_ALTERNATIVES = 8


@dataclass(frozen=True)
class Block:
    """Ids to feed, and (column, slot, state) of each token to choose behind a column."""

    ids: list[int]
    questions: list[tuple[int, int, int]]


@dataclass(frozen=True)
class Choice:
    token: int
    logprob: float
    probabilities: dict[int, float] | None  # of the allowed tokens, where they are few


class Chooser:
    """Feeds blocks to the model and picks the most probable allowed token at each question."""

    def __init__(self, model, skeleton: Skeleton):
        from masterkey.predicting.decoding.feeding import cache_for

        self.model = model
        self.cache = cache_for(model)
        self._rule_of: dict[tuple[int, int], int] = {}
        self._allowed: list[list[int]] = []
        numbers: dict[tuple[int, int], int] = {}
        for place, slot in enumerate(skeleton.slots):
            for state in slot.rule.states():
                key = (id(slot.rule), state)
                if key not in numbers:
                    numbers[key] = len(self._allowed)
                    self._allowed.append(slot.rule.allowed(state))
                self._rule_of[place, state] = numbers[key]
        self._plain_head = _has_plain_head(model)
        self._scores = RuledScores(model, self._allowed, plain_head=self._plain_head)

    def attention(self):
        """A context in which the model need not be told at each pass how to attend; its weights stay."""
        self._scores.take_weights()
        return self.cache.attention_of(self.model)

    def choose(self, cache, blocks: list[Block]) -> list[list[Choice]]:
        """The choices at each block's questions, after one forward pass over all blocks."""
        states, rules = self._asked(cache, blocks)
        choices: list[Choice | None] = [None] * len(rules)
        for questions, scores, part in self._scores.of(states, rules):
            own = self._pick(scores, part, [rules[n] for n in questions])
            for n, choice in zip(questions, own, strict=True):
                choices[n] = choice
        in_order = iter(choices)
        return [[next(in_order) for _ in block.questions] for block in blocks]

    def probabilities(self, cache, blocks: list[Block]) -> list[tuple]:
        """At each question (token ids in order, how probable each is under the rules), int64 and float64 arrays."""
        states, rules = self._asked(cache, blocks)
        found: list[tuple] = [()] * len(rules)
        for questions, scores, part in self._scores.of(states, rules):
            ids = np.arange(scores.shape[1]) if part.tokens is None else np.array(part.tokens)
            for n, own in zip(questions, scores.exp().double().cpu().numpy(), strict=True):
                found[n] = (ids, own)
        return found

    def cache_of(self, ids: list[int], n_rows: int):
        """A cache of `n_rows` equal rows that hold `ids`, computed once."""
        if not ids:
            return self.cache(self.model, n_rows)
        cache = self.cache(self.model, 1)
        self._feed(cache, [Block(ids, [])])
        cache.set_lengths([len(ids)])
        cache.repeat(n_rows)
        return cache

    def _feed(self, cache, blocks: list[Block]):
        """The last hidden states [T, H], or the scores [T, V] of a model with another head; where blocks begin."""
        from masterkey.predicting.decoding.feeding import feed

        called = self.model.base_model if self._plain_head else self.model
        ids = [block.ids for block in blocks]
        asked = [[column for column, _, _ in block.questions] for block in blocks]
        output, starts = feed(self.model, cache, ids, asked, called)
        states = output.last_hidden_state if self._plain_head else output.logits
        return states.flatten(0, 1), starts

    def _asked(self, cache, blocks: list[Block]):
        """The states at all questions after one pass over the blocks, and the number of each one's rule."""
        states, starts = self._feed(cache, blocks)
        pairs = list(zip(starts, blocks, strict=True))
        places = [start + column for start, block in pairs for column, _, _ in block.questions]
        rules = [self._rule_of[question[1:]] for block in blocks for question in block.questions]
        return states[places], rules

    def _pick(self, scores, part, rules: list[int]) -> list[Choice]:
        """Of log-probabilities [n, tokens], the best token of each and, where a rule allows few, all of these."""
        logprobs, columns = scores.max(-1)
        if not logprobs.isfinite().all():
            raise UserError(_no_numbers(str(self.model.dtype).removeprefix("torch.")))
        few = [rule if len(self._allowed[rule]) <= _N_ALTERNATIVES else None for rule in rules]
        asked = [
            (n, c) for n, rule in enumerate(few) if rule is not None for c in part.columns(rule)
        ]
        rows, own = ([pair[place] for pair in asked] for place in (0, 1))
        of_few = iter(scores[rows, own].exp().tolist() if asked else ())
        return [
            Choice(
                part.token(column),
                logprob,
                None if rule is None else {t: next(of_few) for t in self._allowed[rule]},
            )
            for column, logprob, rule in zip(columns.tolist(), logprobs.tolist(), few, strict=True)
        ]


def _no_numbers(dtype: str) -> str:
    """What is said of a model whose scores are NaN; wider numbers than float32 are not offered."""
    start = "the model's scores are no numbers (NaN): its weights are damaged"
    if dtype == "float32":
        return f"{start}; fetch or train them anew."
    return f"{start}, or overflow in {dtype}; try --dtype float32."


def _has_plain_head(model) -> bool:
    """Whether the scores are the output embedding of the last states, with nothing behind it.

    Some architectures scale or cap them; for these the whole model is called instead.
    """
    import torch

    ids = torch.tensor([[1, 2, 3]], device=model.device)
    with torch.inference_mode():
        states = model.base_model(input_ids=ids).last_hidden_state
        scores = model(input_ids=ids).logits
        return torch.allclose(model.get_output_embeddings()(states), scores, atol=1e-3, rtol=1e-3)
