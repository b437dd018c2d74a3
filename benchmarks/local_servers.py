"""Real OpenAI-compatible servers on loopback, for benchmarks and tests: `transformers serve`, llama.cpp.

    with transformers_serve(model_folder) as server:
        Server(ServerSettings(server.base_url, server.model))
    with llamacpp_serve("model.gguf") as server:
        …

Neither needs a network. `transformers serve` comes with the extra `transformers[serving]` and names a
model by its folder's path, llama.cpp comes with the wheel xllamacpp. The processes are gone after the
block.
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

START_SECONDS = 300  # imports alone take minutes where other programs use the machine
STOP_SECONDS = 5


@dataclass(frozen=True)
class Serving:
    """A server that runs: its address, the model's name there (its path), its log and process."""

    base_url: str
    model: str
    log: Path
    process: subprocess.Popen


@contextlib.contextmanager
def transformers_serve(model_folder: str | Path, *flags: str):
    """Serve `model_folder` while the block runs; yields a `Serving`.

    `flags`: more flags of `transformers serve`. Raises RuntimeError with the log where it does not
    come up.
    """
    folder = Path(model_folder).resolve()
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--device", "cpu", *flags]
    with _served(command, str(folder)) as serving:
        yield serving


@contextlib.contextmanager
def llamacpp_serve(gguf: str | Path, *flags: str):
    """Serve a GGUF file by llama.cpp while the block runs; yields a `Serving`.

    `flags`: those of benchmarks/llamacpp_server.py. Raises RuntimeError as above.
    """
    script = Path(__file__).with_name("llamacpp_server.py")
    with _served([sys.executable, str(script), str(gguf), *flags], str(gguf)) as serving:
        yield serving


@contextlib.contextmanager
def _served(command: list[str], model: str):
    with tempfile.TemporaryDirectory() as folder:
        log, port = Path(folder) / "serve.log", _free_port()
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(Path(folder) / "none")}
        with open(log, "w") as file:
            process = subprocess.Popen(
                [*command, "--port", str(port)],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
            yield Serving(f"http://127.0.0.1:{port}/v1", model, log, process)
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
    raise RuntimeError(f"the server did not come up; its log:\n{log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    """End the process and all it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return
