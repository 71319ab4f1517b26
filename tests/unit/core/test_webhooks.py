"""Signatures of webhooks, compared with those of the services' own packages and documentation.

Standard Webhooks: signed by the package `standardwebhooks` 1.1.0, one vector is that of its specification; `t=`, `v1=`: by `stripe` 16.1.0;
`sha256=` and Slack's: the documented examples of GitHub and Slack.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DecodeError, UsageError
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.webhooks import EventPlace, InvalidSignature, Signature, UnknownEvent, event_reader, spelled, verify

STANDARD = Signature(
    "webhook-signature",
    encoding="base64",
    prefix="v1,",
    separator=" ",
    timestamp="webhook-timestamp",
    id="webhook-id",
    content="{id}.{timestamp}.{body}",
    key="base64",
)
TIMESTAMPED = Signature("stripe-signature", prefix="v1=", timestamp="t=", content="{timestamp}.{body}")
HUB = Signature("x-hub-signature-256", prefix="sha256=")
SLACK = Signature(
    "x-slack-signature", prefix="v0=", timestamp="x-slack-request-timestamp", content="v0:{timestamp}:{body}"
)

BODY = '{"type": "run.ended", "id": "r-1", "status": "ü"}'.encode()
FIRST, SECOND = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRl"
BY_FIRST = "v1,1+3lr6Adr97/sFvkIlTRFpmIyFHxELcL4PUOf4jdKYs="
BY_SECOND = "v1,M8Swrr0C9mju+Hd3OvWB+UCcrS9ufSNGrUF2Ce3VxI0="
SENT = 1_700_000_000.0
OF_STRIPE = "c90b1276de10e7514acc444157c4988248d22ad0f7bea087b15f3255d2408b71"
SLACKS_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
    b".803a0bc887a14d10d2c447fce8b6703c"
)


def standard(signature: str, sent: float = SENT, identifier: str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W") -> dict[str, str]:
    return {"Webhook-Id": identifier, "Webhook-Timestamp": f"{sent:.0f}", "Webhook-Signature": signature}


def verify_at(
    now: float, signature: Signature, body: Any, headers: Mapping[str, str], secret: Any, **more: Any
) -> None:
    verify(signature, body, headers, secret, clock=ManualClock(now), **more)


GENUINE: list[tuple[Signature, bytes, Mapping[str, str], Any, float]] = [
    (STANDARD, BODY, standard(BY_FIRST), FIRST, SENT),
    (STANDARD, BODY, standard(BY_FIRST), FIRST.removeprefix("whsec_"), SENT),
    (STANDARD, BODY, standard(BY_FIRST), base64.b64decode(FIRST.removeprefix("whsec_")), SENT),
    (
        STANDARD,
        b'{"test": 2432232314}',
        standard("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1_614_265_330, "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        FIRST,
        1_614_265_330.0,
    ),
    (TIMESTAMPED, BODY, {"Stripe-Signature": f"t=1700000000,v1={OF_STRIPE},v0=00"}, "whsec_test_of_stripe", SENT),
    (
        HUB,
        b"Hello, World!",
        {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        "It's a Secret to Everybody",
        0.0,
    ),
    (
        SLACK,
        SLACKS_BODY,
        {
            "X-Slack-Request-Timestamp": "1531420618",
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        "8f742231b10e8888abcd99yyyzzz85a5",
        1_531_420_618.0,
    ),
]


@pytest.mark.parametrize("genuine", GENUINE)
def test_what_services_sign_is_genuine(genuine: tuple[Signature, bytes, Mapping[str, str], Any, float]) -> None:
    signature, body, headers, secret, now = genuine
    verify_at(now, signature, body, headers, secret)
    verify_at(now, signature, bytearray(body), {name.upper(): value for name, value in headers.items()}, [secret])


@pytest.mark.parametrize("genuine", GENUINE)
def test_anything_else_is_not(genuine: tuple[Signature, bytes, Mapping[str, str], Any, float]) -> None:
    signature, body, headers, secret, now = genuine
    for changed in (body + b" ", body[:-1], b"", body.upper()):
        with pytest.raises(InvalidSignature, match="No signature of the webhook matches"):
            verify_at(now, signature, changed, headers, secret)
    for other in (b"another", [b"another", b"third"]):
        with pytest.raises(InvalidSignature, match="No signature of the webhook matches"):
            verify_at(now, signature, body, headers, other)
    for name in headers:
        with pytest.raises(InvalidSignature, match=f"(?i)^The webhook has no header {name}"):
            verify_at(now, signature, body, {key: value for key, value in headers.items() if key != name}, secret)


@pytest.mark.parametrize("sent", [BY_FIRST, BY_SECOND, f"{BY_FIRST} {BY_SECOND}", f"v1a,xyz v1,!! {BY_SECOND}"])
def test_several_signatures_and_secrets_while_one_is_replaced(sent: str) -> None:
    verify_at(SENT, STANDARD, BODY, standard(sent), [FIRST, SECOND])
    verify_at(SENT, STANDARD, BODY, standard(sent), (SECOND, FIRST))


def test_several_timestamped_signatures() -> None:
    headers = {"stripe-signature": f"t=1700000000, v1=00, v1={OF_STRIPE}"}
    verify_at(SENT, TIMESTAMPED, BODY, headers, ["old", "whsec_test_of_stripe"])


@pytest.mark.parametrize(("now", "says"), [(301.0, "301 s ago"), (-301.0, "301 s in the future")])
def test_an_old_or_early_signature_is_refused(now: float, says: str) -> None:
    for signature, headers, secret in (
        (STANDARD, standard(BY_FIRST), FIRST),
        (TIMESTAMPED, {"stripe-signature": f"t=1700000000,v1={OF_STRIPE}"}, "whsec_test_of_stripe"),
    ):
        verify_at(SENT + now * 0.99, signature, BODY, headers, secret)
        verify_at(SENT + now, signature, BODY, headers, secret, tolerance=400)
        with pytest.raises(InvalidSignature, match=f"The webhook was signed {says}, and 300 s are allowed") as caught:
            verify_at(SENT + now, signature, BODY, headers, secret)
        assert "set this machine's clock" in caught.value.remedy


def test_a_time_may_be_in_milliseconds() -> None:
    sent = "1700000000123"
    digest = hmac.new(b"secret", sent.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={sent},v1={digest}"}
    verify_at(SENT + 299, TIMESTAMPED, BODY, headers, "secret")
    with pytest.raises(InvalidSignature, match="ago"):
        verify_at(SENT + 301, TIMESTAMPED, BODY, headers, "secret")


@pytest.mark.parametrize("time", ["", "soon", "-1", "1e9", "nan", "٣", "9" * 20, "1700000000.5"])
def test_a_time_is_a_number(time: str) -> None:
    with pytest.raises(InvalidSignature, match=r"not a number of seconds|has no header webhook-timestamp"):
        verify_at(SENT, STANDARD, BODY, {**standard(BY_FIRST), "Webhook-Timestamp": time}, FIRST)
    with pytest.raises(InvalidSignature, match="not a number of seconds"):
        verify_at(SENT, TIMESTAMPED, BODY, {"stripe-signature": f"t={time},v1={OF_STRIPE}"}, "whsec_test_of_stripe")


def test_a_header_without_a_signature_of_the_form() -> None:
    for sent in ("sha1=00", "757107", "sha256=xyz"):
        with pytest.raises(InvalidSignature, match="has no signature of the form"):
            verify(HUB, b"Hello, World!", {"x-hub-signature-256": sent}, "It's a Secret to Everybody")


@pytest.mark.parametrize("body", [{"type": "run.ended"}, BODY.decode(), [], None])
def test_a_body_that_was_parsed_is_refused_with_the_reason(body: Any) -> None:
    with pytest.raises(
        UsageError, match=f"of type {type(body).__name__}: parsing and writing JSON changes them"
    ) as caught:
        verify_at(SENT, STANDARD, body, standard(BY_FIRST), FIRST)
    assert "request.get_data() in Flask" in caught.value.remedy


@pytest.mark.parametrize("secret", ["", b"", None, [], [FIRST, ""], [None]])
def test_a_missing_secret_is_refused(secret: Any) -> None:
    empty = hmac.new(b"", b"a", hashlib.sha256).hexdigest()
    with pytest.raises(UsageError, match="is missing or empty"):
        verify(HUB, b"a", {"x-hub-signature-256": f"sha256={empty}"}, secret)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!", "ü", "whsec_a"])
def test_a_secret_that_is_no_base64_is_refused(secret: str) -> None:
    with pytest.raises(UsageError, match="is not in base64"):
        verify_at(SENT, STANDARD, BODY, standard(BY_FIRST), secret)


def test_errors_contain_no_secret() -> None:
    with pytest.raises(InvalidSignature) as caught:
        verify(HUB, b"a", {"x-hub-signature-256": "sha256=00"}, "canary")
    assert "canary" not in f"{caught.value!r}{caught.value}"


@given(
    st.binary(max_size=40),
    st.binary(min_size=1, max_size=40),
    st.sampled_from(["hex", "base64"]),
    st.sampled_from(["", "v1=", "sha256="]),
    st.booleans(),
)
def test_each_encoding_and_prefix(body: bytes, key: bytes, encoding: Any, prefix: str, is_url_safe: bool) -> None:
    signature = Signature("x-signature", encoding, prefix, separator="")
    digest = hmac.new(key, body, hashlib.sha256)
    written = base64.urlsafe_b64encode if is_url_safe else base64.b64encode
    text = digest.hexdigest() if encoding == "hex" else written(digest.digest()).decode()
    verify(signature, body, {"X-Signature": f" {prefix}{text} "}, key)
    verify(signature, body, {"X-Signature": f"{prefix}{text.rstrip('=')}"}, key)
    with pytest.raises(InvalidSignature):
        verify(signature, body + b"x", {"X-Signature": f"{prefix}{text}"}, key)


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_no_header_raises_another_error(signature: str, time: str, identifier: str) -> None:
    headers = {"webhook-id": identifier, "webhook-timestamp": time, "webhook-signature": signature}
    with pytest.raises(InvalidSignature):
        verify_at(SENT, STANDARD, BODY, headers, FIRST)
    with pytest.raises(InvalidSignature):
        verify_at(SENT, replace(TIMESTAMPED, header="webhook-signature"), BODY, headers, FIRST)


EVENTS = {"runended": str, "pushcreated": int, "1": float}


@pytest.mark.parametrize(
    ("place", "body", "headers", "kind"),
    [
        (EventPlace(field="type"), b'{"type": "run.ended"}', {}, str),
        (EventPlace(field="event.type"), b'{"event": {"type": "RunEnded"}}', {}, str),
        (EventPlace(field="type"), b'{"type": 1}', {}, float),
        (EventPlace(header="X-Event"), b"", {"x-event": "run_ended"}, str),
        (EventPlace("x-event", "action"), b'{"action": "created"}', {"X-Event": "push"}, int),
        (EventPlace("x-event", "action"), b"{}", {"X-Event": "run-ended"}, str),
    ],
)
def test_an_event_has_its_reader(place: EventPlace, body: bytes, headers: dict[str, str], kind: type[Any]) -> None:
    assert event_reader(EVENTS, place, body, headers) is kind


@pytest.mark.parametrize(
    ("body", "event", "says"),
    [
        (b'{"type": "run.paused"}', "run.paused", "Unknown event 'run.paused'"),
        (b"{}", "", "does not state its event"),
        (b"[]", "", "does not state its event"),
        (b'{"type": {}}', "", "does not state its event"),
        (b'{"type": null}', "", "does not state its event"),
    ],
)
def test_an_event_without_one_is_another_error(body: bytes, event: str, says: str) -> None:
    with pytest.raises(UnknownEvent, match=says) as caught:
        event_reader(EVENTS, EventPlace(field="type"), body, {})
    assert caught.value.event == event
    assert "Respond with 200 to ignore it" in str(caught.value)
    assert not isinstance(caught.value, InvalidSignature)


def test_a_body_that_is_no_json() -> None:
    with pytest.raises(DecodeError, match="webhook: the body is '<html>', not JSON"):
        event_reader(EVENTS, EventPlace(field="type"), b"<html>", {})


def test_words_of_events_are_written_apart_in_any_way() -> None:
    assert {*map(spelled, ("run.ended", "run-ended", "RunEnded", "run_ended", "/RUN ENDED"))} == {"runended"}
    assert spelled("größe.1") == "größe1"
