"""The bucket behind an upload area: its temporary keys, what is in the area, and objects on their way into it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import urlsplit

from omicsdk_api.upload import UploadApi

from omicsdk.core.checked_json import checked_json
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, AuthError, ChecksumMismatch, Conflict, Forbidden, Locked, NotFound, OmicsError
from omicsdk.core.logs import logger
from omicsdk.core.model import STRING, members
from omicsdk.core.platform import settings_of
from omicsdk.core.retry import seconds_of_date
from omicsdk.core.s3_clients import botocore_session, s3_client
from omicsdk.hca.upload.areas import UploadAreaURI, area_of
from omicsdk.hca.upload.client import HcaUpload
from omicsdk.transfer import Location, S3Object, SentPart, Source
from omicsdk.transfer.s3.boto import asking_s3, etag_of, s3_pages, size_of
from omicsdk.transfer.uploads.store import Cut

#: Keys are renewed when this many seconds are left, or a quarter of their life, whichever is less: a request signed with
#: them must still be valid when it arrives.
RENEW_BEFORE = 300.0
#: Assumed lifetime of keys without a readable expiry: the shortest that AWS issues.
SHORTEST_LIFE = 900.0
#: Keys that are younger were not refused for their age, so others would not help.
FRESH = 30.0

T = TypeVar("T")

_log = logger("omicsdk.hca.upload")


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary keys.

    Attributes:
        access_key_id: Names the key.
        secret_access_key: What requests are signed with.
        session_token: Goes along with each signed request.
        expiration: When they end, as the service wrote it.
        life: Seconds from then, on the service's clock, to their end.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: str
    life: float


def life_of(expiration: str, date: str | None, now: float) -> float:
    """Return the seconds that keys live.

    Args:
        expiration: When they end, in ISO 8601.
        date: The Date header of their response, by the service's clock. A clock that is wrong here
            must not make keys seem fresh that have ended.
        now: Seconds since 1970 on this machine's clock, where there is no such header.
    """
    try:
        end = datetime.fromisoformat(expiration)
    except ValueError:
        return SHORTEST_LIFE
    service_time = seconds_of_date(date or "")
    issued_at = now if service_time is None else service_time
    return (end if end.tzinfo is not None else end.replace(tzinfo=UTC)).timestamp() - issued_at


def request_keys(api: UploadApi, area_uuid: str, clock: Clock) -> Keys:
    """Request temporary keys that open an area.

    Args:
        api: The service.
        area_uuid: The area.
        clock: Returns the time.

    Raises:
        NotFound: There is no such area.
        Locked, Conflict: It takes no more files.
        OmicsError: The service cannot be reached.
    """
    try:
        response = api.get_credentials.raw(upload_area_uuid=area_uuid)
    except NotFound as error:
        error.remedy = "Check the area's URI: it may have been deleted, or never created."
        raise
    except (Locked, Conflict) as error:
        error.remedy = "The area accepts no more files: its submission is being processed, or it is being deleted."
        raise
    texts = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"), STRING)
    keys = checked_json(response, "get_credentials", members(**texts))
    life = life_of(keys["Expiration"], response.headers.get("date"), clock.now())
    return Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], keys["Expiration"], life)


def keys(client: HcaUpload, area: UploadAreaURI | str | None = None) -> Keys:
    """Request temporary AWS keys that open an area's part of its bucket.

    Args:
        area: The area's URI, its UUID or the beginning of it; by default the selected area.

    Returns:
        The keys, and when they end.

    Raises:
        NoAreaSelected: No area is given or selected.
        NotFound: There is no such area.
        Locked, Conflict: It takes no more files.
    """
    uri = area_of(area)
    return request_keys(client.at(uri.deployment_stage), uri.area_uuid, settings_of(client).clock)


class AreaKeys:
    """The keys of one area. Thread-safe: if several threads need new ones, one requests them and the others wait.

    Args:
        ask: Requests new keys from the service.
        clock: The source of time.

    Attributes:
        refusal: Why the last request for keys failed; None if it succeeded.
    """

    def __init__(self, ask: Callable[[], Keys], clock: Clock = SYSTEM_CLOCK) -> None:
        self._ask = ask
        self._clock = clock
        self._guard = threading.Lock()
        self._keys: Keys | None = None
        self._requested_at = 0.0
        self.refusal: OmicsError | None = None

    def current(self) -> Keys:
        """Return keys that are valid for a while.

        Raises:
            OmicsError: The service gives none.
        """
        with self._guard:
            keys = self._keys
            if keys is not None and not self._due(keys):
                return keys
            try:
                return self._renewed()
            # A refusal withdraws access, unlike an outage: the old keys are not used any longer.
            except AuthError:
                raise
            except OmicsError as error:
                if keys is None or self._age() >= keys.life:
                    raise
                _log.warning("cannot renew the keys of the upload area; continuing with the old ones: %s", error)
                return keys

    def refused(self, keys: Keys | None = None) -> bool:
        """Renew keys that the store states have ended, unless they are fresh.

        Args:
            keys: The refused keys; None for the present ones.

        Returns:
            Whether there are others now.

        Raises:
            OmicsError: The service gives none.
        """
        with self._guard:
            # Several threads may be refused with the same old keys: the first one has renewed them for all.
            if keys is not None and keys is not self._keys:
                return True
            if self._keys is None or self._age() < FRESH:
                return False
            self._renewed()
            return True

    def signed(self, call: Callable[[], T]) -> T:
        """Make a call that signs with the keys, once more when they had ended.

        Args:
            call: The call.

        Raises:
            OmicsError: What went wrong.
        """
        # Read before the call: another thread that is refused with the same keys may renew them before this one.
        keys = self._keys
        try:
            return call()
        except APIError as error:
            if error.code in ENDED and self.refused(keys):
                return call()
            raise

    def _renewed(self) -> Keys:
        # Before the request: the time that it takes is part of the life of the keys.
        requested_at = self._clock.monotonic()
        try:
            self._keys = self._ask()
        except OmicsError as error:
            self.refusal = error
            raise
        self.refusal = None
        self._requested_at = requested_at
        return self._keys

    def _age(self) -> float:
        return self._clock.monotonic() - self._requested_at

    def _due(self, keys: Keys) -> bool:
        return keys.life - self._age() < min(RENEW_BEFORE, keys.life / 4)


#: The owner of the bucket may do everything with an object that others put into it.
ACL = "bucket-owner-full-control"
#: The object's metadata from which the service reads the sender's checksum: 8 hex digits.
CHECKSUM_KEY = "crc32c"
#: Codes of S3 for keys that have ended.
ENDED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
#: Where transfer acceleration exists.
_ACCELERATED = (".amazonaws.com", ".amazonaws.com.cn")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that is in the area.

    Attributes:
        size: Its length in bytes.
        etag: Its ETag, without quotes.
        metadata: Its metadata, as its sender stated them.
    """

    size: int
    etag: str
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def crc32c(self) -> str:
        """The checksum that its sender made, "" when it made none."""
        return self.metadata.get(CHECKSUM_KEY, "").lower()


class AreaStorage:
    """An area's part of its bucket.

    Args:
        client: A boto3 client that signs with the area's keys.
        keys: These keys.
        bucket: The bucket.
        area_uuid: The area; the names of its objects begin with it.
    """

    def __init__(self, client: Any, keys: AreaKeys, bucket: str, area_uuid: str) -> None:
        self.client = client
        self.bucket = bucket
        self.keys = keys
        self._prefix = f"{area_uuid}/"

    def key(self, name: str) -> str:
        """Return the key of a file in the bucket."""
        return self._prefix + name

    def target(self, name: str, content_type: str) -> AreaObject:
        """Return a file's target for the engine.

        Args:
            name: Its new name.
            content_type: Its media type.
        """
        extra = {"ContentType": content_type, "ACL": ACL}
        return AreaObject(self.client, self.bucket, self.key(name), keys=self.keys, extra_args=extra)

    def find(self, name: str) -> StoredObject | None:
        """Look at one file.

        Args:
            name: What it is called.

        Returns:
            What is known of it; None if it does not exist, which stores also report by refusing.

        Raises:
            OmicsError: The store cannot be asked.
        """
        try:
            head = self.call("head_object", Bucket=self.bucket, Key=self.key(name))
        except APIError as error:
            if error.status in (403, 404):
                return None
            raise
        return StoredObject(size_of(head), etag_of(head), head.get("Metadata", {}))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield all files of the area: names and lengths in bytes, a page of a thousand a request.

        Raises:
            OmicsError: The store refuses.
        """
        for page in s3_pages(partial(self.call, "list_objects_v2"), self.bucket, self._prefix):
            for entry in page.objects:
                # The console of S3 makes an empty object of that key for a folder.
                if entry.key != self._prefix:
                    yield entry.key.removeprefix(self._prefix), entry.size

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation of boto3, once more when the keys had ended.

        Args:
            operation: Its method.
            **arguments: Its arguments.

        Raises:
            OmicsError: What went wrong.
        """
        where = "/".join(str(arguments[name]) for name in ("Bucket", "Key") if name in arguments)

        def call() -> dict[str, Any]:
            with asking_s3(f"s3://{where}: {operation}"):
                return getattr(self.client, operation)(**arguments)

        return self.keys.signed(call)


class AreaObject(S3Object):
    """A file's place in an upload area.

    Its CRC32C goes into the object's metadata, which has to be known when the upload begins. So it is made beforehand,
    in the engine's hash threads while other files are sent; what was read for it is in the page cache when it is sent.

    Args:
        client: A boto3 client that signs with the area's keys.
        bucket: The bucket.
        key: The object's key.
        keys: These keys; what they signed is signed again with others when the store states that they have ended.
        extra_args: Arguments of boto3's operations.
    """

    def __init__(self, client: Any, bucket: str, key: str, *, keys: AreaKeys, extra_args: Mapping[str, Any]) -> None:
        super().__init__(client, bucket, key, extra_args=extra_args)
        self.needs = ("crc32c",)
        self._keys = keys
        self._signed_before = set[int]()
        self._announced = ""

    def begin(self, source: Source) -> str:
        """Begin an upload in parts, with the checksum of the whole as metadata."""
        self._announce(source)
        # The parts of another upload are not signed again.
        self._signed_before.clear()
        return super().begin(source)

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Sign a part's PUT."""
        self._renew_when_again(cut.number)
        return super().sign(upload_id, cut, checksums)

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location | None:
        """Sign a PUT of the whole, with its checksum as metadata.

        Raises:
            ChecksumMismatch: What is sent is not what was announced: the file was read otherwise the second time.
        """
        self._announce(source)
        self._compare(checksums)
        self._renew_when_again(0)
        return super().put(source, checksums)

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """List an upload's parts; None for keys that may put but not list: the journal is believed then."""
        try:
            return super().known(upload_id)
        except Forbidden:
            return None

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Complete the upload, if the parts are what was announced.

        Raises:
            ChecksumMismatch: They are not: the file was read otherwise the second time.
        """
        self._compare(checksums)
        return super().complete(upload_id, parts, checksums)

    def _compare(self, checksums: Mapping[str, str]) -> None:
        sent = checksums.get("crc32c", "")
        if self._announced and sent and sent != self._announced:
            raise ChecksumMismatch(
                self.target,
                algorithm="crc32c",
                expected=self._announced,
                actual=sent,
                remedy="Two reads of the file differed: check the disk, then upload it again.",
            )

    def _announce(self, source: Source) -> None:
        self._announced = source.checksums["crc32c"]
        for operation in ("create_multipart_upload", "put_object"):
            self._extra[operation]["Metadata"] = {CHECKSUM_KEY: self._announced}

    def _renew_when_again(self, number: int) -> None:
        # The engine requests the same signature a second time when the store refused the first, or the network broke:
        # older keys are renewed then, whatever their expiry by this machine's clock.
        if number in self._signed_before:
            self._keys.refused()
        self._signed_before.add(number)

    def _call(self, operation: str, *, target: Mapping[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        return self._keys.signed(partial(super()._call, operation, address=target, **arguments))


def area_storage(
    api: UploadApi, uri: UploadAreaURI, clock: Clock, *, accelerate: bool, connections: int
) -> AreaStorage:
    """Open an area's part of its bucket; the caller closes its client.

    Args:
        api: The service.
        uri: The area.
        clock: Returns the time.
        accelerate: Use transfer acceleration if there is one.
        connections: Connections that are kept, at most.

    Raises:
        OmicsError: The service gives no keys, which is reported here and not for each file.
        ConfigError: The user's own AWS settings cannot be read.
    """
    keys = AreaKeys(lambda: request_keys(api, uri.area_uuid, clock), clock)
    keys.current()
    client = signing_client(keys, accelerate=accelerate, connections=connections)
    return AreaStorage(client, keys, uri.bucket_name, uri.area_uuid)


def signing_client(keys: AreaKeys, *, accelerate: bool, connections: int) -> Any:
    """Make a boto3 client for S3 that signs with an area's keys of the moment.

    Args:
        keys: The area's keys.
        accelerate: Use transfer acceleration if there is one: with AWS's own endpoints.
        connections: How many connections it keeps.
    """
    session, config = _session_of(keys), {"max_pool_connections": connections}
    client = s3_client(session, config=config)
    host = urlsplit(str(client.meta.endpoint_url)).hostname or ""
    if accelerate and host.endswith(_ACCELERATED):
        client.close()
        client = s3_client(session, config={**config, "s3": {"use_accelerate_endpoint": True}})
    return client


def _session_of(keys: AreaKeys) -> Any:
    boto3: Any = import_module("boto3")
    credentials: Any = import_module("botocore.credentials")

    class Live(credentials.Credentials):
        """The area's keys as boto3 asks for them: each time that it signs."""

        def get_frozen_credentials(self) -> Any:
            now = keys.current()
            return credentials.ReadOnlyCredentials(now.access_key_id, now.secret_access_key, now.session_token)

    class Provider(credentials.CredentialProvider):
        METHOD = "omicsdk-upload-area"

        def load(self) -> Any:
            return Live("", "")

    session = botocore_session()
    session.register_component("credential_provider", credentials.CredentialResolver(providers=[Provider()]))
    return boto3.Session(botocore_session=session)
