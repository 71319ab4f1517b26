"""Settings files of a user, in a folder of the test."""

import os

import pytest


@pytest.fixture
def user_file(tmp_path, monkeypatch):
    """The user's file, that does not exist yet; no other is read."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("HCA_CONFIG_FILE", raising=False)
    return tmp_path / "hca" / "config.json"


@pytest.fixture
def own_file(tmp_path, monkeypatch, user_file):
    """omicsdk's own file, which does not exist yet; no variable and no other file states anything."""
    for name in list(os.environ):
        if name.startswith(("OMICS_", "SB_", "GEN3_", "CRUNCH_", "PANGEA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(tmp_path / "tokens.json"))
    return tmp_path / "settings.toml"
