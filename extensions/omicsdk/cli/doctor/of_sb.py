"""Seven Bridges: the variables, and each profile of ~/.sevenbridges/credentials."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor.finding import variables
from omicsdk.cli.doctor.logins import HOW_TO_GET, Call, Login
from omicsdk.core.errors import ConfigError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from omicsdk.core.credentials import Credentials

_PAIRS = (("OMICS_SB_URL", "OMICS_SB_TOKEN"), ("SB_API_ENDPOINT", "SB_AUTH_TOKEN"))


def logins(environ: Mapping[str, str], home: Path) -> list[Login]:
    """Everything that a token stands in; one that stands in several places is tried once.

    Args:
        environ: The environment's variables.
        home: The user's folder.
    """
    named = [_Named("token", variables(pair, environ), environ, *pair) for pair in _PAIRS]
    file = home / ".sevenbridges" / "credentials"
    problems: list[Login] = []
    try:
        named += [
            _Named(f"profile {name}", f"{file} [{name}]", values, "api_endpoint", "auth_token")
            for name, values in _sections(file).items()
        ]
    except ConfigError as error:
        problems.append(Login("sb", "settings", "", problem=error.message, remedy=error.remedy))
    found: list[Login] = []
    first: dict[tuple[str, str], str] = {}
    for each in named:
        url, token = (each.values.get(name, "").strip() for name in (each.url, each.token))
        if not each.origin:
            continue
        login = _login(each.what, each.origin, url, token, f"{each.url} and {each.token}")
        origin = first.setdefault((url.rstrip("/"), token), each.origin)
        if login.call is not None and origin != each.origin:
            login = login._replace(call=None, warning=f"the same token as in {origin}, which is tried")
        found.append(login)
    return [*found, *problems]


class _Named(NamedTuple):
    """Where a token may stand: what that is called, where it is, and the names of the address and of the token there."""

    what: str
    origin: str
    values: Mapping[str, str]
    url: str
    token: str

    def __repr__(self) -> str:
        return f"_Named({self.origin!r})"


def _sections(file: Path) -> dict[str, Mapping[str, str]]:
    if not file.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        raise ConfigError(
            f"it can't be read: {reason}", file=str(file), remedy="Correct it, or move it away."
        ) from error
    except configparser.Error as error:
        # The parser's words quote the line, which may be a token.
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", ())), (None,))[0]
        raise ConfigError(
            "it isn't an INI file",
            file=str(file),
            line=line,
            remedy="Write sections such as [default] with lines api_endpoint = ... and auth_token = ...",
        ) from None
    return {name: dict(parser[name]) for name in parser.sections()}


def _login(what: str, origin: str, url: str, token: str, both: str) -> Login:
    from omicsdk.sb.client import check_endpoint, developer_token

    found = Login("sb", what, origin, url)
    if not (url and token):
        return found._replace(problem=f"{both} are needed, and one is missing", remedy=HOW_TO_GET["sb"])
    try:
        check_endpoint(url)
    except OmicsError as error:
        return found._replace(problem=error.message, remedy=error.remedy)

    def proof() -> Credentials:
        return developer_token(token)

    return found._replace(call=Call(f"{url.rstrip('/')}/user", proof))
