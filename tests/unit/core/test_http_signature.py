"""Signatures of notifications: agreement with requests-http-signature, and every way to be wrong."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.http_signature import SignatureError, digest_of, sign, verify_signature

AT = 1564689707.0  # Thu, 01 Aug 2019 20:01:47 GMT
URL = "http://127.0.0.1:8080/hook?x=1"
DATE = "Thu, 01 Aug 2019 20:01:47 GMT"
CAT = b"monorail_cat"


def test_signs_as_the_library_of_the_data_store_did() -> None:
    """The expected values were computed by requests-http-signature 0.2.0."""
    assert sign("POST", URL, {}, b'{"a": 1}', key_id="squirrel", key=CAT, now=AT) == {
        "Date": DATE,
        "Digest": "SHA-256=+dhgKMbg1k4iUYb5astpM4ssWXZN95FiEH9cS7NNExA=",
        "Authorization": 'Signature keyId="squirrel",algorithm="hmac-sha256",headers="date digest",'
        'signature="TT/WOYvKDZl5CO4zQZplHn3wyPaQ5SYuGjf4F4nlWmg="',
    }


def test_verifies_what_that_library_signs() -> None:
    headers = {
        "date": DATE,
        "host": "127.0.0.1:8080",
        "digest": "SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        "authorization": 'Signature keyId="squirrel",algorithm="hmac-sha256",headers="(request-target) host date digest",'
        'signature="/c1ul0KB8cdLgccMwmoHV1ibw3vJv785428ESihVE1E=",created="1795166359"',
    }
    keys = {"squirrel": CAT}
    assert verify_signature("PUT", "/hook?x=1", headers, b"abc", key_of=keys.get, now=AT + 299) == "squirrel"
    assert verify_signature("PUT", URL, headers, b"abc", key_of=keys.get) == "squirrel"


def good() -> dict[str, Any]:
    body = b"body"
    headers = sign("POST", URL, {}, body, key_id="k", key=CAT, now=AT)
    return {
        "method": "POST",
        "url": URL,
        "headers": headers,
        "body": body,
        "key_of": {"k": "monorail_cat"}.get,
        "now": AT,
    }


def authorization(old: str, new: str) -> dict[str, Any]:
    headers = good()["headers"]
    return {"headers": {**headers, "Authorization": headers["Authorization"].replace(old, new)}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"body": b"bodies"}, "body is not the one"),
        ({"key_of": {"k": "other"}.get}, "signature of key 'k' is wrong"),
        ({"key_of": {"other": CAT}.get}, "unknown key 'k'"),
        ({"now": AT + 301}, "301 s away"),
        ({"now": AT - 301}, "301 s away"),
        ({"headers": {}}, "no Authorization header"),
        ({"headers": {"Authorization": "Bearer abc"}}, "scheme Signature"),
        ({"headers": {"Authorization": "Signature keyId=k"}}, "name=value"),
        ({"headers": {"Authorization": 'Signature keyId="k",keyId="j"'}}, "distinct"),
        ({"headers": {"Authorization": 'Signature keyId="k",algorithm="hmac-sha256"'}}, "has no signature"),
        ({"headers": {**good()["headers"], "Date": "yesterday"}}, "is wrong"),
        ({"headers": {k: v for k, v in good()["headers"].items() if k != "Date"}}, "no date"),
        ({"headers": {**good()["headers"], "Digest": digest_of(b"evil")}, "body": b"evil"}, "is wrong"),
        (authorization("hmac-sha256", "none"), "'none' is not hmac-sha256"),
        (authorization("date digest", "date"), "does not cover digest"),
        (authorization('headers="date digest",', ""), "does not cover digest"),
        (authorization('signature="', 'signature="!'), "cannot be checked"),
        ({"required": ["(request-target)", "date"]}, r"does not cover \(request-target\)"),
        (
            {**authorization("date digest", "digest"), "required": ["digest"]},
            "does not cover date",
        ),  # else it could be replayed
        ({"headers": {**good()["headers"], "Date": "\udcff"}}, "cannot be checked"),  # as aiohttp decodes another byte
    ],
)
def test_what_is_wrong_is_reported(change: dict[str, Any], says: str) -> None:
    with pytest.raises(SignatureError, match=says):
        verify_signature(**{**good(), **change})


def test_the_good_one_is_good() -> None:
    assert verify_signature(**good()) == "k"


def test_a_date_that_was_signed_and_is_none() -> None:
    headers = {"date": "soon"}
    signature = base64.b64encode(hmac.new(CAT, b"date: soon", hashlib.sha256).digest()).decode()
    headers["authorization"] = f'Signature keyId="k",algorithm="hmac-sha256",signature="{signature}"'
    with pytest.raises(SignatureError, match="is not a date"):
        verify_signature("POST", URL, headers, b"", key_of=lambda _: CAT, now=AT, required=["date"])


@pytest.mark.parametrize(
    ("change", "says"),
    [({"signed": ("date", "x-other")}, "no x-other"), ({"key_id": 'a"b'}, "key id"), ({"key_id": "a\nb"}, "key id")],
)
def test_what_cannot_be_signed(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sign("POST", URL, {}, b"", **{"key_id": "k", "key": CAT, "now": AT, **change})


def test_a_path_that_begins_with_two_slashes_has_no_host() -> None:
    signed = ("(request-target)", "date", "digest")
    headers = sign("POST", "http://h//hook/a?x=1", {}, b"", key_id="k", key=CAT, now=AT, signed=signed)
    assert verify_signature("POST", "//hook/a?x=1", headers, b"", key_of=lambda _: CAT) == "k"
    headers = sign("POST", "http://h/a?x=1", {}, b"", key_id="k", key=CAT, now=AT, signed=signed)
    with pytest.raises(SignatureError, match="is wrong"):
        verify_signature("POST", "//hook/a?x=1", headers, b"", key_of=lambda _: CAT)


KEY_IDS = st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"]))


@given(st.binary(), st.binary(min_size=1), KEY_IDS, st.sampled_from(["POST", "PUT"]))
def test_what_is_signed_verifies(body: bytes, key: bytes, key_id: str, method: str) -> None:
    signed = ("(request-target)", "host", "date", "digest", "content-type")
    headers = {"Content-Type": "application/json"}
    headers |= sign(method, URL, headers, body, key_id=key_id, key=key, now=AT, signed=signed)
    assert verify_signature(method, URL, headers, body, key_of=lambda _: key, now=AT, required=signed) == key_id
    with pytest.raises(SignatureError):
        verify_signature(method, URL + "0", headers, body, key_of=lambda _: key, now=AT)
    with pytest.raises(SignatureError):
        verify_signature(method, URL, headers, body + b"\0", key_of=lambda _: key, now=AT)
