"""data/prepare.py: files arrive whole and right, or not at all (http.server on loopback)."""

import hashlib
import http.server
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from masterkey.scripting.command_line import UserError

ROOT = Path(__file__).resolve().parents[2]
# Invented contents under the published names: the published files may not be in the repository.
CONTENTS = {
    "sii360.json": b'[{"input": "invented"}]' * 9000,  # several chunks
    "sii40.json": b'[{"input": "another"}]',
}
DATABASE = "Perovskite_database_content_all_data.csv"
EXPORT = b"Ref_DOI_number,JV_default_PCE\n10.1000/invented,12.1\n"


@pytest.fixture
def prepare(monkeypatch):
    """The script as a module, expecting the two invented files."""
    spec = importlib.util.spec_from_file_location("prepare", ROOT / "data" / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "prepare", module)
    spec.loader.exec_module(module)
    invented = {
        name: module.Published(len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    }
    monkeypatch.setattr(module, "PUBLISHED", invented)
    export = module.Published(len(EXPORT), hashlib.sha256(EXPORT).hexdigest(), "http://[")
    monkeypatch.setattr(module, "ON_REQUEST", {DATABASE: export})
    monkeypatch.setattr(module, "exit_tidily_when_stopped", lambda: None)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return module


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked_for.append(name)
        content = self.server.contents.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        if self.server.announce_size:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.server.send_only])
        while self.server.hang:
            time.sleep(0.02)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A server on loopback that serves `contents`; `send_only` and `hang` make it misbehave."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.contents, server.asked_for = {**CONTENTS, DATABASE: EXPORT}, []
    server.send_only, server.hang, server.announce_size = None, False, True
    server.url = f"http://127.0.0.1:{server.server_address[1]}/files"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.hang = False
    server.shutdown()
    server.server_close()


@pytest.fixture
def bring(prepare, server, tmp_path):
    """Run the script's main in this process against the server."""

    def bring(**arguments):
        arguments = {"base_url": server.url, "output_dir": str(tmp_path / "data"), **arguments}
        prepare.main(prepare.Arguments(timeout=5, **arguments))

    return bring


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too; empty where there is no folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_downloads_every_file_and_says_so(bring, tmp_path, capsys):
    bring()
    assert files_in(tmp_path / "data") == CONTENTS
    out, err = capsys.readouterr()
    assert "sii360.json: brought, checksum right" in out
    assert "100%" in err  # the progress bar


def test_a_file_that_is_there_and_right_is_not_fetched_again(bring, server, capsys):
    bring(files=["sii40.json"])
    bring()
    assert server.asked_for == ["sii40.json", "sii360.json"]
    assert "sii40.json: is there, checksum right" in capsys.readouterr().out


def test_a_file_that_is_there_but_wrong_is_replaced(bring, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sii40.json").write_bytes(CONTENTS["sii40.json"].swapcase())
    bring()
    assert files_in(tmp_path / "data") == CONTENTS


def test_files_names_a_subset_and_a_name_given_twice_counts_once(bring, server, tmp_path):
    bring(files=["sii40.json", "sii40.json"])
    assert files_in(tmp_path / "data") == {"sii40.json": CONTENTS["sii40.json"]}
    assert server.asked_for == ["sii40.json"]


def test_an_unknown_name_is_answered_with_the_known_ones(bring, server):
    with pytest.raises(UserError, match=r"sii41\.json: unknown; .*sii360\.json, sii40\.json"):
        bring(files=["sii41.json"])
    assert not server.asked_for


def test_the_database_comes_only_when_it_is_named(bring, server, tmp_path, capsys):
    bring()
    assert DATABASE not in server.asked_for
    assert "CC BY 4.0" not in capsys.readouterr().out
    bring(files=["perovskite_database"])
    assert server.asked_for[-1] == DATABASE
    assert files_in(tmp_path / "data") == {**CONTENTS, DATABASE: EXPORT}
    out = capsys.readouterr().out
    assert f"{DATABASE}: brought, checksum right" in out
    assert "Perovskite Database: CC BY 4.0" in out
    assert "CC BY-NC" not in out


def test_the_database_may_be_named_by_its_file_too_and_once_is_enough(bring, server):
    bring(files=["perovskite_database", DATABASE, "sii40.json"])
    assert server.asked_for == [DATABASE, "sii40.json"]


def test_another_database_than_the_published_one_is_refused(bring, server, tmp_path):
    server.contents[DATABASE] = EXPORT.swapcase()
    with pytest.raises(UserError, match=rf"{DATABASE}: its SHA-256 is"):
        bring(files=["perovskite_database"])
    assert files_in(tmp_path / "data") == {}


def test_each_file_has_an_address_of_its_own(prepare, tmp_path):
    arguments = prepare.Arguments(files=["perovskite_database"], output_dir=str(tmp_path))
    with pytest.raises(UserError, match=rf"http://\[/{DATABASE}: could not be downloaded"):
        prepare.main(arguments)


def test_what_is_downloaded_is_what_the_data_format_names():
    from masterkey.rows.published_files import ON_REQUEST, PUBLISHED, SNAPSHOTS

    assert len(PUBLISHED) == 5
    database = ON_REQUEST[DATABASE]
    assert database.bytes == 84_659_951
    assert database.sha256.startswith("e722ded6")
    assert database.base_url != PUBLISHED["sii40.json"].base_url
    assert SNAPSHOTS[database.sha256].endswith("5834698")
    sums = [file.sha256 for file in PUBLISHED.values()] + list(SNAPSHOTS)
    assert all(len(digest) == 64 for digest in sums)


def test_refused_connection_says_what_to_do(bring, tmp_path):
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match=r"could not be downloaded .*refused.*--source"):
            bring(base_url=address)
    assert files_in(tmp_path / "data") == {}


@pytest.mark.parametrize("address", ["no-address", "http://127.0.0.1:port", "ftp//x", "http://["])
def test_a_malformed_address_is_one_sentence(bring, address):
    with pytest.raises(UserError, match="could not be downloaded"):
        bring(base_url=address)


def test_404_says_what_the_server_answered(bring, server, tmp_path):
    del server.contents["sii360.json"]
    with pytest.raises(UserError, match=r"sii360\.json: the server answered 404"):
        bring()
    assert files_in(tmp_path / "data") == {}


@pytest.mark.parametrize("announce_size", [True, False])
def test_a_truncated_body_leaves_nothing_behind(bring, server, tmp_path, announce_size):
    server.announce_size, server.send_only = announce_size, 100_000
    with pytest.raises(UserError, match=r"sii360\.json: ended after 100000 of 207000 bytes"):
        bring()
    assert files_in(tmp_path / "data") == {}


def test_a_wrong_checksum_leaves_the_old_file_as_it_was(bring, server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sii360.json").write_bytes(b"old")
    server.contents["sii360.json"] = CONTENTS["sii360.json"].swapcase()
    wrong = hashlib.sha256(server.contents["sii360.json"]).hexdigest()
    with pytest.raises(UserError, match=rf"sii360\.json: its SHA-256 is {wrong}"):
        bring()
    assert files_in(tmp_path / "data") == {"sii360.json": b"old"}


def test_a_body_that_is_too_long_is_not_read_to_its_end(bring, server, tmp_path):
    server.contents["sii40.json"] = b"x" * 5_000_000
    with pytest.raises(UserError, match=r"sii40\.json: is longer than the published 22 bytes"):
        bring(files=["sii40.json"])
    assert files_in(tmp_path / "data") == {}


def test_a_server_that_falls_silent_is_given_up(prepare, server, tmp_path):
    server.send_only, server.hang = 100_000, True
    with pytest.raises(UserError, match=r"could not be downloaded \(.*timed out"):
        prepare.main(
            prepare.Arguments(base_url=server.url, output_dir=str(tmp_path / "data"), timeout=0.2)
        )
    assert files_in(tmp_path / "data") == {}


def test_after_a_failure_the_next_run_goes_on(bring, server, tmp_path):
    missing = server.contents.pop("sii40.json")
    with pytest.raises(UserError, match="404"):
        bring()
    assert files_in(tmp_path / "data") == {"sii360.json": CONTENTS["sii360.json"]}
    server.contents["sii40.json"] = missing
    bring()
    assert server.asked_for == ["sii360.json", "sii40.json", "sii40.json"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_download_that_is_stopped_leaves_nothing_behind(server, tmp_path, number):
    server.send_only, server.hang = 100_000, True
    script = str(ROOT / "data" / "prepare.py")
    process = subprocess.Popen(
        [sys.executable, script, "--base_url", server.url, "--output_dir", tmp_path / "data"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "no_proxy": "127.0.0.1"},
    )
    wait_for(lambda: files_in(tmp_path / "data"))  # the temporary file is there
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert "stopped; nothing half-written was left" in err
    assert "Traceback" not in err
    assert files_in(tmp_path / "data") == {}


def wait_for(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def source(tmp_path) -> Path:
    """A folder that holds one of the two files."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "sii40.json").write_bytes(CONTENTS["sii40.json"])
    return folder


def test_a_source_folder_gives_what_it_has_and_the_rest_is_named(bring, server, source, capsys):
    bring(source=str(source))
    assert files_in(source.parent / "data") == {"sii40.json": CONTENTS["sii40.json"]}
    assert "not there: sii360.json" in capsys.readouterr().out
    assert not server.asked_for


def test_a_source_without_a_file_that_is_already_there_is_fine(bring, source, capsys):
    bring(files=["sii360.json"])
    bring(source=str(source))
    assert files_in(source.parent / "data") == CONTENTS
    assert "not there" not in capsys.readouterr().out


def test_a_file_asked_for_that_the_source_lacks_is_a_mistake(bring, source):
    with pytest.raises(UserError, match=r"has no sii360\.json"):
        bring(source=str(source), files=["sii40.json", "sii360.json"])
    assert files_in(source.parent / "data") == {"sii40.json": CONTENTS["sii40.json"]}


def test_a_source_with_none_of_the_files_is_a_mistake(bring, tmp_path):
    with pytest.raises(UserError, match=r"has no sii360\.json, sii40\.json"):
        bring(source=str(tmp_path))


def test_a_source_that_is_no_folder_is_a_mistake(bring, source):
    with pytest.raises(UserError, match="is no folder"):
        bring(source=str(source / "sii40.json"))


def test_a_changed_file_in_the_source_is_refused(bring, source):
    (source / "sii40.json").write_bytes(CONTENTS["sii40.json"].swapcase())
    with pytest.raises(UserError, match=r"sii40\.json: its SHA-256 is"):
        bring(source=str(source))
    assert files_in(source.parent / "data") == {}


def test_a_folder_in_the_place_of_a_file_is_named(bring, tmp_path):
    (tmp_path / "data" / "sii360.json").mkdir(parents=True)
    with pytest.raises(UserError, match="is a folder"):
        bring()


def test_an_output_folder_that_cannot_be_one_is_named(bring, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="cannot be written"):
        bring(output_dir=str(tmp_path / "taken"))


def test_mistakes_exit_with_2_and_no_traceback(run_script, tmp_path):
    done = run_script("data/prepare.py", "--files", "sii41.json", "--output_dir", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --files sii41.json: unknown")
    assert done.stderr.count("\n") == 1


def test_the_published_training_files_are_recognised(run_script, shared_data, tmp_path):
    done = run_script("data/prepare.py", "--source", shared_data, "--output_dir", tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("sii360.json", "regression360.json"):
        assert (tmp_path / name).read_bytes() == (shared_data / name).read_bytes()
