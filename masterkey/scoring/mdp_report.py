"""The scores of MDP predictions as Markdown tables, for a terminal or a README."""

from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS
from masterkey.scripting.tables import (
    markdown_table,
    number_text,
    rows_text,
    synthetic_mark,
    with_interval,
)

CONSTANT = "(constant: mean of these answers)"
FLOOR = "(noise floor of repeated recipes)"


def print_report(report: dict) -> None:
    """Print the content of regression_scores.json."""
    files = [report, *report["others"]]
    mark = synthetic_mark(report)
    print(f"# MDP: {rows_text(report, report['n'])} rows of {report['n_recipes']} recipes{mark}\n")
    print(_notes(report, files))
    for name in MDP_TARGETS:
        unit = f" [{TARGET_UNITS[name]}]" if TARGET_UNITS[name] else ""
        print(f"\n## {name}{unit}{mark}\n")
        print(target_table(name, files, report))
    if report["others"]:
        print(f"\n## MAE minus that of {report['name']}: below 0 is better{mark}\n")
        print(difference_table(report["others"]))
    stated = [scores for scores in files if _states_intervals(scores)]
    if stated:
        print(f"\n## Prediction intervals: share of measured values inside, mean width{mark}\n")
        print(interval_table(stated))
    print(f"\n## Voc·Jsc·FF − PCE [% of one sun]{mark}\n")
    print(physics_table(files))
    for scores in files:
        print(f"\n## PCE classes [%], {scores['name']}{mark}\n")
        print(class_table(scores["pce_classes"]))


def _notes(report: dict, files: list[dict]) -> str:
    level = f"{report['interval_level'] * 100:g} %"
    unit = "recipes" if report["recipes_known"] else "rows"
    notes = [
        f"Brackets: {level} intervals, {report['n_resamples']:,} resamples of {unit}, "
        f"seed {report['seed']}.",
        f"An unreadable prediction is {report['unreadable']}.",
    ]
    if not report["recipes_known"]:
        notes.append(
            "The predictions lack their inputs, so repeated recipes are unknown and the intervals "
            "too narrow: name the data file with --data_path."
        )
    if report["n"] < (report.get("n_expected") or 0):
        notes.append(
            f"Scored are {rows_text(report, report['n'])} rows, those that a stopped run had predicted: "
            "predicted in the order of their length, they are no fair sample."
        )
    for scores in files:
        impossible = sum(target["n_impossible"] for target in scores["targets"].values())
        if impossible:
            notes.append(f"{scores['name']}: values that no cell can have (scored): {impossible}.")
    return "\n".join(notes)


def target_table(name: str, files: list[dict], report: dict) -> str:
    """One row per file, then what a constant reaches and what no function of the recipe can."""
    header = ["predictions", "n", "parsed", "MAE", "RMSE", "R²"]
    header += ["median abs. error", "error mean", "error variance"]
    d = DECIMALS[name].scored
    rows = [
        _target_row(scores["name"], scores["targets"][name], d)
        for scores in (*files, report["constant"] | {"name": CONSTANT})
    ]
    floor = report["noise_floor"][name]
    rows.append([FLOOR, str(floor["n"]), "", number_text(floor["mae"], d), *[""] * 5])
    rows[-2][2] = ""  # a constant is not parsed
    return markdown_table(header, rows)


def _target_row(name: str, scores: dict, d: int) -> list[str]:
    return [
        name,
        str(scores["n"]),
        str(scores["n_parsed"]),
        with_interval(scores["mae"], scores["mae_ci"], d),
        with_interval(scores["rmse"], scores["rmse_ci"], d),
        with_interval(scores["r2"], scores["r2_ci"], 2),
        number_text(scores["median_absolute_error"], d),
        number_text(scores["error_mean"], d),
        number_text(scores["error_variance"], d + 1),
    ]


def difference_table(others: list[dict]) -> str:
    """Paired differences in MAE to the first file, one row per other file."""
    header = ["predictions", *(f"{name} {TARGET_UNITS[name]}".strip() for name in MDP_TARGETS)]
    rows = []
    for scores in others:
        row = [scores["name"]]
        for name, difference in scores["difference_to_first"].items():
            if difference is None:
                row.append("–")
                continue
            d = DECIMALS[name].scored
            text = with_interval(difference["mae_difference"], difference["ci"], d, sign="+")
            row.append(f"{text}, p {difference['p']:.2g}")
        rows.append(row)
    return markdown_table(header, rows)


def _states_intervals(scores: dict) -> bool:
    return any(target["interval"] for target in scores["targets"].values())


def interval_table(files: list[dict]) -> str:
    """One row per file and target: what the intervals should cover, what they do, how wide they are."""
    header = [
        "predictions",
        "target",
        "n",
        "stated",
        "covered",
        "covered, recipes equal",
        "mean width",
    ]
    rows = []
    for scores in files:
        level = (scores["settings"] or {}).get("interval_level")
        for name, target in scores["targets"].items():
            found = target["interval"]
            if found is None:
                continue
            unit = f" {TARGET_UNITS[name]}" if TARGET_UNITS[name] else ""
            rows.append(
                [
                    scores["name"],
                    name,
                    str(found["n"]),
                    number_text(level, 2),
                    with_interval(found["coverage"], found["coverage_ci"], 3),
                    number_text(found["coverage_of_recipes"], 3),
                    number_text(found["mean_width"], DECIMALS[name].scored) + unit,
                ]
            )
    return markdown_table(header, rows)


def error_table(scores: dict, floor: dict) -> str:
    """The MAE of each target beside its noise floor; coverage and width where intervals are stated.

    `scores` is of `score_file`, `floor` of `noise_floor`.
    """
    header = ["target", "n", "MAE", "noise floor"]
    stated = _states_intervals(scores)
    header += ["inside interval", "mean width"] if stated else []
    rows = []
    for name, target in scores["targets"].items():
        d, found = DECIMALS[name].scored, target["interval"] or {}
        row = [
            f"{name} [{TARGET_UNITS[name]}]" if TARGET_UNITS[name] else name,
            str(target["n"]),
            with_interval(target["mae"], target["mae_ci"], d),
            number_text(floor[name]["mae"], d),
        ]
        if stated:
            row.append(with_interval(found.get("coverage"), found.get("coverage_ci"), 3))
            row.append(number_text(found.get("mean_width"), d))
        rows.append(row)
    return markdown_table(header, rows)


def physics_table(files: list[dict]) -> str:
    """How far the measured and the predicted rows miss the product."""
    header = ["rows", "n", "mean", "mean abs.", "median abs.", "abs. above 0.2"]
    residuals = [("(measured)", files[0]["physics_residual"]["reference"])]
    residuals += [(scores["name"], scores["physics_residual"]["prediction"]) for scores in files]
    rows = [
        [
            name,
            str(residual["n"]),
            *(
                number_text(residual[key], 2)
                for key in ("mean", "mean_absolute", "median_absolute")
            ),
            str(residual["n_above_0.2"]),
        ]
        for name, residual in residuals
    ]
    return markdown_table(header, rows)


def class_table(classes: dict) -> str:
    """The confusion matrix (rows measured, columns predicted) with the accuracies below."""
    header = ["measured \\ predicted", *classes["classes"], "unreadable"]
    named = zip(classes["classes"], classes["confusion"], strict=True)
    table = markdown_table(header, [[name, *map(str, counts)] for name, counts in named])
    accuracy = number_text(classes["accuracy"], 3)
    commonest = number_text(classes["commonest_class_accuracy"], 3)
    return f"{table}\n\nAccuracy {accuracy}; the commonest class alone {commonest}."
