"""A user of Fusillade with a home folder of their own."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (
        "HCA_CONFIG_FILE",
        "OMICS_AUTH_TOKEN",
        "OMICS_DSS_TOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "OMICS_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
