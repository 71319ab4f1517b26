"""The documented clients of jobs, of the explorer, and of workspace storage."""

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.compat.gen3.query import Gen3Query
from omicsdk.compat.gen3.wss import Gen3WsStorage, wsurl_to_tokens
from omicsdk.core import ANONYMOUS, NO_RETRY, APIError, DecodeError, Interrupted, ManualClock, NotFound
from omicsdk.gen3 import Gen3, Gen3Error, Gen3JobError, Gen3SubmissionQueryError, Gen3UserError
from omicsdk.gen3.explorer import records_query, selection
from omicsdk.gen3.records.exports import rows_of

COMMONS = "https://commons.example.org"


class Jobs:
    """A service whose job goes through some states; an empty one is that of a failing service."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.raw_path.decode()))
        if request.content:
            self.bodies.append(json.loads(request.content))
        if request.url.path.endswith("/output"):
            return httpx.Response(200, json={"output": "[out] it is done"})
        state = self.states.pop(0)
        return httpx.Response(200 if state else 503, json={"uid": "u 1", "name": "x-abc", "status": state})


def test_a_job_is_waited_for_without_holding_up_the_loop(clock: ManualClock):
    service = Jobs("Unknown", "Unknown", "Running", "Completed")
    jobs = Gen3Jobs(COMMONS, transport=service.transport, clock=clock)
    assert asyncio.run(jobs.async_run_job_and_wait("x", {"a": 1}, _ssl=False)) == {"output": "[out] it is done"}
    assert service.bodies == [{"action": "x", "input": {"a": 1}}]
    assert service.requests == [
        ("POST", "/job/dispatch"),
        *[("GET", "/job/status?UID=u%201")] * 3,
        ("GET", "/job/output?UID=u%201"),
    ]
    assert sum(clock.slept) == pytest.approx(14.25)


def test_waits_grow_to_a_limit(clock: ManualClock):
    service = Jobs(*["Running"] * 20, "Completed")
    with Gen3(COMMONS, credentials=ANONYMOUS, transport=service.transport, clock=clock) as commons:
        assert commons.run_job("x") == {"output": "[out] it is done"}
    assert clock.slept[:3] == [3.0, 4.5, 6.75]
    assert max(clock.slept) == 60.0


def test_a_wait_that_is_stopped_leaves_the_job_alone(clock: ManualClock):
    service, stop = Jobs(*["Running"] * 20), threading.Event()
    stop.set()
    commons = Gen3(COMMONS, credentials=ANONYMOUS, transport=service.transport, clock=clock)
    with commons, pytest.raises(Interrupted, match="the job continues"):
        commons.run_job("x", stop=stop)
    assert (clock.slept, len(service.requests)) == ([], 1)


def test_a_job_that_cannot_be_watched_any_longer_is_named(clock: ManualClock):
    commons = Gen3(COMMONS, credentials=ANONYMOUS, transport=Jobs("Running", "").transport, clock=clock, retry=NO_RETRY)
    with commons, pytest.raises(APIError, match=r"get_status: job u 1: "):
        commons.run_job("x")


def test_a_job_that_failed_states_what_it_wrote(clock: ManualClock):
    jobs = Gen3Jobs(COMMONS, transport=Jobs("Running", "Failed").transport, clock=clock)
    with pytest.raises(Gen3JobError, match=r"The job x \(u 1\) is Failed: \[out\] it is done"):
        asyncio.run(jobs.async_run_job_and_wait("x", {}))


def test_errors_in_a_response_are_raised():
    body = {"data": None, "errors": [{"message": "one"}, "two"]}
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    with pytest.raises(Gen3SubmissionQueryError, match="one; two"):
        Gen3Query(endpoint=COMMONS, transport=answering).graphql_query("{ x }")


def test_reading_may_be_tried_again():
    responses = [httpx.Response(503, headers={"retry-after": "0"}), httpx.Response(200, json={"data": {}})]
    answering = httpx.MockTransport(lambda request: responses.pop(0))
    assert Gen3Query(endpoint=COMMONS, transport=answering).graphql_query("{ x }") == {"data": {}}


def test_the_text_of_a_query():
    text = records_query("case", ["a", "b.c", "b.d.e"], 5, 0, "all", ("filter", "sort"))
    assert text == (
        "query($filter: JSON, $sort: JSON) { case (first: 5, offset: 0, filter: $filter, sort: $sort, accessibility: all)"
        " { a b { c d { e } } } }"
    )


@pytest.mark.parametrize(
    "mistake",
    [
        {"data_type": "case { id } } #", "fields": ["a"]},
        {"data_type": "case", "fields": ["a } x {"]},
        {"data_type": "case", "fields": []},
        {"data_type": "case", "fields": ["a"], "accessibility": "mine"},
        {"data_type": "case", "fields": ["a"], "sort_object": {"a": "up"}},
    ],
)
def test_names_that_cannot_be_ones_are_refused(mistake: dict[str, Any]):
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    with pytest.raises(Gen3UserError):
        Gen3Query(endpoint=COMMONS, transport=httpx.MockTransport(never)).query(**mistake)


def test_a_selection_may_be_written_out():
    assert selection(["a", "visits { id place }"]) == "a visits { id place }"


# -- rows as they arrive

ROWS = st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())), max_size=6)


@given(rows=ROWS, size=st.integers(1, 50), spaced=st.booleans())
def test_rows_come_whatever_the_pieces_are(rows: list[dict[str, Any]], size: int, spaced: bool):
    body = json.dumps(rows, ensure_ascii=False, indent=1 if spaced else None).encode("utf-8", "surrogatepass")
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    assert list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x")) == rows


def test_a_long_row_in_small_pieces_is_tried_seldom(monkeypatch: pytest.MonkeyPatch):
    tried: list[int] = []

    class Decoder(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            tried.append(len(s))
            return super().raw_decode(s, idx)

    monkeypatch.setattr(json, "JSONDecoder", Decoder)
    rows = [{"a": 1}, {"a": "x" * 100_000}]
    body = json.dumps(rows).encode()
    pieces = [body[place : place + 64] for place in range(0, len(body), 64)]
    assert list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x")) == rows
    assert sum(tried) < 4 * len(body)


@given(rows=ROWS, size=st.integers(1, 50), between=st.sampled_from(["", "\n", " \n\ufeff", "\r\n" * 150]))
def test_the_rows_of_joined_arrays_are_read_where_they_are_expected(
    rows: list[dict[str, Any]], size: int, between: str
):
    body = (json.dumps(rows) + between + json.dumps(rows) + "\n").encode()
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    assert list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x", joined=True)) == rows * 2


@pytest.mark.parametrize("rest", [b"]", b"x", b'{"a": 1}', b'[{"a": 1}', b"[]" + b"x" * 300])
def test_what_follows_an_array_must_be_another_one(rest: bytes):
    pieces = [b'[{"a": 1}]\n', rest]
    with pytest.raises(DecodeError):
        list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x", joined=True))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": "no"}', b'[{"a": 1}', b'[{"a": 1}, {"a"', b"[1]", b"[{]"])
def test_an_invalid_array_of_rows_is_an_error(body: bytes):
    pieces = [body]
    with pytest.raises(DecodeError):
        list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x"))


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("ws:///@user/a/b.txt", ("@user", "a/b.txt")),
        ("ws:///@user/a%20b", ("@user", "a b")),
        ("ws:///@user/run#1.txt?x=%23", ("@user", "run#1.txt?x=#")),
        ("ws:///@user/", ("@user", "")),
        ("ws:///@user", ("@user", "")),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, str]):
    assert wsurl_to_tokens(url) == parts


@pytest.mark.parametrize("url", ["ws:///", "ws://@user/a", "s3:///a/b", "a/b", "", "ws://["])
def test_an_invalid_url_of_a_workspace(url: str):
    with pytest.raises(Gen3UserError, match="is not a URL of a workspace"):
        wsurl_to_tokens(url)


def test_an_error_that_is_answered_as_if_all_were_well():
    payload = {"Result": "error - illegal path", "Data": None}
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json=payload))
    storage = Gen3WsStorage(endpoint="https://commons.example.org", transport=answering)
    with pytest.raises(Gen3Error, match="illegal path"):
        storage.download_url("@user", "x")
    missing = httpx.MockTransport(lambda request: httpx.Response(404, json={"Result": "no"}))
    with pytest.raises(NotFound):
        Gen3WsStorage(endpoint="https://commons.example.org", transport=missing).ls("@user", "")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (None, "Data.Objects"),
        ({}, "Data.Objects"),
        ({"Objects": None, "Prefixes": []}, "Data.Objects"),
        ({"Objects": {}, "Prefixes": []}, "Data.Objects"),
        ({"Objects": []}, "Data.Prefixes"),
        ([], "Data.Objects"),
    ],
)
def test_a_list_that_is_absent_is_not_an_empty_one(data: object, field: str):
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json={"Result": "ok", "Data": data}))
    storage = Gen3WsStorage(endpoint="https://commons.example.org", transport=answering)
    with pytest.raises(DecodeError, match="list of ws:///@user/x") as caught:
        storage.ls("@user", "x")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("canceling statement due to statement timeout", "Query fewer records or fields"),
        ("Query timed out", "Query fewer records or fields"),
        ('Cannot query field "x" on type "case".', "Correct it"),
    ],
)
def test_a_query_that_takes_too_long_need_not_be_corrected(message: str, remedy: str):
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"data": None, "errors": [{"message": message}]})
    )
    with (
        Gen3(COMMONS, credentials=ANONYMOUS, transport=transport) as commons,
        pytest.raises(Gen3SubmissionQueryError) as caught,
    ):
        commons.query("{case {id}}")
    assert caught.value.remedy is not None
    assert caught.value.remedy.startswith(remedy)
