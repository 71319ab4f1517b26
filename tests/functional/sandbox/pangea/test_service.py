"""Paths of Pangea: reading by names, lists by names, and what is at a path that is none."""

import uuid

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import NOT_FOR_YOU, NOWHERE, Payload, created, names, status_and_body

LIBRARY = "/nested/sandbox/sample_groups/sandbox%20library"
RESULTS = f"{LIBRARY}/samples/s%201/analysis_results"


def test_each_object_is_found_by_names(owner: httpx.Client, library: Payload, sample: Payload, result: Payload) -> None:
    of_group = created(owner.post("/sample_group_ars", json={"module_name": "m", "sample_group": library["uuid"]}))
    field = {"name": "f", "analysis_result": of_group["uuid"], "stored_data": 1}
    found = {
        "/nested/SANDBOX/": f"/organizations/{library['organization']}",
        f"{LIBRARY}/": f"/sample_groups/{library['uuid']}",
        f"{LIBRARY}/samples/S%201/": f"/samples/{sample['uuid']}",
        f"{LIBRARY}/samples/{sample['uuid']}/": f"/samples/{sample['uuid']}",
        f"{RESULTS}/mod::x": f"/sample_ars/{result['uuid']}",
        f"{LIBRARY}/analysis_results/m": f"/sample_group_ars/{of_group['uuid']}",
        f"{LIBRARY}/analysis_results/m/fields/f": (
            f"/sample_group_ar_fields/{created(owner.post('/sample_group_ar_fields', json=field))['uuid']}"
        ),
    }
    for by_name, by_uuid in found.items():
        response = owner.get(by_name)
        assert response.status_code == 200, by_name
        assert response.json()["uuid"] == by_uuid.rpartition("/")[2], by_name
        assert response.json() == owner.get(by_uuid).json()


def test_what_is_hidden_has_no_name(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, private_sample: Payload
) -> None:
    group = "/nested/sandbox/sample_groups/private"
    for path in (f"{group}/", f"{group}/samples/{private_sample['name']}/"):
        assert owner.get(path).status_code == 200
        assert status_and_body(outsider.get(path)) == (403, NOT_FOR_YOU)
        assert anonymous.get(path).status_code == 403


def test_a_name_of_two_organizations_is_refused_and_one_of_two_groups_is_the_newer(
    owner: httpx.Client, outsider: httpx.Client, library: Payload
) -> None:
    group = {"name": "sandbox LIBRARY", "organization": library["organization"]}
    newer = created(owner.post("/sample_groups", json=group))
    assert owner.get(f"{LIBRARY}/").json()["uuid"] == newer["uuid"]
    created(outsider.post("/organizations", json={"name": "SANDBOX"}))
    refusal = {"detail": "More than one organization has this name, but for the case of its letters."}
    assert status_and_body(owner.get("/nested/Sandbox/")) == (400, refusal)


@pytest.mark.parametrize(
    ("by_names", "flat"),
    [
        ("/nested/sandbox/sample_groups/", "/sample_groups"),
        (f"{LIBRARY}/samples/", "/samples"),
        (RESULTS, "/sample_ars"),
        (f"{RESULTS}/mod::x/fields", "/sample_ar_fields"),
        (f"{LIBRARY}/analysis_results", "/sample_group_ars"),
        (f"{LIBRARY}/analysis_results/m/fields", "/sample_group_ar_fields"),
        ("/samples.json", "/samples"),
    ],
)
def test_lists_by_names_are_those_of_all(
    owner: httpx.Client, library: Payload, result: Payload, private_sample: Payload, by_names: str, flat: str
) -> None:
    owner.post("/sample_ar_fields", json={"name": "f", "analysis_result": result["uuid"], "stored_data": 1})
    of_group = created(owner.post("/sample_group_ars", json={"module_name": "m", "sample_group": library["uuid"]}))
    owner.post("/sample_group_ar_fields", json={"name": "f", "analysis_result": of_group["uuid"], "stored_data": 1})
    listed = names(owner.get(by_names), "uuid")
    assert listed == names(owner.get(flat), "uuid") != []
    assert flat != "/samples" or private_sample["uuid"] in listed


@pytest.mark.parametrize(
    "path",
    [
        *("/samples/s", f"/samples/{NOWHERE[:-1]}A", "/nested/nowhere/", f"{LIBRARY}/samples/none/"),
        *(f"/samples/s/work_orders/{NOWHERE}", "/organizations/x/users", "/sample_groups/x.json"),
    ],
)
def test_what_no_uuid_or_name_has_is_a_page(owner: httpx.Client, path: str) -> None:
    response = owner.post(path) if "work_orders" in path else owner.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html")
    assert "The requested resource was not found on this server." in response.text
    unknown = owner.get(f"/samples/{uuid.uuid4()}")
    assert status_and_body(unknown) == (404, {"detail": "Not found."})


def test_accounts_have_numbers_and_a_list_of_their_paths(owner: httpx.Client, sandbox: Sandbox) -> None:
    assert owner.get("/auth/").json() == {"users": f"{sandbox.pangea_url}/api/auth/users/"}
    account = owner.get("/auth/users/me/").json()
    assert owner.get(f"/auth/users/{account['id']}/").json() == account
    assert account["email"] == SANDBOX_PANGEA_USER


@pytest.mark.parametrize("path", ["/auth/token/logout", "/auth/token/logout/"])
def test_a_login_ends_by_either_path(owner: httpx.Client, path: str) -> None:
    assert owner.get("/auth/users/me/").status_code == 200
    assert owner.post(path).status_code == 204
    assert owner.get("/auth/users/me/").status_code == 403
