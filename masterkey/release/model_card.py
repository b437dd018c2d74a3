"""The model card of a released model: README.md with its use, scores, training data and licences.

Every figure in it is read from what the scripts wrote (sii_scores.json, regression_scores.json,
train_summary.json, prompt_style.json); what was not written is said to be unknown. The card of a
training output is another one (masterkey/release/training_card.py).
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.release.card_sections import (
    CITATION,
    INTRODUCTION,
    head,
    licence_notes,
    prediction_commands,
    prompt,
    tasks_of,
    training,
)
from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json
from masterkey.scripting.tables import markdown_table, number_text, synthetic_mark, with_interval

SCORE_FILES = ("sii_scores.json", "regression_scores.json")
DECIMALS = {"Voc": 3, "Jsc": 2, "FF": 3, "PCE": 2}


@dataclass(frozen=True)
class Release:
    """What a model card tells of."""

    name: str
    dtype: str
    n_parameters: int
    base_model: str | None = None  # name of the model that the fine-tuning began from
    is_difference: bool = False
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
    sections = [
        head(release.license, release.base_model),
        _introduction(release),
        _use(release),
        _prompt(release),
        _scores(release),
        _training(release),
        _weights(release),
        _licence(release),
        f"## Citation\n\n{CITATION}",
    ]
    return "\n\n".join(sections) + "\n"


def _introduction(release: Release) -> str:
    base = f" It was fine-tuned from `{release.base_model}`." if release.base_model else ""
    if release.was_adapter:
        base += " The fine-tuning was a LoRA adapter, which is merged here."
    marks = [scores["synthetic"] for scores in (release.sii, release.mdp) if scores]
    synthetic = (
        "\n\n**The scores below are on synthetic data: they show that the programs work, and say "
        "nothing about real papers or real solar cells.**"
        if any(marks)
        else ""
    )
    return f"# {release.name}\n\n{INTRODUCTION}{base}{synthetic}"


def _use(release: Release) -> str:
    lines = ["## Use", ""]
    if release.is_difference:
        lines += [
            "This folder holds no model, but the difference of one from the raw model "
            f"(`{release.base_model}`; manifest.json describes it), which you need, too:",
            *("", "```", "python weight_diff.py recover --path_raw PATH_TO_RAW_MODEL \\"),
            *("    --path_diff PATH_TO_THIS_FOLDER --path_tuned model", "```", ""),
            "The raw model is checked by SHA-256 before anything is written, and what is recovered is "
            "the fine-tuned model bit for bit.",
            "",
        ]
    model = "model" if release.is_difference else "PATH_TO_THIS_FOLDER"
    lines += [
        "New papers or devices, as JSON rows with `instruction` and `input`:",
        *("", "```"),
        *prediction_commands(model, tasks_of(release.summary or {})),
        "```",
    ]
    return "\n".join(lines)


def _prompt(release: Release) -> str:
    if not release.prompt:
        text = "The folder that was exported did not say which prompt the model was trained on."
        return f"## Prompt\n\n{text}"
    return prompt(release.prompt, tasks_of(release.summary or {}))


def _scores(release: Release) -> str:
    sections = []
    if release.sii:
        sections.append(_sii_scores(release.sii))
    if release.mdp:
        sections.append(_mdp_scores(release.mdp))
    if not sections:
        return "## Scores\n\nNone: no score file was given when this card was written."
    return "\n\n".join([*sections, *release.notes])


def _sii_scores(scores: dict) -> str:
    strict = scores["strict"]
    header = ["predictions", "F1", "precision", "recall", "informative accuracy", "paper's IE F1"]
    entries = [("**this model**", scores), *_baselines(scores)]
    rows = [
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
    paper = scores["paper"]
    return (
        f"## Scores: structured information inference{synthetic_mark(scores)}\n\n"
        f"{strict['n_papers']} papers ({_data(scores)}). {_brackets(scores, 'papers')} Every paper "
        "counts; values compare by value; informative cells are those where the answer differs from "
        "the most frequent one. The last column repeats the published arithmetic, by which a constant "
        f"scores high, over the {paper['n_scored']} papers that it scores: for comparison with the "
        f"paper's figures alone.\n\n{markdown_table(header, rows)}"
    )


def _mdp_scores(scores: dict) -> str:
    header = ["target", "unit", "MAE", "RMSE", "R²", "MAE of a constant"]
    rows = []
    for name in MDP_TARGETS:
        target, d = scores["targets"][name], DECIMALS[name]
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
    return (
        f"## Scores: material and device prediction{synthetic_mark(scores)}\n\n"
        f"{scores['n']} rows of {scores['n_recipes']} recipes ({_data(scores)}), "
        f"{scores['n_parsed']} predictions readable; an unreadable one is {scores['unreadable']}. "
        f"{_brackets(scores, 'recipes')} The constant is the mean of these answers.\n\n"
        f"{markdown_table(header, rows)}"
    )


def _baselines(scores: dict) -> list[tuple[str, dict]]:
    """Entries of the scores file that no model made, and the constant."""
    others = [
        (entry["name"], entry)
        for entry in scores.get("others", [])
        if (entry.get("settings") or {}).get("method")
    ]
    constant = scores.get("constant")
    return others + ([("(constant answer)", constant)] if constant else [])


def _data(scores: dict) -> str:
    """The prediction file that was scored, by name and checksum."""
    file = scores["provenance"]["data"][0]
    return f"predictions {file['file']}, SHA-256 {file['sha256'][:12]}…"


def _brackets(scores: dict, unit: str) -> str:
    level = f"{scores['interval_level'] * 100:g} %"
    return f"Brackets: {level} intervals from {scores['n_resamples']:,} resamples of {unit}."


def _interval(scores: dict, key: str, decimals: int) -> str:
    return with_interval(scores.get(key), scores.get(f"{key}_ci"), decimals)


def _training(release: Release) -> str:
    if not release.summary:
        return "## Training\n\nUnknown: the exported folder has no train_summary.json."
    return training(release.summary, release.origins)


def _weights(release: Release) -> str:
    what = "as a difference (integer_bits)" if release.is_difference else "whole"
    return (
        f"## Weights\n\n{release.n_parameters:,} parameters in {release.dtype}, released {what}. "
        "manifest.json has the SHA-256 of every tensor; `python weight_diff.py verify FOLDER` checks "
        "a download."
    )


def _licence(release: Release) -> str:
    notes = [f"These weights are released under: {release.license}. Other licences bind them, too:"]
    notes += licence_notes(release.summary, release.base_model, release.origins)
    return "## Licence\n\n" + "\n".join(notes)
