"""What distinguishes stores that speak S3's language: their clock, region and lists, what they know of checksums, and their ETags.

Also what moto leaves out of encryption with customers' keys: each request for an object has to state the key.
"""

import base64
import hashlib
import io
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.s3.guard import NOT_IMPLEMENTED, Target, Wsgi, blocks_of, headers_of, refused, target_of
from omicsdk.sandbox.state.settings import Settings

#: Seconds by which a request's time may differ from the server's.
_SKEW = 15 * 60
_CHECKSUM = re.compile(r"(x-amz-checksum-(?!mode)|x-amz-sdk-checksum-|x-amz-trailer)")
_CONDITIONS = ("IF_MATCH", "IF_NONE_MATCH", "IF_RANGE", "X_AMZ_COPY_SOURCE_IF_MATCH", "X_AMZ_COPY_SOURCE_IF_NONE_MATCH")
_ETAG, _ETAGS = re.compile(r"[0-9a-f]{32}"), re.compile(rb"(?<=ETag>)(\"|&quot;|&#34;)?([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Dialect:
    """A WSGI application around the S3 server's: a store as the settings describe it.

    Attributes:
        app: The S3 server with its guard.
        settings: The sandbox's settings.
        own: What marks the sandbox's own requests, which meet none of it.
    """

    app: Wsgi
    settings: Settings
    own: str

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a request on as an older or another store understands it, or refuse it."""
        if self.own in environ.get("HTTP_USER_AGENT", ""):
            return self.app(environ, start_response)
        target, now = target_of(environ), time.time() + self.settings.number("s3.clock_ahead")
        is_opaque, has_checksums = self.settings.text("s3.etags") == "opaque", self._has_checksums

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            remaining = [
                (name, _turned(value) if is_opaque and name.lower() == "etag" else value)
                for name, value in headers
                if has_checksums or not name.lower().startswith("x-amz-checksum-")
            ]
            if is_opaque and target.key and status[0] == "2":
                remaining.append(("x-amz-server-side-encryption", "aws:kms"))
            return start_response(status, [*remaining, ("Date", formatdate(now, usegmt=True))], *more)

        try:
            self._check(environ, target, now)
        except Problem as problem:
            return refused(problem, environ, start)
        return self._opaque(environ, target, start) if is_opaque else self.app(environ, start)

    @property
    def _has_checksums(self) -> bool:
        return self.settings.text("s3.checksums") == "stored"

    def _check(self, environ: dict[str, Any], target: Target, now: float) -> None:
        headers, region = headers_of(environ), self.settings.text("s3.region")
        if abs(_time_of(headers.get("x-amz-date", ""), now) - now) > _SKEW:
            message = "The difference between the request time and the current time is too large."
            raise Problem(403, "RequestTimeTooSkewed", message)
        scope = re.search(r"Credential=[^/]*/\d{8}/([^/]*)/", headers.get("authorization", ""))
        if region and scope is not None and scope[1] != region:
            message = "The bucket you are attempting to access must be addressed using the specified endpoint."
            raise Problem(301, "PermanentRedirect", message, {"x-amz-bucket-region": region})
        lists = self.settings.text("s3.lists")
        if lists != "v2" and not target.key and "list-type" in target.query:
            if lists == "none":
                raise Problem(*NOT_IMPLEMENTED)
            environ["QUERY_STRING"] = re.sub(r"(^|&)list-type=2", "", environ["QUERY_STRING"])
        conditions = self.settings.text("s3.conditions")
        if conditions != "checked" and target.method in ("PUT", "POST"):
            if conditions == "refused" and {"if-match", "if-none-match"} & headers.keys():
                raise Problem(*NOT_IMPLEMENTED)
            for name in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
                environ.pop(name, None)
        checksums = [] if self._has_checksums else [name for name in headers if _CHECKSUM.match(name)]
        if checksums and self.settings.text("s3.checksums") == "refused":
            raise Problem(*NOT_IMPLEMENTED)
        for name in checksums:
            environ.pop(f"HTTP_{name.upper().replace('-', '_')}", None)

    def _opaque(self, environ: dict[str, Any], target: Target, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer with ETags that say nothing of the bytes, and take these in conditions and lists of parts."""
        for name in _CONDITIONS:
            if condition := environ.get(f"HTTP_{name}"):
                environ[f"HTTP_{name}"] = _turned(condition)
        if target.method == "POST" and "uploadId" in target.query:
            environ["wsgi.input"] = io.BytesIO(_all_turned(b"".join(blocks_of(environ))))
        body = self.app(environ, start)
        # The bytes of an object stay as they are; other bodies are documents, which may state ETags.
        is_object = target.method == "GET" and target.key and not {"uploadId", "attributes"} & target.query.keys()
        return body if is_object else [_all_turned(b"".join(body))]


def _turned(text: str) -> str:
    # Reversed: it is the MD5 of nothing known, and the same function turns it back.
    return _ETAG.sub(lambda match: match[0][::-1], text)


def _all_turned(body: bytes) -> bytes:
    return _ETAGS.sub(lambda match: (match[1] or b"") + match[2][::-1], body)


def _time_of(text: str, otherwise: float) -> float:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return otherwise  # presigned, or of another version


_CUSTOMER = "x-amz-server-side-encryption-customer-"
_SOURCE = "x-amz-copy-source-server-side-encryption-customer-"
_NEEDED = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve"
    " the object."
)
_KEY_DIGEST = "omicsdk_customer_key"


@dataclass(frozen=True, slots=True)
class CustomerKeys:
    """A WSGI application around the S3 server's: objects that were put with a key are given to those who state it.

    Attributes:
        app: The S3 server.
        find_object: Returns moto's object by bucket, key and version; None for none.
        find_upload: Returns moto's upload in parts by bucket and id; None for none.
    """

    app: Wsgi
    find_object: Callable[[str, str, str | None], Any]
    find_upload: Callable[[str, str], Any]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a request on, or refuse it in S3's way."""
        target, headers = target_of(environ), headers_of(environ)
        upload = self.find_upload(target.bucket, target.query["uploadId"]) if "uploadId" in target.query else None
        try:
            key_digest = _stated(headers, _CUSTOMER)
            if target.copied:
                _compare(self.find_object(*target.copied), _stated(headers, _SOURCE))
            if upload is not None and target.method != "DELETE":
                _compare(upload, key_digest)
            elif target.method in ("GET", "HEAD") and target.key and upload is None:
                _compare(self.find_object(target.bucket, target.key, target.query.get("versionId")), key_digest)
        except Problem as problem:
            return refused(problem, environ, start_response)

        succeeded = False

        def start(status: str, sent: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal succeeded
            succeeded = status[0] == "2"
            if key_digest and succeeded:
                sent = [*sent, (f"{_CUSTOMER}algorithm", "AES256"), (f"{_CUSTOMER}key-MD5", key_digest)]
            return start_response(status, sent, *more)

        body = self.app(environ, start)
        if key_digest and target.method in ("PUT", "POST"):
            body = [b"".join(body)]
            if succeeded:  # a refused request leaves the object with the key that it was put with
                self._keep(target, body[0], key_digest)
        return body

    def _keep(self, target: Target, body: bytes, key_digest: str) -> None:
        if "uploads" in target.query:
            match = re.search(rb"<UploadId>(.*?)</UploadId>", body)
            keyed = None if match is None else self.find_upload(target.bucket, match[1].decode())
        # A part is compared with the key of its upload.
        elif target.method == "PUT" and "uploadId" in target.query:
            keyed = None
        else:
            keyed = self.find_object(target.bucket, target.key, None)
        if keyed is not None:
            setattr(keyed, _KEY_DIGEST, key_digest)


def _stated(headers: Mapping[str, str], start: str) -> str:
    """The MD5 of the key that a request states; empty for none."""
    key, md5, algorithm = (headers.get(f"{start}{name}", "") for name in ("key", "key-md5", "algorithm"))
    if not (key or md5 or algorithm):
        return ""
    try:
        data = base64.b64decode(key, validate=True)
    except ValueError:
        data = b""
    if len(data) != 32 or algorithm != "AES256":
        raise Problem(400, "InvalidArgument", "The secret key was invalid for the specified algorithm.")
    if base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode() != md5:
        message = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise Problem(400, "InvalidArgument", message)
    return md5


def _compare(stored: Any, key_digest: str) -> None:
    if stored is None or (stored_digest := getattr(stored, _KEY_DIGEST, "")) == key_digest:
        return
    if stored_digest and key_digest:
        raise Problem(403, "AccessDenied", "Access Denied")
    message = _NEEDED if stored_digest else "The encryption parameters are not applicable to this object."
    raise Problem(400, "InvalidRequest", message)
