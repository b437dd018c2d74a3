"""How varied the instructions of a file are: their root verbs and direct objects, counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from masterkey.instructions.verbs.root_verbs import root_verb_and_object
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_text

TOP_VERBS, TOP_OBJECTS = 20, 4


def count_verbs(instructions: Iterable[str]) -> dict[str | None, Counter]:
    """{root verb: {direct object: instructions}}, the most frequent verbs first; None where none."""
    counts: dict[str | None, Counter] = defaultdict(Counter)
    for instruction in instructions:
        verb, object = root_verb_and_object(instruction)
        counts[verb][object] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1].total(), str(item[0]))))


def report(counts: dict[str | None, Counter]) -> dict:
    """All counts as one JSON-ready dict; verbs and objects by frequency, then by alphabet."""
    verbs = {verb: objects for verb, objects in counts.items() if verb is not None}
    pairs = {(v, o) for v, objects in verbs.items() for o in objects if o is not None}
    return {
        "n_instructions": sum(objects.total() for objects in counts.values()),
        "n_without_verb": counts.get(None, Counter()).total(),
        "n_verb_without_object": sum(objects[None] for objects in verbs.values()),
        "n_distinct_verbs": len(verbs),
        "n_distinct_pairs": len(pairs),
        "verbs": [
            {
                "verb": verb,
                "n": objects.total(),
                "n_without_object": objects[None],
                "objects": dict(by_frequency(objects)),
            }
            for verb, objects in verbs.items()
        ],
    }


def by_frequency(objects: Counter) -> list[tuple[str, int]]:
    """(object, count), without None; ties by alphabet, so that two runs give one order."""
    named = ((object, n) for object, n in objects.items() if object is not None)
    return sorted(named, key=lambda item: (-item[1], item[0]))


def most_frequent(
    counts: dict[str | None, Counter], top_verbs: int = TOP_VERBS, top_objects: int = TOP_OBJECTS
) -> list[tuple[str, list[tuple[str, int]]]]:
    """[(verb, [(object, count), …]), …]: what the figure shows.

    As in the figures of Self-Instruct and Alpaca, only instructions with both verb and object
    count, for the order of the verbs, too. Verbs are ordered by what is shown of them.
    """
    with_object = {
        verb: by_frequency(objects) for verb, objects in counts.items() if verb is not None
    }
    totals = {verb: sum(n for _, n in objects) for verb, objects in with_object.items()}
    chosen = sorted((v for v in totals if totals[v]), key=lambda v: (-totals[v], v))[:top_verbs]
    shown = [(verb, with_object[verb][:top_objects]) for verb in chosen]
    return sorted(shown, key=lambda item: -sum(n for _, n in item[1]))


def read_labelled(path: str | Path) -> list[dict]:
    """Instructions labelled by hand: JSON Lines of `instruction`, `verb`, `object` and `part`.

    `verb` and `object` are lemmas or null. Raises `UserError` for a line that is none.
    """
    labelled = []
    for number, text in enumerate(read_text(path).split("\n"), 1):
        if not text.strip():
            continue
        line = parse_json(text, str(path), number)
        if not isinstance(line, dict) or {"instruction", "verb", "object", "part"} - set(line):
            raise UserError(
                f"{path}: line {number} is not labelled; it needs 'instruction', 'verb', 'object' "
                "(lemmas, or null for none) and 'part'."
            )
        labelled.append(line)
    if not labelled:
        raise UserError(f"{path}: holds no labelled instruction; give a file with at least one.")
    return labelled


def measured_errors(labelled: list[dict]) -> dict[str, dict]:
    """{part: {"n", "verb", "object", "either"}}: how many instructions the rule gets wrong."""
    errors: dict[str, dict] = {}
    for line in labelled:
        counts = errors.setdefault(
            line["part"], dict.fromkeys(("n", "verb", "object", "either"), 0)
        )
        wrong = [
            found != line[key]
            for key, found in zip(
                ("verb", "object"), root_verb_and_object(line["instruction"]), strict=True
            )
        ]
        counts["n"] += 1
        counts["verb"] += wrong[0]
        counts["object"] += wrong[1]
        counts["either"] += any(wrong)
    return errors
