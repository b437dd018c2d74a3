"""Draw how varied the instructions of a file are: root verbs inside, their direct objects outside.

    python data/diversity.py instructions.json
    python data/diversity.py data/seed_tasks.jsonl --output_path runs/seed_tasks_diversity

Writes, beside the file unless --output_path says otherwise, NAME_diversity.svg and .png (the 20 most
frequent verbs with their 4 most frequent objects, as in the Self-Instruct and Alpaca papers) and
NAME_diversity.json with all counts. The file is JSON or JSON Lines of objects with `instruction`;
angles are numbers of instructions.

Verbs and objects are found by a rule for English (masterkey/instructions/verbs/root_verbs.py), not by a parser. How
often it errs was measured on instructions labelled by hand; to measure it again, or on labels of your own:

    python data/diversity.py --labelled tests/fixtures/labelled_instructions.jsonl
"""

import importlib.metadata
import sys
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.instructions.verbs import counts as diversity
from masterkey.instructions.verbs.root_verbs import MEASURED_ERRORS, METHOD, root_verb_and_object
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import provenance

ENDINGS = (".json", ".png", ".svg")


@dataclass
class Arguments:
    file: str | None = field(
        default=None,
        metadata={
            "help": "instructions (JSON or JSONL), input and output optional",
            "positional": True,
        },
    )
    output_path: str | None = field(
        default=None, metadata={"help": "what to write, without ending (default: FILE_diversity)"}
    )
    top_verbs: int = field(default=diversity.TOP_VERBS, metadata={"help": "verbs in the figure"})
    top_objects: int = field(
        default=diversity.TOP_OBJECTS, metadata={"help": "objects of each verb in the figure"}
    )
    labelled: str | None = field(
        default=None,
        metadata={"help": "measure the rule's error on these hand-labelled lines (JSONL) instead"},
    )


def main(arguments: Arguments) -> None:
    check(arguments)
    if arguments.labelled:
        print_errors(diversity.read_labelled(arguments.labelled))
        return
    rows = read_rows(arguments.file)
    path = output_path(arguments)
    counts = diversity.count_verbs(row.instruction for row in rows)
    report = diversity.report(counts)
    shown = shown_in_figure(counts, arguments)
    paths = write(path, arguments, report, shown)
    print(summary_text(report))
    print(f"written: {', '.join(map(str, paths))}")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that are missing or make no sense."""
    if bool(arguments.file) == bool(arguments.labelled):
        raise UserError("name one file of instructions, or --labelled with hand-labelled ones.")
    for name in ("top_verbs", "top_objects"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: give 1 or more.")


def output_path(arguments: Arguments) -> Path:
    """What to write, without ending. Raises `UserError` where that is the file that was read."""
    file = Path(arguments.file)
    path = Path(arguments.output_path or file.with_name(f"{file.stem}_diversity"))
    if path.suffix in ENDINGS:
        path = path.with_suffix("")
    if file.resolve() in {path.with_name(path.name + ending).resolve() for ending in ENDINGS}:
        raise UserError(
            f"--output_path {arguments.output_path}: would replace {file}; name another."
        )
    return path


def shown_in_figure(counts: dict, arguments: Arguments) -> list:
    """[(verb, [(object, count), …])]; where no verb has an object, the verbs alone."""
    shown = diversity.most_frequent(counts, arguments.top_verbs, arguments.top_objects)
    if shown:
        return shown
    verbs = [(verb, [("", n.total())]) for verb, n in counts.items() if verb is not None]
    return verbs[: arguments.top_verbs]


def write(path: Path, arguments: Arguments, report: dict, shown: list) -> list[Path]:
    """Write the counts and the figure; without any verb there is no figure to draw."""
    settings = {"top_verbs": arguments.top_verbs, "top_objects": arguments.top_objects}
    in_figure = {"verbs": len(shown), "instructions": n_shown(shown)}
    lexicon = f"lemminflect {importlib.metadata.version('lemminflect')}"
    method = {"name": METHOD, "lexicon": lexicon, "measured_errors": MEASURED_ERRORS}
    found = {"settings": settings, **report, "in_figure": in_figure, "method": method}
    json_path = Path(f"{path}.json")
    write_json(json_path, {**found, **provenance([arguments.file])})
    if not shown:
        print("no instruction has a root verb: no figure was drawn", file=sys.stderr)
        return [json_path]
    from masterkey.instructions.verbs.sunburst import sunburst_figure
    from masterkey.scripting.figures import write_figure

    figure = sunburst_figure(shown, caption(arguments, report, shown))
    return [json_path, *write_figure(figure, path)]


def n_shown(shown: list) -> int:
    return sum(count for _, objects in shown for _, count in objects)


def caption(arguments: Arguments, report: dict, shown: list) -> str:
    n, n_figure = report["n_instructions"], n_shown(shown)
    have_objects = bool(shown[0][1][0][0])
    what = f"root verbs with their direct objects, at most {arguments.top_verbs} verbs"
    what += f" and {arguments.top_objects} objects of each" if have_objects else ""
    return (
        f"{Path(arguments.file).name}: {n:,} instructions; {report['n_without_verb']:,} without a "
        f"root verb, {report['n_verb_without_object']:,} without a direct object\n"
        f"shown: {n_figure:,} instructions ({n_figure / n:.0%}), "
        + (what if have_objects else "root verbs alone, as none has a direct object")
    )


def summary_text(report: dict) -> str:
    lines = [
        f"{report['n_instructions']:,} instructions: {report['n_distinct_verbs']:,} root verbs, "
        f"{report['n_distinct_pairs']:,} pairs of verb and direct object; "
        f"{report['n_without_verb']:,} without a verb, "
        f"{report['n_verb_without_object']:,} with a verb but no object"
    ]
    for verb in report["verbs"][:5]:
        objects = ", ".join(f"{name} {n:,}" for name, n in list(verb["objects"].items())[:4])
        lines.append(f"  {verb['verb']} {verb['n']:,}: {objects or 'no object'}")
    return "\n".join(lines)


def print_errors(labelled: list[dict]) -> None:
    """Each wrong instruction, and the counts by part."""
    for line in labelled:
        verb, object = root_verb_and_object(line["instruction"])
        if (verb, object) != (line["verb"], line["object"]):
            print(f"{line['part']}: {line['instruction']}")
            print(f"  found {verb}, {object}; labelled {line['verb']}, {line['object']}")
    from scipy.stats import binomtest

    for part, n in diversity.measured_errors(labelled).items():
        interval = binomtest(n["either"], n["n"]).proportion_ci(method="wilson")
        print(
            f"{part}: of {n['n']} instructions the verb is wrong in {n['verb']}, the object in "
            f"{n['object']}, either in {n['either']} (95 %: {interval.low:.1%} to {interval.high:.1%})"
        )


if __name__ == "__main__":
    run(main, Arguments, __doc__)
