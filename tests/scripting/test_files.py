"""Files are whole or not there."""

import json
import os

import pytest

from masterkey.scripting.files import atomic_write, sha256, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_half_way():
        with atomic_write(path) as file:
            file.write("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_written_file_is_readable_like_any_other(tmp_path):
    write_json(tmp_path / "folder" / "a.json", {"Jsc": "mA/cm²"})
    (tmp_path / "b").write_text("")
    modes = [os.stat(tmp_path / name).st_mode for name in ("folder/a.json", "b")]
    assert modes[0] == modes[1]
    assert json.loads((tmp_path / "folder" / "a.json").read_text("utf-8")) == {"Jsc": "mA/cm²"}


def test_json_that_others_could_not_read_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "a.json", float("nan"))
    assert os.listdir(tmp_path) == []


def test_the_checksum_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a").startswith("ba7816bf8f01cfea")
