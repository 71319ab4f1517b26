"""Presigned URLs of the commons' storage, as S3 answers them."""

import base64
import hashlib
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.storage import Grant, presigned

URL = "s3://sandbox-gen3/dg.TEST/1/a b ü.txt"


def signed(sandbox: Sandbox, method: str, seconds: float = 60) -> str:
    return presigned(sandbox.gen3.context.signer, sandbox.gen3_url, Grant(method, URL), seconds)


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.text.partition("<Code>")[2].partition("</Code>")[0]


def ask(method: str, url: str, **options: object) -> httpx.Response:
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        return client.request(method, url, **options)


def test_bytes_go_in_and_come_out(sandbox: Sandbox):
    sent = ask("PUT", signed(sandbox, "PUT"), content=b"ACGT")
    assert (sent.status_code, sent.headers["ETag"]) == (200, f'"{hashlib.md5(b"ACGT").hexdigest()}"')
    found = ask("GET", signed(sandbox, "GET"))
    assert (found.content, found.headers["ETag"], found.headers["Content-Length"]) == (
        b"ACGT",
        sent.headers["ETag"],
        "4",
    )
    assert ask("GET", signed(sandbox, "GET"), headers={"If-None-Match": sent.headers["ETag"]}).status_code == 304


def test_what_is_sent_again_replaces_the_first(sandbox: Sandbox):
    for content in (b"first", b""):
        ask("PUT", signed(sandbox, "PUT"), content=content)
    assert ask("GET", signed(sandbox, "GET")).content == b""


def test_a_url_is_for_one_method_one_object_and_a_time(sandbox: Sandbox):
    sandbox.gen3.files.put(URL, b"ACGT")
    get, put = signed(sandbox, "GET"), signed(sandbox, "PUT")
    assert refusal(ask("GET", put)) == (403, "SignatureDoesNotMatch")
    assert refusal(ask("PUT", get, content=b"x")) == (403, "SignatureDoesNotMatch")
    assert refusal(ask("GET", get.replace("method=GET", "method=PUT"))) == (403, "SignatureDoesNotMatch")
    assert refusal(ask("GET", get.replace("/1/", "/2/"))) == (403, "SignatureDoesNotMatch")
    assert ask("HEAD", get).status_code == 403
    assert refusal(ask("GET", get.partition("?")[0])) == (403, "AccessDenied")
    sandbox.clock.advance(61)
    assert refusal(ask("GET", get)) == (403, "AccessDenied")


def test_a_login_beside_the_signature_is_refused(sandbox: Sandbox):
    sandbox.gen3.files.put(URL, b"ACGT")
    response = ask("GET", signed(sandbox, "GET"), headers={"Authorization": "bearer token"})
    assert refusal(response) == (400, "InvalidArgument")


def test_a_missing_object_is_not_found(sandbox: Sandbox):
    assert refusal(ask("GET", signed(sandbox, "GET"))) == (404, "NoSuchKey")
    sandbox.gen3.files.put(URL, b"ACGT")
    assert sandbox.gen3.files.remove(URL)
    assert not sandbox.gen3.files.remove(URL)
    assert refusal(ask("GET", signed(sandbox, "GET"))) == (404, "NoSuchKey")


def test_bytes_need_their_length(sandbox: Sandbox):
    response = ask("PUT", signed(sandbox, "PUT"), content=iter([b"AC", b"GT"]))
    assert refusal(response) == (411, "MissingContentLength")


@pytest.mark.parametrize(("stated", "status"), [(b"ACGT", 200), (b"TGCA", 400)])
def test_a_stated_md5_is_checked(sandbox: Sandbox, stated: bytes, status: int):
    digest = base64.b64encode(hashlib.md5(stated).digest()).decode()
    response = ask("PUT", signed(sandbox, "PUT"), content=b"ACGT", headers={"Content-MD5": digest})
    assert response.status_code == status
    assert (sandbox.gen3.files.find(URL) is None) == (status != 200)


def test_what_breaks_off_leaves_nothing(sandbox: Sandbox):
    parts = urlsplit(signed(sandbox, "PUT"))
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 100\r\n\r\n"
        connection.sendall(head.encode() + b"too little")
    assert ask("PUT", signed(sandbox, "PUT"), content=b"ACGT").status_code == 200
    assert ask("GET", signed(sandbox, "GET")).content == b"ACGT"
    assert list((sandbox.folder / "objects" / "incoming").iterdir()) == []


def test_many_write_and_read_at_once(sandbox: Sandbox):
    def round_trip(number: int) -> bool:
        content = bytes([number]) * 100_000
        url = f"s3://sandbox-gen3/many/{number}"
        put, get = (
            presigned(sandbox.gen3.context.signer, sandbox.gen3_url, Grant(method, url), 60)
            for method in ("PUT", "GET")
        )
        return ask("PUT", put, content=content).status_code == 200 and ask("GET", get).content == content

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(round_trip, range(64)))


def test_signatures_are_in_no_log(sandbox: Sandbox) -> None:
    guid = sandbox.gen3.add_file("a", b"a")
    url = httpx.get(f"{sandbox.url}/user/data/download/{guid}", trust_env=False).json()["url"]
    assert httpx.get(url, trust_env=False).content == b"a"
    (entry,) = sandbox.requests("/gen3/_storage")
    assert entry["query"] == ""
