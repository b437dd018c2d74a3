"""Derive a JSON schema of NOMAD's archives from the classes of the package perovskite-solar-cell-database.

    pip download --no-deps perovskite-solar-cell-database==1.2.16 -d runs/nomad
    python data/derive_nomad_schema.py --wheel runs/nomad/perovskite_solar_cell_database-1.2.16-py3-none-any.whl

NOMAD drops keys that it does not know without a word; with this schema `make test` finds them without NOMAD.
The package (Apache-2.0) is parsed, nothing of it is imported or run. Written is tests/fixtures/nomad_schema.json,
which has names and types of the two classes, `PerovskiteSolarCell` and `LLMExtractedPerovskiteSolarCell`, and of
the sections that archives of this project have; it is committed, so nobody needs to run this.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.database.nomad_package import read_wheel, version_of
from masterkey.formats import nomad, nomad_llm
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_text
from masterkey.scripting.paths import ROOT

_TYPES = {
    "str": "string",
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "np.dtype(np.float64)": "number",
    "np.dtype(np.int64)": "integer",
    "Datetime": "string",
    "JSON": "object",
}
# Of NOMAD's own classes only what is written here: nomad.datamodel.metainfo.basesections 2.0.0.
_OF_NOMAD = {"PublicationReference": ("publication_title", "DOI_number", "journal")}
# Sections of the classic class that no archive of this project has.
_UNUSED = ("add", "encapsulation", "stabilised", "eqe", "outdoor")


@dataclass
class Arguments:
    wheel: str = field(metadata={"help": "the package's wheel, as pip download leaves it"})
    output_path: str = field(
        default=str(ROOT / "tests" / "fixtures" / "nomad_schema.json"),
        metadata={"help": "the schema to write"},
    )


def main(arguments: Arguments) -> None:
    classes = Classes(read_wheel(arguments.wheel))
    definitions = {}
    for name in (nomad.DEFINITION, nomad_llm.DEFINITION):
        module, _, own = name.removeprefix("perovskite_solar_cell_database.").rpartition(".")
        definitions[own] = classes.schema_of(own, f"{module}.py")
        definitions[own]["properties"]["m_def"] = {"const": name}
    schema = {
        "$comment": "Derived by data/derive_nomad_schema.py from the package perovskite-solar-cell-database "
        f"{version_of(arguments.wheel)} of the NOMAD project (Apache-2.0).",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": definitions,
    }
    # One quantity a line would be six times as long.
    write_text(Path(arguments.output_path), _lines(schema))
    n = sum(text.count('"type"') for text in map(json.dumps, definitions.values()))
    print(f"written: {n} types in {arguments.output_path}")


def _lines(schema: dict) -> str:
    """JSON with a line for each property of the two classes."""
    head = {key: value for key, value in schema.items() if key != "$defs"}
    classes = []
    for name, definition in schema["$defs"].items():
        rest = json.dumps({k: v for k, v in definition.items() if k != "properties"})[1:-1]
        properties = (
            f"    {json.dumps(key)}: {json.dumps(value)}"
            for key, value in definition["properties"].items()
        )
        listed = ",\n".join(properties)
        classes.append(f'  {json.dumps(name)}: {{{rest}, "properties": {{\n{listed}\n  }}}}')
    body = ",\n".join(classes)
    return json.dumps(head)[:-1] + ',\n"$defs": {\n' + body + "\n}}\n"


@dataclass(frozen=True)
class Classes:
    """The classes of the package's files, by their syntax."""

    files: dict[str, str]

    def schema_of(self, name: str, path: str) -> dict:
        """The JSON schema of a class of a file, with its subsections in it."""
        properties: dict[str, dict] = {"m_def": {"type": "string"}}
        for definition, where in self._with_bases(name, path):
            for quantity, call in _assignments(definition):
                kind, given = _called(call)
                if kind == "Quantity":
                    properties[quantity] = _type(given)
                elif kind == "SubSection" and quantity not in _UNUSED:
                    own = self.schema_of(ast.unparse(given["section_def"]), where)
                    repeats = "repeats" in given and ast.unparse(given["repeats"]) == "True"
                    properties[quantity] = {"type": "array", "items": own} if repeats else own
        return {"type": "object", "additionalProperties": False, "properties": properties}

    def _with_bases(self, name: str, path: str) -> Iterator[tuple[ast.ClassDef, str]]:
        """The class and those of the package that it inherits from, the furthest first."""
        definition, where = self._find(name, path)
        if definition is None:
            return
        for base in map(ast.unparse, definition.bases):
            if base in _OF_NOMAD:
                listed = "\n".join(f"    {key} = Quantity(type=str)" for key in _OF_NOMAD[base])
                yield ast.parse(f"class {base}:\n{listed}").body[0], where
            yield from self._with_bases(base, where)
        yield definition, where

    def _find(self, name: str, path: str) -> tuple[ast.ClassDef | None, str]:
        """A class as a module knows it: its own, or one that it imports from the package."""
        tree = ast.parse(self.files[path])
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node, path
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names):
                for candidate in _paths(node, path):
                    if candidate in self.files:
                        return self._find(name, candidate)
        return None, path


def _paths(node: ast.ImportFrom, path: str) -> Iterator[str]:
    """Files of the package that an import may mean: a module, or a folder's __init__."""
    folder = path.rpartition("/")[0].split("/") if "/" in path else []
    module = (node.module or "").removeprefix("perovskite_solar_cell_database").lstrip(".")
    parts = [*(folder if node.level else []), *filter(None, module.split("."))]
    yield "/".join(parts) + ".py"
    yield "/".join([*parts, "__init__.py"])


def _assignments(definition: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for node in definition.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _called(value: ast.expr) -> tuple[str, dict[str, ast.expr]]:
    if not isinstance(value, ast.Call):
        return "", {}
    return ast.unparse(value.func), {word.arg: word.value for word in value.keywords if word.arg}


def _type(given: dict[str, ast.expr]) -> dict:
    own = _type_of(given["type"])
    shape = given.get("shape")
    return own if shape is None or ast.unparse(shape) == "[]" else {"type": "array", "items": own}


def _type_of(node: ast.expr) -> dict:
    text = ast.unparse(node)
    if text in _TYPES:
        return {"type": _TYPES[text]}
    if text.startswith("MEnum("):
        first = ast.literal_eval(node.args[0])
        return {
            "enum": first if isinstance(first, list) else [ast.literal_eval(a) for a in node.args]
        }
    if text.startswith(("Reference(", "SectionProxy(")):
        return {"type": "string"}
    raise UserError(f"the package has a quantity of the type {text}; name its JSON type in _TYPES.")


if __name__ == "__main__":
    run(main, Arguments, __doc__)
