"""Flags from a dataclass, recipes, and mistakes answered by one sentence."""

from dataclasses import dataclass, field

import pytest

from masterkey.scripting.command_line import UserError, in_a_line, parse_arguments, run
from masterkey.training.flags.checks import refuse_unknown_flags
from masterkey.training.flags.given import read_flags
from masterkey.training.flags.recipe_file import expand_recipe


@dataclass
class Arguments:
    data_path: list[str] = field(metadata={"help": "files"})
    limit: int | None = field(default=None, metadata={"help": "rows"})
    do_sample: bool = field(default=False, metadata={"help": "sample at 80 %"})
    rate: float = field(default=0.5, metadata={"help": "100 % of it"})


def parse(*argv):
    return parse_arguments(Arguments, "manual of 5 %", list(argv))


def test_a_dataclass_becomes_the_flags():
    found = parse("--data_path", "a", "b", "--limit", "3")
    assert found == Arguments(["a", "b"], 3, False, 0.5)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--do_sample"], True),
        (["--do_sample", "True"], True),
        (["--do_sample", "false"], False),
        (["--no_do_sample"], False),
        ([], False),
    ],
)
def test_booleans_are_given_as_hugging_face_gives_them(words, value):
    assert parse("--data_path", "a", *words).do_sample is value


def test_help_prints_the_manual_and_every_flag(capsys):
    with pytest.raises(SystemExit) as stop:
        parse("--help")
    printed = capsys.readouterr().out
    assert stop.value.code == 0
    assert "manual of 5 %" in printed
    assert all(f"--{name}" in printed for name in ("data_path", "limit", "do_sample", "rate"))
    assert "100 % of it (default: 0.5)" in printed


@pytest.mark.parametrize("words", [[], ["--data_path", "a", "--limit", "x"], ["--data_pat", "a"]])
def test_wrong_flags_exit_with_code_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(*words)
    assert stop.value.code == 2


def test_a_user_error_is_one_line_and_exit_code_2(capsys):
    def main(arguments):
        raise UserError("x.json: row 3 is wrong; mend it.")

    with pytest.raises(SystemExit) as stop:
        run(main, Arguments, "", ["--data_path", "a"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: x.json: row 3 is wrong; mend it.\n"


def test_any_other_error_is_not_hidden():
    def main(arguments):
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        run(main, Arguments, "", ["--data_path", "a"])


def test_flags_beside_a_recipe_win(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("learning_rate: 2e-5\ndata_path: [a, b]\nbf16: true\n# a comment\n")
    assert expand_recipe([str(recipe), "--bf16", "False"]) == [
        "--learning_rate", "2e-5", "--data_path", "a", "b", "--bf16", "False",
    ]  # fmt: skip
    assert expand_recipe(["--bf16", "True"]) == ["--bf16", "True"]


@pytest.mark.parametrize(
    ("content", "found"), [("a: [", "line 1"), ("just text", "no `key: value` lines")]
)
def test_a_recipe_that_is_none_is_refused(tmp_path, content, found):
    recipe = tmp_path / "r.yaml"
    recipe.write_text(content)
    with pytest.raises(UserError, match=found):
        expand_recipe([str(recipe)])


def test_an_unknown_flag_is_refused_with_the_nearest_name():
    with pytest.raises(
        UserError, match=r"--lerning_rate: no such flag; did you mean --learning_rate"
    ):
        refuse_unknown_flags(read_flags(["--lerning_rate", "1"]), {"learning_rate", "data_path"})
    refuse_unknown_flags(read_flags(["--learning-rate=-1", "-5"]), {"learning_rate"})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("It is\nso.", "It is so"),
        ("No such file. Look at another place for it.", "No such file"),
        ("The checkpoint is of a type that nobody knows", "The checkpoint is of a …"),
    ],
)
def test_a_message_for_a_sentence_ends_with_a_whole_word(text, line):
    assert in_a_line(text, 26) == line
