"""Other forms of an export: other separators, NOMAD's archives, records of LLM origin, years of papers."""

import csv
from pathlib import Path

import pytest

from masterkey.database.export import read_export
from masterkey.database.export_file import OPTIONAL_COLUMNS, USED_COLUMNS, nomad_name
from masterkey.formats.llm_records import as_manual
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from tests.perovskite_exports import DEVICE, convert, of_all_splits, write_csv

TIME = schema.ANNEALING_TIME
EXPECTED = {name: DEVICE[name] for name in schema.SII_FIELDS}


def write_nomad(path: Path, devices: list[dict], left_out: tuple[str, ...] = ()) -> Path:
    """A table of NOMAD's archives, as pandas saves it."""
    names = [name for name in (*USED_COLUMNS, *OPTIONAL_COLUMNS) if name not in left_out]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["entry_id", *map(nomad_name, names)])
        for device in devices:
            values = DEVICE | dict.fromkeys(OPTIONAL_COLUMNS, "") | device
            writer.writerow(["x", *(values[name] for name in names)])
    return path


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_read_and_told(tmp_path, separator, name, capsys):
    german = {"JV_default_PCE": "17,5", "JV_default_Voc": "1,05", "Module": "FALSCH"}
    path = write_csv(tmp_path / "db.csv", [german, {}], delimiter=separator)
    export = read_export(path)
    assert export.separator == name
    assert [entry.fields for entry in export.entries] == [EXPECTED, EXPECTED]
    assert export.entries[0].targets == export.entries[1].targets
    _, report = convert(tmp_path, path)
    assert report["mdp"]["n_kept"] == 2
    assert report["export"]["n_values_changed"]["decimal comma read as a point"] == 2
    assert f"its values are separated by {name}, and were read so" in capsys.readouterr().out


def test_columns_are_named_as_nomad_names_them():
    assert nomad_name("ETL_stack_sequence") == "data.etl.stack_sequence"
    assert nomad_name(TIME) == "data.perovskite_deposition.thermal_annealing_time"
    assert nomad_name(schema.LONG_FORM) == "data.perovskite.composition_long_form"
    assert nomad_name("Module") == "data.module.Module"
    assert nomad_name("JV_default_PCE") == "data.jv.default_PCE"
    assert nomad_name("Ref_DOI_number") == "data.ref.DOI_number"


def test_nomads_archives_are_read_as_the_old_export(tmp_path, capsys):
    left_out = ("Module", "Stability_atmosphere")
    path = write_nomad(tmp_path / "nomad.csv", [{}, {"Cell_flexible": "False"}], left_out)
    export = read_export(path)
    expected = EXPECTED | dict.fromkeys(left_out, "")
    assert [entry.fields for entry in export.entries] == [expected, expected]
    assert export.absent == ("Stability_atmosphere", "Module")
    convert(tmp_path, path)
    printed = capsys.readouterr().out
    assert "columns are those of NOMAD's archives" in printed
    assert "2 columns are absent, and read as empty: Stability_atmosphere, Module" in printed


def test_a_column_that_is_needed_is_named_as_nomad_names_it(tmp_path):
    path = write_nomad(tmp_path / "nomad.csv", [{}], ("JV_default_PCE",))
    with pytest.raises(UserError, match=r"lacks 1 of the 36 columns .*\(data.jv.default_PCE\)"):
        read_export(path)


def test_seconds_of_records_of_llm_origin_become_minutes_and_are_counted(tmp_path, capsys):
    devices = [
        {TIME: "1800 >> nan; 30", "Ref_extraction_method": "LLM"},
        {TIME: "1800", "Ref_extraction_method": "LLM Reviewed by Human"},
        {TIME: "30 min", "Ref_extraction_method": "LLM"},
        {TIME: "10", "Ref_extraction_method": "LLM"},
        {TIME: "1800", "Ref_extraction_method": "Perovskite Database Project"},
        {TIME: "30", "Ref_extraction_method": "Author"},
        {TIME: "30"},
    ]
    path = write_nomad(tmp_path / "nomad.csv", devices)
    times = [entry.fields[TIME] for entry in read_export(path).entries]
    assert times == ["30 >> nan; 0.5", "30", "30", "0.166667", "1800", "30", "30"]
    _, report = convert(tmp_path, path)
    changes = report["export"]["n_values_changed"]
    assert changes["LLM annealing time: seconds turned into minutes"] == 4
    assert report["export"]["n_rows_of_llm"] == 4
    printed = capsys.readouterr().out
    assert "4 rows are of LLM origin" in printed
    assert "1 of these are then annealed for less than half a minute" in printed
    assert "1 other rows are annealed for 10 hours or more: are they seconds?" in printed


def test_long_annealing_without_a_word_on_who_extracted_it_is_told(tmp_path, capsys):
    convert(tmp_path, [{TIME: "Unknown >> 600; 1800"}, {TIME: "599"}])
    assert (
        "1 other rows are annealed for 10 hours or more: are they seconds, and no column says who "
        "extracted them?" in capsys.readouterr().out
    )


def test_records_of_llm_origin_lose_what_manual_ones_do_not_have():
    given = EXPECTED | {
        "Perovskite_deposition_procedure": "Spin-coating >> Antisolvent-quenching",
        "Stability_PCE_end_of_experiment": "18.2",
        TIME: "nan",
    }
    fields, changes = as_manual(given)
    assert fields["Perovskite_deposition_procedure"] == "Spin-coating"
    assert fields["Stability_PCE_end_of_experiment"] == ""
    assert fields[TIME] == "nan"
    assert len(changes) == 2


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("2019-03-04", 2019),
        ("2019-03-04T00:00:00+00:00", 2019),
        ("04.03.2019", 2019),
        ("2021", 2021),
        ("", None),
        ("Unknown", None),
        ("1551657600000", None),
    ],
)
def test_a_row_has_the_year_of_its_paper(date, year, tmp_path):
    folder, report = convert(tmp_path, [{"Ref_publication_date": date}])
    [row] = of_all_splits(folder, "mdp")
    assert row.get("year") == year
    assert report["export"]["n_rows_without_year"] == (year is None)
    [read] = read_rows(folder / f"mdp_{row['split']}.json", task="mdp")
    assert (read.paper, read.year) == ("10.1000/plain", year)


def test_a_file_of_which_no_device_is_left_is_a_mistake(tmp_path):
    with pytest.raises(
        UserError, match=r"none of its 3 devices is usable: no PCE \(2\), module \(1\)"
    ):
        convert(tmp_path, [{"JV_default_PCE": ""}, {"JV_default_PCE": "nan"}, {"Module": "WAHR"}])
    assert not (tmp_path / "out").exists()
