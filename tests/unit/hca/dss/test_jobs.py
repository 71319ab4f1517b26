"""Registrations and checkouts, which the service does in the background, are waited for by a clock."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import (
    NO_RETRY,
    APIError,
    BearerToken,
    DecodeError,
    Forbidden,
    Interrupted,
    ManualClock,
    OmicsError,
    ServerError,
    TransferError,
    Unauthorized,
)
from omicsdk.hca.dss import Checkout, CheckoutFailed, Dss, StoredVersion
from omicsdk.hca.dss.jobs import Registrar, RegistrationRefused
from omicsdk.hca.dss.staging import LocalFile
from omicsdk.transfer import FollowUp
from scripted_services import Responses, Services, scripted

UUID, OTHER, VERSION = (
    f"{'1' * 8}-0000-4000-8000-{'0' * 12}",
    f"{'2' * 8}-0000-4000-8000-{'0' * 12}",
    "2026-01-01T000000.000000Z",
)
FILE, JOB = f"/files/{UUID}", "/bundles/checkout/j"
MISSING, STORED, COPYING = (404, {}), (200, {}), (202, {"version": VERSION})
RUNNING, COPIED = (200, {"status": "RUNNING"}), (200, {"status": "SUCCEEDED", "location": "s3://b/k"})


class Store(Services):
    """A Data Store with scripted responses, at a time that tests move."""

    def __init__(self, responses: Responses) -> None:
        super().__init__(responses)
        self.sent: list[dict[str, Any]] = []
        self.clock = ManualClock()
        self.dss = Dss(
            "https://dss.example.org/v1",
            credentials=BearerToken("t"),
            transport=httpx.MockTransport(self),
            retry=NO_RETRY,
            clock=self.clock,
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append({**request.url.params, **json.loads(request.content or "{}")})
        response = super().__call__(request)
        response.headers["x-aws-request-id"] = "r1"
        return response

    @property
    def waits(self) -> list[float]:
        return [round(wait, 3) for wait in self.clock.slept]

    def register(self, source: str = "s3://b/k", **options: Any) -> StoredVersion:
        return self.dss.register_file(UUID, source, creator_uid=1, version=VERSION, **options)


def checkout(store: Store, **options: Any) -> Checkout:
    return store.dss.checkout(UUID, "aws", **options)


def checkouts(*states: tuple[int, Any], others: Responses | None = None) -> Store:
    started = {f"POST /bundles/{UUID}/checkout": scripted({"checkout_job_id": "j"})}
    return Store({**started, f"GET {JOB}": list(states), **(others or {})})


def test_a_file_that_the_service_has_is_not_waited_for() -> None:
    store = Store({f"PUT {FILE}": [(201, {"version": VERSION})]})
    assert store.register() == StoredVersion(UUID, VERSION)
    assert (store.requests, store.waits) == (1, [])


@pytest.mark.parametrize(("source", "replica"), [("s3://b/k", "aws"), ("gs://b/k", "gcp")])
def test_a_file_is_looked_for_in_its_own_cloud_after_waits_that_grow(source: str, replica: str) -> None:
    store = Store({f"PUT {FILE}": [COPYING], f"HEAD {FILE}": [MISSING] * 3 + [STORED]})
    assert store.register(source) == StoredVersion(UUID, VERSION)
    assert store.waits == [1, 1.618, 2.618, 4.236]
    assert store.sent[1] == {"replica": replica, "version": VERSION}


@pytest.mark.parametrize("is_late", [False, True])
def test_a_file_is_looked_for_once_more_when_its_time_is_over(is_late: bool) -> None:
    store = Store({f"PUT {FILE}": [COPYING], f"HEAD {FILE}": [MISSING, MISSING, MISSING if is_late else STORED]})
    if is_late:
        with pytest.raises(TransferError, match=r"had not copied it after 3 s \(X-AWS-REQUEST-ID: r1\)"):
            store.register(timeout_seconds=3)
    else:
        assert store.register(timeout_seconds=3) == StoredVersion(UUID, VERSION)
    assert store.waits == [1, 1.618, 0.382]


@pytest.mark.parametrize(
    ("wait", "seconds"), [(lambda store: store.register(), 1200), (lambda store: checkout(store), 3600)]
)
def test_waits_grow_to_a_minute_and_end_with_the_time_limit(wait: Callable[[Store], object], seconds: int) -> None:
    store = checkouts(RUNNING, others={f"PUT {FILE}": [COPYING], f"HEAD {FILE}": [MISSING]})
    store.requests = -100
    with pytest.raises(TransferError, match=f"after {seconds} s"):
        wait(store)
    assert (max(store.waits), round(sum(store.waits))) == (60, seconds)


@pytest.mark.parametrize(
    ("status", "error", "is_lost"),
    [
        (400, RegistrationRefused, True),
        (404, RegistrationRefused, True),
        (422, RegistrationRefused, True),
        (409, RegistrationRefused, False),
        (500, RegistrationRefused, False),
        (401, Unauthorized, None),
        (403, Forbidden, None),
    ],
)
def test_a_refused_registration_states_whether_the_staged_object_may_be_lost(
    status: int, error: type[OmicsError], is_lost: bool | None
) -> None:
    with pytest.raises(error) as caught:
        Store({f"PUT {FILE}": [(status, {"code": "x", "title": "odd"})]}).register()
    assert getattr(caught.value, "lost", None) == is_lost


def test_an_error_while_waiting_is_not_a_missing_file() -> None:
    with pytest.raises(ServerError):
        Store({f"PUT {FILE}": [COPYING], f"HEAD {FILE}": [MISSING, (500, {})]}).register()


def test_files_are_waited_for_together_each_with_its_own_time_limit() -> None:
    paths = {number: f"HEAD /files/{uuid}" for number, uuid in enumerate((UUID, OTHER))}
    store = Store({paths[0]: [MISSING], paths[1]: [MISSING, STORED]})
    registrar = Registrar(
        api=store.dss, version=VERSION, creator_uid=1, replica="aws", timeout_seconds=4, clock=store.clock
    )
    files = [LocalFile(Path(name), name, uuid) for name, uuid in (("a", UUID), ("b", OTHER))]
    awaited = [registrar.awaited(number, file, 202, {}) for number, file in enumerate(files)]
    store.clock.advance(1)  # as the staging of others takes: they are looked for at once
    states = [(pending.file.name, error) for pending, error in registrar.wait_for(filter(None, awaited), map)]
    assert states[0] == ("b", None)
    assert states[1][0] == "a"
    assert "after 4 s (X-AWS-REQUEST-ID: unknown)" in str(states[1][1])
    assert store.waits == [1.618, 1.382]


def test_a_checkout_is_waited_for_and_states_where_the_files_are() -> None:
    store, started = checkouts(RUNNING, RUNNING, COPIED), list[str]()
    chosen = {"version": VERSION, "destination": "bucket", "email": "a@example.org"}
    assert checkout(store, started=started.append, **chosen) == Checkout("j", "s3://b/k")
    assert started == ["j"]
    assert store.waits == [1, 1.618]
    assert store.sent[:2] == [{"replica": "aws", **chosen}, {"replica": "aws"}]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ((200, {"status": "FAILED", "cause": "no bucket"}), "checkout j failed: no bucket"),
        ((200, {"status": "FAILED"}), "checkout j failed: no cause given"),
        ((404, {}), "the service does not know the checkout j"),
        (RUNNING, r"checkout j has not finished after 2 s \(RUNNING\)"),
    ],
)
def test_a_checkout_that_ends_otherwise_has_its_job_and_why(state: tuple[int, Any], message: str) -> None:
    store = checkouts(RUNNING, RUNNING, state)
    with pytest.raises(CheckoutFailed, match=message) as caught:
        checkout(store, timeout_seconds=2)
    assert caught.value.job_id == "j"
    assert store.waits == [1, 1]
    assert ("--checkout-job-id j" in caught.value.remedy) == (state == RUNNING)


def test_a_checkout_that_ended_during_the_last_wait_succeeded() -> None:
    assert checkout(checkouts(RUNNING, RUNNING, COPIED), timeout_seconds=2).location == "s3://b/k"


def test_a_failing_service_leaves_the_job_to_be_asked_for_later() -> None:
    with pytest.raises(APIError) as caught:
        checkout(checkouts(RUNNING, (500, {})))
    assert "get-bundles-checkout --replica aws --checkout-job-id j" in caught.value.remedy


@pytest.mark.parametrize(
    "wait",
    [
        lambda stop: checkout(checkouts(RUNNING), stop=stop),
        lambda stop: Store({f"PUT {FILE}": [COPYING]}).register(stop=stop),
    ],
)
def test_a_stop_ends_the_wait(wait: Callable[[threading.Event], object]) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted, match="was stopped"):
        wait(stop)


@pytest.mark.parametrize("operation", ["post_bundles_checkout", "get_bundles_checkout"])
def test_a_response_that_is_no_checkouts_is_reported_with_its_operation(operation: str) -> None:
    method, path = ("POST", f"/bundles/{UUID}/checkout") if operation.startswith("post") else ("GET", JOB)
    store = checkouts(RUNNING)
    store.left[f"{method} {path}"] = [(200, {})]
    with pytest.raises(DecodeError) as caught:
        checkout(store)
    assert caught.value.operation == operation


def test_a_registration_can_be_sent_after_the_file_if_the_engine_can_send_it() -> None:
    def follow_up(dss: Dss) -> FollowUp | None:
        registrar = Registrar(
            api=dss, version=VERSION, creator_uid=1, replica="aws", timeout_seconds=1, clock=ManualClock()
        )
        return registrar.quick(LocalFile(Path("a"), "a", UUID), "s3://b/k", lambda *_: None)

    with Dss("https://dss.example.org/v1", credentials=BearerToken("t"), environ={}) as dss:
        assert isinstance(follow_up(dss), FollowUp)
    assert follow_up(Store({}).dss) is None  # a transport of the user's own
