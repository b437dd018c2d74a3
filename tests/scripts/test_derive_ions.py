"""data/derive_ions.py: a table from spreadsheets and lists of a small wheel made here."""

import io
import zipfile
from pathlib import Path

import pytest

from data.derive_ions import Arguments, charge_of, ions_of_site, main, names_in_compositions
from masterkey.database.nomad_package import PACKAGE
from masterkey.scripting.command_line import UserError

COLUMNS = ("ID", "Abbreviation", "Alternative_abbreviations", "Molecular_formula", "SMILE")
SHEETS = {
    "A": [
        (1, "MA", None, "CH6N+", "C[NH3+]"),
        (2, "PDA", "TN, DAP2", "", "C(C[NH3+])C[NH3+]"),
        (3, "DAP", "TN", "", "C(C[NH3+])CN"),
    ],
    "B": [(1, "Pb", None, "Pb2+", "[Pb+2]")],
    "C": [(1, "I", None, "I-", "[I-]"), (None, None, None, None, None)],
}


def sheet(rows: list[tuple]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    width = 15 - len(COLUMNS)
    for row in [COLUMNS, *rows]:
        book.active.append(
            [*row, *[f"column {n}" if row is COLUMNS else None for n in range(width)]]
        )
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def wheel_of(folder: Path, sheets: dict) -> Path:
    path = folder / "package.whl"
    quantity = "    composition_{}_ions = Quantity(type=str, a=props(suggestions={}))\n"
    listed = {"a": ["MA", "(pda); MA", "nan", "(Xx)"], "b": ["Pb"], "c": ["I"]}
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{PACKAGE}/synonym_map.json", "{}")
        wheel.writestr(f"{PACKAGE}/schema_sections/vars.py", "a = []\n")
        wheel.writestr(
            f"{PACKAGE}/schema_sections/perovskite.py",
            "class P:\n" + "".join(quantity.format(*item) for item in listed.items()),
        )
        wheel.writestr("perovskite_solar_cell_database-9.9.dist-info/METADATA", "Name: x")
        for letter, rows in sheets.items():
            wheel.writestr(f"{PACKAGE}/schema_sections/ions/{letter}-ion_data.xlsx", sheet(rows))
    return path


def test_the_table_has_sites_charges_synonyms_and_the_source(tmp_path, capsys):
    output = tmp_path / "ions.tsv"
    main(Arguments(wheel=str(wheel_of(tmp_path, SHEETS)), output_path=str(output)))
    comments = [line for line in output.read_text().splitlines() if line.startswith("#")]
    assert "perovskite-solar-cell-database 9.9" in comments[0]
    lines = output.read_text().splitlines()[len(comments) :]
    assert lines == [
        "name\tsite\tcharge\tsynonyms\twritten\tformula",
        "DAP\tA\t1\t\t\t",
        "MA\tA\t1\t\tbare\tCH6N+",
        "PDA\tA\t2\tDAP2; pda\t\t",
        "TN\tA\t\t\t\t",  # of two ions, so of neither
        "Xx\tA\t\t\tenclosed\t",
        "Pb\tB\t2\t\tbare\tPb2+",
        "I\tX\t-1\t\tbare\tI-",
    ]
    assert "7 ions" in capsys.readouterr().out


def test_a_name_without_parentheses_anywhere_is_bare():
    assert names_in_compositions(["(BA); MA", "BA; (PEA) | Cs", "nan", "(CH3)3S"]) == {
        "BA": "bare", "MA": "bare", "PEA": "enclosed", "Cs": "bare",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("smiles", "charge"), [("C[NH3+]", 1), ("[Pb+2]", 2), ("C1CN1", None), ("F[P-](F)(F)", -1)]
)
def test_the_charge_is_the_sum_over_the_string(smiles, charge):
    assert charge_of(smiles) == charge


def test_of_an_abbreviation_that_occurs_twice_the_first_row_counts():
    rows = [
        {"Abbreviation": "Au", "Alternative_abbreviations": None, "SMILE": smiles}
        for smiles in ("[Au+]", "[Au+3]")
    ]
    assert [ion.charge for ion in ions_of_site("B", rows, {})] == [1]


def test_another_version_is_a_users_mistake(tmp_path):
    wheel = wheel_of(tmp_path, {"A": SHEETS["A"]})
    with pytest.raises(UserError, match=r"holds no .*B-ion_data\.xlsx"):
        main(Arguments(wheel=str(wheel), output_path=str(tmp_path / "x.tsv")))
    assert not (tmp_path / "x.tsv").exists()
