"""Presigned URLs of the commons' storage, as S3 answers them."""

import base64
import hashlib

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.storage_urls import Grant, presigned

URL = "s3://sandbox-gen3/dg.TEST/1/a b ü.txt"


def signed(sandbox: Sandbox, method: str, seconds: float = 60) -> str:
    return presigned(sandbox.gen3.grounds.signer, sandbox.gen3_url, Grant(method, URL), seconds)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def ask(method: str, url: str, **options: object) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.request(method, url, **options)  # type: ignore[arg-type]


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
    answer = ask("GET", signed(sandbox, "GET"), headers={"Authorization": "bearer token"})
    assert refusal(answer) == (400, "InvalidArgument")


def test_what_isnt_there_isnt_found(sandbox: Sandbox):
    assert refusal(ask("GET", signed(sandbox, "GET"))) == (404, "NoSuchKey")
    sandbox.gen3.files.put(URL, b"ACGT")
    assert sandbox.gen3.files.remove(URL)
    assert not sandbox.gen3.files.remove(URL)
    assert refusal(ask("GET", signed(sandbox, "GET"))) == (404, "NoSuchKey")


def test_bytes_need_their_length(sandbox: Sandbox):
    answer = ask("PUT", signed(sandbox, "PUT"), content=iter([b"AC", b"GT"]))
    assert refusal(answer) == (411, "MissingContentLength")


@pytest.mark.parametrize(("stated", "status"), [(b"ACGT", 200), (b"TGCA", 400)])
def test_a_stated_md5_is_checked(sandbox: Sandbox, stated: bytes, status: int):
    digest = base64.b64encode(hashlib.md5(stated).digest()).decode()
    answer = ask("PUT", signed(sandbox, "PUT"), content=b"ACGT", headers={"Content-MD5": digest})
    assert answer.status_code == status
    assert (sandbox.gen3.files.find(URL) is None) == (status != 200)
