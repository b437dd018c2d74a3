"""Which layers of a decoder see a sliding window alone, by the model's configuration."""


def layer_windows(config) -> tuple[int | None, ...]:
    """How many tokens each layer sees, its own included; None where it sees all before it.

    `config`: of a model in transformers. One that has a window and names no types of layers (Mistral) has it
    in all of them.
    """
    text = config.get_text_config()
    window = getattr(text, "sliding_window", None)
    kinds = getattr(text, "layer_types", None) or ["sliding_attention"] * text.num_hidden_layers
    return tuple(window if kind == "sliding_attention" else None for kind in kinds)
