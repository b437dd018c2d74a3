"""Tokenised rows: the ids of masterkey.rows.encoding, kept in a cache that knows when it is out of date."""

import json
import pickle
import resource
import subprocess
import sys

import numpy as np
import pytest

from masterkey.rows.encoding import BATCH_ROWS, encode_training_rows
from masterkey.rows.prompts import PromptSettings
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError
from masterkey.training.batches.collators import AnswerCollator
from masterkey.training.batches.tokenised_rows import tokenised_rows, tokenizer_fingerprint

ALPACA = PromptSettings("alpaca")
CACHED = "(from the cache)"
# Says which process writes and what each one sees; in 150 tokens the rows do not fit.
PROCESS = """
import sys
import masterkey.training.batches.tokenised_rows as module
from masterkey.scripting.command_line import user_errors
from masterkey.rows.prompts import PromptSettings
from masterkey.rows.tokenizer import train_tokenizer
from transformers import TrainingArguments
path, folder = sys.argv[1:]
training = TrainingArguments(output_dir=folder, use_cpu=True, report_to="none")
write, number = module._write_arrow, training.process_index
def load(max_length):
    def say_and_write(*arguments):
        print(f"process {number} writes {max_length}", flush=True)
        write(*arguments)
    module._write_arrow = say_and_write
    settings = PromptSettings("alpaca")
    return module.tokenised_rows([path], tokenizer, settings, max_length, folder, training)
with user_errors():
    tokenizer = train_tokenizer(["a"], 300)
    rows = load(2048)
    print(f"process {number} of {training.world_size} has {len(rows)} rows", flush=True)
    load(150)
    print("went on")
"""


def write(path, rows) -> str:
    path.write_text(json.dumps(rows), encoding="utf-8")
    return str(path)


def row(number: int) -> dict:
    input = f"The film {number} was annealed at {number} °C." if number % 3 else ""
    return {
        "instruction": "Read the text.",
        "input": input,
        "output": f"{number} °C" * (number % 5),
    }


@pytest.fixture
def data(tmp_path) -> str:
    return write(tmp_path / "rows.json", [row(number) for number in range(12)])


@pytest.fixture
def load(tmp_path, byte_tokenizer, capsys):
    """(rows, what was printed) of a call with the byte tokenizer and a cache folder of the test's own."""

    def load(*paths, tokenizer=byte_tokenizer, settings=ALPACA, max_length=2048):
        rows = tokenised_rows(list(paths), tokenizer, settings, max_length, str(tmp_path / "cache"))
        return rows, capsys.readouterr().out

    return load


@pytest.mark.slow
def test_the_ids_and_labels_are_those_of_the_encoding(tmp_path, load, byte_tokenizer):
    n_rows = BATCH_ROWS + 5  # two Arrow chunks
    path = write(tmp_path / "rows.json", [row(number) for number in range(n_rows)])
    expected = encode_training_rows(read_rows(path), byte_tokenizer, ALPACA, 260, path)
    assert 0 < sum(row.shortened for row in expected) < n_rows
    for _ in range(2):  # first written, then from the cache
        rows, _ = load(path, max_length=260)
        assert len(rows) == n_rows
        for example, other in zip(rows.examples(range(n_rows)), expected, strict=True):
            assert example["input_ids"].tolist() == other.input_ids
            assert example["labels"].tolist() == other.labels
        assert rows.lengths.tolist() == [len(other.input_ids) for other in expected]
        assert rows.n_prompts.tolist() == [other.n_prompt for other in expected]
        assert rows.dataset["input_ids"][n_rows - 1] == expected[-1].input_ids
        assert rows.dataset["shortened"][:] == [other.shortened for other in expected]
        assert rows.longest_answer == max(len(o.input_ids) - o.n_prompt for o in expected)


def test_rows_of_several_files_are_counted_through_and_named_by_their_file(tmp_path, load, data):
    other = write(tmp_path / "other.json", [row(100), row(101)])
    rows, _ = load(data, other)
    assert len(rows) == 14
    assert [rows.name(id) for id in (0, 11, 13)] == [
        f"{data} row 0",
        f"{data} row 11",
        f"{other} row 1",
    ]
    assert rows.dataset["file"][:] == [0] * 12 + [1] * 2
    [alone] = load(other)[0].examples([1])
    [example] = rows.examples([13])
    assert example["input_ids"].tolist() == alone["input_ids"].tolist()


def test_rows_may_be_asked_for_in_any_order_and_collated(load, data, byte_tokenizer):
    rows, _ = load(data)
    batch = AnswerCollator(byte_tokenizer)(rows.examples(np.array([7, 2, 7])))
    assert batch["attention_mask"].sum(1).tolist() == rows.lengths[[7, 2, 7]].tolist()
    assert batch["input_ids"][0].tolist() == batch["input_ids"][2].tolist()
    assert (batch["labels"] != -100).sum(1).tolist() == (
        rows.lengths[[7, 2, 7]] - rows.n_prompts[[7, 2, 7]]
    ).tolist()


def test_what_is_changed_in_an_example_stays_out_of_the_file(load, data):
    rows, _ = load(data)
    [example] = rows.examples([1])
    example["input_ids"][:] = 0
    assert rows.examples([1])[0]["input_ids"].any()


def test_rows_sent_to_a_worker_process_are_the_same(load, data):
    rows, _ = load(data)
    rows.examples([0])  # opens the views, which are not sent
    sent = pickle.loads(pickle.dumps(rows))
    assert sent.examples([5])[0]["labels"].tolist() == rows.examples([5])[0]["labels"].tolist()


def test_the_second_time_the_rows_come_from_the_cache(load, data):
    rows, first = load(data)
    n_tokens = int(rows.lengths.sum())
    line = f"{data}: 12 rows, {n_tokens:,} tokens, 0 with the input shortened to fit 2048 tokens; "
    assert first == line + "no answer was cut\n"
    assert load(data)[1] == line + f"no answer was cut {CACHED}\n"


def test_a_file_added_later_leaves_the_others_in_the_cache(tmp_path, load, data):
    load(data)
    other = write(tmp_path / "other.json", [row(3)])
    assert [CACHED in line for line in load(other, data)[1].splitlines()] == [False, True]


def test_whatever_changes_the_ids_makes_the_cache_out_of_date(load, data, byte_tokenizer):
    load(data)
    assert CACHED not in load(data, max_length=300)[1]
    assert CACHED not in load(data, settings=PromptSettings("published_test"))[1]
    assert CACHED not in load(data, settings=PromptSettings("alpaca", keep_markers=True))[1]
    byte_tokenizer.bos_token = "</s>"
    try:
        assert CACHED not in load(data)[1]
    finally:
        byte_tokenizer.bos_token = "<s>"
    assert CACHED in load(data)[1]
    write_to = data
    with open(write_to, encoding="utf-8") as file:
        text = file.read()
    with open(write_to, "w", encoding="utf-8") as file:
        file.write(text.replace("annealed", "sintered"))
    assert CACHED not in load(data)[1]


def test_a_longest_answer_in_the_settings_does_not_matter(load, data):
    load(data)
    assert CACHED in load(data, settings=PromptSettings("alpaca", longest_answer=7))[1]


def test_a_call_that_padded_before_does_not_change_the_fingerprint(byte_tokenizer):
    before = tokenizer_fingerprint(byte_tokenizer)
    byte_tokenizer(["a", "bc"], padding=True, truncation=True, max_length=5)
    assert tokenizer_fingerprint(byte_tokenizer) == before


@pytest.mark.parametrize("damage", ["cut", "changed", "no checksum", "empty"])
def test_a_damaged_cache_file_is_written_anew_with_a_line(tmp_path, load, data, damage):
    rows, _ = load(data)
    expected = rows.examples([4])[0]["input_ids"].tolist()
    del rows
    [file] = (tmp_path / "cache").glob("*.arrow")
    content = file.read_bytes()
    if damage == "no checksum":
        file.with_suffix(".sha256").unlink()
    else:
        flipped = content[:-300] + bytes([content[-300] ^ 1]) + content[-299:]
        file.unlink()
        file.write_bytes(
            {"cut": content[: len(content) // 2], "changed": flipped, "empty": b""}[damage]
        )
    rows, printed = load(data)
    assert f"{file}: is damaged; {data} is tokenised again." in printed
    assert CACHED not in printed
    assert rows.examples([4])[0]["input_ids"].tolist() == expected
    assert file.read_bytes() == content
    assert CACHED in load(data)[1]


def test_a_cache_folder_that_cannot_be_written_is_an_error_that_names_the_flag(
    tmp_path, load, data
):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"cannot be kept there \(.*--cache_dir"):
        load(data)


def test_a_full_disk_is_an_error_that_names_the_flag_and_leaves_nothing(tmp_path, load):
    many = write(tmp_path / "many.json", [row(number) for number in range(500)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(
            UserError, match=r"of .*many\.json cannot be kept there \(.*--cache_dir"
        ):
            load(many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "cache").iterdir()) == []
    assert len(load(many)[0]) == 500


def test_mistakes_in_the_rows_are_named_as_ever_and_nothing_is_kept(tmp_path, load, data):
    with pytest.raises(UserError, match=r"nothing\.json: no such file"):
        load(str(tmp_path / "nothing.json"))
    with pytest.raises(UserError, match="is a folder"):
        load(str(tmp_path))
    with pytest.raises(UserError, match="row 1 has no 'output'"):
        load(write(tmp_path / "bad.json", [row(1), {"instruction": "a"}]))
    with pytest.raises(UserError, match="--prompt_style other: unknown"):
        load(data, settings=PromptSettings("other"))
    assert not list((tmp_path / "cache").glob("*.arrow"))


def test_answers_that_do_not_fit_are_counted_over_all_batches(tmp_path, load):
    rows = [row(1) for _ in range(BATCH_ROWS + 10)]
    for number, length in ((3, 500), (BATCH_ROWS + 2, 600)):
        rows[number]["output"] = "x" * length
    path = write(tmp_path / "rows.json", rows)
    with pytest.raises(UserError, match=rf"row\(s\) 3, {BATCH_ROWS + 2}: .* \(up to 601 tokens\)"):
        load(path, max_length=400)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_tokenizer_without_a_fast_backend_works_and_is_told_from_others(load, data):
    from transformers import ByT5Tokenizer

    slow, other = ByT5Tokenizer(), ByT5Tokenizer(extra_ids=50)
    assert not hasattr(slow, "backend_tokenizer")
    expected = encode_training_rows(read_rows(data), slow, ALPACA, 300, data)
    rows, printed = load(data, tokenizer=slow, max_length=300)
    assert CACHED not in printed
    for example, encoded in zip(rows.examples(range(12)), expected, strict=True):
        assert example["input_ids"].tolist() == encoded.input_ids
    assert CACHED in load(data, tokenizer=ByT5Tokenizer(), max_length=300)[1]
    assert CACHED not in load(data, tokenizer=other, max_length=300)[1]


@pytest.mark.slow
def test_of_two_processes_only_the_first_tokenises_and_a_mistake_ends_both(tmp_path, data):
    script = tmp_path / "process.py"
    script.write_text(PROCESS)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*launcher, str(script), data, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.count("process 0 writes 2048") == 1
    assert "process 1 writes" not in done.stdout
    assert done.stdout.count("no answer was cut") == 1
    for number in (0, 1):
        assert f"process {number} of 2 has 12 rows" in done.stdout
    assert done.returncode != 0
    assert "do not fit into --model_max_length 150" in done.stderr
    assert "went on" not in done.stdout
