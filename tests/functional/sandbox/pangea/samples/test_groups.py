"""Organizations, groups and their samples, and projects: who makes, sees and changes them, and what goes when one goes."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from pangea_responses import NO_TOKEN, NOT_FOR_YOU, Thing, created, names, told

REQUIRED = ["This field is required."]


@pytest.fixture
def organization(library: Thing) -> str:
    return library["organization"]


@pytest.fixture
def members(owner: httpx.Client, organization: str) -> str:
    """The path of the samples of a group that is no library."""
    return f"/sample_groups/{created(group(owner, organization, 'plain'))['uuid']}/samples"


def group(client: httpx.Client, organization: str, name: str = "g", **fields: object) -> httpx.Response:
    return client.post("/sample_groups", json={"name": name, "organization": organization, **fields})


def new(client: httpx.Client, library: str, name: str) -> httpx.Response:
    return client.post("/samples", json={"name": name, "library": library})


# -- organizations


def test_a_member_of_any_organization_may_rename_one_as_on_deployed_servers(
    outsider: httpx.Client, anonymous: httpx.Client, client_of: Callable[[str], httpx.Client], organization: str
) -> None:
    path = f"/organizations/{organization}"
    assert outsider.patch(path, json={"name": "Renamed"}).json()["name"] == "Renamed"
    assert told(anonymous.patch(path, json={"name": "x"})) == (403, NO_TOKEN)
    loner = client_of("loner@example.org")
    assert told(loner.patch(path, json={"name": "x"})) == (403, NOT_FOR_YOU)


def test_members_take_others_in(
    sandbox: Sandbox, owner: httpx.Client, outsider: httpx.Client, organization: str
) -> None:
    new = sandbox.pangea.people.add("new@example.org", "a password of 2026")
    number = owner.get(f"/users/{new['uuid']}").json()["id"]
    path = f"/organizations/{organization}/users"
    refusal = {"detail": "Insufficient permissions to add user to organization."}
    assert told(outsider.post(path, json={"user": number})) == (403, refusal)
    for _ in range(2):
        assert owner.post(path, json={"user": number}).json() == {"status": "success"}
    assert names(owner.get(path), "email") == ["user@sandbox.example.org", "new@example.org"]
    assert owner.get(f"/users/{new['uuid']}").json()["organization_objs"] == [{"uuid": organization, "name": "Sandbox"}]


def test_with_an_organization_goes_all_that_it_owns(
    sandbox: Sandbox, owner: httpx.Client, organization: str, result: Thing
) -> None:
    assert owner.delete(f"/organizations/{organization}").status_code == 204
    for path in (
        f"/organizations/{organization}",
        f"/samples/{result['sample']}",
        f"/sample_ars/{result['uuid']}",
    ):
        assert told(owner.get(path)) == (404, {"detail": "Not found."})
    assert owner.get("/sample_groups").json()["count"] == 0
    assert owner.get("/users/me").json()["organization_objs"] == []
    assert sandbox.pangea.store.database.rows("SELECT * FROM pangea_links WHERE kind <> 'token'") == []


# -- groups


def test_a_group_is_public_and_no_library_unless_it_is_stated(owner: httpx.Client, organization: str) -> None:
    made = created(group(owner, organization))
    assert (made["is_public"], made["is_library"], made["description"], made["metadata"]) == (True, False, "", {})
    assert made["bucket"] is None
    assert made["organization_obj"]["name"] == "Sandbox"
    assert created(group(owner, organization, "p", is_public=False))["is_public"] is False


def test_a_group_belongs_to_members(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, member: httpx.Client, organization: str
) -> None:
    refusal = {"detail": "Organization membership is required to create a sample group."}
    assert told(group(outsider, organization)) == (403, refusal)
    assert told(group(anonymous, organization)) == (403, NO_TOKEN)
    path = f"/sample_groups/{created(group(member, organization))['uuid']}"
    assert told(outsider.patch(path, json={"theme": "x"})) == (403, NOT_FOR_YOU)
    assert told(anonymous.delete(path)) == (403, NO_TOKEN)
    assert owner.patch(path, json={"theme": "x"}).json()["theme"] == "x"
    assert owner.delete(path).status_code == 204
    assert owner.delete(path).status_code == 404


def test_a_private_group_is_for_members(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, member: httpx.Client, private_library: Thing
) -> None:
    path = f"/sample_groups/{private_library['uuid']}"
    assert owner.get(path).json() == member.get(path).json() == private_library
    assert told(outsider.get(path)) == (403, NOT_FOR_YOU)
    assert told(anonymous.get(path)) == (403, NO_TOKEN)
    assert names(owner.get("/sample_groups")) == ["Sandbox Library", "Private"]
    for client in (outsider, anonymous):
        assert told(client.get("/sample_groups"))[1]["count"] == 1
        assert names(client.get("/sample_groups", params={"is_public": "false"})) == []
    assert names(owner.get("/sample_groups", params={"is_public": "false"})) == ["Private"]
    assert names(owner.get("/sample_groups", params={"is_public": "1"})) == ["Sandbox Library"]


def test_what_of_a_group_is_not_written_stays(owner: httpx.Client, organization: str) -> None:
    made = created(group(owner, organization, description="d", metadata={"a": 1}, theme="t"))
    path = f"/sample_groups/{made['uuid']}"
    changed = owner.put(path, json={"name": "renamed", "organization": organization}).json()
    assert changed == {**made, "name": "renamed", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    assert owner.patch(path, json={"metadata": {"b": 2}}).json()["metadata"] == {"b": 2}
    assert told(owner.put(path, json={"name": "renamed"})) == (400, {"organization": REQUIRED})


def test_a_group_can_be_moved_where_one_may_not_bring_it_back_from(
    owner: httpx.Client, outsider: httpx.Client, organization: str
) -> None:
    path = f"/sample_groups/{created(group(owner, organization))['uuid']}"
    elsewhere = outsider.get("/organizations", params={"name": "Elsewhere"}).json()["results"][0]["uuid"]
    moved = owner.patch(path, json={"organization": elsewhere}).json()
    assert moved["organization_obj"]["name"] == "Elsewhere"
    assert names(owner.get("/sample_groups", params={"organization_id": elsewhere})) == ["g"]
    assert told(owner.patch(path, json={"organization": organization})) == (403, NOT_FOR_YOU)


# -- the samples of groups


def test_samples_come_into_groups_and_leave_them(
    owner: httpx.Client, library: Thing, sample: Thing, members: str
) -> None:
    other = created(new(owner, library["uuid"], "s2"))
    for body in ({"sample_uuid": other["uuid"]}, {"sample_uuids": [other["uuid"], sample["uuid"]]}, {}):
        assert told(owner.post(members, json=body)) == (200, {"status": "success"})
    assert names(owner.get(members)) == ["s 1", "s2"]
    for body in ({"sample_uuid": other["uuid"]}, {"sample_uuid": other["uuid"]}):
        assert told(owner.request("DELETE", members, json=body)) == (200, {"status": "success"})
    assert names(owner.get(members)) == ["s 1"]
    assert owner.get(f"/samples/{other['uuid']}").status_code == 200


def test_one_brings_one_s_own_samples_into_one_s_own_groups_only(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, members: str, sample: Thing
) -> None:
    elsewhere = outsider.get("/organizations", params={"name": "Elsewhere"}).json()["results"][0]["uuid"]
    theirs = created(group(outsider, elsewhere, "t", is_library=True))
    foreign = created(new(outsider, theirs["uuid"], "f"))
    refusal = {"detail": "Insufficient permissions to add sample to sample group."}
    assert told(owner.post(members, json={"sample_uuids": [sample["uuid"], foreign["uuid"]]})) == (403, refusal)
    assert names(owner.get(members)) == []
    assert told(outsider.post(members, json={"sample_uuid": foreign["uuid"]})) == (403, refusal)
    assert told(anonymous.post(members, json={"sample_uuid": sample["uuid"]})) == (403, NO_TOKEN)


def test_a_group_with_a_sample_that_one_may_not_see_shows_none(
    owner: httpx.Client,
    outsider: httpx.Client,
    anonymous: httpx.Client,
    members: str,
    sample: Thing,
    private_sample: Thing,
) -> None:
    owner.post(members, json={"sample_uuid": sample["uuid"]})
    assert names(outsider.get(members)) == ["s 1"]
    owner.post(members, json={"sample_uuid": private_sample["uuid"]})
    assert sorted(names(owner.get(members))) == ["hidden", "s 1"]
    for client in (outsider, anonymous):
        assert names(client.get(members)) == []


def test_with_a_library_go_its_samples_and_they_leave_all_groups(
    owner: httpx.Client, library: Thing, sample: Thing, members: str
) -> None:
    owner.post(members, json={"sample_uuid": sample["uuid"]})
    assert owner.delete(f"/sample_groups/{library['uuid']}").status_code == 204
    assert owner.get(members).json()["count"] == 0
    assert owner.get(f"/samples/{sample['uuid']}").status_code == 404


def test_only_what_was_a_library_once_takes_samples(owner: httpx.Client, members: str) -> None:
    uuid = members.split("/")[2]
    refusal = {"library": [f'Invalid pk "{uuid}" - object does not exist.']}
    owner.patch(f"/sample_groups/{uuid}", json={"theme": "x"})
    assert told(new(owner, uuid, "s")) == (400, refusal)
    for flag in (True, False):
        assert owner.patch(f"/sample_groups/{uuid}", json={"is_library": flag}).status_code == 200
    created(new(owner, uuid, "s"))


# -- projects


def test_projects_have_groups_and_other_projects(
    owner: httpx.Client, outsider: httpx.Client, library: Thing, organization: str
) -> None:
    fields: Thing = {"name": "part", "organization": organization}
    part = created(owner.post("/projects", json=fields))["uuid"]
    fields |= {"name": "p", "sub_projects": [part], "sample_groups": [library["uuid"]]}
    made = created(owner.post("/projects", json=fields))
    assert made == {**made, **fields, "organization_obj": library["organization_obj"]}
    assert told(owner.post("/projects", json=fields)) == (400, {"name": ["project with this name already exists."]})
    assert names(outsider.get("/projects", params={"organization_id": organization})) == ["part", "p"]
    path, body = f"/projects/{part}/sample_groups", {"sample_group_uuid": library["uuid"]}
    refusal = {"detail": "Insufficient permissions to add sample group to project."}
    assert told(outsider.post(path, json=body)) == (403, refusal)
    assert told(owner.post(path, json={})) == (400, {"sample_group_uuid": REQUIRED})
    assert told(owner.post(path, json=body)) == (200, {"status": "success"})
    assert names(outsider.get(path)) == ["Sandbox Library"]


# -- restarts


def test_what_exists_is_there_after_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        first.pangea.store.add("organization", "Kept", {})
        token = first.pangea.people.token(first.pangea.people.add("kept@example.org", "a password of 2026"))
    with Sandbox(tmp_path) as second:
        headers = {"Authorization": f"Token {token}"}
        response = httpx.get(f"{second.pangea_url}/api/organizations", headers=headers, trust_env=False)
        assert names(response) == ["Sandbox", "Kept"]
