"""`data/prepare.py --files perla`: records out of the package, scores of all who read the papers."""

import json
from pathlib import Path

from masterkey.scoring.perla import score_reader
from masterkey.scoring.perla_records import (
    VERSION,
    Cells,
    development_truth,
    extractions,
    fields_of,
    package_folder,
    targets_of,
)
from masterkey.scoring.perla_report import perla_text
from masterkey.scoring.resampling import LEVEL, N_RESAMPLES
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import write_json, write_text
from masterkey.scripting.provenance import provenance

SEED = 0


def take_development_part(
    folder: Path,
    source: Path | None,
    *,
    with_own_scorer: bool = False,
    n_resamples: int = N_RESAMPLES,
) -> str:
    """Write dev.jsonl, scores.json and scores.md into `folder`; returns the tables.

    `with_own_scorer`: PERLA's own figures, too. Raises `UserError` where the package, or what its
    scorer needs, is not installed.
    """
    package = package_folder(source)
    truth = development_truth(package)
    read = extractions(package, list(truth))
    own = _own_figures(package, truth, read) if with_own_scorer else {}
    readers = {
        name: {**score_reader(truth, papers, SEED, n_resamples), "perla": own.get(name)}
        for name, papers in read.items()
    }
    report = {
        "package": f"perla-extract {VERSION}",
        "n_papers": len(truth),
        "n_devices": sum(map(len, truth.values())),
        "readers": readers,
        "seed": SEED,
        "n_resamples": n_resamples,
        "interval_level": LEVEL,
        "provenance": provenance(),
    }
    tables = perla_text(report)
    write_text(folder / "dev.jsonl", "".join(map(_line, _records(truth))))
    write_json(folder / "scores.json", report)
    write_text(folder / "scores.md", tables)
    return tables


def _own_figures(package: Path, truth: dict[str, Cells], read: dict) -> dict[str, dict]:
    from tqdm import tqdm

    from masterkey.scoring import perla_own_scorer

    scorer = perla_own_scorer.own_scorer(package)
    if scorer is None:
        raise UserError(
            f"--perla_scorer: PERLA's scorer needs packages that are not installed; pip install "
            f"{perla_own_scorer.NEEDED}, or leave the flag out."
        )
    return {
        name: perla_own_scorer.score_reader(scorer, truth, papers)
        for name, papers in tqdm(read.items(), desc="PERLA's scorer")
    }


def _records(truth: dict[str, Cells]):
    """A record a device: its paper, the SII fields that it states, and what was measured."""
    for name, cells in truth.items():
        doi = name.replace("--", "/")
        for number, cell in enumerate(cells, 1):
            yield {
                "id": f"{doi} device {number}",
                "task": "sii",
                "doi": doi,
                "fields": fields_of(cell),
                "measured": targets_of(cell),
            }


def _line(record: dict) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
