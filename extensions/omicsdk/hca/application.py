"""How the authorization server of a deployment knows its command-line application: configured, or asked of the service."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import AuthError, ConfigError, NotFound
from omicsdk.core.files import locked, read_private, write_private
from omicsdk.core.oauth.grants import Application, Endpoint, get
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    from omicsdk.hca.config import HCAConfig

PATH = "/internal/application_secrets"
"""Where a deployment's services tell the secrets, at the root of their host."""
KEY = "application_secrets"
"""The same in the configuration."""


class Secrets:
    """The application's secrets of one service.

    Args:
        base_url: The service.
        config: The HCA configuration, whose `application_secrets` win.
        tokens: The token file, beside which answers are kept as `applications.json`.
        endpoint: What asks the service.
    """

    def __init__(self, base_url: str, config: "HCAConfig", tokens: Path, endpoint: Endpoint) -> None:
        self._base_url = base_url
        self._config = config
        self._cache = tokens.with_name("applications.json")
        self._endpoint = endpoint

    def stated(self, *, fresh: bool = False) -> dict[str, Any]:
        """The secrets as they are told: `{"installed": {"client_id": ..., ...}}`.

        Args:
            fresh: Ask the service, even if its answer was kept.

        Raises:
            AuthError: The service doesn't tell them.
            OmicsError: The service can't be reached.
        """
        configured: object = self._config.value_of(KEY)
        if configured:
            if not is_object(configured):
                raise ConfigError(f"{KEY} of the HCA configuration ({self._config.place_of(KEY)}) isn't an object")
            return configured
        kept = None if fresh else self._kept().get(origin_of(self._base_url))
        if is_object(kept):
            return kept
        told = self._told()
        with locked(self._cache):
            write_private(self._cache, json.dumps({**self._kept(), origin_of(self._base_url): told}, indent=2) + "\n")
        return told

    def application(self, *, fresh: bool = False) -> Application:
        """The application that they describe; arguments and errors as `stated`'s.

        Raises:
            ConfigError: They lack something.
        """
        return Application.of(self.stated(fresh=fresh), f"{urlsplit(self._base_url).netloc}'s {KEY}")

    def forget(self) -> None:
        """Forgets what was kept."""
        with locked(self._cache):
            kept = self._kept()
            if kept.pop(origin_of(self._base_url), None) is not None:
                write_private(self._cache, json.dumps(kept, indent=2) + "\n")

    def _told(self) -> dict[str, Any]:
        """Asks at the root of the host, and below the service's own address where several share a host."""
        parts = urlsplit(self._base_url)
        places = dict.fromkeys((f"{parts.scheme}://{parts.netloc}{PATH}", self._base_url + PATH))
        for url in places:
            try:
                value: object = json.loads(self._endpoint.text(get(url, KEY)))
            except NotFound:
                continue
            except (ValueError, RecursionError):
                value = None
            if is_object(value):
                return value
        raise AuthError(
            f"{parts.netloc} doesn't tell how to log in to it: there are no {KEY}",
            remedy=f"Put the {KEY} of the deployment into the HCA configuration, or log in with --access-token.",
        )

    def _kept(self) -> dict[str, Any]:
        try:
            value: object = json.loads(read_private(self._cache) or "{}")
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{self._cache} isn't JSON", remedy="Delete it; it will be made again.") from error
        return value if is_object(value) else {}
