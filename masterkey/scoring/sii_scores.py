"""Both tracks' scores of SII prediction files of the same papers, and of a constant beside them.

What sii_evaluate.py writes and sii_evaluate.ipynb shows.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from masterkey.rows.neighbours import majority_answer
from masterkey.rows.predictions import parse_answer, read_header
from masterkey.rows.records import is_synthetic, read_rows
from masterkey.scoring import sound as scoring
from masterkey.scoring.calibration import calibration_report
from masterkey.scoring.published import (
    PUBLISHED_CAVEATS,
    PUBLISHED_LLAMA_7B,
    score_papers,
)
from masterkey.scoring.published_skills import skill_scores
from masterkey.scoring.resampling import LEVEL, N_RESAMPLES
from masterkey.scoring.sii_files import Fields, Predicted, load_files
from masterkey.scoring.sii_report import CONSTANT_NAME


@dataclass(frozen=True)
class Scored:
    """One prediction file and its scores.

    `sound` holds the figures of the sound track with their resamples and counts per paper; `tracks`
    is {"paper": …, "strict": …, "calibration": …}, ready for JSON.
    """

    file: Predicted
    settings: dict | None
    sound: scoring.Scores
    tracks: dict

    @property
    def name(self) -> str:
        return self.file.name


@dataclass(frozen=True)
class Evaluation:
    """Scored files of the same papers; the others are baselines or rivals of the first."""

    files: list[Scored]
    constant: Scored
    majority_from: str
    seed: int
    n_resamples: int

    @property
    def first(self) -> Scored:
        return self.files[0]

    @cached_property
    def report(self) -> dict:
        """The content of sii_scores.json: the first file's scores, the constant's, the `others`'."""
        entries = [
            {
                "name": scored.name,
                "settings": scored.settings,
                "n_expected": scored.file.n_expected,
                **scored.tracks,
            }
            for scored in self.files
        ]
        for entry, scored in zip(entries[1:], self.files[1:], strict=True):
            entry["difference_to_first"] = scoring.compare_files(self.first.sound, scored.sound)
        ids = self.first.file.ids
        return {
            "n": len(ids),
            "synthetic": is_synthetic(ids),
            "n_synthetic": sum(is_synthetic([id]) for id in ids),
            **entries[0],
            "majority_from": self.majority_from,
            "constant": {"name": self.constant.name, **self.constant.tracks},
            "others": entries[1:],
            "published_llama_7b": {**PUBLISHED_LLAMA_7B, "caveats": list(PUBLISHED_CAVEATS)},
            "seed": self.seed,
            "n_resamples": self.n_resamples,
            "interval_level": LEVEL,
        }


def evaluate(
    paths: list[str],
    data_path: str | None = None,
    train: str | None = None,
    seed: int = 0,
    n_resamples: int = N_RESAMPLES,
    *,
    partial: bool = False,
) -> Evaluation:
    """Score prediction files by both tracks. Raises `UserError` where they cannot be scored.

    `data_path` has the answers where the predictions lack them; the most frequent values of `train`
    (default: of the answers scored) say which cells are informative, and are the constant. Files of
    which rows are missing are scored with `partial` only.
    """
    files = load_files(paths, data_path, partial=partial)
    training, majority_from = training_answers(files[0].references, train)
    scored = [
        score_file(file, training, seed, n_resamples, read_header(path).get("settings"))
        for file, path in zip(files, paths, strict=True)
    ]
    constant = replace(
        files[0],
        name=CONSTANT_NAME,
        predictions=[majority_answer(training)] * len(files[0].ids),
        confidences=[{}] * len(files[0].ids),
    )
    return Evaluation(
        files=scored,
        constant=score_file(constant, training, seed, n_resamples),
        majority_from=majority_from,
        seed=seed,
        n_resamples=n_resamples,
    )


def training_answers(references: list[Fields], train: str | None) -> tuple[list[Fields], str]:
    """The answers whose most frequent values are the majority, and where they are from."""
    if train is None:
        return references, "in the answers scored here, as no --train was given"
    rows = read_rows(train, task="sii", answers="required")
    answers = [parse_answer("sii", row.output) for row in rows]
    return answers, f"in the {len(rows)} training rows of {Path(train).name}"


def score_file(
    file: Predicted,
    training: list[Fields],
    seed: int,
    n_resamples: int,
    settings: dict | None = None,
) -> Scored:
    """Both tracks' scores of one file."""
    majority = scoring.majority_values(training)
    counts = scoring.tally(file.references, file.predictions, file.texts, majority)
    sound = scoring.score(counts, seed, n_resamples)
    paper = score_papers(file.pairs())
    has_texts = None not in file.texts
    paper["skills"] = (
        skill_scores(file.references, file.predictions, file.texts) if has_texts else None
    )
    tracks = {
        "paper": paper,
        "strict": scoring.report(sound),
        "calibration": calibration_report(file),
    }
    return Scored(file, settings, sound, tracks)
