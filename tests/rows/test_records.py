"""Reading data files: validated rows, and one sentence for what is wrong."""

import json

import pytest
from conftest import ROOT, _shared

from masterkey.rows.records import Row, empty_answers, model_text, read_rows, recipe_of, task_of
from masterkey.rows.splits import stable_split
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

ROW = {"instruction": "Say it.", "input": "a", "output": "b"}
SII_OUTPUT = schema.format_sii_answer(dict.fromkeys(schema.SII_FIELDS, ""), markers=True)


@pytest.fixture
def write(tmp_path):
    def write(text, name="rows.json"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    return write


def test_json_and_json_lines_give_the_same_rows(write):
    rows = [ROW, {**ROW, "id": "x"}]
    lines = write("".join(json.dumps(row) + "\n\n" for row in rows), "rows.jsonl")
    assert read_rows(write(rows)) == read_rows(lines)
    assert [row.id for row in read_rows(lines)] == ["0", "x"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('[{"instruction": "a",\n "input" "b"}]', "line 2, column 10 is not valid JSON"),
        ("", "is empty"),
        ("[]", "holds no rows"),
        ('{"a": 1}', "holds a JSON object"),
        ([ROW, 3], "row 1 is a JSON number"),
        ([ROW, {"instruction": "a", "input": "b"}], "row 1 has no 'output' (it has 'instruction', 'input')"),
        ([{"input": "b", "output": "c"}], "row 0 has no 'instruction'"),
        ([{**ROW, "input": 4}], "row 0: 'input' is a JSON number, expected text"),
        ([{**ROW, "id": "x"}, ROW, {**ROW, "id": "x"}], "rows 0 and 2 have the same id 'x'"),
        ([{**ROW, "id": []}], "row 0: 'id' is a JSON list"),
        ([ROW, {**ROW, "output": None}], "row 1: 'output' is null, expected text"),
        ('{"version": 1, "rows": []}', "holds a JSON object"),
        ('{"instruction": "a", "input": "b", "output": "c"}\n{"instruction": }', "line 2, column 17"),
    ],
)  # fmt: skip
def test_a_bad_training_file_is_named_with_row_and_key(write, content, found):
    path = write(content)
    with pytest.raises(UserError) as error:
        read_rows(path, answers="required")
    assert str(path) in str(error.value)
    assert found in str(error.value)


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.txt"])
def test_the_content_decides_how_a_file_is_read_not_its_name(write, name):
    rows = [{**ROW, "id": "x"}, {**ROW, "input": "two\nlines [ \u2028 {"}]
    expected = read_rows(write(rows, "list.json"))
    assert read_rows(write(rows, name)) == expected
    assert read_rows(write(json.dumps(rows, indent=2), name)) == expected
    for end in ("\n", "\r\n", "\n\n"):
        lines = "".join(json.dumps(row) + end for row in rows)
        assert read_rows(write(lines, name)) == expected
        assert read_rows(write("\n" + lines.rstrip(), name)) == expected
    assert read_rows(write(json.dumps(rows[0]) + "\n", name)) == expected[:1]


def test_what_datasets_writes_is_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = [{**ROW, "id": None}, {**ROW, "id": "x"}]
    path = tmp_path / "rows.json"
    datasets.Dataset.from_list(rows).to_json(path)
    assert [row.id for row in read_rows(path, answers="required")] == ["0", "x"]


def test_rows_without_an_id_have_their_number(write):
    rows = read_rows(write([{**ROW, "id": None}, ROW, {**ROW, "id": 7}]))
    assert [row.id for row in rows] == ["0", "1", "7"]


@pytest.mark.parametrize("empty", ["", " \n", None])
def test_new_papers_may_have_an_empty_answer(write, empty):
    rows = [{"input": "a paper", "output": empty}, {"input": "another", "output": SII_OUTPUT}]
    assert [row.output for row in read_rows(write(rows), task="sii")] == [None, SII_OUTPUT]
    with pytest.raises(UserError, match="row 0"):
        read_rows(write(rows), task="sii", answers="required")


def test_empty_answers_are_counted_and_named(write):
    empty = {**ROW, "output": " \n"}
    one = write([ROW, empty, ROW], "one.json")
    many = write([empty] * 14 + [ROW], "many.json")
    markers = write([{**ROW, "output": "<s>  </s>"}], "markers.json")
    said = empty_answers([write([ROW]), one, many, markers])
    assert said[0].startswith(f"note: {one}: 1 of 3 rows has an empty answer (row 1), and")
    assert (
        "14 of 15 rows have an empty answer (rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 …), and" in said[1]
    )
    assert "markers.json: 1 of 1 rows" in said[2]
    assert len(said) == 3


@pytest.mark.parametrize(
    ("name", "n_rows", "n_noted"),
    [("json_lines_named", 6, 0), ("one_empty", 6, 1), ("id_null", 6, 0)],
)
def test_the_cases(name, n_rows, n_noted):
    path = _shared() / "cases" / f"{name}.json"
    if not path.exists():
        pytest.skip("not checked: data files with an oddity (no cases; set MASTERKEY_SHARED)")
    assert len(read_rows(path, answers="required")) == n_rows
    assert len(empty_answers([path])) == n_noted


def test_an_error_in_json_lines_names_the_line_of_the_file(write):
    path = write(json.dumps(ROW) + '\n{"instruction": }\n', "rows.jsonl")
    with pytest.raises(UserError, match="line 2, column 17"):
        read_rows(path)


def test_only_the_first_problems_are_shown_and_the_others_counted(write):
    with pytest.raises(UserError, match=r"row 1 .*; and 7 more problems"):
        read_rows(write([{}] * 5), answers="required")


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_rows(tmp_path / "nothing.json")
    with pytest.raises(UserError, match="is a folder"):
        read_rows(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'[{"input": "\xe9"}]')
    with pytest.raises(UserError, match="not UTF-8"):
        read_rows(tmp_path / "latin.json")


def test_new_papers_need_neither_answer_nor_instruction(write):
    [row] = read_rows(write([{"input": "We spin-coated it."}]), task="sii")
    assert row == Row("0", schema.SII_INSTRUCTION, "We spin-coated it.", None, 0)


def test_rows_of_the_other_task_are_refused_with_the_right_script(write):
    path = write([{"instruction": schema.SII_INSTRUCTION, "input": "a", "output": SII_OUTPUT}])
    assert len(read_rows(path, task="sii")) == 1
    with pytest.raises(UserError, match=r"task SII, expected MDP; use sii_test\.py"):
        read_rows(path, task="mdp")


def test_an_answer_that_lacks_fields_is_refused(write):
    path = write([{"input": "a", "output": "Module: TRUE"}])
    with pytest.raises(UserError, match="lacks 30 field"):
        read_rows(path, task="sii")


def test_markers_and_line_blanks_are_kept_out_of_what_the_model_sees():
    row = Row(
        "0",
        schema.MDP_INSTRUCTION,
        " A: 1\n B: 2###",
        " JV default Voc: 1 \n JV default Jsc: 2@@@",
        0,
    )
    assert model_text(row) == ("A: 1\nB: 2", "JV default Voc: 1\nJV default Jsc: 2")
    assert model_text(row, keep_markers=True) == (row.input, row.output)
    row = Row("0", schema.SII_INSTRUCTION, "text", "<s> Module: TRUE</s>", 0)
    assert model_text(row) == ("text", "Module: TRUE")


def test_the_task_is_told_by_the_instruction():
    assert task_of(schema.SII_INSTRUCTION) == "sii"
    assert task_of(schema.MDP_INSTRUCTION + " ") == "mdp"
    assert task_of("Write a poem.") is None


def _device(n: int) -> str:
    return schema.format_mdp_input(dict.fromkeys(schema.MDP_FIELDS, f"value {n}"), markers=True)


def test_blanks_do_not_make_another_recipe_but_values_do():
    assert recipe_of(_device(1)) == recipe_of(_device(1).replace("\n ", " \n"))
    assert recipe_of(_device(1)) != recipe_of(_device(2))


def test_a_split_keeps_recipes_together_and_is_the_same_in_any_order():
    rows = [Row(str(i), "", _device(i // 3), None, i) for i in range(60)]
    train, test = stable_split(rows, "mdp", 10)
    assert len(test) == 9  # three recipes of three rows; a fourth would exceed ten
    assert {row.input for row in train}.isdisjoint(row.input for row in test)
    assert {row.id for row in train + test} == {row.id for row in rows}
    backwards = [Row(row.id, "", row.input, None, i) for i, row in enumerate(reversed(rows))]
    assert {row.id for row in stable_split(backwards, "mdp", 10)[1]} == {row.id for row in test}


def test_the_published_training_files_are_read_without_a_problem(shared_data):
    assert len(read_rows(shared_data / "sii360.json", task="sii", answers="required")) == 360
    rows = read_rows(shared_data / "regression360.json", task="mdp", answers="required")
    assert len(rows) == 360
    assert len({recipe_of(row.input) for row in rows}) == 180
    train, test = stable_split(rows, "mdp", 40)
    assert (len(train), len(test)) == (320, 40)


def test_train_py_says_so_before_it_begins(write, tmp_path, byte_tokenizer, monkeypatch, capsys):
    import train

    def stop(*arguments):
        raise UserError("here the rows are tokenised")

    monkeypatch.setattr("masterkey.training.run.training_rows", stop)
    byte_tokenizer.save_pretrained(tmp_path / "tokenizer")
    path = write([ROW, {**ROW, "output": ""}])
    recipe = str(ROOT / "configs" / "tiny.yaml")
    flags = [recipe, "--tokenizer_name", str(tmp_path / "tokenizer"), "--data_path", str(path)]
    monkeypatch.chdir(ROOT)  # the recipe names a file of the repository
    with pytest.raises(UserError, match="here the rows are tokenised"):
        train.main([*flags, "--output_dir", str(tmp_path / "out")])
    assert f"note: {path}: 1 of 2 rows has an empty answer (row 1)" in capsys.readouterr().out
