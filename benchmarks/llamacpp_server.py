"""Serve a GGUF file with llama.cpp, from the wheel xllamacpp: an OpenAI-compatible server on this machine.

    python benchmarks/llamacpp_server.py model.gguf --port 8080
    python sii_test.py --backend server --base_url http://127.0.0.1:8080/v1 --model model.gguf \\
        --constraint llama.cpp --concurrency 4 --data_path papers.json --output_path papers.jsonl

Each of --slots requests at a time has --context tokens for prompt and answer together. Ctrl-C ends it.
"""

import importlib.util
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.weights.gguf_file import check_gguf

PACKAGE = "xllamacpp==2026.10.11549"


@dataclass
class Arguments:
    model: str = field(metadata={"help": "GGUF file", "positional": True})
    port: int = field(default=8080, metadata={"help": "port on 127.0.0.1"})
    slots: int = field(default=4, metadata={"help": "requests answered at a time"})
    context: int = field(default=4096, metadata={"help": "tokens of a prompt with its answer"})
    threads: int | None = field(default=None, metadata={"help": "by default one per core"})


def main(arguments: Arguments) -> None:
    check_gguf(arguments.model)
    if importlib.util.find_spec("xllamacpp") is None:
        raise UserError(f"llama.cpp comes with the package xllamacpp; pip install {PACKAGE}")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    server = started(arguments)
    print(f"serving {arguments.model} at {server.listening_address}/v1", flush=True)
    stopped.wait()


def started(arguments: Arguments):
    """The server, which answers on threads of its own as long as the object lives."""
    from xllamacpp import CommonParams, Server

    parameters = CommonParams()
    parameters.model.path = str(Path(arguments.model).resolve())
    parameters.port, parameters.n_parallel = arguments.port, arguments.slots
    parameters.n_ctx = arguments.slots * arguments.context  # llama.cpp shares it out to the slots
    if arguments.threads:
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = arguments.threads
    return Server(parameters)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
