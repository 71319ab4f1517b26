"""An environment without settings of django-crunch."""

from pathlib import Path

import pytest
from unsettled import without_proxies


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings, no proxies."""
    for name in ("CRUNCH_URL", "CRUNCH_TOKEN", "CRUNCH_STORAGE_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    without_proxies(monkeypatch)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
