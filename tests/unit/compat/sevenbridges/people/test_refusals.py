"""Errors are reported before anything is sent if possible, else as the platform states them."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from omicsdk.compat.sevenbridges import Api, NotFound, SbgError, ValidationError
from omicsdk.compat.sevenbridges.models.project import Project
from omicsdk.core import NotFound as CoreNotFound
from rows import check_each


@pytest.mark.parametrize("id", ["own/", "/proj", "own/proj/more", "../proj", "own/.."])
@pytest.mark.parametrize("group", ["projects", "datasets"])
def test_an_invalid_id(api: Api, platform: Any, group: str, id: str) -> None:
    with pytest.raises(SbgError, match="is not the id of a") as caught:
        getattr(api, group).get(id)
    assert caught.value.remedy
    assert platform.requests == []


@pytest.mark.parametrize("group", ["projects", "datasets"])
def test_a_list_of_an_owners_is_no_resource(api: Api, platform: Any, group: str) -> None:
    platform.lists(f"/{group}/proj")
    with pytest.raises(ValidationError, match="'proj' is not the id of a"):
        getattr(api, group).get("proj")


@pytest.mark.parametrize("id", ["../projects/me", "a/./b", ".."])
def test_the_id_of_a_marker_leads_nowhere_else(api: Api, platform: Any, id: str) -> None:
    with pytest.raises(SbgError, match="path"):
        api.markers.get(id)
    assert platform.requests == []


@pytest.mark.parametrize(
    "group", ["projects", "datasets", "teams", "divisions", "invoices", "billing_groups", "markers"]
)
def test_no_id(api: Api, platform: Any, group: str) -> None:
    with pytest.raises(SbgError):
        getattr(api, group).get("")
    assert platform.requests == []


GROUPS = [
    "apps",
    "async_jobs",
    "automation_packages",
    "automation_runs",
    "automations",
    "billing_groups",
    "datasets",
    "divisions",
    "drs_imports",
    "exports",
    "files",
    "imports",
    "invoices",
    "markers",
    "projects",
    "tasks",
    "teams",
    "users",
    "volumes",
]


@pytest.mark.parametrize("group", GROUPS)
def test_what_can_not_be_an_id(api: Api, platform: Any, group: str) -> None:
    def check(id: Any) -> None:
        with pytest.raises(ValidationError) as caught:
            getattr(api, group).get(id)
        assert caught.value.remedy
        assert platform.requests == []

    ids = [".", "..", "", None, {"id": "x"}, ["x"], 5, True, b"x", object(), SimpleNamespace(id="x"), lambda: "x"]
    check_each(ids, repr, check)


@pytest.mark.parametrize("id", [".", ".."])
def test_an_id_that_refers_elsewhere_in_every_call(api: Api, platform: Any, id: str) -> None:
    calls = [
        lambda: api.files(id=id).delete(),
        lambda: api.files(id=id).size,
        lambda: api.files(id=id).reload(),
        lambda: api.files(id=id, type="folder").list_files(),
        lambda: api.files.bulk_get(["f", id]),
        lambda: api.files.upload("x", parent=id),
        lambda: api.projects(id="own/proj").add_files([id]),
        lambda: api.projects(id="own/proj").get_member(id),
        lambda: api.tasks(id=id).run(),
        lambda: api.users.get(id),
        lambda: api.volumes(id="own/vol").get_volume_object_info(id),
        lambda: api.teams(id="t").remove_member(id),
        lambda: api.automations(id="a").get_member(id),
        lambda: api.exports(id=id).delete(),
    ]
    for call in calls:
        with pytest.raises(ValidationError) as caught:
            call()
        assert caught.value.remedy
    assert platform.requests == []


def test_ids_of_other_kinds(api: Api, platform: Any) -> None:
    id = UUID("11111111-1111-4111-8111-111111111111")
    platform.on(f"GET /tasks/{id}", {"id": str(id), "name": "mine"})
    assert api.tasks.get(id).name == "mine"
    assert api.tasks.get(api.tasks(id=str(id))).name == "mine"


@pytest.mark.parametrize("items", [None, 5, b"x", object()])
def test_what_is_neither_one_thing_nor_several(api: Api, platform: Any, items: Any) -> None:
    calls = [
        lambda: api.files.bulk_get(items),
        lambda: api.files.bulk_update(items),
        lambda: api.files.bulk_edit(items),
        lambda: api.projects(id="own/proj").add_files(items),
        lambda: api.imports.bulk_submit(items),
        lambda: api.exports.bulk_submit(items),
        lambda: api.drs_imports.bulk_submit(items),
        lambda: api.exports.bulk_wait(items),
        lambda: api.async_jobs.file_bulk_copy(items),
        lambda: api.async_jobs.file_bulk_delete(items),
        lambda: api.apps.query(id=5),
        lambda: api.apps.query(q=5),
    ]
    for call in calls:
        with pytest.raises(ValidationError) as caught:
            call()
        assert caught.value.remedy
    assert platform.requests == []


@pytest.mark.parametrize(
    "arguments",
    [{"query": ""}, {"query": None}, {"query": 5}, *({"query": "x", "limit": limit} for limit in (0, -1, "2", 1.5))],
)
def test_a_search_that_can_not_be(api: Api, platform: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(SbgError) as caught:
        api.files.search(**arguments)
    assert caught.value.remedy
    assert platform.requests == []


def test_what_can_not_be_requested_again_states_what_to_do(api: Api) -> None:
    with pytest.raises(SbgError, match="its URL is unknown") as caught:
        api.files().reload()
    assert caught.value.remedy


def test_a_project_without_a_name(api: Api, platform: Any) -> None:
    with pytest.raises(SbgError, match="needs a name"):
        api.projects.create("")
    assert platform.requests == []


def test_a_missing_object(api: Api) -> None:
    with pytest.raises(NotFound) as caught:
        api.projects.get("doesnotexist/forsure")
    assert isinstance(caught.value, CoreNotFound)
    assert (caught.value.status, caught.value.code) == (404, 5002)
    assert caught.value.message == "Requested resource does not exist."
    assert caught.value.more_info == "https://docs.example.org/5002"
    assert caught.value.request_id == "request-1"


def test_a_project_of_no_api() -> None:
    with pytest.raises(SbgError, match="is not bound to an Api"):
        Project.get("own/proj")
    with pytest.raises(SbgError, match="is not bound to an Api"):
        Project(id="own/proj").delete()


def test_an_unread_field_of_no_api() -> None:
    assert Project(id="own/proj").name is None


def test_an_invalid_dictionary_or_list(api: Api, platform: Any) -> None:
    calls: list[tuple[str, Any]] = [
        ("settings is a dictionary", lambda: api.projects.create("n", settings="x")),
        ("tags is a list", lambda: api.projects.create("n", tags=5)),
        ("tags is a list", lambda: api.projects.query(tags=5)),
        ("metadata is a dictionary", lambda: api.files.query(project="own/proj", metadata="x")),
        ("origin is a dictionary", lambda: api.files.query(project="own/proj", origin="x")),
        ("inputs is a dictionary", lambda: api.tasks.create("n", "own/proj", "own/proj/app", inputs=["x"])),
        ("batch_by is a dictionary", lambda: api.tasks.create("n", "a/b", "a/b/c", batch_input="i", batch_by="ITEM")),
        ("does not name a file to change", lambda: api.files.bulk_update([5])),
        ("missing project or parent", lambda: api.async_jobs.file_bulk_copy("f1")),
        ("missing project or parent", lambda: api.async_jobs.file_bulk_move([{"file": "f1", "parent": ""}])),
        (
            "both a project and a parent",
            lambda: api.async_jobs.file_bulk_move([{"file": "f", "project": 1, "parent": 2}]),
        ),
    ]
    for words, call in calls:
        with pytest.raises(SbgError, match=words):
            call()
    assert platform.requests == []
