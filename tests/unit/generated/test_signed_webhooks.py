"""Webhooks of a generated package are verified, and parsed as the event that they report."""

import json
import sys
from typing import Any

import pytest
from generated_package import Generate
from omicsdk.core import DecodeError, UsageError
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.webhooks import InvalidSignature, UnknownEvent
from small_documents import content, document, object_of
from webhook_document import webhooks as webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENT = 1_700_000_000.0
# Signed by the package `standardwebhooks` 1.1.0.
ENDED = b'{"type": "run.ended", "id": "r-1", "status": "\xc3\xbc"}'
SIGNATURE = "v1,1+3lr6Adr97/sFvkIlTRFpmIyFHxELcL4PUOf4jdKYs="
HEADERS = {
    "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    "webhook-timestamp": "1700000000",
    "webhook-signature": SIGNATURE,
}


def _hook(event: str, **fields: Any) -> dict[str, Any]:
    schema = object_of("id", required=("type", "id"), type={"const": event}, **fields)
    return {"post": {"requestBody": content(schema), "responses": {"200": {"description": ""}}}}


# Models with names that the module has for itself.
HOOKS = {
    "run.ended": _hook("run.ended", status={"type": "string"}),
    "signature": _hook("signature"),
    "secret": _hook("secret"),
}
DOCUMENT = document(
    {},
    {name: object_of("a") for name in ("Signature", "Clock", "Secret", "Event")},
    webhooks=HOOKS,
    **{"x-omics-webhook-signature": {"scheme": "standard"}},
)


def test_a_genuine_webhook_is_the_model_of_its_event(webhooks: Any) -> None:
    event = webhooks.unwrap(ENDED, HEADERS, SECRET, clock=ManualClock(SENT))
    assert (type(event).__name__, event.id, event.status) == ("RunEndedBody", "r-1", "ü")
    assert webhooks.verify(ENDED, HEADERS, [SECRET], clock=ManualClock(SENT)) is None


@pytest.mark.parametrize(
    ("body", "changes", "secret", "error"),
    [
        (ENDED.replace(b"r-1", b"r-2"), {}, SECRET, InvalidSignature),
        (ENDED, {"webhook-signature": ""}, SECRET, InvalidSignature),
        (ENDED, {"webhook-id": "msg_other"}, SECRET, InvalidSignature),
        (ENDED, {"webhook-timestamp": "1700000001"}, SECRET, InvalidSignature),
        (ENDED, {}, "whsec_b3RoZXI=", InvalidSignature),
        (json.loads(ENDED), {}, SECRET, UsageError),
        (ENDED.decode(), {}, SECRET, UsageError),
        (ENDED, {}, "", UsageError),
    ],
)
def test_any_other_is_refused(
    webhooks: Any, body: Any, changes: dict[str, str], secret: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        webhooks.unwrap(body, {**HEADERS, **changes}, secret, clock=ManualClock(SENT))


def test_a_copy_that_is_sent_later_is_refused(webhooks: Any) -> None:
    with pytest.raises(InvalidSignature, match="was signed 600 s ago"):
        webhooks.unwrap(ENDED, HEADERS, SECRET, clock=ManualClock(SENT + 600))
    assert webhooks.unwrap(ENDED, HEADERS, SECRET, clock=ManualClock(SENT + 600), tolerance=900).id == "r-1"


# These two were signed by `standardwebhooks` 1.1.0, too.
PAUSED = b'{"type": "run.paused", "id": "r-1"}'
WRONG = b'{"type": "run.ended", "id": 1}'
OF_WRONG = "v1,uD9UKg1FheJIa4HBonjuqkAH71E2BT9CwG+ZhpA8AS8="


@pytest.mark.parametrize(
    ("body", "signature", "error", "says"),
    [
        (PAUSED, "v1,GvH2KR2+9OZETh/m+pr6E877Emyub1MiCm4RbUDXg9E=", UnknownEvent, "Unknown event 'run.paused'"),
        (WRONG, OF_WRONG, DecodeError, "the body's field 'id' is 1, not string"),
    ],
)
def test_a_genuine_webhook_that_the_document_does_not_have(
    webhooks: Any, body: bytes, signature: str, error: type[Exception], says: str
) -> None:
    headers = {**HEADERS, "webhook-signature": signature}
    with pytest.raises(error, match=says):
        webhooks.unwrap(body, headers, SECRET, clock=ManualClock(SENT))


def test_fields_are_kept_on_demand(webhooks: Any) -> None:
    headers = {**HEADERS, "webhook-signature": OF_WRONG}
    assert webhooks.unwrap(WRONG, headers, SECRET, clock=ManualClock(SENT), strict=False).id == 1


def test_nothing_is_verified_without_a_statement(generate: Generate) -> None:
    silent = generate({key: value for key, value in DOCUMENT.items() if key != "x-omics-webhook-signature"})
    __import__(f"{silent.__name__}.webhooks")
    module = sys.modules[f"{silent.__name__}.webhooks"]
    assert not {"unwrap", "verify"} & set(dir(module))
