"""A user without settings, credentials and proxies, for tests of stores."""

import os
from pathlib import Path

import pytest

_PREFIXES = ("AWS_", "SB_", "PANGEA_", "CRUNCH_", "OMICS_")
_NAMES = ("NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "USE_PANGEA_CACHE")


def unsettled(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Takes all settings away, and gives a home of the test's own.

    Args:
        monkeypatch: Puts them back.
        folder: Where the home is.
    """
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name.upper() in _NAMES:
            monkeypatch.delenv(name)
    home = folder / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "PANGEA_API_CACHE_DIR", "OMICS_STATE_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
