"""Turn the CSV export of the Perovskite Database into MDP rows and SII labels, split by paper.

    python data/prepare.py --files perovskite_database          # 85 MB, checked by SHA-256
    python data/from_perovskite_database.py data/Perovskite_database_content_all_data.csv \\
        --output_dir data/perovskite_database --exclude data/regression40.json data/sii40.json
    python regression_baseline.py --method gradient_boosting --output_path runs/boosting.jsonl \\
        --train data/perovskite_database/mdp_train.json \\
        --data_path data/perovskite_database/mdp_test.json
    python data/from_perovskite_database.py EXPORT.csv --output_dir FOLDER --texts PAPERS
    python data/from_perovskite_database.py ARCHIVES --output_dir FOLDER         # *.archive.json of NOMAD

Writes, into a new folder:

- mdp_train.json, mdp_validation.json, mdp_test.json: devices in the published MDP form;
- sii_train.json, …: papers in the published SII form, of those whose text --texts holds: a folder of
  `<doi with _ for />.txt`, or JSON Lines of {"doi", "text"}. The texts are not in the database;
- sii_labels.jsonl: DOI, split and 31 fields of the papers without a text;
- dropped.jsonl: devices that are no MDP row, with the reason; inconsistent.jsonl: those whose
  Voc·Jsc·FF differs from PCE by more than 0.2 points (kept unless --drop_inconsistent);
- report.json: what was kept, changed and dropped, settings, versions and the checksum of the CSV.

All devices of a paper are in one split, the same for MDP and SII, decided by a hash of the DOI, so a
later snapshot leaves a paper where it is. A device without a DOI is a paper of its own. Rows have the
paper's `year`, too: `regression_baseline.py --split year 2019` learns from older papers and predicts newer
ones. Read are the published CSV, a table of NOMAD's archives, and a folder of these themselves
(*.archive.json); annealing times in seconds of records of LLM origin, FF in percent, decimal commas, booleans
and separators of other countries are turned into one form, and counted. Rules and ranges:
masterkey/formats/llm_records.py; export_file.py, archive_columns.py, export.py, measurements.py and labels.py in
masterkey/database/.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from masterkey.database.export import Entry, Export, read_export
from masterkey.database.labels import DEVICES_PER_PAPER, Label, labels
from masterkey.database.measurements import Measurement, drop_reasons, mdp_row, measurement
from masterkey.database.paper_splits import SPLITS, PaperSplit
from masterkey.database.paper_texts import read_paper_texts, text_name
from masterkey.database.report import export_report, mdp_report, report_text, sii_report
from masterkey.database.unseen_rows import read_unseen
from masterkey.rows.published_files import SNAPSHOTS
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import atomic_write, write_json
from masterkey.scripting.new_folder import check_free, new_folder
from masterkey.scripting.provenance import provenance

SHOWN_TEXTS = 10
ROW_BYTES = 3000  # more than an MDP row and a label take


@dataclass
class Arguments:
    csv: str = field(
        metadata={
            "help": "the export, or NOMAD's archives: a table (CSV) or folder",
            "positional": True,
        }
    )
    output_dir: str = field(metadata={"help": "new folder for the rows and the report"})
    texts: str | None = field(
        default=None,
        metadata={"help": "texts of papers: folder of <doi with _ for />.txt, or JSONL"},
    )
    exclude: list[str] = field(
        default_factory=list,
        metadata={"help": "MDP or SII files whose recipes and papers are kept out of all splits"},
    )
    validation_fraction: float = field(default=0.1, metadata={"help": "share of the papers, about"})
    test_fraction: float = field(default=0.1, metadata={"help": "share of the papers, about"})
    devices_per_paper: str = field(
        default="one",
        metadata={
            "help": "SII: the device of highest PCE, or all that differ",
            "choices": DEVICES_PER_PAPER,
        },
    )
    drop_inconsistent: bool = field(
        default=False, metadata={"help": "drop devices whose Voc·Jsc·FF is not PCE"}
    )
    seed: int = field(default=0, metadata={"help": "another seed splits the papers otherwise"})


def main(arguments: Arguments) -> None:
    split = PaperSplit(arguments.validation_fraction, arguments.test_fraction, arguments.seed)
    check_free(arguments.output_dir)
    texts = read_paper_texts(arguments.texts) if arguments.texts else {}
    unseen = read_unseen(arguments.exclude)
    export = read_export(arguments.csv)
    foreign_texts = texts_without_paper(texts, export, arguments)
    measurements = [measurement(entry) for entry in export.entries]
    reasons = drop_reasons(
        export.entries, measurements, unseen, drop_inconsistent=arguments.drop_inconsistent
    )
    found, left_out = labels(
        export.entries, measurements, texts, unseen, arguments.devices_per_paper
    )
    check_any_kept(reasons, export, found, arguments)
    report = {
        "export": export_report(export),
        "mdp": mdp_report(export.entries, measurements, reasons, split),
        "sii": sii_report(found, left_out, split),
        "n_texts": len(texts),
        "n_texts_without_paper": len(foreign_texts),
        "texts_without_paper": foreign_texts[:SHOWN_TEXTS],
        **origin(arguments),
    }
    needed = ROW_BYTES * len(export.entries) + sum(map(len, texts.values()))
    with new_folder(arguments.output_dir, needed) as folder:
        write_mdp(folder, export.entries, measurements, reasons, split)
        write_sii(folder, found, split, one_per_paper=arguments.devices_per_paper == "one")
        write_json(folder / "report.json", report)
    print(report_text(report))
    print(f"\nwritten: {arguments.output_dir}")


def check_any_kept(
    reasons: list[str | None], export: Export, found: list[Label], arguments: Arguments
) -> None:
    """Raise `UserError` where no device became a row, and no label has a text."""
    if None in reasons or any(label.text is not None for label in found):
        return
    counts = Counter(reasons).most_common()
    told = ", ".join(f"{reason} ({count:,})" for reason, count in counts)
    entry = export.entries[reasons.index(counts[0][0])]
    values = ", ".join(f"{name} {value!r}" for name, value in entry.targets.items())
    raise UserError(
        f"{arguments.csv}: none of its {len(reasons):,} devices is usable: {told}; row {entry.row} "
        f"has {values}. Mend the columns JV_default_… and Module, or give another export."
    )


def texts_without_paper(texts: dict[str, str], export: Export, arguments: Arguments) -> list[str]:
    """Names of the texts whose DOI the export lacks. Raises `UserError` where that is all of them."""
    papers = {text_name(entry.doi) for entry in export.entries if entry.doi}
    foreign = [name for name in texts if name not in papers]
    if texts and len(foreign) == len(texts):
        raise UserError(
            f"--texts {arguments.texts}: none of its {len(texts)} texts has a DOI of the export "
            f"(the first is {foreign[0]!r}); name files <doi with _ for />.txt."
        )
    return foreign


def origin(arguments: Arguments) -> dict:
    """Settings, versions, checksums, and which snapshot of the database the export is."""
    import pyarrow

    settings = asdict(arguments)
    for path in ("csv", "output_dir", "exclude", "texts"):  # "data" has names and checksums
        settings.pop(path)
    texts = [arguments.texts] if arguments.texts and Path(arguments.texts).is_file() else []
    where = provenance([arguments.csv, *arguments.exclude, *texts])
    where["versions"]["pyarrow"] = pyarrow.__version__
    return {"settings": settings, "snapshot": SNAPSHOTS.get(where["data"][0]["sha256"]), **where}


def write_mdp(
    folder: Path,
    entries: list[Entry],
    measurements: list[Measurement],
    reasons: list[str | None],
    split: PaperSplit,
) -> None:
    """mdp_*.json, dropped.jsonl and inconsistent.jsonl."""
    rows: dict[str, list[dict]] = {name: [] for name in SPLITS}
    dropped, inconsistent = [], []
    for entry, measured, reason in zip(entries, measurements, reasons, strict=True):
        where = {"row": entry.row, "doi": entry.doi}
        if reason is None:
            rows[split.of(entry.paper)].append(mdp_row(entry, measured))
        else:
            dropped.append({**where, "reason": reason, "targets": entry.targets})
        if reason is None and measured.is_inconsistent:
            difference = round(measured.difference, 3)
            inconsistent.append({**where, "difference": difference, "targets": entry.targets})
    for name in SPLITS:
        write_list(folder / f"mdp_{name}.json", rows[name])
    write_lines(folder / "dropped.jsonl", dropped)
    write_lines(folder / "inconsistent.jsonl", inconsistent)


def write_sii(folder: Path, found: list[Label], split: PaperSplit, *, one_per_paper: bool) -> None:
    """sii_*.json of the labels with a text, sii_labels.jsonl of the others."""
    for name in SPLITS:
        of_split = [x for x in found if x.text is not None and split.of(x.entry.doi) == name]
        rows = [label.row(one_per_paper=one_per_paper) for label in of_split]
        write_list(folder / f"sii_{name}.json", rows)
    without = [label.line(split.of(label.entry.doi)) for label in found if label.text is None]
    write_lines(folder / "sii_labels.jsonl", without)


def write_list(path: Path, rows: list[dict]) -> None:
    """A JSON list with one row per line; no file where there are no rows."""
    if rows:
        with atomic_write(path) as file:
            file.write("[\n" + ",\n".join(map(as_json, rows)) + "\n]\n")


def write_lines(path: Path, lines: Iterable[dict]) -> None:
    with atomic_write(path) as file:
        file.writelines(as_json(line) + "\n" for line in lines)


def as_json(value: dict) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
