"""A plain checkpoint as a GGUF file, which llama.cpp and what builds on it read.

Written by the package `gguf`, of llama.cpp's own project, which has its names of tensors and keys. Here
are the models that this project trains: LLaMA, Mistral, Qwen 2 and 3, Gemma 2 and 3. llama.cpp cuts a text into
words by rules that the file only names (`tokenizer.ggml.pre`), so a tokenizer must split as one of those
that it knows; `refuse_unwritable` says beforehand where it does not. Weights are not quantised:
`llama-quantize` does that better.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.weights.gguf_file import need_package
from masterkey.weights.gguf_gemma import (
    GEMMAS,
    add_gemma_config,
    is_gemma,
    refuse_other_gemma,
    ropes,
)
from masterkey.weights.model_files import CONFIG, read_config
from masterkey.weights.reading import torch_dtype

# Architecture in config.json: (llama.cpp's name, whether its rotary dimensions are paired otherwise).
ARCHITECTURES = {
    "LlamaForCausalLM": ("llama", True),
    "MistralForCausalLM": ("llama", True),
    "Qwen2ForCausalLM": ("qwen2", False),
    "Qwen3ForCausalLM": ("qwen3", False),
    **{architecture: (name, False) for architecture, name in GEMMAS.items()},
}
# As --dtype names them: (name in the package's LlamaFileType, its GGMLQuantizationType).
DTYPES = {
    "float32": ("ALL_F32", "F32"),
    "float16": ("MOSTLY_F16", "F16"),
    "bfloat16": ("MOSTLY_BF16", "BF16"),
}
_OTHER_WAY = "convert_hf_to_gguf.py of llama.cpp (docs/releasing.md) may know it"


@dataclass(frozen=True)
class GgufTokenizer:
    """A tokenizer as a GGUF file describes it.

    `model` is "gpt2" (bytes) or "llama" (SentencePiece); `pre` names the rules of splitting; `tokens`
    by id; `types` as in gguf.TokenType; `merges` ("gpt2") or `scores` ("llama", by which pairs are
    merged, the highest first).
    """

    model: str
    pre: str
    tokens: list[str]
    types: list[int]
    merges: list[str] | None
    scores: list[float] | None
    special: dict[str, int]  # "bos": id …
    add_bos: bool
    add_space_prefix: bool


def refuse_unwritable(folder: Path, tokenizer) -> None:
    """Raise `UserError` where the model in `folder` or its tokenizer has no form in GGUF known here."""
    need_package()
    config = read_config(folder)
    architecture = (config.get("architectures") or ["none"])[0]
    if architecture not in ARCHITECTURES:
        raise UserError(
            f"{folder}: is a {architecture}; --format gguf writes {', '.join(ARCHITECTURES)}. "
            f"{_OTHER_WAY}."
        )
    arch = ARCHITECTURES[architecture][0]
    if is_gemma(arch):
        refuse_other_gemma(folder / CONFIG, config, arch, _OTHER_WAY)
    else:
        _refuse_other_positions(folder, config)
    described_tokenizer(folder, tokenizer, 0)


def _refuse_other_positions(folder: Path, config: dict) -> None:
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind != "default":
        raise UserError(
            f"{folder / CONFIG}: stretches positions ({kind}), which --format gguf does not write; "
            f"{_OTHER_WAY}."
        )
    window = config.get("sliding_window")
    used = config.get("use_sliding_window", True)
    if window and used and window < config.get("max_position_embeddings", 0):
        raise UserError(
            f"{folder / CONFIG}: has a sliding window of {window} tokens, which --format gguf does not "
            f"write; {_OTHER_WAY}."
        )


def described_tokenizer(folder: Path, tokenizer, n_rows: int) -> GgufTokenizer:
    """The tokenizer of `folder` for a model with `n_rows` embeddings.

    Raises `UserError` where llama.cpp has no rules that split as it does.
    """
    spec = json.loads(tokenizer.backend_tokenizer.to_str())
    if spec["model"]["type"] != "BPE":
        raise _unknown_splitting(folder, f"is no BPE but {spec['model']['type']}")
    if spec["model"].get("byte_fallback"):
        return _of_sentence_pieces(tokenizer, spec, n_rows)
    pre = _splitting(spec["pre_tokenizer"])
    if pre is None:
        raise _unknown_splitting(folder, "splits texts by rules that llama.cpp does not know")
    merges = [
        " ".join(merge) if isinstance(merge, list) else merge for merge in spec["model"]["merges"]
    ]
    return GgufTokenizer(
        "gpt2", pre, *_tokens(tokenizer, n_rows), merges, None, *_specials(tokenizer), False
    )


def _unknown_splitting(folder: Path, what: str) -> UserError:
    return UserError(
        f"{folder}: its tokenizer {what}, so llama.cpp would read other tokens than the model was "
        "trained on. For a model of your own train the tokenizer with data/train_tokenizer.py "
        "--splitting qwen2, which llama.cpp knows, and then the model anew."
    )


def _splitting(pre_tokenizer: dict | None) -> str | None:
    """llama.cpp's name of the rules; None where it has none."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    parts = (pre_tokenizer or {}).get("pretokenizers") or [pre_tokenizer or {}]
    kinds = [part.get("type") for part in parts]
    if kinds == ["ByteLevel"] and parts[0]["use_regex"] and not parts[0]["add_prefix_space"]:
        return "gpt-2"
    if kinds != ["Split", "ByteLevel"] or parts[1]["use_regex"] or parts[0]["invert"]:
        return None
    pattern = parts[0]["pattern"].get("Regex")
    names = [name for name, split in GGUF_PRE_TOKENIZER_SPLITS.items() if split == pattern]
    return next((name for name in ("llama-bpe", *names) if name in names), None)


def _of_sentence_pieces(tokenizer, spec: dict, n_rows: int) -> GgufTokenizer:
    """LLaMA's kind: llama.cpp merges the pair whose joined token has the highest score."""
    tokens, types = _tokens(tokenizer, n_rows)
    rank: dict[str, int] = {}
    for number, merge in enumerate(spec["model"]["merges"]):
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        rank.setdefault(left + right, number)
    scores = [float(-rank.get(token, len(rank))) for token in tokens]
    text = json.dumps([spec["normalizer"], spec["pre_tokenizer"]])
    add_space = '"Prepend"' in text or '"prepend_scheme": "first"' in text or '"always"' in text
    return GgufTokenizer(
        "llama", "default", tokens, types, None, scores, *_specials(tokenizer), add_space
    )


def _tokens(tokenizer, n_rows: int) -> tuple[list[str], list[int]]:
    """(token, type of each id); rows of the embeddings without a token are "unused"."""
    from gguf import TokenType

    by_id = {number: token for token, number in tokenizer.get_vocab().items()}
    added = tokenizer.added_tokens_decoder
    tokens, types = [], []
    for number in range(max(n_rows, max(by_id) + 1)):
        token = by_id.get(number, f"[PAD{number}]")
        if number not in by_id:
            kind = TokenType.UNUSED
        elif number in added:
            kind = TokenType.CONTROL if added[number].special else TokenType.USER_DEFINED
        elif len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
            kind = TokenType.BYTE
        else:
            kind = TokenType.NORMAL
        if token == tokenizer.unk_token:
            kind = TokenType.UNKNOWN
        tokens.append(token)
        types.append(int(kind))
    return tokens, types


def _specials(tokenizer) -> tuple[dict[str, int], bool]:
    """(ids of the special tokens, whether a text begins with BOS)."""
    ids = {
        name: getattr(tokenizer, f"{name}_token_id", None) for name in ("bos", "eos", "unk", "pad")
    }
    starts = tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]
    return {name: number for name, number in ids.items() if number is not None}, starts


def write_gguf(source, folder: Path, tokenizer, path: Path, dtype: str, name: str) -> None:
    """Write the tensors of `source` (`Weights` or `MergedWeights`) with config and tokenizer to `path`.

    `folder` holds config.json; `dtype` is a key of `DTYPES`: vectors are in float32 all the same. One
    tensor at a time is in memory. Raises `UserError` for a tensor that has no name in GGUF.
    """
    import gguf

    config = read_config(folder)
    arch, paired = ARCHITECTURES[config["architectures"][0]]
    names = _tensor_names(source, arch, config["num_hidden_layers"])
    [embeddings] = [n for n, to in names.items() if to == "token_embd.weight"]
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType[DTYPES[dtype][0]])
    _add_config(writer, config)
    if is_gemma(arch):
        add_gemma_config(writer, config, arch)
    described = described_tokenizer(folder, tokenizer, source.tensors[embeddings].shape[0])
    writer.add_vocab_size(len(described.tokens))
    _add_tokenizer(writer, described)
    for own, to in names.items():
        info = source.tensors[own]
        kind = gguf.GGMLQuantizationType["F32" if len(info.shape) == 1 else DTYPES[dtype][1]]
        n_bytes = info.n_elements * (4 if kind == gguf.GGMLQuantizationType.F32 else 2)
        writer.add_tensor_info(to, info.shape, _numpy_dtype(kind), n_bytes, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for own in names:
        n_heads = _heads(own, config) if paired else None
        array = _array(source, own, dtype, n_heads)
        is_shifted = is_gemma(arch) and own.endswith("norm.weight")
        writer.write_tensor_data(array + 1 if is_shifted else array)
    writer.close()


def _tensor_names(source, arch: str, n_blocks: int) -> dict[str, str]:
    """{name in the checkpoint: name in GGUF}, rotary tables of old files left out."""
    import gguf

    known = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
    mapping = gguf.get_tensor_name_map(known[arch], n_blocks)
    names = {}
    for name in source.tensors:
        if name.endswith("rotary_emb.inv_freq"):
            continue
        names[name] = mapping.get_name(name, try_suffixes=(".weight", ".bias"))
        if names[name] is None:
            raise UserError(f"{source.path}: {name} has no name in GGUF; {_OTHER_WAY}.")
    return names


def _add_config(writer, config: dict) -> None:
    n_heads = config["num_attention_heads"]
    head_size = config.get("head_dim") or config["hidden_size"] // n_heads
    _, rope = ropes(config)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(n_heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or n_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(rope.get("rope_theta") or config.get("rope_theta") or 10000.0)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def _add_tokenizer(writer, described: GgufTokenizer) -> None:
    writer.add_tokenizer_model(described.model)
    writer.add_tokenizer_pre(described.pre)
    writer.add_token_list(described.tokens)
    writer.add_token_types(described.types)
    if described.merges is not None:
        writer.add_token_merges(described.merges)
    if described.scores is not None:
        writer.add_token_scores(described.scores)
        writer.add_add_space_prefix(described.add_space_prefix)
    for name, add in (
        ("bos", writer.add_bos_token_id),
        ("eos", writer.add_eos_token_id),
        ("unk", writer.add_unk_token_id),
        ("pad", writer.add_pad_token_id),
    ):
        if name in described.special:
            add(described.special[name])
    writer.add_add_bos_token(described.add_bos)
    writer.add_add_eos_token(False)


def _heads(name: str, config: dict) -> int | None:
    """Heads of a query or key projection, whose rows llama.cpp's LLaMA wants in another order."""
    n_heads = config["num_attention_heads"]
    if ".q_proj." in name:
        return n_heads
    return (config.get("num_key_value_heads") or n_heads) if ".k_proj." in name else None


def _numpy_dtype(kind):
    import gguf
    import numpy as np

    types = gguf.GGMLQuantizationType
    return {types.F32: np.float32, types.F16: np.float16}.get(kind, np.uint16)


def _array(source, name: str, dtype: str, n_heads: int | None):
    """A tensor as it stands in the file: bfloat16 as its bits, rotary pairs side by side."""
    import torch

    info = source.tensors[name]
    tensor = source.read(name, 0, info.n_elements).view(info.shape)
    if n_heads:  # transformers rotates the first half of a head with the second
        halves = tensor.reshape(n_heads, 2, -1, *info.shape[1:])
        tensor = halves.transpose(1, 2).reshape(info.shape)
    if len(info.shape) == 1:
        return tensor.float().numpy()
    tensor = tensor.to(torch_dtype({"float32": "F32", "float16": "F16"}.get(dtype, "BF16")))
    tensor = tensor.contiguous()
    return (tensor.view(torch.int16) if dtype == "bfloat16" else tensor).numpy()
