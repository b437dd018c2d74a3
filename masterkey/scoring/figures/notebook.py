"""What sii_evaluate.ipynb shows: headings, tables, figures and the worst papers."""

from pathlib import Path

import numpy as np

from masterkey.scoring import sii_report
from masterkey.scoring.figures import sii as sii_plots
from masterkey.scoring.figures.calibration import calibration_figure, has_confidence
from masterkey.scoring.figures.paper import compare_paper, escape, paper_html
from masterkey.scoring.published import paper_outcome
from masterkey.scoring.sii_scores import Evaluation, evaluate
from masterkey.scripting.command_line import UserError
from masterkey.scripting.tables import synthetic_mark

NOTEBOOK = "sii_evaluate.ipynb"


def load(
    predictions_path: str,
    baseline_paths: str,
    train_path: str,
    seed: int,
    n_resamples: int,
    partial: bool = False,
) -> Evaluation:
    """Score the prediction file and the baselines (paths parted by blanks, may be none).

    Raises `UserError` where a file is not there, before anything is scored, and where one lacks rows,
    unless `partial`.
    """
    paths = {
        "predictions_path": [predictions_path],
        "baseline_paths": baseline_paths.split(),
        "train_path": [train_path],
    }
    for parameter, named in paths.items():
        for path in named:
            if not Path(path).exists():
                raise UserError(
                    f"{path}: no such file; run `make demo` first, or name a file that is there: "
                    f"papermill {NOTEBOOK} out.ipynb -p {parameter} FILE."
                )
    files = [predictions_path, *paths["baseline_paths"]]
    return evaluate(files, None, train_path, seed, n_resamples, partial=partial)


def heading(title: str, evaluation: Evaluation, level: int = 2):
    """A heading that says whether the data are synthetic."""
    from IPython.display import Markdown

    return Markdown(f"{'#' * level} {title}{synthetic_mark(evaluation.report)}")


def headline(evaluation: Evaluation):
    """The tables of sii_evaluate.py that matter first, with the baselines and the published row."""
    from IPython.display import Markdown

    scores = evaluation.report
    mark = synthetic_mark(scores)
    files = sii_report.leaderboard(scores)
    sections = [
        sii_report.notes(scores).replace("\n", "\n\n"),
        f"### Sound track: by value, every paper counts{mark}",
        sii_report.headline_table(files),
        f"### Sound track: reading beyond the most frequent value{mark}",
        sii_report.reading_table(files),
        f"### Paper-parity track: the published arithmetic, defects included{mark}",
        sii_report.paper_section(files),
    ]
    if scores["others"]:
        sections += [
            f"### Paired differences to {scores['name']}: above 0 is better{mark}",
            sii_report.difference_table(scores["others"]),
        ]
    return Markdown("\n\n".join(sections))


def image(figure):
    """A figure as a PNG image; its title is the alternative text."""
    from IPython.display import Image

    return Image(sii_plots.png(figure), alt=figure.get_suptitle())


def confidence(evaluation: Evaluation):
    """The calibration figure, or a sentence where no file states its confidence."""
    from IPython.display import Markdown

    if not has_confidence(evaluation):
        return Markdown(
            "None of these files states its confidence; `sii_test.py` does (with skeleton decoding), "
            "and `sii_baseline.py --method fields`."
        )
    return image(calibration_figure(evaluation))


def worst_papers(evaluation: Evaluation, n_worst: int) -> list[int]:
    """Places of the `n_worst` papers with the lowest sound F1, worst first.

    Papers without F1 (neither answer reports anything) are none of them.
    """
    f1 = evaluation.first.sound.tally.paper_f1()
    order = np.argsort(f1, kind="stable")
    return [int(place) for place in order[: max(n_worst, 0)] if np.isfinite(f1[place])]


def worst_papers_html(evaluation: Evaluation, worst: list[int]):
    """The papers at `worst`, each with excerpt, reference and prediction side by side."""
    from IPython.display import HTML

    mark = synthetic_mark(evaluation.report)
    pieces = [
        f"<h3>Worst {rank}: {escape(evaluation.first.file.ids[place])}{mark}</h3>"
        + _paper_section(evaluation, place)
        for rank, place in enumerate(worst, 1)
    ]
    return HTML("\n".join(pieces) or "<p>No paper to show.</p>")


def _paper_section(evaluation: Evaluation, place: int) -> str:
    file = evaluation.first.file
    reference, prediction = file.references[place], file.predictions[place]
    n_right = sum(own.is_right for own in compare_paper(reference, prediction))
    f1 = evaluation.first.sound.tally.paper_f1()[place]
    outcome, parity = paper_outcome(reference, prediction)
    parity_text = f"{parity['ie'].f1:.3f}" if parity else f"none ({outcome})"
    summary = (
        f"<p>Sound F1 {f1:.3f}; paper-parity IE F1 {parity_text}; {n_right} of {len(reference)} "
        f"fields right; the prediction has {len(prediction)} fields.</p>"
    )
    return summary + paper_html(reference, prediction, file.texts[place])
