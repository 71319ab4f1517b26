"""The S3 server: moto, its buckets and objects, and what is between it and the socket."""

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from omicsdk.core.checksums import ETAG_PART
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.s3.dialect import CustomerKeys
from omicsdk.sandbox.s3.guard import RAW_HEADERS, Target, Wsgi, headers_of, raw_target, refused
from omicsdk.sandbox.s3.integrity import Verified, exact_checksums, exact_lists
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.traffic.faults import S3_PREFIX, FaultBook
from omicsdk.sandbox.traffic.server_thread import listening, url_of
from omicsdk.sandbox.traffic.wire import Entry, RequestLog

BLOCK = 8 * 1024 * 1024
_META = "x-amz-meta-"
_NUMBER = re.compile("[0-9]{1,4000}")  # Python does not convert longer ones
_COUNTS = frozenset({"max-keys", "max-parts", "max-uploads", "part-number-marker"})
# Parts of an upload.
_MOST_PARTS = 10_000
_CANNED_ACLS = frozenset(
    {"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "log-delivery-write"}
    | {"bucket-owner-read", "bucket-owner-full-control"}
)


@dataclass(frozen=True, slots=True)
class MotoObject:
    """An object in a bucket.

    Attributes:
        name: Its key.
        size: Length in bytes.
        etag: Its ETag, without quotes.
        content_type: Its Content-Type.
        metadata: Its user metadata, names in lower case.
        modified: When it was put, in seconds since 1970 of the real time, which is moto's.
    """

    name: str
    size: int
    etag: str
    content_type: str
    metadata: Mapping[str, str]
    modified: float
    _key: Any

    def blocks(self) -> Iterator[bytes]:
        """Its bytes."""
        start = 0
        while start < self.size:
            # Another reader moves the same file's position.
            with self._key.lock:
                self._key._value_buffer.seek(start)
                block: bytes = self._key._value_buffer.read(BLOCK)
            if not block:
                raise OSError(f"{self.name} was removed while it was read")
            start += len(block)
            yield block

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return _backend().tagger.get_tag_dict_for_resource(self._key.arn)

    @property
    def labels(self) -> dict[str, str]:
        """Its user metadata, overlaid with its tags."""
        return {**self.metadata, **self.tags}

    def tag(self, tags: Mapping[str, str]) -> None:
        """Add tags, in place of those of the same names."""
        _backend().put_object_tagging(self._key, {**self.tags, **tags})

    def untag(self) -> None:
        """Remove its tags."""
        _backend().tagger.delete_all_tags_for_resource(self._key.arn)


def find_object(bucket: str, name: str) -> MotoObject | None:
    """An object, or None when there is no such bucket or key."""
    key = _find_key(bucket, name)
    return None if key is None else _object(key)


def _find_key(bucket: str, name: str, version: str | None = None) -> Any:
    backend = _backend()
    return backend.get_object(bucket, name, version) if bucket in backend.buckets else None


def _find_upload(bucket: str, upload_id: str) -> Any:
    backend = _backend()
    return backend.get_bucket(bucket).multiparts.get(upload_id) if bucket in backend.buckets else None


def _check_known(target: Target, headers: Mapping[str, str]) -> None:
    """Refuse what moto fails with 500 on, or takes for another: an upload, part, page, range or setting that is not there.

    Raises:
        Problem: The refusal of S3.
    """
    backend, query = _backend(), target.query
    if "max-buckets" in query and not (_NUMBER.fullmatch(most := query["max-buckets"]) and 1 <= int(most) <= 10_000):
        raise Problem(400, "InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000")
    part, token = query.get("partNumber", "1"), query.get("continuation-token")
    if target.bucket not in backend.buckets:
        return
    if not target.key and token and token not in backend._pagination_tokens:
        raise Problem(400, "InvalidArgument", "The continuation token provided is incorrect")
    version = query.get("versionId", "null")
    if (
        version != "null" and not backend.get_bucket(target.bucket).is_versioned
    ):  # moto deletes the object whatever it is
        raise Problem(400, "InvalidArgument", "Invalid version id specified")
    for name in _COUNTS & query.keys():
        if not _NUMBER.fullmatch(query[name]):
            raise Problem(400, "InvalidArgument", f"Provided {name} not an integer or within integer range")
    if not (_NUMBER.fullmatch(part) and 1 <= int(part) <= _MOST_PARTS):
        raise Problem(400, "InvalidArgument", f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive")
    if headers.get("x-amz-acl", "private") not in _CANNED_ACLS:
        raise Problem(400, "InvalidArgument", "The canned ACL is unknown.")
    if target.method in ("PUT", "POST") and "uploadId" in query:
        upload, existing = _find_upload(target.bucket, query["uploadId"]), _find_key(target.bucket, target.key)
        completed = existing is not None and existing.multipart and existing.multipart.id == query["uploadId"]
        if (upload is None or upload.key_name != target.key) and not completed:
            raise Problem(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid.")
    if target.copied and (range_ := headers.get("x-amz-copy-source-range")):
        _check_range(target.copied, range_)
    if target.method in ("GET", "HEAD") and target.key and "uploadId" not in query:
        key = _find_key(target.bucket, target.key, query.get("versionId"))
        if key is not None and key.acl is None:  # moto gives none to an object of several parts
            key.acl = import_module("moto.s3.models").get_canned_acl("private")
        parts = key.multipart.parts if key is not None and key.multipart else (1,)
        if "partNumber" in query and int(part) not in parts:  # an upload's first part may have any number
            raise Problem(416, "InvalidPartNumber", "The requested partnumber is not satisfiable")
        if "partNumber" in query and "range" in headers:
            message = "Cannot specify both Range header and partNumber query parameter"
            raise Problem(400, "InvalidRequest", message)


def _check_range(copied: tuple[str, str, str | None], range_: str) -> None:
    """Refuse a range that a part of another object is copied from, where moto copies other bytes."""
    source, match = _find_key(*copied), re.fullmatch(r"bytes=([0-9]{1,4000})-([0-9]{1,4000})", range_)
    if match is None:
        raise Problem(400, "InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last.")
    if source is not None and not int(match[1]) <= int(match[2]) < source.size:
        raise Problem(400, "InvalidArgument", f"Range specified is not valid for source object of size: {source.size}")


def _find_part(target: Target) -> tuple[int, int] | None:
    """First and last byte of the part that a request for an object of several parts names; None for others."""
    if target.method not in ("GET", "HEAD") or not target.key or {"uploadId", "attributes"} & target.query.keys():
        return None
    key, number = _find_key(target.bucket, target.key, target.query.get("versionId")), target.query.get("partNumber")
    if number is None or key is None or not key.multipart:
        return None
    sizes = {part: key.multipart.parts[part].size for part in key.multipart.partlist}
    first = sum(size for part, size in sizes.items() if part < int(number))
    return first, first + sizes[int(number)] - 1


def objects_below(bucket: str, prefix: str) -> list[MotoObject]:
    """The objects of a bucket whose keys begin with a prefix, by key; none when there is no such bucket."""
    backend = _backend()
    if bucket not in backend.buckets:
        return []
    # Taken at one blow: moto's own listing fails while another user puts an object.
    names = list(cast("dict[str, Any]", backend.get_bucket(bucket).keys).copy())
    objects = (find_object(bucket, name) for name in sorted(names) if name.startswith(prefix))
    return [object_ for object_ in objects if object_ is not None]


def put_file(
    bucket: str, name: str, path: Path, *, etag: str, content_type: str, metadata: Mapping[str, str]
) -> MotoObject:
    """Put a file of the local disk into a bucket that exists.

    Args:
        bucket: The bucket.
        name: The key.
        path: The file.
        etag: Its ETag, without quotes.
        content_type: Its Content-Type.
        metadata: Its user metadata.

    Returns:
        The object.
    """
    key = _backend().put_object(bucket, name, b"", etag=etag, disable_notification=True)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            key._value_buffer.write(block)
            key.contentsize += len(block)
    key.set_metadata({"Content-Type": content_type, **{f"{_META}{field}": value for field, value in metadata.items()}})
    return _object(key)


def remove_objects(bucket: str, prefix: str) -> None:
    """Remove the objects of a bucket whose keys begin with a prefix, and uploads to there that are not complete."""
    for object_ in objects_below(bucket, prefix):
        object_.untag()  # moto forgets that
        _backend().delete_object(bucket, object_.name)
    backend = _backend()
    if bucket in backend.buckets:
        uploads = cast("dict[str, Any]", backend.get_bucket(bucket).multiparts)
        for id, upload in uploads.copy().items():
            if upload.key_name.startswith(prefix):
                uploads.pop(id).dispose()


def empty_buckets() -> None:
    """Remove every bucket with what is in it."""
    for account in list(_backends().values()):
        for backend in list(account.values()):
            backend.reset()
    # moto keeps every object that it created, also deleted ones, and its next reset would examine all of them.
    import_module("moto.core.model_instances").reset_model_data()


def _object(key: Any) -> MotoObject:
    metadata: dict[str, str] = {name.lower(): value for name, value in key.metadata.items()}
    return MotoObject(
        name=key.name,
        size=key.size,
        etag=key.etag.strip('"'),  # from here on moto remembers it and does not move the position to compute it
        content_type=metadata.get("content-type", "binary/octet-stream"),
        metadata={name.removeprefix(_META): value for name, value in metadata.items() if name.startswith(_META)},
        modified=key.last_modified.replace(tzinfo=UTC).timestamp(),
        _key=key,
    )


def _backends() -> Any:
    return import_module("moto.s3.models").s3_backends  # it has no types


def _backend() -> Any:
    return _backends()["123456789012"]["aws"]  # moto's default account


# Marks the User-Agent of the sandbox's own requests to its S3 server, which are neither logged nor disturbed.
OWN_AGENT = "omicsdk-sandbox"
# Key of the environ for the function that ends a request's connection.
HANG_UP = "omicsdk.hang_up"


@dataclass(frozen=True, slots=True)
class S3Wire:
    """A WSGI application around the S3 server's.

    Attributes:
        app: The S3 server with its guard.
        log: The request log.
        book: The faults in force; `status` and `reset` are known here.
        now: The sandbox's time in seconds since 1970.
    """

    app: Wsgi
    log: RequestLog
    book: FaultBook
    now: Callable[[], float]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Log a request, apply a matching fault, and pass all others on."""
        if OWN_AGENT in environ.get("HTTP_USER_AGENT", ""):
            return self.app(environ, start_response)
        path, _, query = raw_target(environ).partition("?")
        path = S3_PREFIX + path.removeprefix("/")
        method: str = environ["REQUEST_METHOD"]
        entry = self.log.begin(method, path, query, headers_of(environ), self.now())

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            entry.status = int(status.partition(" ")[0])
            return start_response(status, headers, *more)

        for rule in self.book.act(method, path, query):
            if rule.action == "reset":
                if rule.at:
                    b"".join(self.app(environ, start))
                environ[HANG_UP]()
                # werkzeug reads it correctly: the client is gone, and nothing waits for a response.
                raise ConnectionResetError("a requested fault")
            wait = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
            problem = Problem(rule.status, rule.code, "A requested fault", wait)
            return _counted(entry, refused(problem, environ, start))
        return _counted(entry, self.app(environ, start))


def _counted(entry: Entry, body: Iterable[bytes]) -> Iterable[bytes]:
    pending = b""
    try:
        for block in body:
            if pending:
                yield pending
            pending = block
            entry.sent += len(block)
        # Before the last block is sent: its receiver may read the log at once.
        entry.done = True
        if pending:
            yield pending
    finally:
        if close := getattr(body, "close", None):
            close()


STAGING_BUCKET = "omics-staging"
"""A bucket that exists from the start."""
REGION = "us-east-1"
# Identifier of the key that may do everything.
OWNER = "sandbox"


def owner_credentials(secrets: Secrets) -> dict[str, str]:
    """The variables of the key that may do everything on the server."""
    return {"AWS_ACCESS_KEY_ID": OWNER, "AWS_SECRET_ACCESS_KEY": secrets.derived("s3"), "AWS_DEFAULT_REGION": REGION}


def s3_client(url: str, access_key: str, secret_key: str, **options: Any) -> Any:
    """A boto3 client of an S3 server.

    Args:
        url: The server.
        access_key: Identifier of the key that signs.
        secret_key: The key.
        options: Further settings of botocore.
    """
    import boto3
    from botocore.config import Config

    return cast("Any", boto3).client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        # No proxy of the user's environment is between the sandbox and its own thread.
        config=Config(proxies={}, s3={"addressing_style": "path"}, **options),
    )


def _hang_up(handler: Any) -> None:
    handler.close_connection = True  # or what the client has still sent would be mistaken for its next request
    handler.connection.shutdown(socket.SHUT_RDWR)


# The servers of this process, which share moto's buckets.
_RUNNING: set[Any] = set()


@dataclass(slots=True)
class Staging:
    """The staging server.

    Attributes:
        credentials: The variables of the key that may do everything, see `owner_credentials`.
        buckets: Buckets that exist from the start and after a reset.
        guard: Puts what checks requests around the server.
        before_read: Called with bucket and key before a staged file is read.
        refill: Called when the server has just started and its first buckets exist.
        where: The address that it listens on, and the TCP port; 0 picks a free one.
    """

    credentials: Mapping[str, str]
    buckets: Sequence[str]
    guard: Callable[[Wsgi], Wsgi]
    before_read: Callable[[str, str], object]
    refill: Callable[[], object]
    where: tuple[str, int]
    # The refilling requests the client of the server that is being started.
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    _server: Any = field(default=None, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _client: Any = field(default=None, init=False)
    _published: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]], init=False)

    @property
    def url(self) -> str:
        """The server's URL; requesting it starts the server."""
        with self._lock:
            server = self._server or self._start()
            return url_of(self.where[0], server.port)

    def _start(self) -> Any:
        moto: Any = import_module("moto.moto_server.werkzeug_app")  # it has no types
        from werkzeug.serving import make_server

        # moto's dispatcher looks up the service for each request, which takes longer than the request itself.
        verified = Verified(moto.create_backend_app("s3"), _find_upload, _find_key, _check_known, _find_part)
        app = self.guard(CustomerKeys(verified, _find_key, _find_upload))
        models = import_module("moto.s3.models")
        exact_checksums(models)
        exact_lists(models)

        class Quiet(moto.MotoRequestHandler):
            def log_request(self, *_: object) -> None:
                """Print nothing: a line for each request would drown what the user's program prints."""

            def send_header(self, keyword: str, value: str) -> None:
                """Send the application's date in place of the handler's, whose clock may be ahead, and one name of a server."""
                if (name := keyword.lower()) in ("date", "server"):  # strict clients refuse a response that has two
                    lines: list[bytes] = self.__dict__["_headers_buffer"]
                    lines[:] = [line for line in lines if not line.lower().startswith(f"{name}:".encode())]
                moto.MotoRequestHandler.send_header(self, keyword, value)

            def make_environ(self) -> dict[str, Any]:
                return {
                    **moto.MotoRequestHandler.make_environ(self),
                    RAW_HEADERS: self.headers,
                    HANG_UP: lambda: _hang_up(self),
                }

        # moto's own ThreadedMotoServer cannot be silenced, waits half a second to stop and leaves its socket open.
        if not _RUNNING:  # moto keeps its buckets in the process: an earlier sandbox's may be left
            empty_buckets()
        # Bound here, since werkzeug ends the process where a port is in use.
        with listening(*self.where) as bound:
            server: Any = make_server(*self.where, app, threaded=True, request_handler=Quiet, fd=bound.fileno())
        _RUNNING.add(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="omics-sandbox-staging", daemon=True)
        thread.start()
        self._server, self._thread = server, thread
        self._make_buckets()
        self.refill()
        return server

    def client(self) -> Any:
        """A boto3 client of the server."""
        url, keys = self.url, (self.credentials["AWS_ACCESS_KEY_ID"], self.credentials["AWS_SECRET_ACCESS_KEY"])
        with self._lock:
            retries = {"total_max_attempts": 2}
            self._client = self._client or s3_client(url, *keys, retries=retries, user_agent_extra=OWN_AGENT)
            return self._client

    def _make_buckets(self) -> None:
        # Not over HTTP, which would take three times as long as the rest of a reset.
        backend = _backend()
        for bucket in self.buckets:
            if bucket not in backend.buckets:  # another sandbox of this process may have made it
                backend.create_bucket(bucket, REGION)

    def find(self, bucket: str, key: str) -> MotoObject | None:
        """A staged file, or None when there is no such bucket or key."""
        self.client()  # the requested object is on a server that a user has started
        self.before_read(bucket, key)
        return find_object(bucket, key)

    def make_bucket(self, bucket: str) -> None:
        """Make a bucket unless it exists."""
        self.client().create_bucket(Bucket=bucket)

    def publish(self, bucket: str, key: str, path: str, content_type: str, *, public: bool = False) -> None:
        """Make sure that a bucket of the platform contains a file of the local disk under a key.

        Args:
            bucket: The bucket.
            key: The key.
            path: The file.
            content_type: Its media type.
            public: Whether it is read without a signature, in a bucket that the guard opens for that.

        Raises:
            Problem: 503; the server refuses it.
        """
        if (bucket, key) not in self._published:
            self.make_bucket(bucket)
            if not self.put(bucket, key, path, content_type, public=public):
                raise Problem(503, "service_unavailable", f"The S3 server does not take the file {key} of {bucket}")
            self._published.add((bucket, key))

    def put(self, bucket: str, key: str, path: str, content_type: str, *, public: bool = False) -> bool:
        """Copy a file of the local disk into a bucket, in the Data Store's parts; False when the server refuses it."""
        from boto3.exceptions import S3UploadFailedError
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import ClientError

        parts = TransferConfig(multipart_threshold=ETAG_PART + 1, multipart_chunksize=ETAG_PART, max_concurrency=2)
        arguments = {"ContentType": content_type} | ({"ACL": "public-read"} if public else {})
        try:
            self.client().upload_file(path, bucket, key, ExtraArgs=arguments, Config=parts)
        except (ClientError, S3UploadFailedError):
            return False
        return True

    def put_bytes(self, bucket: str, key: str, content: bytes, content_type: str) -> None:
        """Put a small object into a bucket that exists."""
        self.client().put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    def reset(self) -> None:
        """Empty every bucket and make the first ones again."""
        with self._lock:
            self._published.clear()
            if self._server is None:
                return
            empty_buckets()
            self._make_buckets()

    def stop(self) -> None:
        """Stop the server and forget what it held."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                _RUNNING.discard(self._server)
            if self._thread is not None:
                self._thread.join()
            self._server = self._client = self._thread = None
