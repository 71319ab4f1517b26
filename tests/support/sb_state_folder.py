"""A folder for the state of transfers."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where unfinished transfers are remembered."""
    folder = tmp_path / "state"
    monkeypatch.setenv("OMICS_STATE_DIR", str(folder))
    return folder
