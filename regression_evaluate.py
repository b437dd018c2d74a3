"""Score predictions of Voc, Jsc, FF and PCE (MDP): tables, parity plots, regression_scores.json.

    python regression_evaluate.py runs/mdp.jsonl
    python regression_evaluate.py runs/mdp.jsonl runs/mean.jsonl runs/random_forest.jsonl
    python regression_evaluate.py runs/mdp.jsonl --data_path data/regression40.json
    python regression_evaluate.py published_output.txt --published_limits

Takes the files of regression_test.py and regression_baseline.py, and the text that the published
test script prints. Several files of the same rows give one table and a paired comparison of each
with the first. A file of which rows are missing, as of a run that was killed, is scored with --partial
only. Every row counts: an unreadable prediction is scored as the mean of the answers, and
`n` and `n_parsed` stand beside each score. 95 % intervals come from resampling whole recipes (2,000
times, seeded). The rules: masterkey/scoring/mdp_scores.py.

Written beside the first file (or to --output_path): regression_scores.json, and for each file
<name>_parity.png and .svg.
"""

import math
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from masterkey.rows.prediction_files import unique_names
from masterkey.rows.predictions import read_header
from masterkey.rows.records import is_synthetic
from masterkey.scoring import mdp_scores as scoring
from masterkey.scoring.arguments import EvaluationArguments
from masterkey.scoring.figures.mdp import parity_figure
from masterkey.scoring.mdp_files import Scored, load_files
from masterkey.scoring.mdp_report import print_report
from masterkey.scoring.resampling import LEVEL
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.figures import write_figure
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import provenance


@dataclass
class Arguments(EvaluationArguments):
    pce_bins: list[float] = field(
        default_factory=lambda: [5.0, 10.0, 15.0, 18.0],
        metadata={"help": "edges of the PCE classes in %"},
    )
    plot: bool = field(
        default=True, metadata={"help": "draw parity plots; --no_plot leaves them out"}
    )
    published_limits: bool = field(
        default=False,
        metadata={"help": "axes of the published plots: 0.5–1.2 V, 5–25 mA/cm², 0–20 %"},
    )


def main(arguments: Arguments) -> None:
    check(arguments)
    files = load_files(arguments.predictions, arguments.data_path, partial=arguments.partial)
    report = score_files(files, arguments)
    folder = Path(arguments.predictions[0]).parent
    output_path = Path(arguments.output_path or folder / "regression_scores.json")
    write_json(output_path, report)
    print_report(report)
    print(f"\nScores: {output_path}")
    if arguments.plot:
        places = [output_path.parent / name for name in unique_names(arguments.predictions)]
        draw(files, report, places, arguments.published_limits)


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that make no sense."""
    arguments.check()
    bins = arguments.pce_bins
    rising = all(low < high for low, high in pairwise(bins))
    if not rising or not all(map(math.isfinite, bins)):
        edges = " ".join(f"{edge:g}" for edge in bins)
        raise UserError(f"--pce_bins {edges}: must be rising numbers, such as 5 10 15 18.")


def score_files(files: list[Scored], arguments: Arguments) -> dict:
    """The content of regression_scores.json: the first file's scores, then the `others`."""
    first, *others = files
    seed, n_resamples = arguments.seed, arguments.n_resamples
    n_synthetic = sum(is_synthetic([id]) for id in first.ids)
    data_paths = [*arguments.predictions, *filter(None, [arguments.data_path])]
    scores = [
        {
            "name": scored.name,
            "settings": read_header(path).get("settings"),
            "n_expected": scored.n_expected,
            **scoring.score_file(scored, seed, n_resamples),
            **scoring.score_device(scored, arguments.pce_bins),
        }
        for scored, path in zip(files, arguments.predictions, strict=True)
    ]
    for scored, other in zip(others, scores[1:], strict=True):
        other["difference_to_first"] = scoring.compare_files(first, scored, seed, n_resamples)
    return {
        "synthetic": n_synthetic > 0,
        "n_synthetic": n_synthetic,
        "recipes_known": first.recipes_known,
        **scores[0],
        "noise_floor": scoring.noise_floor(first.reference, first.recipes),
        "constant": scoring.score_file(scoring.constant(first), seed, n_resamples),
        "others": scores[1:],
        "unreadable": "scored as the mean of the answers",
        "seed": seed,
        "n_resamples": n_resamples,
        "interval_level": LEVEL,
        "provenance": provenance(data_paths),
    }


def draw(files: list[Scored], report: dict, places: list[Path], published_limits: bool) -> None:
    """One parity figure per file, as <place>_parity.png and .svg."""
    for scored, scores, place in zip(files, [report, *report["others"]], places, strict=True):
        figure = parity_figure(
            scored,
            scores,
            report["noise_floor"],
            published_limits=published_limits,
            synthetic=report["synthetic"],
        )
        paths = write_figure(figure, place.with_name(f"{place.name}_parity"))
        print(f"Plots: {' '.join(map(str, paths))}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
