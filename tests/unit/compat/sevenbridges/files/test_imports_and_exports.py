"""Imports from volumes and exports to them."""

from typing import Any

import pytest
from omicsdk.compat.sevenbridges import (
    Api,
    BadRequest,
    Export,
    ImportExportState,
    MethodNotAllowed,
    NotFound,
    SbgError,
    ValidationError,
)
from omicsdk.core import ManualClock

IMPORTS, EXPORTS = "/storage/imports", "/storage/exports"


def an_import(id: str = "i1", state: str = "PENDING", **more: Any) -> dict[str, Any]:
    return {
        "href": f"https://api.example.org/v2{IMPORTS}/{id}",
        "id": id,
        "state": state,
        "source": {"volume": "me/vol", "location": "a/b"},
        "destination": {"project": "me/proj", "name": "b"},
        "result": None,
        "error": None,
        **more,
    }


def an_export(id: str = "e1", state: str = "PENDING", **more: Any) -> dict[str, Any]:
    return {
        "href": f"https://api.example.org/v2{EXPORTS}/{id}",
        "id": id,
        "state": state,
        "source": {"file": "f1"},
        "destination": {"volume": "me/vol", "location": "a/b"},
        "properties": {"sse_algorithm": "AES256"},
        **more,
    }


def test_the_documented_way_to_import(api: Api, platform: Any) -> None:
    platform.on(f"POST {IMPORTS}", an_import())
    platform.on(f"GET {IMPORTS}/i1", an_import(state="RUNNING"), an_import(state="COMPLETED", result=platform.file()))
    platform.on("GET /files/f1", platform.file())
    volume, project = api.volumes(id="me/vol"), api.projects(id="me/proj")
    running = api.imports.submit_import(volume=volume, project=project, location="a/b")
    assert platform.last.body == {
        "source": {"volume": "me/vol", "location": "a/b"},
        "destination": {"project": "me/proj"},
        "overwrite": False,
    }
    assert running.result is None
    while running.reload().state not in (ImportExportState.COMPLETED, ImportExportState.FAILED):
        pass
    assert running.result.name == "f1.fastq"
    assert running.result is running.result
    assert (running.source.volume, running.source.location, running.destination.name) == ("me/vol", "a/b", "b")
    assert running.source == api.imports(**an_import()).source


def test_all_that_an_import_can_be_reported(api: Api, platform: Any) -> None:
    platform.on(f"POST {IMPORTS}", an_import())
    api.imports.submit_import(
        "me/vol",
        "folder/",
        name="n",
        overwrite=True,
        properties={"a": 1},
        parent=api.files(id="d1"),
        preserve_folder_structure=False,
        autorename=True,
    )
    assert platform.last.body == {
        "source": {"volume": "me/vol", "location": "folder/"},
        "destination": {"parent": "d1", "name": "n"},
        "overwrite": True,
        "autorename": True,
        "preserve_folder_structure": False,
        "properties": {"a": 1},
    }
    for place in ({}, {"project": "me/proj", "parent": "d1"}):
        with pytest.raises(SbgError) as refused:
            api.imports.submit_import("me/vol", "a", **place)
        assert refused.value.remedy


def test_a_failed_import_states_why(api: Api, platform: Any, clock: ManualClock) -> None:
    why = {"status": 404, "code": 9105, "message": "Location not found", "more_info": "https://d"}
    platform.on(f"GET {IMPORTS}/i1", an_import(state="RUNNING"), an_import(state="FAILED", error=why))
    seen: list[str] = []
    ended = api.imports(id="i1").wait(period=2, callback=lambda job: seen.append(job.state))
    assert (ended.state, ended.result, ended.error.code, str(ended.error)) == (
        "FAILED",
        None,
        9105,
        "Location not found",
    )
    assert seen == ["RUNNING", "FAILED"]
    assert clock.slept == [2]


def test_an_import_that_takes_too_long(api: Api, platform: Any) -> None:
    platform.on(f"GET {IMPORTS}/i1", an_import(state="RUNNING"))
    with pytest.raises(SbgError, match="RUNNING after 60 s"):
        api.imports(id="i1").wait(timeout=60)


def test_listing_and_getting(api: Api, platform: Any) -> None:
    platform.on(f"GET {IMPORTS}", platform.page(an_import()))
    platform.on(f"GET {EXPORTS}", platform.page(an_export()))
    platform.on(f"GET {EXPORTS}/e1", an_export())
    assert [job.id for job in api.imports.query(project="me/proj", volume="me/vol", state="PENDING", limit=1)] == ["i1"]
    assert [job.id for job in api.exports.query(volume=api.volumes(id="me/vol"), offset=0)] == ["e1"]
    assert sorted(platform.last.query) == [("fields", "_all"), ("offset", "0"), ("volume", "me/vol")]
    export = api.exports.get("e1")
    assert (export.source.id, export.destination.location, export.properties["sse_algorithm"]) == (
        "f1",
        "a/b",
        "AES256",
    )
    with pytest.raises(NotFound):
        api.imports.get("i9")


def test_an_export(api: Api, platform: Any) -> None:
    platform.on(f"POST {EXPORTS}", an_export())
    api.exports.submit_export(file=api.files(id="f1"), volume=api.volumes(id="me/vol"), location="a/b")
    assert platform.last.query == []
    assert platform.last.body == {
        "source": {"file": "f1"},
        "destination": {"volume": "me/vol", "location": "a/b"},
        "overwrite": False,
    }
    api.exports.submit_export("f1", "me/vol", "a/b", properties={"p": 1}, overwrite=True, copy_only=True)
    assert platform.last.query == [("copy_only", "True")]
    assert (platform.last.body["properties"], platform.last.body["overwrite"]) == ({"p": 1}, True)


def test_the_refused_export_of_an_alias_states_where_its_bytes_are(api: Api, platform: Any) -> None:
    platform.on(f"POST {EXPORTS}", platform.refusal(400, 9109, "Only platform files are exported"))
    alias = api.files(id="f1", storage={"type": "VOLUME", "volume": "me/vol", "location": "x.bam"})
    with pytest.raises(BadRequest, match=r"alias.*me/vol/x\.bam") as refused:
        api.exports.submit_export(alias, "me/other", "y.bam")
    assert refused.value.code == 9109


def test_many_imports(api: Api, platform: Any) -> None:
    def started(request: Any) -> Any:
        return {"items": [{"resource": an_import(item["source"]["location"])} for item in request.body["items"]]}

    platform.on("POST /bulk/storage/imports/create", started)
    submissions = [{"volume": "me/vol", "location": str(number), "project": "me/proj"} for number in range(150)]
    records = api.imports.bulk_submit(submissions)
    assert [record.resource.id for record in records] == [str(number) for number in range(150)]
    assert [len(batch.body["items"]) for batch in platform.requests] == [100, 50]
    assert platform.requests[0].body["items"][0] == {
        "source": {"volume": "me/vol", "location": "0"},
        "destination": {"project": "me/proj"},
        "overwrite": False,
        "autorename": False,
        "preserve_folder_structure": True,
    }


def test_many_exports(api: Api, platform: Any) -> None:
    platform.on("POST /bulk/storage/exports/create", {"items": [{"resource": an_export()}]})
    submission = {"file": api.files(id="f1"), "volume": api.volumes(id="me/vol"), "location": "l"}
    [record] = api.exports.bulk_submit([submission], copy_only=True)
    assert record.resource.id == "e1"
    assert platform.last.query == [("copy_only", "True")]
    assert platform.last.body["items"] == [
        {
            "source": {"file": "f1"},
            "destination": {"volume": "me/vol", "location": "l"},
            "properties": {},
            "overwrite": False,
        }
    ]
    api.exports.bulk_submit([submission])
    assert platform.last.query == [("copy_only", "False")]


def test_nothing_is_started_when_one_of_many_is_not_complete(api: Api, platform: Any) -> None:
    good = {"volume": "me/vol", "location": "a", "project": "me/proj"}
    for wrong, says in (
        ([], "No imports"),
        ([good, {**good, "location": ""}], "Item 1 has no 'location'"),
        ([good, {**good, "parent": "d1"}], "Import 1 was given both"),
        ([{"volume": "me/vol", "location": "a"}], "missing project or parent"),
    ):
        with pytest.raises(SbgError, match=says):
            api.imports.bulk_submit(wrong)
    with pytest.raises(SbgError, match="Item 0 has no 'file'"):
        api.exports.bulk_submit([{"volume": "me/vol", "location": "a"}])
    assert platform.requests == []


def test_many_are_waited_for_together(api: Api, platform: Any, clock: ManualClock) -> None:
    looks: list[list[str]] = []

    def response(request: Any) -> Any:
        looks.append(request.body["export_ids"])
        ended = {1: {"e1"}, 2: {"e0", "e2"}}[len(looks)]
        exports = (an_export(id, "COMPLETED" if id in ended else "RUNNING") for id in request.body["export_ids"])
        return {"items": [{"resource": export} for export in exports]}

    platform.on("POST /bulk/storage/exports/get", response)
    progress: list[tuple[int, int]] = []
    mine = api.exports(**an_export("e0"))
    other = Export.of(an_export("e1"), api)  # as the records of a bulk call have them
    ended = api.exports.bulk_wait([mine, other, "e2"], period=5, callback=lambda *counts: progress.append(counts))
    assert (ended[0] is mine, ended[1] is other) == (True, True)
    assert [(export.id, export.state) for export in ended] == [(f"e{number}", "COMPLETED") for number in range(3)]
    assert looks == [["e0", "e1", "e2"], ["e0", "e2"]]
    assert progress == [(1, 3), (3, 3)]
    assert clock.slept == [5]


def test_waiting_for_one_that_does_not_exist(api: Api, platform: Any) -> None:
    error = {"status": 404, "code": 9102, "message": "No such import"}
    platform.on("POST /bulk/storage/imports/get", {"items": [{"resource": None, "error": error}]})
    with pytest.raises(NotFound, match="No such import"):
        api.imports.bulk_wait(["i9"])
    [record] = api.imports.bulk_get(["i9"])
    assert not record.valid


def test_deleting_is_up_to_the_platform(api: Api, platform: Any) -> None:
    platform.on(f"DELETE {IMPORTS}/i1", platform.refusal(405, 90003, "Method not allowed"))
    platform.on(f"DELETE {EXPORTS}/e1", None)
    with pytest.raises(MethodNotAllowed):
        api.imports(id="i1").delete()
    api.exports(id="e1").delete()


@pytest.mark.parametrize("group", ["imports", "exports", "drs_imports"])
def test_an_invalid_dictionary_is_refused(api: Api, platform: Any, group: str) -> None:
    for wrong in ([api.files(id="f1")], ["f1"]):
        with pytest.raises(ValidationError, match=r"Item 0: expected a dictionary, got ") as caught:
            getattr(api, group).bulk_submit(wrong)
        assert caught.value.remedy
    assert platform.requests == []


def test_jobs_that_are_named_twice_come_twice(api: Api, platform: Any) -> None:
    platform.on("POST /bulk/storage/imports/get", {"items": [{"resource": {"id": "i1", "state": "COMPLETED"}}]})
    first, second = api.imports.bulk_wait(["i1", "i1"])
    assert first is second
    assert first.state == "COMPLETED"
