"""The S3 server's guard: credentials for a time, and which requests they allow."""

import io
import re
import secrets
import string
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus
from xml.sax.saxutils import escape

from omicsdk.core.checksums import base64_of
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.s3.signature import form_allows, read_form, read_signature, read_signature_before
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.state.database import Database, Table
from omicsdk.sandbox.traffic.server_thread import refused_reason

_LETTERS = string.ascii_uppercase + string.digits
# Prefix of the identifiers of temporary keys, as AWS's.
KEY_PREFIX = "ASIA"


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials, without their secrets; `Sessions` derives these.

    Attributes:
        access_key: Identifier of the key.
        bucket: The one bucket that they open.
        prefix: Prefix of the keys in it, with a trailing slash.
        ends: When they end, in the sandbox's time.
    """

    access_key: str
    bucket: str
    prefix: str
    ends: float


class Sessions:
    """The temporary credentials of one sandbox.

    Args:
        database: The sandbox's database, without their secrets.
        now: The sandbox's time in seconds since 1970.
        secrets: Secrets from which their secrets derive.
    """

    def __init__(self, database: Database, now: Callable[[], float], secrets: Secrets) -> None:
        self._secrets = secrets
        self._now = now
        self._sessions = Table(database, "s3_sessions", Session)

    def issue(self, bucket: str, prefix: str, seconds: float) -> Session:
        """Make credentials.

        Args:
            bucket: The bucket that they open.
            prefix: Prefix of the keys in it, with a trailing slash.
            seconds: Validity in seconds, in the sandbox's time.
        """
        access_key = KEY_PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(16))
        session = Session(access_key, bucket, prefix, self._now() + seconds)
        self._sessions.add(session)
        return session

    def find(self, access_key: str) -> Session | None:
        """The credentials of a key, expired ones too; None for a key of another kind."""
        return self._sessions.get(access_key)

    def secret_key(self, session: Session) -> str:
        """The secret that signs requests of credentials."""
        return self._secrets.derived("s3 session", "key", session.access_key)

    def token(self, session: Session) -> str:
        """The token that each request of credentials carries."""
        # As long as AWS's tokens, which carry much more.
        parts = (self._secrets.derived("s3 session", f"token {n}", session.access_key, length=64) for n in range(6))
        return base64_of("".join(parts))

    def has_ended(self, session: Session) -> bool:
        """Whether credentials have ended."""
        return session.ends <= self._now()


READ = "read"
WRITE = "write"
_OBJECT_READS = frozenset({"acl", "attributes", "tagging"})
_OBJECT_WRITES = frozenset({"acl", "tagging"})


def required_access(method: str, key: str, query: Mapping[str, str]) -> str | None:
    """The access to a folder that a request needs: `read`, `write`; None for requests that are never allowed.

    Reading and listing, putting in one piece or in parts, tagging; nothing of the bucket itself, and no deleting.
    A listing is treated as reading, if it names a prefix.

    Args:
        method: The HTTP method.
        key: The object's key; empty for requests of the bucket.
        query: The query's parameters, those without a value with an empty one.
    """
    sub = {name for name in query if name in SUBRESOURCES}
    if not key:
        listing = method == "GET" and sub <= {"uploads"} and "prefix" in query
        return READ if listing else None
    if method in ("GET", "HEAD"):
        return READ if sub <= _OBJECT_READS else None
    if method == "PUT":
        return WRITE if sub <= _OBJECT_WRITES else None
    if method == "POST":
        return WRITE if sub == {"uploads"} or (not sub and "uploadId" in query) else None
    return WRITE if method == "DELETE" and not sub and "uploadId" in query else None


SUBRESOURCES = frozenset(
    {"acl", "attributes", "delete", "legal-hold", "restore", "retention", "select", "tagging", "torrent", "uploads"}
    | {"accelerate", "cors", "lifecycle", "location", "logging", "notification", "policy", "versioning", "versions"}
    | {"encryption", "website", "replication", "requestPayment", "object-lock", "publicAccessBlock", "analytics"}
    | {"inventory", "metrics", "ownershipControls", "intelligent-tiering", "renameObject"}
)


Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# The key of the environ under which a request's headers are as sent; WSGI's own cannot tell a_b from a-b.
RAW_HEADERS = "omicsdk.headers"
_BLOCK = 1024 * 1024
_FILE_NAME = re.compile(rb'(?<="); filename="[^"\r\n]*"')


# What a request may send at once: 5 GiB.
_LARGEST_BODY = 5 << 30
NOT_IMPLEMENTED = (501, "NotImplemented", "A header you provided implies functionality that is not implemented.")
# S3's refusals: its word, the status and its sentence.
_REFUSALS = {
    "AccessDenied": (403, "Access Denied"),
    "ExpiredToken": (400, "The provided token has expired."),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidRequest": (
        400,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    ),
    "InvalidToken": (400, "The provided token is malformed or otherwise invalid."),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided."
        " Check your key and signing method.",
    ),
}


def _refusal(code: str, sentence: str = "") -> Problem:
    status, usual = _REFUSALS[code]
    return Problem(status, code, sentence or usual)


@dataclass(frozen=True, slots=True)
class Target:
    """The subject of a request.

    Attributes:
        method: The HTTP method.
        bucket: The bucket; empty for requests of the whole account.
        key: The object's key; empty for requests of the bucket.
        query: The query's parameters.
        copied: Bucket, key and version that it copies from, if it does; None for the newest version.
        in_host: Whether the bucket is in the host's name.
    """

    method: str
    bucket: str
    key: str
    query: dict[str, str]
    copied: tuple[str, str, str | None] | None
    in_host: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """A WSGI application around the S3 server's.

    Attributes:
        app: The S3 server.
        sessions: The temporary credentials.
        owner: The variables of the key that may do everything.
        closed: Buckets of which temporary credentials open a part: nothing else of them may be copied with these.
        may_write: Whether credentials may be used to write at present, beyond all else.
        before_read: Called with bucket and key before an object of a closed bucket is read.
        public: Buckets whose objects are read without a signature.
    """

    app: Wsgi
    sessions: Sessions
    owner: Mapping[str, str]
    closed: Collection[str]
    may_write: Callable[[Session], bool]
    before_read: Callable[[str, str], object]
    public: Collection[str] = ()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a request on, or refuse it in S3's way."""
        try:
            target = target_of(environ)
            self._check(environ, target)
        except Problem as problem:
            return refused(problem, environ, start_response)
        if target.method in ("GET", "HEAD") and target.bucket in self.closed and target.key:
            self.before_read(target.bucket, target.key)
        return self.app(environ, start_response)

    def _check(self, environ: dict[str, Any], target: Target) -> None:
        method, headers = target.method, headers_of(environ)
        path, _, query = raw_target(environ).partition("?")
        path_before = f"/{target.bucket}{path}" if target.in_host else path
        form: dict[str, str] = {}
        signed = read_signature(method, path, query, headers)
        signed = signed or read_signature_before(method, path_before, query, headers)
        if signed is None and method == "POST" and not target.key:
            form, _ = form_of(environ)
            signed = read_form(form)
        if signed is None:
            if method in ("GET", "HEAD") and target.key and target.bucket in self.public:
                return
            raise _refusal("AccessDenied")
        session = self.sessions.find(signed.access_key)
        owned = {self.owner["AWS_ACCESS_KEY_ID"]: self.owner["AWS_SECRET_ACCESS_KEY"]}
        secret_key = self.sessions.secret_key(session) if session else owned.get(signed.access_key)
        if secret_key is None:
            raise _refusal("InvalidAccessKeyId")
        if session is not None and not signed.for_sessions:
            raise _refusal("InvalidRequest")
        if signed.token != (self.sessions.token(session) if session else ""):
            raise _refusal("InvalidToken")
        if session is not None and self.sessions.has_ended(session):
            raise _refusal("ExpiredToken")
        if not signed.is_right(secret_key):
            raise _refusal("SignatureDoesNotMatch")
        # Clients compute expiry by their own clock, as for S3 itself; the sandbox's may differ.
        if signed.ends <= time.time():
            raise _refusal("AccessDenied", "Request has expired")
        if form and not form_allows(form, target.bucket):
            raise _refusal("AccessDenied", "Invalid according to Policy: Policy Condition failed")
        if session is not None:
            self._allow(session, target)

    def _allow(self, session: Session, target: Target) -> None:
        access = required_access(target.method, target.key, target.query)
        reached = target.key or target.query.get("prefix", "")
        if access is None or target.bucket != session.bucket or not reached.startswith(session.prefix):
            raise _refusal("AccessDenied")
        if access == WRITE and not self.may_write(session):
            raise _refusal("AccessDenied")
        if target.copied:
            bucket, key, _ = target.copied
            if bucket in self.closed and not (bucket == session.bucket and key.startswith(session.prefix)):
                raise _refusal("AccessDenied")


def closed_to_pages(app: Wsgi, allowed: tuple[str, ...]) -> Wsgi:
    """The WSGI application before all others: refuses other hosts and other sites' pages, as the services' server does.

    moto lets every page read, write and delete (CORS for any origin); of that nothing gets through.

    Args:
        app: The application.
        allowed: Names besides those of loopback that requests may be for.
    """

    def check(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            remaining = [pair for pair in headers if not pair[0].lower().startswith("access-control-")]
            return start_response(status, remaining, *more)

        try:
            _check_length(environ)
        except Problem as problem:
            return refused(problem, environ, start)
        reason = refused_reason(environ["REQUEST_METHOD"], headers_of(environ), allowed)
        if reason is not None:
            return refused(_refusal("AccessDenied", reason), environ, start_response)
        return app(environ, start)

    return check


def _check_length(environ: dict[str, Any]) -> None:
    """Refuse a body whose end cannot be found; where it is sent in HTTP's own chunks, it is received here."""
    length = headers_of(environ).get("content-length", "")
    try:
        if environ.get("wsgi.input_terminated"):
            body_of(environ)
        elif re.fullmatch("[0-9]{0,30}", length) is None:
            raise OSError(f"Content-Length: {length}")
        elif int(length or 0) > _LARGEST_BODY:
            raise Problem(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    except (OSError, Problem) as error:
        environ |= {"wsgi.input_terminated": False, "CONTENT_LENGTH": "0"}  # what follows is not read
        if isinstance(error, Problem):
            raise
        raise Problem(400, "BadRequest", "An error occurred when parsing the HTTP request.") from error


def target_of(environ: dict[str, Any]) -> Target:
    """The subject of a request."""
    path, _, query = raw_target(environ).partition("?")
    bucket, _, key = unquote(path.removeprefix("/")).partition("/")
    if named := _bucket_of_host(environ.get("HTTP_HOST", "")):
        bucket, key = named, unquote(path.removeprefix("/"))
    source, _, version = environ.get("HTTP_X_AMZ_COPY_SOURCE", "").partition("?")
    copied = unquote_plus(source).lstrip("/").partition("/")  # S3 reads a plus there as a space
    return Target(
        method=environ["REQUEST_METHOD"],
        bucket=bucket,
        key=key,
        query=dict(reversed(parse_qsl(query, keep_blank_values=True))),  # moto reads the first of several values
        copied=(copied[0], copied[2], unquote(version.removeprefix("versionId=")) or None) if source else None,
        in_host=bool(named),
    )


def _bucket_of_host(host: str) -> str:
    """The bucket that is in a host's name, as in bucket.s3.amazonaws.com; empty when it is in the path."""
    name = host.rpartition(":")[0] or host
    first, _, rest = name.partition(".")
    in_path = not rest or name.replace(".", "").isdigit() or first.startswith(("s3", "localhost", "["))
    return "" if in_path else first


def raw_target(environ: dict[str, Any]) -> str:
    """A request's path and query as they were sent."""
    target: str = environ["RAW_URI"]  # werkzeug's; the path that WSGI has is decoded, and signatures are not of that
    if target.startswith(("http://", "https://")):  # the form of requests to proxies
        target = "/" + target.split("/", 3)[-1]
    return target


def headers_of(environ: dict[str, Any]) -> dict[str, str]:
    """A request's headers as they came, names in lower case."""
    headers: dict[str, str] = {}
    for name, value in environ[RAW_HEADERS].items():
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def form_of(environ: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """The fields of a form that sends an object, with its length, and its bytes; the request's body can be read again.

    Raises:
        Problem: 400; two fields have one name.
    """
    if not environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data"):
        return {}, b""
    from werkzeug.formparser import parse_form_data

    head, *rest = b"".join(blocks_of(environ)).partition(b'name="file"')  # moto also reads each request completely
    # For S3 the fields before the file are texts, also where a client names a file for each.
    content = b"".join([_FILE_NAME.sub(b"", head), *rest])
    environ |= {"wsgi.input": (body := io.BytesIO(content)), "CONTENT_LENGTH": str(len(content))}
    _, fields, files = parse_form_data(environ)
    data = fields.get("file", "").encode()
    for file in files.values():
        data = file.read()
        file.close()
    body.seek(0)
    lowered = {name.lower(): value for name, value in fields.items()}
    if len(lowered) < len(fields):  # moto would read another of them than the policy was compared with
        raise Problem(400, "InvalidArgument", "Two fields of the form have names that differ only in case.")
    return lowered | {"content-length-range": str(len(data))}, data


def blocks_of(environ: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of a request's body."""
    if environ.get("wsgi.input_terminated"):  # without a length, in HTTP's own chunks
        yield from iter(lambda: environ["wsgi.input"].read(_BLOCK), b"")
        return
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left and (block := environ["wsgi.input"].read(min(left, _BLOCK))):
        left -= len(block)
        yield block


def body_of(environ: dict[str, Any]) -> bytes:
    """The whole body of a request, which can be read again."""
    body = b"".join(blocks_of(environ))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def refused(problem: Problem, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request with S3's XML of a refusal."""
    # What a client sends must be taken in, or it sees a broken connection in place of the response.
    for _ in blocks_of(environ):
        continue
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(problem.code)}</Code><Message>{escape(problem.title)}</Message>"
        "<RequestId>sandbox</RequestId><HostId>sandbox</HostId></Error>"
    ).encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body))), *problem.headers.items()]
    start_response(f"{problem.status} {responses.get(problem.status, 'Refused')}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
