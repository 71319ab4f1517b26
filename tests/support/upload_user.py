"""A user of the Upload service with a home folder and an environment of their own."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a user who has nothing configured."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HCA_CONFIG_FILE", "OMICS_UPLOAD_TOKEN", "OMICS_UPLOAD_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(folder / "state"))
    return folder


@pytest.fixture
def user_file(home: Path) -> Path:
    """Where that user's HCA configuration is written."""
    return home / "config" / "hca" / "config.json"
