"""Print a sample of right values with the words they were read from, to be judged by a person.

    python tests/today/quotes.py --model runs/fields.npz --papers tests/today/second_sight.json

`--model` is what `sii_baseline.py --method fields --save_model` keeps. A value counts that is right, told by the
text or deduced from it, neither empty nor TRUE or FALSE, and has a quote. docs/quotes.md has the counts so far.
"""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.predicting import methods
from masterkey.rows.clean_text import clean
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.schema import values
from masterkey.scripting.command_line import run

SAYS_NOTHING = ("", "Unknown", "Undoped", "none", "TRUE", "FALSE")
BEFORE, BEHIND = 110, 70  # characters around a quote
MOST_QUOTES = 4


@dataclass
class Arguments:
    model: str = field(metadata={"help": "the extractor, kept by sii_baseline.py --save_model"})
    papers: str = field(
        default="tests/today/second_sight.json", metadata={"help": "labelled papers (JSON)"}
    )
    n_cells: int = field(default=60, metadata={"help": "values to print"})
    seed: int = field(default=1, metadata={"help": "of the sample"})


def main(arguments: Arguments) -> None:
    papers = json.loads(Path(arguments.papers).read_text(encoding="utf-8"))
    texts = [clean(paper["text"]).text for paper in papers]
    rows = [Row(paper["id"], "", text, None, 0) for paper, text in zip(papers, texts, strict=True)]
    predictions = methods.load("sii", arguments.model).ask(rows)
    cells = [
        (paper["id"], name, value, prediction.more["places"][name], text)
        for paper, text, prediction in zip(papers, texts, predictions, strict=True)
        for name, value in schema.parse_sii_answer(prediction.text).items()
        if is_quoted(paper, name, value, prediction)
    ]
    n_cells = min(arguments.n_cells, len(cells))
    print(f"{n_cells} of {len(cells)} right values with quotes, seed {arguments.seed}")
    for number, cell in enumerate(random.Random(arguments.seed).sample(cells, n_cells), 1):
        show(number, *cell)


def is_quoted(paper: dict, name: str, value: str, prediction) -> bool:
    """Whether a right value says something and has a quote."""
    accepted = [values.parse_value(name, own) for own in paper["accepted"].get(name, [])]
    if value in SAYS_NOTHING or values.parse_value(name, value) not in accepted:
        return False
    told = prediction.more["source"].get(name) in ("text", "deduced")
    return told and bool(prediction.more["places"].get(name))


def show(number: int, paper: str, name: str, value: str, places: list, text: str) -> None:
    print(f"{number}. {paper} {name} = {value}")
    line = text.replace("\n", "¶")
    for start, end in places[:MOST_QUOTES]:
        before, behind = line[max(start - BEFORE, 0) : start], line[end : end + BEHIND]
        print(f"     …{before}«{line[start:end]}»{behind}…")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
