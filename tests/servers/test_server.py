"""The client of OpenAI-compatible servers: every fault is survived, and the key stays secret.

All against real HTTP servers on loopback: tests/scripted_server.py, which misbehaves on demand.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interrupts import hear_ctrl_c
from scripted_server import (
    ScriptedServer,
    answered,
    body_of,
    client,
    close_at_once,
    drip,
    half_a_body,
    hang,
    json_of,
    not_http,
    status,
)

from masterkey.scripting.command_line import UserError
from masterkey.servers.client import Failure, Reply, Request, Server, ServerSettings

ROOT = Path(__file__).resolve().parents[2]
ASK = Request("hello", max_tokens=5)

# Faults that may pass: (behaviour, the kind of failure if it does not, what the reason says).
PASSING = {
    "429": (status(429, "slow down"), "unreachable", "an error 429 (slow down)"),
    "408": (status(408), "unreachable", "an error 408"),
    "409": (status(409), "faulty", "an error 409"),
    "500": (status(500, "out of memory"), "faulty", "an error 500 (out of memory)"),
    "502 in HTML": (body_of(b"<html>Bad gateway</html>", 502), "unreachable", "502"),
    "503": (status(503), "unreachable", "an error 503"),
    "garbage": (body_of(b"\xff\x00garbage"), "faulty", "a body that is no JSON"),
    "HTML": (body_of(b"<html>Welcome</html>"), "faulty", "no JSON ('<html>Welcome</html>')"),
    "empty body": (body_of(b""), "faulty", "an empty body"),
    "other JSON": (json_of({"choices": []}), "faulty", "JSON that is no reply"),
    "a list": (json_of([1, 2]), "faulty", "JSON that is no reply"),
    "null": (json_of(None), "faulty", "JSON that is no reply"),
    "text is a number": (json_of({"choices": [{"text": 5}]}), "faulty", "JSON that is no reply"),
    "error with 200": (json_of({"error": {"message": "overload"}}), "faulty", "(overload)"),
    "half a body": (half_a_body(), "unreachable", "no whole answer"),
    "half a body, no length": (half_a_body(declare_length=False), "faulty", "no JSON"),
    "closed": (close_at_once(), "unreachable", "no whole answer"),
    "reset": (close_at_once(reset=True), "unreachable", "no whole answer"),
    "no HTTP": (not_http(), "unreachable", "no whole answer"),
    "no gzip": (body_of(b"no gzip", Content_Encoding="gzip"), "unreachable", "no whole answer"),
    "no content": (body_of(b"", 204), "faulty", "an empty body"),
    "hang": (hang(), "unreachable", "no answer within 0.5 s"),
    "drip": (drip(), "unreachable", "no answer within 0.5 s"),
}
ENDLESS = ("hang", "drip")


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_survived(fault):
    behaviour = PASSING[fault][0]
    patience = 0.5 if fault in ENDLESS else 10.0
    with ScriptedServer([behaviour] * 2) as scripted, client(scripted, timeout=patience) as server:
        answer = server.ask(ASK)
    assert isinstance(answer, Reply), answer
    assert (answer.text, answer.attempts) == ("an answer", 3)
    assert [request.body for request in scripted.requests] == [scripted.requests[0].body] * 3
    assert (server.usage.n_requests, server.usage.n_retries, server.usage.n_failures) == (1, 2, 0)


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_does_not_pass_becomes_a_failure_with_its_reason(fault):
    behaviour, kind, words = PASSING[fault]
    script, soon = itertools.repeat(behaviour), {"timeout": 0.5, "max_retries": 1}
    with ScriptedServer(script) as scripted, client(scripted, **soon) as server:
        answer = server.ask(ASK)
    assert isinstance(answer, Failure), answer
    assert (answer.kind, answer.attempts, len(scripted.requests)) == (kind, 2, 2)
    assert words in answer.reason
    assert server.usage.n_failures == 1


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (status(400, "the prompt is too long"), "an error 400 (the prompt is too long)"),
        (status(404, "no such model"), "an error 404 (no such model)"),
        (json_of({"message": "not taken"}, 400), "(not taken)"),
        (json_of({"detail": [{"loc": ["top_k"], "msg": "unknown"}]}, 422), "error 422 (unknown)"),
        (json_of({"detail": "unknown"}, 422), "error 422 (unknown)"),
        (body_of(b"plain\nwords", 400), "(plain words)"),
        (body_of(b"", 404), "an error 404."),
        (body_of(b"", 302, Location="https://else/v1"), "a redirection 302 to 'https://else/v1'"),
    ],
)
def test_what_the_server_refuses_is_not_asked_again_and_keeps_its_sentence(behaviour, words):
    with ScriptedServer([behaviour]) as scripted, client(scripted) as server:
        answer = server.ask(ASK)
    assert isinstance(answer, Failure)
    assert (answer.kind, answer.attempts, len(scripted.requests)) == ("refused", 1, 1)
    assert words in answer.reason


@pytest.mark.parametrize("code", [401, 402, 403])
def test_a_refused_key_ends_the_run_at_once(code):
    script = itertools.repeat(status(code, "not for you"))
    with ScriptedServer(script) as scripted, client(scripted, "a-key", concurrency=2) as server:
        with pytest.raises(UserError, match=rf"OPENAI_API_KEY .* error {code} \(not for you\)"):
            list(server.ask_all([ASK] * 1000))
        with pytest.raises(UserError, match=f"error {code}"):
            server.ask(ASK)
    assert len(scripted.requests) <= 4


def test_a_spent_quota_ends_the_run_though_it_comes_as_429():
    spent = json_of({"error": {"message": "Pay.", "code": "insufficient_quota"}}, 429)
    refused = pytest.raises(UserError, match=r"429 \(Pay\)")
    with ScriptedServer([spent]) as scripted, client(scripted) as server, refused:
        server.ask(ASK)


def test_what_was_answered_before_a_refused_key_is_handed_on():
    script = [answered("first"), answered("second"), status(401)]
    with ScriptedServer(script) as scripted, client(scripted, concurrency=1) as server:
        answers = server.ask_all([ASK] * 10)
        assert [next(answers)[1].text, next(answers)[1].text] == ["first", "second"]
        with pytest.raises(UserError):
            next(answers)


@pytest.mark.slow
def test_a_server_that_asks_to_wait_is_left_alone_for_so_long():
    script = [status(429, retry_after=0.5)]
    with ScriptedServer(script) as scripted, client(scripted) as server:
        assert isinstance(server.ask(ASK), Reply)
    first, second = scripted.requests
    assert 0.5 <= second.at - first.at < 5


@pytest.mark.slow
def test_waits_grow_from_attempt_to_attempt():
    with ScriptedServer([status(500)] * 3) as scripted, client(scripted, first_wait=0.1) as server:
        server.ask(ASK)
    at = [request.at for request in scripted.requests]
    pauses = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4), strict=True)), pauses
    assert sum(pauses) < 5


def test_every_request_is_answered_once_with_its_own_answer_and_no_more_than_k_are_under_way():
    taken = []

    def requests():
        for i in range(40):
            taken.append(i)
            yield Request(f"prompt {i}", max_tokens=5)

    scripted = ScriptedServer(reply=lambda body: body["prompt"].upper(), seconds=0.01)
    answers = {}
    with scripted, client(scripted, concurrency=5) as server:
        for number, answer in server.ask_all(requests()):
            assert number not in answers
            answers[number] = answer.text
            assert len(taken) <= len(answers) + 5, "requests are taken before they can be sent"
    assert answers == {i: f"PROMPT {i}" for i in range(40)}
    assert scripted.most_at_once == 5
    assert (server.usage.n_requests, server.usage.n_retries) == (40, 0)


def test_ask_may_be_called_from_several_threads():
    scripted = ScriptedServer(reply=lambda body: body["prompt"][::-1], seconds=0.01)
    with scripted, client(scripted) as server, ThreadPoolExecutor(8) as pool:
        requests = [Request(f"prompt {i}", max_tokens=5) for i in range(40)]
        texts = [reply.text for reply in pool.map(server.ask, requests)]
    assert texts == [f"prompt {i}"[::-1] for i in range(40)]
    assert server.usage.n_requests == 40


def test_no_requests_give_no_answers():
    with ScriptedServer() as scripted, client(scripted) as server:
        assert list(server.ask_all([])) == []


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    script=st.lists(st.sampled_from([*(f for f in PASSING if f not in ENDLESS), "good"])),
    n=st.integers(1, 12),
    concurrency=st.integers(1, 6),
)
def test_whatever_the_server_does_each_request_gets_its_own_answer(script, n, concurrency):
    behaviours = [answered() if name == "good" else PASSING[name][0] for name in script]
    scripted = ScriptedServer(behaviours, reply=lambda body: body["prompt"][::-1])
    settings = {"max_retries": len(script), "first_wait": 0.001, "concurrency": concurrency}
    requests = [Request(f"prompt {i}", max_tokens=5) for i in range(n)]
    with scripted, client(scripted, **settings) as server:
        answers = list(server.ask_all(requests))
    assert sorted(number for number, _ in answers) == list(range(n))
    for number, answer in answers:
        assert isinstance(answer, Reply), answer
        assert answer.text == f"prompt {number}"[::-1]
    n_faults = sum(name != "good" for name in script[: len(scripted.requests)])
    assert server.usage.n_retries == n_faults


def test_a_server_that_goes_for_good_ends_the_run_and_keeps_what_was_answered():
    taken, got = itertools.count(), []
    requests = (Request(f"prompt {next(taken)}", max_tokens=5) for _ in range(50_000))

    def run(scripted, server):
        for _, answer in server.ask_all(requests):
            got.append(answer)
            if len(got) == 20:
                scripted.stop()

    gone = pytest.raises(UserError, match=r"the last 6 requests found no server .* continue")
    scripted = ScriptedServer()
    with scripted, client(scripted, concurrency=2, max_retries=1) as server, gone:
        run(scripted, server)
    assert all(isinstance(answer, Reply) for answer in got[:20])
    assert [answer.kind for answer in got[-6:]] == ["unreachable"] * 6
    assert next(taken) < 40


def test_failures_of_rows_do_not_end_the_run():
    """A prompt that crashes the server (500) or is refused (400) is the row's, not the server's."""
    script = itertools.chain([status(500)] * 20, [status(400)] * 20)
    alone = {"concurrency": 1, "max_retries": 0}
    with ScriptedServer(script) as scripted, client(scripted, **alone) as server:
        answers = [answer for _, answer in server.ask_all([ASK] * 45)]
    assert [isinstance(answer, Reply) for answer in answers] == [False] * 40 + [True] * 5


def test_leaving_the_loop_early_ends_what_is_under_way():
    script = itertools.chain([answered()], itertools.repeat(hang()))
    start = time.monotonic()
    with ScriptedServer(script) as scripted, client(scripted, concurrency=4, timeout=60) as server:
        for _ in server.ask_all([ASK] * 100):
            break
    assert time.monotonic() - start < 10


@pytest.mark.slow
def test_ctrl_c_stops_a_run_that_waits_for_a_hanging_server():
    program = (
        "import sys\n"
        "from masterkey.scripting.command_line import user_errors\n"
        "from masterkey.servers.client import Request, Server, ServerSettings\n"
        "with user_errors(), Server(ServerSettings(sys.argv[1], 'tiny')) as server:\n"
        "    list(server.ask_all([Request('hello', 5)] * 100))\n"
    )
    with ScriptedServer(itertools.repeat(hang(600))) as scripted:
        process = subprocess.Popen(
            [sys.executable, "-c", program, scripted.base_url],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c,
        )
        while len(scripted.requests) < 8 and process.poll() is None:
            time.sleep(0.02)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
    assert time.monotonic() - start < 10
    assert (process.returncode, errors) == (130, "stopped by Ctrl-C\n")


def test_importing_the_client_does_not_import_openai():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, masterkey.servers.client; print('openai' in sys.modules)",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.stdout == "False\n", done.stderr


@pytest.mark.slow
def test_transformers_serve_answers_as_the_model_itself_does(transformers_server):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(transformers_server.model)
    tokenizer = AutoTokenizer.from_pretrained(transformers_server.model)
    prompts = ["SLG | ITO", "SnO2-c", "<s>MAPbI3", "Spiro-MeOTAD | Au"]
    requests = [Request(prompt, max_tokens=8) for prompt in prompts]
    for endpoint in ("completions", "chat"):
        settings = ServerSettings(transformers_server.base_url, transformers_server.model, endpoint)
        with Server(settings) as server:
            server.check()
            answers = dict(server.ask_all(requests))
        for number, prompt in enumerate(prompts):
            # A chat's text brings its own special tokens, if its template has any.
            plain = endpoint == "completions"
            ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=plain)
            made = model.generate(**ids, max_new_tokens=8, do_sample=False)[
                0, ids.input_ids.shape[1] :
            ]
            assert answers[number].text == tokenizer.decode(made, skip_special_tokens=True)
            assert answers[number].prompt_tokens == ids.input_ids.shape[1]
            assert answers[number].finish_reason in ("length", "stop")
        assert server.usage.n_failures == 0
        assert 0 < server.usage.completion_tokens <= 8 * len(prompts)


@pytest.mark.slow
def test_transformers_serve_refuses_another_model_and_unknown_constraints(transformers_server):
    url = transformers_server.base_url
    pinned = pytest.raises(UserError, match="pinned to")
    with Server(ServerSettings(url, "another")) as server, pinned:
        server.check()
    unknown = pytest.raises(UserError, match=r"Unexpected fields.*regex")
    with Server(ServerSettings(url, transformers_server.model)) as server, unknown:
        server.check(Request("hello", 5, extra={"regex": "x"}))
