"""Samples and accounts of Pangea."""

import re
from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import NOWHERE, Payload, created, names, status_and_body


@pytest.fixture
def organization(library: Payload) -> str:
    return library["organization"]


@pytest.fixture
def members(owner: httpx.Client, organization: str) -> str:
    """The path of the samples of a group that is no library."""
    return f"/sample_groups/{created(group(owner, organization, 'plain'))['uuid']}/samples"


def group(client: httpx.Client, organization: str, name: str = "g", **fields: object) -> httpx.Response:
    return client.post("/sample_groups", json={"name": name, "organization": organization, **fields})


def new(client: httpx.Client, library: str, name: str) -> httpx.Response:
    return client.post("/samples", json={"name": name, "library": library})


def test_the_path_of_an_object_may_state_its_format(owner: httpx.Client, sample: Payload) -> None:
    path = f"/samples/{sample['uuid']}"
    assert owner.get(f"{path}.json").json() == owner.get(path).json()


def test_with_an_organization_goes_all_that_it_owns(
    sandbox: Sandbox, owner: httpx.Client, organization: str, result: Payload
) -> None:
    assert owner.delete(f"/organizations/{organization}").status_code == 204
    for path in (
        f"/organizations/{organization}",
        f"/samples/{result['sample']}",
        f"/sample_ars/{result['uuid']}",
    ):
        assert status_and_body(owner.get(path)) == (404, {"detail": "Not found."})
    assert owner.get("/sample_groups").json()["count"] == 0
    assert owner.get("/users/me").json()["organization_objs"] == []
    assert sandbox.pangea.store.database.rows("SELECT * FROM pangea_links WHERE kind <> 'token'") == []


def test_what_exists_is_there_after_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        first.pangea.store.add("organization", "Kept", {})
        token = first.pangea.people.token(first.pangea.people.add("kept@example.org", "a password of 2026"))
    with Sandbox(tmp_path) as second:
        headers = {"Authorization": f"Token {token}"}
        response = httpx.get(f"{second.pangea_url}/api/organizations", headers=headers, trust_env=False)
        assert names(response) == ["Sandbox", "Kept"]


def test_many_samples_are_made_up_to_one_that_exists(owner: httpx.Client, library: Payload) -> None:
    made = created(owner.post("/bulk_samples", json={"names": ["a", "b", "é"], "library": library["uuid"]}))["uuids"]
    assert [owner.get(f"/samples/{sample}").json()["name"] for sample in made] == ["a", "b", "é"]
    for wrong in (["c", "b", "x"], ["d", "d", "x"], ["x", ""]):
        response = owner.post("/bulk_samples", json={"names": wrong, "library": library["uuid"]})
        assert response.status_code == 400
        assert response.json().keys() == {"names"}
    assert names(owner.get("/samples")) == ["a", "b", "é", "c", "d"]


@pytest.mark.parametrize("path", ["/sample_groups/{library}/downloads/m", "/samples/{uuid}/manifest"])
def test_a_token_in_the_address_opens_what_is_for_members(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Payload, path: str
) -> None:
    path = path.format(**private_sample)
    token = owner.headers["authorization"].removeprefix("Token ")
    assert anonymous.get(path, params={"token": token}).status_code == 200
    assert [client.get(path).status_code for client in (outsider, anonymous)] == [403, 403]
    assert (
        owner.get(path.replace(private_sample["library"], NOWHERE).replace(private_sample["uuid"], NOWHERE)).status_code
        == 404
    )


@pytest.mark.parametrize("name", ['g "x"; y', "ü 🧬", "a\nb"])
def test_any_name_of_a_group_makes_a_header(owner: httpx.Client, library: Payload, name: str) -> None:
    made = created(owner.post("/sample_groups", json={"name": name, "organization": library["organization"]}))
    header = owner.get(f"/sample_groups/{made['uuid']}/metadata?kind=csv").headers["content-disposition"]
    assert re.fullmatch('attachment; filename="[^"\n]*_metadata.csv"', header)


def test_of_a_module_s_results_the_one_that_was_changed_last_is_read(owner: httpx.Client, result: Payload) -> None:
    path = "/nested/sandbox/sample_groups/sandbox%20LIBRARY/samples/s%201/analysis_results/mod::x"
    second = {"module_name": "mod::x", "sample": result["sample"], "replicate": "r2"}
    newer = created(owner.post("/sample_ars", json=second))
    for row, value in ((result, 1), (newer, 2)):
        field = {"name": "f", "analysis_result": row["uuid"], "stored_data": value}
        created(owner.post("/sample_ar_fields", json=field))
    assert owner.get(path).json()["replicate"] == "r2"
    assert owner.get(f"{path}/fields/F").json()["stored_data"] == 2
    assert owner.get(f"{path}/fields/f", params={"replicate": "r1"}).json()["stored_data"] == 1
    owner.patch(f"/sample_ars/{result['uuid']}", json={"description": "changed last"})
    assert owner.get(path).json()["replicate"] == "r1"


def test_lists_are_filtered_by_what_is_not_blank(owner: httpx.Client, sample: Payload, private_sample: Payload) -> None:
    for query, expected in (
        ({"name": " s 1 "}, ["s 1"]),
        ({"name": " "}, ["s 1", "hidden"]),
        ({"uuid": private_sample["uuid"].upper()}, ["hidden"]),
    ):
        assert names(owner.get("/samples", params=query)) == expected
    assert names(owner.get("/sample_groups", params={"is_public": "1"})) == ["Sandbox Library"]


def test_links_are_replaced(owner: httpx.Client, library: Payload, private_library: Payload) -> None:
    fields = {"name": "p", "organization": library["organization"], "sample_groups": [library["uuid"]]}
    path = f"/projects/{created(owner.post('/projects', json=fields))['uuid']}"
    changed = owner.patch(path, json={"sample_groups": [private_library["uuid"]] * 2}).json()
    assert changed["sample_groups"] == owner.get(path).json()["sample_groups"] == [private_library["uuid"]]


def test_the_sandbox_s_own_account_logs_in(anonymous: httpx.Client, sandbox: Sandbox) -> None:
    account = {"email": SANDBOX_PANGEA_USER, "password": sandbox.password}
    responses = [anonymous.post(path, json=account) for path in ("/auth/token/login", "/auth/token/login/")]
    tokens = {response.json()["auth_token"] for response in responses}
    assert len(tokens) == 1
    assert re.fullmatch("[0-9a-f]{40}", tokens.pop())


def test_a_changed_address_logs_in(owner: httpx.Client, anonymous: httpx.Client, sandbox: Sandbox) -> None:
    change = {"new_email": "moved@example.org", "current_password": sandbox.password}
    assert owner.post("/auth/users/set_email/", json=change).status_code == 204
    login = {"email": "moved@example.org", "password": sandbox.password}
    assert anonymous.post("/auth/token/login", json=login).status_code == 200


def test_a_closed_account_is_gone_and_what_it_made_stays(
    owner: httpx.Client, anonymous: httpx.Client, sandbox: Sandbox
) -> None:
    password = {"current_password": sandbox.password}
    assert owner.request("DELETE", "/auth/users/me/", json=password).status_code == 204
    assert anonymous.get("/users").json()["count"] == 0
    assert anonymous.get("/organizations").json()["count"] == 1
