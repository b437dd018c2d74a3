"""The check before a run, the address, and the key, which appears nowhere."""

import logging
import traceback

import pytest
from scripted_server import ScriptedServer, answered, body_of, client, json_of, status

from masterkey.scripting.command_line import UserError
from masterkey.servers.client import Reply, Request, Server, ServerSettings, Usage, api_key

KEY = "sk-verysecret-0123456789"
ASK = Request("hello", max_tokens=5)


def test_check_is_content_with_a_server_that_serves_the_model():
    with ScriptedServer(key=KEY) as scripted, client(scripted, key=KEY) as server:
        server.check()
    assert scripted.requests[0].body["max_tokens"] == 1
    assert server.usage == Usage()


@pytest.mark.parametrize("models", [None, ("a-file.gguf",)])
def test_check_is_content_with_a_server_that_answers_whatever_it_lists(models):
    with ScriptedServer(models=models) as scripted, client(scripted) as server:
        server.check()


def test_check_names_the_models_that_are_served():
    script = [status(404, "no model tiny")]
    refused = pytest.raises(UserError, match=r"--model tiny: .* serves big, bigger .*no model tiny")
    scripted = ScriptedServer(script, models=("big", "bigger"))
    with scripted, client(scripted) as server, refused:
        server.check()


def test_check_says_that_no_server_answers():
    with ScriptedServer() as scripted:
        pass
    with client(scripted) as server, pytest.raises(UserError, match="no server answers there"):
        server.check()


def test_check_says_that_addresses_end_in_v1():
    with ScriptedServer() as scripted:
        settings = ServerSettings(scripted.base_url.removesuffix("/v1"), "tiny")
        with (
            Server(settings) as server,
            pytest.raises(UserError, match="Most addresses end in /v1"),
        ):
            server.check()


@pytest.mark.parametrize(("key", "words"), [(KEY, "the key in OPENAI_"), (None, "without a key ")])
def test_check_says_that_the_key_is_refused(key, words):
    refused = pytest.raises(UserError, match=f"{words}.*error 401")
    with ScriptedServer(key="another-key") as scripted, client(scripted, key) as server, refused:
        server.check()


def test_check_tries_what_the_requests_will_ask_for():
    request = Request("hello", 700, extra={"grammar": "root ::= x"})
    script = [status(422, "unexpected field: grammar")]
    refused = pytest.raises(UserError, match=r"one token .*unexpected field: grammar")
    with ScriptedServer(script) as scripted, client(scripted) as server, refused:
        server.check(request)
    assert scripted.requests[0].body["grammar"] == "root ::= x"


def test_the_key_is_sent_and_appears_nowhere_else(caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx2", "httpcore2", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    echo = KEY.encode()
    echoes = [
        answered(f"your key is {KEY}"),
        body_of(b"x" * 40 + echo),
        status(500, f"Bearer {KEY}"),
        status(400, "y" * 290 + KEY),
        body_of(echo, 400),
        json_of({"error": {"message": KEY}}),
        status(401, f"Incorrect API key provided: {KEY}."),
    ]
    told = []
    with (
        ScriptedServer(echoes, key=KEY) as scripted,
        client(scripted, api_key(), max_retries=0) as server,
    ):
        told += [repr(server), repr(server._connection)]
        told += [repr(server.ask(ASK)) for _ in echoes[:-1]]
        with pytest.raises(UserError) as error:
            server.ask(ASK)
        told += traceback.format_exception(error.value)
    told += [record.getMessage() + repr(record.args) for record in caplog.records]
    told += capfd.readouterr()
    assert scripted.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert len(caplog.records) > 10, "nothing was logged, so nothing was looked at"
    assert "your key is [key]" in "".join(told)
    assert not [text for text in told if KEY[:12] in text]


def test_a_key_is_sent_only_where_one_was_given(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    with ScriptedServer() as scripted, client(scripted) as server:
        server.check()
    assert "authorization" not in scripted.requests[0].headers


@pytest.mark.parametrize("bad", [f"{KEY}\nX-Other: 1", f"{KEY} {KEY}", f"{KEY}é", "\x00" + KEY])
def test_what_cannot_be_a_key_is_a_mistake_that_does_not_show_it(bad):
    with pytest.raises(UserError, match="OPENAI_API_KEY: holds blanks") as error:
        Server(ServerSettings("http://127.0.0.1:9/v1", "tiny"), bad)
    assert KEY not in "".join(traceback.format_exception(error.value))


def test_the_key_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    assert api_key() == KEY
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert api_key() is None


def test_proxies_of_the_environment_do_not_break_loopback(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ScriptedServer() as scripted, client(scripted) as server:
        server.check()
        assert isinstance(server.ask(ASK), Reply)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"base_url": "localhost:8000"}, "is no address"),
        ({"base_url": "http://"}, "is no address"),
        ({"base_url": "http://host:port/v1"}, "is no address"),
        ({"model": ""}, "--model: is empty"),
        ({"endpoint": "responses"}, "choose one of completions, chat"),
        ({"concurrency": 0}, "--concurrency 0"),
        ({"max_retries": -1}, "--max_retries -1"),
        ({"timeout": 0}, "--timeout 0"),
    ],
)
def test_settings_that_cannot_work_are_a_mistake(mistake, words):
    with pytest.raises(UserError, match=words):
        Server(ServerSettings(**{"base_url": "http://localhost:1/v1", "model": "tiny", **mistake}))


@pytest.mark.parametrize("url", [f"http://me:{KEY}@host/v1", f"http://host/v1?key={KEY}"])
def test_an_address_with_a_secret_in_it_is_a_mistake_that_does_not_show_it(url):
    with pytest.raises(UserError, match="OPENAI_API_KEY") as error:
        Server(ServerSettings(url, "tiny"))
    assert KEY not in str(error.value)
