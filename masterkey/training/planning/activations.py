"""Memory of a decoder's activations, found by running two of its layers on tensors without data.

PyTorch's fake tensors know shapes and dtypes and hold nothing, so a layer of a 7B model "runs" in a
tenth of a second on a laptop. Every storage that an operation makes is counted while it lives; what
is left at the end of the forward pass is what the backward pass needs. Runs of one layer and of two
tell each layer's share from what is there once.

The fake tensors are CPU ones. There, as on a GPU, scaled_dot_product_attention runs a flash kernel
that keeps queries, keys, values, the output and one sum per row and head, never S × S scores.
"""

import copy
import weakref
from dataclasses import dataclass
from unittest import mock

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from masterkey.scripting.command_line import UserError
from masterkey.training.recomputing import is_kept

_UNMASKED = "masterkey_unmasked"


@dataclass(frozen=True)
class Activations:
    """Bytes of one micro-batch's activations, its gradients of activations included."""

    layer_saved: int  # kept by each layer for the backward pass
    rest_saved: int  # kept once: embeddings' output, rotary tables, masks
    working: int  # on top of what is kept, at most, while the backward pass is in one layer
    layer_input: int  # the hidden states between two layers
    layer_products: int  # what a layer keeps on a CPU although it is recomputed
    # Whether layers are those of `masterkey.training.lean_layers`, recomputed or not.
    is_lean: bool = False

    def kept(self, n_layers: int, checkpoint_every: int) -> int:
        """Bytes at the end of the forward pass; 0 keeps all, n recomputes each n-th layer's."""
        recomputed = -(-n_layers // checkpoint_every) if checkpoint_every else 0
        of_recomputed = self.layer_input + self.layer_products
        kept = (n_layers - recomputed) * self.layer_saved + recomputed * of_recomputed
        return self.rest_saved + kept

    def in_backward(self, n_layers: int, checkpoint_every: int) -> int:
        """Bytes while the backward pass is in the last layer, which may be run again."""
        again = self.layer_saved - self.layer_products if checkpoint_every else 0
        return self.kept(n_layers, checkpoint_every) + again + self.working

    def of_a_layer(self, checkpoint_every: int) -> int:
        """Bytes that are gone once the backward pass has left the last layer."""
        return self.layer_input + self.layer_products if checkpoint_every else self.layer_saved


def trace_activations(
    config,
    rows: int,
    row_length: int,
    dtype: str,
    autocast: bool,
    adapters: dict | None = None,
    on_cpu: bool = False,
) -> Activations:
    """Activations of rows (rows, row_length) in the model of a Hugging Face `config`.

    `dtype` is that of the weights, as the layer sees them; `autocast` adds bf16 autocast. `adapters`:
    keyword arguments of peft's LoraConfig; the other weights are frozen. `on_cpu`: as train.py computes layers
    there, leanly (`masterkey.training.lean_layers`), or keeping the products of recomputed ones
    (`masterkey.training.recomputing.keep_products`).
    """
    one, two = (
        _run(_with_layers(config, n), rows, row_length, dtype, autocast, adapters, on_cpu)
        for n in (1, 2)
    )
    width = config.get_text_config().hidden_size
    layer_saved = two.saved - one.saved
    return Activations(
        layer_saved=layer_saved,
        rest_saved=max(0, one.saved - layer_saved),
        working=max(0, two.peak - two.saved),
        layer_input=rows * row_length * width * (4 if dtype == "float32" else 2),
        layer_products=two.products - one.products if on_cpu else 0,
        is_lean=two.is_lean,
    )


def _with_layers(config, n_layers: int):
    config = copy.deepcopy(config)
    text = config.get_text_config()
    text.num_hidden_layers = n_layers
    if vars(text).get("layer_types"):  # Mamba's follows from the number
        text.layer_types = text.layer_types[:n_layers]
    return config


class LiveBytes(TorchDispatchMode):
    """Context: counts the bytes of all storages that operations make inside, while they live."""

    def __init__(self):
        super().__init__()
        self.saved = self.bytes = self.peak = self.gradients = self.products = 0
        self._forward = True
        self.is_lean = False
        self._known: set[int] = set()

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        made = function(*arguments, **(keywords or {}))
        kept = self._forward and is_kept(function, arguments)
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
                self.products += kept * tensor.untyped_storage().nbytes()
        self.peak = max(self.peak, self.bytes - self.gradients)
        return made

    def know(self, tensors) -> None:
        """Leave the storages of these tensors out."""
        self._known.update(tensor.untyped_storage()._cdata for tensor in tensors)

    def _count(self, storage) -> None:
        if storage._cdata in self._known:
            return
        key, n_bytes = storage._cdata, storage.nbytes()
        self._known.add(key)
        self.bytes += n_bytes
        weakref.finalize(storage, self._forget, key, n_bytes)

    def _forget(self, key: int, n_bytes: int) -> None:
        self._known.discard(key)
        self.bytes -= n_bytes

    def end_of_forward(self) -> None:
        self.saved = self.peak = self.bytes
        self._forward = False

    def has_gradient(self, weight) -> None:
        """A hook for weights: their gradients are a part of their own, not activations."""
        self.gradients += weight.grad.untyped_storage().nbytes()


def _run(config, rows, row_length, dtype, autocast, adapters, on_cpu) -> LiveBytes:
    """The bytes of one forward and backward pass of the decoder, without the LM head."""
    with FakeTensorMode(allow_non_fake_inputs=True), _experts_of_any_type():
        model = fake_model(config, dtype, adapters)
        decoder = model.get_decoder()
        ids = torch.zeros(rows, row_length, dtype=torch.long)
        live = LiveBytes()
        if on_cpu and adapters is not None and not autocast:
            live.is_lean = _made_lean(model)
        live.know([*model.parameters(), *model.buffers(), ids])
        for weight in model.parameters():
            if weight.requires_grad:
                weight.register_post_accumulate_grad_hook(live.has_gradient)
        with live:
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
                hidden = decoder(input_ids=ids, use_cache=False).last_hidden_state
            live.end_of_forward()
            hidden.backward(torch.zeros_like(hidden))
    return live


def _made_lean(model) -> bool:
    """Whether train.py would compute the layers of `model` leanly on a CPU, as they are from now on."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    from masterkey.training.lean_layers.installing import use_lean_layers

    if not use_lean_layers(model):
        return False
    # The run's own attention makes no masks, either (masterkey.training.batches.attention).
    AttentionInterface.register(_UNMASKED, sdpa_attention_forward)
    AttentionMaskInterface.register(_UNMASKED, lambda *sizes, **others: None)
    model.set_attn_implementation(_UNMASKED)
    return True


def _experts_of_any_type():
    """torch's product of stacked experts has no fake one but in bfloat16; transformers' own has."""
    from transformers.integrations import moe

    return mock.patch.object(moe, "_can_use_grouped_mm", return_value=False)


def meta_model(config, dtype: str, adapters: dict | None = None):
    """The model without data on the "meta" device, ready to train, so that weights can be counted."""
    from transformers import AutoModelForCausalLM

    from masterkey.weights.contents import model_class
    from masterkey.weights.loader_settings import quiet_transformers, whole_models

    # Of Gemma 2, BLOOM, GPT-J and others transformers has the plain attention alone.
    attention = "sdpa" if model_class(config)._supports_sdpa else "eager"
    with torch.device("meta"), quiet_transformers(), whole_models():
        model = AutoModelForCausalLM.from_config(
            copy.deepcopy(config), dtype=getattr(torch, dtype), attn_implementation=attention
        )
        if adapters is not None:
            from peft import LoraConfig, get_peft_model

            try:
                model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **adapters))
            except ValueError as error:  # no layer has such a name, or of such a kind
                raise UserError(f"--lora_target_modules: {error}") from None
    return model.train()


def fake_model(config, dtype: str, adapters: dict | None = None):
    """The same with weights that say they are on the CPU; to be called inside a FakeTensorMode."""
    model = meta_model(config, dtype, adapters)
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is not None:
                fake = torch.empty(weight.shape, dtype=weight.dtype)
                module._parameters[name] = torch.nn.Parameter(fake, weight.requires_grad)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype)
        if hasattr(module, "layerdrop"):
            # OPT draws a number whether to skip a layer, and fake tensors have no numbers.
            module.training = False
    model.tie_weights()
    return model
