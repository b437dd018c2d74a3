"""--global_batch_size: the accumulation that follows from it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.given import read_flags, words_of
from masterkey.training.flags.global_batch import accumulation_steps, with_accumulation

counts = st.integers(1, 64)


def completed(argv: list[str], n_processes: int) -> list[str]:
    """The words of a command line with the accumulation that follows from it."""
    return words_of(with_accumulation(read_flags(argv), n_processes))


@given(counts, counts, counts)
def test_processes_rows_and_accumulation_make_the_global_batch(accumulation, rows, processes):
    size = accumulation * rows * processes
    assert accumulation_steps(size, rows, processes) == accumulation


@given(st.integers(1, 500), st.integers(1, 16), st.integers(1, 16))
def test_an_indivisible_size_is_refused_with_choices_that_work(size, rows, processes):
    try:
        assert accumulation_steps(size, rows, processes) * rows * processes == size
        return
    except UserError as error:
        text = str(error)
    for number in (size, rows, processes, rows * processes):
        assert str(number) in text
    offered = text.partition("give --global_batch_size ")[2]
    sizes, _, other_rows = offered.partition(", or --per_device_train_batch_size ")
    for choice in re.findall(r"\d+", sizes):
        assert accumulation_steps(int(choice), rows, processes) >= 1
    if other_rows:
        assert accumulation_steps(size, int(other_rows.rstrip(".")), processes) >= 1


def test_the_refusal_reads():
    with pytest.raises(UserError) as error:
        accumulation_steps(128, 4, 3)
    assert str(error.value) == (
        "--global_batch_size 128: is no multiple of 3 processes x 4 rows "
        "(--per_device_train_batch_size) = 12 rows; give --global_batch_size 120 or 132."
    )
    with pytest.raises(UserError, match="or --per_device_train_batch_size 4"):
        accumulation_steps(128, 5, 4)


@pytest.mark.parametrize(("size", "rows"), [(0, 4), (-8, 4), (8, 0)])
def test_less_than_one_row_is_refused(size, rows):
    with pytest.raises(UserError, match="must be at least 1"):
        accumulation_steps(size, rows, 1)


def test_the_flag_follows_from_the_others():
    argv = ["--global_batch_size", "128", "--per_device_train_batch_size=4"]
    assert completed(argv, 4) == [*argv, "--gradient_accumulation_steps", "8"]
    assert completed(argv, 8)[-1] == "4"
    # transformers' default of 8 rows
    assert completed(["--global_batch_size", "64"], 2)[-1] == "4"
    assert completed(["--bf16", "True"], 2) == ["--bf16", "True"]


def test_the_default_rows_are_those_of_transformers():
    from transformers import TrainingArguments

    from masterkey.training.flags.global_batch import _DEFAULT_PER_DEVICE

    assert TrainingArguments.per_device_train_batch_size == _DEFAULT_PER_DEVICE


def test_a_contradicting_accumulation_is_refused_with_all_numbers():
    argv = "--global_batch_size 128 --per_device_train_batch_size 4".split()
    agreeing = [*argv, "--gradient_accumulation_steps", "8"]
    assert completed(agreeing, 4) == agreeing
    with pytest.raises(UserError, match=r"128 .*steps 8 .*2 processes x 4 rows .* x 8 = 64"):
        completed(agreeing, 2)


@pytest.mark.parametrize("text", ["many", "1.5", "0", "-4", ""])
def test_a_size_that_is_no_number_is_refused(text):
    with pytest.raises(UserError, match="whole number, 1 or more"):
        completed(["--global_batch_size", text], 1)
