"""`omics dss login`, `omics auth login`, and the ways out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.credentials import moment, origin_of
from omicsdk.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console


def dss_login(client: Any, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics dss login`."""
    _login("DSSClient", client.base_url, arguments, console)


def auth_login(client: Any, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics auth login`."""
    _login("AuthClient", client.base_url, arguments, console)


def dss_logout(client: Any, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics dss logout`."""
    del arguments
    _logout("DSSClient", client.base_url, console)


def auth_logout(client: Any, arguments: Mapping[str, Any], console: Console) -> None:
    """`omics auth logout`."""
    del arguments
    _logout("AuthClient", client.base_url, console)


def _login(section: str, base_url: str, arguments: Mapping[str, Any], console: Console) -> None:
    from omicsdk.hca.login import ServiceLogin

    token, others = arguments["access_token"], {key: arguments[key] for key in arguments if key != "access_token"}
    if token == "":  # a variable that a script left empty: no browser shall open for it
        raise UsageError("--access-token is empty", remedy="Give a token, or leave it out to log in by a browser.")
    # Not console.message: without the address nobody could log in, whatever the level.
    service = ServiceLogin(section, base_url=base_url, tell=lambda text: _lines(console, text))
    done = service.login(access_token=token or "", **others)
    end = "" if done.expires_at is None else f" until {moment(done.expires_at)}"
    renewed = ", renewed by itself" if done.renewable else ""
    console.message(f"logged in to {origin_of(done.service)}{end}{renewed}; stored in {done.path}")


def _logout(section: str, base_url: str, console: Console) -> None:
    from omicsdk.hca.login import ServiceLogin

    if ServiceLogin(section, base_url=base_url, tell=console.warning).logout():
        console.message(f"logged out of {origin_of(base_url)}")
    else:
        console.message(f"nothing to forget: nobody was logged in to {origin_of(base_url)}")


def _lines(console: Console, text: str) -> None:
    for line in text.splitlines():
        console.line(line)
