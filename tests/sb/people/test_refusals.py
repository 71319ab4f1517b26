"""What is wrong is told before anything is sent where that can be, else as the platform says it."""

from __future__ import annotations

from typing import Any

import pytest
from omicsdk.core.errors import NotFound as CoreNotFound
from omicsdk.sb import Api, Conflict, NotFound, SbgError
from omicsdk.sb.models.project import Project


@pytest.mark.parametrize("id", ["proj", "own/", "/proj", "own/proj/more", "../proj", "own/.."])
@pytest.mark.parametrize("group", ["projects", "datasets"])
def test_what_is_no_id(api: Api, platform: Any, group: str, id: str) -> None:
    with pytest.raises(SbgError, match="isn't the id of a") as caught:
        getattr(api, group).get(id)
    assert caught.value.remedy
    assert platform.requests == []


@pytest.mark.parametrize(
    "group", ["projects", "datasets", "teams", "divisions", "invoices", "billing_groups", "markers"]
)
def test_no_id(api: Api, platform: Any, group: str) -> None:
    with pytest.raises(SbgError):
        getattr(api, group).get("")
    assert platform.requests == []


def test_a_project_without_a_name(api: Api, platform: Any) -> None:
    with pytest.raises(SbgError, match="needs a name"):
        api.projects.create("")
    assert platform.requests == []


def test_what_is_not_there(api: Api) -> None:
    with pytest.raises(NotFound) as caught:
        api.projects.get("doesnotexist/forsure")
    assert isinstance(caught.value, CoreNotFound)
    assert (caught.value.status, caught.value.code) == (404, 5002)
    assert caught.value.message == "Requested resource does not exist."
    assert caught.value.more_info == "https://docs.example.org/5002"
    assert caught.value.request_id == "request-1"


def test_what_is_there_already(api: Api, platform: Any) -> None:
    platform.refuse("POST", "/projects", 409, 3003, "Project exists.")
    with pytest.raises(Conflict, match="Project exists"):
        api.projects.create("n")


def test_a_project_of_no_api() -> None:
    with pytest.raises(SbgError, match="belongs to no Api"):
        Project.get("own/proj")
    with pytest.raises(SbgError, match="belongs to no Api"):
        Project(id="own/proj").delete()


def test_an_unread_field_of_no_api() -> None:
    assert Project(id="own/proj").name is None
