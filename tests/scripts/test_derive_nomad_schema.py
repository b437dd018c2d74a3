"""data/derive_nomad_schema.py: a JSON schema from the classes of a small wheel made here."""

import json
import zipfile

import pytest

from data.derive_nomad_schema import Arguments, main
from masterkey.database.nomad_package import PACKAGE
from masterkey.scripting.command_line import UserError

FILES = {
    "synonym_map.json": "{}",
    "schema.py": """
from perovskite_solar_cell_database.schema_sections import Cell
class PerovskiteSolarCell(Schema):
    cell = SubSection(section_def=Cell)
    m_def = Section(label='x')
""",
    "schema_sections/__init__.py": "from .cell import Cell\n",
    "schema_sections/cell.py": """
class Area(ArchiveSection):
    area = Quantity(type=np.dtype(np.float64), unit='cm**2', shape=[])
class Cell(Area):
    flexible = Quantity(type=bool)
    names = Quantity(type=str, shape=['*'])
    kind = Quantity(type=MEnum(['nip', 'pin']))
""",
    "llm_extraction_schema.py": """
from .schema_sections.cell import Cell
class LLMExtractedPerovskiteSolarCell(PublicationReference):
    layers = SubSection(section_def=Cell, repeats=True)
    origin = Quantity(type=MEnum('a', 'b'))
""",
}


def wheel_of(folder, files):
    path = folder / "package.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(f"{PACKAGE}/{name}", text)
        wheel.writestr("perovskite_solar_cell_database-9.9.dist-info/METADATA", "Name: x")
    return str(path)


@pytest.mark.slow
def test_classes_become_a_schema_with_what_they_inherit(tmp_path):
    import jsonschema  # takes a second or two, of each worker that collects

    output = tmp_path / "schema.json"
    main(Arguments(wheel=wheel_of(tmp_path, FILES), output_path=str(output)))
    schema = json.loads(output.read_text("utf-8"))
    assert "perovskite-solar-cell-database 9.9" in schema["$comment"]
    assert "Apache-2.0" in schema["$comment"]
    classic = jsonschema.Draft202012Validator(schema["$defs"]["PerovskiteSolarCell"])
    assert classic.is_valid(
        {"cell": {"area": 0.1, "flexible": True, "names": ["a"], "kind": "nip"}}
    )
    for wrong in ({"area": "0.1"}, {"kind": "n-i-p"}, {"names": "a"}, {"stack": "x"}):
        assert not classic.is_valid({"cell": wrong})
    llm = jsonschema.Draft202012Validator(schema["$defs"]["LLMExtractedPerovskiteSolarCell"])
    assert llm.is_valid({"layers": [{"area": 1}], "DOI_number": "10.1000/x", "origin": "b"})
    assert not llm.is_valid({"layers": {"area": 1}})


def test_an_unknown_type_is_told(tmp_path):
    files = FILES | {"schema_sections/cell.py": "class Cell(X):\n    a = Quantity(type=complex)\n"}
    with pytest.raises(UserError, match="a quantity of the type complex"):
        main(Arguments(wheel=wheel_of(tmp_path, files), output_path=str(tmp_path / "s.json")))
