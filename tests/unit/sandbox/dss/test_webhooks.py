"""Notifications: which subscriptions want them, what they carry on the wire, and the attempts."""

import email.parser
import email.policy
import itertools
import json
import queue as queues
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.http_signature import verify_signature
from omicsdk.sandbox.dss.notifications import (
    ATTACHMENT_LIMIT,
    Event,
    attachments_of,
    check_subscription,
    payload_of,
    wants,
)
from omicsdk.sandbox.dss.webhooks import (
    DELAYS,
    DeliveryError,
    DeliveryWorker,
    WebhookRequest,
    build_request,
    due_after,
    encode_form,
)
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database
from webhook_deliveries import CREATED, DOCUMENT, FakeClock, enqueue, subscription
from webhook_deliveries import database as database

GONE = Event("TOMBSTONE", "b-uuid", "2019-08-01T200147.111027Z", {"reason": "wrong", "admin_deleted": True})
TAXON = "files.biomaterial_json[].biomaterials[].content.biomaterial_core.ncbi_taxon_id[]"
ES_QUERY = {"query": {"term": {"files.biomaterial_json.biomaterials.content.biomaterial_core.ncbi_taxon_id": 9606}}}


@pytest.mark.parametrize(
    ("fields", "event", "told"),
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
def test_who_is_reported(fields: dict[str, Any], event: Event, told: bool) -> None:
    assert wants(subscription(**fields), event) is told


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


def request_of(fields: dict[str, Any], secret: str | None = None, now: float = 0.0) -> WebhookRequest:
    return build_request(fields, payload_of(fields, CREATED, "t"), secret, now, "b0undary")


def test_json_request() -> None:
    request = request_of(subscription(method="PUT"))
    assert (request.method, request.url) == ("PUT", "http://127.0.0.1:1/hook?secret=1")
    assert request.headers["Content-Type"] == "application/json"
    assert "Authorization" not in request.headers
    assert json.loads(request.body)["subscription_id"] == "s-uuid"


def form_of(body: bytes, content_type: str) -> dict[str, str]:
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }


def test_form_request() -> None:
    fields = subscription(
        encoding="multipart/form-data", form_fields={"foo": "bar", "ü": "é\r\nx"}, payload_form_field="p"
    )
    request = request_of(fields)
    form = form_of(request.body, request.headers["Content-Type"])
    assert list(form) == ["foo", "ü", "p"]
    assert (form["foo"], form["ü"]) == ("bar", "é\r\nx")
    assert json.loads(form["p"])["match"]["bundle_uuid"] == "b-uuid"
    assert int(request.headers["Content-Length"]) == len(request.body)


def test_form_on_the_wire() -> None:
    assert encode_form({"foo": "bar", 'a"b\r\n': ""}, "B") == (
        b'--B\r\nContent-Disposition: form-data; name="foo"\r\n\r\nbar\r\n'
        b'--B\r\nContent-Disposition: form-data; name="a%22b%0D%0A"\r\n\r\n\r\n--B--\r\n'
    )


@pytest.mark.parametrize("encoding", ["application/json", "multipart/form-data"])
@pytest.mark.parametrize(("key_id", "expected"), [("mine", "mine"), (None, "hca-dss:s-uuid")])
def test_signed_requests_verify(encoding: str, key_id: str | None, expected: str) -> None:
    fields = subscription(encoding=encoding, hmac_secret_key=True, hmac_key_id=key_id)
    request = request_of(fields, "s3cret", now=1e9)
    key = {expected: "s3cret"}
    assert (
        verify_signature(request.method, request.url, request.headers, request.body, key_of=key.get, now=1e9)
        == expected
    )


def test_secrets_are_not_shown() -> None:
    request = request_of(subscription(hmac_secret_key=True), "s3cret")
    assert request.headers["Authorization"].startswith("Signature ")
    assert "Signature" not in repr(request)


def test_delays_are_those_of_the_documentation() -> None:
    """At once, a minute, ten minutes, an hour, six hours, the end of the day, and each day until seven are over."""
    assert DELAYS[:5] == (0, 60, 600, 3600, 21600)
    assert sum(DELAYS[:6]) == 86400
    assert sum(DELAYS) == 7 * 86400
    assert all(earlier < later or later == 86400 for earlier, later in itertools.pairwise(DELAYS))
    assert due_after(len(DELAYS), 5) is None
    assert due_after(1, 5, (0, 60)) == 65


class FakeSend:
    """Responses from a list: a status, or text for a failure; 204 when the list is used up."""

    def __init__(self, *responses: int | str) -> None:
        self.responses = list(responses)
        self.requests: list[WebhookRequest] = []

    def __call__(self, request: WebhookRequest) -> int:
        self.requests.append(request)
        response = self.responses.pop(0) if self.responses else 204
        if isinstance(response, str):
            raise DeliveryError(response)
        return response


def no_secret(_uuid: str) -> None:
    return None


Queue = Callable[..., tuple[DeliveryWorker, FakeClock, FakeSend]]


@pytest.fixture(scope="module")
def queue(database: Database) -> Queue:
    """Makes a worker without a thread; what another one has left waits in it with `kept`."""

    def make(
        *responses: int | str, delays: tuple[float, ...] = (0, 10, 100), kept: bool = False, secret: str | None = None
    ) -> Any:
        clock, send = FakeClock(), FakeSend(*responses)
        worker = DeliveryWorker(database, clock, lambda _uuid: secret, send, delays)
        if not kept:
            worker.clear()
        return worker, clock, send

    return make


def test_delivered_at_once(queue: Queue) -> None:
    worker, _, send = queue(299)
    enqueue(worker, subscription(), "t")
    (attempt,) = worker.run_due()
    assert (attempt.delivered, attempt.status, attempt.number, attempt.next_at) == (True, 299, 1, None)
    assert attempt.url == "http://127.0.0.1:1/hook"
    assert worker.next_due() is None
    assert worker.run_due() == []
    assert len(send.requests) == 1


def test_tried_again_with_growing_delays_until_all_are_spent(queue: Queue) -> None:
    worker, clock, send = queue(500, "refused", 302)
    enqueue(worker, subscription(), "t")
    assert worker.run_due()[0].next_at == 1010
    clock.time = 1009.9
    assert worker.run_due() == []
    clock.time = 1010
    (second,) = worker.run_due()
    assert (second.status, second.error, second.number, second.next_at) == (None, "refused", 2, 1110)
    clock.time = 2000
    (third,) = worker.run_due()
    assert (third.delivered, third.status, third.next_at) == (False, 302, None)
    assert worker.next_due() is None
    assert len({request.body for request in send.requests}) == 1  # one transaction_id over all attempts
    assert [attempt.number for attempt in worker.history()] == [1, 2, 3]


def test_one_subscriber_does_not_hold_up_another(queue: Queue) -> None:
    worker, clock, _ = queue(503)
    enqueue(worker, subscription(), "first")
    enqueue(worker, {**subscription(), "uuid": "other"}, "second")
    assert [attempt.delivered for attempt in worker.run_due()] == [False, True]
    clock.time += 10
    assert [(attempt.transaction_id, attempt.delivered) for attempt in worker.run_due()] == [("first", True)]


def test_a_deleted_subscription_hears_no_more(queue: Queue) -> None:
    worker, clock, _ = queue(500)
    enqueue(worker, subscription(), "t")
    worker.run_due()
    assert worker.cancel("s-uuid") == 1
    clock.time += 1000
    assert worker.run_due() == []


@pytest.mark.parametrize("how", ["cancel", "clear"])
def test_forgotten_while_the_request_is_under_way(database: Database, how: str) -> None:
    clock = FakeClock()

    def send(request: WebhookRequest) -> int:
        worker.cancel("s-uuid") if how == "cancel" else worker.clear()
        return 500

    worker = DeliveryWorker(database, clock, no_secret, send, (0, 10))
    enqueue(worker, subscription(), "t")
    worker.run_due()
    assert worker.next_due() is None


def test_what_waits_survives_a_restart(queue: Queue) -> None:
    worker, clock, _ = queue(500)
    fields = subscription(encoding="multipart/form-data", form_fields={"a": "b"})
    enqueue(worker, fields, "t")
    worker.run_due()
    again, clock, send = queue(kept=True)
    assert again.next_due() == 1010
    clock.time = 1010
    (attempt,) = again.run_due()
    assert (attempt.number, attempt.delivered) == (2, True)
    assert send.requests[0].headers["Content-Type"].startswith("multipart/form-data")


def test_what_waits_to_be_signed_is_not_sent_unsigned_after_a_restart(queue: Queue, database: Database) -> None:
    worker, _, first = queue(500, secret="s3cret")
    enqueue(worker, subscription(hmac_secret_key=True), "t")
    worker.run_due()
    assert "Authorization" in first.requests[0].headers
    assert "s3cret" not in str([tuple(row) for row in database.rows("SELECT * FROM dss_waiting_deliveries")])
    again, clock, send = queue(kept=True)
    clock.time = 1010
    (attempt,) = again.run_due()
    assert (attempt.delivered, attempt.status, send.requests) == (False, None, [])
    assert attempt.error == "the sandbox was restarted and keeps no secrets: put the subscription again"


def test_a_request_that_cannot_be_built_is_treated_as_a_failure(queue: Queue) -> None:
    worker, _, _ = queue(secret="s")
    enqueue(worker, subscription(hmac_secret_key=True, hmac_key_id="a\nb"), "t")
    (attempt,) = worker.run_due()
    assert attempt.status is None
    assert "key id" in (attempt.error or "")


def test_a_worker_without_attempts_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="at least one delay"):
        DeliveryWorker(database, FakeClock(), no_secret, FakeSend(), ())


def test_only_those_who_want_an_event_are_notified_and_by_the_thread(database: Database) -> None:
    sent: queues.Queue[str] = queues.Queue()

    def send(request: WebhookRequest) -> int:
        sent.put(request.url)
        return 200

    worker = DeliveryWorker(database, Clock(), no_secret, send)
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
    worker = DeliveryWorker(database, Clock(), no_secret, FakeSend())
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


@given(st.lists(st.sampled_from([200, 204, 299, 199, 301, 404, 500, "gone"]), max_size=30), st.integers(1, 5))
def test_every_notification_ends_delivered_or_spent(queue: Queue, responses: list[int | str], most: int) -> None:
    worker, clock, _ = queue(*responses, delays=tuple(range(most)))
    for number in range(4):
        enqueue(worker, subscription(), str(number))
    while (due := worker.next_due()) is not None:
        assert due >= clock.time
        clock.time = due
        assert worker.run_due()
    for number in range(4):
        mine = [attempt for attempt in worker.history() if attempt.transaction_id == str(number)]
        assert [attempt.number for attempt in mine] == list(range(1, len(mine) + 1))
        assert [attempt.delivered for attempt in mine].count(True) == mine[-1].delivered
        assert mine[-1].delivered or len(mine) == most
