"""The S3 server's guard: which requests it passes on, and S3's refusals of the others."""

import base64
import hashlib
import hmac
import io
import json
import re
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import HmacV1Auth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.s3.guard import RAW_HEADERS, Guard, Session, Sessions, Wsgi, closed_to_pages, form_of, target_of
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.state.database import Database

OWNER = Credentials("AKOWNER", "secret")
SIGNERS = {
    "v4": lambda key: S3SigV4Auth(key, "s3", "us-east-1"),
    "v2": lambda key: HmacV1Auth(key),
    "url": lambda key: S3SigV4QueryAuth(key, "s3", "us-east-1", expires=60),
    "ended": lambda key: S3SigV4QueryAuth(key, "s3", "us-east-1", expires=-60),
}


def environ_of(method: str, target: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    """What a server makes of a request; names of headers have underscores in place of dashes."""
    sent = {name.replace("_", "-"): value for name, value in {"host": "127.0.0.1", **headers}.items()}
    return {
        "REQUEST_METHOD": method,
        "RAW_URI": target,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": sent.get("content-type", ""),
        "HTTP_HOST": sent["host"],
        "HTTP_X_AMZ_COPY_SOURCE": sent.get("x-amz-copy-source", ""),
        RAW_HEADERS: sent,
        "wsgi.input": io.BytesIO(body),
    }


def signed(method: str, path: str, key: Credentials | None, way: str = "v4", **headers: str) -> dict[str, Any]:
    """The same, signed with a key; without one, no signature."""
    request = AWSRequest(
        method, f"http://127.0.0.1{path}", headers={n.replace("_", "-"): v for n, v in headers.items()}
    )
    if key is not None:
        request.auth_path = path.partition("?")[0]
        SIGNERS[way](key).add_auth(request)
    target = request.url.removeprefix("http://127.0.0.1")
    return environ_of(method, target, **{name.lower(): value for name, value in request.headers.items()})


class Server:
    """A server that takes everything, and what came to it."""

    def __init__(self) -> None:
        self.headers = [("Access-Control-Allow-Origin", "*"), ("ETag", "e")]
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", self.headers)
        return [b"passed"]


def answer(app: Wsgi, environ: dict[str, Any]) -> tuple[str, dict[str, str], str]:
    """Status, headers and body of a response."""
    started: list[tuple[str, dict[str, str]]] = []
    body = b"".join(app(environ, lambda status, headers, *_: started.append((status, dict(headers)))))
    [(status, headers)] = started
    return status, headers, body.decode()


def outcome(app: Wsgi, environ: dict[str, Any]) -> str:
    """S3's word for a refusal; `passed` where the request reached the server."""
    body = answer(app, environ)[2]
    return body if body == "passed" else re.findall("<Code>(.*)</Code>", body)[0]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(tmp_path: Path, clock: Clock) -> Generator[Sessions]:
    with closing(Database(tmp_path / "state.sqlite")) as database:
        yield Sessions(database, clock, Secrets(b"key"))


@pytest.fixture
def session(sessions: Sessions) -> Session:
    """Credentials for the folder one/ of the bucket area."""
    return sessions.issue("area", "one/", 60)


@pytest.fixture
def key(sessions: Sessions, session: Session) -> Credentials:
    return Credentials(session.access_key, sessions.secret_key(session), sessions.token(session))


def guard_of(sessions: Sessions, reads: list[tuple[str, str]] | None = None, *, may_write: bool = True) -> Guard:
    owner = {"AWS_ACCESS_KEY_ID": OWNER.access_key, "AWS_SECRET_ACCESS_KEY": OWNER.secret_key}

    def before_read(bucket: str, key: str) -> None:
        if reads is not None:
            reads.append((bucket, key))

    return Guard(Server(), sessions, owner, {"area"}, lambda _: may_write, before_read, {"public"})


def test_credentials_have_the_form_of_awss(sessions: Sessions, session: Session, clock: Clock):
    assert re.fullmatch("ASIA[A-Z0-9]{16}", session.access_key)
    assert sessions.find(session.access_key) == session
    assert sessions.find("AKOWNER") is None
    assert (session.ends, len(sessions.token(session))) == (1060.0, 256)
    clock.now = 1059.0
    assert not sessions.has_ended(session)
    clock.now = 1060.0
    assert sessions.has_ended(session)


@pytest.mark.parametrize(
    ("method", "path", "copied", "expected"),
    [
        ("GET", "/area/one/a", "", "passed"),
        ("GET", "/area/two/a", "", "AccessDenied"),
        ("GET", "/other/one/a", "", "AccessDenied"),
        ("GET", "/area?prefix=one%2F", "", "passed"),
        ("GET", "/area?prefix=one", "", "AccessDenied"),
        ("GET", "/area", "", "AccessDenied"),
        ("DELETE", "/area/one/a", "", "AccessDenied"),
        ("PUT", "/area/one/a", "", "passed"),
        ("PUT", "/area/one/a", "/area/one/b", "passed"),
        ("PUT", "/area/one/a", "/area/two/b", "AccessDenied"),
        ("PUT", "/area/one/a", "/open/two/b", "passed"),
        ("PUT", "/area/two/a", "/area/one/b", "AccessDenied"),
    ],
)
def test_credentials_open_their_folder(
    sessions: Sessions, key: Credentials, method: str, path: str, copied: str, expected: str
):
    headers = {"x_amz_copy_source": copied} if copied else {}
    assert outcome(guard_of(sessions), signed(method, path, key, **headers)) == expected
    assert outcome(guard_of(sessions), signed(method, path, OWNER, **headers)) == "passed"
    assert outcome(guard_of(sessions), signed(method, path, None, **headers)) == "AccessDenied"


def test_what_is_copied_has_to_be_in_the_folder_of_the_same_bucket(sessions: Sessions, key: Credentials):
    guard = guard_of(sessions)
    guard = Guard(guard.app, sessions, guard.owner, {"area", "another"}, guard.may_write, guard.before_read)
    copy = signed("PUT", "/area/one/a", key, x_amz_copy_source="/another/one/b")
    assert outcome(guard, copy) == "AccessDenied"


@pytest.mark.parametrize("name", ["policy", "requestPayment", "ownershipControls", "object-lock", "renameObject"])
def test_credentials_do_nothing_with_settings_of_buckets_and_objects(sessions: Sessions, key: Credentials, name: str):
    for method, path in (("GET", f"/area?prefix=one%2F&{name}"), ("PUT", f"/area/one/a?{name}")):
        assert outcome(guard_of(sessions), signed(method, path, key)) == "AccessDenied"


def test_credentials_write_only_at_times(sessions: Sessions, key: Credentials):
    guard = guard_of(sessions, may_write=False)
    assert outcome(guard, signed("PUT", "/area/one/a", key)) == "AccessDenied"
    assert outcome(guard, signed("GET", "/area/one/a", key)) == "passed"
    assert outcome(guard, signed("PUT", "/area/one/a", OWNER)) == "passed"


def test_before_objects_of_closed_buckets_are_read_their_owner_is_told(sessions: Sessions):
    reads: list[tuple[str, str]] = []
    guard = guard_of(sessions, reads)
    for method, path in (
        ("GET", "/area/a"),
        ("HEAD", "/area/b"),
        ("PUT", "/area/c"),
        ("GET", "/area"),
        ("GET", "/open/d"),
    ):
        assert outcome(guard, signed(method, path, OWNER)) == "passed"
    assert reads == [("area", "a"), ("area", "b")]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/public/a", "passed"),
        ("HEAD", "/public/a", "passed"),
        ("PUT", "/public/a", "AccessDenied"),
        ("GET", "/public", "AccessDenied"),
        ("POST", "/public", "AccessDenied"),
        ("GET", "/open/a", "AccessDenied"),
    ],
)
def test_objects_of_public_buckets_are_read_without_a_signature(
    sessions: Sessions, method: str, path: str, expected: str
):
    status, _, body = answer(guard_of(sessions), signed(method, path, None))
    assert (status, expected in body) == (("200 OK", True) if expected == "passed" else ("403 Forbidden", True))


@pytest.mark.parametrize("way", ["v4", "v2", "url", "ended"])
def test_a_signature_has_to_be_right(sessions: Sessions, session: Session, key: Credentials, way: str):
    guard = guard_of(sessions)

    def refusal(credentials: Credentials) -> str:
        return outcome(guard, signed("GET", "/area/one/a", credentials, way))

    temporary = "InvalidRequest" if way == "v2" else "AccessDenied" if way == "ended" else "passed"
    assert refusal(key) == temporary
    assert refusal(OWNER) == ("AccessDenied" if way == "ended" else "passed")
    assert refusal(Credentials("AKOTHER", "secret")) == "InvalidAccessKeyId"
    assert refusal(Credentials("AKOWNER", "other")) == "SignatureDoesNotMatch"
    assert refusal(Credentials("AKOWNER", "secret", "token")) == "InvalidToken"
    if way != "v2":
        assert refusal(Credentials(session.access_key, key.secret_key)) == "InvalidToken"
        assert refusal(Credentials(session.access_key, "other", key.token)) == "SignatureDoesNotMatch"


def test_a_refusal_has_the_status_and_the_sentence_of_s3(sessions: Sessions, key: Credentials, clock: Clock):
    guard = guard_of(sessions)
    request = signed("GET", "/area/one/a", key, "v2")
    status, headers, body = answer(guard, request)
    assert (status, headers) == (
        "400 Bad Request",
        {"Content-Type": "application/xml", "Content-Length": str(len(body))},
    )
    assert "<Message>The authorization mechanism you have provided is not supported. Please use AWS4" in body
    assert "<Message>Request has expired</Message>" in answer(guard, signed("GET", "/area/one/a", OWNER, "ended"))[2]
    assert answer(guard, signed("HEAD", "/area/two/a", key))[::2] == ("403 Forbidden", "")
    other = Credentials(OWNER.access_key, OWNER.secret_key, "token")
    assert answer(guard, signed("GET", "/area/one/a", other))[0] == "400 Bad Request"
    clock.now = 2000.0
    status, _, body = answer(guard, signed("GET", "/area/one/a", key))
    assert (status, "<Code>ExpiredToken</Code>" in body) == ("400 Bad Request", True)


# -- forms


def form(fields: dict[str, str], path: str = "/open", **file: str) -> dict[str, Any]:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts += [f'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\n{text}\r\n' for text in file.values()]
    body = "".join(f"--limit\r\n{part}" for part in parts) + "--limit--\r\n"
    return environ_of("POST", path, body.encode(), content_type="multipart/form-data; boundary=limit")


def signed_form(credentials: Credentials, *conditions: Any, **fields: str) -> dict[str, str]:
    """The fields of a form whose policy names the bucket open, a key, and more."""
    stated: list[Any] = [{"bucket": "open"}, ["starts-with", "$key", "in/"], *conditions]
    policy = base64.b64encode(json.dumps({"expiration": "2100-01-01T00:00:00Z", "conditions": stated}).encode())
    signature = base64.b64encode(hmac.new(credentials.secret_key.encode(), policy, hashlib.sha1).digest())
    form_fields = {"AWSAccessKeyId": credentials.access_key, "policy": policy.decode(), "signature": signature.decode()}
    return {**form_fields, "key": "in/a", **fields}


def test_a_form_with_a_right_policy_is_passed_on_whole(sessions: Sessions):
    server, guard = Server(), guard_of(sessions)
    guard = Guard(server, sessions, guard.owner, (), guard.may_write, guard.before_read)
    request = form(signed_form(OWNER), file="sent")
    assert outcome(guard, request) == "passed"
    [body] = server.bodies
    assert (len(body), b'name="file"; filename="f"\r\n\r\nsent' in body) == (int(request["CONTENT_LENGTH"]), True)


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        ({}, "/open", "AccessDenied"),
        ({"key": "in/a"}, "/open", "AccessDenied"),
        (signed_form(OWNER, key="out/a"), "/open", "AccessDenied"),
        (signed_form(OWNER), "/area", "AccessDenied"),
        (signed_form(OWNER), "/open/in/a", "AccessDenied"),
        (signed_form(OWNER, signature="x"), "/open", "SignatureDoesNotMatch"),
        (signed_form(OWNER, Key="in/b"), "/open", "InvalidArgument"),
        (signed_form(OWNER, ["content-length-range", 5, 9]), "/open", "EntityTooSmall"),
    ],
)
def test_another_form_is_refused(sessions: Sessions, fields: dict[str, str], path: str, expected: str):
    assert outcome(guard_of(sessions), form(fields, path, file="sent")) == expected


def test_temporary_credentials_send_no_forms(sessions: Sessions, key: Credentials):
    token = {"x-amz-security-token": key.token or ""}
    fields = signed_form(key, ["eq", "$x-amz-security-token", key.token], **token)
    assert outcome(guard_of(sessions), form(fields, file="sent")) == "AccessDenied"


def test_the_fields_of_a_form_are_texts_and_its_file_bytes():
    fields, data = form_of(form({"Key": "a", "b": "ü"}, file="sent"))
    assert (fields, data) == ({"key": "a", "b": "ü", "content-length-range": "4"}, b"sent")
    assert form_of(environ_of("POST", "/open", b"sent", content_type="text/plain")) == ({}, b"")
    with pytest.raises(Problem, match="differ only in case"):
        form_of(form({"Key": "a", "key": "b"}))


# -- before all others


def test_a_request_of_no_page_is_passed_on_without_what_lets_pages_read():
    status, headers, body = answer(closed_to_pages(Server(), ()), environ_of("GET", "/a"))
    assert (status, headers, body) == ("200 OK", {"ETag": "e"}, "passed")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "example.org"}, "AccessDenied"),
        ({"host": "name"}, "passed"),
        ({"origin": "http://example.org"}, "AccessDenied"),
        ({"content_length": "x"}, "BadRequest"),
        ({"content_length": "-1"}, "BadRequest"),
        ({"content_length": "9" * 31}, "BadRequest"),
        ({"content_length": str(5 << 30)}, "passed"),
        ({"content_length": str((5 << 30) + 1)}, "EntityTooLarge"),
    ],
)
def test_pages_and_bodies_without_an_end_are_refused(headers: dict[str, str], expected: str):
    assert outcome(closed_to_pages(Server(), ("name",)), environ_of("PUT", "/a", b"", **headers)) == expected


def test_a_body_in_chunks_is_received_before_the_server_reads_it():
    server = Server()
    body = io.BytesIO(b"sent")
    environ = {**environ_of("PUT", "/a"), "wsgi.input_terminated": True, "wsgi.input": body}
    assert outcome(closed_to_pages(server, ()), environ) == "passed"
    assert server.bodies == [b"sent"]
    assert environ["wsgi.input"] is not body

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("no end")

    environ = {**environ_of("PUT", "/a"), "wsgi.input_terminated": True, "wsgi.input": Broken()}
    assert outcome(closed_to_pages(server, ()), environ) == "BadRequest"


def test_what_a_client_sends_is_taken_in_before_a_refusal():
    body = io.BytesIO(b"sent and more")
    environ = {**environ_of("PUT", "/a", b"sent", host="example.org"), "wsgi.input": body}
    assert outcome(closed_to_pages(Server(), ()), environ) == "AccessDenied"
    assert body.read() == b" and more"


def test_a_bucket_in_the_hosts_name_is_found():
    environ = environ_of("GET", "/a%20b?x=1", host="bucket.s3.amazonaws.com")
    target = target_of(environ)
    assert (target.bucket, target.key, target.query, target.in_host) == ("bucket", "a b", {"x": "1"}, True)
