"""The commands of the shared cache, and where its folder is from."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from omicsdk import Cache


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cache:
    """A configured cache with two files, the first of which was last used in 1970."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("OMICS_CACHE", str(tmp_path / "shared"))
    cache = Cache(tmp_path / "shared")
    for name in ("old", "new"):
        (tmp_path / name).write_text(name)
        cache.add(str(tmp_path / name), {"sha256": sha256(name)})
    os.utime(cache.folder / "records" / sha256("old")[:2] / f"{sha256('old')}.json", (0, 0))
    return cache


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def test_files_are_listed_with_their_last_use(omics: Any, cache: Cache):
    rows = {row["sha256"]: row for row in omics("cache", "ls", "--output", "json").json}
    assert rows[sha256("old")] == {"sha256": sha256("old"), "size": 3, "used": "1970-01-01T00:00:00Z"}
    assert rows.keys() == {sha256("old"), sha256("new")}


def test_pruning_names_what_it_removes(omics: Any, cache: Cache):
    ran = omics("cache", "prune", "--older", "90d", "--dry-run", "--output", "json")
    assert [row["sha256"] for row in ran.json] == [sha256("old")]
    assert f"1 file (3 B) would be removed from {cache.folder}" in ran.err
    assert len([*cache.entries()]) == 2
    ran = omics("cache", "prune", "--max-size", "3", "--output", "json")
    assert [row["sha256"] for row in ran.json] == [sha256("old")]
    assert [entry.sha256 for entry in cache.entries()] == [sha256("new")]
    ran = omics("cache", "prune")
    assert (ran.code, "Use --older 90d, --max-size 2T or both" in ran.err) == (2, True)


def test_a_damaged_file_ends_the_verification_with_3(omics: Any, cache: Cache):
    assert omics("cache", "verify").code == 0
    path = cache.folder / "sha256" / sha256("new")[:2] / sha256("new")
    path.chmod(0o644)
    path.write_text("neu")
    ran = omics("cache", "verify", "--output", "json")
    assert (ran.code, [row["state"] for row in ran.json]) == (3, ["damaged"])
    assert f"its SHA-256 is {sha256('neu')}" in ran.json[0]["why"]


def test_the_folder_is_an_option_a_variable_or_a_setting(omics: Any, cache: Cache, monkeypatch: pytest.MonkeyPatch):
    assert omics("cache", "ls", "--cache", "elsewhere", "--output", "json").json == []
    monkeypatch.delenv("OMICS_CACHE")
    ran = omics("cache", "ls")
    assert (ran.code, "no cache is configured" in ran.err) == (2, True)
    assert omics("config", "set", "transfer.cache", str(cache.folder)).code == 0
    assert omics("config", "set", "transfer.link", "symlink").code == 0
    assert omics("config", "set", "transfer.link", "reflink").code == 2
    assert len(omics("cache", "ls", "--output", "json").json) == 2
