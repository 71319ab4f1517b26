"""Gen3: GEN3_API_KEY, a token, and each credentials file of ~/.gen3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.cli.doctor.logins import HOW_TO_GET, Call, Login
from omicsdk.core.errors import OmicsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from omicsdk.core.credentials import Credentials

_TOKEN = "OMICS_GEN3_TOKEN"  # noqa: S105 - the variable's name


def logins(environ: Mapping[str, str], home: Path) -> list[Login]:
    """Everything that a key or token stands in, each file once.

    Args:
        environ: The environment's variables.
        home: The user's folder.
    """
    from omicsdk.gen3.sources import FOLDER, KEY_VARIABLE, Arguments

    endpoint = environ.get("GEN3_ENDPOINT", "").strip() or environ.get("OMICS_GEN3_URL", "").strip() or None
    found: list[Login] = []
    if token := environ.get(_TOKEN):
        found.append(_login("token", _TOKEN, Arguments(endpoint=endpoint, access_token=token), environ, home))
    named = environ.get(KEY_VARIABLE, "")
    if named:
        what = "token" if named.startswith("accesstoken:") else "workspace" if named.startswith("idp:") else "API key"
        shown = f"{KEY_VARIABLE} ({named})" if what == "API key" else KEY_VARIABLE
        found.append(_login(what, shown, Arguments(refresh_file=named), environ, home))
    for file in sorted((home / FOLDER).glob("credentials*")):
        if file.is_file() and file.suffix in ("", ".json"):
            login = _login(f"API key {file.stem}", str(file), Arguments(refresh_file=str(file)), environ, home)
            # One that GEN3_API_KEY names as well is tried once.
            if login.call is None or login.call not in [each.call for each in found]:
                found.append(login)
    if not found and endpoint is not None:
        found.append(_open(endpoint))
    return found


def _open(endpoint: str) -> Login:
    from omicsdk.gen3.sources import endpoint_of

    commons = endpoint_of(endpoint)
    call = Call(f"{commons}/user/_status", shows="the commons answers")
    return Login("gen3", "endpoint", "GEN3_ENDPOINT", commons, call, warning="nobody is logged in")


def _login(what: str, origin: str, given: object, environ: Mapping[str, str], home: Path) -> Login:
    from omicsdk.core.credentials import is_confidential
    from omicsdk.gen3.sources import ApiKey, Arguments, GivenToken, login_of

    assert isinstance(given, Arguments)
    found = Login("gen3", what, origin)
    try:
        login = login_of(given, environ, lambda: home)
    except OmicsError as error:
        return found._replace(problem=error.message, remedy=error.remedy)
    source = login.source
    if not isinstance(source, ApiKey | GivenToken):
        if given.refresh_file is not None and not given.refresh_file.startswith("idp:"):
            return found._replace(problem="there is no such file", remedy="Correct GEN3_API_KEY, or unset it.")
        return found._replace(url=login.endpoint, warning="only a workspace can ask for its tokens, so it isn't tried")
    url = source.issuer if isinstance(source, ApiKey) else login.endpoint
    if not is_confidential(url):
        return found._replace(
            url=url,
            problem="its commons isn't https, so the key isn't sent there",
            remedy="Get a key of an https commons.",
        )
    if isinstance(source, ApiKey):
        # A token for the key is what every command begins with.
        call = Call(f"{url}/user/credentials/cdis/access_token", body={"api_key": source.key}, shows="the key holds")
        return found._replace(url=url, call=call, warning=_open_to_others(source.file))
    token = source.token

    def proof() -> Credentials:
        from omicsdk.core.credentials import BearerToken

        return BearerToken(token, remedy=f"Set {_TOKEN} to one that holds, or unset it. {HOW_TO_GET['gen3']}")

    return found._replace(url=url, call=Call(f"{url}/user/user", proof))


def _open_to_others(file: Path | None) -> str:
    import os

    if file is None or os.name == "nt" or not file.stat().st_mode & 0o077:
        return ""
    return f"others can read {file}: chmod 600 {file}"
