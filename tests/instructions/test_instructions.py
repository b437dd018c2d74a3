"""Instructions from a language model: seed tasks, prompts, replies taken apart, filters."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.instructions import tasks as instructions
from masterkey.instructions.rouge import KeptTexts
from masterkey.instructions.tasks import TaskSource, parse_tasks, read_seed_tasks
from masterkey.scripting.command_line import UserError

ROOT = Path(__file__).resolve().parents[2]
SEED_TASKS = ROOT / "data" / "seed_tasks.jsonl"
PIECES = st.sampled_from(["[Task 4]", "Instruction:", "Input:", "Output:", "\n", "x", "---", " "])


def test_seed_tasks_pass_the_filters_and_differ_from_each_other():
    tasks = [task["instruction"] for task in read_seed_tasks(SEED_TASKS)]
    assert len(tasks) >= 60
    assert [instructions.refusal(task) for task in tasks] == [None] * len(tasks)
    kept = KeptTexts()
    for task in tasks:
        assert kept.check(task, threshold=0.7).similar_to is None
        kept.add(task)


def test_seed_tasks_have_the_fields_of_the_published_form():
    lines = [json.loads(line) for line in SEED_TASKS.read_text(encoding="utf-8").splitlines()]
    assert (
        len({line["id"] for line in lines}) == len({line["name"] for line in lines}) == len(lines)
    )
    for line in lines:
        assert set(line) == {"id", "name", "instruction", "instances", "is_classification"}
        assert type(line["is_classification"]) is bool
        assert [set(instance) for instance in line["instances"]] == [{"input", "output"}]
        assert line["instances"][0]["output"]


def test_a_prompt_shows_three_seed_tasks_and_asks_for_twenty():
    tasks = read_seed_tasks(SEED_TASKS)
    source = TaskSource(
        (ROOT / "data" / "prompt.txt").read_text(encoding="utf-8"), tasks, 20, seed=0
    )
    prompt = source.prompt(7)
    assert len(parse_tasks(prompt)) == 3
    assert all(task in tasks for task in parse_tasks(prompt))
    assert "tasks 4 to 23" in prompt
    assert "{" not in re.sub(r"(?s)\[Task 1\].*", "", prompt)
    assert prompt == source.prompt(7) != source.prompt(8)
    assert source.lead.startswith("[Task 4]")
    assert source.stop == ("[Task 24]",)


def test_text_that_looks_like_a_place_is_left_alone():
    assert instructions.fill("{a} {b} {c}", {"a": "{b}", "b": 2}) == "{b} 2 {c}"


def test_tasks_are_found_in_the_forms_that_models_write():
    reply = """<think>I start with
[Task 4]
Instruction: Think aloud a while.
Input: (none)
Output: hm</think>
Sure! Here they are:

**[Task 4]**
**Instruction:** Name two  oxides
 of tin.
**Input:** None.
**Output:** SnO and SnO2.

---

### Task 5: Sums
Instruction: Add the numbers:
input: 1
2
Output:
Input: 1 and 2 give
**3**
Task 3 is to rest
[Task 6] Instruction: Say why.
Input: n/a
Output: Because.
"""
    sum_of_two = "Input: 1 and 2 give\n**3**\nTask 3 is to rest"
    assert parse_tasks(reply) == [
        {"instruction": "Name two oxides of tin.", "input": "", "output": "SnO and SnO2."},
        {"instruction": "Add the numbers", "input": "1\n2", "output": sum_of_two},
        {"instruction": "Say why.", "input": "", "output": "Because."},
    ]


@pytest.mark.parametrize(
    "task",
    [
        "Instruction: Say why.\nInput: (none)",
        "Instruction: Say why.\nInput: (none)\nOutput:  ",
        "Instruction:\nInput: (none)\nOutput: because",
        "Say why. Because.",
        "",
    ],
)
def test_a_task_that_lacks_a_part_is_marked(task):
    assert parse_tasks(f"[Task 4]\n{task}\n[Task 5]\n") == [None, None]


def test_the_last_task_of_a_reply_that_broke_off_is_left_out():
    task = "[Task {}]\nInstruction: Say why.\nInput: (none)\nOutput: because of {}\n"
    reply = "".join(task.format(n, n) for n in (4, 5, 6))
    assert [task["output"][-1] for task in parse_tasks(reply)] == ["4", "5", "6"]
    assert [task["output"][-1] for task in parse_tasks(reply, whole=False)] == ["4", "5"]


@pytest.mark.parametrize(
    "words", ["Instruction:\nInput:\n", "Task 1 ", "[Task 1]\n", "\n", "* " * 9, "**"]
)
def test_a_model_that_repeats_itself_is_taken_apart_at_once(words):
    start = time.perf_counter()
    assert not any(parse_tasks("[Task 4]\n" + words * 4000))
    assert time.perf_counter() - start < 2


@given(st.text() | st.lists(PIECES).map("".join))
def test_any_reply_can_be_taken_apart(text):
    for task in filter(None, parse_tasks(text)):
        assert task["instruction"]
        assert task["output"]


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("Explain why copper conducts.", None),
        ("Explain copper briefly.", "too short"),
        ("why " * 150, None),
        ("why " * 151, "too long"),
        ("Describe the image of the film.", "needs more than text"),
        ("Plot the current against time.", "needs more than text"),
        ("Please GO TO the next shelf.", "needs more than text"),
        ("Explain photography and mapping to me.", None),
        ("Write a program that sorts numbers.", "asks for a program"),
        ("Write a programme note for tonight.", "asks for a program"),
        ('"Explain" this word to me.', "starts with punctuation"),
        ("Éxplain why copper conducts.", "starts with a non-ASCII character"),
    ],
)
def test_instructions_are_refused_for_the_published_reasons(instruction, reason):
    assert instructions.refusal(instruction) == reason


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (['{"instruction": "Name it."}'], "line 1 is no seed task"),
        (["[]"], "line 1 is no seed task"),
        (
            ['{"instruction": "Name it.", "instances": [{"input": 1, "output": "x"}]}'],
            "line 1 is no",
        ),
        (["", "{"], "line 2, column 2 is not valid JSON"),
        ([], "holds 0 seed tasks"),
    ],
)
def test_a_wrong_seed_task_file_is_named(tmp_path, lines, sentence):
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(UserError, match=re.escape(sentence)):
        read_seed_tasks(path)
