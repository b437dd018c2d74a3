"""What became of a Perovskite Database export: counts as a JSON-ready dict, and as text to read."""

from collections import Counter
from collections.abc import Sequence

from masterkey.database.export import Entry, Export
from masterkey.database.labels import Label
from masterkey.database.measurements import Measurement
from masterkey.database.paper_splits import SPLITS, PaperSplit
from masterkey.schema.fields import MDP_FIELDS
from masterkey.scripting.tables import markdown_table


def export_report(export: Export) -> dict:
    """Rows, columns, papers and changed values of the file."""
    dois = [entry.doi for entry in export.entries]
    return {
        "n_rows": len(dois),
        "n_columns": export.n_columns,
        "n_papers": len(set(dois) - {""}),
        "n_papers_with_doi_in_several_spellings": export.n_respelled_papers,
        "n_rows_without_doi": dois.count(""),
        "n_values_changed": export.changes,
    }


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
    parts = [_about_file(report), markdown_table(["what became of it", "number"], fate)]
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
