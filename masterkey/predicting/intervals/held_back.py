"""The rows that calibrate intervals, as a prediction file that is kept and used again.

It is an ordinary file of predictions of rows that the model was not trained on, with `sampled` in each
line: regression_test.py writes it beside its output as ….calibration.jsonl, and takes it back as
--calibration.
"""

from pathlib import Path

from masterkey.predicting.intervals.calibration import Calibration
from masterkey.regressor.novelty import KnownRecipes
from masterkey.rows.predictions import header_path, read_header, read_predictions
from masterkey.scripting.command_line import UserError

_SUFFIX = ".calibration.jsonl"
# What decides numbers and scatter; the device and its number format change them in the last digits.
_DECISIVE = {
    "model_files": "--model",
    "base_model_files": "base model",
    "prompt_style": "--prompt_style",
    "spread_samples": "--spread_samples",
}


def kept_path(output_path: str) -> Path:
    """`runs/x.jsonl` → `runs/x.calibration.jsonl`."""
    return Path(output_path).with_suffix(_SUFFIX)


def is_kept(path: str) -> bool:
    """Whether a file is one of predictions, not of rows."""
    return Path(path).suffix == ".jsonl" and header_path(path).exists()


def calibrated(
    path: str | Path,
    known: KnownRecipes | None,
    coverage: float,
    settings: dict,
    train_flag: str = "--train",
) -> Calibration:
    """From a kept file. Raises `UserError` where it is of another model or was asked otherwise."""
    written = read_header(path).get("settings", {})
    for key, flag in {**_DECISIVE, "train": train_flag}.items():
        if _comparable(written.get(key)) != _comparable(settings.get(key)):
            raise UserError(
                f"--calibration {path}: was written with another {flag}; give the same, or the rows "
                "themselves, to calibrate anew."
            )
    return Calibration.of_lines(read_predictions(path, "mdp"), known, coverage)


def told(calibration: Calibration, path: str | Path) -> str:
    """One sentence on what the intervals rest on."""
    left_out = ""
    if calibration.n_known:
        left_out = f" ({calibration.n_known} recipes that are in --train, too, are left out)"
    if lacking := calibration.lacking():
        return f"no intervals: {lacking}{left_out}."
    return (
        f"{calibration.coverage:.0%} intervals from {calibration.n_rows} rows of "
        f"{calibration.n_recipes} recipes{left_out}; kept in {path}"
    )


def _comparable(value):
    """Weight files by name and size: copies have other times."""
    if isinstance(value, list):
        return [file[:2] for file in value]
    return value
