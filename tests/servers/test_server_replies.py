"""What is sent to a server, what is read from it, and what is counted."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import ScriptedServer, answered, client, reply_json, status

from masterkey.servers import replies as server_replies
from masterkey.servers.client import Request, Usage

ASK = Request("hello", max_tokens=5)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
    ],
)
def test_retry_after_is_read_in_every_form(headers, seconds):
    assert server_replies.seconds_to_wait(headers) == seconds


def test_retry_after_may_be_a_date():
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    assert 55 < server_replies.seconds_to_wait({"retry-after": date}) <= 60


def test_the_body_of_completions_holds_what_was_asked_for():
    request = Request("hello", 5, top_p=0.9, seed=3, stop=("\n",), extra={"top_k": 40})
    with ScriptedServer() as scripted, client(scripted) as server:
        server.ask(request)
    sent = scripted.requests[0]
    assert sent.path == "/v1/completions"
    assert sent.body == {
        "model": "tiny",
        "prompt": "hello",
        "max_tokens": 5,
        "temperature": 0.0,
        "top_p": 0.9,
        "seed": 3,
        "stop": ["\n"],
        "top_k": 40,
    }


def test_the_body_of_chat_holds_one_user_message_and_extra_wins():
    extra = {"max_tokens": None, "max_completion_tokens": 9}
    with ScriptedServer() as scripted, client(scripted, endpoint="chat") as server:
        answer = server.ask(Request("hello", 5, extra=extra))
    sent = scripted.requests[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.body == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "hello"}],
        "temperature": 0.0,
        "max_completion_tokens": 9,
    }
    assert answer.text == "an answer"


def test_a_prompt_may_be_token_ids():
    with ScriptedServer() as scripted, client(scripted) as server:
        server.ask(Request((1, 2, 3), 5))
    assert scripted.requests[0].body["prompt"] == [1, 2, 3]


def test_lone_surrogates_pass_neither_to_the_server_nor_from_it():
    broken = json.loads('"a\\ud83d"')
    scripted = ScriptedServer(reply=lambda body: body["prompt"] + broken)
    with scripted, client(scripted) as server:
        answer = server.ask(Request("smile 😀 " + broken, 5))
    assert answer.text == "smile 😀 a\ufffda\ufffd"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "text", "message", "content", "usage", "error", "x"]),
            values,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from(server_replies.ENDPOINTS))
def test_any_json_is_a_reply_or_a_fault(value, endpoint):
    try:
        choice = value["choices"][0]
        text = choice["message"]["content"] if endpoint == "chat" else choice["text"]
    except (TypeError, KeyError, IndexError):
        text = None
    content = json.dumps(value).encode()
    if isinstance(text, str):
        assert server_replies.read_reply(content, endpoint).text == text
    else:
        with pytest.raises(server_replies.Fault):
            server_replies.read_reply(content, endpoint)


@given(st.binary(max_size=60), st.sampled_from(server_replies.ENDPOINTS))
def test_any_bytes_are_a_fault(content, endpoint):
    with pytest.raises(server_replies.Fault):
        server_replies.read_reply(content, endpoint)


def test_a_chat_answer_that_ran_out_of_tokens_before_its_text_is_empty():
    message = {"choices": [{"message": {"content": None}, "finish_reason": "length"}]}
    reply = server_replies.read_reply(json.dumps(message).encode(), "chat")
    assert (reply.text, reply.finish_reason) == ("", "length")


def test_usage_adds_up():
    script = [status(500), answered(), answered(usage=None), status(400)]
    with (
        ScriptedServer(script, seconds=0.05) as scripted,
        client(scripted, concurrency=1) as server,
    ):
        list(server.ask_all([ASK] * 3))
    counts = server.usage.as_dict()
    seconds = counts.pop("seconds")
    assert counts == {
        "n_requests": 3,
        "n_retries": 1,
        "n_failures": 1,
        "n_uncounted": 1,
        "prompt_tokens": 7,
        "completion_tokens": 3,
    }
    assert 0.2 <= seconds < 10
    assert json.dumps(counts)
    assert "3 requests (1 failed, 1 retries), 7 tokens read and 3 written" in server.usage.summary()
    assert "1 replies came without token counts" in server.usage.summary()


def test_a_cost_is_per_million_tokens():
    usage = Usage(prompt_tokens=2_000_000, completion_tokens=500_000)
    assert usage.cost(price_in=0.5, price_out=4.0) == pytest.approx(3.0)


def test_usage_counts_the_time_of_requests_side_by_side_once():
    with ScriptedServer(seconds=0.2) as scripted, client(scripted, concurrency=8) as server:
        list(server.ask_all([ASK] * 8))
        seconds = server.usage.seconds
        time.sleep(0.1)
        assert server.usage.seconds == seconds, "time passes while nothing is asked"
    assert 0.2 <= seconds < 1.5


def test_the_scripted_server_writes_replies_that_are_read_back():
    for endpoint, path in (("chat", "/v1/chat/completions"), ("completions", "/v1/completions")):
        content = json.dumps(reply_json("words", path)).encode()
        assert server_replies.read_reply(content, endpoint).text == "words"
