"""A user's aliases."""

from pathlib import Path

import pytest

AS_BEFORE = ["--yes", "--output", "json"]


@pytest.fixture
def aliases(monkeypatch, tmp_path) -> Path:
    """A settings folder without aliases; the file that they will be in."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("OMICS_ALIASES_FILE", raising=False)
    return tmp_path / "config" / "omicsdk" / "aliases.json"
