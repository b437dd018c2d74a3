"""The text of an audit (data/audit.py) from the dict that `audit.json` holds."""

from tabulate import tabulate

from masterkey.audit.irregular_rows import KINDS
from masterkey.schema.fields import TARGET_UNITS

SHOWN = 10
SHOWN_CLASSES = 6
FOUND_WIDTH = 60
SHARES_WIDTH = 26


def audit_text(audit: dict) -> str:
    """The whole report, one block per file and one per pair of files."""
    blocks = [_file_text(file) for file in audit["files"]]
    blocks += [_between_text(pair) for pair in audit["between"]]
    return "\n\n".join(blocks) + "\n"


def _file_text(file: dict) -> str:
    title = (
        f"{file['file']}: {file['n_rows']} rows, task {file['task'].upper()}, "
        f"{file['n_answers']} with an answer"
    )
    if file["synthetic"]:
        title += " (synthetic rows)"
    parts = [_underlined(title, "=")]
    parts += (
        [_recipes_text(file["recipes"])] if "recipes" in file else [_inputs_text(file["inputs"])]
    )
    parts += [_irregular_text(file["irregular"]), _context_text(file["context"], file["n_rows"])]
    if file.get("answers_in_text"):
        parts.append(_evidence_text(file["answers_in_text"]))
    return "\n\n".join([*parts, _classes_text(file)])


def _between_text(pair: dict) -> str:
    first, second = pair["files"]
    parts = [_underlined(f"{second} against {first}", "=")]
    parts.append(_shared_text(pair))
    if pair["class_balance"]:
        parts.append(_balance_text(pair))
    return "\n\n".join(parts)


def _underlined(title: str, line: str = "-") -> str:
    return f"{title}\n{line * len(title)}"


def _section(title: str, *lines: str) -> str:
    return "\n".join([_underlined(title), *filter(None, lines)])


def _table(rows: list, headers: list[str]) -> str:
    aligned = ["left", *["right"] * (len(headers) - 1)]
    return tabulate(rows, headers, tablefmt="simple", colalign=aligned, disable_numparse=True)


def _numbers(rows: list[int]) -> str:
    shown = ", ".join(map(str, rows[:SHOWN]))
    return shown + (f", … ({len(rows)} in all)" if len(rows) > SHOWN else "")


def _share(count: int, total: int) -> str:
    return f"{count} ({count / total:.0%})" if total else str(count)


# --- inputs ------------------------------------------------------------------------------------------


def _inputs_text(inputs: dict) -> str:
    copies = (
        f"{inputs['n_distinct']} distinct inputs; {inputs['n_rows_with_a_copy']} rows have a copy"
    )
    copies += (
        f": rows {'; '.join(map(_numbers, inputs['identical'][:SHOWN]))}"
        if inputs["identical"]
        else ""
    )
    return _section("Repeated inputs", copies, _near_text(inputs, "{} and {}"))


def _near_text(inputs: dict, rows: str) -> str:
    what = (
        f"{inputs['threshold']:.0%} of the {inputs['n_words']}-word sequences of the shorter text"
    )
    lines = [f"{inputs['n_near']} further pairs share at least {what}"]
    if inputs["near"]:
        shown = [
            (rows.format(*pair["rows"]), f"{pair['containment']:.2f}", pair["n_shared"])
            for pair in inputs["near"][:SHOWN]
        ]
        lines.append(_table(shown, ["rows", "containment", "shared sequences"]))
    if inputs["n_near"] > SHOWN:
        lines.append(f"… and {inputs['n_near'] - SHOWN} more (see the JSON file)")
    return "\n".join(lines)


def _shared_text(pair: dict) -> str:
    if "recipes" in pair:
        recipes = pair["recipes"]
        return _section(
            "Recipes in both",
            f"{recipes['n_shared']} of {recipes['n_recipes']} recipes ({recipes['n_rows_shared']} rows) "
            "have the same recipe in the first file",
            f"{recipes['one_field_apart']} have one there that differs in a single field",
        )
    inputs = pair["inputs"]
    identical = f"{inputs['n_rows_identical']} rows of the second have an input of the first"
    if inputs["identical"]:
        places = (f"{a[0]} = {b[0]}" for a, b in inputs["identical"][:SHOWN])
        identical += f" (row of the first = row of the second: {', '.join(places)})"
    return _section(
        "Inputs in both", identical, _near_text(inputs, "{} of the first, {} of the second")
    )


# --- recipes -----------------------------------------------------------------------------------------


def _recipes_text(recipes: dict) -> str:
    floors = [
        (f"{name} [{TARGET_UNITS[name]}]" if TARGET_UNITS[name] else name,
         _number(floor["mae"]), _number(floor["sd"]), floor["n"], floor["n_recipes"])
        for name, floor in recipes["noise_floor"].items()
    ]  # fmt: skip
    return _section(
        "Repeated recipes",
        f"{recipes['n_recipes']} distinct recipes; {recipes['n_repeated']} repeat, over "
        f"{recipes['n_rows_repeated']} rows, up to {recipes['most_repeated']} times",
        f"{recipes['one_field_apart']} recipes have another that differs in a single field",
        "",
        "Noise floor: how far measured values of one recipe lie apart. No model that sees only the\n"
        "recipe can be expected to do better. Any split must keep a recipe's rows together.",
        _table(
            floors, ["target", "deviation from median", "standard deviation", "rows", "recipes"]
        ),
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value < 1 else f"{value:.2f}"


# --- rows --------------------------------------------------------------------------------------------


def _irregular_text(irregular: dict) -> str:
    examples: dict[str, dict] = {}
    for item in irregular["rows"]:
        examples.setdefault(item["kind"], item)
    rows = [
        (meaning, irregular["kinds"][kind], _example(examples[kind]))
        for kind, meaning in KINDS.items()
        if kind in examples
    ]
    if not rows:
        return _section("Irregular rows", "none")
    table = tabulate(
        rows,
        ["what", "rows", "first found"],
        maxcolwidths=[None, None, FOUND_WIDTH],
        disable_numparse=True,
        colalign=["left", "right", "left"],
    )
    return _section(f"Irregular rows ({irregular['n_rows']}; all are in the JSON file)", table)


def _example(item: dict) -> str:
    found = item["found"]
    return f"row {item['row']}: {found if len(found) <= 100 else found[:100] + '…'}"


def _context_text(context: dict, n_rows: int) -> str:
    lines = [
        f"counted: {context['counted']}, prompt (alpaca) and answer together",
        "(low for chemistry, which takes more tokens than prose; --tokenizer counts exactly)"
        if context["counted"] != "tokens"
        else "",
        f"median {context['median']:.0f}, longest {context['longest']:.0f} (row {context['longest_row']})",
        f"{_share(len(context['exceeding']), n_rows)} rows do not fit",
        f"{_share(len(context['without_answer']), n_rows)} rows would have no token of their answer left "
        "if they were cut at the end",
    ]
    if context["exceeding"]:
        lines.append(f"rows {_numbers(context['exceeding'])}")
    return _section(f"Context of {context['max_length']} tokens", *lines)


def _evidence_text(fields: dict[str, dict]) -> str:
    rows = [
        (field, found["n"], f"{found['share']:.2f}", f"{found['share_of_parts']:.2f}")
        for field, found in fields.items()
    ]
    return _section(
        "Answers that occur in their text (whole words, numbers by value)",
        "What is not there must be known, deduced or guessed: no reading finds it.",
        _table(rows, ["field", "reported", "whole answer", "parts"]),
    )


# --- classes -----------------------------------------------------------------------------------------


def _classes_text(file: dict) -> str:
    rows = []
    for field, counts in file["classes"].items():
        total = sum(counts.values())
        rows.append((field, _shares({value: n / total for value, n in counts.items()})))
    if not rows:
        return _section("Classes", "no closed-vocabulary field has an answer")
    counted = "Classes (each recipe once)" if file["task"] == "mdp" else "Classes"
    return _section(counted, tabulate(rows, ["field", "values"], disable_numparse=True))


def _shares(shares: dict[str, float]) -> str:
    shown = [f"{value or '(empty)'} {share:.1%}" for value, share in shares.items()]
    return ", ".join(shown[:SHOWN_CLASSES]) + (" …" if len(shown) > SHOWN_CLASSES else "")


def _balance_text(pair: dict) -> str:
    rows = [
        (
            field,
            _shares(balance["first"]),
            _shares(balance["second"]),
            f"{balance['distance']:.3f}",
            "<.001" if balance["p"] < 0.001 else f"{balance['p']:.3f}",
        )
        for field, balance in pair["class_balance"].items()
    ]
    table = tabulate(
        rows,
        ["field", "first file", "second file", "distance", "p"],
        maxcolwidths=[None, SHARES_WIDTH, SHARES_WIDTH, None, None],
        disable_numparse=True,
        colalign=["left", "left", "left", "right", "right"],
    )
    return _section(
        "Class balance (each recipe once)" if pair["task"] == "mdp" else "Class balance",
        "distance: half the summed differences of the shares. p: how often rows dealt out at random\n"
        "lie as far apart; small means that the files were not drawn alike.",
        table,
    )
