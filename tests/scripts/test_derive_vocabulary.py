"""data/derive_vocabulary.py: tables from a package's lists, of a small wheel made here."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from data.derive_vocabulary import MATERIALS, Arguments, main, pair_counts, part_counts
from masterkey.database.nomad_package import PACKAGE, read_wheel, suggestions
from masterkey.extractor.process.text.materials import VOCABULARY
from masterkey.scripting.command_line import UserError
from tests.conftest import ROOT

VARS = 'etl_stacks = ["TiO2-c | TiO2-mp", "TiO2-c", "Unknown", "PCBM | BCP"]\nother = ("a", "b")\n'
SECTION = """
from . import vars

class Layer:
{quantities}
"""


def quantity(name: str, listed: str) -> str:
    return f"""
    {name} = Quantity(
        type=str,
        a_eln=ELNAnnotation(component='EnumEditQuantity', props=dict(suggestions={listed})),
    )
"""


def files() -> dict[str, str]:
    listed = {
        "etl": {
            "stack_sequence": "sorted(etl_stacks)",
            "additives_compounds": '["Li-TFSI", "Li-TFSI; TBP", "Undoped"]',
            "deposition_procedure": '["Spin-coating | Spin-coating", "CBD >> CBD"]',
        },
        "htl": {
            "stack_sequence": '["NiO-c | 2PACz", "NiO-c  |  2PACz | Al2O3"]',
            "additives_compounds": "[]",
            "deposition_procedure": '["Spin-coating"]',
        },
        "backcontact": {
            "stack_sequence": '["MoO3 | Ag", "Ag", "none"]',
            "deposition_procedure": '["Evaporation"]',
        },
        "substrate": {"stack_sequence": '["SLG | ITO"]'},
        "perovskite": {"additives_compounds": '["Cl"]'},
        "perovskite_deposition": {
            "procedure": '["Spin-coating >> Spin-coating"]',
            "solvents": '["DMF; DMSO", "DMF >> IPA", "nan"]',
        },
    }
    sections = {
        f"schema_sections/{module}.py": SECTION.format(
            quantities="".join(quantity(*item) for item in own.items())
        )
        for module, own in listed.items()
    }
    return {
        "schema_sections/vars.py": VARS,
        "synonym_map.json": json.dumps({"spiro": "Spiro-MeOTAD", "2-PACz": "2PACz"}),
        **sections,
    }


def wheel_of(folder: Path, own: dict[str, str], package: str = PACKAGE) -> Path:
    path = folder / "package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in own.items():
            wheel.writestr(f"{package}/{name}", text)
        wheel.writestr(f"{package}/picture.png", b"\x89PNG")
        wheel.writestr("elsewhere/module.py", "raise RuntimeError")
    return path


@pytest.fixture
def wheel(tmp_path) -> Path:
    return wheel_of(tmp_path, files())


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_each_table_counts_the_values_that_hold_a_name(wheel, tmp_path, capsys):
    main(Arguments(wheel=str(wheel), output_dir=str(tmp_path / "out")))
    out = tmp_path / "out"
    materials = {row.pop("name"): row for row in rows(out / "materials.tsv")}
    assert materials["TiO2-c"]["ETL"] == "2"
    assert materials["NiO-c"] == dict.fromkeys(MATERIALS, "0") | {"HTL": "2"}
    assert materials["Li-TFSI"]["ETL_additive"] == "2"
    assert not {"Unknown", "none", "Undoped", ""} & materials.keys()
    assert str(out) in capsys.readouterr().out


def test_pairs_say_which_layer_lies_on_which(wheel, tmp_path):
    main(Arguments(wheel=str(wheel), output_dir=str(tmp_path)))
    found = [tuple(row.values()) for row in rows(tmp_path / "pairs.tsv")]
    assert ("HTL", "NiO-c", "2PACz", "2") in found
    assert ("ETL", "TiO2-c", "TiO2-mp", "1") in found
    assert ("Backcontact", "MoO3", "Ag", "1") in found
    assert found == sorted(found, key=lambda row: (row[0], -int(row[3]), row[1:3]))


def test_names_in_most_values_come_first(wheel, tmp_path):
    main(Arguments(wheel=str(wheel), output_dir=str(tmp_path)))
    sums = [sum(int(n) for n in list(row.values())[1:]) for row in rows(tmp_path / "materials.tsv")]
    assert sums == sorted(sums, reverse=True)


def test_two_runs_write_the_same(wheel, tmp_path):
    for folder in ("one", "two"):
        main(Arguments(wheel=str(wheel), output_dir=str(tmp_path / folder)))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_lists_are_found_as_they_stand_by_name_or_sorted():
    own = files()
    assert suggestions(own, "etl", "stack_sequence")[0] == "TiO2-c | TiO2-mp"
    assert suggestions(own, "htl", "deposition_procedure") == ["Spin-coating"]
    own["schema_sections/htl.py"] = SECTION.format(
        quantities=quantity("stack_sequence", "etl_stacks")
    )
    assert suggestions(own, "htl", "stack_sequence")[-1] == "PCBM | BCP"


def test_nothing_of_the_package_is_run():
    own = files()
    own["schema_sections/htl.py"] = "raise RuntimeError\n" + own["schema_sections/htl.py"]
    assert suggestions(own, "htl", "deposition_procedure") == ["Spin-coating"]


def test_parts_and_pairs_that_say_nothing_are_not_counted():
    assert part_counts(["A | Unknown", "A; B >> A", "nan", " "]) == {"A": 2, "B": 1}
    assert pair_counts(["A | Unknown | B", "A | B"]) == {("A", "B"): 1}


def test_a_pair_that_a_stack_holds_twice_is_counted_once():
    assert pair_counts(["A | B | A | B"]) == {("A", "B"): 1, ("B", "A"): 1}


def test_a_missing_quantity_is_a_users_mistake():
    own = files()
    own["schema_sections/htl.py"] = "class Layer:\n    pass\n"
    with pytest.raises(UserError, match=r"htl\.py: lists no values of stack_sequence"):
        suggestions(own, "htl", "stack_sequence")


def test_another_package_and_another_file_are_a_users_mistake(tmp_path):
    with pytest.raises(UserError, match="is it another package"):
        read_wheel(str(wheel_of(tmp_path, files(), package="numpy")))
    (tmp_path / "text.whl").write_text("no archive")
    for name in ("text.whl", "missing.whl"):
        with pytest.raises(UserError, match="is no wheel that could be read"):
            read_wheel(str(tmp_path / name))


def test_as_a_command_it_writes_the_tables_or_says_what_is_wrong(wheel, tmp_path):
    def run(path: Path) -> subprocess.CompletedProcess:
        command = ["data/derive_vocabulary.py", "--wheel", path, "--output_dir", tmp_path / "out"]
        return subprocess.run(
            [sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True
        )

    assert run(wheel).returncode == 0
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == ["materials", "pairs"]
    failed = run(tmp_path / "missing.whl")
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr


# --- the tables that are committed ----------------------------------------------------------------


def test_the_committed_tables_have_the_columns_that_the_program_writes():
    found = rows(VOCABULARY / "materials.tsv")
    assert list(found[0]) == ["name", *MATERIALS]
    assert len({row["name"] for row in found}) == len(found)
    assert all(sum(int(row[column]) for column in MATERIALS) > 0 for row in found)


def test_every_committed_table_is_read_by_the_extractor():
    """Tables that nothing reads were deleted (docs/experiments.md)."""
    read = (ROOT / "masterkey/extractor/process/text/materials.py").read_text(encoding="utf-8")
    assert all(f'"{path.name}"' in read for path in VOCABULARY.glob("*.tsv"))


def test_the_committed_pairs_are_of_materials_of_their_part():
    materials = {row["name"]: row for row in rows(VOCABULARY / "materials.tsv")}
    for row in rows(VOCABULARY / "pairs.tsv"):
        if ";" not in row["lower"] + row["upper"]:
            assert int(materials[row["lower"]][row["part"]]) >= int(row["stacks"])


def test_the_origin_and_licence_of_the_tables_are_said():
    origin = (VOCABULARY / "ORIGIN.md").read_text(encoding="utf-8")
    for words in ("perovskite-solar-cell-database", "1.2.16", "Apache-2.0", "CC BY 4.0"):
        assert words in origin
    for path in VOCABULARY.glob("*.tsv"):
        assert path.name in origin
