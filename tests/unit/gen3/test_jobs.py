"""The documented client of jobs."""

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.core import ANONYMOUS, NO_RETRY, APIError, Interrupted, ManualClock
from omicsdk.gen3 import Gen3, Gen3JobError

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
