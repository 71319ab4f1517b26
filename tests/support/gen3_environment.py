"""A Gen3 commons as a function, a home folder, and an environment without settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gen3_commons import FakeCommons, token
from omicsdk.core import ManualClock
from unsettled import without_proxies


@pytest.fixture
def commons(clock: ManualClock) -> FakeCommons:
    return FakeCommons(clock)


@pytest.fixture
def make_token(clock: ManualClock) -> Callable[..., str]:
    def made(**options: Any) -> str:
        return token(clock, **options)

    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path) -> None:
    """A user without credentials, settings or proxies."""
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT", "NAMESPACE", "GEN3SDK_MAX_RETRIES"):
        monkeypatch.delenv(name, raising=False)
    without_proxies(monkeypatch)
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
