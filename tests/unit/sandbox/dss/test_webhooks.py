"""Notifications: which subscriptions want them, what they carry on the wire, and the attempts."""

import email.parser
import email.policy
import itertools
import json
import queue as queues
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.http_signature import verify_signature
from omicsdk.sandbox.dss.state import Event
from omicsdk.sandbox.dss.webhooks import (
    ATTACHMENT_LIMIT,
    DELAYS,
    DeliveryWorker,
    attachments_of,
    build_request,
    check_subscription,
    payload_of,
    wants,
)
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database
from webhook_deliveries import CREATED, DOCUMENT, FakeClock, enqueue, subscription
from webhook_deliveries import database as database

GONE = replace(CREATED, document={"event_type": "TOMBSTONE", "reason": "wrong", "admin_deleted": True})
TAXON = "files.biomaterial_json[].biomaterials[].content.biomaterial_core.ncbi_taxon_id[]"
ES_QUERY = {"query": {"term": {"files.biomaterial_json.biomaterials.content.biomaterial_core.ncbi_taxon_id": 9606}}}


@pytest.mark.parametrize(
    ("fields", "event", "is_reported"),
    [
        ({}, CREATED, True),
        ({}, GONE, True),
        ({"jmespath_query": ""}, GONE, True),
        ({"jmespath_query": "event_type == 'TOMBSTONE'"}, GONE, True),
        ({"jmespath_query": "event_type == 'TOMBSTONE'"}, CREATED, False),
        ({"jmespath_query": "files.biomaterial_json"}, CREATED, True),
        ({"jmespath_query": "files.cell_json"}, CREATED, False),
        ({"jmespath_query": f"contains({TAXON}, `9606`)"}, CREATED, True),
        ({"jmespath_query": "reason == 'right'"}, GONE, False),
        ({"jmespath_query": "contains(reason, `1`)"}, GONE, False),
        ({"jmespath_query": "abs(reason)"}, GONE, False),
        ({"es_query": {}}, CREATED, True),
        ({"es_query": {}}, GONE, False),
        ({"es_query": {"bool": {}}}, CREATED, False),
        ({"es_query": ES_QUERY}, CREATED, True),
        ({"es_query": {"query": {"exists": {"field": "files.cell_json"}}}}, CREATED, False),
        ({"es_query": ES_QUERY, "jmespath_query": "nothing"}, CREATED, True),
    ],
)
def test_who_is_reported(fields: dict[str, Any], event: Event, is_reported: bool) -> None:
    assert wants(subscription(**fields), event) is is_reported


def test_the_documented_payload() -> None:
    attachments = {"taxon": {"type": "jmespath", "expression": TAXON}}
    fields = subscription(jmespath_query="files", attachments=attachments, hmac_secret_key="very secret")
    assert payload_of(fields, CREATED, "t-uuid") == {
        "transaction_id": "t-uuid",
        "subscription_id": "s-uuid",
        "event_type": "CREATE",
        "match": {"bundle_uuid": "b-uuid", "bundle_version": "2019-08-01T200147.111027Z"},
        "jmespath_query": "files",
        "attachments": {"taxon": [9606, 9606]},
    }
    assert payload_of(subscription(es_query=ES_QUERY), CREATED, "t") == {
        "transaction_id": "t",
        "subscription_id": "s-uuid",
        "match": {"bundle_uuid": "b-uuid", "bundle_version": "2019-08-01T200147.111027Z"},
        "es_query": ES_QUERY,
    }
    assert set(payload_of(fields, GONE, "t")) == {
        "transaction_id", "subscription_id", "event_type", "match", "jmespath_query"
    }  # fmt: skip


def test_a_failed_attachment_is_reported_beside_the_others() -> None:
    definitions = {
        "taxon": {"type": "jmespath", "expression": TAXON},
        "missing": {"type": "jmespath", "expression": "no.such.thing"},
        "broken": {"type": "jmespath", "expression": "abs('x')"},
        "reference": {"type": "jmespath", "expression": "&files"},
    }
    attached = attachments_of(definitions, DOCUMENT)
    assert (attached["taxon"], attached["missing"]) == ([9606, 9606], None)
    assert set(attached["_errors"]) == {"broken", "reference"}
    assert "abs()" in attached["_errors"]["broken"]


@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_attachments_are_limited_in_all(spare: int, fits: bool) -> None:
    half = ATTACHMENT_LIMIT // 2
    empty = len(json.dumps({"a": "", "b": ""}))
    document = {"a": "x" * half, "b": "y" * (ATTACHMENT_LIMIT - half - empty - spare)}
    attached = attachments_of({name: {"type": "jmespath", "expression": name} for name in "ab"}, document)
    if fits:
        assert attached == document
    else:
        assert attached == {"_errors": f"Attachments too large ({ATTACHMENT_LIMIT + 1} bytes)"}


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"es_query": {"query": {"fuzzy": {}}}}, "elasticsearch_error", "'fuzzy'"),
        ({"jmespath_query": "a["}, "invalid_jmespath", "jmespath_query"),
        ({"jmespath_query": "[" * 100_000}, "invalid_jmespath", "jmespath_query"),
        ({"attachments": {"_x": {"type": "jmespath", "expression": "a"}}}, "invalid_attachment_name", "'_x'"),
        ({"attachments": {"x": {"type": "jmespath", "expression": "a."}}}, "invalid_attachment_expression", "'x'"),
        ({"hmac_key_id": 'my "key"', "hmac_secret_key": "s"}, "unprocessable", "hmac_key_id"),
    ],
)
def test_a_subscription_that_cannot_work_is_refused(fields: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(Problem) as caught:
        check_subscription(subscription(**fields))
    assert caught.value.code == code
    assert says in caught.value.title
    assert "\n" not in caught.value.title


def test_a_subscription_that_works_is_accepted() -> None:
    attachments = {"taxon": {"type": "jmespath", "expression": TAXON}}
    check_subscription(subscription(jmespath_query="a.b", attachments=attachments, hmac_key_id="k"))
    check_subscription(subscription(es_query={}))
    check_subscription(subscription(es_query={"bool": {}}))  # as in the tests of dcp-cli with the service


def request_of(fields: dict[str, Any], secret: str | None = None, now: float = 0.0) -> httpx.Request:
    return build_request(fields, payload_of(fields, CREATED, "t"), secret, now)


def test_json_request() -> None:
    request = request_of(subscription(method="PUT"))
    assert (request.method, request.url) == ("PUT", "http://127.0.0.1:1/hook?secret=1")
    assert request.headers["Content-Type"] == "application/json"
    assert "Authorization" not in request.headers
    assert json.loads(request.read())["subscription_id"] == "s-uuid"


def test_form_request() -> None:
    request = request_of(
        subscription(encoding="multipart/form-data", form_fields={"foo": "bar", "ü": "é\r\nx"}, payload_form_field="p")
    )
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + request.headers["Content-Type"].encode() + b"\r\n\r\n" + request.read()
    )
    form = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }
    assert list(form) == ["foo", "ü", "p"]
    assert (form["foo"], form["ü"]) == ("bar", "é\r\nx")
    assert json.loads(form["p"])["match"]["bundle_uuid"] == "b-uuid"


@pytest.mark.parametrize("encoding", ["application/json", "multipart/form-data"])
@pytest.mark.parametrize(("key_id", "expected"), [("mine", "mine"), (None, "hca-dss:s-uuid")])
def test_signed_requests_verify(encoding: str, key_id: str | None, expected: str) -> None:
    fields = subscription(encoding=encoding, hmac_secret_key=True, hmac_key_id=key_id)
    request = request_of(fields, "s3cret", now=1e9)
    key = {expected: "s3cret"}
    signed = dict(request.headers)
    assert verify_signature("POST", str(request.url), signed, request.read(), key_of=key.get, now=1e9) == expected


def test_delays_are_those_of_the_documentation() -> None:
    """At once, a minute, ten minutes, an hour, six hours, the end of the day, and each day until seven are over."""
    assert DELAYS[:5] == (0, 60, 600, 3600, 21600)
    assert sum(DELAYS[:6]) == 86400
    assert sum(DELAYS) == 7 * 86400


class FakeSend:
    """Responses from a list: a status, or text for a failure; 204 when the list is used up."""

    def __init__(self, *responses: int | str) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> int:
        self.requests.append(request)
        response = self.responses.pop(0) if self.responses else 204
        if isinstance(response, str):
            raise httpx.ConnectError(response)
        return response


Queue = Callable[..., tuple[DeliveryWorker, FakeClock, FakeSend]]


@pytest.fixture(scope="module")
def queue(database: Database) -> Queue:
    """Makes a worker without a thread; what another one has left waits in it with `kept`."""

    def make(*responses: int | str, kept: bool = False, secret: str | None = None) -> Any:
        clock, send = FakeClock(), FakeSend(*responses)
        worker = DeliveryWorker(database, clock, lambda _uuid: secret, send)
        if not kept:
            worker.clear()
        return worker, clock, send

    return make


@given(st.lists(st.sampled_from([200, 204, 299, 199, 301, 404, 500, "gone"]), max_size=30))
def test_every_notification_ends_delivered_or_spent(queue: Queue, responses: list[int | str]) -> None:
    worker, clock, send = queue(*responses)
    enqueue(worker, subscription(), "t")
    times = list[float]()
    while (due := worker.next_due()) is not None:
        times.append(due)
        clock.time = due
        worker.run_due()
    accepted = next(number for number, response in enumerate([*responses, 204], 1) if response in (200, 204, 299))
    assert len(send.requests) == min(accepted, len(DELAYS))
    assert times == [*itertools.accumulate(DELAYS[: len(times)], initial=1000.0)][1:]
    assert len({request.read() for request in send.requests}) == 1  # one transaction_id over all attempts


def test_one_subscriber_does_not_hold_up_another(queue: Queue) -> None:
    worker, _, send = queue(503)
    enqueue(worker, subscription(), "first")
    enqueue(worker, {**subscription(), "uuid": "other"}, "second")
    worker.run_due()
    assert (len(send.requests), worker.next_due()) == (2, 1060.0)


@pytest.mark.parametrize("how", ["cancel", "clear"])
def test_forgotten_while_the_request_is_under_way(database: Database, how: str) -> None:
    def send(_request: httpx.Request) -> int:
        worker.cancel("s-uuid") if how == "cancel" else worker.clear()
        return 500

    worker = DeliveryWorker(database, FakeClock(), lambda _uuid: None, send)
    enqueue(worker, subscription(), "t")
    worker.run_due()
    assert worker.next_due() is None


def test_what_waits_survives_a_restart_and_is_not_sent_unsigned(queue: Queue, database: Database) -> None:
    worker, _, first = queue(500, 500, secret="s3cret")
    enqueue(worker, subscription(hmac_secret_key=True), "signed")
    enqueue(worker, subscription(encoding="multipart/form-data", form_fields={"a": "b"}), "form")
    worker.run_due()
    assert ["Authorization" in request.headers for request in first.requests] == [True, False]
    assert "s3cret" not in str([tuple(row) for row in database.rows("SELECT * FROM dss_waiting_deliveries")])
    again, clock, send = queue(kept=True)
    clock.time = 1060
    again.run_due()
    assert [request.headers["Content-Type"][:9] for request in send.requests] == ["multipart"]
    assert again.next_due() == 1660.0


def test_only_those_who_want_an_event_are_notified_and_by_the_thread(database: Database) -> None:
    sent: queues.Queue[str] = queues.Queue()

    def send(request: httpx.Request) -> int:
        sent.put(str(request.url))
        return 200

    worker = DeliveryWorker(database, Clock(), lambda _uuid: None, send)
    worker.clear()
    others = subscription(callback_url="http://127.0.0.1:1/other", jmespath_query="event_type == 'TOMBSTONE'")
    try:
        for _ in range(2):
            worker.notify([others, subscription()], CREATED)
            assert sent.get(timeout=60) == "http://127.0.0.1:1/hook?secret=1"
    finally:
        worker.close()
    assert sent.empty()


def test_a_thread_that_reads_the_queue_does_not_lock_out_a_transaction(database: Database) -> None:
    """A handler notifies inside its transaction, while the thread may be waiting for just that transaction's end."""
    worker = DeliveryWorker(database, Clock(), lambda _uuid: None, FakeSend())
    worker.clear()
    worker.notify([subscription()], CREATED)
    waiting, done = threading.Event(), threading.Event()

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if threading.current_thread().name != "omics-sandbox-deliveries":
                return method(*arguments)
            waiting.set()
            try:
                return method(*arguments)
            finally:
                waiting.clear()

        return call

    def handle() -> None:
        with database.transaction():
            worker.start()
            assert waiting.wait(60)
            worker.notify([subscription()], CREATED)
        done.set()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("rows", "execute"):
            patch.setattr(database, name, watched(getattr(database, name)))
        for _ in range(20):  # the thread is somewhere else each time
            done.clear()
            threading.Thread(target=handle, daemon=True).start()
            assert done.wait(60)
    worker.close()
