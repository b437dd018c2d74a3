"""Which tensor of a fine-tuned model belongs to which tensor of the raw model.

A raw model whose vocabulary is smaller by added tokens such as `[PAD]` is paired all the same: the
seed's weight_diff.py extends its embeddings. A model whose output embedding is tied to the input
embedding may lack it in its files. Files of the bare base model lack a prefix (`layers.0…` for
`model.layers.0…`). Buffers that older versions of transformers saved may be on one side only.
"""

import re
from dataclasses import dataclass

from masterkey.scripting.command_line import UserError
from masterkey.weights.reading import TensorInfo, Weights, is_float, listed

INPUT_EMBEDDINGS = (
    "embed_tokens.weight",
    "wte.weight",
    "embed_in.weight",
    "word_embeddings.weight",
)
_OUTPUT_EMBEDDINGS = ("lm_head.weight", "embed_out.weight")
EMBEDDINGS = (*INPUT_EMBEDDINGS, *_OUTPUT_EMBEDDINGS, "lm_head.bias")
_INVERSE_FREQUENCIES = "rotary_emb.inv_freq"
BUFFERS = re.compile(
    r"(rotary_emb\.inv_freq|position_ids|h\.\d+\.attn\.(masked_bias|bias|causal_mask)"
    r"|attention\.(masked_)?bias)$"
)
BASE_PREFIX = re.compile(r"^(model|transformer|gpt_neox)\.")


@dataclass(frozen=True)
class Pair:
    """A tensor of the tuned model (or of a difference), and its counterpart in the raw model.

    `raw_name` is None for a buffer that only the tuned model has. `constant` holds the raw model's
    values where they follow from the configuration (inverse rotary frequencies).
    """

    name: str
    info: TensorInfo
    raw_name: str | None
    raw_info: TensorInfo | None
    constant: object = None

    @property
    def n_raw(self) -> int:
        """Elements that the raw model has; those of added rows are behind them."""
        return self.raw_info.n_elements if self.raw_info else 0

    @property
    def is_extended(self) -> bool:
        return self.raw_info is not None and self.raw_info.shape != self.info.shape


def pair_tensors(raw: Weights, other: Weights, config: dict, encoding: str) -> list[Pair]:
    """The raw model's counterpart of every tensor of `other` (tuned model or difference).

    `config` is `other`'s config.json. Raises `UserError` with the tensors that are on one side only
    or differ in shape.
    """
    untied = config.get("tie_word_embeddings") is False
    raw_names = _names_to_ask_for(raw, untied)
    pairs = [_pair(name, raw, other, raw_names, config, encoding) for name in other.tensors]
    used = {pair.raw_name for pair in pairs}
    problems = [
        (
            f"only {raw.path} has",
            [n for n in raw.tensors if n not in used and not _may_be_dropped(n, other, untied)],
        ),
        (f"only {other.path} has", [p.name for p in pairs if _lacks_counterpart(p, encoding)]),
        (
            "different shapes have",
            [
                f"{pair.name} ({_shape(pair.raw_info)} and {_shape(pair.info)})"
                for pair in pairs
                if pair.is_extended and not _may_grow(pair)
            ],
        ),
    ]
    texts = [f"{what} {listed(names)}" for what, names in problems if names]
    if texts:
        raise UserError(
            f"{raw.path} is not the raw model of {other.path}: {'; '.join(texts)}. "
            "Name the model that the fine-tuning began from."
        )
    return pairs


def _pair(name, raw: Weights, other: Weights, raw_names, config: dict, encoding: str) -> Pair:
    info = other.tensors[name]
    raw_name = raw_names.get(name) or raw_names.get(_short(name))
    constant = None
    if raw_name is None and encoding == "arithmetic" and name.endswith(_INVERSE_FREQUENCIES):
        constant = _inverse_frequencies(2 * info.n_elements, config)
    return Pair(name, info, raw_name, raw.tensors.get(raw_name), constant)


def _names_to_ask_for(raw: Weights, untied: bool) -> dict[str, str]:
    """Names under which a tensor of the raw model may be asked for → its name there."""
    names = {_short(name): name for name in raw.tensors} | {name: name for name in raw.tensors}
    inputs = [name for name in raw.tensors if name.endswith(INPUT_EMBEDDINGS)]
    has_output = any(name.endswith(_OUTPUT_EMBEDDINGS) for name in raw.tensors)
    if len(inputs) == 1 and not has_output and not untied:
        # A causal language model without an output embedding uses the input embedding there.
        names |= dict.fromkeys(_OUTPUT_EMBEDDINGS, inputs[0])
    return names


def _short(name: str) -> str:
    return BASE_PREFIX.sub("", name)


def _may_grow(pair: Pair) -> bool:
    """Whether the shapes are those of an embedding before and after tokens were added."""
    before, after = pair.raw_info.shape, pair.info.shape
    same_width = before[1:] == after[1:] and len(before) == len(after) > 0
    return pair.name.endswith(EMBEDDINGS) and same_width and after[0] > before[0] > 0


def _lacks_counterpart(pair: Pair, encoding: str) -> bool:
    """Whether the raw model should have this tensor and has not.

    Without a counterpart a buffer is stored as it is; an arithmetic difference, which others made,
    says so of none that holds floating-point numbers.
    """
    if pair.raw_info or pair.constant is not None:
        return False
    as_it_is = encoding == "integer_bits" or not is_float(pair.info.dtype)
    return not (BUFFERS.search(pair.name) and as_it_is)


def _may_be_dropped(name: str, other: Weights, untied: bool) -> bool:
    """Whether the tuned model may lack this tensor of the raw model: a buffer, a tied embedding."""
    if BUFFERS.search(name):
        return True
    other_has_output = any(key.endswith(_OUTPUT_EMBEDDINGS) for key in other.tensors)
    return name.endswith(_OUTPUT_EMBEDDINGS) and not other_has_output and not untied


def _inverse_frequencies(size: int, config: dict):
    """What LLaMA's rotary embedding of this head size had in its buffer, in fp32."""
    import torch

    theta = (config.get("rope_parameters") or config).get("rope_theta") or 10000.0
    return 1.0 / (theta ** (torch.arange(0, size, 2).float() / size))


def _shape(info: TensorInfo) -> str:
    return "×".join(map(str, info.shape)) or "scalar"
