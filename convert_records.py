"""Turn records of devices from one format into another: tables, NOMAD's archives, PERLA's JSON, JSON Lines.

    python convert_records.py runs/papers.jsonl --output_path runs/papers.xlsx
    python convert_records.py runs/papers.jsonl --output_path runs/archives --format nomad --omit_defaults
    python convert_records.py runs/archives --output_path runs/papers.jsonl       # and back
    python convert_records.py runs/archives --output_path runs/rows.json --rows mdp

Reads prediction files (infer.py --output_path, sii_test.py, a reviewed file of review.py), their tables (.csv,
.xlsx, .parquet), a NOMAD archive or a folder of them, and PERLA's JSON or a folder of it. Writes by the ending of
--output_path: .jsonl, .csv, .xlsx, .parquet; or by --format: `nomad` (a folder with one *.archive.json a
device, in the classic form), `nomad-llm` (in the form with steps) and `perla`.

What the format has no place for is told, field by field; docs/formats.md has the whole table. With --rows the
devices become training rows: `mdp` those with what was measured of them, `sii` with the papers' texts, which
lie beside the archives (NAME.txt beside NAME.archive.json). sii_evaluate.py, regression_test.py and the other
scripts read all of these formats as they are, so nobody needs to convert for them.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run


@dataclass
class Arguments:
    path: str = field(
        metadata={"help": "file or folder of records, in any of the formats", "positional": True}
    )
    output_path: str = field(metadata={"help": "file or (nomad, nomad-llm, perla) new folder"})
    format: str | None = field(
        default=None,
        metadata={
            "help": "what to write where no ending says it",
            "choices": ["nomad", "nomad-llm", "perla"],
        },
    )
    omit_defaults: bool = field(
        default=False,
        metadata={
            "help": "leave out values that no text states: 0 cells per substrate, not flexible"
        },
    )
    rows: str | None = field(
        default=None,
        metadata={
            "help": "write training rows of a task (JSON) instead",
            "choices": ["sii", "mdp"],
        },
    )


def main(arguments: Arguments) -> None:
    if arguments.rows:
        write_rows(arguments)
        return
    from masterkey.formats.outputs import write

    lines = read_lines(arguments.path)
    dropped = write(lines, arguments.output_path, arguments.format, arguments.omit_defaults)
    for sentence in dropped:
        print(f"note: {sentence}.", file=sys.stderr)
    print(f"written: {len(lines)} records in {arguments.output_path}")


def read_lines(path: str) -> list[dict]:
    """The prediction lines of a path in any format. Raises `UserError` where it has none."""
    from masterkey.formats.inputs import is_foreign, read_lines
    from masterkey.scripting.files import parse_json, read_text

    if is_foreign(path):
        return read_lines(path)
    texts = enumerate(read_text(path).split("\n"), 1)
    lines = [parse_json(text, path, number) for number, text in texts if text.strip()]
    if not lines or not all(isinstance(line, dict) and "fields" in line for line in lines):
        raise UserError(
            f"{path}: holds no records (lines with 'fields'); give a prediction file, a table, "
            "NOMAD's archives or PERLA's JSON."
        )
    return lines


def write_rows(arguments: Arguments) -> None:
    from masterkey.formats.inputs import is_foreign, read_row_values
    from masterkey.scripting.files import atomic_write

    if not is_foreign(arguments.path):
        raise UserError(
            f"{arguments.path}: is no table, archive or PERLA's JSON; --rows takes these."
        )
    if Path(arguments.output_path).suffix != ".json":
        raise UserError(
            f"--output_path {arguments.output_path}: --rows writes JSON; name it ….json."
        )
    values = read_row_values(arguments.path, arguments.rows)
    with atomic_write(arguments.output_path) as file:
        rows = ",\n".join(json.dumps(value, ensure_ascii=False) for value in values)
        file.write(f"[\n{rows}\n]\n")
    n = sum("output" in value for value in values)
    if n_without := sum(not value["input"].strip() for value in values):
        where = "put each paper's text beside its archive, NAME.txt beside NAME.archive.json"
        print(f"note: {n_without} rows have no text to learn from; {where}.", file=sys.stderr)
    print(f"written: {len(values)} rows, {n} with an answer, in {arguments.output_path}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
