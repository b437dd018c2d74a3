"""What a Gemma 2 or 3 needs in a GGUF file beside what all models do, and which of them a file cannot say.

llama.cpp builds much of these models from their architecture's name alone: the layers with a window (every
second one of Gemma 2; five of six of Gemma 3), the base of their positions in those (10,000), the scale of the scores of
attention (by the size of a head). transformers, which reads the file back, takes its own defaults there. So a
model of other values is refused. Norms are stored as 1 + weight: transformers adds the 1 as it computes.
"""

from pathlib import Path

from masterkey.scripting.command_line import UserError

# Architecture in config.json: llama.cpp's name.
GEMMAS = {"Gemma2ForCausalLM": "gemma2", "Gemma3ForCausalLM": "gemma3"}
_PERIOD = {"gemma2": 2, "gemma3": 6}  # the last layer of each is one without a window
_CAPS = {"gemma2": (50.0, 30.0), "gemma3": (None, None)}  # of attention's scores, of the logits
_LOCAL_THETA = 10000.0


def is_gemma(arch: str) -> bool:
    """Whether llama.cpp's name of an architecture is of one of these."""
    return arch in GEMMAS.values()


def refuse_other_gemma(path: Path, config: dict, arch: str, other_way: str) -> None:
    """Raise `UserError` where the model of this config.json is not the one that its name alone stands for."""
    expected = {
        "layer_types": layer_types(arch, config["num_hidden_layers"]),
        "query_pre_attn_scalar": config["head_dim"],
        "hidden_activation": "gelu_pytorch_tanh",
        "use_bidirectional_attention": False,
        "attention_bias": False,
        **dict(
            zip(("attn_logit_softcapping", "final_logit_softcapping"), _CAPS[arch], strict=True)
        ),
    }
    given = config | {
        "use_bidirectional_attention": bool(config.get("use_bidirectional_attention"))
    }
    others = [name for name, value in expected.items() if given.get(name, value) != value]
    kinds = ropes(config)
    if any(rope.get("rope_type", "default") != "default" for rope in kinds):
        others.append("rope_type")
    if arch == "gemma3" and kinds[0].get("rope_theta", _LOCAL_THETA) != _LOCAL_THETA:
        others.append("rope_theta of layers with a window")
    if others:
        raise UserError(
            f"{path}: has values of {', '.join(others)} that no GGUF file of a {arch} can say; {other_way}."
        )


def layer_types(arch: str, n_layers: int) -> list[str]:
    """What llama.cpp takes each layer for."""
    period = _PERIOD[arch]
    return [
        "sliding_attention" if (number + 1) % period else "full_attention"
        for number in range(n_layers)
    ]


def ropes(config: dict) -> tuple[dict, dict]:
    """(the positions of layers with a window, those of the others); the same of Gemma 2."""
    rope = config.get("rope_parameters") or {}
    if "full_attention" in rope:
        return rope.get("sliding_attention") or {}, rope["full_attention"]
    return rope, rope


def add_gemma_config(writer, config: dict, arch: str) -> None:
    """Write the window, and the caps of Gemma 2."""
    writer.add_sliding_window(config["sliding_window"])
    attention, logits = _CAPS[arch]
    if attention:
        writer.add_attn_logit_softcapping(attention)
        writer.add_final_logit_softcapping(logits)
