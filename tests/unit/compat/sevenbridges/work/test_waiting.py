"""Waiting for tasks and runs: looks by the clock, no sleep after the end."""

import pytest
from omicsdk.compat.sevenbridges import SbgError, ServerError, ValidationError
from omicsdk.compat.sevenbridges.errors import NeverEnds
from omicsdk.sb import StillRunning

ID = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def task(api):
    return api.tasks.of({"id": ID, "name": "mine", "status": "QUEUED"}, api)


def states(platform, *names: str) -> None:
    platform.on(f"GET /tasks/{ID}", *({"id": ID, "name": "mine", "status": name} for name in names))


def test_it_examines_once_and_does_not_sleep_after_the_end(task, platform, clock):
    states(platform, "QUEUED", "RUNNING", "COMPLETED")
    assert task.wait() is None
    assert task.status == "COMPLETED"
    assert clock.slept == [10, 10]
    assert len(platform.requests) == 3


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED", "ABORTED"])
def test_a_task_that_has_ended_is_not_requested(api, platform, clock, end):
    api.tasks.of({"id": ID, "status": end}, api).wait()
    assert (platform.request_texts, clock.slept) == ([], [])


def test_the_callback_is_called_once_with_its_arguments(task, platform):
    states(platform, "COMPLETED")
    calls = []

    def callback(*args, **kwargs):
        calls.append((args, kwargs))
        return "done"

    assert task.wait(1, callback, 1, 2, name="x") == "done"
    assert calls == [((1, 2), {"name": "x"})]


def test_a_timeout_ends_the_wait_exactly(task, platform, clock):
    states(platform, "RUNNING")
    with pytest.raises(StillRunning, match=f"Task {ID} is RUNNING after 25 s") as raised:
        task.wait(period=10, timeout=25)
    assert clock.slept == [10, 10, 5]
    assert isinstance(raised.value, TimeoutError)
    assert isinstance(raised.value, SbgError)
    assert raised.value.remedy


def test_no_time_at_all_is_one_look(task, platform, clock):
    states(platform, "COMPLETED")
    task.wait(timeout=0)
    assert (task.status, clock.slept) == ("COMPLETED", [])


@pytest.mark.parametrize(
    "arguments", [{"period": 0}, {"period": -1}, {"period": "9"}, {"timeout": "9"}, {"timeout": -1}]
)
def test_times_that_make_no_sense_are_refused(task, api, platform, arguments):
    job = api.async_jobs.of({"id": "j", "state": "RUNNING", "href": "https://api.example.org/v2/j"}, api)
    for wait in (task.wait, job.wait):
        with pytest.raises(ValidationError, match=f"{next(iter(arguments))} is .*Pass seconds"):
            wait(**arguments)
    assert platform.request_texts == []


def test_edits_outlive_the_wait(task, platform):
    states(platform, "RUNNING", "COMPLETED")
    task.name = "renamed"
    task.wait()
    assert (task.name, task.changes()) == ("renamed", {"name": "renamed"})


def test_what_the_platform_refuses_ends_the_wait(task, platform):
    platform.on(f"GET /tasks/{ID}", {"id": ID, "status": "RUNNING"}, platform.refusal(500, 9000, "Broken."))
    task.api.retry_count = 0
    with pytest.raises(ServerError):
        task.wait()


def test_runs_of_automations_are_waited_for(api, platform, clock):
    platform.on("GET /automation/runs/r-1", {"id": "r-1", "status": "RUNNING"}, {"id": "r-1", "status": "FINISHED"})
    run = api.automation_runs.of({"id": "r-1", "status": "CREATED"}, api)
    assert run.wait(period=2, callback=lambda: run.status) == "FINISHED"
    assert clock.slept == [2]
    platform.on("GET /automation/runs/r-2", {"id": "r-2", "status": "RUNNING"})
    with pytest.raises(StillRunning, match="Run r-2 is RUNNING"):
        api.automation_runs.of({"id": "r-2", "status": "RUNNING"}, api).wait(timeout=1)


@pytest.mark.parametrize("fields", [{}, {"status": "DRAFT"}])
@pytest.mark.parametrize("timeout", [None, 3600])
def test_a_draft_is_not_waited_for(api, platform, clock, fields, timeout):
    platform.on(f"GET /tasks/{ID}", {"id": ID, "name": "mine", "status": "DRAFT"})
    with pytest.raises(
        NeverEnds, match=rf"Task {ID} is a draft and does not start.*Run it first: task\.run\(\)"
    ) as raised:
        api.tasks.of({"id": ID, **fields}, api).wait(timeout=timeout)
    assert isinstance(raised.value, SbgError)
    assert len(platform.requests) == 1  # it may have been run elsewhere meanwhile
    assert clock.slept == []


def test_a_draft_that_was_run_elsewhere_is_waited_for(api, platform):
    states(platform, "QUEUED", "COMPLETED")
    task = api.tasks.of({"id": ID, "status": "DRAFT"}, api)
    task.wait()
    assert task.status == "COMPLETED"


def test_a_batch_draft_and_its_children(api, platform):
    platform.on(f"GET /tasks/{ID}", {"id": ID, "status": "DRAFT", "batch": True})
    with pytest.raises(NeverEnds, match="is a draft, with all of its children, and does not start"):
        api.tasks.of({"id": ID}, api).wait()
    platform.on(f"GET /tasks/{ID}", {"id": ID, "status": "DRAFT", "parent": "p-1"})
    with pytest.raises(NeverEnds, match="Run the batch task that it belongs to: p-1"):
        api.tasks.of({"id": ID}, api).wait()


def test_a_task_that_goes_back_to_a_draft_ends_the_wait(task, platform, clock):
    states(platform, "QUEUED", "DRAFT")
    with pytest.raises(NeverEnds):
        task.wait()
    assert clock.slept == [10]
