"""Signatures of AWS are those that botocore makes of the same request, in headers and in queries."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.sigv4 import EMPTY, UNSIGNED, Keys, Signer, escaped, escaped_path, moment_of, unescaped
from omicsdk.sandbox.s3.signature import read_signature

NOW = 1_790_000_000.25
KEYS = st.builds(
    Keys, st.text("AKIZ09", min_size=4, max_size=20), st.text(min_size=1, max_size=80), st.text("tT+/=", max_size=9)
)
PARTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
QUERY = st.dictionaries(st.text("abcXYZ-09", min_size=1, max_size=9), PARTS, max_size=4)
HEADERS = st.dictionaries(
    st.sampled_from(["x-amz-meta-a", "x-amz-checksum-mode", "content-type", "content-md5", "x-amz-copy-source"]),
    st.text("abc /=;,", max_size=12),
)
METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"])


if not hasattr(auth, "get_current_datetime"):
    pytest.skip("this botocore reads its clock in several places: older ones do", allow_module_level=True)


@pytest.fixture(autouse=True)
def _at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        auth, "get_current_datetime", lambda remove_tzinfo=True: datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
    )


def sent(path: str, query: dict[str, str]) -> tuple[str, str]:
    return f"/{escaped_path(path)}", "&".join(f"{name}={escaped(value)}" for name, value in query.items())


def theirs(signer: Any, method: str, path: str, query: str, headers: dict[str, str]) -> AWSRequest:
    request = AWSRequest(method, f"https://bkt.s3.eu-west-3.amazonaws.com{path}{query and '?'}{query}", {**headers})
    signer.add_auth(request)
    return request


@given(KEYS, METHODS, PARTS, QUERY, HEADERS, st.sampled_from([UNSIGNED, EMPTY]))
def test_headers_are_signed_as_botocore_does(
    keys: Keys, method: str, key: str, pairs: dict[str, str], headers: dict[str, str], payload: str
):
    path, query = sent(key, pairs)
    signer = auth.S3SigV4Auth(Credentials(keys.access, keys.secret, keys.token or None), "s3", "eu-west-3")
    signer.payload = lambda _: payload
    expected = theirs(signer, method, path, query, headers)
    signed = Signer(keys, "eu-west-3").headers(
        method, "bkt.s3.eu-west-3.amazonaws.com", path, query, headers, payload=payload, now=NOW
    )
    assert signed["authorization"] == expected.headers["Authorization"]
    assert signed["x-amz-date"] == moment_of(NOW)
    assert signed.get("x-amz-security-token", "") == keys.token


@given(KEYS, METHODS, PARTS, QUERY, st.integers(1, 604_800))
def test_queries_are_signed_as_botocore_does(keys: Keys, method: str, key: str, pairs: dict[str, str], seconds: int):
    path, query = sent(key, pairs)
    signer = auth.S3SigV4QueryAuth(
        Credentials(keys.access, keys.secret, keys.token or None), "s3", "eu-west-3", expires=seconds
    )
    expected = theirs(signer, method, path, query, {})
    signed = Signer(keys, "eu-west-3").query(
        method, "bkt.s3.eu-west-3.amazonaws.com", path, query, seconds=seconds, now=NOW
    )
    assert signed.rpartition("&")[2] == expected.url.rpartition("&")[2]


@given(KEYS, METHODS, PARTS, QUERY, HEADERS)
def test_the_sandbox_finds_the_signature_right_and_a_changed_request_wrong(
    keys: Keys, method: str, key: str, pairs: dict[str, str], headers: dict[str, str]
):
    path, query = sent(key, pairs)
    headers = {name: value.strip() for name, value in headers.items()}
    signed_headers = Signer(keys, "us-east-1").headers(method, "bkt.example.org", path, query, headers, now=NOW)
    received = {**signed_headers, "host": "bkt.example.org"}
    signed = read_signature(method, path, query, received)
    assert signed is not None
    assert signed.is_right(keys.secret)
    assert not signed.is_right(keys.secret + "x")
    changed = read_signature(method, f"{path}x", query, received)
    assert changed is not None
    assert not changed.is_right(keys.secret)


@pytest.mark.parametrize("letter", ["à", "Å"])
def test_letters_in_utf_8_whose_last_byte_is_a_space_in_latin_1_are_signed_whole(letter: str):
    value = letter.encode().decode("latin-1")
    signed, cut = (
        Signer(Keys("a", "b"), "us-east-1").headers("PUT", "h", "/k", headers={"x-amz-meta-a": text}, now=NOW)
        for text in (f" {value} ", value[:1])
    )
    assert signed["authorization"] != cut["authorization"]
    received = read_signature("PUT", "/k", "", {**signed, "x-amz-meta-a": value, "host": "h"})
    assert received is not None
    assert received.is_right("b")


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("%E9C3a/+ "))
def test_texts_are_escaped_as_urllib_does(text: str):
    assert escaped(text) == quote(text, safe="-_.~")
    assert escaped_path(text) == quote(text, safe="/-_.~")
    assert unescaped(text) == unquote(text)
