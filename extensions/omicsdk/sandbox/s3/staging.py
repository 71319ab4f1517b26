"""The S3 server where users stage files: moto's, on a port of its own, started when it is first needed.

Its contents go with the process: smaller ones are in its memory, larger ones in temporary files. moto takes in each
request whole, and an upload in parts twice over when it is completed. Every sandbox of one process shares them, because
moto's do.
"""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from omicsdk.core.checksums import ETAG_PART
from omicsdk.sandbox.s3.guard import RAW_HEADERS, Wsgi
from omicsdk.sandbox.s3.moto_objects import empty_buckets, find_object
from omicsdk.sandbox.s3.wire import HANG_UP, OWN_AGENT
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.traffic.host_names import LOOPBACK, url_of

STAGING_BUCKET = "omics-staging"
"""A bucket that is there from the start."""
REGION = "us-east-1"
OWNER = "sandbox"
"""Identifier of the key that may do everything."""


def owner_credentials(secrets: Secrets) -> dict[str, str]:
    """The variables of the key that may do everything on the server."""
    return {
        "AWS_ACCESS_KEY_ID": OWNER,
        "AWS_SECRET_ACCESS_KEY": secrets.derived("s3"),
        "AWS_DEFAULT_REGION": REGION,
    }


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file in a staging bucket.

    Attributes:
        size: Length in bytes.
        content_type: Its Content-Type.
        labels: Its user metadata, overlaid with its tags.
        blocks: Reads its bytes, block by block.
    """

    size: int
    content_type: str
    labels: Mapping[str, str]
    blocks: Callable[[], Iterator[bytes]]


def _say_nothing(*_: object) -> None:
    pass


def _hang_up(handler: Any) -> None:
    handler.close_connection = True  # or what the client has still sent would be taken for its next request
    handler.connection.shutdown(socket.SHUT_RDWR)


def _unguarded(app: Wsgi) -> Wsgi:
    return app


class Staging:
    """The staging server.

    Args:
        credentials: The variables of the key that may do everything, see `owner_credentials`.
        buckets: Buckets that are there from the start and after a reset.
        guard: Puts what checks requests around the server; default nothing.
        before_read: Called with bucket and key before a staged file is looked at; default nothing.
        refill: Called when the server has just started and its first buckets are there; default nothing.
        where: The address that it listens on, and the TCP port; 0, the default, picks a free one.

    Attributes:
        credentials: As given.
    """

    def __init__(
        self,
        credentials: Mapping[str, str],
        buckets: Sequence[str] = (),
        guard: Callable[[Wsgi], Wsgi] = _unguarded,
        before_read: Callable[[str, str], object] = _say_nothing,
        refill: Callable[[], object] = _say_nothing,
        *,
        where: tuple[str, int] = (LOOPBACK, 0),
    ) -> None:
        self.credentials = credentials
        self._buckets = tuple(buckets)
        self._guard = guard
        self._before_read = before_read
        self._refill = refill
        self._where = where
        self._lock = threading.RLock()  # the refilling asks for the client of the server that is being started
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._client: Any = None
        self._url = ""
        self._published: set[tuple[str, str]] = set()

    @property
    def url(self) -> str:
        """The server's URL; asking for it starts the server."""
        with self._lock:
            if self._server is None:
                self._start()
            return self._url

    def _start(self) -> None:
        moto: Any = import_module("moto.moto_server.werkzeug_app")  # it has no types
        from werkzeug.serving import make_server

        # moto's own dispatcher looks for the service anew with each request, which takes longer than the request itself.
        app = self._guard(moto.create_backend_app("s3"))

        def environ_of(handler: Any) -> dict[str, Any]:
            ours = {RAW_HEADERS: handler.headers, HANG_UP: lambda: _hang_up(handler)}
            return {**moto.MotoRequestHandler.make_environ(handler), **ours}

        # A line on stderr for each request would drown what the user's program says.
        members = {"log_request": _say_nothing, "make_environ": environ_of}
        quiet = type("Quiet", (moto.MotoRequestHandler,), members)
        # moto's own ThreadedMotoServer has no way to be quiet, waits half a second to stop and leaves its socket open.
        server: Any = make_server(*self._where, app, threaded=True, request_handler=quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="omics-sandbox-staging", daemon=True)
        thread.start()
        self._server, self._thread = server, thread
        self._url = url_of(self._where[0], server.server_port)
        self._make_buckets()
        self._refill()

    def client(self) -> Any:
        """A boto3 client of the server."""
        url = self.url
        with self._lock:
            if self._client is None:
                self._client = self._new_client(url)
            return self._client

    def _new_client(self, url: str) -> Any:
        import boto3
        from botocore.config import Config

        return cast("Any", boto3).client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
            # No proxy of the user's environment stands between us and our own thread.
            config=Config(
                proxies={},
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 2},
                user_agent_extra=OWN_AGENT,
            ),
        )

    def _make_buckets(self) -> None:
        if self._buckets:
            client = self._client = self._client or self._new_client(self._url)
            for bucket in self._buckets:
                client.create_bucket(Bucket=bucket)

    def find(self, bucket: str, key: str) -> StagedFile | None:
        """A staged file, or None when there is no such bucket or key."""
        self.client()  # what is asked for is on a server that somebody has started
        self._before_read(bucket, key)
        found = find_object(bucket, key)
        if found is None:
            return None
        return StagedFile(found.size, found.content_type, {**found.metadata, **found.tags}, found.blocks)

    def make_bucket(self, bucket: str) -> None:
        """Makes a bucket unless it is there."""
        self.client().create_bucket(Bucket=bucket)

    def publish(self, bucket: str, key: str, path: str, content_type: str) -> None:
        """Makes sure that a bucket of the platform's own holds a file of the local disk under a key."""
        if (bucket, key) not in self._published:
            self.make_bucket(bucket)
            self.put(bucket, key, path, content_type)
            self._published.add((bucket, key))

    def put(self, bucket: str, key: str, path: str, content_type: str) -> bool:
        """Copies a file of the local disk into a bucket, in the Data Store's parts; False when there is no such bucket."""
        from boto3.exceptions import S3UploadFailedError
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import ClientError

        parts = TransferConfig(multipart_threshold=ETAG_PART + 1, multipart_chunksize=ETAG_PART, max_concurrency=2)
        try:
            self.client().upload_file(path, bucket, key, ExtraArgs={"ContentType": content_type}, Config=parts)
        except (ClientError, S3UploadFailedError):
            return False
        return True

    def put_bytes(self, bucket: str, key: str, content: bytes, content_type: str) -> None:
        """Puts a small object into a bucket that is there."""
        self.client().put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    def reset(self) -> None:
        """Empties every bucket and makes the first ones again."""
        with self._lock:
            self._published.clear()
            if self._server is None:
                return
            empty_buckets()
            self._make_buckets()

    def stop(self) -> None:
        """Stops the server and forgets what it held."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
            if self._thread is not None:
                self._thread.join()
            self._server = self._client = self._thread = None
