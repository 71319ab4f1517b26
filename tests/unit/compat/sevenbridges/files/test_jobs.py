"""Jobs of the platform's own: copies, moves, deletions, and imports by DRS."""

from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, AsyncJob, AsyncJobStates, NotFound, SbgError, ValidationError
from omicsdk.core import ManualClock


def a_job(state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    return {
        "href": "https://api.example.org/v2/async/files/copy/j1",
        "id": "j1",
        "type": "COPY",
        "state": state,
        **more,
    }


@pytest.mark.parametrize("kind", ["copy", "move"])
def test_files_and_folders_are_copied_and_moved(api: Api, platform: Any, kind: str) -> None:
    platform.on(f"POST /async/files/{kind}", a_job("SUBMITTED", type=kind.upper()))
    start = getattr(api.async_jobs, f"file_bulk_{kind}")
    files = [
        {"file": api.files(id="f1"), "parent": api.files(id="d1"), "name": "n"},
        {"file": "d2", "project": api.projects(id="me/proj")},
    ]
    job = start(files)
    assert platform.last.body == {
        "items": [{"file": "f1", "parent": "d1", "name": "n"}, {"file": "d2", "project": "me/proj"}]
    }
    assert (job.id, job.state, job.type) == ("j1", AsyncJobStates.SUBMITTED, kind.upper())
    assert files[0]["name"] == "n"
    start([{"file": "f1", "name": "m"}])
    assert platform.last.body == {"items": [{"file": "f1", "name": "m"}]}
    with pytest.raises(SbgError, match=rf"No files to {kind}\b"):
        start([])
    with pytest.raises(SbgError, match="Item 1 has no 'file'"):
        start([files[0], {"name": "n"}])


def test_files_and_folders_are_deleted(api: Api, platform: Any) -> None:
    platform.on("POST /async/files/delete", a_job("SUBMITTED", type="DELETE"))
    api.async_jobs.file_bulk_delete([{"file": "f1"}, api.files(id="f2"), "f3"])
    assert platform.last.body == {"items": [{"file": "f1"}, {"file": "f2"}, {"file": "f3"}]}
    with pytest.raises(SbgError, match=r"No files to delete\b"):
        api.async_jobs.file_bulk_delete([])


def test_jobs_are_listed_and_got_by_their_kind(api: Api, platform: Any) -> None:
    platform.on("GET /async/files", platform.page(a_job()))
    platform.on("GET /async/files/move/j1", a_job(type="MOVE"))
    [job] = api.async_jobs.list_file_jobs(limit=5)
    assert job.id == "j1"
    assert platform.last.query == [("limit", "5")]
    assert api.async_jobs.get_file_move_job("j1").type == "MOVE"
    with pytest.raises(NotFound):
        api.async_jobs.get_file_copy_job("j1")
    with pytest.raises(NotFound):
        api.async_jobs.get_file_delete_job("j1")


def test_a_job_of_whatever_kind(api: Api, platform: Any) -> None:
    platform.on("GET /async/files/delete/j1", a_job(type="DELETE"))
    assert api.async_jobs.get("j1").type == "DELETE"
    with pytest.raises(NotFound, match="copy/j2"):
        api.async_jobs.get("j2")


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"id": "j1", "type": "MOVE"}, "/async/files/move/j1"),
        ({"id": "j1", "href": "https://api.example.org/v2/async/j1"}, "/async/j1"),
        ({"id": "j1", "type": "PURGE", "href": "https://api.example.org/v2/async/j1"}, "/async/j1"),
        ({"type": "COPY", "href": "https://api.example.org/v2/async/j1"}, "/async/j1"),
    ],
)
def test_a_job_is_reloaded_by_its_kind_or_by_its_address(
    api: Api, platform: Any, facts: dict[str, str], path: str
) -> None:
    platform.on(f"GET {path}", a_job("FINISHED"))
    assert api.async_jobs(**facts).reload().state == "FINISHED"


def test_the_files_of_a_result_are_of_the_api_that_is_passed(api: Api, platform: Any) -> None:
    job = AsyncJob.of(a_job("FINISHED", result=[{"resource": platform.file("f9")}]), None)
    assert [record.api_or_none for record in (*job.get_result(api), *job.get_result())] == [api, None]


def test_a_job_is_waited_for_by_the_clock(api: Api, platform: Any, clock: ManualClock) -> None:
    done = a_job(
        "FINISHED",
        total_files=2,
        failed_files=1,
        completed_files=1,
        result=[{"resource": platform.file("f9")}, {"error": {"status": 403, "code": 5001, "message": "no"}}],
    )
    platform.on("GET /async/files/copy/j1", a_job("RESOLVING"), a_job("RUNNING"), done)
    seen: list[str] = []
    job = api.async_jobs(**a_job("SUBMITTED"))
    assert job.wait(period=3, callback=lambda job: seen.append(job.state)) is job
    assert seen == ["RESOLVING", "RUNNING", "FINISHED"]
    assert clock.slept == [3, 3]
    good, bad = job.get_result()
    assert (good.resource.id, good.valid) == ("f9", True)
    assert (bad.resource, bad.error.code) == (None, 5001)
    job.wait()
    assert len(platform.requests) == 3


def test_a_job_that_takes_too_long(api: Api, platform: Any, clock: ManualClock) -> None:
    platform.on("GET /async/files/copy/j1", a_job("RUNNING"))
    with pytest.raises(SbgError, match=r"still RUNNING after 25 s") as late:
        api.async_jobs(**a_job()).wait(timeout=25)
    assert late.value.remedy
    assert clock.slept == [10, 10, 5]
    with pytest.raises(ValidationError):
        api.async_jobs(**a_job()).wait(period=0)


# -- DRS


def an_import(state: str, *result: dict[str, Any]) -> dict[str, Any]:
    return {"href": "https://api.example.org/v2/bulk/drs/imports/i1", "id": "i1", "state": state, "result": [*result]}


def test_a_drs_import_from_start_to_files(api: Api, platform: Any) -> None:
    results = ({"resource": platform.file("f1")}, {"error": {"status": 404, "code": 1, "message": "no object"}})
    platform.on("POST /bulk/drs/imports/create", an_import("SUBMITTED"))
    platform.on("GET /bulk/drs/imports/i1", an_import("RUNNING"), an_import("FINISHED", *results))
    platform.on("POST /bulk/files/get", {"items": [{"resource": platform.file("f1")}]})
    submissions = [
        {"drs_uri": "drs://host/1", "project": api.projects(id="me/proj"), "name": "n", "metadata": {"a": 1}},
        {"drs_uri": "drs://host/2", "parent": "d1"},
    ]
    started = api.drs_imports.bulk_submit(submissions, tags="tag", conflict_resolution="OVERWRITE")
    assert platform.last.body == {
        "conflict_resolution": "OVERWRITE",
        "tags": ["tag"],
        "items": [
            {"drs_uri": "drs://host/1", "project": "me/proj", "name": "n", "metadata": {"a": 1}},
            {"drs_uri": "drs://host/2", "parent": "d1"},
        ],
    }
    assert started.wait().state == "FINISHED"
    good, bad = started.result
    assert (good.valid, good.resource.id) == (True, "f1")
    assert (bad.valid, str(bad.error)) == (False, "no object")
    [record] = started.result_files
    assert record.resource.name == "f1.fastq"
    assert platform.last.body == {"file_ids": ["f1"]}
    assert api.drs_imports.bulk_get("i1") == started


def test_a_drs_import_needs_an_identifier_and_a_place(api: Api, platform: Any) -> None:
    for wrong in (
        [],
        [{"project": "me/p"}],
        [{"drs_uri": "drs://a/b"}],
        [{"drs_uri": "drs://a/b", "project": "p", "parent": "d"}],
    ):
        with pytest.raises(SbgError) as refused:
            api.drs_imports.bulk_submit(wrong)
        assert refused.value.remedy
    assert platform.requests == []


def test_one_file_alone_is_one(api: Api, platform: Any) -> None:
    platform.on("POST /async/files/delete", {"id": "j"})
    for one in ("f1", api.files(id="f1"), {"file": "f1"}):
        api.async_jobs.file_bulk_delete(one)
        assert platform.last.body == {"items": [{"file": "f1"}]}
