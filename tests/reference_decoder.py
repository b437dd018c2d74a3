"""The plain decoder that masterkey/predicting/decoding/decoder.py must equal: one prompt, one token at a time, no cache."""

from dataclasses import dataclass

from masterkey.predicting.decoding.token_rules import END


@dataclass(frozen=True)
class ReferenceValue:
    """`margin` is the least distance of a chosen token's log-probability from the second best's."""

    text: str
    logprob: float
    ids: list[int]
    reached_limit: bool
    margin: float


def decode_plainly(model, skeleton, prompt: list[int]) -> dict[str, ReferenceValue]:
    """The values of `prompt` by the rules in the docstring of masterkey/predicting/decoding/decoder.py."""
    ids, n_prompt, values = list(prompt), len(prompt), {}
    for place, slot in enumerate(skeleton.slots):
        ids += slot.before
        limit = skeleton.value_limit(place, len(ids) - n_prompt)
        state, value, logprob, margin = slot.rule.start, [], 0.0, float("inf")
        while state != END:
            allowed = slot.rule.allowed(state)
            if len(value) >= limit and len(allowed) > 1:
                break
            token, chosen, lead = _most_probable(model, ids + value, allowed)
            value, logprob, margin = [*value, token], logprob + chosen, min(margin, lead)
            state = slot.rule.step(state, token)
        value += [] if state == END else slot.end
        ids += value
        text = skeleton.value_text(place, value)
        values[slot.name] = ReferenceValue(text, logprob, value, state != END, margin)
    return values


def _most_probable(model, ids: list[int], allowed: list[int]) -> tuple[int, float, float]:
    """(token, its log-probability among the allowed ones, its lead over the next)"""
    import torch

    with torch.inference_mode():
        scores = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
    logprobs = scores.float()[allowed].log_softmax(-1)
    best = int(logprobs.argmax())
    first, *others = logprobs.topk(min(2, len(allowed))).values.tolist()
    return allowed[best], first, first - others[0] if others else float("inf")
