"""Clients of S3 by region: a signature is for the region of its bucket."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.transfer.s3 import refusing_cut_heads, s3_client, s3_session


@dataclass
class S3Clients:
    """Makes clients when they are first needed; safe to use from several threads.

    Attributes:
        client: The one client for all buckets.
        endpoint_url: Where the store is; by default where boto3 looks (AWS_ENDPOINT_URL_S3, ~/.aws), else Amazon's.
        region_name: The region that is asked first; by default where boto3 looks.
        profile_name: The profile of ~/.aws; by default AWS_PROFILE, else none.
        anonymous: Whether requests aren't signed; by default they aren't when boto3 finds no credentials.
        session: A session of boto3 in place of a new one.
    """

    client: Any = None
    endpoint_url: str | None = None
    region_name: str | None = None
    profile_name: str | None = None
    anonymous: bool | None = None
    session: Any = None

    def __post_init__(self) -> None:
        self._given = None if self.client is None else refusing_cut_heads(self.client)
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
        """Close the connections of those that were made here."""
        with self._lock:
            while self._by_region:
                self._by_region.popitem()[1].close()

    def _in(self, region: str) -> Any:
        with self._lock:
            if region not in self._by_region:
                self._by_region[region] = self._made(region)
            return self._by_region[region]

    def _made(self, region: str) -> Any:
        self.session = self.session or s3_session(self.profile_name)
        return s3_client(
            self.session,
            region=region or self.region_name,
            anonymous=self.anonymous,
            config={"signature_version": "s3v4", "max_pool_connections": 16},
            endpoint_url=self.endpoint_url,
        )


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
