"""Looks for the settings and credentials of all platforms. Nobody is asked, and no secret leaves."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError
from omicsdk.core.redaction import mask_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from omicsdk.cli.doctor.logins import Login

_WHERE = {
    "dss": "of_hca:dss",
    "auth": "of_hca:auth",
    "upload": "of_hca:upload",
    "sb": "of_sb:logins",
    "gen3": "of_gen3:logins",
    "crunch": "of_sites:crunch",
    "pangea": "of_sites:pangea",
}


def home_to_search() -> Path:
    """The folder in which platforms' programs keep their files; for a user without a home, one that isn't there."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path's own fails for a user without a home


def find(services: Iterable[str], environ: Mapping[str, str], home: Path) -> list[Login]:
    """The settings and credentials that there are.

    Args:
        services: Whose, by the services' words.
        environ: The environment's variables.
        home: The user's folder.

    Returns:
        One for each credential, and one for each service that is named without any; a malformed file is one with a problem.
    """
    from omicsdk.cli.doctor.logins import Login

    found: list[Login] = []
    for service in services:
        module, _, name = _WHERE[service].partition(":")
        look: Callable[[Mapping[str, str], Path], list[Login]] = getattr(
            import_module(f"omicsdk.cli.doctor.{module}"), name
        )
        try:
            found += look(environ, home)
        except OmicsError as error:
            found.append(Login(service, "settings", "", problem=error.message, remedy=error.remedy))
    return [login._replace(url=mask_url(login.url) if login.url else "") for login in found]


def variables(names: Iterable[str], environ: Mapping[str, str]) -> str:
    """Those variables that are set, as an origin: `SB_API_ENDPOINT and SB_AUTH_TOKEN`.

    Args:
        names: Their names.
        environ: The environment's variables.
    """
    return " and ".join(name for name in names if environ.get(name, "").strip())
