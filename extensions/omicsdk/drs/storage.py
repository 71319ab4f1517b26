"""Objects that a server names by their storage, gs:// and s3:// URLs without an access_id: fetched with the user's own credentials."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from omicsdk.core.credentials import is_confidential
from omicsdk.core.errors import ConfigError
from omicsdk.transfer import Location

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.transfer.s3.client import S3Client

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
