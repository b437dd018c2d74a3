#!/usr/bin/env bash
# `transformers serve` takes logprobs, n, echo and temperature on /v1/completions and does nothing.
#
# The guesses, written before the run, were that keys which the server does not support are refused
# (as it refuses unknown ones, with 422), and that a stop string is left out of the text, as at
# OpenAI. logprobs, n and echo are accepted: there are no log-probabilities, one choice instead of
# two, and no prompt in the text. The stop string stays at the end of the text. A temperature above 0
# samples nothing unless the model's own generation_config.json says do_sample, so eight answers
# of an untrained model at temperature 1 are one and the same.
#
# Versions: torch 2.13.0, transformers[serving] 5.23.0, openai 3.54.0 under Python 3.11. Output seen:
#   logprobs: None; choices for n=2: 1; echo: False; 8 samples: 1 text, with do_sample: 8 texts
#   greedy ZQDMXLEPOLEP, with stop=["D"] ZQD; unknown key: 422
set -euo pipefail
folder="$(mktemp -d)"
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 "transformers[serving]==5.23.0" \
  openai==3.54.0 2>/dev/null
cd "$folder"
export HF_HUB_OFFLINE=1 HF_HOME="$folder/hub" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 CUDA_VISIBLE_DEVICES=""
cat > make.py <<'EOF'
import shutil

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
vocabulary = {"<s>": 0, "</s>": 1, **{letter: n + 2 for n, letter in enumerate(letters)}}
tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>",
                               pad_token="</s>")
torch.manual_seed(0)
model = LlamaForCausalLM(
    LlamaConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
                vocab_size=len(vocabulary), bos_token_id=0, eos_token_id=1, pad_token_id=1)
)
for name, samples in (("greedy", False), ("sampling", True)):
    model.generation_config.do_sample = samples
    model.save_pretrained(name)
    fast.save_pretrained(name)
EOF
"$folder/venv/bin/python" make.py 2>/dev/null
port="$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
"$folder/venv/bin/transformers" serve --host 127.0.0.1 --port "$port" --device cpu > serve.log 2>&1 &
server=$!
"$folder/venv/bin/python" - "$port" <<'EOF' || (tail -30 serve.log; exit 1)
import os
import sys
import time

from openai import APIConnectionError, OpenAI, UnprocessableEntityError

client = OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0)
greedy, sampling = os.path.abspath("greedy"), os.path.abspath("sampling")


def ask(model=greedy, **settings):
    return client.completions.create(model=model, prompt="ABC", max_tokens=12, **settings).choices


for _ in range(240):
    try:
        plain = ask(temperature=0)
        break
    except APIConnectionError:
        time.sleep(1)
text = plain[0].text
choices = ask(temperature=0, logprobs=2, n=2, echo=True)
print(text, "logprobs:", choices[0].logprobs, "choices:", len(choices), "echo:", choices[0].text != text)
assert choices[0].logprobs is None and len(choices) == 1 and choices[0].text == text
stop = text[2]
stopped = ask(temperature=0, stop=[stop])[0]
print("stop", stop, "gives", stopped.text, stopped.finish_reason)
assert stopped.text == text[: text.index(stop) + 1] and stopped.finish_reason == "stop"
counts = {
    name: len({ask(model, temperature=1, seed=seed)[0].text for seed in range(8)})
    for name, model in (("do_sample false", greedy), ("do_sample true", sampling))
}
print("different texts of 8 at temperature 1:", counts)
assert counts["do_sample false"] == 1 and counts["do_sample true"] > 1
try:
    ask(extra_body={"grammar": "x"})
except UnprocessableEntityError as error:
    print("an unknown key is refused:", error.status_code)
else:
    raise SystemExit("Unknown keys are no longer refused.")
EOF
