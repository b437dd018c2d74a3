"""The cache folder: entries are whole or absent, whoever writes at the same time, and the oldest go first."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from masterkey.scripting import cache_folder
from masterkey.scripting.cache_folder import Cache, user_cache


def writing(text: str):
    return lambda entry: (entry / "a.txt").write_text(text)


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "new" / "cache")


def test_an_entry_is_found_after_it_was_put_and_not_after_it_was_removed(cache):
    assert cache.entry("k") is None
    cache.put("k", writing("one"))
    assert (cache.entry("k") / "a.txt").read_text() == "one"
    cache.remove("k")
    assert cache.entry("k") is None
    assert list(cache.folder.iterdir()) == []


def test_a_writer_that_fails_leaves_nothing(cache):
    def fails(entry: Path):
        (entry / "a.txt").write_text("half")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        cache.put("k", fails)
    assert list(cache.folder.iterdir()) == []


def test_many_writers_of_one_entry_leave_the_whole_one_of_the_first(cache):
    def put(n: int):
        cache.put("k", lambda entry: [(entry / f).write_text(str(n)) for f in ("a", "b")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(40)))
    [entry] = cache.folder.iterdir()
    assert (entry / "a").read_text() == (entry / "b").read_text()


def test_what_was_used_longest_ago_goes_first_and_the_new_entry_never(cache, monkeypatch):
    monkeypatch.setattr(cache_folder, "MOST_BYTES", 25)
    for n, key in enumerate(("first", "second")):
        cache.put(key, writing("x" * 10))
        os.utime(cache.folder / key, (n, n))
    cache.entry("first")  # used now
    cache.put("third", writing("x" * 10))
    assert sorted(path.name for path in cache.folder.iterdir()) == ["first", "third"]
    cache.put("large", writing("x" * 100))
    assert [path.name for path in cache.folder.iterdir()] == ["large"]


def test_what_a_killed_writer_left_goes_after_a_day(cache):
    for name, age in (("old", 2 * 24 * 3600), ("young", 60)):
        path = cache.folder / f".unfinished-{name}"
        path.mkdir(parents=True)
        os.utime(path, (time.time() - age,) * 2)
    cache.put("k", writing("one"))
    assert sorted(path.name for path in cache.folder.iterdir()) == [".unfinished-young", "k"]


def test_where_the_cache_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("MASTERKEY_CACHE", "")
    assert user_cache() is None
    monkeypatch.setenv("MASTERKEY_CACHE", str(tmp_path / "own"))
    assert user_cache() == Cache(tmp_path / "own")
    monkeypatch.delenv("MASTERKEY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache().folder.name == "masterkey"
