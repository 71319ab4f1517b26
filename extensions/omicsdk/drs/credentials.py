"""Credentials for DRS servers: those of each host and GA4GH passports; and the user's own, for objects that a server names by their
storage, gs:// and s3:// URLs without an access_id.
"""

from __future__ import annotations

import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from omicsdk.core.credentials import ANONYMOUS, Credentials, is_confidential
from omicsdk.core.errors import ConfigError
from omicsdk.transfer import Location

if TYPE_CHECKING:
    from omicsdk.transfer.s3.client import S3Client

_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")


class HostCredentials(Credentials):
    """Credentials by host, for `Drs`. Each is sent to its own host only.

    Args:
        by_host: A mapping from host, with its port if it has one, to credentials; or a function of the host. Requests
            to other hosts are sent without credentials. An exception from the function fails the objects of that host.
    """

    def __init__(self, by_host: Mapping[str, Credentials] | Callable[[str], Credentials | None]) -> None:
        super().__init__(("*",))  # each host's own object decides where they may be sent
        if not callable(by_host):
            by_host = {host.lower(): credentials for host, credentials in by_host.items()}.get
        self._of: Callable[[str], Credentials | None] = by_host
        self._by_host: dict[str, Credentials | None] = {}
        # One for each host: a login may be slow, and requests to other hosts do not wait for it.
        self._locks: dict[str, threading.RLock] = {}
        # The latest headers for each host, by which a refusal finds the credentials to renew. Some differ for each request.
        self._sent: dict[str, deque[Mapping[str, str]]] = {}

    def __reduce__(self) -> tuple[type[HostCredentials], tuple[Callable[[str], Credentials | None]]]:
        return HostCredentials, (self._of,)

    def of(self, host: str) -> Credentials | None:
        """Return the credentials for a host; a function is called once for each, with its name in lower case.

        Args:
            host: Its name, with its port if it has one.
        """
        host = host.lower()
        with self._locks.setdefault(host, threading.RLock()):
            if host not in self._by_host:
                self._by_host[host] = self._of(host)
            return self._by_host[host]

    def _at(self, url: str) -> Credentials:
        return self.of(host_in_url(url)) or ANONYMOUS

    def goes_to(self, url: str) -> bool:
        """Whether those of the URL's host may be sent there."""
        return self._at(url).goes_to(url)

    def ready(self) -> bool:
        """Whether `headers` answers at once for the hosts that requests went to."""
        current = list(self._by_host.values())  # a copy, because other threads add hosts
        return bool(current) and all(credentials is None or credentials.ready() for credentials in current)

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """Headers of the URL's host."""
        headers = self._at(url).headers(method, url)
        sent = self._sent.setdefault(host_in_url(url), deque(maxlen=128))
        if headers not in list(sent):  # a copy, because other threads add headers
            sent.append(headers)
        return headers

    def query(self, method: str, url: str) -> Mapping[str, str]:
        """Query parameters of the URL's host."""
        return self._at(url).query(method, url)

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Renew refused credentials, if possible."""
        # Those of another host would state that theirs differ from the refused ones, as if they had been renewed.
        host = next((host for host, sent in list(self._sent.items()) if refused in list(sent)), None)
        credentials = None if host is None else self.of(host)
        return credentials is not None and credentials.renew(refused)


def host_in_url(url: str) -> str:
    """The host of a URL in lower case, with its port if it has one.

    Args:
        url: The URL.
    """
    return url.partition("://")[2].partition("/")[0].lower()


class Passports(Credentials):
    """GA4GH passports, sent in the body of requests that a server refuses without; they need no header.

    A server that accepts passports refuses them together with a token, so they replace a login. Never tried against a
    real server.

    Args:
        tokens: The passports, each an encoded JSON Web Token.
        origins: The servers that they may be sent to, as URLs or host names; None is the server of the client.

    Attributes:
        tokens: The passports; secrets.

    Raises:
        ConfigError: There are none, or one is not a JSON Web Token.
    """

    def __init__(self, tokens: str | Iterable[str], *, origins: str | Iterable[str] | None = None) -> None:
        super().__init__(origins)
        self.tokens = (tokens,) if isinstance(tokens, str) else tuple(tokens)
        wrong = next((at for at, token in enumerate(self.tokens, 1) if not _JWT.match(token)), 0)
        if wrong or not self.tokens:
            problem = f"Passport {wrong} is not a JSON Web Token" if wrong else "There is no passport"
            raise ConfigError(
                problem, remedy="Use encoded passports: three parts with dots between, as the broker issues them."
            )


GOOGLE = "https://storage.googleapis.com"
GOOGLE_VARIABLE = "OMICS_GOOGLE_URL"
"""Environment variable: Google's storage, where it is not at its usual address."""
PROJECT_VARIABLE = "OMICS_GOOGLE_PROJECT"
"""Environment variable: the project that pays for objects whose bucket's owner does not."""
REQUESTER_VARIABLE = "OMICS_S3_REQUESTER_PAYS"
"""Environment variable: `true` lets the user's AWS account pay for objects whose bucket's owner does not."""
SIGNED_SECONDS = 3600
"""Seconds for which a URL of S3 is signed; another one is signed when it has ended."""


def google_path(uri: str) -> str:
    """The path of an object below the URL of Google's storage.

    Args:
        uri: The object, as gs://BUCKET/KEY.
    """
    bucket, _, key = uri.partition("://")[2].partition("/")
    return f"/{quote(bucket, safe='')}/{quote(key)}"


def google_query(project: str) -> str:
    """The query of requests for objects: who pays, where that is not the bucket's owner.

    Args:
        project: The project that pays; empty where none is configured.
    """
    return f"?userProject={quote(project, safe='')}" if project else ""


class Storage:
    """Google's storage and S3, with the credentials of the user if there are some. Thread-safe.

    Args:
        environ: The environment's variables; by default the process's own. AWS's settings are always found as boto3 does.

    Attributes:
        project: The project of Google that pays for objects whose bucket's owner does not; empty where none is configured.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self.project = self._environ.get(PROJECT_VARIABLE, "")
        self._lock = threading.Lock()

    def location(self, uri: str) -> Location:
        """Where an object is fetched from; for public ones without credentials.

        Args:
            uri: The object, as gs://BUCKET/KEY or s3://BUCKET/KEY.

        Returns:
            A URL, and the headers that go along; secrets.

        Raises:
            AuthError: A credentials file of Google that is named cannot be used.
            ConfigError: The settings of AWS cannot be used, or a token would go over http.
        """
        return self._in_s3(uri) if uri.startswith("s3://") else self._in_google(uri)

    def _in_google(self, uri: str) -> Location:
        url = f"{self.google_url}{google_path(uri)}{google_query(self.project)}"
        with self._lock:
            login = self.google_login
        return Location(url, {} if login is None else dict(login.headers("GET", url)))

    @property
    def google_url(self) -> str:
        """The URL of Google's storage."""
        return (self._environ.get(GOOGLE_VARIABLE) or GOOGLE).rstrip("/")

    @cached_property
    def google_login(self) -> Credentials | None:
        """The user's login with Google; None if there is none.

        Raises:
            AuthError, ConfigError: As for `location`.
        """
        from omicsdk.core.oauth.google import READ_STORAGE, found_credentials

        login = found_credentials(self._environ, READ_STORAGE, [self.google_url])
        if login is not None and not is_confidential(self.google_url):
            raise ConfigError(f"{self.google_url}: credentials are not sent over http", remedy="Use its https URL.")
        return login

    def _in_s3(self, uri: str) -> Location:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with self._lock:
            client = self._s3
        return Location(client.presigned(bucket, key, SIGNED_SECONDS), states=client.checksums_of(bucket))

    @cached_property
    def _s3(self) -> S3Client:
        from omicsdk.transfer.s3.client import S3Client

        pays = self._environ.get(REQUESTER_VARIABLE, "").lower() in ("1", "true", "yes", "on")
        return S3Client(requester_pays=pays)
