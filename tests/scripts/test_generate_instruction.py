"""generate_instruction.py: runs with faults, kills and junk, and what is written."""

import functools
import itertools
import json
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripted_server import (
    ScriptedServer,
    answered,
    body_of,
    close_at_once,
    half_a_body,
    status,
)

import generate_instruction
from masterkey.instructions.rouge import KeptTexts
from masterkey.instructions.tasks import read_seed_tasks
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json
from masterkey.servers.settings import ServerSettings

ROOT = Path(__file__).resolve().parents[2]
SEED_TASKS = ROOT / "data" / "seed_tasks.jsonl"
VERBS = "Compute Explain Compare List Translate Estimate Outline Name Classify Rewrite".split()


def invented_words(draw: random.Random, n: int) -> str:
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]
    return " ".join("".join(draw.choices(syllables, k=3)) for _ in range(n))


def invented_reply(body: dict) -> str:
    """What a good model would say: new tasks in the form asked for, decided by the prompt alone."""
    prompt = body.get("prompt") or body["messages"][0]["content"]
    asked = re.search(r"Write tasks (\d+) to (\d+)", prompt)
    if asked is None:  # the check before the run
        return "ok"
    first, last = map(int, asked.groups())
    draw = random.Random(prompt)
    tasks = []
    for number in range(first, last + 1):
        input = invented_words(draw, 4) if draw.random() < 0.4 else "(none)"
        tasks.append(
            f"[Task {number}]\nInstruction: {draw.choice(VERBS)} the {invented_words(draw, 5)}.\n"
            f"Input: {input}\nOutput: {invented_words(draw, 8)}"
        )
    reply = "\n\n".join(tasks)
    # A model that continues text goes on behind the lead, which the prompt ends with.
    return reply.split("Instruction:", 1)[1] if "prompt" in body else reply


@pytest.fixture(autouse=True)
def asked_again_at_once(monkeypatch):
    """The client waits half a second before its second attempt; tests need not."""
    quick = functools.partial(ServerSettings, first_wait=0.01)
    monkeypatch.setattr("masterkey.servers.client.ServerSettings", quick)


def arguments(server, folder, **more) -> generate_instruction.Arguments:
    more = {"num_instructions_to_generate": 12, "instructions_per_request": 5, **more}
    more = {"request_batch_size": 2, "base_url": server.base_url, **more}
    return generate_instruction.Arguments("tiny", str(folder), **more)


def generate(server, folder, **more) -> list[dict]:
    generate_instruction.main(arguments(server, folder, **more))
    return read_json(Path(folder) / "regen.json")


def test_rows_are_new_checked_and_ready_for_training(tmp_path):
    with ScriptedServer(reply=invented_reply) as server:
        rows = generate(server, tmp_path)
    assert len(rows) == 15  # three requests of five; what was paid for is kept
    seed_tasks = [task["instruction"] for task in read_seed_tasks(SEED_TASKS)]
    for number, row in enumerate(rows):
        earlier = seed_tasks + [other["instruction"] for other in rows[:number]]
        scores = sorted(KeptTexts(earlier).scores(row["instruction"]).tolist(), reverse=True)
        assert scores[0] < 0.7
        assert list(row["most_similar_instructions"].values()) == scores[:10]
        assert row["avg_similarity_score"] == pytest.approx(sum(scores) / len(scores))
        assert row["request"] == number // 5
    assert len(read_rows(tmp_path / "regen.json", answers="required")) == 15


def test_header_says_what_was_asked_and_dropped(tmp_path):
    def reply(body):
        return (
            " Draw the whole device.\nInput: (none)\nOutput: no\n[Task 5]\nInstruction: Say what tin is.\n"
            "Input: (none)\nOutput: a metal\n[Task 6]\nInstruction: Say what tin is!\nInput: (none)\n"
            "Output: a metal\n[Task 7]\nnothing"
        )

    with ScriptedServer(reply=reply) as server:
        generate(
            server, tmp_path, num_instructions_to_generate=1, seed=3, extra_body='{"top_k": 7}'
        )
        sent = server.requests[-1].body
    header = read_json(tmp_path / "regen.header.json")
    assert header["counts"] == {
        "answered": 1,
        "unanswered": 0,
        "broken_off": 0,
        "kept": 1,
        "dropped": {"needs more than text": 1, "too similar": 1, "incomplete": 1},
    }
    assert header["settings"]["model_name"] == "tiny"
    assert header["runs"][0]["usage"]["n_requests"] == 1
    assert [file["file"] for file in header["runs"][0]["data"]] == [
        "seed_tasks.jsonl",
        "prompt.txt",
    ]
    assert (sent["seed"], sent["stop"], sent["top_k"]) == (3, ["[Task 9]"], 7)
    assert sent["prompt"].endswith("\n\n[Task 4]\nInstruction:")


def test_chat_endpoint_gives_rows_too(tmp_path):
    with ScriptedServer(reply=invented_reply) as server:
        assert len(generate(server, tmp_path, endpoint="chat")) == 15


def test_rows_do_not_depend_on_faults_and_timing(tmp_path):
    faults = [half_a_body(), status(429, retry_after=0), answered(), body_of(b"junk"), status(500)]
    with ScriptedServer(reply=invented_reply) as server:
        quiet = generate(server, tmp_path / "quiet")
    with ScriptedServer([answered(), *faults, close_at_once()], reply=invented_reply) as server:
        assert generate(server, tmp_path / "noisy") == quiet


def test_a_reply_cut_by_the_token_limit_loses_its_last_task_only(tmp_path):
    cut = {"choices": [{"text": " Say why tin melts.\nInput: (none)\nOutput: a\n[Task 5]\nInstruction: "
                        "Name five heavy metals.\nInput: (none)\nOutput: Lead, mer", "finish_reason": "length"}]}  # fmt: skip
    with ScriptedServer([answered(), body_of(json.dumps(cut).encode())]) as server:
        rows = generate(server, tmp_path, num_instructions_to_generate=1)
    assert [row["instruction"] for row in rows] == ["Say why tin melts."]
    assert read_json(tmp_path / "regen.header.json")["counts"]["broken_off"] == 1


def test_a_finished_run_is_extended_where_it_ended(tmp_path):
    with ScriptedServer(reply=invented_reply) as server:
        whole = generate(server, tmp_path / "whole", num_instructions_to_generate=20)
        generate(server, tmp_path / "parts", num_instructions_to_generate=10)
        assert generate(server, tmp_path / "parts", num_instructions_to_generate=20) == whole
    assert len(read_json(tmp_path / "parts" / "regen.header.json")["runs"]) == 2


def test_rows_of_another_program_are_continued(tmp_path):
    foreign = [{"instruction": "Tell what a grain boundary is.", "input": "", "output": "A …"}]
    (tmp_path / "regen.json").write_text(json.dumps(foreign))
    with ScriptedServer(reply=invented_reply) as server:
        rows = generate(server, tmp_path)
    assert rows[0] == foreign[0]
    assert len(rows) == 16
    assert read_json(tmp_path / "regen.header.json")["counts"]["kept"] == 15


def test_a_header_one_batch_behind_loses_no_row(tmp_path):
    with ScriptedServer(reply=invented_reply) as server:
        generate(server, tmp_path, num_instructions_to_generate=5)
        header = (tmp_path / "regen.header.json").read_text()
        generate(server, tmp_path, num_instructions_to_generate=10)
        (tmp_path / "regen.header.json").write_text(header)
        rows = generate(server, tmp_path, num_instructions_to_generate=15)
    assert [row["request"] for row in rows] == [0] * 5 + [1] * 5 + [2] * 5


def test_another_model_is_not_mixed_in(tmp_path):
    with ScriptedServer(reply=invented_reply, models=("tiny", "large")) as server:
        rows = generate(server, tmp_path)
        other = arguments(server, tmp_path, temperature=0.5)
        with pytest.raises(UserError, match="written with another temperature; name another"):
            generate_instruction.main(other)
        assert read_json(tmp_path / "regen.json") == rows
        other.overwrite = True
        generate_instruction.main(other)


def test_a_server_that_stops_answering_ends_the_run_with_what_was_kept(tmp_path):
    script = [answered()] * 3 + [status(400, "too long")]
    with ScriptedServer(script, reply=invented_reply) as server:
        with pytest.raises(UserError, match=r"none of the last 1 requests was answered.*too long"):
            generate(server, tmp_path)
        assert len(read_json(tmp_path / "regen.json")) == 10
        assert read_json(tmp_path / "regen.header.json")["unanswered"] == [2]
        assert [row["request"] for row in generate(server, tmp_path)][10:] == [2] * 5


def test_a_key_refused_on_the_way_keeps_what_was_answered(tmp_path):
    script = [answered(), answered(), status(401, "no credit")]
    with (
        ScriptedServer(script, reply=invented_reply) as server,
        pytest.raises(UserError, match="401"),
    ):
        generate(server, tmp_path, concurrency=1)
    assert len(read_json(tmp_path / "regen.json")) == 5


def test_junk_ends_the_run_after_a_bounded_number_of_requests(tmp_path):
    with ScriptedServer(reply=lambda body: "lorem ipsum dolor") as server:
        with pytest.raises(UserError, match=r"gave up: the last 6 requests.*begins 'lorem ipsum"):
            generate(server, tmp_path, max_fruitless_requests=5)
        assert len(server.requests) == 7  # one of them is the check before the run
    assert read_json(tmp_path / "regen.json") == []


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--domain", "text"], "--domain text and --texts FOLDER go together"),
        (["--texts", "papers"], "--domain text and --texts FOLDER go together"),
        (["--request_batch_size", "0"], "--request_batch_size 0: give 1 or more"),
        (["--max_similarity", "0"], "--max_similarity 0.0: give more than 0"),
        (["--extra_body", "{"], "--extra_body: line 1, column 2 is not valid JSON"),
        (["--extra_body", "[]"], "--extra_body: must be a JSON object"),
        (["--output_dir", "README.md"], "--output_dir README.md: is a file; name a folder"),
        (["--temperature", "nan"], "--temperature nan: give 0 or more"),
        (["--seed_tasks_path", "absent.jsonl"], "absent.jsonl: no such file"),
        (["--prompt_path", "README.md"], "README.md: lacks {examples}"),
        (["--domain", "text", "--texts", "absent"], "--texts absent: is no folder"),
        (["--base_url", "http://127.0.0.1:9/v1", "--max_retries", "0"], "--base_url http"),
    ],
)
def test_mistakes_are_answered_by_one_sentence(tmp_path, monkeypatch, capsys, flags, sentence):
    monkeypatch.chdir(ROOT)
    required = ["--model_name", "tiny", "--output_dir", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        generate_instruction.run(
            generate_instruction.main, generate_instruction.Arguments, "", required + flags
        )
    assert stop.value.code == 2
    assert f"error: {sentence}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


SAVES_FOR_EVER = """
import sys
from masterkey.instructions.generated_rows import GeneratedRows
kept = GeneratedRows(sys.argv[1], {}, {}, [])
while True:
    number = len(kept.rows)
    kept.next_requests(1, None)
    kept.count_answer(True)
    kept.add({"instruction": f"Say {number}.", "input": "", "output": "x" * 9999, "request": number})
    kept.save({})
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_kill_while_writing_loses_nothing_that_was_written(tmp_path):
    for wait in (0.01, 0.05, 0.13):
        with subprocess.Popen(
            [sys.executable, "-c", SAVES_FOR_EVER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            written = process.stdout.read().split()[:-1]
        rows = read_rows(tmp_path / "regen.json", answers="required")
        assert [row.instruction for row in rows] == [f"Say {n}." for n in range(len(rows))]
        assert len(rows) > max(map(int, written), default=0)
        assert 0 <= len(rows) - read_json(tmp_path / "regen.header.json")["counts"]["kept"] <= 1


@pytest.mark.slow
def test_40_instructions_from_a_faulty_server_killed_and_resumed(tmp_path):
    flags = ["--model_name", "tiny", "--num_instructions_to_generate", "40"]
    flags += ["--instructions_per_request", "5", "--request_batch_size", "2", "--concurrency", "2"]

    def command(server, folder) -> list[str]:
        flags_here = [*flags, "--base_url", server.base_url, "--output_dir", str(tmp_path / folder)]
        return [sys.executable, str(ROOT / "generate_instruction.py"), *flags_here]

    with ScriptedServer(reply=invented_reply) as server:
        subprocess.run(command(server, "quiet"), check=True, cwd=tmp_path)
    quiet = read_json(tmp_path / "quiet" / "regen.json")
    assert len(quiet) >= 40

    good = [answered()] * 2
    faults = [
        half_a_body(),
        *good,
        status(429, retry_after=0),
        *good,
        close_at_once(),
        body_of(b"<p>"),
    ]
    path = tmp_path / "noisy" / "regen.json"
    with ScriptedServer(itertools.cycle(faults), reply=invented_reply, seconds=0.05) as server:
        with subprocess.Popen(command(server, "noisy"), cwd=tmp_path) as process:
            while process.poll() is None:
                rows = read_json(path) if path.exists() else []  # whole at every moment
                assert rows == quiet[: len(rows)]
                if rows:
                    process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert 0 < len(read_json(path)) < 40
        done = subprocess.run(
            command(server, "noisy"), cwd=tmp_path, capture_output=True, text=True, check=True
        )
    assert "continuing: " in done.stdout
    assert read_json(path) == quiet
    header = read_json(tmp_path / "noisy" / "regen.header.json")
    assert header["counts"]["kept"] == len(quiet)
    assert len(header["runs"]) == 2
    assert header["runs"][1]["usage"]["n_retries"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_a_real_server_with_a_random_model_gives_junk_and_a_sentence(
    transformers_server,
    tmp_path,
    capsys,
    endpoint,
):
    short = tmp_path / "prompt.txt"  # the tiny model reads 512 bytes
    short.write_text("Write {n_new} tasks. {examples}")
    seeds = tmp_path / "tasks.jsonl"
    instance = [{"input": "", "output": "tin"}]
    names = ("Name a metal.", "Give one metal.", "Which metal melts?")
    seeds.write_text(
        "\n".join(json.dumps({"instruction": name, "instances": instance}) for name in names)
    )
    flags = {"seed_tasks_path": str(seeds), "prompt_path": str(short), "max_tokens": 16}
    flags |= {"endpoint": endpoint, "max_fruitless_requests": 3, "request_batch_size": 2}
    with pytest.raises(UserError, match="gave up: the last 4 requests brought nothing to keep"):
        generate_instruction.main(
            generate_instruction.Arguments(
                transformers_server.model,
                str(tmp_path / "out"),
                base_url=transformers_server.base_url,
                **flags,
            )
        )
    assert read_json(tmp_path / "out" / "regen.json") == []
    counts = read_json(tmp_path / "out" / "regen.header.json")["counts"]
    assert counts["answered"] == 4
    assert "4 requests: 0 of 100 rows kept" in capsys.readouterr().out
