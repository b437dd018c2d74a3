"""The agreement of two readings as Markdown tables."""

from masterkey.schema.fields import SII_FIELDS
from masterkey.scripting.tables import markdown_table, number_text, synthetic_mark, with_interval

SHOWN_CHANGES = 20


def agreement_text(report: dict) -> str:
    """The content of sii_agreement.json as Markdown."""
    mark = synthetic_mark(report)
    title = f"# Agreement of {report['first']} and {report['second']}: {report['n_papers']} papers"
    sections = [
        (f"{title}{mark}", _notes(report)),
        (f"## In all and by group{mark}", _group_table(report)),
        (f"## Fields{mark}", _field_table(report)),
    ]
    if report["confidence"]:
        sections.append((f"## Confidence of {report['first']}{mark}", _reliability(report)))
    if report["changes"]:
        sections.append((f"## Values that differ{mark}", _change_table(report["changes"])))
    return "\n\n".join(f"{title}\n\n{body}" for title, body in sections) + "\n"


def _notes(report: dict) -> str:
    lines = [
        f"Brackets: {report['interval_level'] * 100:g} % intervals, {report['n_resamples']:,} "
        f"resamples of papers, seed {report['seed']}. Equal: in canonical form (docs/scoring.md); a "
        "field that is missing counts as not stated.",
        "Kappa: what the agreement has beyond chance, 1 is all and 0 nothing; – where both always say "
        "the same, so that chance is all there is.",
    ]
    if n_left := report["n_in_one_only"]:
        papers = "paper" if n_left == 1 else "papers"
        lines.append(f"Left out: {n_left} {papers} that only one of the two has.")
    if report["is_review"]:
        lines.append(
            f"{report['second']} was made by looking at the values of {report['first']}: such an agreement "
            "is higher than that of two who read without knowing of each other."
        )
    return "\n".join(lines)


def _group_table(report: dict) -> str:
    rows = [
        [name, f"{own['n_equal']}/{own['n']}", *_figures(own)]
        for name, own in {"all": report["all"], **report["groups"]}.items()
    ]
    return markdown_table(["fields", "equal", "share", "kappa", "F1 of parts"], rows)


def _field_table(report: dict) -> str:
    header = ["field", "equal", "share", "kappa", "F1 of parts", "added", "removed", "altered"]
    rows = []
    for field in SII_FIELDS:
        own = report["fields"][field]
        kinds = [str(own[f"n_{kind}"]) for kind in ("added", "removed", "altered")]
        rows.append([field, f"{own['n_equal']}/{own['n']}", *_figures(own), *kinds])
    table = markdown_table(header, rows)
    return (
        f"{table}\n\nAdded: stated by {report['second']} only; removed: by {report['first']} only; "
        "altered: stated otherwise."
    )


def _figures(own: dict) -> list[str]:
    return [with_interval(own[name], own[f"{name}_ci"]) for name in ("equal", "kappa", "f1")]


def _reliability(report: dict) -> str:
    """Bins of confidence against the share that was left as it is, and what that means."""
    found = report["confidence"]
    rows = [
        [
            f"{own['lowest']:.3f}–{own['highest']:.3f}",
            number_text(own["confidence"]),
            str(own["n"]),
            with_interval(own["unchanged"], own["unchanged_ci"]),
        ]
        for own in found["bins"]
    ]
    table = markdown_table(["confidence", "mean", "values", "share unchanged"], rows)
    return f"{table}\n\n{_verdict(found)}"


def _verdict(found: dict) -> str:
    gap = found["mean_confidence"] - found["share_unchanged"]
    direction = "more sure of itself" if gap > 0 else "less sure of itself"
    sentences = [
        f"Of {found['n_values']:,} values with a confidence {found['n_changed']:,} differ. The mean "
        f"confidence is {found['mean_confidence']:.3f} and {found['share_unchanged']:.3f} stand: it is "
        f"by {abs(gap):.3f} {direction} than it should be; over the bins the distance is "
        f"{found['expected_calibration_error']:.3f}."
    ]
    if found["changes_among_least_confident"] is not None:
        sentences.append(
            f"The least confident {found['least_confident_share'] * 100:g} % of the values hold "
            f"{found['changes_among_least_confident'] * 100:.0f} % of the changes."
        )
    return " ".join(sentences)


def _in_table(value: str) -> str:
    return value.replace("|", "\\|") or "–"


def _change_table(changes: list[dict]) -> str:
    """The first values that differ; all are in sii_agreement.json."""
    rows = [
        [
            own["id"],
            own["field"],
            _in_table(own["first"]),
            _in_table(own["second"]),
            number_text(own["confidence"]),
        ]
        for own in changes[:SHOWN_CHANGES]
    ]
    table = markdown_table(["paper", "field", "first", "second", "confidence"], rows)
    rest = len(changes) - SHOWN_CHANGES
    return f"{table}\n\nAnd {rest:,} more, in sii_agreement.json." if rest > 0 else table
