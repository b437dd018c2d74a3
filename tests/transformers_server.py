"""A real `transformers serve` process on loopback, for tests: an OpenAI-compatible server at hand.

    with transformers_serve(model_folder) as server:
        Server(ServerSettings(server.base_url, server.model))

or the session's fixture `transformers_server`, which serves a tiny random LLaMA of one token per
byte. `transformers serve` needs the extra `transformers[serving]`; it names a local model by its
folder's path, and needs no network.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 90
STOP_SECONDS = 5


@dataclass(frozen=True)
class Serving:
    """A server that runs: its address, the model's name there (its folder), its log and process."""

    base_url: str
    model: str
    log: Path
    process: subprocess.Popen


@contextlib.contextmanager
def transformers_serve(model_folder: str | Path, *flags: str):
    """Serve `model_folder` while the block runs; yields a `Serving`. The process is gone after it.

    `flags`: more flags of `transformers serve`. Raises RuntimeError with the log where it does not
    come up.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield from _serve(Path(model_folder).resolve(), Path(folder), flags)


def _serve(model_folder: Path, folder: Path, flags: tuple[str, ...]):
    log, port = folder / "serve.log", _free_port()
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model_folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", *flags]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "no_models")}
    with open(log, "w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
        yield Serving(f"http://127.0.0.1:{port}/v1", str(model_folder), log, process)
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    # The machine's proxy, if it has one, does not know this port.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if direct.open(url, timeout=2).status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"transformers serve did not come up; its log:\n{log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    """End the process and all it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


def save_tiny_model(folder: str | Path, tokenizer) -> None:
    """A LLaMA of about 10,000 random parameters with `tokenizer` and a plain chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=512,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    (Path(folder) / "chat_template.jinja").write_text(template)


@pytest.fixture(scope="session")
def transformers_server(tmp_path_factory, byte_tokenizer):
    """`transformers serve` with a tiny random model of one token per byte, for the whole session."""
    pytest.importorskip(
        "uvicorn", reason="not checked: transformers serve (no transformers[serving])"
    )
    folder = tmp_path_factory.mktemp("served") / "tiny"
    save_tiny_model(folder, byte_tokenizer)
    with transformers_serve(folder) as server:
        yield server
