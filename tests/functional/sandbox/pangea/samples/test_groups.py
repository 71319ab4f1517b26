"""Organizations and groups: who makes, sees and changes them, lists, and what goes when one goes."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from pangea_responses import NO_TOKEN, NOT_FOR_YOU, NOWHERE, Thing, created, names, told

REQUIRED = ["This field is required."]


@pytest.fixture
def organization(library: Thing) -> str:
    return library["organization"]


def group(client: httpx.Client, organization: str, name: str = "g", **fields: object) -> httpx.Response:
    return client.post("/sample_groups", json={"name": name, "organization": organization, **fields})


# -- organizations


def test_an_organization_has_a_separate_name(owner: httpx.Client, outsider: httpx.Client) -> None:
    made = created(owner.post("/organizations", json={"name": "  Trimmed ", "uuid": NOWHERE}))
    assert made["name"] == "Trimmed"
    assert made["uuid"] != NOWHERE
    taken = (400, {"name": ["organization with this name already exists."]})
    assert told(outsider.post("/organizations", json={"name": "Trimmed"})) == taken
    assert told(owner.patch(f"/organizations/{made['uuid']}", json={"name": "Sandbox"})) == taken
    assert owner.put(f"/organizations/{made['uuid']}", json={"name": "Trimmed"}).status_code == 200
    created(outsider.post("/organizations", json={"name": "trimmed"}))


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
    path = f"/organizations/{organization}/users"
    refusal = {"detail": "Insufficient permissions to add user to organization."}
    assert told(outsider.post(path, json={"user": new.id})) == (403, refusal)
    for _ in range(2):
        assert owner.post(path, json={"user": new.id}).json() == {"status": "success"}
    assert names(owner.get(path), "email") == ["user@sandbox.example.org", "new@example.org"]
    assert owner.get(f"/users/{new.uuid}").json()["organization_objs"] == [{"uuid": organization, "name": "Sandbox"}]


@pytest.mark.parametrize(
    ("user", "complaint"),
    [
        (999, 'Invalid pk "999" - object does not exist.'),
        (NOWHERE, "Incorrect type. Expected pk value, received str."),
        (10**30, f'Invalid pk "{10**30}" - object does not exist.'),
        ("9" * 5000, f'Invalid pk "{"9" * 5000}" - object does not exist.'),
    ],
)
def test_who_does_not_exist_is_not_taken_in(
    owner: httpx.Client, organization: str, user: object, complaint: str
) -> None:
    response = owner.post(f"/organizations/{organization}/users", json={"user": user})
    assert told(response) == (400, {"user": [complaint]})


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
    assert sandbox.pangea.store.database.rows("SELECT * FROM pangea_links") == []


# -- groups


def test_a_group_is_public_and_no_library_unless_it_is_stated(owner: httpx.Client, organization: str) -> None:
    made = created(group(owner, organization))
    assert (made["is_public"], made["is_library"], made["description"], made["metadata"]) == (True, False, "", {})
    assert made["organization_obj"]["name"] == "Sandbox"
    assert created(group(owner, organization, "p", is_public=False))["is_public"] is False


def test_a_group_s_name_is_its_own_in_all_organizations(outsider: httpx.Client) -> None:
    elsewhere = outsider.get("/organizations", params={"name": "Elsewhere"}).json()["results"][0]["uuid"]
    response = group(outsider, elsewhere, "Sandbox Library")
    assert told(response) == (400, {"name": ["sample group with this name already exists."]})


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"organization": NOWHERE}, {"organization": [f'Invalid pk "{NOWHERE}" - object does not exist.']}),
        ({"organization": "Sandbox"}, {"organization": ["“Sandbox” is not a valid UUID."]}),
        ({"organization": None}, {"organization": ["This field may not be null."]}),
        ({"description": ""}, {"description": ["This field may not be blank."]}),
        ({"is_public": "maybe"}, {"is_public": ["Must be a valid boolean."]}),
        ({"bucket": NOWHERE}, {"bucket": [f'Invalid pk "{NOWHERE}" - object does not exist.']}),
        ({"metadata": None}, {"metadata": ["This field may not be null."]}),
    ],
)
def test_a_group_that_is_refused_states_why(
    owner: httpx.Client, organization: str, fields: dict[str, object], complaints: dict[str, list[str]]
) -> None:
    body = {"name": "g", "organization": organization, **fields}
    assert told(owner.post("/sample_groups", json=body)) == (400, complaints)


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


def test_lists_are_narrowed_and_say_what_can_not_be(owner: httpx.Client, library: Thing) -> None:
    assert names(owner.get("/sample_groups", params={"uuid": library["uuid"]})) == ["Sandbox Library"]
    assert names(owner.get("/sample_groups", params={"name": "sandbox library"})) == []
    assert names(owner.get("/sample_groups", params={"colour": "red", "name": ""})) == ["Sandbox Library"]
    assert told(owner.get("/sample_groups", params={"uuid": "x"})) == (400, {"uuid": ["Enter a valid UUID."]})
    unknown = {"organization_id": ["Select a valid choice. That choice is not one of the available choices."]}
    assert told(owner.get("/sample_groups", params={"organization_id": NOWHERE})) == (400, unknown)


@pytest.mark.parametrize("path", ["/organizations/x", "/sample_groups/{upper}", "/organizations/", "/nothing"])
def test_a_path_that_is_no_route_is_a_page(owner: httpx.Client, library: Thing, path: str) -> None:
    response = owner.get(path.replace("{upper}", library["uuid"].upper()))
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (404, "text/html")


@pytest.mark.parametrize(
    "path", ["/sample_groups.json", "/sample_groups/{uuid}.json", "/sample_groups/{uuid}/samples.json"]
)
def test_paths_take_a_suffix(owner: httpx.Client, library: Thing, path: str) -> None:
    path = path.replace("{uuid}", library["uuid"])
    assert owner.get(path).json() == owner.get(path.removesuffix(".json")).json()


def test_what_exists_is_there_after_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        first.pangea.store.add("organization", "Kept", {})
        token = first.pangea.people.token(first.pangea.people.add("kept@example.org", "a password of 2026"))
    with Sandbox(tmp_path) as second:
        headers = {"Authorization": f"Token {token}"}
        response = httpx.get(f"{second.pangea_url}/api/organizations", headers=headers, trust_env=False)
        assert names(response) == ["Sandbox", "Kept"]
