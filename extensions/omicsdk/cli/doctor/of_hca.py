"""The Human Cell Atlas' services: their configuration, tokens and stored logins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.cli.doctor.logins import Call, Login

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from omicsdk.hca.config import HCAConfig


def dss(environ: Mapping[str, str], home: Path) -> list[Login]:
    """The Data Store.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: A file is malformed.
    """
    del home
    return _service("dss", "DSSClient", "/subscriptions?replica=aws", environ)


def auth(environ: Mapping[str, str], home: Path) -> list[Login]:
    """The authorisation service.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: A file is malformed.
    """
    del home
    return _service("auth", "AuthClient", "/oauth/userinfo", environ)


def upload(environ: Mapping[str, str], home: Path) -> list[Login]:
    """The Upload service: its areas, and a deployment's key.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: A file is malformed.
    """
    del home
    from omicsdk.hca.config import HCAConfig
    from omicsdk.hca.upload.client import service_url

    config = HCAConfig(environ)
    place = config.settings.place_of(("upload",))
    has_key, named = bool(environ.get("OMICS_UPLOAD_TOKEN")), environ.get("OMICS_UPLOAD_URL", "")
    if not has_key and not named and place is None:
        return []
    url = named or service_url("", config)
    call = Call(
        f"{url.rstrip('/')}/version",
        shows="the service answers" + ("; nothing harmless asks for the key, so it isn't tried" if has_key else ""),
    )
    origins = [name for name in ("OMICS_UPLOAD_TOKEN", "OMICS_UPLOAD_URL") if environ.get(name)] or [str(place)]
    return [Login("upload", "key" if has_key else "settings", " and ".join(origins), url, call)]


def _service(word: str, section: str, path: str, environ: Mapping[str, str]) -> list[Login]:
    from omicsdk.core.platform import resolve
    from omicsdk.hca.config import BUILT_IN, HCAConfig
    from omicsdk.hca.discovery import discovery, service_url

    config = HCAConfig(environ)
    named = environ.get(f"OMICS_{word.upper()}_URL", "")
    url = (named or service_url(section, config=config)).rstrip("/")
    place = f"OMICS_{word.upper()}_URL" if named else config.settings.place_of((section, "swagger_url")) or BUILT_IN
    proof = _proof(word, url, config, environ)
    is_named = place != BUILT_IN
    if not is_named and proof in ("", "GOOGLE_APPLICATION_CREDENTIALS"):
        # An account of Google alone is set for many purposes.
        return []
    if not proof:
        call = Call(f"{url}/swagger.json", shows="the service answers")
        return [Login(word, "settings", str(place), url, call, warning=f"nobody is logged in: omics {word} login")]
    call = Call(f"{url}{path}", lambda: resolve(discovery(section, config), base_url=url, environ=environ)[1])
    return [Login(word, "login", proof, url, call)]


def _proof(word: str, url: str, config: HCAConfig, environ: Mapping[str, str]) -> str:
    """Where the proof comes from that is sent along; empty where there is none. The order is that of hca.discovery."""
    from omicsdk.hca.discovery import left_by_published_client, stored_tokens

    for name in (f"OMICS_{word.upper()}_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS"):
        if environ.get(name):
            return name
    tokens = stored_tokens(environ)
    if tokens is not None and tokens.login(url) is not None:
        return str(tokens.path)
    if left_by_published_client(config).get("access_token"):
        return str(config.settings.place_of(("oauth2_token", "access_token")))
    return ""
