"""The S3 server where users stage files: moto's, on a port of its own, started when it is first needed.

Its contents are in memory and go with the process. Every sandbox of one process shares them, because moto's do.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_DEFAULT_REGION": "us-east-1"}
_BLOCK = 1024 * 1024


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


class Staging:
    """The staging server.

    Args:
        buckets: Buckets that are there from the start and after a reset.
    """

    def __init__(self, buckets: Sequence[str] = ()) -> None:
        self._buckets = tuple(buckets)
        self._lock = threading.Lock()
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
        app = moto.create_backend_app("s3")
        # A line on stderr for each request would drown what the user's program says.
        quiet = type("Quiet", (moto.MotoRequestHandler,), {"log_request": _say_nothing})
        # moto's own ThreadedMotoServer has no way to be quiet, waits half a second to stop and leaves its socket open.
        server: Any = make_server("127.0.0.1", 0, app, threaded=True, request_handler=quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="omics-sandbox-staging", daemon=True)
        thread.start()
        self._server, self._thread = server, thread
        self._url = f"http://127.0.0.1:{server.server_port}"
        self._make_buckets()

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
            region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            # No proxy of the user's environment stands between us and our own thread.
            config=Config(proxies={}, s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )

    def _make_buckets(self) -> None:
        if self._buckets:
            client = self._client = self._client or self._new_client(self._url)
            for bucket in self._buckets:
                client.create_bucket(Bucket=bucket)

    def find(self, bucket: str, key: str) -> StagedFile | None:
        """A staged file, or None when there is no such bucket or key."""
        from botocore.exceptions import ClientError

        client = self.client()
        try:
            head = client.head_object(Bucket=bucket, Key=key)
            tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        except ClientError:
            return None

        def blocks() -> Iterator[bytes]:
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            try:
                yield from body.iter_chunks(_BLOCK)
            finally:
                body.close()

        return StagedFile(
            size=head["ContentLength"],
            content_type=head.get("ContentType", "binary/octet-stream"),
            labels={**head.get("Metadata", {}), **{tag["Key"]: tag["Value"] for tag in tags}},
            blocks=blocks,
        )

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
        """Copies a file of the local disk into a bucket; False when there is no such bucket."""
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import ClientError

        try:
            self.client().upload_file(path, bucket, key, ExtraArgs={"ContentType": content_type})
        except (ClientError, S3UploadFailedError):
            return False
        return True

    def reset(self) -> None:
        """Empties every bucket and makes the first ones again."""
        with self._lock:
            self._published.clear()
            if self._server is None:
                return
            from moto.s3.models import s3_backends

            for account in list(s3_backends.values()):
                for backend in list(account.values()):
                    backend.reset()
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
