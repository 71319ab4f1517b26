"""The identity of users: names, equality, and invalid rights."""

from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, SbgError, ValidationError
from omicsdk.compat.sevenbridges.models.member import Member
from omicsdk.compat.sevenbridges.models.project import Project
from omicsdk.compat.sevenbridges.models.team import Team
from omicsdk.compat.sevenbridges.models.team_member import TeamMember
from omicsdk.compat.sevenbridges.models.user import User


def test_members_are_equal_by_name() -> None:
    bob, same, ann = Member(username="bob"), Member(username="bob", permissions={"read": True}), Member(username="ann")
    assert bob == same
    assert bob != ann
    assert len({bob, same, ann}) == 2
    assert bob != User(username="bob")


def test_a_member_without_a_name_is_only_equal_to_itself() -> None:
    nobody = Member(email="a@b.c")
    assert nobody == nobody
    assert nobody != Member(email="a@b.c")
    assert repr(nobody) == "<Member: username=a@b.c>"


def test_users_of_any_api_are_equal_by_name(api: Api, platform: Any) -> None:
    platform.on("GET /users/bob", {"username": "bob", "city": "Belgrade"})
    assert api.users.get("bob") == User(username="bob") != User(username="ann")


@pytest.mark.parametrize("rights", [None, ["read"], "read"])
def test_rights_are_a_dictionary(api: Api, platform: Any, rights: Any) -> None:
    project = Project(id="own/proj", api=api)
    with pytest.raises(ValidationError, match="permissions is a dictionary"):
        project.add_member("bob", rights)
    assert platform.requests == []


@pytest.mark.parametrize("who", ["", None, "..", Member(email="a@b.c")])
def test_no_user_can_be_removed(api: Api, platform: Any, who: Any) -> None:
    with pytest.raises(SbgError, match="neither username nor id"):
        Project(id="own/proj", api=api).remove_member(who)
    assert platform.requests == []


@pytest.mark.parametrize("kind", [Member, TeamMember])
def test_a_member_cannot_be_requested_alone(kind: Any) -> None:
    with pytest.raises(SbgError, match="Cannot get"):
        kind.get("bob")


def test_a_team_cannot_be_deleted(api: Api, platform: Any) -> None:
    with pytest.raises(SbgError, match="cannot be deleted"):
        Team(id="tid", api=api).delete()
    assert platform.requests == []
