"""Whether packed rows see each other: measured on a small model before a run, not believed.

transformers honours the boundaries of packed rows under conditions that differ between
architectures and versions (OPT, for one, does not tell its mask about positions), and breaks them
silently. So the attention that a run will use is tried on its device.
"""

import copy
from dataclasses import dataclass

# What libraries raise where an implementation does not serve a configuration.
REFUSED_ERRORS = (RuntimeError, ValueError, TypeError, AttributeError, KeyError, ImportError)

_LENGTHS = (5, 9, 7)  # of the rows tried; each longer than _WINDOW
_WINDOW = 4
_VOCABULARY = 64


@dataclass(frozen=True)
class Contamination:
    """Largest difference of packed from separate rows, relative to the largest value.

    `logits` and `gradients` (of the embeddings) are of rows packed, `unseparated` of the logits
    where the same rows are fed as one: what the difference would be if boundaries were ignored.
    """

    logits: float
    gradients: float
    unseparated: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Right, and the check would have noticed if it were wrong."""
        error = max(self.logits, self.gradients)
        return error <= self.tolerance and self.unseparated > 5 * self.tolerance

    def __str__(self) -> str:
        return (
            f"packed rows differ from rows alone by {self.logits:.0e}, in gradients by "
            f"{self.gradients:.0e}; without boundaries {self.unseparated:.0e}"
        )


def contamination(config, implementation: str, device_type: str, dtype) -> Contamination:
    """Packed rows against rows alone, on random weights in the shape of `config`'s layers.

    One layer of each type, the widths and heads of the model itself, a small vocabulary, sliding
    windows of 4 tokens. Rows alone are computed by eager attention in float32. The random state is
    left as it was.
    """
    import torch

    devices = [torch.cuda.current_device()] if device_type == "cuda" else []
    with torch.random.fork_rng(devices, device_type="cuda"):
        torch.manual_seed(0)
        model = _small_model(config, device_type)
        rows = [torch.randint(3, _VOCABULARY, (n,)).tolist() for n in _LENGTHS]
        alone = [_logits_and_gradients(model, [row], device_type) for row in rows]
        expected_logits = torch.cat([logits for logits, _ in alone])
        expected_gradients = sum(gradients for _, gradients in alone)
        joined = [[token for row in rows for token in row]]
        unseparated, _ = _logits_and_gradients(model, joined, device_type)
        model.to(dtype).set_attn_implementation(implementation)
        if model.config._attn_implementation != implementation:
            raise ValueError(f"the architecture does not support {implementation}")
        logits, gradients = _logits_and_gradients(model, rows, device_type)
    half = dtype in (torch.bfloat16, torch.float16)
    return Contamination(
        logits=_relative_difference(logits, expected_logits),
        gradients=_relative_difference(gradients, expected_gradients),
        unseparated=_relative_difference(unseparated, expected_logits),
        tolerance=3e-2 if half else 1e-4,
    )


def _small_model(config, device_type: str):
    """A randomly initialised float32 model, built past `from_config`, which ZeRO-3 would shard."""
    import torch
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING

    with torch.device(device_type):
        model = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)](_small_config(config)).float().eval()
    model.requires_grad_(False)
    model.get_input_embeddings().requires_grad_(True)
    return model


def _small_config(config):
    small = copy.deepcopy(config)
    layer_types = sorted(set(getattr(config, "layer_types", None) or [])) or None
    small.num_hidden_layers = len(layer_types or [None])
    if layer_types:
        small.layer_types = layer_types
    small.vocab_size = _VOCABULARY
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        if getattr(small, name, None) is not None:
            setattr(small, name, 0)
    for name in ("intermediate_size", "ffn_dim", "n_inner"):
        if getattr(small, name, None):
            setattr(small, name, 64)
    if getattr(small, "sliding_window", None):
        small.sliding_window = _WINDOW
    if hasattr(small, "quantization_config"):
        del small.quantization_config
    small._attn_implementation = "eager"
    return small


def _logits_and_gradients(model, rows: list[list[int]], device_type: str):
    """Logits (tokens, vocabulary) of rows packed, and the gradient of the embeddings, in float32.

    What is differentiated is a fixed weighing of the logits by row and position, so that it is
    the sum of the same for each row alone.
    """
    import torch

    from masterkey.training.batches.packing import pack_rows

    batch = pack_rows([{"input_ids": row, "labels": row} for row in rows])
    batch.pop("labels")
    inputs = {
        name: part.to(device_type) if isinstance(part, torch.Tensor) else part
        for name, part in batch.items()
    }
    model.zero_grad()
    logits = model(**inputs, use_cache=False).logits[0].float()
    positions = inputs["position_ids"][0, :, None] + 1
    weights = torch.cos(positions * torch.arange(1, _VOCABULARY + 1, device=logits.device))
    (logits * weights).sum().backward()
    gradients = model.get_input_embeddings().weight.grad.float()
    return logits.detach(), gradients


def _relative_difference(got, expected) -> float:
    return float((got - expected).abs().max() / expected.abs().max())
