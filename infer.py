"""Read a paper into its device schema, or predict a device's performance, and look at it at once.

    python infer.py --model runs/demo/sii_model                     # paste a paragraph, ask again
    python infer.py --model runs/demo/sii_model paper.txt           # or paper.pdf
    cat paper.txt | python infer.py --model runs/demo/sii_model
    python infer.py paper.pdf                                       # no checkpoint: learns from --train
    python infer.py papers/ --output_path runs/papers.xlsx          # a folder, continued if it is killed

The table shows each reported field with its confidence and the words of the text that say so.
`--json` prints the line of a prediction file instead (masterkey/rows/predictions.py describes it).

From a schema to Voc, Jsc, FF and PCE, in one command or two:

    python infer.py --model runs/demo/sii_model --mdp_model runs/demo/mdp_model paper.txt
    python infer.py --model runs/demo/sii_model paper.txt --json | \\
        python infer.py --task mdp --model runs/demo/mdp_model

Without a checkpoint, `--method fields` or `nearest` reads papers and `--method forests_and_kernel` predicts devices
(`--mdp_method forests_and_kernel` in one command). They learn on the spot, once: it is kept in the user's cache
folder (--no_cache: it is not). What sii_baseline.py or regression_baseline.py writes with --save_model is given
as --model. Papers are text, Markdown, PDF, HTML, JATS or Elsevier XML, or DOCX; of a whole one the
experimental section is read (docs/papers.md, also on folders, shards and what is done with supporting information).
"""

import json
import sys
from dataclasses import dataclass, field

from masterkey.formats import inputs
from masterkey.papers.files import read_paper_bytes, read_paper_file, refuse_data_file
from masterkey.papers.paper import Paper
from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.paper_arguments import PaperArguments
from masterkey.predicting.paper_lines import (
    PaperRow,
    Readers,
    answered_line,
    device_row,
    paper_row,
    shortened_note,
)
from masterkey.predicting.paper_run import read_papers
from masterkey.predicting.readers import METHODS, Choice, open_reader
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError, run
from masterkey.terminal.device_text import read_devices
from masterkey.terminal.paste import ask
from masterkey.terminal.quotations import printable

PROMPTS = {
    "sii": "Paste the experimental section of a paper; an empty line or Ctrl-D ends it "
    "(Ctrl-D at once: quit).",
    "mdp": "Paste a device: 19 lines `Field name: value`, or JSON; an empty line or Ctrl-D ends it "
    "(Ctrl-D at once: quit).",
}
TERMINAL = "terminal"


@dataclass
class InferArguments:
    model: str | None = field(
        default=None,
        metadata={
            "help": "folder of a checkpoint or a LoRA adapter, or a GGUF file (or hub name); with --method fields or "
            "forests_and_kernel a saved one"
        },
    )
    method: str | None = field(
        default=None,
        metadata={
            "help": "who reads: model (default with --model); fields (default without) or nearest "
            "for papers, forests_and_kernel for devices, which need no checkpoint",
            "choices": [*dict.fromkeys(METHODS["sii"] + METHODS["mdp"])],
        },
    )
    task: str = field(
        default="sii",
        metadata={
            "help": "sii: paper → schema; mdp: schema → performance",
            "choices": list(METHODS),
        },
    )
    train: str | None = field(
        default=None,
        metadata={
            "help": "rows to learn from without a checkpoint; by default the published ones in "
            "data/, else the synthetic ones. For a checkpoint: drafts"
        },
    )
    mdp_model: str | None = field(
        default=None, metadata={"help": "second step: predict the performance with this checkpoint"}
    )
    mdp_method: str | None = field(
        default=None, metadata={"help": "second step: by this method", "choices": METHODS["mdp"]}
    )
    mdp_train: str | None = field(
        default=None, metadata={"help": "second step: rows to learn from"}
    )
    json: bool = field(
        default=False, metadata={"help": "print JSON, one line for each text, and nothing else"}
    )
    all_fields: bool = field(
        default=False, metadata={"help": "show all 31 fields, not the reported ones alone"}
    )
    seed: int = field(default=0, metadata={"help": "seed of what is learned on the spot"})
    cache: bool = field(
        default=True,
        metadata={
            "help": "keep what is learned on the spot for the next time; --no_cache: learn anew"
        },
    )


@dataclass
class Arguments(DecodingArguments, PaperArguments, InferArguments):
    """All flags; bases in reverse order, so that `--help` lists infer.py's own first."""

    def check(self) -> None:
        """Raise `UserError` for values out of range, and for flags that contradict each other."""
        for name, least in (("max_new_tokens", 1), ("max_value_tokens", 1), ("draft_tokens", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UserError(f"--{name} {value}: must be {least} or more.")
        if not 0 <= self.seed < 2**32:
            raise UserError(f"--seed {self.seed}: give a number from 0 to {2**32 - 1}.")
        if self.task == "mdp" and self.second_step:
            raise UserError(
                "--mdp_model, --mdp_method: are the second step of --task sii; with --task mdp give "
                "--model or --method."
            )
        if self.mdp_train and not self.second_step:
            raise UserError(
                "--mdp_train: is for a second step; add --mdp_method forests_and_kernel."
            )
        if self.task == "mdp" and self.is_collection:
            raise UserError(
                "--task mdp: reads one file of devices; several files, folders, --output_path and --shard "
                "are for papers."
            )
        self.check_papers()
        methods = [self.first_choice.named_method()]
        if self.second_step:
            methods.append(self.second_choice.named_method())
        judges_devices = self.task == "mdp" or self.second_step
        self.check_intervals("mdp" if judges_devices else "sii")
        if self.calibration and methods[-1] != "model":
            raise UserError(
                f"--calibration: is for a checkpoint; {methods[-1]} calibrates itself, leave it out."
            )

    @property
    def second_step(self) -> bool:
        """Whether the performance of the schema that was read is predicted, too."""
        return bool(self.mdp_model or self.mdp_method)

    @property
    def first_choice(self) -> Choice:
        return Choice(self.task, self.method, self.model, self.train, self.seed, cached=self.cache)

    @property
    def second_choice(self) -> Choice:
        return Choice(
            "mdp", self.mdp_method, self.mdp_model, self.mdp_train, self.seed, "mdp_", self.cache
        )


def main(arguments: Arguments) -> None:
    arguments.check()
    # JSON is UTF-8 everywhere; a table may lose a letter that the terminal cannot show.
    as_json = arguments.json or arguments.is_collection
    sys.stdout.reconfigure(**({"encoding": "utf-8"} if as_json else {"errors": "replace"}))
    if arguments.is_collection:
        second = arguments.second_choice if arguments.second_step else None
        read_papers(arguments.paper_run(arguments.first_choice, second))
    elif not arguments.paths and sys.stdin.isatty():
        converse(arguments)
    else:
        # Before a model is loaded, so that a mistake is answered at once.
        rows = rows_of(given_paper(arguments), arguments)
        show(rows, open_readers(arguments), arguments)


def given_paper(arguments: Arguments) -> Paper:
    if arguments.paths and arguments.task == "mdp" and inputs.is_foreign(arguments.paths[0]):
        path = arguments.paths[0]  # a table, an archive or PERLA's JSON
        fields = [json.dumps(device.fields) for device in inputs.read_devices(path)]
        return Paper(path, "\n".join(fields))
    if arguments.paths:
        if arguments.task == "sii":
            refuse_data_file(arguments.paths[0])
        return read_paper_file(arguments.paths[0])
    return read_paper_bytes(sys.stdin.buffer.read(), "standard input")


def converse(arguments: Arguments) -> None:
    """Answer texts from the terminal, one after another, until Ctrl-D."""
    readers = open_readers(arguments)
    while (text := ask(PROMPTS[arguments.task])) is not None:
        try:
            show(rows_of(Paper(TERMINAL, text), arguments), readers, arguments)
        except UserError as error:  # the next text may be better
            print(f"error: {error}", file=sys.stderr)


def open_readers(arguments: Arguments) -> Readers:
    first = open_reader(arguments.first_choice, arguments)
    second = open_reader(arguments.second_choice, arguments) if arguments.second_step else None
    return Readers(first, second)


def rows_of(paper: Paper, arguments: Arguments) -> list[PaperRow]:
    """The paper, or the devices, of a text. Raises `UserError` where it holds no device."""
    if arguments.task == "sii":
        row = paper_row(paper, whole_text=arguments.whole_text)
        if row.note:
            note(printable(row.note))
        return [row]
    devices = read_devices(paper.text, paper.path)
    note_not_given(devices)
    return [
        PaperRow(device_row(device, paper.path, number), {}, None)
        for number, device in enumerate(devices)
    ]


def note_not_given(devices: list[dict[str, str]]) -> None:
    """Say which fields a device leaves out; of several devices how many do."""
    missing = [[field for field in schema.MDP_FIELDS if field not in device] for device in devices]
    if len(devices) == 1 and missing[0]:
        first = missing[0][0]
        note(f"{len(missing[0])} of the 19 fields not given (first: {first}): taken as empty")
    elif n_lacking := sum(map(bool, missing)):
        note(
            f"{n_lacking} of {len(devices)} devices have some of the 19 fields not given: taken as empty"
        )


def note(text: str) -> None:
    print(f"note: {text}.", file=sys.stderr)


def show(rows: list[PaperRow], readers: Readers, arguments: Arguments) -> None:
    """Read each row and print what was found."""
    predicted = []
    for asked in rows:
        line = answered_line(arguments.task, asked.row, readers, asked.about)
        if told := shortened_note(line):
            note(told)
        predicted.append(line if arguments.task == "mdp" else line.get("performance"))
        if arguments.json:
            print(json.dumps(line, ensure_ascii=False), flush=True)
        else:
            print_tables(line, readers, arguments)
    # A table says it of its own device.
    note_unread([*filter(None, predicted)] if arguments.json else [])


def note_unread(lines: list[dict]) -> None:
    """Say what of the devices was filled in: of one device in a sentence, of more how often."""
    from masterkey.regressor import unread

    if len(lines) == 1:
        told = [unread.sentence(lines[0], schema.parse_mdp_input(lines[0]["input"]))]
    else:
        told = unread.counted(lines)
    for sentence in filter(None, told):
        note(sentence)


def print_tables(line: dict, readers: Readers, arguments: Arguments) -> None:
    from masterkey.terminal.tables import (
        open_console,
        print_devices,
        print_performance,
        print_schema,
    )

    console = open_console()
    name = f"{line['id']}, {line['row'] + 1}" if line["row"] else line["id"]
    if line["id"] == TERMINAL:
        console.print()
    if arguments.task == "mdp":
        print_performance(console, line, title=f"{name}, judged by {readers.first.name}")
        return
    title = f"{name}, {len(line['input']):,} characters, read by {readers.first.name}"
    print_schema(console, line, title=title, all_fields=arguments.all_fields)
    print_devices(console, line.get("devices", []))
    if readers.second:
        title = f"Performance of this device, judged by {readers.second.name}"
        print_performance(console, line["performance"], title=title)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
