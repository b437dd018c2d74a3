"""Free generation: the model writes the whole answer, names included, as the published scripts did."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """The published test scripts' sampling settings; None of this acts under greedy decoding."""

    temperature: float = 0.8
    top_p: float = 0.75
    top_k: int = 40


@dataclass(frozen=True)
class Generation:
    """One answer; `stop_reason` is "eos", or "length" where the token limit ended it."""

    text: str
    n_tokens: int
    stop_reason: str


def generate_answers(
    model,
    tokenizer,
    prompts: list[list[int]],
    max_new_tokens: int,
    sampling: Sampling | None,
    seed: int,
) -> list[Generation]:
    """Answers to `prompts` (token ids of each), all decoded together: greedy, or sampled with `seed`."""
    import torch

    input_ids, attention_mask = _left_padded(prompts, tokenizer, model.device)
    if sampling is not None:  # else nothing is drawn, and training's random numbers go on
        torch.manual_seed(seed)
    with torch.inference_mode():
        output = model.generate(
            input_ids=input_ids,
            attention_mask=attention_mask,
            generation_config=_generation_config(tokenizer, max_new_tokens, sampling),
            synced_gpus=True if _is_sharded(model) else None,
        )
    answers = output[:, input_ids.shape[1] :].tolist()
    return [_generation(answer, tokenizer) for answer in answers]


def _is_sharded(model) -> bool:
    """Whether accelerate shards it by FSDP2, which transformers does not notice.

    The processes then gather each layer together, so all go on until the last one has ended.
    """
    import torch

    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return False
    from torch.distributed.fsdp import FSDPModule

    return isinstance(model, FSDPModule)


def _left_padded(prompts: list[list[int]], tokenizer, device):
    """input_ids and attention_mask, both (B, S), padded on the left so that answers start together."""
    import torch

    longest = max(map(len, prompts))
    input_ids = torch.full((len(prompts), longest), tokenizer.eos_token_id, device=device)
    attention_mask = torch.zeros((len(prompts), longest), dtype=torch.long, device=device)
    for i, ids in enumerate(prompts):
        input_ids[i, longest - len(ids) :] = torch.tensor(ids, device=device)
        attention_mask[i, longest - len(ids) :] = 1
    return input_ids, attention_mask


def _generation_config(tokenizer, max_new_tokens: int, sampling: Sampling | None):
    """A configuration of its own: a checkpoint's saved one must not change a published setting."""
    from transformers import GenerationConfig

    chosen = {} if sampling is None else vars(sampling)
    return GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=sampling is not None,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
        **chosen,
    )


def _generation(ids: list[int], tokenizer) -> Generation:
    stopped = tokenizer.eos_token_id in ids
    if stopped:
        ids = ids[: ids.index(tokenizer.eos_token_id) + 1]
    text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Generation(text, len(ids), "eos" if stopped else "length")
