"""The scores of SII predictions as Markdown tables, for a terminal or a README."""

from masterkey.schema.fields import GROUPS, SII_FIELDS
from masterkey.scoring.published import PUBLISHED_CAVEATS, PUBLISHED_LLAMA_7B
from masterkey.scripting.tables import (
    markdown_table,
    number_text,
    rows_text,
    synthetic_mark,
    with_interval,
)

PUBLISHED_NAME = "LLaMA-7B, published"
CONSTANT_NAME = "(constant)"
SKILLS = ("deduction", "normalisation", "summarisation")
RELATIONS = {
    "layer_procedure": "(layer, procedure)",
    "layer_additive": "(layer, additive)",
    "step_annealing": "(step, temperature, time)",
}
COMPARED = {
    "f1": "F1",
    "macro_f1_papers": "macro F1",
    "exact_match": "exact match",
    "informative_accuracy": "informative accuracy",
    **{f"groups.{group}.f1": f"F1 {group}" for group in GROUPS},
    **{f"relations.{kind}.f1": f"F1 {label}" for kind, label in RELATIONS.items()},
}


def markdown_report(report: dict) -> str:
    """The content of sii_scores.json as Markdown: both tracks, comparisons, fields."""
    mark = synthetic_mark(report)
    files = leaderboard(report)
    sections = [
        (f"# SII: {rows_text(report, report['strict']['n_papers'])} papers{mark}", notes(report)),
        (f"## Sound track{mark}", headline_table(files)),
        (f"## Sound track: reading beyond the most frequent value{mark}", reading_table(files)),
        (f"## Sound track: F1 by group and relation{mark}", group_table(files)),
        (f"## Sound track: right answers that the text does not state{mark}", skill_table(files)),
        (f"## Paper-parity track{mark}", paper_section(files)),
    ]
    if any(scores.get("calibration") for scores in files):
        title = f"## Confidence, over all values{mark}"
        sections.append((title, calibration_table(files)))
    if report["others"]:
        title = f"## Paired differences to {report['name']}: above 0 is better{mark}"
        sections.append((title, difference_table(report["others"])))
    sections.append((f"## Fields, {report['name']}{mark}", field_table(report["strict"])))
    return "\n\n".join(f"{title}\n\n{body}" for title, body in sections) + "\n"


def calibration_table(files: list[dict]) -> str:
    """How far the confidence of each file that states one can be believed."""
    header = ["predictions", "mean confidence", "share right", "calibration error"]
    header += ["right among the most confident half"]
    names = ("mean_confidence", "share_right", "expected_calibration_error")
    rows = [
        [scores["name"]]
        + [number_text(scores["calibration"][name]) for name in names]
        + [number_text(scores["calibration"]["share_right_of_most_confident_half"])]
        for scores in files
        if scores.get("calibration")
    ]
    return markdown_table(header, rows)


def paper_section(files: list[dict]) -> str:
    return "\n\n".join([paper_table(files), paper_group_table(files), published_notes()])


def leaderboard(report: dict) -> list[dict]:
    """All scored files and the constant, the best F1 of the sound track first."""
    files = [report, *report["others"], report["constant"]]
    return sorted(files, key=lambda scores: -(scores["strict"]["f1"] or 0))


def notes(report: dict) -> str:
    strict = report["strict"]
    lines = [
        f"Brackets: {report['interval_level'] * 100:g} % intervals, {report['n_resamples']:,} "
        f"resamples of papers, seed {report['seed']}. Rules: docs/scoring.md.",
        f"Informative cells: {strict['n_informative']:,} of {strict['n_cells']:,} answers differ "
        f"from the most frequent one {report['majority_from']}; a constant gets next to none of them right.",
        f"{CONSTANT_NAME}: the same answer to every paper, each field's most frequent value.",
    ]
    n_scored = strict["n_papers"]
    if n_scored < (report.get("n_expected") or 0):
        lines.append(
            f"Scored are {rows_text(report, n_scored)} papers, those that a stopped run had predicted: "
            "predicted in the order of their length, they are no fair sample."
        )
    return "\n".join(lines)


def headline_table(files: list[dict]) -> str:
    header = ["predictions", "F1", "precision", "recall", "macro F1 papers", "macro F1 fields"]
    header += ["exact match", "parsed"]
    rows = []
    for scores in files:
        strict = scores["strict"]
        names = ("precision", "recall", "macro_f1_papers", "macro_f1_fields", "exact_match")
        cells = [figure_text(strict, "f1"), *(number_text(strict[name]) for name in names)]
        rows.append([scores["name"], *cells, f"{strict['n_parsed']}/{strict['n_papers']}"])
    return markdown_table(header, rows)


def reading_table(files: list[dict]) -> str:
    """What a constant cannot have: values other than the most frequent, and when to be silent."""
    header = ["predictions", "informative accuracy", "presence F1", "hallucination rate"]
    header += ["omission rate"]
    names = ("informative_accuracy", "presence_f1", "hallucination_rate", "omission_rate")
    rows = [
        [scores["name"], *(figure_text(scores["strict"], name) for name in names)]
        for scores in files
    ]
    return markdown_table(header, rows)


def group_table(files: list[dict]) -> str:
    header = ["predictions", *GROUPS, *RELATIONS.values()]
    rows = []
    for scores in files:
        strict = scores["strict"]
        groups = [figure_text(strict["groups"][group], "f1") for group in GROUPS]
        relations = [figure_text(strict["relations"][kind], "f1") for kind in RELATIONS]
        rows.append([scores["name"], *groups, *relations])
    return markdown_table(header, rows)


def skill_table(files: list[dict]) -> str:
    """Hits of those that count, with the share and its interval."""
    rows = []
    for scores in files:
        skills = scores["strict"]["skills"]
        cells = [
            f"{skills[skill]['hits']}/{skills[skill]['n']} = {figure_text(skills[skill], 'accuracy')}"
            for skill in SKILLS
        ]
        rows.append([scores["name"], *cells])
    table = markdown_table(["predictions", *SKILLS], rows)
    skills = files[0]["strict"]["skills"]
    each = [
        f"{skill}: "
        + ", ".join(f"{field} {own['n']}" for field, own in skills[skill]["fields"].items())
        for skill in SKILLS
    ]
    return f"{table}\n\nParts that count, in {skills['n_papers_with_text']} papers with text:\n" + (
        "\n".join(f"- {line}" for line in each)
    )


def paper_table(files: list[dict]) -> str:
    """Published arithmetic; the published figures of LLaMA-7B as the last row."""
    header = ["predictions", "scored", "dropped", "failed", "IE precision", "IE recall", "IE F1"]
    header += ["ab F1", "ac F1", "abc_d F1"]
    rows = []
    for name, paper in _paper_rows(files):
        counts = [str(paper.get(f"n_{what}", "?")) for what in ("scored", "dropped", "failed")]
        ie = [number_text(paper["ie"][measure], 4) for measure in ("precision", "recall", "f1")]
        f1 = [number_text(paper[score]["f1"], 4) for score in ("ab", "ac", "abc_d")]
        rows.append([name, *counts, *ie, *f1])
    return markdown_table(header, rows)


def paper_group_table(files: list[dict]) -> str:
    """Published group F1 and skills (hits of those that count)."""
    rows = []
    for name, paper in _paper_rows(files):
        groups = [number_text(paper["groups"][group]["f1"], 4) for group in GROUPS]
        skills = paper["skills"] or {}
        found = [
            f"{skills[skill]['hits']}/{skills[skill]['total']}" if skills else "–"
            for skill in SKILLS
        ]
        rows.append([name, *groups, *found])
    return markdown_table(["predictions", *(f"{group} F1" for group in GROUPS), *SKILLS], rows)


def _paper_rows(files: list[dict]) -> list[tuple[str, dict]]:
    return [
        *((scores["name"], scores["paper"]) for scores in files),
        (PUBLISHED_NAME, PUBLISHED_LLAMA_7B),
    ]


def published_notes() -> str:
    """What must stand beside the published figures, and beside any figure of this track."""
    first = (
        "This track repeats the published arithmetic, defects included (masterkey/scoring/published.py); "
        "papers dropped or failed are left out of its averages. Of the published row, LLaMA-7B on "
        "the 40 held-out papers:"
    )
    return "\n".join([first, *(f"- {caveat}" for caveat in PUBLISHED_CAVEATS)])


def difference_table(others: list[dict]) -> str:
    """One column per other file: difference, interval, p-value of the paired bootstrap."""
    rows = []
    for name, label in COMPARED.items():
        differences = [scores["difference_to_first"][name] for scores in others]
        rows.append([label, *map(_difference, differences)])
    return markdown_table(["figure", *(scores["name"] for scores in others)], rows)


def _difference(compared: dict) -> str:
    if compared["difference"] is None:
        return "–"
    text = with_interval(compared["difference"], compared["ci"], sign="+")
    return f"{text}, p {compared['p']:.3f}"


def field_table(strict: dict) -> str:
    header = ["field", "F1", "exact match", "informative accuracy", "n informative"]
    header += ["hallucinated", "omitted"]
    rows = []
    for name in SII_FIELDS:
        own = strict["fields"][name]
        silent = own["n_cells"] - own["n_reported"]
        rows.append(
            [
                name,
                figure_text(own, "f1"),
                number_text(own["exact_match"]),
                number_text(own["informative_accuracy"]),
                str(own["n_informative"]),
                f"{own['n_hallucinated']}/{silent}",
                f"{own['n_omitted']}/{own['n_reported']}",
            ]
        )
    return markdown_table(header, rows)


def figure_text(scores: dict, name: str) -> str:
    """The figure `name` of `scores` with its interval."""
    return with_interval(scores[name], scores[f"{name}_ci"])
