"""The model card of a released model: README.md with its use, scores, training data and licences.

What it says stands in templates/released_model.md.jinja; its figures are read from what the scripts wrote
(sii_scores.json, regression_scores.json, train_summary.json, prompt_style.json). What was not written
is said to be unknown. The card of a training output is another one (training_card.py).
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.release.card import metadata, render
from masterkey.release.training_facts import training_facts
from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json
from masterkey.scripting.tables import number_text, with_interval

SCORE_FILES = ("sii_scores.json", "regression_scores.json")


@dataclass(frozen=True)
class Release:
    """What a model card tells of."""

    name: str
    dtype: str
    n_parameters: int
    base_model: str | None = None  # name of the model that the fine-tuning began from
    is_difference: bool = False
    gguf_file: str | None = (
        None  # name of the file that holds the model; None: a folder of safetensors
    )
    was_adapter: bool = False
    license: str = "other"
    prompt: dict | None = None  # content of prompt_style.json
    summary: dict | None = None  # content of train_summary.json
    sii: dict | None = None  # content of sii_scores.json
    mdp: dict | None = None  # content of regression_scores.json
    origins: dict[str, str] = field(default_factory=dict)  # SHA-256 of a data file → what it is
    notes: list[str] = field(default_factory=list)


def read_scores(path: str | Path) -> tuple[str, dict]:
    """("sii" or "mdp", content) of a scores file. Raises `UserError` for another file."""
    scores = read_json(path)
    if isinstance(scores, dict) and "synthetic" in scores:
        if isinstance(scores.get("strict"), dict) and isinstance(scores.get("paper"), dict):
            return "sii", scores
        if isinstance(scores.get("targets"), dict):
            return "mdp", scores
    raise UserError(
        f"{path}: is neither of {' and '.join(SCORE_FILES)}; sii_evaluate.py and "
        "regression_evaluate.py write them."
    )


def model_card(release: Release) -> str:
    """The card as Markdown with a YAML head."""
    scores = [scores for scores in (release.sii, release.mdp) if scores]
    facts = training_facts(release.summary, release.prompt, release.base_model, release.origins)
    facts |= {
        "metadata": metadata(release.license, release.base_model),
        "has_summary": bool(release.summary),
        "has_synthetic_scores": any(content["synthetic"] for content in scores),
        "sii_rows": _sii_rows(release.sii) if release.sii else [],
        "mdp_rows": _mdp_rows(release.mdp) if release.mdp else [],
    }
    names = ("name", "dtype", "n_parameters", "is_difference", "was_adapter", "license")
    names += ("sii", "mdp", "notes", "gguf_file")
    facts |= {name: getattr(release, name) for name in names}
    return render("released_model.md.jinja", facts)


def _sii_rows(scores: dict) -> list[list[str]]:
    """Of this model and each baseline: F1, precision, recall, informative accuracy, the paper's IE F1."""
    entries = [("**this model**", scores), *_baselines(scores)]
    return [
        [
            name,
            *(
                _interval(entry["strict"], key, 3)
                for key in ("f1", "precision", "recall", "informative_accuracy")
            ),
            number_text(entry["paper"]["ie"]["f1"], 3),
        ]
        for name, entry in entries
    ]


def _mdp_rows(scores: dict) -> list[list[str]]:
    """Of each target: unit, MAE, RMSE, R² of this model, MAE of a constant."""
    rows = []
    for name in MDP_TARGETS:
        target, d = scores["targets"][name], DECIMALS[name].scored
        constant = scores["constant"]["targets"][name] if scores.get("constant") else {}
        rows.append(
            [
                name,
                TARGET_UNITS[name] or "–",
                _interval(target, "mae", d),
                _interval(target, "rmse", d),
                _interval(target, "r2", 2),
                number_text(constant.get("mae"), d),
            ]
        )
    return rows


def _baselines(scores: dict) -> list[tuple[str, dict]]:
    """Entries of the scores file that no model made, and the constant."""
    others = [
        (entry["name"], entry)
        for entry in scores.get("others", [])
        if (entry.get("settings") or {}).get("method")
    ]
    constant = scores.get("constant")
    return others + ([("(constant answer)", constant)] if constant else [])


def _interval(scores: dict, key: str, decimals: int) -> str:
    return with_interval(scores.get(key), scores.get(f"{key}_ci"), decimals)
