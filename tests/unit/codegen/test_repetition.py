"""What a document states about sending requests again: headers of idempotency keys, and extensions for retries."""

from typing import Any

import pytest
from omicsdk.core.retry import Retry
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.operations import Draft
from planned_documents import planned as package_of
from small_documents import document
from small_documents import operation as operation_of


def planned(operation: dict[str, Any], method: str = "post", **root: Any) -> tuple[Draft, list[tuple[str, str]]]:
    """An operation of a document, and the notes on it."""
    paths = {"/runs": {method: {**operation_of(status=204), **operation}}}
    report = Report()
    (draft,) = package_of(document(paths, **root), "runs", report).drafts
    return draft, [(note.before, note.after) for note in report.notes]


def header(name: str, schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": name, "in": "header", "schema": schema or {"type": "string"}, **more}]}


def retry_of(draft: Draft) -> Retry:
    """The Retry that the generated code makes."""
    arguments = ", ".join(f"{name}={value}" for name, value in draft.retry.items())
    retry: Retry = eval(f"Retry({arguments})", {"Retry": Retry})
    return retry


@pytest.mark.parametrize(
    "name",
    ["Idempotency-Key", "X-Idempotency-Key", "x-qonto-idempotency-key", "Idempotency-Token", "IdempotencyKey", "Idempotency", "X-Idempotent-Key"],
)  # fmt: skip
def test_a_header_of_a_key_is_recognised_by_its_name(name: str) -> None:
    draft, notes = planned(header(name, required=True, description="Unique per order."))
    (argument,) = draft.arguments
    assert (draft.idempotency_key, argument.required, notes) == (name.lower(), False, [])
    assert argument.schema["description"] == (
        "Unique per order. By default, a UUID that is made for each call and kept over its retries."
    )


@pytest.mark.parametrize("name", ["X-Request-Id", "Request-Id", "Idempotency-Replayed", "Key", "X-Correlation-ID"])
def test_other_headers_are_arguments_alone(name: str) -> None:
    draft, _ = planned(header(name, required=True))
    assert (draft.idempotency_key, draft.arguments[0].required) == ("", True)


@pytest.mark.parametrize("method", ["get", "head", "options", "query"])
def test_requests_that_change_nothing_need_no_key(method: str) -> None:
    assert planned(header("Idempotency-Key"), method)[0].idempotency_key == ""


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_requests_have_one(method: str) -> None:
    assert planned(header("Idempotency-Key"), method)[0].idempotency_key == "idempotency-key"


@pytest.mark.parametrize("place", ["query", "cookie"])
def test_a_key_is_in_a_header(place: str) -> None:
    row = {"name": "Idempotency-Key", "in": place, "schema": {"type": "string"}}
    assert planned({"parameters": [row]})[0].idempotency_key == ""


def test_an_overlay_confirms_or_refuses_a_header() -> None:
    assert (
        planned(header("PayPal-Request-Id", **{"x-omics-idempotency-key": True}))[0].idempotency_key
        == "paypal-request-id"
    )
    assert planned(header("Idempotency-Key", **{"x-omics-idempotency-key": False}))[0].idempotency_key == ""
    with pytest.raises(DocumentError, match="x-omics-idempotency-key of parameter 'Key' must be a bool"):
        planned(header("Key", **{"x-omics-idempotency-key": "yes"}))


@pytest.mark.parametrize(
    ("schema", "is_made"),
    [
        ({"type": "string", "format": "uuid"}, True),
        ({"type": "string", "minLength": 1, "maxLength": 36}, True),
        ({"type": "string", "pattern": "^[0-9a-f-]{36}$"}, True),
        ({}, True),
        ({"type": "string", "maxLength": 32}, False),
        ({"type": "string", "minLength": 64}, False),
        ({"type": "string", "pattern": "^[0-9A-Z]{26}$"}, False),
        ({"type": "string", "pattern": "(?<name>"}, False),
        ({"type": "string", "pattern": "a{99999999999}"}, False),
        ({"type": "string", "pattern": f"{'(' * 900}a{')' * 900}"}, False),
        ({"type": "string", "format": "ulid"}, False),
        ({"type": "string", "enum": ["a"]}, False),
        ({"type": "integer"}, False),
    ],
)
def test_a_key_is_made_where_a_uuid_is_valid(schema: dict[str, Any], is_made: bool) -> None:
    draft, notes = planned(header("Idempotency-Key", schema, required=True))
    assert (draft.idempotency_key != "", draft.arguments[0].required) == (is_made, not is_made)
    assert notes == (
        [] if is_made else [("header Idempotency-Key", "no key is made: a UUID does not match its schema")]
    )


def test_azures_key_has_the_time_beside_it() -> None:
    text = {"type": "string"}
    time = {"name": "Repeatability-First-Sent", "in": "header", "required": True, "schema": text}
    key = {"name": "Repeatability-Request-ID", "in": "header", "required": True, "schema": text}
    draft, notes = planned({"parameters": [time, key]})
    assert (draft.idempotency_key, notes) == ("repeatability-request-id", [])
    assert [(argument.wire, argument.required) for argument in draft.arguments] == [
        (time["name"], False),
        (key["name"], False),
    ]
    assert draft.arguments[0].schema["description"] == "By default, the time of the call."
    assert planned({"parameters": [time]})[0].arguments[0].required


FERN = {"x-fern-idempotency-headers": [{"header": "Idempotency-Key", "name": "idempotency_key"}]}


def test_fern_names_headers_for_the_whole_document() -> None:
    draft, notes = planned({"x-fern-idempotent": True}, **FERN)
    assert (draft.idempotency_key, [argument.python for argument in draft.arguments], notes) == (
        "idempotency-key",
        ["idempotency_key"],
        [],
    )
    assert planned({}, **FERN)[0].arguments == []
    draft, _ = planned({"x-fern-idempotent": True, **header("idempotency-key")}, **FERN)
    assert [argument.wire for argument in draft.arguments] == ["idempotency-key"]
    assert planned({"x-fern-idempotent": True})[1] == [
        ("x-fern-idempotent", "no header is named in x-fern-idempotency-headers")
    ]


# As Speakeasy documents it.
BACKOFF: dict[str, Any] = {
    "strategy": "backoff",
    "backoff": {"initialInterval": 500, "maxInterval": 60000, "maxElapsedTime": 3600000, "exponent": 1.5},
    "statusCodes": ["5XX"],
    "retryConnectionErrors": True,
}


# 429 is retried in any case.
OF_BACKOFF = Retry(66, 0.5, 60.0, 3600.0, frozenset({429, *range(500, 600)}))


def test_a_backoff_is_the_retry_of_each_operation() -> None:
    draft, notes = planned({}, "get", **{"x-speakeasy-retries": BACKOFF})
    assert retry_of(draft) == OF_BACKOFF
    assert notes == [("exponent 1.5", "delays double")]


def test_an_operation_has_its_own() -> None:
    retries = {"strategy": "backoff", "statusCodes": [503, "429"], "backoff": {"maxElapsedTime": 7000}}
    draft, notes = planned({"x-speakeasy-retries": retries}, "get", **{"x-speakeasy-retries": BACKOFF})
    # 0.5 + 1 + 2 s are waited for at most, and 4 more would end after 7 s.
    assert retry_of(draft) == Retry(4, 0.5, 60.0, 7.0, frozenset({429, 503}))
    assert notes == [("exponent 1.5", "delays double")]  # of the document


@pytest.mark.parametrize(
    ("operation", "retry"),
    [
        ({"x-speakeasy-retries": {"strategy": "none"}}, Retry(1)),
        ({"x-fern-retries": {"disabled": True}}, Retry(1)),
        ({"x-fern-retries": {"disabled": False}}, OF_BACKOFF),
    ],
)
def test_an_operation_may_rule_out_retries(operation: dict[str, Any], retry: Retry) -> None:
    assert retry_of(planned(operation, "get", **{"x-speakeasy-retries": BACKOFF})[0]) == retry


def test_nothing_stated_is_the_clients_retry() -> None:
    draft, notes = planned({})
    assert (draft.retry, notes) == ({}, [])


@pytest.mark.parametrize(
    ("operation", "note"),
    [
        ({"x-speakeasy-retries": {"strategy": "sometimes"}}, ("x-speakeasy-retries", "not read: its strategy is neither backoff nor none")),
        ({"x-speakeasy-retries": True}, ("x-speakeasy-retries", "not read: its strategy is neither backoff nor none")),
        ({"x-speakeasy-retries": {"strategy": "backoff", "retryConnectionErrors": False}},
         ("retryConnectionErrors: false", "requests that cannot have arrived are sent again")),
        ({"x-speakeasy-retries": {"strategy": "backoff", "statusCodes": ["often"]}}, ("status 'often'", "not read: not a status")),
        ({"x-fern-retries": {"max": 3}}, ("x-fern-retries", "not read: only disabled is known")),
        ({"x-stainless-retries": 3}, ("x-stainless-retries", "not read: x-speakeasy-retries and, of operations, x-fern-retries are")),
        ({"x-retry-policy": {}}, ("x-retry-policy", "not read: x-speakeasy-retries and, of operations, x-fern-retries are")),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_reported(operation: dict[str, Any], note: tuple[str, str]) -> None:
    assert note in planned(operation)[1]


def test_a_post_that_an_extension_wants_repeated_needs_a_key_or_a_statement() -> None:
    operation = {"x-speakeasy-retries": {"strategy": "backoff"}}
    (note,) = planned(operation)[1]
    assert note[0] == "x-speakeasy-retries of a POST"
    for more in ({"x-omics-idempotent": True}, header("Idempotency-Key")):
        assert planned({**operation, **more})[1] == []
    assert planned(operation, "delete")[1] == []


def test_numbers_of_other_types_are_the_documented_defaults() -> None:
    wrong = {"initialInterval": "1s", "maxInterval": -1, "maxElapsedTime": True}
    draft, _ = planned({"x-speakeasy-retries": {"strategy": "backoff", "backoff": wrong}}, "get")
    assert retry_of(draft) == Retry(66, 0.5, 60.0, 3600.0)


def test_tries_end_without_delays() -> None:
    draft, _ = planned({"x-speakeasy-retries": {"strategy": "backoff", "backoff": {"initialInterval": 0}}}, "get")
    assert retry_of(draft).attempts == 1000
