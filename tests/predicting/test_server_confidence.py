"""Confidences of a server's answers: read in both forms, and those of this machine's own answers."""

import json
import math

import pytest
from local_servers import llamacpp_serve
from scripted_server import ScriptedServer, answered, reply_json, send_json, status
from test_server_backend import ANSWER, ask

from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.run import predict_file
from masterkey.predicting.value_confidence import value_confidence, value_spans
from masterkey.rows.predictions import header_path, read_predictions
from masterkey.schema import fields as schema
from masterkey.servers.logprobs import ScoredToken, read_logprobs

SII = "Substrate_stack_sequence: SLG | ITO,\n ETL_stack_sequence: SnO2 é,\n Module: FALSE"
MDP = "JV default Voc: 1.05\nJV default FF: 0.71"


def tokens_of(*pairs) -> list[ScoredToken]:
    return [ScoredToken(text.encode(), logprob) for text, logprob in pairs]


def test_a_value_has_the_probability_of_its_own_tokens_and_of_its_end():
    tokens = tokens_of(
        ("Substrate_stack_sequence", -9.0), (":", -9.0), (" SLG", -0.1), (" | ITO", -0.2),
        (",\n", -0.4), (" ETL_stack_sequence:", -9.0), (" SnO2", -0.5), (" é,", -0.25), ("\n ", -0.5),
        ("Module", -9.0), (":", -9.0), (" FALSE", -0.3), ("", -0.1),
    )  # fmt: skip
    found = value_confidence("sii", SII, tokens)
    sums = {
        "Substrate_stack_sequence": (-0.7, 3),
        "ETL_stack_sequence": (-1.25, 3),
        "Module": (-0.4, 2),
    }
    assert found["confidence"] == {
        n: pytest.approx(math.exp(s), abs=6e-5) for n, (s, _) in sums.items()
    }
    assert found["mean_logprob"] == {
        n: pytest.approx(s / k, abs=6e-5) for n, (s, k) in sums.items()
    }


def test_the_targets_of_a_device_are_found_by_name_and_first_mention_counts():
    spans = value_spans("mdp", MDP + "\nJV default Voc: 9")
    assert {name: MDP[slice(*span)].strip() for name, span in spans.items() if name == "Voc"} == {
        "Voc": "1.05"
    }
    assert spans["FF"] == (MDP.index("FF:") + 3, math.inf)
    assert [*spans] == ["Voc", "FF"]


def test_a_character_in_two_tokens_is_whole_and_tokens_that_spell_another_text_are_not_believed():
    half = "é".encode()
    tokens = [
        *tokens_of((SII[: SII.index("é")], -1.0)),
        ScoredToken(half[:1], -0.5),
        ScoredToken(half[1:], -0.25),
        *tokens_of((SII[SII.index("é") + 1 :], -1.0)),
    ]
    assert set(value_confidence("sii", SII, tokens)["confidence"]) == {
        "Substrate_stack_sequence", "ETL_stack_sequence", "Module",
    }  # fmt: skip
    lossy = [*tokens[:1], *tokens_of(("\ufffd", -0.5)), *tokens[3:]]
    assert value_confidence("sii", SII, lossy) == {}
    assert value_confidence("sii", SII, ()) == {}
    assert value_confidence("sii", "no field at all", tokens_of(("no field at all", -1.0))) == {}


CONTENT = [{"id": 3, "token": "I", "logprob": -0.5, "bytes": [73], "top_logprobs": []}]


@pytest.mark.parametrize(
    ("logprobs", "expected"),
    [
        ({"content": CONTENT}, [(b"I", -0.5)]),
        ({"content": [{"token": "é", "logprob": 0, "bytes": None}]}, [("é".encode(), 0.0)]),
        ({"content": [{"token": "?", "logprob": -1.0, "bytes": [195]}]}, [(b"\xc3", -1.0)]),
        ({"tokens": ["I", "TO"], "token_logprobs": [-0.5, -1]}, [(b"I", -0.5), (b"TO", -1.0)]),
        ({"tokens": ["I"], "token_logprobs": [None]}, None),
        ({"tokens": "I", "token_logprobs": [-1.0]}, None),
        ({"content": []}, None),
        ({"content": [{"token": "I", "prob": 0.5}]}, None),  # llama.cpp after sampling
        ({"content": ["I"]}, None),
        ({"content": [{"token": "I", "logprob": float("nan")}]}, None),
        (None, None),
        ([], None),
    ],
)
def test_both_forms_are_read_and_no_other(logprobs, expected):
    found = read_logprobs({"logprobs": logprobs})
    assert (found and [(token.content, token.logprob) for token in found]) == expected


def scored(handler, body):
    """As a server in the old form answers: one token for each line."""
    lines = ANSWER.splitlines(keepends=True)
    reply = reply_json(ANSWER, handler.path)
    reply["choices"][0]["logprobs"] = {"tokens": lines, "token_logprobs": [-0.25] * len(lines)}
    send_json(handler, 200, reply)


@pytest.fixture
def papers(tmp_path):
    path = tmp_path / "papers.json"
    path.write_text(json.dumps([{"id": f"p{i}", "input": f"Paper {i}: ITO."} for i in range(3)]))
    return path


def test_log_probabilities_are_asked_for_and_become_confidences(papers, tmp_path):
    with ScriptedServer([scored] * 4) as server:
        lines = ask(server, papers, tmp_path / "o.jsonl", abstain_below=0.7)
        assert {request.body["logprobs"] for request in server.requests} == {1}
    for line in lines:
        assert line["confidence"] == dict.fromkeys(schema.SII_FIELDS, pytest.approx(0.7788))
        assert line["mean_logprob"]["Module"] == -0.25
        assert line["abstained"] == {}


def test_a_server_that_refuses_log_probabilities_is_asked_without(papers, tmp_path):
    def strict(handler, body):
        behaviour = status(400, "unknown key") if "logprobs" in body else answered(ANSWER)
        behaviour(handler, body)

    with ScriptedServer([strict] * 5) as server:
        lines = ask(server, papers, tmp_path / "o.jsonl")
        assert ["logprobs" in request.body for request in server.requests] == [True] + [False] * 4
    assert all(line["prediction"] == ANSWER and "confidence" not in line for line in lines)
    summary = json.loads(header_path(tmp_path / "o.jsonl").read_text())["summary"]
    assert summary["answers_without_confidence"] == 3


def test_abstaining_needs_them(papers, tmp_path, capsys):
    with ScriptedServer([answered(ANSWER)] * 4) as server, pytest.raises(SystemExit):
        ask(server, papers, tmp_path / "o.jsonl", abstain_below=0.7)
    assert "without log-probabilities, which --abstain_below needs" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("constraint", ["none", "llama.cpp"])
def test_llamacpp_gives_the_values_and_confidences_of_this_machine(
    constraint, gguf_checkpoint, tmp_path
):
    """A real server: the same papers by skeleton decoding here and by llama.cpp from the GGUF file."""
    papers = tmp_path / "papers.json"
    rows = gguf_checkpoint.papers
    papers.write_text(json.dumps([{"id": row.id, "input": row.input} for row in rows]))
    here = tmp_path / "here.jsonl"
    # Under the rules of closed fields the probability is shared by fewer tokens than on a server.
    arguments = PredictionArguments(
        str(gguf_checkpoint.folder), str(papers), str(here), restrict_values=False
    )
    predict_file("sii", arguments)
    with llamacpp_serve(
        gguf_checkpoint.file, "--threads", "1", "--context", "1024", "--slots", "1"
    ) as server:
        lines = ask(
            server, papers, tmp_path / "there.jsonl", model=str(gguf_checkpoint.file),
            prompt_style=None, constraint=constraint, concurrency=1,
        )  # fmt: skip
    local = read_predictions(here, "sii")
    assert local[0]["fields"] != local[1]["fields"]
    for mine, theirs in zip(local, lines, strict=True):
        assert theirs["fields"] == mine["fields"]
        for name in schema.SII_FIELDS:
            for key in ("confidence", "mean_logprob"):
                assert theirs[key][name] == pytest.approx(mine[key][name], abs=0.02), name
    assert all(line["n_prompt_tokens"] > 50 for line in lines)
    summary = json.loads(header_path(tmp_path / "there.jsonl").read_text())["summary"]
    assert summary.get("answers_outside_the_constraint", 0) == 0
