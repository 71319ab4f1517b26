"""Seven Bridges: the variables, and each profile of ~/.sevenbridges/credentials."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

from omicsdk.cli.doctor.finding import variables
from omicsdk.cli.doctor.logins import HOW_TO_GET, Call, Login
from omicsdk.core.errors import ConfigError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from omicsdk.core.credentials import Credentials

_PAIRS = (("OMICS_SB_URL", "OMICS_SB_TOKEN"), ("SB_API_ENDPOINT", "SB_AUTH_TOKEN"))


def logins(environ: Mapping[str, str], home: Path) -> list[Login]:
    """Everything that a token stands in.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: The credentials file is malformed.
    """
    found: list[Login] = []
    for pair in _PAIRS:
        url, token = (environ.get(name, "").strip() for name in pair)
        if url or token:
            found.append(_login("token", variables(pair, environ), url, token, " and ".join(pair)))
    file = home / ".sevenbridges" / "credentials"
    return [*found, *(_profile(name, values, file) for name, values in _sections(file).items())]


def _sections(file: Path) -> dict[str, Mapping[str, str]]:
    if not file.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"), source=str(file))
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        # The parser's words quote the line, which may be a token.
        raise ConfigError(
            f"it can't be read as an INI file ({type(error).__name__})",
            file=str(file),
            remedy="Write sections such as [default] with lines api_endpoint = ... and auth_token = ...",
        ) from None
    return {name: dict(parser[name]) for name in parser.sections()}


def _profile(name: str, values: Mapping[str, str], file: Path) -> Login:
    url, token = (values.get(key, "").strip() for key in ("api_endpoint", "auth_token"))
    return _login(f"profile {name}", f"{file} [{name}]", url, token, "api_endpoint and auth_token")


def _login(what: str, origin: str, url: str, token: str, both: str) -> Login:
    from omicsdk.sb.access import check_endpoint

    found = Login("sb", what, origin, url)
    if not (url and token):
        return found._replace(problem=f"{both} are needed, and one is missing", remedy=HOW_TO_GET["sb"])
    try:
        check_endpoint(url)
    except OmicsError as error:
        return found._replace(problem=error.message, remedy=error.remedy)

    def proof() -> Credentials:
        from omicsdk.core.credentials import ApiKey

        return ApiKey(token, header="X-SBG-Auth-Token")

    return found._replace(call=Call(f"{url.rstrip('/')}/user", proof))
