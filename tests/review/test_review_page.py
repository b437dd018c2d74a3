"""What review.py answers to requests: papers, edits, performance, uploads, and who is refused."""

import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from reviewed_papers import FIELDS, TEXT, devices_of, line, write
from scripted_page import devices_reader, papers_reader
from starlette.testclient import TestClient

from masterkey.review import layers
from masterkey.review.access import is_loopback
from masterkey.review.application import STATIC, application, guarded
from masterkey.review.performance import Performance
from masterkey.review.session import Review
from masterkey.review.uploads import Uploads
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from review import Arguments, announce

HTL = "HTL_stack_sequence"
ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture
def serve(tmp_path):
    """Clients of the page of two papers."""
    path = write(tmp_path / "papers.jsonl", [line("a"), line("b", devices=devices_of(), number=1)])
    opened = []

    def client(
        host="127.0.0.1", token=None, base="http://localhost", most_bytes=10**6, devices=None
    ):
        review = Review(path, "ada")
        uploads = Uploads(review, papers_reader)
        opened.append(review)
        app = application(review, Performance(devices), uploads, most_bytes=most_bytes)
        return TestClient(guarded(app, host, token), base_url=base, headers={"Origin": base})

    yield client
    for review in opened:
        review.close()


def mend(client, value, version, **more):
    cell = {"action": "cell", "device": 0, "field": HTL, "status": "mended", "value": value}
    return client.post("/api/papers/0/edits", json={"version": version, **cell, **more})


# --- papers and edits ---


def test_the_start_names_fields_by_layer_and_papers_with_their_doubts(serve):
    start = serve().get("/api/start").json()
    assert [field["name"] for field in start["fields"]] == list(schema.SII_FIELDS)
    assert {field["layer"] for field in start["fields"]} == {layer for layer, _ in layers.LAYERS}
    assert start["values"][HTL] == ["Spiro-MeOTAD"]
    first = start["papers"][0]
    assert (first["open"], first["doubtful"], first["done"]) == (31, 1, False)
    assert start["papers"][1]["devices"] == 2


def test_a_paper_has_its_text_and_each_value_its_places(serve):
    paper = serve().get("/api/papers/0").json()
    assert paper["text"] == TEXT
    cell = paper["devices"][0]["cells"][HTL]
    start = TEXT.index("Spiro-MeOTAD")
    assert cell["places"] == [[start, start + 12]]
    assert (cell["level"], cell["confidence"]) == ("doubtful", 0.31)


def test_an_edit_answers_with_the_newer_paper_and_a_second_page_is_told(serve):
    client = serve()
    assert mend(client, "CuSCN", 0).json()["version"] == 1
    answer = mend(client, "PTAA", 0)
    assert answer.status_code == 409
    assert answer.json()["paper"]["devices"][0]["cells"][HTL]["value"] == "CuSCN"
    assert mend(client, "PTAA", 1).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"value": "a\nb"}, 422),
        ({"field": "Voc"}, 422),
        ({"action": "rewrite"}, 422),
        ({"device": 7}, 422),
        ({"places": [[5, 100_000]]}, 422),
        ({"places": [[9, 3]]}, 422),
        ({"path": "/etc/passwd"}, 422),
    ],
)
def test_edits_that_make_no_sense_are_refused_and_save_nothing(serve, tmp_path, change, status):
    client = serve()
    assert mend(client, **({"value": "PTAA", "version": 0} | change)).status_code == status
    assert (tmp_path / "papers.edits.jsonl").read_text() == ""


def test_no_request_names_a_path(serve):
    client = serve()
    for path in (
        "/static/..%2f..%2fsession.py",
        "/static/%2e%2e/session.py",
        "/static/",
        "/papers.jsonl",
    ):
        assert client.get(path).status_code == 404
    for number in ("2", "-1", "a", "99999999999999999999"):
        assert client.get(f"/api/papers/{number}").status_code in (404, 422)


# --- performance ---


def test_performance_follows_the_record(serve):
    client = serve(devices=devices_reader)
    fields = {name: FIELDS[name] for name in schema.MDP_FIELDS}
    for _ in range(100):
        answer = client.post("/api/performance", json={"fields": fields}).json()
        if answer["state"] == "ready":
            break
        time.sleep(0.02)
    voc, _, _, pce = answer["targets"]
    assert pce == {"name": "PCE", "unit": "%", "value": "12.0", "interval": ["0.5", "25.0"]}
    assert voc["interval"] is None
    fields[HTL] = "PTAA"
    answer = client.post("/api/performance", json={"fields": fields}).json()
    assert answer["targets"][3]["value"] == "4.0"


def test_performance_that_cannot_be_had_is_said_and_the_page_goes_on(serve):
    def broken():
        raise UserError("nothing to learn from")

    client = serve(devices=broken)
    time.sleep(0.1)
    answer = client.post("/api/performance", json={"fields": {}}).json()
    assert (answer["state"], answer["reason"]) == ("failed", "nothing to learn from")
    assert client.get("/api/papers/0").status_code == 200


# --- uploads ---


def upload(client, data, name):
    answer = client.post("/api/uploads", content=data, headers={"X-File-Name": name})
    assert answer.status_code == 202
    for _ in range(200):
        job = client.get(f"/api/uploads/{answer.json()['job']}").json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def test_an_uploaded_paper_is_read_and_there_after_reopening(serve, tmp_path):
    client = serve()
    job = upload(client, TEXT.encode(), "my%20paper.txt")
    assert (job["state"], job["number"]) == ("done", 2)
    paper = client.get("/api/papers/2").json()
    assert paper["title"] == "my paper.txt"
    assert paper["text"] == TEXT
    assert upload(client, TEXT.encode(), "my%20paper.txt")["number"] == 2  # the same file: once
    [edit] = [json.loads(own) for own in (tmp_path / "papers.edits.jsonl").read_text().splitlines()]
    assert (edit["action"], edit["reviewer"]) == ("paper", "ada")


def test_of_a_whole_paper_the_experimental_section_is_read(serve):
    client = serve()
    text = f"Introduction\n{'It is known. ' * 900}\nExperimental Section\n{TEXT}\nReferences\n{'[1] A. B. ' * 50}"
    job = upload(client, text.encode(), "whole.txt")
    paper = client.get(f"/api/papers/{job['number']}").json()
    assert TEXT in paper["text"]
    assert "It is known" not in paper["text"]
    assert "experimental section" in job["note"].lower()


def test_a_file_that_is_no_paper_is_told_in_a_sentence(serve):
    job = upload(serve(), b"\x89PNG\0\0", "figure.png")
    assert job["state"] == "failed"
    assert "figure.png" in job["reason"]


def test_a_file_that_is_too_large_is_refused(serve):
    client = serve(most_bytes=1000)
    answer = client.post("/api/uploads", content=b"x" * 1001, headers={"X-File-Name": "big.txt"})
    assert answer.status_code == 413
    assert "big.txt" in answer.json()["detail"]


# --- who is let in ---


def test_other_names_of_the_host_are_refused(serve):
    client = serve()
    for host in (
        "evil.example",
        "localhost.evil.example",
        "192.168.0.7:80",
        "127.0.0.1.evil.example",
        "",
    ):
        assert client.get("/api/start", headers={"Host": host}).status_code == 421
    for host in ("localhost:8765", "127.0.0.1:8765", "[::1]:8765"):
        assert client.get("/api/start", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_cannot_edit(serve, headers):
    client = serve()
    assert mend_with(client, headers).status_code == 403
    del client.headers["Origin"]
    assert mend_with(client, {}).status_code == 403
    assert client.get("/api/papers/0").json()["version"] == 0


def mend_with(client, headers):
    body = {"version": 0, "action": "finish"}
    return client.post("/api/papers/0/edits", json=body, headers=headers)


def test_a_token_is_asked_for_once_and_kept_in_a_cookie_that_scripts_cannot_read(serve):
    client = serve("0.0.0.0", "secret-token", base="http://192.168.0.7:8765")
    assert client.get("/").status_code == 401
    assert client.get("/api/start").status_code == 401
    assert client.get("/?token=secret-toke").status_code == 401
    answer = client.get("/?token=secret-token", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/api/start").status_code == 200
    assert client.get("/api/start", headers={"Host": "evil.example"}).status_code == 421


def test_answers_forbid_scripts_and_styles_from_elsewhere(serve):
    client = serve()
    for path in ("/", "/api/start", "/static/app.js", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


def test_static_files_write_no_markup_and_load_nothing_from_elsewhere():
    markup = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    )
    for path in STATIC.iterdir():
        text = path.read_text()
        assert not markup.search(text), path.name
        own = text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.[a-z]|@import|@font-face", own), path.name
        assert len(text.splitlines()) <= 300, path.name


def luminance(color: str) -> float:
    """Relative luminance of "#rrggbb" as WCAG 2.2 defines it."""
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_their_ground(theme):
    """WCAG 2.2, 1.4.3: a contrast of 4.5 at least."""
    blocks = re.findall(r":root \{(.*?)\}", (STATIC / "page.css").read_text(), re.DOTALL)
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme]))
    grounds = ("paper", "ground", "accent-soft")
    pairs = [(words, ground) for words in ("ink", "soft", "accent") for ground in grounds]
    pairs += [
        ("bad", "bad-soft"),
        ("warn", "warn-soft"),
        ("good", "paper"),
        ("on-accent", "accent"),
        ("ink", "sentence"),
    ]
    pairs += [(layer, "paper") for layer, _ in layers.LAYERS]
    for words, ground in pairs:
        low, high = sorted(luminance(colors[name]) for name in (words, ground))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (words, ground)


def test_loopback_addresses():
    assert all(map(is_loopback, ("127.0.0.1", "127.8.0.1", "::1", "localhost", "LOCALHOST")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.0.7", "::", "example.org", "")))


# --- the script ---


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere/papers.jsonl", "there is no folder "),
        ("papers.jsonl", "no such file; check the path, or give --new"),
        ("empty", "is a folder; name a file of predictions, such as infer.py leaves"),
        ("full", "is a folder; name a file of predictions, one of those in it: read.jsonl."),
        ("full/papers.jsonl", "no such file (beside it lie read.jsonl); check the path"),
        ("papers.json", "is no file of JSON Lines"),
        ("papers.edits.jsonl", "is written by review.py"),
        ("blank/nothing.jsonl", "nothing.jsonl: "),
    ],
)
def test_a_path_that_is_wrong_is_one_sentence_and_leaves_nothing(run_script, tmp_path, name, told):
    for folder in ("empty", "full", "blank"):
        (tmp_path / folder).mkdir()
    (tmp_path / "blank" / "nothing.jsonl").touch()
    for own in ("read.jsonl", "read.edits.jsonl"):
        (tmp_path / "full" / own).touch()
    before = sorted(tmp_path.rglob("*"))
    done = run_script("review.py", tmp_path / name)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_new_file_is_begun_by_request_and_goes_on_without(tmp_path):
    path = tmp_path / "papers.jsonl"
    Arguments(str(path), new=True).check()
    review = Review(path, "ada")
    review.add(line("a"))
    review.close()
    Arguments(str(path)).check()


def test_edits_of_a_file_that_is_gone_do_not_stand_for_it(tmp_path):
    path = write(tmp_path / "papers.jsonl", [line("a")])
    review = Review(path, "ada")
    review.edit(0, 0, {"action": "finish", "key": "k"})
    review.close()
    path.unlink()
    with pytest.raises(UserError, match="no such file"):
        Arguments(str(path)).check()


@pytest.mark.parametrize(("n", "words"), [(1, "1 paper, 0 of"), (2, "2 papers, 0 of")])
def test_the_start_counts_papers_and_edits_in_words(n, words, capsys):
    papers = [SimpleNamespace(record=SimpleNamespace(done=False))] * n
    opened = SimpleNamespace(
        papers=papers, path=Path(__file__), reviewer="anna", n_unknown=n, log=None
    )
    announce(opened, "http://127.0.0.1/")
    said = capsys.readouterr().out
    assert f"{words} them reviewed; reviewer: anna" in said
    assert f"note: {['1 edit is of a paper', '2 edits are of papers'][n - 1]} that" in said


def test_the_start_says_that_nothing_is_there_to_review(tmp_path, capsys):
    missing = SimpleNamespace(
        papers=[], path=tmp_path / "papers.jsonl", reviewer="anna", n_unknown=0
    )
    announce(missing, "http://127.0.0.1/")
    assert "nothing to review yet: upload papers on the page" in capsys.readouterr().out


def test_a_model_that_is_not_there_is_told(run_script, tmp_path):
    path = write(tmp_path / "papers.jsonl", [line("a")])
    done = run_script("review.py", path, "--model", Path("nowhere.npz"))
    assert (done.returncode, "no such file" in done.stderr) == (2, True)
