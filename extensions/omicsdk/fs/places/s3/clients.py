"""Clients of boto3 for the buckets of an account: with the credentials that boto3 finds, or with none, each in its bucket's region."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.s3_errors import refusing_cut_heads

#: The region that is asked first where nothing names one.
DEFAULT_REGION = "us-east-1"


class S3Clients:
    """Makes clients when they are first needed; safe to use from several threads.

    Args:
        client: The one client for all buckets.
        endpoint_url: Where the store is; by default where boto3 looks (AWS_ENDPOINT_URL_S3, ~/.aws), else Amazon's.
        region_name: The region that is asked first; by default where boto3 looks.
        profile_name: The profile of ~/.aws; by default AWS_PROFILE, else none.
        anonymous: Whether requests aren't signed; by default they aren't when boto3 finds no credentials.
        session: A session of boto3 in place of a new one.
    """

    def __init__(
        self,
        client: Any = None,
        *,
        endpoint_url: str | None = None,
        region_name: str | None = None,
        profile_name: str | None = None,
        anonymous: bool | None = None,
        session: Any = None,
    ) -> None:
        self._given = None if client is None else refusing_cut_heads(client)
        self._endpoint_url = endpoint_url
        self._region_name = region_name
        self._profile_name = profile_name
        self._anonymous = anonymous
        self._session = session
        self._lock = threading.Lock()
        self._by_region: dict[str, Any] = {}
        self._region_of: dict[str, str] = {}

    @property
    def first(self) -> Any:
        """The client that asks about no bucket in particular.

        Raises:
            ConfigError: boto3 refuses its settings.
        """
        return self._given if self._given is not None else self._in("")

    def of(self, bucket: str) -> Any:
        """The client that is for a bucket: Amazon takes a signature only when it names the bucket's own region.

        Args:
            bucket: The bucket.

        Raises:
            ConfigError: boto3 refuses its settings.
        """
        first = self.first
        if self._given is not None or "amazonaws.com" not in str(first.meta.endpoint_url):
            return first
        if bucket not in self._region_of:
            self._region_of[bucket] = _region(first, bucket)
        region = self._region_of[bucket]
        return first if region in ("", first.meta.region_name) else self._in(region)

    def close(self) -> None:
        """Ends the connections of those that were made here."""
        with self._lock:
            while self._by_region:
                self._by_region.popitem()[1].close()

    def _in(self, region: str) -> Any:
        with self._lock:
            if region not in self._by_region:
                self._by_region[region] = self._made(region)
            return self._by_region[region]

    def _made(self, region: str) -> Any:
        from botocore import UNSIGNED
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        try:
            if self._session is None:
                self._session = import_module("boto3").Session(profile_name=self._profile_name)
            session = self._session
            signs = not self._anonymous if self._anonymous is not None else session.get_credentials() is not None
            config: Any = Config(signature_version="s3v4" if signs else UNSIGNED, max_pool_connections=16)
            return refusing_cut_heads(
                session.client(
                    "s3",
                    region_name=region or self._region_name or session.region_name or DEFAULT_REGION,
                    endpoint_url=self._endpoint_url,
                    config=config,
                )
            )
        except (BotoCoreError, ValueError) as error:  # an endpoint that is no URL is a ValueError
            raise ConfigError(
                f"The settings of S3 can't be used: {mask_text(str(error)).rstrip('.')}",
                remedy="Correct endpoint_url, or the variables and files of AWS.",
            ) from error


def _region(client: Any, bucket: str) -> str:
    """Where a bucket is, as Amazon tells everybody; empty when it doesn't."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: Mapping[str, Mapping[str, Any]] = client.head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    except BotoCoreError:  # whoever asks for something of the bucket is told
        return ""
    headers: Mapping[str, str] = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers.get("x-amz-bucket-region", "")
