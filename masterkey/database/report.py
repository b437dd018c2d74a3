"""What became of a Perovskite Database export: counts as a JSON-ready dict, and as text to read."""

from collections import Counter
from collections.abc import Sequence

from masterkey.database.export import Entry, Export
from masterkey.database.labels import Label
from masterkey.database.measurements import Measurement
from masterkey.database.paper_splits import SPLITS, PaperSplit
from masterkey.schema.fields import ANNEALING_TIME, MDP_FIELDS
from masterkey.schema.values import canonical_number, parse_value, reported_parts
from masterkey.scripting.tables import markdown_table


def export_report(export: Export) -> dict:
    """Rows, columns, papers, years and changed values of the file, and its form."""
    dois = [entry.doi for entry in export.entries]
    years = [entry.year for entry in export.entries if entry.year is not None]
    return {
        "n_rows": len(dois),
        "n_columns": export.n_columns,
        "n_papers": len(set(dois) - {""}),
        "n_papers_with_doi_in_several_spellings": export.n_respelled_papers,
        "n_rows_without_doi": dois.count(""),
        "years": [min(years), max(years)] if years else None,
        "n_rows_without_year": len(dois) - len(years),
        "separator": export.separator,
        "form": "NOMAD" if export.is_nomad else "Perovskite Database",
        "absent_columns": list(export.absent),
        "says_extraction_method": export.says_method,
        "n_rows_of_llm": sum(entry.is_llm for entry in export.entries),
        **_doubtful_annealing(export.entries),
        "n_values_changed": export.changes,
    }


# Annealing that long or short may be in the other unit: seconds of a record that does not say that a
# language model made it, minutes of one that does.
LONG_MINUTES, SHORT_MINUTES = 600, 0.5


def _doubtful_annealing(entries: Sequence[Entry]) -> dict[str, int]:
    longest = [
        (entry.is_llm, max(times))
        for entry in entries
        if (times := _numbers(entry.fields[ANNEALING_TIME]))
    ]
    return {
        "n_manual_annealing_of_10_h_or_more": sum(
            not llm and time >= LONG_MINUTES for llm, time in longest
        ),
        "n_llm_annealing_below_half_a_minute": sum(
            llm and 0 < time < SHORT_MINUTES for llm, time in longest
        ),
    }


def _numbers(value: str) -> list[float]:
    """The numbers of a value that was read: 'Unknown >> 2; 10' → [2, 10]."""
    parts = reported_parts(parse_value(ANNEALING_TIME, value))
    return [float(part) for part in parts if canonical_number(part) is not None]


def mdp_report(
    entries: Sequence[Entry],
    measurements: Sequence[Measurement],
    reasons: Sequence[str | None],
    split: PaperSplit,
) -> dict:
    """How many devices were dropped for which reason, and what the splits hold."""
    pairs = zip(entries, measurements, reasons, strict=True)
    kept = [(entry, measured) for entry, measured, reason in pairs if reason is None]
    rows: dict[str, list[Entry]] = {name: [] for name in SPLITS}
    for entry, _ in kept:
        rows[split.of(entry.paper)].append(entry)
    in_train = set(map(_recipe, rows["train"]))
    empty = Counter(
        name for _, measured in kept for name, number in measured.numbers.items() if number is None
    )
    copies = Counter((entry.paper, _recipe(entry), *entry.targets.values()) for entry, _ in kept)
    return {
        "n_kept": len(kept),
        "n_dropped": dict(Counter(filter(None, reasons)).most_common()),
        "n_inconsistent": sum(measured.is_inconsistent for _, measured in kept),
        "n_with_an_empty_target": dict(empty),
        "n_ff_in_percent": sum(measured.ff_was_percent for _, measured in kept),
        "n_exact_repeats": sum(copies.values()) - len(copies),
        "splits": {
            name: {
                "n_rows": len(of_split),
                "n_papers": len({entry.paper for entry in of_split}),
                "n_recipes": len(set(map(_recipe, of_split))),
                # What could be answered from memory.
                "n_rows_with_recipe_in_train": (
                    None if name == "train" else sum(_recipe(x) in in_train for x in of_split)
                ),
            }
            for name, of_split in rows.items()
        },
    }


def _recipe(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.fields[name] for name in MDP_FIELDS)


def sii_report(labels: Sequence[Label], left_out: dict[str, int], split: PaperSplit) -> dict:
    """How many papers have labels, and how many of these a text."""
    return {
        "n_labels": len(labels),
        "n_with_text": sum(label.text is not None for label in labels),
        "n_papers_left_out": left_out,
        "splits": {
            name: {
                "n_labels": sum(split.of(label.entry.doi) == name for label in labels),
                "n_with_text": sum(
                    split.of(label.entry.doi) == name and label.text is not None for label in labels
                ),
            }
            for name in SPLITS
        },
    }


def report_text(report: dict) -> str:
    """The report as tables for the terminal."""
    export, mdp, sii = report["export"], report["mdp"], report["sii"]
    fate = [
        ["rows of the export", _count(export["n_rows"])],
        *([f"dropped: {reason}", _count(n)] for reason, n in mdp["n_dropped"].items()),
        ["kept as MDP rows", _count(mdp["n_kept"])],
        ["of these: Voc·Jsc·FF is not PCE", _count(mdp["n_inconsistent"])],
        ["of these: FF given in percent", _count(mdp["n_ff_in_percent"])],
        *(
            [f"of these: no {name}", _count(n)]
            for name, n in sorted(mdp["n_with_an_empty_target"].items())
        ),
        *([f"papers without label: {x}", _count(n)] for x, n in sii["n_papers_left_out"].items()),
        *([f"values: {what}", _count(n)] for what, n in sorted(export["n_values_changed"].items())),
    ]
    header = ["split", "MDP rows", "papers", "recipes", "rows with a recipe in train"]
    header += ["SII labels", "with text"]
    of_splits = [
        [name, *map(_count, [*mdp["splits"][name].values(), *sii["splits"][name].values()])]
        for name in SPLITS
    ]
    parts = [_about_file(report), *_about_form(export)]
    parts.append(markdown_table(["what became of it", "number"], fate))
    return "\n\n".join([*parts, markdown_table(header, of_splits), *_about_texts(report)])


def _about_file(report: dict) -> str:
    file, export = report["data"][0], report["export"]
    known = report["snapshot"] or "none of the snapshots known here"
    return (
        f"{file['file']}: {export['n_rows']:,} rows × {export['n_columns']} columns of "
        f"{export['n_papers']:,} papers\nSHA-256 {file['sha256']} ({known})\n"
        f"{export['n_papers_with_doi_in_several_spellings']} papers with their DOI in several "
        f"spellings, {export['n_rows_without_doi']} rows without a DOI"
    )


def _about_form(export: dict) -> list[str]:
    """One line for each peculiarity of the file that changes how it is read."""
    lines = []
    if export["separator"] != "commas":
        lines.append(f"its values are separated by {export['separator']}, and were read so")
    if export["form"] == "NOMAD":
        lines.append("its columns are those of NOMAD's archives (data.etl.stack_sequence …)")
    if absent := export["absent_columns"]:
        lines.append(f"{len(absent)} columns are absent, and read as empty: {', '.join(absent)}")
    if export["n_rows_of_llm"]:
        lines.append(
            f"{export['n_rows_of_llm']:,} rows are of LLM origin (Ref_extraction_method): their annealing "
            "times are seconds, and were turned into minutes"
        )
    if n := export["n_llm_annealing_below_half_a_minute"]:
        lines.append(
            f"{n:,} of these are then annealed for less than half a minute: were they minutes?"
        )
    if n := export["n_manual_annealing_of_10_h_or_more"]:
        why = "" if export["says_extraction_method"] else ", and no column says who extracted them"
        lines.append(f"{n:,} other rows are annealed for 10 hours or more: are they seconds{why}?")
    if export["years"]:
        first, last = export["years"]
        without = export["n_rows_without_year"]
        lines.append(f"papers of {first} to {last}; {without:,} rows without a year")
    return ["\n".join(lines)] if lines else []


def _about_texts(report: dict) -> list[str]:
    if not report["n_texts"]:
        return []
    text = f"{report['n_texts']} texts given"
    if report["n_texts_without_paper"]:
        names = ", ".join(report["texts_without_paper"])
        text += f", {report['n_texts_without_paper']} of them of no paper of the export: {names}"
    return [text]


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
