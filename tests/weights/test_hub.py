"""What a model's name that is nowhere costs: one sentence, and no minute of attempts at reaching the hub."""

import http.server
import socket
import threading
import time

import pytest
from huggingface_hub import constants

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.arguments import ModelArguments
from masterkey.training.planning.base_model import check_base_model, load_config
from masterkey.weights import hub
from masterkey.weights.checkpoints import load_model, load_tokenizer, new_model


@pytest.fixture
def closed_port(monkeypatch, tmp_path) -> str:
    """The hub's address, where nobody listens; an empty cache of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return endpoint


@pytest.mark.parametrize(
    "load",
    [
        load_tokenizer,
        load_model,
        load_config,
        lambda name: new_model(name, None, 0),
        lambda name: check_base_model(ModelArguments(config_name=name)),
    ],
    ids=["tokenizer", "model", "plan", "configuration", "training"],
)
def test_a_name_that_is_nowhere_is_told_at_once_where_no_hub_answers(
    closed_port, monkeypatch, load
):
    # Between attempts the hub's library sleeps.
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("an attempt was repeated"))
    with pytest.raises(UserError, match="no such folder; check the path; the hub") as error:
        load("org/nowhere")
    assert f"({closed_port}) does not answer" in str(error.value)


def test_a_hub_that_is_not_to_be_asked_is_not(closed_port, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub, "_answers", lambda endpoint: pytest.fail("the hub was asked"))
    assert "unset HF_HUB_OFFLINE" in hub.unavailable("org/nowhere")


@pytest.mark.parametrize("offline", [True, False])
def test_what_the_hub_gave_before_is_used_without_it(closed_port, monkeypatch, tmp_path, offline):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    snapshot = tmp_path / "cache" / "models--org--model" / "snapshots" / "a1"
    snapshot.mkdir(parents=True)
    assert hub.unavailable("org/model")
    (snapshot / "config.json").write_text("{}")
    assert hub.unavailable("org/model") is None
    assert constants.HF_HUB_OFFLINE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["org/model", "model"])
def test_a_hub_that_answers_is_asked_for_any_name(closed_port, monkeypatch, name):
    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_error(503)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        assert hub.unavailable(name) is None
        server.shutdown()


@pytest.mark.parametrize("name", ["./nowhere", "runs/no/where", "/no/where", "a--b", "nowhere/"])
def test_a_path_is_no_hub_name(closed_port, monkeypatch, name):
    monkeypatch.setattr(hub, "_answers", lambda endpoint: pytest.fail("the hub was asked"))
    assert hub.unavailable(name) == "no such folder; check the path"


@pytest.mark.slow
def test_a_script_says_so_and_goes(run_script, closed_port, tmp_path):
    options = ("--prompt_style", "alpaca", "--data_path", "data/sample/sii_test.json")
    model = ("--model", "nowhere", "--output_path", tmp_path / "x.jsonl")
    done = run_script("sii_test.py", *model, *options, HF_ENDPOINT=closed_port)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no such folder; check the path; the hub" in done.stderr
