"""What a model says of the next tokens under the rules of a skeleton, after one pass over blocks of rows."""

import math
from dataclasses import dataclass

from masterkey.predicting.decoding.skeleton import Skeleton
from masterkey.scripting.command_line import UserError

# Positions whose scores of the whole vocabulary are held at a time.
_SCORED_AT_ONCE = 512
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

    def choose(self, cache, blocks: list[Block]) -> list[list[Choice]]:
        """The choices at each block's questions, after one forward pass over all blocks."""
        choices = iter(
            [
                choice
                for scores, masks in self._scored(cache, blocks)
                for choice in self._pick(scores, masks)
            ]
        )
        return [[next(choices) for _ in block.questions] for block in blocks]

    def probabilities(self, cache, blocks: list[Block]):
        """How probable each token is under the rules, float64 [n_questions, vocabulary], on the CPU."""
        import torch

        return torch.cat([scores.exp().double().cpu() for scores, _ in self._scored(cache, blocks)])

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

    def _scored(self, cache, blocks: list[Block]):
        """(log-probabilities under the rules [n, V], their masks [n]) of all questions, n at a time."""
        rows = [row for row, block in enumerate(blocks) for _ in block.questions]
        questions = [question for block in blocks for question in block.questions]
        states = self._feed(cache, [block.ids for block in blocks])
        states = states[rows, [column for column, _, _ in questions]]
        masks = [self._mask_of[slot, state] for _, slot, state in questions]
        for start in range(0, len(masks), _SCORED_AT_ONCE):
            own = slice(start, start + _SCORED_AT_ONCE)
            yield self._under_rules(states[own], masks[own]), masks[own]

    def _under_rules(self, states, masks: list[int]):
        import torch

        scores = (states if self._head is None else self._head(states)).float()
        chosen_masks = torch.tensor(masks, device=scores.device)
        scores = scores.masked_fill(self._forbidden[chosen_masks], -math.inf).log_softmax(-1)
        if not scores.max(-1).values.isfinite().all():
            raise UserError(_no_numbers(str(self.model.dtype).removeprefix("torch.")))
        return scores

    def _pick(self, scores, masks: list[int]) -> list[Choice]:
        logprobs, tokens = scores.max(-1)
        choices = []
        for row, (mask, token, logprob) in enumerate(
            zip(masks, tokens.tolist(), logprobs.tolist(), strict=True)
        ):
            allowed, few = self._allowed[mask], None
            if len(allowed) <= _N_ALTERNATIVES:
                few = dict(zip(allowed, scores[row, allowed].exp().tolist(), strict=True))
            choices.append(Choice(token, logprob, few))
        return choices


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
