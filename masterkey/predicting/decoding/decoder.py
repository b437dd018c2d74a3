"""Skeleton decoding: the model writes values only, names and separators are given to it.

All prompts of a batch decode together, each at its own pace. One forward pass takes a block of each
row: tokens that are decided already (the next field's name) and a draft of what may follow. The model
checks the whole block at once; the part that it would have chosen itself is kept, so drafts change
the number of passes and never the answer (speculative decoding, arXiv 2211.17192, for greedy choice).

The rules in words, for a decoder that takes one token at a time (tests/predicting/test_decoding.py has one): in
each slot of the skeleton take the most probable of the allowed tokens until one ends the value; a
value that reaches its limit is ended, unless only one token may follow.
"""

import copy
import math
from dataclasses import dataclass, field

from masterkey.predicting.decoding.drafts import Drafter
from masterkey.predicting.decoding.skeleton import Skeleton
from masterkey.predicting.decoding.token_rules import END, OneOf
from masterkey.scripting.command_line import UserError

# Positions whose scores of the whole vocabulary are held at a time.
_SCORED_AT_ONCE = 512
_N_ALTERNATIVES = 8
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
        self._chooser = _Chooser(model, skeleton)

    def decode(
        self, prompts: list[list[int]], drafters: list[Drafter] | None = None, draft_tokens: int = 0
    ) -> list[Answer]:
        """Answers to `prompts` (token ids of each), all decoded together.

        `draft_tokens` is about the most tokens drafted for a row in a pass; 0 drafts nothing.
        """
        import torch

        from masterkey.predicting.decoding.row_cache import RowCache

        chosen = drafters if drafters and draft_tokens else [None] * len(prompts)
        rows = [_Row(self.skeleton, *pair) for pair in zip(prompts, chosen, strict=True)]
        n_layers = self.model.config.get_text_config().num_hidden_layers
        active = rows
        with torch.inference_mode():
            cache = RowCache(n_layers, len(rows), self.model.device)
            shared = shared_beginning(prompts)
            if shared:
                cache = self._chooser.cache_of(shared, len(rows), n_layers)
            for row in rows:
                row.n_cached, row.answer.n_passes = len(shared), int(bool(shared))
            while active:
                blocks = [row.block(draft_tokens) for row in active]
                for row, block, choices in zip(
                    active, blocks, self._chooser.choose(cache, blocks), strict=True
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


@dataclass(frozen=True)
class _Block:
    """Ids to feed, and (column, slot, state) of each token to choose behind a column."""

    ids: list[int]
    questions: list[tuple[int, int, int]]


@dataclass(frozen=True)
class _Choice:
    token: int
    logprob: float
    probabilities: dict[int, float] | None  # of the allowed tokens, where they are few


@dataclass(frozen=True)
class _EndedValue:
    slot: int
    ids: list[int]
    reached_limit: bool


class _Place:
    """Where in the skeleton an answer stands; moved on by one chosen token at a time."""

    def __init__(self, skeleton: Skeleton):
        self.skeleton = skeleton
        self.slot, self.state = -1, 0
        self.value_ids: list[int] = []
        self.n_tokens = 0
        self.finished = False

    def copy(self) -> "_Place":
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

    def advance(self, token: int) -> tuple[list[int], _EndedValue | None]:
        """(ids that follow `token` without a choice, the value if it ended)."""
        slot = self.skeleton.slots[self.slot]
        self.value_ids.append(token)
        self.n_tokens += 1
        self.state = slot.rule.step(self.state, token)
        if self.state == END:
            ended = _EndedValue(self.slot, self.value_ids, reached_limit=False)
            return self.open_next(), ended
        allowed = slot.rule.allowed(self.state)
        if len(allowed) == 1:  # before the limit: it may be the second half of the line's end
            following, ended = self.advance(allowed[0])
            return [allowed[0], *following], ended
        if len(self.value_ids) >= self.limit:
            ended = _EndedValue(self.slot, self.value_ids + slot.end, reached_limit=True)
            self.n_tokens += len(slot.end)
            return slot.end + self.open_next(), ended
        return [], None


class _Row:
    """One prompt: what is decided, how much of that the cache holds, and the answer so far."""

    def __init__(self, skeleton: Skeleton, prompt: list[int], drafter: Drafter | None):
        self.answer = Answer()
        self.place = _Place(skeleton)
        self.n_cached = 0
        self._drafter = drafter
        self._decided = prompt + self.place.open_next()
        self._choices: list[tuple[int, _Choice]] = []  # (state, choice) of the present value

    def block(self, draft_tokens: int) -> _Block:
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
        return _Block(ids[:end], [question for question in questions if question[0] < end])

    def take(self, block: _Block, choices: list[_Choice]) -> None:
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

    def _agreement(self, block: _Block, agreed: int) -> int:
        """How many ids of the block, `agreed` at least, are those decided."""
        decided = self._decided
        end = min(len(block.ids), len(decided) - self.n_cached)
        while agreed < end and block.ids[agreed] == decided[self.n_cached + agreed]:
            agreed += 1
        return agreed

    def _decide(self, choice: _Choice) -> None:
        self._choices.append((self.place.state, choice))
        following, ended = self.place.advance(choice.token)
        self._decided += [choice.token, *following]
        if ended:
            self._end_value(ended)

    def _end_value(self, ended: _EndedValue) -> None:
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


def _alternatives(rule: OneOf, choices: list[tuple[int, _Choice]]) -> dict[str, float]:
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


class _Chooser:
    """Feeds blocks to the model and picks the most probable allowed token at each question."""

    def __init__(self, model, skeleton: Skeleton):
        import torch

        from masterkey.predicting.decoding.row_cache import check_model

        check_model(model)
        self.model = model
        self._positions = getattr(model.config, "max_position_embeddings", None) or 1 << 30
        self._head = model.get_output_embeddings() if _has_plain_head(model) else None
        self._mask_of: dict[tuple[int, int], int] = {}
        self._allowed: list[list[int]] = []
        rules: dict[tuple[int, int], int] = {}
        for number, slot in enumerate(skeleton.slots):
            for state in slot.rule.states():
                key = (id(slot.rule), state)
                if key not in rules:
                    rules[key] = len(self._allowed)
                    self._allowed.append(slot.rule.allowed(state))
                self._mask_of[number, state] = rules[key]
        size = model.get_output_embeddings().weight.shape[0]
        self._forbidden = torch.ones(len(self._allowed), size, dtype=torch.bool)
        for number, allowed in enumerate(self._allowed):
            self._forbidden[number, allowed] = False
        self._forbidden = self._forbidden.to(model.device)

    def choose(self, cache, blocks: list[_Block]) -> list[list[_Choice]]:
        """The choices at each block's questions, after one forward pass over all blocks."""
        rows = [row for row, block in enumerate(blocks) for _ in block.questions]
        questions = [question for block in blocks for question in block.questions]
        states = self._feed(cache, [block.ids for block in blocks])
        states = states[rows, [column for column, _, _ in questions]]
        masks = [self._mask_of[slot, state] for _, slot, state in questions]
        choices = iter(
            [
                choice
                for start in range(0, len(masks), _SCORED_AT_ONCE)
                for choice in self._pick(
                    states[start : start + _SCORED_AT_ONCE], masks[start : start + _SCORED_AT_ONCE]
                )
            ]
        )
        return [[next(choices) for _ in block.questions] for block in blocks]

    def cache_of(self, ids: list[int], n_rows: int, n_layers: int):
        """A cache of `n_rows` equal rows that hold `ids`, computed once."""
        from masterkey.predicting.decoding.row_cache import RowCache

        cache = RowCache(n_layers, 1, self.model.device)
        self._feed(cache, [ids])
        cache.set_lengths([len(ids)])
        cache.keep([0] * n_rows)
        return cache

    def _feed(self, cache, blocks: list[list[int]]):
        """The last hidden states (B, n, H), or the scores (B, n, V) of a model with another head."""
        import torch

        n = max(map(len, blocks))
        ids = torch.tensor([block + [0] * (n - len(block)) for block in blocks])
        config = self.model.config.get_text_config()
        mask, positions = cache.block_inputs(n, config, self.model.dtype)
        inputs = {
            "input_ids": ids.to(self.model.device),
            "attention_mask": mask,
            "position_ids": positions.clamp(max=self._positions - 1),  # of padding, that is
            "past_key_values": cache,
            "use_cache": True,
        }
        if self._head is None:
            return self.model(**inputs).logits
        return self.model.base_model(**inputs).last_hidden_state

    def _pick(self, states, masks: list[int]) -> list[_Choice]:
        import torch

        scores = (states if self._head is None else self._head(states)).float()
        chosen_masks = torch.tensor(masks, device=scores.device)
        scores = scores.masked_fill(self._forbidden[chosen_masks], -math.inf).log_softmax(-1)
        logprobs, tokens = scores.max(-1)
        if not logprobs.isfinite().all():
            raise UserError(
                "the model's scores are no numbers (NaN): its weights are damaged, or overflow in "
                f"{str(self.model.dtype).removeprefix('torch.')}; try --dtype float32."
            )
        choices = []
        for row, (mask, token, logprob) in enumerate(
            zip(masks, tokens.tolist(), logprobs.tolist(), strict=True)
        ):
            allowed, few = self._allowed[mask], None
            if len(allowed) <= _N_ALTERNATIVES:
                few = dict(zip(allowed, scores[row, allowed].exp().tolist(), strict=True))
            choices.append(_Choice(token, logprob, few))
        return choices


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
