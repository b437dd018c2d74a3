"""sii_test.py --backend server: the same prompts, every fault survived, nothing paid for twice."""

import json
import os
import subprocess
import sys
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest
from local_servers import transformers_serve
from scripted_server import (
    ScriptedServer,
    answered,
    body_of,
    close_at_once,
    half_a_body,
    status,
)

from masterkey.predicting.arguments import DecodingArguments, PredictionArguments
from masterkey.predicting.loaded_model import load_local_model
from masterkey.predicting.run import predict_file
from masterkey.predicting.server import ServerBackend
from masterkey.predicting.shots import DescribedTask
from masterkey.rows.cleaned_rows import cleaned_rows
from masterkey.rows.predictions import header_path, read_predictions
from masterkey.rows.prompts import build_prompt
from masterkey.rows.records import Row, read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.servers.client import ServerSettings
from masterkey.servers.constraints import KINDS, mdp_answer, sii_answer

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
ANSWER = schema.format_sii_answer(dict.fromkeys(schema.SII_FIELDS, "none"))
N_ROWS = 12


def good_answer(body: dict) -> str:
    return ANSWER


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Back-off in hundredths of a second."""
    monkeypatch.setattr(
        "masterkey.predicting.server.ServerSettings", partial(ServerSettings, first_wait=0.01)
    )


@pytest.fixture
def papers(tmp_path) -> Path:
    """12 papers, each with a text of its own, the last the shortest."""
    path = tmp_path / "papers.json"
    rows = [{"id": f"p{i}", "input": f"Paper {i}: ITO. " * (N_ROWS - i)} for i in range(N_ROWS)]
    path.write_text(json.dumps(rows))
    return path


def ask(server, papers: Path, output: Path, **more) -> list[dict]:
    """The lines that sii_test.py writes, run in this process."""
    settings = {"backend": "server", "prompt_style": "alpaca", "max_retries": 2, **more}
    model = settings.pop("model", "tiny")
    arguments = PredictionArguments(
        model, str(papers), str(output), base_url=server.base_url, **settings
    )
    predict_file("sii", arguments)
    return read_predictions(output, "sii")


def texts_asked(server) -> list[str]:
    return [request.body["prompt"] for request in server.requests]


def test_each_row_is_asked_once_with_its_prompt(papers, tmp_path):
    with ScriptedServer(reply=good_answer) as server:
        lines = ask(server, papers, tmp_path / "o.jsonl", max_new_tokens=77)
    rows = read_rows(papers, task="sii")
    prompts = [build_prompt("alpaca", row.instruction, row.input.strip()).text() for row in rows]
    trial, *asked = server.requests
    assert sorted(request.body["prompt"] for request in asked) == sorted(prompts)
    assert trial.body == {**trial.body, "prompt": prompts[-1], "max_tokens": 1}  # the shortest row
    for request in asked:
        assert request.path == "/v1/completions"
        assert request.body["max_tokens"] == 77
        assert request.body["temperature"] == 0
    assert [line["id"] for line in lines] == [row.id for row in rows]
    for line in lines:
        assert line["prediction"] == ANSWER
        assert (line["stop_reason"], line["n_generated_tokens"]) == ("eos", 3)
        assert line["n_attempts"] == 1


FAULTS = [
    status(429, retry_after=0.01),
    status(500),
    body_of(b"\xff\x00garbage"),
    half_a_body(),
    close_at_once(),
]


def test_every_fault_in_one_run_is_survived_and_each_row_written_once(papers, tmp_path):
    script = [answered(), *FAULTS, answered(), *FAULTS[::-1]]  # the first is the trial request
    with ScriptedServer(script, reply=good_answer) as server:
        lines = ask(server, papers, tmp_path / "o.jsonl", concurrency=4, max_retries=6)
    assert [line["id"] for line in lines] == [f"p{i}" for i in range(N_ROWS)]
    assert all(line["prediction"] == ANSWER for line in lines[1:])
    assert sum(line["n_attempts"] - 1 for line in lines) == len(FAULTS) * 2
    assert len(server.requests) == 1 + N_ROWS + len(FAULTS) * 2
    summary = json.loads(header_path(tmp_path / "o.jsonl").read_text())["summary"]
    assert (summary["n_retries"], summary["n_failures"]) == (10, 0)


def test_a_row_that_the_server_refuses_fails_alone_and_is_asked_again(papers, tmp_path, capsys):
    refused = status(400, "this prompt is too long")

    def all_but_the_longest(handler, body):
        good = answered(ANSWER)
        (refused if "Paper 0:" in body["prompt"] else good)(handler, body)

    with ScriptedServer(repeat(all_but_the_longest)) as server:
        with pytest.raises(SystemExit) as end:
            ask(server, papers, tmp_path / "o.jsonl")
        assert end.value.code == 1
        assert (
            "1 of 12 rows failed (first: row 0: The server gave an error 400 (this prompt is "
            in (capsys.readouterr().err)
        )
        lines = read_predictions(tmp_path / "o.jsonl", "sii")
        assert [line["id"] for line in lines if "failed" in line] == ["p0"]
        assert len(lines) == N_ROWS
    with ScriptedServer(reply=good_answer) as mended:
        lines = ask(mended, papers, tmp_path / "o.jsonl")
    assert not [line for line in lines if "failed" in line]
    assert {prompt.count("Paper 0:") for prompt in texts_asked(mended)} == {N_ROWS}
    assert len(mended.requests) == 2  # the trial, and the one row


@pytest.mark.slow
def test_a_server_that_goes_away_ends_the_run_and_the_same_command_resumes_it(papers, tmp_path):
    output = tmp_path / "o.jsonl"
    answers = iter([answered(ANSWER)] * 6)  # one for the trial request
    up_again = []

    def gone_after_six(handler, body):
        behaviour = answered(ANSWER) if up_again else next(answers, close_at_once())
        behaviour(handler, body)

    with ScriptedServer(repeat(gone_after_six)) as server:
        command = [
            sys.executable, ROOT / "sii_test.py", "--backend", "server", "--model", "tiny",
            "--prompt_style", "alpaca", "--base_url", server.base_url, "--data_path", papers,
            "--output_path", output, "--concurrency", 2, "--max_retries", 1,
        ]  # fmt: skip
        stopped = run(command)
        assert stopped.returncode == 2, stopped.stderr
        assert "give the same command again to continue." in stopped.stderr
        assert "Traceback" not in stopped.stderr
        found = [json.loads(line) for line in output.read_text().splitlines()]
        written = {line["id"] for line in found if "failed" not in line}
        assert len(written) == 5
        before = len(server.requests)
        up_again.append(True)
        assert run(command).returncode == 0
        assert len(server.requests) - before == 1 + N_ROWS - len(written)
    lines = read_predictions(output, "sii")
    assert [line["id"] for line in lines] == [f"p{i}" for i in range(N_ROWS)]
    assert not [line for line in lines if "failed" in line]


def run(command, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=60,
        env={**os.environ, **environment},
    )  # fmt: skip


KEY = "sk-secret-0123456789abcdef"


@pytest.mark.slow
def test_the_key_is_sent_and_stands_nowhere_else(papers, tmp_path):
    def echo(body):
        return f"{ANSWER}\nAuthorization: Bearer {KEY}"

    output = tmp_path / "o.jsonl"
    flags = [
        "--backend", "server", "--model", "tiny", "--prompt_style", "alpaca", "--data_path", papers,
        "--output_path", output,
    ]  # fmt: skip
    with ScriptedServer([answered(), status(500, f"bad key {KEY}")], reply=echo, key=KEY) as server:
        command = [sys.executable, ROOT / "sii_test.py", *flags, "--base_url", server.base_url]
        done = run(command, OPENAI_API_KEY=KEY)
        assert done.returncode == 0, done.stderr
        assert all(r.headers["authorization"] == f"Bearer {KEY}" for r in server.requests)
        command[-1] = command[-1] + "/nowhere"
        refused = run([*command, "--overwrite"], OPENAI_API_KEY=KEY + "x")  # echoed by the server
    assert refused.returncode == 2
    for said in (done, refused):
        assert KEY not in said.stdout + said.stderr
    for path in tmp_path.rglob("*"):
        assert KEY not in path.read_text(), path
    with pytest.raises(UserError, match="password"):
        ask(type("S", (), {"base_url": f"http://me:{KEY}@localhost/v1"}), papers, output)


# Prompts for models that were never fine-tuned


@pytest.fixture(scope="module")
def training() -> list[Row]:
    return read_rows(SAMPLE / "sii_train.json", task="sii")[:30]


def test_the_nearest_rows_are_shown_but_never_the_paper_itself(training):
    own = training[7]
    elsewhere = [  # the same paper as other files write it
        Row("a", own.instruction, own.input, own.output, 90),
        Row("b", own.instruction, f" {own.input}\n", own.output, 91),
        Row("c", own.instruction, own.input.replace(" ", "\n", 3), own.output, 92),
    ]
    described = DescribedTask("sii", [*training, *elsewhere], 2)
    for row in (own, *elsewhere):
        prompt = described.prompt(row)
        assert prompt.count("\nLines:\n") == 3
        assert " ".join(prompt.split()).count(own.input) == 1
        assert prompt.endswith("\n\nLines:\n")
        assert "<s>" not in prompt
        assert "</s>" not in prompt


def test_shots_are_the_most_similar_rows_the_nearest_last(training):
    from sklearn.feature_extraction.text import TfidfVectorizer

    described = DescribedTask("sii", training[1:], 3)
    prompt = described.prompt(training[0])
    shown = [row for row in training[1:] if row.input in prompt]
    shown.sort(key=lambda row: prompt.index(row.input))
    vectors = TfidfVectorizer(
        token_pattern=r"[^\s(),]+", ngram_range=(1, 2), sublinear_tf=True, min_df=2
    ).fit([row.input for row in training[1:]])
    cosines = (
        vectors.transform([row.input for row in training[1:]])
        @ vectors.transform([training[0].input]).T
    ).toarray()[:, 0]
    best = sorted(range(len(cosines)), key=lambda i: -cosines[i])[:3]
    assert [row.id for row in shown] == [training[1:][i].id for i in best[::-1]]


@pytest.mark.slow
@pytest.mark.parametrize("shots", [0, 2, 99])
def test_described_prompts_name_every_field_and_show_as_many_rows_as_there_are(
    shots, papers, tmp_path
):
    more = {"shots": shots, "train": str(SAMPLE / "sii_train.json") if shots else None}
    if shots == 99:
        rows = json.loads((SAMPLE / "sii_train.json").read_text("utf-8"))[:4]
        (tmp_path / "few.json").write_text(json.dumps(rows))
        more["train"] = str(tmp_path / "few.json")
    with ScriptedServer(reply=good_answer) as server:
        lines = ask(server, papers, tmp_path / "o.jsonl", prompt_style=None, **more)
    for prompt in texts_asked(server):
        assert prompt.count("\n\nLines:\n") == 1 + min(shots, 4)
        assert all(f"\n{name}:" in prompt for name in schema.SII_FIELDS)
    assert {line["prompt_style"] for line in lines} == {f"described, {shots} shots"}


def test_a_models_prompt_that_nobody_knows_is_asked_for(papers, tmp_path):
    server = type("S", (), {"base_url": "http://localhost:1/v1"})
    with pytest.raises(UserError, match="add --prompt_style alpaca, or --shots 0"):
        ask(server, papers, tmp_path / "o.jsonl", prompt_style=None)
    with pytest.raises(UserError, match="no server answers there"):
        ask(server, papers, tmp_path / "o.jsonl")


# Settings of requests


def test_the_cost_is_that_of_the_tokens_counted(papers, tmp_path, capsys):
    with ScriptedServer(reply=good_answer) as server:
        ask(server, papers, tmp_path / "o.jsonl", price_in=3.0, price_out=15.0)
    summary = json.loads(header_path(tmp_path / "o.jsonl").read_text())["summary"]
    assert (summary["prompt_tokens"], summary["completion_tokens"]) == (7 * N_ROWS, 3 * N_ROWS)
    assert summary["cost"] == pytest.approx((7 * 3 + 3 * 15) * N_ROWS / 1e6)
    assert f"cost: {summary['cost']}" in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("task", ["sii", "mdp"])
def test_a_constraint_goes_with_every_request(kind, task):
    arguments = PredictionArguments(
        "tiny", "d", "o", backend="server", prompt_style="alpaca", constraint=kind
    )
    body = ServerBackend(task, arguments, [])._request(Row("1", "Do.", "ITO", None, 1)).extra
    form = sii_answer(200) if task == "sii" else mdp_answer()
    assert (
        body
        == {
            "none": {},
            "vllm": {"structured_outputs": {"regex": form.regex}},
            "vllm_guided": {"guided_regex": form.regex},
            "sglang": {"regex": form.regex},
            "llama.cpp": {"grammar": form.gbnf, "cache_prompt": False},
        }[kind]
    )


def test_sampling_has_a_seed_of_its_own_for_each_row(papers, tmp_path):
    with ScriptedServer(reply=good_answer) as server:
        ask(server, papers, tmp_path / "o.jsonl", do_sample=True, seed=100, top_k=5)
    asked = [request.body for request in server.requests[1:]]
    assert sorted(body["seed"] for body in asked) == list(range(100, 112))
    assert {(body["temperature"], body["top_p"], body["top_k"]) for body in asked} == {
        (0.8, 0.75, 5)
    }


def test_chat_gets_the_same_prompt_as_one_message(papers, tmp_path):
    with ScriptedServer(reply=good_answer) as server:
        lines = ask(server, papers, tmp_path / "o.jsonl", endpoint="chat")
    [first] = {len(request.body["messages"]) for request in server.requests}
    assert first == 1
    assert all(line["prediction"] == ANSWER for line in lines)


# A checkpoint, here and on a server


@pytest.mark.slow
def test_the_prompt_sent_is_the_local_one_byte_for_byte(trained, papers, tmp_path):
    rows = [{"input": row.input} for row in trained.papers[:4]] + [{"input": "### é🙂\u2028 <b>"}]
    papers.write_text(json.dumps(rows))
    loaded = load_local_model("sii", str(trained.folder), DecodingArguments())
    local = [prompt.text for prompt in loaded.encode(cleaned_rows(read_rows(papers, task="sii")))]
    with ScriptedServer(reply=good_answer) as server:
        ask(server, papers, tmp_path / "o.jsonl", model=str(trained.folder), prompt_style=None)
    assert sorted(texts_asked(server)[1:]) == sorted(local)
    assert {request.body["max_tokens"] for request in server.requests[1:]} == {
        int(1.5 * trained.settings.longest_answer)
    }


@pytest.mark.parametrize("shots", [None, 2])
def test_no_special_token_of_any_family_is_sent(shots, training, papers, tmp_path):
    """A server reads them in a text as what they are: the prompt would end in its midst."""
    special = [
        "<s>", "</s>", "<unk>", "<pad>", "<|endoftext|>", "<|im_end|>", "<eos>", "<end_of_turn>",
        "<｜end▁of▁sentence｜>",
    ]  # fmt: skip
    text = "ITO " + " SnO2 ".join(special)
    papers.write_text(json.dumps([{"instruction": "Stop </s> here.", "input": text}]))
    shown = [{"input": f"{text} {row.input}", "output": row.output} for row in training[:3]]
    (tmp_path / "shown.json").write_text(json.dumps([*shown, {**shown[0], "input": text}]))
    more = {"shots": shots, "train": str(tmp_path / "shown.json")} if shots else {}
    with ScriptedServer(reply=good_answer) as server:
        [line] = ask(server, papers, tmp_path / "o.jsonl", **more)
    assert line["input"] == text
    for prompt in texts_asked(server):
        assert not [token for token in special if token in prompt]
        assert prompt.count("ITO < s> SnO2 < /s> SnO2 < unk>") == 1 + (shots or 0)


@pytest.mark.slow
def test_a_real_server_gives_the_answers_of_free_decoding_here(trained, papers, tmp_path):
    pytest.importorskip("uvicorn", reason="not checked: transformers serve")
    rows = [{"input": row.input} for row in trained.papers[:4]]
    papers.write_text(json.dumps(rows))
    local = tmp_path / "local.jsonl"
    arguments = PredictionArguments(
        str(trained.folder), str(papers), str(local), decoding="free", max_new_tokens=300
    )
    predict_file("sii", arguments)
    with transformers_serve(trained.folder) as server:
        lines = ask(
            server, papers, tmp_path / "served.jsonl", model=server.model, prompt_style=None,
            max_new_tokens=300, concurrency=2,
        )  # fmt: skip
    expected = read_predictions(local, "sii")
    assert [line["fields"] for line in lines] == [line["fields"] for line in expected]
    assert [line["prediction"].strip() for line in lines] == [
        line["prediction"].strip() for line in expected
    ]
    assert len(expected[0]["fields"]) > 5
