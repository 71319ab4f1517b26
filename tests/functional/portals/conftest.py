"""The services behind lists on loopback, and no settings of the user's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_host import PortalHost
from unsettled import unsettled


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PortalHost]:
    """The services, which the environment points to."""
    unsettled(monkeypatch, tmp_path)
    host = PortalHost()
    for name, value in host.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield host
    host.close()
