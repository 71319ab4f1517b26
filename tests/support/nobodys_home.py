"""A user without a home, as in a container that was started with a number that the system does not know."""

import pytest

VARIABLES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "HCA_CONFIG_FILE", "OMICS_TOKEN_FILE", "OMICS_STATE_DIR")


def leave_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process's user one without a home, until the test ends; skips it where users are reported otherwise."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pytest.importorskip("pwd"), "getpwuid", unknown)
