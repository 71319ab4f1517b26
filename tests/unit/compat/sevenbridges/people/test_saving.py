"""Edits are saved: what was changed, and nothing else."""

from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, ResourceNotModified, SbgError, ValidationError
from omicsdk.compat.sevenbridges.models.dataset import Dataset
from omicsdk.compat.sevenbridges.models.marker import Marker
from omicsdk.compat.sevenbridges.models.project import Project
from omicsdk.compat.sevenbridges.models.team import Team

MEMBERS = "/projects/own/proj/members"
BOB = {
    "href": f"https://api.example.org/v2{MEMBERS}/bob",
    "username": "bob",
    "permissions": {"read": True, "write": False, "admin": False},
}


@pytest.fixture
def project(api: Api, platform: Any) -> Project:
    payload = {
        "id": "own/proj",
        "name": "old",
        "description": "d",
        "tags": ["a"],
        "type": "v2",
        "settings": {"locked": False, "location": "aws:us-east-1", "intermediate_files": {"duration": 24}},
    }
    platform.on("GET /projects/own/proj", payload)
    platform.on("PATCH /projects/own/proj", {**payload, "name": "told"})
    return api.projects.get("own/proj")


def test_a_project_takes_over_what_the_platform_has(project: Project, platform: Any) -> None:
    project.name = "new"
    assert project.save() is project
    assert platform.sorted_request_texts[-1] == "PATCH /projects/own/proj"
    assert platform.sent == {"name": "new"}
    assert project.name == "told"


def test_a_project_is_left_alone(project: Project) -> None:
    project.name = "new"
    other = project.save(inplace=False)
    assert (other.name, project.name) == ("told", "new")
    assert other is not project
    assert other == project


def test_settings_and_tags(project: Project, platform: Any) -> None:
    project.settings["locked"] = True
    del project.settings["location"]
    project.tags.append("b")
    project.save()
    assert platform.sent == {"settings": {"locked": True, "location": None}, "tags": ["a", "b"]}


def test_text_can_be_emptied(project: Project, platform: Any) -> None:
    project.description = ""
    project.save()
    assert platform.sent == {"description": ""}


def test_an_edit_outlives_a_refusal(project: Project, platform: Any) -> None:
    platform.on("PATCH /projects/own/proj", platform.refusal(403, 3001, "Access denied."))
    project.name = "new"
    with pytest.raises(SbgError, match="Access denied"):
        project.save()
    assert project.name == "new"
    platform.on("PATCH /projects/own/proj", {"id": "own/proj", "name": "new"})
    project.save()
    assert platform.sent == {"name": "new"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 1), ("type", "v10"), ("billing_group", "no-uuid"), ("tags", "a"), ("settings", ["locked"])],
)
def test_what_no_field_can_be(project: Project, field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=field):
        setattr(project, field, value)


def test_a_members_rights(project: Project, platform: Any) -> None:
    platform.lists(MEMBERS, BOB)
    platform.on(f"PATCH {MEMBERS}/bob/permissions", {"read": True, "write": True, "admin": False})
    [bob] = project.get_members()
    bob.permissions["write"] = True
    assert bob.save() is bob
    assert platform.sorted_request_texts[-1] == f"PATCH {MEMBERS}/bob/permissions"
    assert platform.sent == {"write": True}
    assert bob.permissions == {"read": True, "write": True, "admin": False}
    with pytest.raises(ResourceNotModified):
        bob.save()


def test_a_members_rights_where_nothing_is_answered(project: Project, platform: Any) -> None:
    platform.on(f"GET {MEMBERS}/bob", BOB)
    platform.on(f"PATCH {MEMBERS}/bob/permissions", None)
    bob = project.get_member("bob")
    bob.permissions = {"read": True, "write": True, "admin": True}
    other = bob.save(inplace=False)
    assert platform.sent == {"read": True, "write": True, "admin": True}
    assert other.permissions["admin"]


def test_a_member_that_is_nowhere(project: Project, platform: Any) -> None:
    platform.on(f"POST {MEMBERS}", {"username": "bob", "permissions": {"read": True}})
    bob = project.add_member("bob", {"read": True})
    bob.permissions["write"] = True
    with pytest.raises(SbgError, match="its URL is unknown"):
        bob.save()


def test_a_team(api: Api, platform: Any) -> None:
    platform.on("PATCH /teams/tid", {"id": "tid", "name": "z"})
    team = Team(id="tid", name="a", api=api)
    team.name = "z"
    team.save()
    assert platform.sent == {"name": "z"}
    with pytest.raises(ResourceNotModified):
        team.save()


def test_a_markers_place(api: Api, platform: Any) -> None:
    platform.on("PATCH /genome/markers/m1", {"id": "m1", "position": {"start": 1, "end": 5}})
    marker = Marker(id="m1", position={"start": 1, "end": 2}, api=api)
    marker.position["end"] = 5
    marker.save()
    assert platform.sent == {"position": {"end": 5}}
    assert marker.position["start"] == 1


def test_a_data_set(api: Api, platform: Any) -> None:
    platform.on("PATCH /datasets/own/ds", {"id": "own/ds", "name": "z", "description": ""})
    dataset = Dataset(id="own/ds", name="a", description="d", api=api)
    assert dataset.save() is dataset
    assert platform.requests == []
    dataset.name = "z"
    dataset.description = ""
    dataset.save()
    assert platform.sent == {"name": "z", "description": ""}
