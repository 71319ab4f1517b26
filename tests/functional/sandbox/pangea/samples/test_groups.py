"""Organizations and groups: who makes, sees and changes them, lists, and what goes when one goes."""

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


def group(client: httpx.Client, organization: str, name: str = "g", **fields: object) -> httpx.Response:
    return client.post("/sample_groups", json={"name": name, "organization": organization, **fields})


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


def test_what_exists_is_there_after_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        first.pangea.store.add("organization", "Kept", {})
        token = first.pangea.people.token(first.pangea.people.add("kept@example.org", "a password of 2026"))
    with Sandbox(tmp_path) as second:
        headers = {"Authorization": f"Token {token}"}
        response = httpx.get(f"{second.pangea_url}/api/organizations", headers=headers, trust_env=False)
        assert names(response) == ["Sandbox", "Kept"]
