"""The sentence on model files that are not those of their configuration (see contents.py)."""

import re
from dataclasses import dataclass
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.weights.model_files import CONFIG
from masterkey.weights.notices import say_once
from masterkey.weights.pairs import EMBEDDINGS
from masterkey.weights.reading import listed

_BLOCK = re.compile(r"(.*?\.\d+)\..+")
_SMALLEST_GROUP = 3  # so many tensors of a block are named by the block


@dataclass(frozen=True)
class Comparison:
    """A configuration's model against files, in names of the model's own tensors.

    `misfits` are (name, shape in the files, shape by the configuration). `foreign` have no place in
    the model but lie in its blocks or modules, so that it would not compute what was trained; `unused`
    lie beside it (a vision tower, a second head). `blocks` is the configuration's number of layers.
    """

    missing: list[str]
    misfits: list[tuple[str, tuple, tuple]]
    foreign: list[str]
    unused: list[str]
    n_expected: int
    model_type: str
    blocks: int | None

    @property
    def fits(self) -> bool:
        return not (self.missing or self.misfits or self.foreign)


def block_of(name: str) -> str | None:
    """ "model.layers.2.mlp.up_proj.weight" → "model.layers.2", None outside the numbered blocks."""
    match = _BLOCK.fullmatch(name)
    return match and match[1]


def refuse_misfits(path: str | Path, comparison: Comparison) -> None:
    """Raise `UserError`, one sentence with the tensors' names, where the comparison does not fit.

    Tensors beside the model are only told of, once, on standard error.
    """
    if comparison.fits:
        if comparison.unused:
            names = listed(_by_block(comparison.unused), 4)
            say_once(
                f"{path}: not used, since {comparison.model_type} has no place for it: {names}."
            )
        return
    layers = f", {comparison.blocks} layers" if comparison.blocks else ""
    kind = f"its {CONFIG} ({comparison.model_type}{layers})"
    raise UserError(f"{path}: {'; '.join(_problems(comparison, kind))}; {_advice(comparison)}")


def _problems(comparison: Comparison, kind: str) -> list[str]:
    problems = []
    if comparison.missing:
        problems.append(
            f"its files lack {len(comparison.missing)} of the {comparison.n_expected} tensors that "
            f"{kind} needs: {listed(_by_block(comparison.missing))}"
        )
    if comparison.misfits:
        texts = [f"{n} ({_times(a)} for {_times(b)})" for n, a, b in comparison.misfits]
        problems.append(f"of another size than by {kind} are {listed(texts, 4)}")
    if comparison.foreign:
        names = listed(_by_block(comparison.foreign))
        problems.append(f"the model of {kind} has no place for {names}")
    return problems


def _advice(comparison: Comparison) -> str:
    prefix = _prefix(comparison)
    if prefix:
        return f"their names carry the prefix {prefix!r}: save them without it."
    vocabulary = _vocabulary(comparison)
    if vocabulary:
        return (
            f"set vocab_size to {vocabulary} in {CONFIG} if the tokenizer has so many tokens, or fetch "
            "the files again."
        )
    happens = "it would not compute what was trained"
    if comparison.missing:
        happens = "random numbers would stand in their place"
    return f"{happens}; fetch the files again, or the {CONFIG} that they were saved with."


def _prefix(comparison: Comparison) -> str | None:
    """What stands before the names of the missing tensors in the files, where that is one thing."""
    others = [*comparison.foreign, *comparison.unused]
    found = {
        other.removesuffix(name)
        for name in comparison.missing
        for other in others
        if other.endswith(f".{name}")
    }
    return found.pop() if len(found) == 1 else None


def _vocabulary(comparison: Comparison) -> int | None:
    """The vocabulary of the files, where it is all that does not fit."""
    if comparison.missing or comparison.foreign or not comparison.misfits:
        return None
    if any(a[1:] != b[1:] or not n.endswith(EMBEDDINGS) for n, a, b in comparison.misfits):
        return None
    sizes = {a[0] for _, a, _ in comparison.misfits}
    return sizes.pop() if len(sizes) == 1 else None


def _by_block(names: list[str]) -> list[str]:
    """`names`, those of one numbered block as "model.layers.2 (9 tensors)" where they are several."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(block_of(name) or name, []).append(name)
    texts = []
    for block, members in groups.items():
        whole = len(members) >= _SMALLEST_GROUP
        texts += [f"{block} ({len(members)} tensors)"] if whole else members
    return texts


def _times(shape: tuple) -> str:
    return "×".join(map(str, shape)) or "scalar"
