"""Which models' layers are computed by `masterkey.training.lean_layers`, and having them computed so."""

import contextlib
import functools
import types

import torch

from masterkey.training.lean_layers.buffers import Buffers
from masterkey.training.lean_layers.elementwise import ACTIVATIONS
from masterkey.training.lean_layers.layer import LeanLayer, Norm
from masterkey.training.lean_layers.products import Adapted, SharedInput

# Families whose layers tests/training/test_lean_layers.py compares with transformers' own, and whether their norms
# multiply with one plus the weight.
_FAMILIES = {"llama": 0, "mistral": 0, "qwen3": 0, "gemma3_text": 1}


def use_lean_layers(model) -> Buffers | None:
    """Have the decoder layers of a `PeftModel` on a CPU computed leanly in training.

    Returns the memory that they share; None where its layers are others, and stay. Call it when adapters are in and before the model is wrapped. Evaluation, generation, packed and masked rows
    go through the layers as they were.
    """
    base = model.get_base_model()
    config = base.config
    layers = list(base.get_decoder().layers) if config.model_type in _FAMILIES else []
    if not layers or not all(_is_known(layer, config) for layer in layers):
        return None
    buffers = Buffers()
    for layer in layers:
        lean = functools.cache(functools.partial(_lean_layer, layer, config, buffers))
        layer.forward = types.MethodType(functools.partial(_forward, lean), layer)
    base.lean_buffers = buffers
    return buffers


@contextlib.contextmanager
def outputs_needed_from(model, start: int):
    """Context: nobody looks at what `model`, if its layers are lean, gives for tokens before `start`."""
    buffers = getattr(model, "lean_buffers", None)
    if buffers is None:
        yield
        return
    buffers.needed_from = start
    try:
        yield
    finally:
        buffers.needed_from = 0


def _forward(
    lean,
    layer,
    hidden_states,
    attention_mask=None,
    position_embeddings=None,
    past_key_values=None,
    **kwargs,
):
    """What the decoder calls; `lean` gives the layer's `LeanLayer`."""
    is_plain = attention_mask is None and past_key_values is None
    is_plain = is_plain and kwargs.get("cu_seq_lens_q") is None
    if layer.training and torch.is_grad_enabled() and is_plain and _is_float32(hidden_states):
        return lean()(hidden_states, *position_embeddings)
    return type(layer).forward(
        layer,
        hidden_states,
        attention_mask=attention_mask,
        position_embeddings=position_embeddings,
        past_key_values=past_key_values,
        **kwargs,
    )


def _is_float32(states) -> bool:
    plain = states.device.type == "cpu" and states.dtype == torch.float32
    return plain and not torch.is_autocast_enabled("cpu")


def _is_known(layer, config) -> bool:
    """Whether `LeanLayer` computes all that this layer does."""
    attention = layer.self_attn
    plain = not (
        getattr(config, "attention_dropout", 0)
        or getattr(config, "attn_logit_softcapping", None)
        or getattr(config, "use_bidirectional_attention", False)
    )
    linear = [*_projections(attention, "qkvo"), *_gate_up_down(layer.mlp)]
    others = [weight for weight in layer.parameters() if weight.requires_grad]
    adapters = [weight for part in linear if _is_plain_linear(part) for weight in _adapters(part)]
    return (
        plain
        and _activation(config) in ACTIVATIONS
        and all(map(_is_plain_linear, linear))
        and len(others) == len(adapters)
        and all(weight.dtype == torch.float32 for weight in layer.parameters())
    )


def _projections(attention, letters: str) -> list:
    return [getattr(attention, f"{letter}_proj") for letter in letters]


def _gate_up_down(mlp) -> list:
    return [mlp.gate_proj, mlp.up_proj, mlp.down_proj]


def _is_plain_linear(module) -> bool:
    """Whether it is a linear layer without bias, alone or with one LoRA adapter that drops nothing."""
    from peft.tuners.lora.layer import Linear

    if not isinstance(module, Linear):
        return type(module) is torch.nn.Linear and module.bias is None
    return (
        type(module.base_layer) is torch.nn.Linear
        and module.base_layer.bias is None
        and len(module.active_adapters) == 1
        and not (module.lora_variant or module.merged or module.fan_in_fan_out)
        and all(isinstance(drop, torch.nn.Identity) for drop in module.lora_dropout.values())
        and all(part.bias is None for part in module.lora_B.values())
    )


def _adapters(module) -> list:
    """[A, B] of a linear layer, or nothing."""
    if not hasattr(module, "lora_A"):
        return []
    [name] = module.active_adapters
    return [module.lora_A[name].weight, module.lora_B[name].weight]


def _adapted(module) -> Adapted:
    if not hasattr(module, "lora_A"):
        return Adapted(module.weight, None, None)
    [name] = module.active_adapters
    return Adapted(module.base_layer.weight, *_adapters(module), module.scaling[name])


def _activation(config) -> str:
    return getattr(config, "hidden_activation", None) or config.hidden_act


def _lean_layer(layer, config, buffers: Buffers) -> LeanLayer:
    attention = layer.self_attn
    *qkv, output = (_adapted(part) for part in _projections(attention, "qkvo"))
    *gate_up, down = (_adapted(part) for part in _gate_up_down(layer.mlp))
    norm = functools.partial(_norm, plus=_FAMILIES[config.model_type])
    # A family with norms behind attention and MLP has two more, and one name means another place.
    has_four = hasattr(layer, "pre_feedforward_layernorm")
    after_attention = layer.post_attention_layernorm
    return LeanLayer(
        buffers=buffers,
        qkv=SharedInput("qkv", qkv, buffers),
        output=SharedInput("output", [output], buffers),
        gate_up=SharedInput("gate and up", gate_up, buffers),
        down=SharedInput("down", [down], buffers),
        before_attention=norm(layer.input_layernorm),
        after_attention=norm(after_attention) if has_four else None,
        before_mlp=norm(layer.pre_feedforward_layernorm if has_four else after_attention),
        after_mlp=norm(layer.post_feedforward_layernorm) if has_four else None,
        of_queries=norm(getattr(attention, "q_norm", None)),
        of_keys=norm(getattr(attention, "k_norm", None)),
        n_heads=config.num_attention_heads,
        n_groups=config.num_key_value_heads,
        head_width=attention.head_dim,
        window=_window(attention, config),
        scale=attention.scaling,
        activation=_activation(config),
        is_last=attention.layer_idx == config.num_hidden_layers - 1,
    )


def _norm(module, plus: int) -> Norm | None:
    if module is None:
        return None
    eps = module.eps if hasattr(module, "eps") else module.variance_epsilon
    return Norm(module.weight.detach() + plus, eps)


def _window(attention, config) -> int | None:
    if config.model_type == "mistral":
        return config.sliding_window
    return getattr(attention, "sliding_window", None)
