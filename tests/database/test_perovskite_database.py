"""Reading an export: text stays text, and what is no whole export is named in one sentence."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.database.export import clean_boolean, cleaning_of, fold_blanks, read_export
from masterkey.database.export_file import DOI, TARGET_COLUMNS, USED_COLUMNS
from masterkey.schema import fields as schema
from masterkey.schema.spreadsheet_values import in_minutes
from masterkey.schema.values import BOOLEAN_FIELDS
from masterkey.scripting.command_line import UserError
from masterkey.synthetic.export import COLUMNS, write_export
from tests.perovskite_exports import DEVICE, write_csv


def test_the_columns_are_410_and_hold_all_that_is_read():
    assert len(COLUMNS) == len(set(COLUMNS)) == 410
    assert set(USED_COLUMNS) <= set(COLUMNS)
    assert len(USED_COLUMNS) == 31 + 4 + 1


def test_only_the_columns_that_are_read_are_needed_in_any_order(tmp_path):
    path = tmp_path / "narrow.csv"
    names = sorted(USED_COLUMNS, reverse=True)
    with open(path, "w", encoding="utf-8-sig", newline="") as file:  # as Excel writes it
        csv.writer(file).writerows([names, [DEVICE[name] for name in names]])
    [entry] = read_export(path).entries
    assert entry.fields == {name: DEVICE[name] for name in schema.SII_FIELDS}
    assert entry.targets == {"Voc": "1.05", "Jsc": "22.1", "FF": "0.754", "PCE": "17.5"}
    assert entry.doi == "10.1000/plain"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
any_rows = st.fixed_dictionaries(
    # The published form ends without a comma behind Module, so a comma there would be lost.
    dict.fromkeys(USED_COLUMNS, texts) | {"Module": texts.map(lambda text: text.replace(",", ""))}
)


@given(st.lists(any_rows, min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_any_text_comes_through_a_csv_and_the_published_form(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, USED_COLUMNS, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    entries = read_export(path).entries
    assert len(entries) == len(rows)
    for entry, values in zip(entries, rows, strict=True):
        for name, value in entry.fields.items():
            clean = cleaning_of(name)(values[name])
            assert value == (in_minutes(clean) if name == schema.ANNEALING_TIME else clean)
        mdp = schema.format_mdp_input(entry.fields, markers=True)
        parsed = schema.parse_mdp_input(mdp)
        assert parsed == {name: entry.fields[name] for name in schema.MDP_FIELDS}
        sii = schema.format_sii_answer(entry.fields, markers=True)
        assert schema.parse_sii_answer(sii) == entry.fields


def damaged(text: str, how: str) -> bytes:
    """The bytes of an export with something wrong."""
    lines = text.split("\n")
    broken = {
        "empty": "",
        "header only": lines[0] + "\n",
        "no header": "\n".join(lines[1:]),
        "another table": "a,b,c\n1,2,3\n",
        "semicolons": text.replace(",", ";"),
        "missing": text.replace("JV_default_PCE,", "JV_default_pce,", 1),
        "twice": text.replace("Ref_ID,", "Module,", 1),
        "cut row": text[:-60],
        "short row": "\n".join([*lines[:2], "1,2,3", *lines[2:]]),
        "long row": "\n".join([*lines[:2], lines[2] + ",1", *lines[3:]]),
        "open quote": text[:-2] + ',"cut off here',
        "open quote in the last column": text[:-1] + '"cut off here',
        "open quote early": text.replace("SLG", '"SLG', 1),
    }
    if how == "UTF-16":
        return text.encode("utf-16")
    if how == "Latin-1":
        return text.replace("Au", "Aü", 1).encode("latin-1")
    if how == "packed":
        return b"\x1f\x8b\x08\x00\xff\xff" + text.encode()
    return broken[how].encode()


MISTAKES = {
    "empty": "is empty; the file is damaged or was cut off",
    "header only": "has a header but no rows",
    "no header": r"lacks 36 of the 36 columns",
    "another table": r"lacks 36 of the 36 columns that are read \(Substrate_stack_sequence, ",
    "semicolons": r"row 0 has 41\d of 410 values .* which semicolons separate; put values that hold one",
    "missing": r"lacks 1 of the 36 columns that are read \(JV_default_PCE\)",
    "twice": "has the column Module twice",
    "cut row": r"row \d+ has \d+ of 410 values .* get it again",
    "short row": "row 1 has 3 of 410 values",
    "long row": "row 1 has 411 of 410 values",
    "open quote": "a quoted value is not closed at its end",
    "open quote in the last column": "a quoted value is not closed at its end",
    "open quote early": "a quoted value is not closed at its end",
    "UTF-16": r"is no UTF-8 text \(byte 0\)",
    "Latin-1": "holds text that is not UTF-8",
    "packed": r"is no UTF-8 text \(byte 1\)",
}


@pytest.mark.parametrize("how", MISTAKES)
def test_a_file_that_is_no_whole_export_is_named_in_one_sentence(tmp_path, how):
    path = write_csv(tmp_path / "db.csv", [{"Ref_ID": str(n)} for n in range(9)])
    path.write_bytes(damaged(path.read_text("utf-8"), how))
    with pytest.raises(UserError, match=MISTAKES[how]) as raised:
        read_export(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("path", ["absent.csv", "."])
def test_a_path_that_is_no_file_is_named(tmp_path, path):
    with pytest.raises(UserError, match=r"no such file; bring it with|name a CSV file"):
        read_export(tmp_path / path)


def test_a_cut_is_noticed_unless_it_leaves_whole_rows(tmp_path):
    path = write_csv(tmp_path / "db.csv", [{"HTL_additives_compounds": 'a "b",\nc'}] * 3)
    text = path.read_text("utf-8")
    first = text.index("\n") + 1
    row = (len(text) - first) // 3
    # Places all over the last row, and none of the columns that are read is last in a row.
    assert COLUMNS[-1] not in USED_COLUMNS
    for end in [*range(first + 2 * row + 1, len(text), 9), len(text) - 1]:
        path.write_text(text[:end], "utf-8")
        if text[end:].count(",") == 0:
            assert len(read_export(path).entries) == 3  # nothing that is read is missing
        else:
            with pytest.raises(UserError, match="get it again"):
                read_export(path)


def test_a_quotation_mark_inside_a_plain_value_is_no_mistake(tmp_path):
    path = write_csv(tmp_path / "db.csv", [{"Ref_free_text_comment": "Xwafer"}, {}])
    path.write_text(path.read_text("utf-8").replace("Xwafer", '5" wafer'), "utf-8")
    assert len(read_export(path).entries) == 2


@pytest.fixture(scope="module")
def long_export(tmp_path_factory):
    """An invented export that the parser reads in several blocks."""
    path = tmp_path_factory.mktemp("long") / "export.csv"
    write_export(path, 1000, seed=0)
    assert path.stat().st_size > 1.5 * 2**20
    return path


@pytest.mark.slow
def test_a_long_export_is_read_as_the_standard_library_reads_it(long_export):
    with open(long_export, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    entries = read_export(long_export).entries
    assert [entry.row for entry in entries] == list(range(1000))
    for entry, row in zip(entries, rows, strict=True):
        clean = {name: fold_blanks(row[name]) for name in schema.SII_FIELDS}
        clean |= {name: clean_boolean(row[name]) for name in BOOLEAN_FIELDS}
        assert entry.fields == clean
        assert entry.targets == {name: row[column] for name, column in TARGET_COLUMNS.items()}
        assert entry.doi == row[DOI].lower()


def test_a_damaged_row_deep_in_an_export_is_named_by_its_number(long_export, tmp_path):
    with open(long_export, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    del rows[1 + 900][7]
    with open(tmp_path / "damaged.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(UserError, match="row 900 has 409 of 410 values"):
        read_export(tmp_path / "damaged.csv")


def test_a_quote_that_opens_early_in_a_long_export_is_named(long_export, tmp_path):
    text = long_export.read_text("utf-8").replace("Spin-coating", '"Spin-coating', 1)
    (tmp_path / "open.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match="a quoted value is not closed at its end"):
        read_export(tmp_path / "open.csv")


def test_an_invented_export_is_the_same_each_time(tmp_path):
    for name in ("one.csv", "two.csv"):
        write_export(tmp_path / name, 30, seed=0)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert len(read_export(tmp_path / "one.csv").entries) == 30
