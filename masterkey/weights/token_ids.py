"""Tokens of a tokenizer that its model has no embedding for.

A `[PAD]` that was added to LLaMA's tokenizer has the id 32,000 where the embeddings end at 31,999: an
IndexError on a CPU, a device assert on a GPU, and a configuration that loads no more. Padding takes no
part in anything, so another token may do it; ids that a text really needs are refused.
"""

from collections.abc import Iterable

from masterkey.scripting.command_line import UserError
from masterkey.weights.notices import say_once


def n_embeddings(model) -> int:
    """How many token ids the model knows."""
    return model.config.get_text_config().vocab_size


def fit_special_tokens(tokenizer, model, source: str) -> None:
    """Let EOS pad where the model has no embedding for `tokenizer`'s padding token.

    `source` names the tokenizer. Raises `UserError` where EOS or BOS themselves have none.
    """
    size = n_embeddings(model)
    for name in ("eos_token", "bos_token"):
        id = getattr(tokenizer, f"{name}_id")
        if id is not None and id >= size:
            raise UserError(
                f"{source}: its {name} {getattr(tokenizer, name)!r} has the id {id:,}, but the model has "
                f"embeddings for {size:,} tokens only (0 to {size - 1:,}); {_CURE}"
            )
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id >= size:
        say_once(
            f"{source}: the model has no embedding for {tokenizer.pad_token!r} "
            f"(id {tokenizer.pad_token_id:,} of {size:,}); {tokenizer.eos_token!r} pads instead."
        )
        tokenizer.pad_token = tokenizer.eos_token


_CURE = (
    "name the tokenizer that the model was trained with, or resize the model's embeddings "
    "(resize_token_embeddings) and save it."
)


def refuse_unknown_ids(ids: Iterable[int], tokenizer, model, where: str) -> None:
    """Raise `UserError` where any of `ids`, those of the text `where` names, has no embedding."""
    size = n_embeddings(model)
    unknown = sorted({int(id) for id in ids if id >= size})
    if unknown:
        raise UserError(
            f"{where}: holds {tokenizer.convert_ids_to_tokens(unknown[0])!r}, which the tokenizer gives "
            f"the id {unknown[0]:,}, but the model has embeddings for {size:,} tokens only; {_CURE}"
        )
