"""The model card of a released model: README.md with its use, scores, training data and licences.

Every figure in it is read from what the scripts wrote (sii_scores.json, regression_scores.json,
train_summary.json, prompt_style.json); what was not written is said to be unknown.
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.command_line import UserError
from masterkey.files import read_json
from masterkey.prompts import build_prompt
from masterkey.regression_report import markdown_table
from masterkey.schema import MDP_TARGETS, SII_INSTRUCTION, TARGET_UNITS

SCORE_FILES = ("sii_scores.json", "regression_scores.json")
SYNTHETIC = "SYNTHETIC"
DECIMALS = {"Voc": 3, "Jsc": 2, "FF": 3, "PCE": 2}
CITATION = (
    "The tasks and the published data: *Large Language Models as Master Key: Unlocking the Secrets of "
    "Materials Science*, arXiv 2304.02213; Patterns 5(5), 2024, doi 10.1016/j.patter.2024.100955. The "
    "labels come from the Perovskite Database Project, Nature Energy 2022, doi "
    "10.1038/s41560-021-00941-3."
)


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
        _head(release),
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


def _head(release: Release) -> str:
    lines = ["---", f"license: {release.license}", "language: en", "library_name: transformers"]
    lines += ["pipeline_tag: text-generation"]
    if release.base_model and "/" in release.base_model:
        lines += [f"base_model: {release.base_model}"]
    tags = ("materials-science", "perovskite-solar-cells", "information-extraction")
    lines += ["tags:", *(f"- {tag}" for tag in tags), "---"]
    return "\n".join(lines)


def _introduction(release: Release) -> str:
    base = f" It was fine-tuned from `{release.base_model}`." if release.base_model else ""
    if release.was_adapter:
        base += " The fine-tuning was a LoRA adapter, which is merged here."
    tasks = (
        "A causal language model for perovskite solar cells. The tasks of this kind of model: to read "
        "an experimental section into a 31-field device schema (SII, structured information "
        "inference), and to predict Voc, Jsc, FF and PCE from a device schema (MDP, material and "
        "device prediction)."
    )
    marks = [scores["synthetic"] for scores in (release.sii, release.mdp) if scores]
    synthetic = (
        "\n\n**The scores below are on synthetic data: they show that the programs work, and say "
        "nothing about real papers or real solar cells.**"
        if any(marks)
        else ""
    )
    return f"# {release.name}\n\n{tasks}{base}{synthetic}"


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
        f"python sii_test.py --model {model} --data_path papers.json --output_path sii.jsonl",
        f"python regression_test.py --model {model} --data_path devices.json --output_path mdp.jsonl",
        "```",
    ]
    return "\n".join(lines)


def _prompt(release: Release) -> str:
    if not release.prompt:
        text = "The folder that was exported did not say which prompt the model was trained on."
        return f"## Prompt\n\n{text}"
    style = release.prompt["prompt_style"]
    example = build_prompt(style, SII_INSTRUCTION, "{the experimental section}").text()
    longest = release.prompt.get("longest_answer")
    answer = f" The longest training answer had {longest} tokens." if longest else ""
    return (
        f"## Prompt\n\nThe style `{style}` (also in prompt_style.json, which the scripts read). Another "
        f"one costs accuracy.{answer}\n\n```\n{example}\n```"
    )


def _scores(release: Release) -> str:
    sections = []
    if release.sii:
        sections.append(_sii_scores(release.sii))
    if release.mdp:
        sections.append(_mdp_scores(release.mdp))
    if not sections:
        return "## Scores\n\nNone: no score file was given when this card was written."
    return "\n\n".join([*sections, *release.notes])


def _mark(scores: dict) -> str:
    if not scores["synthetic"]:
        return ""
    n_all = scores.get("n") or scores["strict"]["n_papers"]
    n = scores["n_synthetic"]
    return " · SYNTHETIC DATA" + ("" if n == n_all else f" ({n} of {n_all} rows)")


def _sii_scores(scores: dict) -> str:
    strict = scores["strict"]
    header = ["predictions", "F1", "precision", "recall", "informative accuracy", "paper's IE F1"]
    entries = [("**this model**", scores), *_baselines(scores)]
    rows = [
        [
            name,
            *(
                _with_interval(entry["strict"], key, 3)
                for key in ("f1", "precision", "recall", "informative_accuracy")
            ),
            _number(entry["paper"]["ie"]["f1"], 3),
        ]
        for name, entry in entries
    ]
    paper = scores["paper"]
    return (
        f"## Scores: structured information inference{_mark(scores)}\n\n"
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
                _with_interval(target, "mae", d),
                _with_interval(target, "rmse", d),
                _with_interval(target, "r2", 2),
                _number(constant.get("mae"), d),
            ]
        )
    return (
        f"## Scores: material and device prediction{_mark(scores)}\n\n"
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


def _with_interval(scores: dict, key: str, decimals: int) -> str:
    interval = scores.get(f"{key}_ci")
    text = _number(scores.get(key), decimals)
    if not interval:
        return text
    return f"{text} [{_number(interval[0], decimals)}, {_number(interval[1], decimals)}]"


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def _training(release: Release) -> str:
    if not release.summary:
        return "## Training\n\nUnknown: the exported folder has no train_summary.json."
    summary = release.summary
    data, metrics = summary.get("data", []), summary.get("metrics") or {}
    rows = [
        [file["file"], f"{file['bytes']:,}", f"`{file['sha256']}`", _origin(file, release.origins)]
        for file in data
    ]
    table = markdown_table(["data file", "bytes", "SHA-256", "what it is"], rows)
    named = (
        ("rows", summary.get("n_rows")),
        ("seed", summary.get("seed")),
        ("epochs", metrics.get("epoch")),
        ("learning rate", _argument(summary, "learning_rate")),
        ("batch per device", _argument(summary, "per_device_train_batch_size")),
        ("gradient accumulation", _argument(summary, "gradient_accumulation_steps")),
        ("most tokens", _argument(summary, "model_max_length")),
        ("final training loss", metrics.get("train_loss")),
        ("commit", summary.get("commit")),
        ("machine", summary.get("machine")),
        ("versions", ", ".join(f"{k} {v}" for k, v in (summary.get("versions") or {}).items())),
    )
    lines = [f"- {name}: {_plain(value)}" for name, value in named if value not in (None, "")]
    return "\n".join(["## Training", "", table, "", *lines])


def _argument(summary: dict, name: str):
    return (summary.get("arguments") or {}).get(name)


def _plain(value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _origin(file: dict, origins: dict[str, str]) -> str:
    return origins.get(file["sha256"], "the exporting group's own")


def _weights(release: Release) -> str:
    what = "as a difference (integer_bits)" if release.is_difference else "whole"
    return (
        f"## Weights\n\n{release.n_parameters:,} parameters in {release.dtype}, released {what}. "
        "manifest.json has the SHA-256 of every tensor; `python weight_diff.py verify FOLDER` checks "
        "a download."
    )


def _licence(release: Release) -> str:
    notes = [f"These weights are released under: {release.license}. Other licences bind them, too:"]
    if release.base_model:
        notes.append(
            f"- `{release.base_model}`: its licence goes on to hold for what was made from it. Where it forbids to "
            "pass weights on, only a difference may be released."
        )
    origins = {_origin(file, release.origins) for file in (release.summary or {}).get("data", [])}
    notes += [f"- training data, {origin}" for origin in sorted(origins) if ":" in origin]
    if not origins or any(":" not in origin for origin in origins):
        notes.append("- training data that are the exporting group's own, or unknown: ask them.")
    if not origins or not all(origin.startswith(SYNTHETIC) for origin in origins):
        notes.append(
            "- the Perovskite Database, from which the published labels come: CC BY 4.0; name its paper."
        )
    return "## Licence\n\n" + "\n".join(notes)
