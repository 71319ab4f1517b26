"""The contents of a project: lists, files that are copied into it, tasks that are created in it."""

from typing import Any

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api, Conflict, NotFound
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.models.project import Project


@pytest.fixture
def project(api: Api) -> Project:
    return Project(id="own/proj", api=api)


def test_files(project: Project, platform: Any) -> None:
    platform.lists("/files", {"id": "f"})
    [file] = project.get_files(0, 2)
    assert platform.sorted_request_texts == ["GET /files?fields=_all&limit=2&offset=0&project=own/proj"]
    assert isinstance(file, File)
    assert file.api is project.api


def test_apps(project: Project, platform: Any) -> None:
    platform.lists("/apps", {"id": "own/proj/app/1"})
    assert len(project.get_apps(0, 2)) == 1
    assert platform.sorted_request_texts == ["GET /apps?limit=2&offset=0&project=own/proj"]


def test_tasks(project: Project, platform: Any) -> None:
    platform.lists("/tasks", {"id": "t"})
    assert len(project.get_tasks("RUNNING", 0, 2)) == 1
    assert platform.sorted_request_texts == ["GET /tasks?fields=_all&limit=2&offset=0&project=own/proj&status=RUNNING"]


def test_imports(project: Project, platform: Any) -> None:
    platform.lists("/storage/imports", {"id": "i"})
    assert len(project.get_imports("own/vol", "FAILED", 0, 2)) == 1
    assert platform.sorted_request_texts == [
        "GET /storage/imports?fields=_all&limit=2&offset=0&project=own/proj&state=FAILED&volume=own/vol"
    ]


def _files(request: httpx.Request) -> httpx.Response:
    ids = request.body["file_ids"]
    owners = {"mine": "own/proj", "also": "own/proj", "theirs": "own/other"}
    items = [
        {"resource": {"id": id, "project": owners[id]}}
        if id in owners
        else {"error": {"status": 404, "code": 5002, "message": "gone"}}
        for id in ids
    ]
    return httpx.Response(200, json={"items": items})


def test_exports_are_those_of_its_files(project: Project, platform: Any) -> None:
    sources = ["mine", "theirs", "gone", "also", "mine"]
    platform.lists("/storage/exports", *[{"id": str(n), "source": {"file": file}} for n, file in enumerate(sources)])
    platform.on("POST /bulk/files/get", _files)
    page = project.get_exports("own/vol", "COMPLETED", 0, 3)
    assert (
        platform.sorted_request_texts[0]
        == "GET /storage/exports?fields=_all&limit=3&offset=0&state=COMPLETED&volume=own/vol"
    )
    assert [export.id for export in page] == ["0"]
    assert page.total == -1
    assert [export.id for export in page.next_page()] == ["3", "4"]
    assert [export.id for export in page.all()] == ["0", "3", "4"]


def test_no_exports(project: Project, platform: Any) -> None:
    platform.lists("/storage/exports")
    assert project.get_exports() == []
    assert len(platform.requests) == 1


@pytest.mark.parametrize(
    "files", [File(id="a"), [File(id="a"), "b"], (File(id=name) for name in "abc"), "a", []], ids=range(5)
)
def test_files_are_copied_into_it(project: Project, platform: Any, files: Any) -> None:
    for name in "abc":
        platform.on(f"POST /files/{name}/actions/copy", {"id": f"new-{name}"})
    assert project.add_files(files) is None
    assert sorted(platform.sorted_request_texts) == [
        f"POST /files/{name}/actions/copy" for name in "abc"[: len(platform.requests)]
    ]
    assert all(request.body == {"project": "own/proj"} for request in platform.requests)


def test_a_file_that_does_not_exist_is_reported(project: Project, platform: Any) -> None:
    platform.on("POST /files/a/actions/copy", {"id": "new-a"})
    with pytest.raises(NotFound, match="copy_file: b cannot be copied into own/proj: Requested resource") as caught:
        project.add_files(["a", "b"])
    assert (caught.value.status, caught.value.code) == (404, 5002)


def test_all_files_that_can_not_be_copied_are_named_and_the_others_are_copied(project: Project, platform: Any) -> None:
    platform.on("POST /files/a/actions/copy", platform.refusal(409, 5003, "It is exported."))
    platform.on("POST /files/b/actions/copy", {"id": "new-b"})
    files = [File(id="a", name="a.bam"), "b", File(id="c", name="c.bam")]
    with pytest.raises(
        Conflict, match=r"a.bam \(a\) cannot be copied into own/proj: It is exported; 2 of 3 .*, also c.bam \(c\)"
    ):
        project.add_files(files)
    assert len(platform.requests) == 3


def test_a_task(project: Project, platform: Any) -> None:
    platform.on("POST /tasks", {"id": "t", "name": "n"})
    task = project.create_task("n", "own/proj/app", revision=2, inputs={"x": 1})
    assert task.id == "t"
    assert platform.sent["project"] == "own/proj"
    assert platform.sent["app"] == "own/proj/app/2"
    assert platform.sent["inputs"] == {"x": 1}
    assert platform.sent["use_interruptible_instances"] is True
