"""Folders of released models: whole models, differences from a raw model, and models recovered.

Each is made beside its final name, and renamed when it is complete (masterkey/scripting/new_folder.py). What
can be known to be wrong is said before anything is written.
"""

from dataclasses import dataclass
from pathlib import Path

from masterkey.release import manifest as manifests
from masterkey.release.alpaca_sum import check_naive_sum, is_alpaca_7b
from masterkey.release.differences import (
    Output,
    copy_weights,
    difference_info,
    make_difference,
    result_info,
)
from masterkey.release.encodings import STEMS
from masterkey.release.recovery import Recovery, check_raw, follow_manifest
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import write_text
from masterkey.scripting.new_folder import check_disk, check_free, new_folder
from masterkey.weights.contents import refuse_other_contents
from masterkey.weights.model_files import CONFIG, copy_model_files, read_config
from masterkey.weights.pairs import pair_tensors
from masterkey.weights.reading import FLOAT_DTYPES, Weights, open_weights
from masterkey.weights.writing import parse_size


@dataclass(frozen=True)
class Settings:
    """How a folder is written: `dtype` as --dtype names it, None to keep that of each tensor."""

    dtype: str | None = None
    max_shard_size: str = "5GB"
    device: str = "cpu"

    @property
    def dtype_name(self) -> str | None:
        """The safetensors name of `dtype`."""
        return FLOAT_DTYPES[self.dtype] if self.dtype else None

    def output(self, folder: Path | None) -> Output:
        return Output(folder, parse_size(self.max_shard_size), self.device)


def check_device(device: str) -> None:
    """Raise `UserError` where this machine has no such device."""
    if device == "cpu":
        return
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError):
        raise UserError(f"--device {device}: is not on this machine; leave the flag out.") from None


def release_model(
    source: Weights,
    files: list[Path],
    path: str | Path,
    settings: Settings,
    card: str | None = None,
) -> None:
    """Write a model whole: its weights from `source`, what stands beside them from `files`.

    `files` are folders with configuration and tokenizer, later ones win; `card` is its README.md.
    """
    infos = {n: result_info(i, settings.dtype_name) for n, i in source.tensors.items()}
    _refuse_other_contents(source.path, infos, files)
    with new_folder(path, _n_bytes(infos)) as folder:
        entries = copy_weights(source, settings.dtype_name, settings.output(folder))
        copy_model_files(files, folder, infos)
        _write_card(folder, card)
        manifests.write_manifest(folder, entries)


def _write_card(folder: Path, card: str | None) -> None:
    if card is not None:
        write_text(folder / "README.md", card)


def release_difference(
    path_raw: str,
    tuned: Weights,
    files: list[Path],
    path: str | Path,
    settings: Settings,
    encoding: str = "integer_bits",
    card: str | None = None,
) -> dict:
    """Write the difference of `tuned` from the raw model; the manifest's entries.

    `files` are folders with the tuned model's configuration and tokenizer, later ones win.
    """
    check_free(path)
    raw = open_weights(path_raw)
    config = next((c for c in map(read_config, reversed(files)) if c), {})
    raw_config = read_config(path_raw)
    _refuse_other_architecture(path_raw, raw_config, tuned.path, config)
    pairs = pair_tensors(raw, tuned, config, encoding)
    _refuse_other_contents(tuned.path, tuned.tensors, files)
    results = {n: result_info(i, settings.dtype_name) for n, i in tuned.tensors.items()}
    written = {name: difference_info(info, encoding) for name, info in results.items()}
    about_raw = manifests.about_raw(Path(path_raw), raw_config)
    with new_folder(path, _n_bytes(written)) as folder:
        output = settings.output(folder)
        entries = make_difference(raw, tuned, pairs, encoding, settings.dtype_name, output)
        inner = folder / manifests.INNER if encoding == "integer_bits" else folder
        copy_model_files(files, inner, results)
        _write_card(folder, card)
        manifests.write_manifest(folder, entries, encoding, about_raw)
    return entries


@dataclass(frozen=True)
class Difference:
    """A difference's folder, opened. `manifest` is None for one that others published."""

    weights: Weights
    files: Path
    config: dict
    encoding: str
    manifest: dict | None

    @property
    def entries(self) -> dict | None:
        return self.manifest and self.manifest["tensors"]


def open_difference(path: str | Path) -> Difference:
    """A released difference. Raises `UserError` for what is none, or is not as its manifest says."""
    path = Path(path)
    manifest = manifests.read_manifest(path)
    if manifest is None:
        if list(path.glob(f"{STEMS['integer_bits']}*.safetensors")):
            raise UserError(f"{path}: its {manifests.FILE} is missing; fetch it, too.")
        return Difference(open_weights(path), path, _needed_config(path), "arithmetic", None)
    if manifest["kind"] != manifests.DIFFERENCE:
        raise UserError(f"{path}: is a whole model by its {manifests.FILE}, not a difference.")
    encoding = manifest["diff_encoding"]
    weights = manifests.open_described(path, manifest)
    manifests.check_files(path, manifest)
    files = path / manifests.INNER if encoding == "integer_bits" else path
    return Difference(weights, files, _needed_config(files), encoding, manifest)


def recover_model(
    path_raw: str,
    difference: Difference,
    path_tuned: str | None,
    settings: Settings,
    naively: bool | None,
) -> float | None:
    """Write raw model + difference into the new folder `path_tuned`; None only checks.

    `naively`: compare the sum of all weights with Alpaca-7B's; None: where the difference is that
    one. Returns the sum where it was compared.
    """
    recovery = plan_recovery(path_raw, difference, settings)
    recovery.with_sums = naively or (naively is None and is_published_alpaca(difference))
    infos = recovery.infos()
    _refuse_other_contents(difference.weights.path, infos, [difference.files])
    if path_tuned is not None:
        check_free(path_tuned)
        check_disk(path_tuned, _n_bytes(infos))
    if recovery.entries:
        check_raw(recovery.raw, recovery.pairs, recovery.entries)
    if path_tuned is None:
        return _checked_sum(recovery, recovery.write(settings.output(None)))
    with new_folder(path_tuned, _n_bytes(infos)) as folder:
        entries = recovery.write(settings.output(folder))
        total = _checked_sum(recovery, entries)
        copy_model_files([difference.files], folder, infos)
        manifests.write_manifest(folder, entries)
    return total


def plan_recovery(path_raw: str, difference: Difference, settings: Settings) -> Recovery:
    """Open the raw model and pair its tensors with the difference's. Nothing is read yet."""
    raw = open_weights(path_raw)
    raw_config = read_config(path_raw)
    _refuse_other_architecture(path_raw, raw_config, difference.weights.path, difference.config)
    pairs = pair_tensors(raw, difference.weights, difference.config, difference.encoding)
    if difference.entries:
        pairs = follow_manifest(raw, pairs, difference.entries)
    return Recovery(
        raw, difference.weights, pairs, difference.encoding, settings.dtype_name, difference.entries
    )


def is_published_alpaca(difference: Difference) -> bool:
    return difference.manifest is None and is_alpaca_7b(difference.config)


def _checked_sum(recovery: Recovery, entries: dict) -> float | None:
    sums = {name: entry.pop("sum") for name, entry in entries.items()}
    return check_naive_sum(sums) if recovery.with_sums else None


def _needed_config(folder: Path) -> dict:
    config = read_config(folder)
    if not config:
        raise UserError(
            f"{folder}: holds no {CONFIG}, so no model can be made of it; fetch it, too."
        )
    return config


def _refuse_other_architecture(path_raw, raw_config: dict, path, config: dict) -> None:
    kinds = raw_config.get("model_type"), config.get("model_type")
    if all(kinds) and kinds[0] != kinds[1]:
        raise UserError(
            f"{path_raw}: is a model of the kind {kinds[0]!r}, but {path} one of {kinds[1]!r}; name "
            "the model that the fine-tuning began from."
        )


def _refuse_other_contents(path: Path, infos: dict, files: list[Path]) -> None:
    """Raise `UserError` where `infos` are not the tensors of the configuration in the last of `files`."""
    for folder in reversed(files):
        if (folder / CONFIG).exists():
            # The vocabulary in the configuration becomes that of the tensors (copy_model_files).
            refuse_other_contents(path, infos, folder, fit=True)
            return


def _n_bytes(infos: dict) -> int:
    return sum(info.n_bytes for info in infos.values())
