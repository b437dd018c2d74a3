"""Recipes: a YAML file of flags as first argument, with command-line overrides behind it.

    train.py configs/tiny.yaml --learning_rate 1e-3

is the same as writing every line of the file as `--key value` before the other flags; the last one
given wins.
"""

import difflib
from pathlib import Path

from masterkey.command_line import UserError
from masterkey.files import read_text


def expand_recipe(argv: list[str]) -> list[str]:
    """`argv` with a leading recipe file replaced by its flags; flags given beside it win."""
    if not argv or not argv[0].endswith((".yaml", ".yml")):
        return argv
    given = {word[2:].partition("=")[0] for word in argv[1:] if word.startswith("--")}
    words: list[str] = []
    for key, value in _read_recipe(argv[0]).items():
        if key not in given:
            words += [f"--{key}", *_words(value)]
    return words + argv[1:]


def _read_recipe(path: str) -> dict:
    import yaml

    try:
        recipe = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1} " if mark else ""
        raise UserError(f"{path}: {where}is not valid YAML; mend it there.") from None
    if not isinstance(recipe, dict):
        raise UserError(f"{path}: holds no `key: value` lines; each names a flag of train.py.")
    return recipe


def _words(value) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, dict):
        import json

        return [json.dumps(value)]
    return ["" if value is None else str(value)]


def refuse_unknown_flags(argv: list[str], known: set[str]) -> None:
    """Raise `UserError` for the first flag that is not in `known`, with the nearest known name."""
    for word in argv:
        name = word[2:].partition("=")[0].replace("-", "_")
        if word.startswith("--") and name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean --{near[0]}?" if near else "; see --help."
            raise UserError(f"--{name}: no such flag{hint}")


def recipe_names(folder: Path) -> list[str]:
    """The recipe files of a folder, for the help text."""
    return sorted(path.name for path in folder.glob("*.yaml"))
