"""A user without settings, credentials and proxies."""

import os
from pathlib import Path

import pytest

_PREFIXES = ("AWS_", "SB_", "PANGEA_", "CRUNCH_", "GEN3", "OMICS_")
_NAMES = ("NAMESPACE", "REQUEST_METHOD", "USE_PANGEA_CACHE")


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the variables of proxies away, so that the sandbox is reached.

    Args:
        monkeypatch: Puts them back.
    """
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def unsettled(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Take all settings away, and return a home of the test's own.

    Args:
        monkeypatch: Puts them back.
        folder: Where the home is.
    """
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name.upper() in _NAMES:
            monkeypatch.delenv(name)
    without_proxies(monkeypatch)
    home = folder / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "PANGEA_API_CACHE_DIR", "OMICS_STATE_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A user without settings, credentials and proxies, whose caches and journals are in the test's folder."""
    beside = tmp_path.with_name(f"{tmp_path.name}-user")
    beside.mkdir()
    home = unsettled(monkeypatch, beside)
    for name, folder in (("XDG_CACHE_HOME", "cache"), ("PANGEA_API_CACHE_DIR", "kept"), ("OMICS_STATE_DIR", "state")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    return home


@pytest.fixture
def home(nothing_around: Path) -> Path:
    """The user's home."""
    return nothing_around
