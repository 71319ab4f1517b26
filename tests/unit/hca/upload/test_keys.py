"""Temporary keys: renewed before they end by the service's clock, once for all threads, and when a store refuses them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import Forbidden, ManualClock, NotFound, ServiceUnavailable
from omicsdk.hca.upload.storage import FRESH, RENEW_BEFORE, SHORTEST_LIFE, AreaKeys, Keys, life_of, signing_client
from upload_keys_service import HOUR, Service


def test_keys_are_requested_once_and_renewed_in_time(clock: ManualClock):
    service = Service()
    keys = AreaKeys(service, clock)
    assert keys.current() is keys.current()
    clock.advance(HOUR - RENEW_BEFORE - 1)
    assert keys.current().access_key_id == "AKIA1"
    clock.advance(2)
    assert keys.current().access_key_id == "AKIA2"


def test_short_lives_are_renewed_in_their_last_quarter(clock: ManualClock):
    service = Service(life=100)
    keys = AreaKeys(service, clock)
    for _ in range(74):
        keys.current()
        clock.advance(1)
    assert service.count == 1
    clock.advance(2)
    keys.current()
    assert service.count == 2


@given(st.floats(1, 86400), st.lists(st.floats(0, 5000), max_size=30))
def test_what_is_given_out_has_a_quarter_of_its_life_or_five_minutes(life: float, waits: list[float]):
    clock, service = ManualClock(), Service(life)
    keys = AreaKeys(service, clock)
    born: dict[str, float] = {}
    for wait in waits:
        clock.advance(wait)
        current = keys.current()
        born.setdefault(current.access_key_id, clock.now())
        assert life - (clock.now() - born[current.access_key_id]) >= min(RENEW_BEFORE, life / 4) - 1e-3
    assert service.count <= len(waits)


def test_one_thread_asks_and_the_others_wait(clock: ManualClock):
    entered, go = threading.Event(), threading.Event()
    service = Service()

    def slowly() -> Keys:
        entered.set()
        assert go.wait(60)
        return service()

    keys = AreaKeys(slowly, clock)
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(keys.current) for _ in range(8)]
        assert entered.wait(60)
        go.set()
        assert {future.result().access_key_id for future in running} == {"AKIA1"}
    assert service.count == 1


def test_a_service_that_is_down_costs_nothing_while_keys_are_good(clock: ManualClock, caplog: Any):
    service = Service()
    keys = AreaKeys(service, clock)
    keys.current()
    service.error = ServiceUnavailable("down", status=503)
    clock.advance(HOUR - 100)
    with caplog.at_level("WARNING", "omicsdk.hca.upload"):
        assert keys.current().access_key_id == "AKIA1"
    assert "continuing with the old ones" in caplog.text
    clock.advance(200)
    with pytest.raises(ServiceUnavailable):
        keys.current()


@pytest.mark.parametrize("error", [NotFound("gone", status=404), ServiceUnavailable("down", status=503)])
def test_without_keys_the_error_is_the_services(clock: ManualClock, error: Exception):
    service = Service()
    service.error = error
    with pytest.raises(type(error)):
        AreaKeys(service, clock).current()


def test_refused_keys_are_renewed_unless_they_are_fresh(clock: ManualClock):
    service = Service()
    keys = AreaKeys(service, clock)
    assert not keys.refused()
    keys.current()
    assert not keys.refused()
    clock.advance(FRESH)
    assert keys.refused()
    assert keys.current().access_key_id == "AKIA2"


def test_a_call_refused_with_keys_that_another_thread_renewed_is_repeated(clock: ManualClock):
    keys = AreaKeys(Service(), clock)
    used: list[str] = []

    def call() -> str:
        used.append(keys.current().access_key_id)
        if len(used) == 1:
            assert keys.refused()  # another thread, which was refused first
            raise Forbidden("expired", status=403, code="ExpiredToken")
        return used[-1]

    keys.current()
    clock.advance(FRESH)
    assert keys.signed(call) == "AKIA2"
    assert used == ["AKIA1", "AKIA2"]


@pytest.mark.parametrize(
    ("expiration", "date", "life"),
    [
        ("2026-11-20T13:00:00Z", "Fri, 20 Nov 2026 12:00:00 GMT", HOUR),
        ("2026-11-20T13:00:00+00:00", "Fri, 20 Nov 2026 12:30:00 GMT", HOUR / 2),
        ("2026-11-20T13:00:00", "Fri, 20 Nov 2026 12:00:00 GMT", HOUR),
        ("1970-01-01T01:00:00Z", None, HOUR),
        ("1970-01-01T01:00:00Z", "yesterday", HOUR),
        ("soon", None, SHORTEST_LIFE),
    ],
)
def test_a_life_is_reported_by_the_services_clock(expiration: str, date: str | None, life: float):
    assert life_of(expiration, date, 0.0) == life


def test_secrets_are_in_no_repr(clock: ManualClock):
    keys = AreaKeys(Service(), clock)
    assert "canary" not in repr(keys.current()) + repr(keys)


def test_acceleration_is_for_amazon_endpoints_only(monkeypatch: pytest.MonkeyPatch, clock: ManualClock):
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for accelerate in (True, False):
        client = signing_client(AreaKeys(Service(), clock), accelerate=accelerate, connections=4)
        url = client.generate_presigned_url("put_object", {"Bucket": "org-upload-prod", "Key": "k"})
        assert ("s3-accelerate" in url) == accelerate
        client.close()
