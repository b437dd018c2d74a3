"""What `data/prepare.py --files perla` prints and writes of PERLA's development part."""

from masterkey.scoring.perla_records import CONSENSUS, PEOPLE
from masterkey.scripting.tables import markdown_table, number_text, with_interval

_NAMES = {PEOPLE: "people, each alone", CONSENSUS: "people, consensus"}


def perla_text(report: dict) -> str:
    """The content of scores.json as Markdown."""
    sections = [
        f"# PERLA, development part: {report['n_papers']} papers, {report['n_devices']} devices"
    ]
    sections += [_notes(report), _sound_table(report["readers"])]
    if any(own["perla"] for own in report["readers"].values()):
        sections += ["## PERLA's own scorer, without its judge", _own_table(report["readers"])]
    return "\n\n".join([*sections, meaning(report["readers"])]) + "\n"


def _notes(report: dict) -> str:
    return (
        f"Brackets: {report['interval_level'] * 100:g} % intervals, {report['n_resamples']:,} resamples of "
        f"papers, seed {report['seed']}. Fields: by the sound track, over the fields that both forms have. Targets: "
        "Voc, Jsc, FF and PCE within PERLA's tolerances. Devices are matched at best; one that is missed or "
        "added counts in full."
    )


def _sound_table(readers: dict[str, dict]) -> str:
    header = ["read by", "found", "added", "precision", "recall", "F1", "F1 of targets"]
    rows = [
        [
            _NAMES.get(name, name),
            f"{own['n_found']}/{own['n_devices']}",
            str(own["n_added"]),
            *(_figure(own["fields"], figure) for figure in ("precision", "recall", "f1")),
            _figure(own["targets"], "f1"),
        ]
        for name, own in _best_first(readers)
    ]
    return markdown_table(header, rows)


def _figure(figures: dict, name: str) -> str:
    return with_interval(figures[name], figures[f"{name}_ci"], 2)


def _best_first(readers: dict[str, dict]) -> list[tuple[str, dict]]:
    return sorted(readers.items(), key=lambda item: -(item[1]["fields"]["f1"] or 0))


def _own_table(readers: dict[str, dict]) -> str:
    header = ["read by", "precision", "recall", "keys judged", "of these null = null"]
    header += ["precision, stated", "recall, stated", "texts equal byte for byte"]
    names = ("precision", "recall", "stated_precision", "stated_recall")
    rows = []
    for name, reader in _best_first(readers):
        own = reader["perla"]
        precision, recall, *stated = (number_text(own[figure], 2) for figure in names)
        texts = f"{own['n_equal_texts']}/{own['n_texts']}"
        counted = [f"{own['n_judged']:,}", f"{own['null_share'] * 100:.0f} %"]
        rows.append([_NAMES.get(name, name), precision, recall, *counted, *stated, texts])
    return markdown_table(header, rows)


def meaning(readers: dict[str, dict]) -> str:
    """What the figures do and do not say."""
    sentences = [
        "What they mean: PERLA's scorer counts a key that is null in the truth and in the reading as right, and "
        "takes no notice of devices that a reading has too many; the sound track counts reported values only, and "
        "those devices as invented. PERLA's names are those of the papers, so spellings that neither scorer knows "
        "as one count as wrong in both."
    ]
    shares = [own["perla"]["null_share"] for own in readers.values() if own["perla"]]
    if shares:
        sentences.append(
            f"Here {min(shares) * 100:.0f} to {max(shares) * 100:.0f} % of the keys that it judges are null = "
            "null. Its judge, a language model, was replaced by one that says no to every difference, so its "
            "precision is a lower bound. A truth that was made from the output of one model would be equal to it, "
            "byte for byte, far more often than to the others."
        )
    sentences.append("Ten papers are few: compare the intervals before the figures.")
    return " ".join(sentences)
