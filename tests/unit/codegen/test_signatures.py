"""How a document's webhooks are signed, and what tells them apart."""

from typing import Any

import pytest
from omicsdk.core import webhooks as core
from omicsdk.core.webhooks import Signature
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.plan import Package
from omicsdk_codegen.plan_webhooks import Unwrapping
from omicsdk_codegen.signatures import spelled
from planned_documents import planned as package_of
from small_documents import document

SIGNED = {"name": "Webhook-Signature", "in": "header", "schema": {"type": "string"}}


def hook(*headers: dict[str, Any], example: Any = None, **fields: Any) -> dict[str, Any]:
    """A webhook whose body has fields."""
    media: dict[str, Any] = {"schema": {"type": "object", "properties": fields}}
    if example is not None:
        media["example"] = example
    body = {"content": {"application/json": media}}
    return {"post": {"parameters": list(headers), "requestBody": body, "responses": {"200": {"description": ""}}}}


def planned(webhooks: dict[str, Any], **root: Any) -> tuple[Package, list[tuple[str, str]]]:
    report = Report()
    package = package_of({**document({}, webhooks=webhooks), **root}, "runs", report)
    return package, [(note.before, note.after) for note in report.notes if note.before != "paths"]


def unwrapping(package: Package) -> Unwrapping:
    assert package.webhooks is not None
    assert package.webhooks.unwrapping is not None
    return package.webhooks.unwrapping


def signature(*headers: dict[str, Any], **root: Any) -> Signature:
    package, notes = planned({"ended": hook(*headers)}, **root)
    assert notes == []
    made: Signature = eval(f"Signature({unwrapping(package).signature})", {"Signature": Signature})
    return made


def header(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}, **more}


def standard(stem: str) -> Signature:
    return Signature(
        f"{stem}signature", "base64", "v1,", " ", f"{stem}timestamp", f"{stem}id", "{id}.{timestamp}.{body}", "base64"
    )


STRIPE = Signature("Stripe-Signature", prefix="v1=", timestamp="t=", content="{timestamp}.{body}")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (header("webhook-signature"), standard("webhook-")),
        (header("svix-signature"), standard("svix-")),
        (header("Stripe-Signature"), STRIPE),
        (header("X-Hub-Signature-256"), Signature("X-Hub-Signature-256", prefix="sha256=")),
        (header("X-Shopify-Hmac-SHA256"), Signature("X-Shopify-Hmac-SHA256", "base64")),
        (header("Runs-Signature", example="t=1700000000,v1=00ff"), Signature("Runs-Signature", "hex", "v1=", ",", "t=", "", "{timestamp}.{body}")),
        (header("X-Runs-Signature", example="sha256=00ff"), Signature("X-Runs-Signature", prefix="sha256=")),
    ],
)  # fmt: skip
def test_headers_that_are_recognised(headers: dict[str, Any], expected: Signature) -> None:
    assert signature(headers) == expected


def test_headers_that_are_read_are_not_reported() -> None:
    webhook = hook(header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"), header("x-attempt"))
    assert planned({"ended": webhook})[1] == [
        ("parameter 'x-attempt' in header of the webhook ended", "the body alone is read")
    ]


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ({"scheme": "standard"}, standard("webhook-")),
        ({"scheme": "standard", "header": "Runs-Signature"}, Signature("Runs-Signature", "base64", "v1,", " ", "Runs-timestamp", "Runs-id", "{id}.{timestamp}.{body}", "base64")),
        ({"scheme": "timestamped", "header": "Stripe-Signature"}, STRIPE),
        ({"scheme": "timestamped", "header": "Paddle-Signature", "separator": ";", "timestamp": "ts=", "prefix": "h1=", "content": "{timestamp}:{body}"},
         Signature("Paddle-Signature", "hex", "h1=", ";", "ts=", "", "{timestamp}:{body}")),
        ({"scheme": "hmac", "header": "X-Signature", "encoding": "base64"}, Signature("X-Signature", "base64")),
        ({"scheme": "hmac", "header": "X-Slack-Signature", "prefix": "v0=", "timestamp": "X-Slack-Request-Timestamp", "content": "v0:{timestamp}:{body}"},
         Signature("X-Slack-Signature", "hex", "v0=", ",", "X-Slack-Request-Timestamp", "", "v0:{timestamp}:{body}")),
    ],
)  # fmt: skip
def test_an_overlay_states_the_scheme(extension: dict[str, Any], expected: Signature) -> None:
    assert signature(**{"x-omics-webhook-signature": extension}) == expected


@pytest.mark.parametrize(
    ("extension", "says"),
    [
        ("standard", "needs scheme, one of: standard, timestamped, hmac"),
        ({"scheme": ["hmac"]}, "needs scheme, one of: standard, timestamped, hmac"),
        ({"scheme": "rsa"}, "needs scheme, one of: standard, timestamped, hmac"),
        ({"scheme": "hmac"}, "needs header, the name of a header"),
        ({"scheme": "hmac", "header": "a b"}, "needs header, the name of a header"),
        ({"scheme": "hmac", "header": "X-S", "prefx": "a"}, "has prefx, which is none of"),
        ({"scheme": "hmac", "header": "X-S", "prefix": 1}, "has prefix, which is none of"),
        ({"scheme": "hmac", "header": "X-S", "encoding": "octal"}, "has encoding 'octal', which is neither hex nor base64"),
        ({"scheme": "hmac", "header": "X-S", "content": "{url}{body}"}, "has a content that is not made of"),
        ({"scheme": "hmac", "header": "X-S", "content": "{{body}}"}, "has a content that is not made of"),
        ({"scheme": "hmac", "header": "X-S", "content": "{timestamp}"}, "has a content that is not made of"),
        ({"scheme": "hmac", "header": "X-S", "content": "{timestamp}.{body}"}, "has a content with {timestamp}, and no timestamp"),
        ({"scheme": "hmac", "header": "X-S", "content": "{id}.{body}"}, "has a content with {id}, and no id"),
    ],
)  # fmt: skip
def test_a_wrong_statement_is_refused(extension: Any, says: str) -> None:
    with pytest.raises(DocumentError) as caught:
        planned({"ended": hook()}, **{"x-omics-webhook-signature": extension})
    assert f"x-omics-webhook-signature {says}" in str(caught.value)


def test_a_misspelt_statement_is_refused() -> None:
    with pytest.raises(DocumentError, match="x-omics-webhook-signatures is neither x-omics-webhook-signature nor"):
        planned({"ended": hook()}, **{"x-omics-webhook-signatures": {"scheme": "standard"}})


FERN: dict[str, Any] = {"type": "hmac", "header": "x-signature", "algorithm": "sha256", "encoding": "hex"}


def test_fern_and_speakeasy_state_it_too() -> None:
    assert signature(**{"x-fern-webhook-signature": FERN}) == Signature("x-signature", separator="")
    timed = {
        **FERN,
        "signature-prefix": "v1=",
        "payload-format": {"components": ["timestamp", "body"], "delimiter": ":"},
        "timestamp": {"header": "x-time", "format": "unix-seconds"},
    }
    assert signature(**{"x-fern-webhook-signature": timed}) == Signature(
        "x-signature", "hex", "v1=", "", "x-time", "", "{timestamp}:{body}"
    )
    speakeasy = {
        "type": "signature",
        "headerName": "x-signature",
        "signatureTextEncoding": "base64url",
        "algorithm": "hmac-sha256",
    }
    assert signature(**{"x-speakeasy-webhooks": {"security": speakeasy}}) == Signature(
        "x-signature", "base64", separator=""
    )
    of_standard = {"security": {"type": "signatureStandardWebhooks"}}
    assert signature(**{"x-speakeasy-webhooks": of_standard}) == standard("webhook-")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("x-fern-webhook-signature", {"type": "asymmetric", "asymmetric-algorithm": "ed25519"}, "it is no HMAC-SHA256"),
        ("x-fern-webhook-signature", {**FERN, "algorithm": "sha1"}, "it is no HMAC-SHA256"),
        ("x-fern-webhook-signature", {**FERN, "payload-format": {"components": ["notification-url", "body"]}}, "more than the body and the time is signed"),
        ("x-fern-webhook-signature", {**FERN, "timestamp": {"header": "x", "format": "iso8601"}}, "its time is a date"),
        ("x-fern-webhook-signature", {"type": "hmac"}, "needs header, the name of a header"),
        ("x-speakeasy-webhooks", {"security": {"type": "custom"}}, "its type is neither signature nor signatureStandardWebhooks"),
        ("x-speakeasy-webhooks", {"security": {"type": "signature", "headerName": None}}, "needs header, the name of a header"),
        ("x-speakeasy-webhooks", {}, "its type is neither signature nor signatureStandardWebhooks"),
    ],
)  # fmt: skip
def test_what_is_signed_in_another_way_is_reported(name: str, value: Any, why: str) -> None:
    package, notes = planned({"ended": hook()}, **{name: value})
    assert notes == [(name, f"not verified: {why}")]
    assert package.webhooks is not None
    assert package.webhooks.unwrapping is None


def test_without_a_statement_nothing_is_verified_and_that_is_reported() -> None:
    package, notes = planned({"ended": hook()})
    assert notes == [
        (
            "signatures of webhooks",
            "not verified: the document does not state how they are made (x-omics-webhook-signature)",
        )
    ]
    assert package.webhooks is not None
    assert package.webhooks.unwrapping is None
    assert planned({"ended": hook()}, **{"x-omics-webhook-signature": False})[1] == []
    assert planned({"ended": hook(header("X-Signature-Ed25519"))})[1] == [
        (
            "header X-Signature-Ed25519 of the webhook ended",
            "not verified: x-omics-webhook-signature can state how it is made",
        )
    ]


def events(webhooks: dict[str, Any], **root: Any) -> tuple[str, dict[str, str]]:
    unwrapped = unwrapping(planned(webhooks, **root)[0])
    return unwrapped.place, dict(unwrapped.events)


def test_one_webhook_needs_no_event() -> None:
    package, _ = planned({"ended": hook(SIGNED, id={"type": "string"})})
    assert (unwrapping(package).place, unwrapping(package).type) == ("", "EndedBody")


def test_fixed_texts_of_a_field_tell_webhooks_apart() -> None:
    same = {"const": "event"}
    started = hook(SIGNED, object=same, type={"const": "run.started"})
    ended = hook(object=same, type={"enum": ["run.ended", "run.failed"]})
    assert events({"a": started, "b": ended}) == (
        "field='type'",
        {"'runended'": "parse_b", "'runfailed'": "parse_b", "'runstarted'": "parse_a"},
    )


def test_a_field_may_be_one_level_deeper() -> None:
    def inner(text: str) -> dict[str, Any]:
        return {"event": {"type": "object", "properties": {"kind": {"const": text}}}}

    assert events({"a": hook(SIGNED, **inner("x")), "b": hook(**inner("y"))})[0] == "field='event.kind'"


def test_a_key_with_a_dot_is_not_two() -> None:
    package, _ = planned(
        {"a": hook(SIGNED, **{"event.kind": {"const": "x"}}), "b": hook(**{"event.kind": {"const": "y"}})}
    )
    assert unwrapping(package).type == ""


def test_fixed_texts_of_a_header_do() -> None:
    def topic(text: str) -> dict[str, Any]:
        return {"name": "X-Topic", "in": "header", "schema": {"const": text}}

    assert events({"a": hook(SIGNED, topic("x")), "b": hook(topic("y"))}) == (
        "header='x-topic'",
        {"'x'": "parse_a", "'y'": "parse_b"},
    )


def test_examples_do_where_a_field_is_always_the_webhooks_name() -> None:
    text = {"type": "string"}
    made = hook(SIGNED, type=text, object=text, example={"object": "event", "type": "run.made"})
    ended = hook(type=text, object=text, example={"object": "event", "type": "run.ended"})
    unseen = hook(type=text)
    assert events({"run.made": made, "run.ended": ended, "run.lost": unseen}) == (
        "field='type'",
        {"'runended'": "parse_run_ended", "'runlost'": "parse_run_lost", "'runmade'": "parse_run_made"},
    )


def test_examples_that_say_otherwise_do_not() -> None:
    text = {"type": "string"}
    made = hook(SIGNED, type=text, example={"type": "run.made"})
    for other in (hook(type=text), hook(type=text, example={"type": "ended"}), hook(type=text, example={})):
        package, notes = planned({"run.made": made, "run.ended": other})
        assert unwrapping(package).type == ""
        assert ("unwrap", "not generated: nothing tells the webhooks apart (x-omics-webhook-event can)") in notes


def test_an_overlay_states_the_place() -> None:
    hooks = {"push": hook(SIGNED, header("X-Github-Event")), "issues-opened": hook()}
    extension = {"header": "X-GitHub-Event", "field": "action"}
    assert planned(hooks, **{"x-omics-webhook-event": extension})[1] == []
    assert events(hooks, **{"x-omics-webhook-event": extension}) == (
        "header='X-GitHub-Event', field='action'",
        {"'issuesopened'": "parse_issues_opened", "'push'": "parse_push"},
    )


@pytest.mark.parametrize("extension", [{}, "type", {"fields": "type"}, {"field": "type", "body": "a"}, {"field": 1}])
def test_a_wrong_place_is_refused(extension: Any) -> None:
    with pytest.raises(DocumentError, match="x-omics-webhook-event needs header, field, or both"):
        planned({"a": hook(SIGNED), "b": hook()}, **{"x-omics-webhook-event": extension})


def test_names_of_the_same_letters_cannot_be_told_apart() -> None:
    with pytest.raises(DocumentError, match="x-omics-webhook-event cannot tell webhooks apart"):
        planned({"a-b": hook(SIGNED), "a.b": hook()}, **{"x-omics-webhook-event": {"field": "type"}})


def test_callbacks_are_verified_and_their_address_tells_them_apart() -> None:
    progress = {"{$request.body#/url}": hook(SIGNED)}
    operation = {"operationId": "start", "responses": {"204": {"description": ""}}, "callbacks": {"progress": progress}}
    package, _ = planned({}, paths={"/start": {"post": operation}})
    assert (unwrapping(package).signature != "", unwrapping(package).type) == (True, "")


def test_events_are_spelled_as_at_run_time() -> None:
    for event in ("run.ended", "RUN ENDED", "größe-1", "_", "/a/b"):
        assert spelled(event) == core.spelled(event)
