"""Receiving notifications: what is taken, what is refused, and when a sender hears that it arrived."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notification_message import AT, JSON, MESSAGE, signed
from omicsdk.hca.dss import Notification
from omicsdk.hca.dss.notifications import Refused, received


def taken(body: bytes, headers: dict[str, str], **how: Any) -> Notification:
    return received("POST", "/hook", headers, body, **{"key_of": None, "now": AT, **how})


def form(fields: dict[str, str], boundary: str = "b0undary") -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    files = {name: (None, value) for name, value in fields.items()}
    return httpx.Request("POST", "http://localhost", headers=headers, files=files).read(), headers


def test_a_message_as_json():
    notification = taken(json.dumps(MESSAGE).encode(), JSON)
    assert (notification.transaction_id, notification.event_type) == ("t1", "CREATE")
    assert (notification.bundle_uuid, notification.bundle_version) == ("u", "v")
    assert notification.attachments == {"organ": "brain"}
    assert notification.payload == MESSAGE


def test_a_message_in_a_form():
    notification = taken(*form({"token": "x y\n\u00e9", "body": json.dumps(MESSAGE)}), payload_field="body")
    assert notification.payload == MESSAGE
    assert notification.form_fields == {"token": "x y\n\u00e9"}


@given(st.dictionaries(st.text("ab-_ ", min_size=1), st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))))
def test_a_form_comes_as_it_was_sent(fields: dict[str, str]):
    notification = taken(*form({**fields, "payload": json.dumps(MESSAGE)}))
    assert notification.form_fields == fields


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"{", JSON, 400, "is not JSON"),
        (b"[" * 100_000, JSON, 400, "is not JSON"),
        (b"[]", JSON, 400, "is not a JSON object"),
        (b"{}", JSON, 400, "callback notification: the body's field 'transaction_id' is None, not a required field"),
        (
            b'{"transaction_id": "t", "subscription_id": "s", "match": []}',
            JSON,
            400,
            "field 'match' is \\[\\], not an object",
        ),
        (
            b'{"transaction_id": "t", "subscription_id": "s", "match": {"bundle_uuid": "u"}}',
            *(JSON, 400, "field 'match.bundle_version' is None"),
        ),
        (
            b'{"transaction_id": "", "subscription_id": "s", "match": {"bundle_uuid": "u", "bundle_version": "v"}}',
            *(JSON, 400, "an empty value in"),
        ),
        (b"{}", {"Content-Type": "text/plain"}, 415, "application/json or multipart"),
        (b"{}", {}, 415, "application/json or multipart"),
        (b"nothing", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "cannot be read"),
        (b"nothing", {"Content-Type": "multipart/form-data"}, 400, "cannot be read"),
        (*form({"other": "1"}), 400, "no field 'payload'"),
    ],
)
def test_an_invalid_notification(body: bytes, headers: dict[str, str], status: int, says: str):
    with pytest.raises(Refused, match=says) as caught:
        taken(body, headers)
    assert caught.value.status == status


def test_signatures_are_checked():
    body = json.dumps(MESSAGE).encode()
    keys = {"k": "secret"}.get
    assert taken(body, signed(body), key_of=keys).key_id == "k"
    for wrong in (JSON, signed(body, key=b"other"), signed(body, key_id="no"), signed(body, at=AT - 301)):
        with pytest.raises(Refused) as caught:
            taken(body, wrong, key_of=keys)
        assert caught.value.status == 401
        assert "secret" not in caught.value.reason
    with pytest.raises(Refused, match="its Digest differs"):
        taken(body + b" ", signed(body), key_of=keys)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--max", "0"], "--max: 0 is below 1"),
        (["--port", "70000"], "--port: 70000 is not a port"),
        (["--path", "hook"], "begins with /"),
        (["--exec", "'"], "cannot be split"),
        (["--exec", "no-such-program --once"], "program no-such-program not found"),
        (["--hmac-key", "@/no/such"], "cannot read /no/such"),
        (["--hmac-key-id", "k"], "--hmac-key-id requires --hmac-key"),
    ],
)
def test_what_cannot_be_meant(words: list[str], says: str, capfd: pytest.CaptureFixture[str]):
    from omicsdk.cli.main import main

    assert main(["dss", "listen", *words]) == 2
    assert says in capfd.readouterr().err
