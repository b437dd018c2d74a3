"""How probable the tokens are that a rule allows, from a model's last states, at no more cost than these tokens need.

A vocabulary may have 262,144 tokens where a rule allows ten: the head is then multiplied with these
tokens' weights alone. So rules are in two parts. Those that allow few tokens share one small head, of
all tokens that any of them allows; free text needs the whole one. What a rule forbids is known beforehand.
"""

import itertools
import math
from collections.abc import Iterator

# Rules that allow less than this part of the vocabulary share the small head.
_FEW = 1 / 8
# Scores that are held at a time, of all positions and tokens: 64 MB.
_SCORES_AT_ONCE = 1 << 24


class RuledScores:
    """Log-probabilities under rules, each given by the ids that it allows."""

    def __init__(self, model, allowed: list[list[int]], *, plain_head: bool):
        """`plain_head`: states are multiplied with the output embeddings; else they are scores already.

        Of a model in training, `take_weights` follows what it learns.
        """
        head = model.get_output_embeddings()
        self._size = head.weight.shape[0]
        self._few = [len(ids) < _FEW * self._size for ids in allowed]
        union = {token for ids, few in zip(allowed, self._few, strict=True) if few for token in ids}
        self._parts = [
            ScoredTokens(head if plain_head else None, allowed, tokens)
            for tokens in (None, sorted(union))
        ]

    def take_weights(self) -> None:
        """Copy the few tokens' weights anew: those of a model in training change."""
        for part in self._parts:
            part.take_weights()

    def of(self, states, rules: list[int]) -> Iterator[tuple[list[int], object, "ScoredTokens"]]:
        """(questions, their log-probabilities [n, tokens] as float32, what tokens these are).

        `states`: [n_questions, H], or scores [n_questions, V]; `rules`: the rule of each. Every question comes
        once, but not in this order.
        """
        at_once = max(1, _SCORES_AT_ONCE // self._size)
        for part, few in zip(self._parts, (False, True), strict=True):
            own = [n for n, rule in enumerate(rules) if self._few[rule] == few]
            own.sort(key=lambda n: rules[n])
            for start in range(0, len(own), at_once):
                questions = own[start : start + at_once]
                scores = part.scores(states[questions], [rules[n] for n in questions])
                yield questions, scores.log_softmax(-1), part


class ScoredTokens:
    """The head of some tokens (None: of all), and which of these each rule forbids."""

    def __init__(self, head, allowed: list[list[int]], tokens: list[int] | None):
        self.tokens = tokens
        self._head, self._allowed = head, allowed
        self._weight = self._bias = None
        self.take_weights()
        self._column_of = {token: column for column, token in enumerate(tokens or ())}
        self._columns: dict[int, list[int]] = {}
        self._hidden: dict[int, object] = {}

    def take_weights(self) -> None:
        """Copy these tokens' rows of the head, where it is a plain layer."""
        if self.tokens and _is_plain(self._head):
            bias = self._head.bias
            self._weight = self._head.weight.detach()[self.tokens]
            self._bias = None if bias is None else bias.detach()[self.tokens]

    def token(self, column: int) -> int:
        """The id of the token whose scores are in `column`."""
        return column if self.tokens is None else self.tokens[column]

    def columns(self, rule: int) -> list[int]:
        """Where the tokens are that `rule` allows, in its order."""
        if self.tokens is None:
            return self._allowed[rule]
        if rule not in self._columns:
            self._columns[rule] = [self._column_of[token] for token in self._allowed[rule]]
        return self._columns[rule]

    def scores(self, states, rules: list[int]):
        """Scores [n, tokens], -inf where the rule of a position forbids the token; `rules` are sorted."""
        scores, start = self._unruled(states).float(), 0
        for rule, same in itertools.groupby(rules):
            end = start + len(list(same))
            scores[start:end].masked_fill_(self._hidden_by(rule, scores), -math.inf)
            start = end
        return scores

    def _unruled(self, states):
        import torch

        if self._weight is not None:
            return torch.nn.functional.linear(states, self._weight, self._bias)
        scores = states.clone() if self._head is None else self._head(states)
        return scores if self.tokens is None else scores[:, self.tokens]

    def _hidden_by(self, rule: int, scores):
        """Where `rule` forbids the token, made once."""
        import torch

        if rule not in self._hidden:
            hidden = torch.ones(scores.shape[1], dtype=torch.bool)
            hidden[self.columns(rule)] = False
            self._hidden[rule] = hidden.to(scores.device)
        return self._hidden[rule]


def _is_plain(head) -> bool:
    """Whether a head's scores are its weights times the states: with an adapter on it they are not."""
    import torch

    if not isinstance(head, torch.nn.Linear):
        return False
    return head.weight.is_floating_point() and head.weight.shape[-1] == head.in_features
