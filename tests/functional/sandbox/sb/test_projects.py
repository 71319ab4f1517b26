"""Projects: who sees them, and what changes."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import code_of

GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"


def test_a_project_is_made_with_the_requested_fields_and_defaults(web: httpx.Client):
    asked = {"name": "My New_Project!", "tags": ["a"], "description": "d", "settings": {"use_memoization": True}}
    told = web.post("/projects", json={**asked, "billing_group": GROUP}).json()
    assert told["id"] == "sandbox-user/my-new-project"
    assert (told["name"], told["description"], told["tags"]) == ("My New_Project!", "d", ["a"])
    assert told["billing_group"] == GROUP
    assert told["settings"]["use_memoization"] is True
    assert told["settings"]["intermediate_files"] == {"retention": "LIMITED", "duration": 24}
    assert (told["type"], told["category"], told["created_by"]) == ("v2", "PRIVATE", "sandbox-user")
    assert all(told["permissions"].values())
    assert web.get("/projects/sandbox-user/my-new-project").json() == told
    assert web.get(f"/files/{told['root_folder']}").json()["type"] == "folder"


def test_projects_of_one_name_get_other_identities(web: httpx.Client):
    made = [web.post("/projects", json={"name": "Same"}).json()["id"] for _ in range(3)]
    assert made == ["sandbox-user/same", "sandbox-user/same_1", "sandbox-user/same_2"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, 90000),
        ({"name": " "}, 400, 3007),
        ({"name": 5}, 400, 90000),
        ({"name": "x", "settings": {"intermediate_files": {"duration": 121}}}, 400, 90000),
    ],
)
def test_what_no_project_can_be_made_of(web: httpx.Client, body: object, status: int, code: int):
    assert code_of(web.post("/projects", json=body)) == (status, code)


def test_projects_are_listed_by_name_tags_category_and_owner(web: httpx.Client, client_of):
    for name, tags in (("One", ["a"]), ("Two", ["a", "b"]), ("Three", [])):
        web.post("/projects", json={"name": name, "tags": tags})
    client_of("ada").post("/projects", json={"name": "One of Ada's"})

    def names(query: str) -> list[str]:
        return [each["name"] for each in web.get(f"/projects{query}").json()["items"]]

    assert names("") == ["One", "Two", "Three"]
    assert names("?name=t") == ["Two", "Three"]
    assert names("?tags=a") == ["One", "Two"]
    assert names("?tags=a&tags=b") == ["Two"]
    assert names("?category=private") == ["One", "Two", "Three"]
    assert names("?category=PUBLIC") == []
    assert names("/sandbox-user") == ["One", "Two", "Three"]
    assert names("/ada") == []


def test_a_project_is_changed_in_parts(sandbox: Sandbox, web: httpx.Client, project: str):
    before = web.get(f"/projects/{project}").json()
    sandbox.clock.advance(60)
    told = web.patch(f"/projects/{project}", json={"name": "New", "settings": {"locked": True}}).json()
    assert (told["id"], told["name"], told["settings"]["locked"]) == (project, "New", True)
    assert told["settings"]["location"] == before["settings"]["location"]
    assert told["modified_on"] > before["modified_on"]
    assert code_of(web.patch(f"/projects/{project}", json={"name": ""})) == (400, 3007)


def test_a_deleted_project_is_gone_with_its_files(web: httpx.Client, project: str):
    root = web.get(f"/projects/{project}").json()["root_folder"]
    assert web.delete(f"/projects/{project}").status_code == 204
    assert code_of(web.get(f"/projects/{project}")) == (404, 3002)
    assert code_of(web.get(f"/files/{root}")) == (404, 5002)
    assert web.get("/projects").json()["items"] == []
