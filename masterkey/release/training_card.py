"""The model card that train.py leaves in its output folder: README.md.

What it says stands in templates/training_output.md.jinja. Its figures are those of the run
(train_summary.json): losses, and scores of the evaluation rows, which it says to be no test scores.
export.py writes the card of a release, with test scores.
"""

from masterkey.release.card import metadata, render
from masterkey.release.training_facts import base_model_of, is_synthetic, tasks_of, training_facts
from masterkey.scripting.tables import number_text

_MOST_EVALUATIONS = 12
# Of a log entry: column, decimals.
_MEASURED = {
    "eval_loss": ("loss", 4),
    "eval_f1": ("SII F1", 3),
    "eval_pce_mae": ("MDP MAE of PCE [%]", 2),
    "eval_pce_readable": ("MDP readable", 2),
}
_TASK_ROWS = {"sii": "SII rows", "mdp": "MDP recipes"}


def training_card(name: str, summary: dict, settings: dict, origins: dict[str, str]) -> str:
    """The card as Markdown with a YAML head.

    `summary` and `settings` are the contents of train_summary.json and prompt_style.json, `origins`
    tell what data files are by their SHA-256 (`masterkey.release.training_facts.known_data`).
    """
    base_model, is_adapter = base_model_of(summary), bool(summary["resolved"]["adapter"])
    facts = training_facts(summary, settings, base_model, origins)
    facts |= {
        "name": name,
        # train.py cannot choose a licence; the card says so.
        "metadata": metadata("other", base_model, is_adapter),
        "is_adapter": is_adapter,
        "is_synthetic": is_synthetic(_files(summary, "training"), origins),
        "trained_tasks": tasks_of(summary),
        "losses": [entry for entry in summary["log"] if "loss" in entry],
        "measured": _measured(summary, origins),
    }
    facts |= {key: summary[key] for key in ("n_parameters", "n_trained_parameters", "run")}
    return render("training_output.md.jinja", facts)


def _files(summary: dict, use: str) -> list[dict]:
    """The data files of training, or those of evaluation."""
    return [file for file in summary["data"] if file["use"] == use]


def _measured(summary: dict, origins: dict) -> dict | None:
    """What was measured on the evaluation rows; None where no rows were held out."""
    evaluation, run = summary["evaluation"], summary["run"]
    entries = [entry for entry in summary["log"] if "eval_loss" in entry]
    if not entries or not evaluation:
        return None
    files = _files(summary, "evaluation")
    shown = _shown(entries, run["saved_step"])
    names = [name for name in _MEASURED if any(name in entry for entry in entries)]
    return {
        "files": [file["file"] for file in files],
        "is_synthetic": is_synthetic(files, origins),
        "n_rows": evaluation["n_rows"],
        "answered": [f"the first {n} {_TASK_ROWS[t]}" for t, n in evaluation["n_answered"].items()],
        "decoding": evaluation["decoding"],
        "columns": ["step", "epoch", *(_MEASURED[name][0] for name in names)],
        "rows": [_evaluation_row(entry, names, run["saved_step"]) for entry in shown],
        "n": len(entries),
        "n_left_out": len(entries) - len(shown),
        "metric": evaluation["metric_for_best_model"],
        "greater_is_better": evaluation["greater_is_better"],
        "is_best_saved": run["best_step"] is not None and run["saved_step"] == run["best_step"],
    }


def _shown(entries: list[dict], saved: int) -> list[dict]:
    """The last evaluations, and that of the saved step, in the order of the steps."""
    last = entries[-_MOST_EVALUATIONS:]
    if all(entry["step"] != saved for entry in last):
        last = last[1:]
    return [entry for entry in entries if entry["step"] == saved or entry in last]


def _evaluation_row(entry: dict, names: list[str], saved: int) -> list[str]:
    """Step (bold where it is the saved one), epoch, and what was measured, as text."""
    step = f"{entry['step']:,}"
    return [
        f"**{step}**" if entry["step"] == saved else step,
        number_text(entry.get("epoch"), 2),
        *(number_text(entry.get(name), _MEASURED[name][1]) for name in names),
    ]
