"""The model card that train.py leaves in its output folder: README.md.

Its figures are those of the run (train_summary.json): losses, and scores of the evaluation rows. They
are said to be no test scores. export.py writes the card of a release, with test scores.
"""

from masterkey.release.card_sections import (
    CITATION,
    INTRODUCTION,
    base_model_of,
    head,
    is_synthetic,
    licence_notes,
    prediction_commands,
    prompt,
    tasks_of,
    training,
)
from masterkey.scripting.tables import markdown_table, number_text

_FOLDER = "PATH_TO_THIS_FOLDER"
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
    tell what data files are by their SHA-256 (`masterkey.release.card_sections.known_data`).
    """
    base_model = base_model_of(summary)
    is_adapter = bool(summary["resolved"]["adapter"])
    tasks = tasks_of(summary)
    sections = [
        head("other", base_model, is_adapter),
        _introduction(name, summary, base_model, is_adapter, origins),
        _use(tasks, is_adapter, base_model),
        prompt(settings, tasks),
        _scores(summary, tasks, origins),
        training(summary, origins),
        _licence(summary, base_model, origins),
        f"## Citation\n\n{CITATION}",
    ]
    return "\n\n".join(sections) + "\n"


def _introduction(name: str, summary: dict, base_model, is_adapter: bool, origins: dict) -> str:
    n, n_trained = summary["n_parameters"], summary["n_trained_parameters"]
    if is_adapter:
        what = f"A LoRA adapter of `{base_model}` with {n_trained:,} trained parameters."
    elif base_model:
        what = f"Fine-tuned from `{base_model}`: {n:,} parameters, all of them trained."
    else:
        what = f"Trained from scratch: {n:,} parameters."
    tasks = " and ".join(map(str.upper, tasks_of(summary)))
    what += f" Its training rows are {tasks} rows." if tasks else ""
    data = [file for file in summary["data"] if file["use"] == "training"]
    warning = (
        "\n\n**Trained on SYNTHETIC data (invented papers and devices): it shows that the programs "
        "work, and is of no use for real papers or real solar cells.**"
        if is_synthetic(data, origins)
        else ""
    )
    return f"# {name}\n\n{INTRODUCTION} {what}{warning}"


def _use(tasks: list[str], is_adapter: bool, base_model: str | None) -> str:
    lines = ["## Use", ""]
    if is_adapter:
        lines += [
            f"This folder holds an adapter, not a model: `{base_model}` is needed, too, where "
            "adapter_config.json says that it is. The scripts merge the two as they load them. A plain "
            "checkpoint of both, for other programs:",
            *("", "```", f"python export.py --model {_FOLDER} --output_dir MERGED", "```", ""),
        ]
    interactive = f"python infer.py --model {_FOLDER}" + (" --task mdp" if tasks == ["mdp"] else "")
    return "\n".join(
        [
            *lines,
            "New papers or devices, as JSON rows with `instruction` and `input`; or one after another:",
            *("", "```"),
            *(*prediction_commands(_FOLDER, tasks), interactive),
            "```",
        ]
    )


def _scores(summary: dict, tasks: list[str], origins: dict) -> str:
    lines = [
        "## Scores",
        "",
        "**No test score yet.** Rows that neither training nor the choice of a checkpoint saw give one; "
        "export.py puts it into the card of a release:",
        *("", "```", *_test_commands(tasks), "```", ""),
        "### Measured during training",
        "",
        *_training_loss(summary),
        *_evaluations(summary, origins),
    ]
    return "\n".join(lines)


def _test_commands(tasks: list[str]) -> list[str]:
    lines = {
        "sii": [
            f"python sii_test.py --model {_FOLDER} --data_path TEST.json --output_path sii.jsonl",
            "python sii_evaluate.py sii.jsonl",
        ],
        "mdp": [
            f"python regression_test.py --model {_FOLDER} --data_path TEST.json --output_path mdp.jsonl",
            "python regression_evaluate.py mdp.jsonl",
        ],
    }
    return [line for task in tasks or lines for line in lines[task]]


def _training_loss(summary: dict) -> list[str]:
    logged = [entry for entry in summary["log"] if "loss" in entry]
    if not logged:
        return ["Training loss: not logged (`--logging_steps` was larger than the run)."]
    first, last = logged[0], logged[-1]
    return [
        f"Training loss, the mean of the steps since the log line before: "
        f"{number_text(first['loss'], 4)} at step {first['step']:,}, {number_text(last['loss'], 4)} "
        f"at step {last['step']:,}, the last one logged.",
    ]


def _evaluations(summary: dict, origins: dict) -> list[str]:
    entries = [entry for entry in summary["log"] if "eval_loss" in entry]
    if not entries or not summary["evaluation"]:
        return ["", "No rows were held out to evaluate on (`--eval_data_path`)."]
    saved = summary["run"]["saved_step"]
    shown = [entry for entry in entries if entry["step"] == saved or entry in _last(entries, saved)]
    names = [name for name in _MEASURED if any(name in entry for entry in entries)]
    header = ["step", "epoch", *(_MEASURED[name][0] for name in names)]
    rows = [
        [
            f"**{entry['step']:,}**" if entry["step"] == saved else f"{entry['step']:,}",
            number_text(entry.get("epoch"), 2),
            *(number_text(entry.get(name), _MEASURED[name][1]) for name in names),
        ]
        for entry in shown
    ]
    left_out = len(entries) - len(shown)
    return [
        "",
        _what_was_evaluated(summary, origins),
        "",
        markdown_table(header, rows),
        "",
        _saved(summary)
        + (
            f" Of {len(entries)} evaluations {left_out} earlier ones are not shown."
            * (left_out > 0)
        ),
    ]


def _last(entries: list[dict], saved: int) -> list[dict]:
    """The last evaluations, one fewer than fit, where that of the saved step is to be added."""
    last = entries[-_MOST_EVALUATIONS:]
    return last if any(entry["step"] == saved for entry in last) else last[1:]


def _what_was_evaluated(summary: dict, origins: dict) -> str:
    evaluation = summary["evaluation"]
    files = [file for file in summary["data"] if file["use"] == "evaluation"]
    mark = " **SYNTHETIC DATA.**" if is_synthetic(files, origins) else ""
    names = " and ".join(file["file"] for file in files)
    answered = [f"the first {n} {_TASK_ROWS[task]}" for task, n in evaluation["n_answered"].items()]
    if not answered:
        return f"Evaluation on the {evaluation['n_rows']} rows of {names}: the loss alone.{mark}"
    return (
        f"Evaluation on {names}: the loss is that of all {evaluation['n_rows']} rows; the scores are of "
        f"answers to {' and '.join(answered)} (sound track, {evaluation['decoding']} decoding; "
        "an unreadable PCE counts as the mean of the file), too few to compare models by."
        f"{mark}"
    )


def _saved(summary: dict) -> str:
    run, evaluation = summary["run"], summary["evaluation"]
    early = " (early stopping)" if run["step"] < run["max_steps"] else ""
    ended = f"The run ended at step {run['step']:,} of {run['max_steps']:,}{early}"
    metric = evaluation["metric_for_best_model"]
    if run["best_step"] is None or run["saved_step"] != run["best_step"]:
        return f"{ended}; the weights in this folder are those of its last step."
    better = "greater" if evaluation["greater_is_better"] else "smaller"
    value = number_text(run["best_metric"], 4)
    return (
        f"{ended}; the weights in this folder are those of step {run['saved_step']:,}, the best by "
        f"`{metric}` ({value}; {better} is better). On new rows it will be "
        "worse: it chose them."
    )


def _licence(summary: dict, base_model: str | None, origins: dict) -> str:
    notes = [
        "train.py cannot choose a licence for these weights; before you pass them on, choose one "
        "(`license:` above) that these allow:",
        *licence_notes(summary, base_model, origins),
    ]
    return "## Licence\n\n" + "\n".join(notes)
