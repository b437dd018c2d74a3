"""How many tokens a model takes, by its configuration."""

from masterkey.scripting.command_line import UserError


def context_length(model, tokenizer) -> int:
    """The most tokens the model takes: the smaller of its own and the tokenizer's limit."""
    limits = (_positions(model.config), tokenizer.model_max_length)
    return min(limit for limit in limits if limit)


def _positions(config) -> int | None:
    """The most tokens by a model's configuration; None where it names no limit (BLOOM)."""
    text = config.get_text_config()
    names = ("max_position_embeddings", "max_seq_len")  # the latter of MPT
    return next((getattr(text, name) for name in names if getattr(text, name, None)), None)


def refuse_short_context(config, max_length: int) -> None:
    """Raise `UserError` where a model of this configuration takes fewer than `max_length` tokens."""
    context = _positions(config)
    if context and max_length > context:
        raise UserError(
            f"--model_max_length {max_length}: the model takes at most {context} tokens; "
            f"give --model_max_length {context} or less."
        )
