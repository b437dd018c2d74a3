"""A LoRA adapter merged into its base model, piece by piece, as PEFT saves adapters.

`MergedWeights` has the reading side of `weight_files.Weights`: the merged model is never whole in
memory. A merged tensor is W + s·(B·A), computed in fp32 and rounded once to W's dtype; s is alpha / r,
or alpha / √r with rank-stabilised LoRA (arXiv 2106.09685, 2312.03732). Variants with other
parameters (DoRA and the like) are refused by the names of their tensors.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json
from masterkey.weights.base_record import check_base
from masterkey.weights.pairs import BASE_PREFIX
from masterkey.weights.reading import TensorInfo, Weights, listed, open_weights, torch_dtype

CONFIG = "adapter_config.json"
_PREFIX = "base_model.model."
_FACTOR = re.compile(r"(.+)\.lora_(embedding_)?([AB])(\.weight)?")


@dataclass(frozen=True)
class _LowRank:
    """A change of rank r: `scale` · `left` [rows, r] · `right` [r, columns], in fp32."""

    left: object
    right: object
    scale: float

    def piece(self, start: int, stop: int):
        """Elements `start` to `stop` of the product, row-major."""
        n_columns = self.right.shape[1]
        first, last = start // n_columns, -(-stop // n_columns)
        rows = self.left[first:last] @ self.right
        return rows.reshape(-1)[start - first * n_columns : stop - first * n_columns] * self.scale


def is_adapter(folder: str | Path) -> bool:
    return (Path(folder) / CONFIG).exists()


def base_of(folder: str | Path) -> str:
    """The base model that an adapter names: a folder or a hub name."""
    return str(_read_config(Path(folder)).get("base_model_name_or_path") or "")


def _read_config(folder: Path) -> dict:
    path = folder / CONFIG
    config = read_json(path)
    if not isinstance(config, dict):
        raise UserError(f"{path}: is no adapter configuration; train again.")
    return config


class MergedWeights:
    """The weights of `base` with the adapter in `folder` merged into them.

    `changed` has the name that the adapter gives to each tensor that it changes, by its name in the
    base model's files: files of a bare base model lack a prefix. Raises `UserError` for an adapter of
    another kind than LoRA, or of another base model; with `other_base` the latter is only said.
    """

    def __init__(self, base: Weights, folder: str | Path, other_base: bool = False):
        self.path = Path(folder)
        self._base, self._adapter = base, open_weights(folder, "adapter_model")
        self._config = _read_config(self.path)
        self._refuse_other_kinds()
        self.changed: dict[str, str] = {}
        self._changes: dict[str, _LowRank] = {}
        self._replaced: dict[str, str] = {}  # tensor of the model → of the adapter
        self._read_adapter()
        self.tensors = {name: self._merged_info(name) for name in base.tensors}
        self._refuse_other_shapes()
        check_base(folder, base, other_base)

    def _refuse_other_kinds(self) -> None:
        kind = self._config.get("peft_type")
        if kind != "LORA" or self._config.get("use_dora"):
            kind = "DoRA" if self._config.get("use_dora") else kind
            raise self._unknown(f"is an adapter of the kind {kind}")

    def _unknown(self, what: str) -> UserError:
        return UserError(
            f"{self.path}: {what}, and only plain LoRA is merged here; merge it with PEFT's "
            "merge_and_unload(), save the model, and export that folder."
        )

    def _read_adapter(self) -> None:
        factors: dict[tuple[str, bool], dict] = {}
        for key in self._adapter.tensors:
            name = key.removeprefix(_PREFIX)
            match = _FACTOR.fullmatch(name)
            if match:
                factors.setdefault((match[1], bool(match[2])), {})[match[3]] = self._matrix(key)
            elif "lora_" in name:
                raise self._unknown(f"holds {name}")
            else:  # a layer trained whole, or the (resized) one under a change of low rank
                self._replaced[self._base_name(name.replace(".base_layer.", "."))] = key
        for (module, is_embedding), pair in factors.items():
            if pair.keys() != {"A", "B"}:
                raise self._unknown(f"lacks one of the two factors of {module}")
            name = self._base_name(f"{module}.weight")
            self._changes[name] = self._change(name, module, is_embedding, **pair)
        foreign = [n for n in (*self._changes, *self._replaced) if n not in self._base.tensors]
        if foreign:
            raise UserError(
                f"{self.path}: changes {listed(foreign)}, which {self._base.name} has not; name the "
                "adapter's own base model with --base_model."
            )

    def _base_name(self, name: str) -> str:
        """The name in the base model's files of a tensor that the adapter changes."""
        bare = BASE_PREFIX.sub("", name)
        found = bare if name not in self._base.tensors and bare in self._base.tensors else name
        self.changed[found] = name
        return found

    def _matrix(self, key: str):
        """A factor of the adapter, whole, in fp32: it is small."""
        info = self._adapter.tensors[key]
        if len(info.shape) != 2:
            raise self._unknown(f"changes a layer that is no matrix ({key})")
        return self._adapter.read(key, 0, info.n_elements).float().view(info.shape)

    def _change(self, name: str, module: str, is_embedding: bool, A, B) -> _LowRank:
        rank, (n_out, n_in) = A.shape[0], (B.shape[0], A.shape[1])
        alpha = _pattern_value(self._config.get("alpha_pattern"), module)
        alpha = self._config.get("lora_alpha") if alpha is None else alpha
        if not isinstance(alpha, int | float):
            raise UserError(f"{self.path / CONFIG}: has no lora_alpha; train again.")
        scale = alpha / (math.sqrt(rank) if self._config.get("use_rslora") else rank)
        # Embeddings and GPT-2's layers have their inputs in rows; its output embedding has not.
        info = self._base.tensors.get(name)
        in_rows = self._config.get("fan_in_fan_out") and info and info.shape == (n_in, n_out)
        if is_embedding or in_rows:
            return _LowRank(A.T.contiguous(), B.T.contiguous(), scale)
        return _LowRank(B, A, scale)

    def _refuse_other_shapes(self) -> None:
        for name, change in self._changes.items():
            shape = self.tensors[name].shape
            found = (change.left.shape[0], change.right.shape[1])
            if found != shape or change.left.shape[1] != change.right.shape[0]:
                raise UserError(
                    f"{self.path}: changes {name} as a matrix of {found[0]}×{found[1]}, but in "
                    f"{self._base.name} its shape is {list(shape)}; name the adapter's own base "
                    "model with --base_model."
                )

    def _merged_info(self, name: str) -> TensorInfo:
        info = self._base.tensors[name]
        if name not in self._replaced:
            return info
        # An embedding that was trained whole may have rows for added tokens.
        return TensorInfo(info.dtype, self._adapter.tensors[self._replaced[name]].shape)

    def read(self, name: str, start: int, stop: int):
        """Elements `start` to `stop` (row-major) of the merged tensor, as a new flat CPU tensor."""
        if name in self._replaced:
            piece = self._adapter.read(self._replaced[name], start, stop)
        else:
            piece = self._base.read(name, start, stop)
        if name in self._changes:
            piece = piece.float() + self._changes[name].piece(start, stop)
        return piece.to(torch_dtype(self.tensors[name].dtype))


def _pattern_value(patterns: dict | None, module: str):
    """PEFT's alpha_pattern: the value of the first pattern that the module's name ends in."""
    for pattern, value in (patterns or {}).items():
        if re.fullmatch(rf"(.*\.)?({pattern})", module):
            return value
    return None
