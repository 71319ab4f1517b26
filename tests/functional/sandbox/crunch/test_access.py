"""Permissions: two users, tokens, passwords, and no login."""

from collections.abc import Callable

import httpx
import pytest
from omicsdk.sandbox import Sandbox

Clients = Callable[[str], httpx.Client]


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (b"Basic YQ", "Invalid username/password."),
        (b"Basic \xfc", "Invalid username/password."),
        (b"Basic YQ==", "Invalid username/password."),
        (b"Basic /zr/", "Invalid username/password."),
        (b"Token \xfc", "Invalid token."),
    ],
)
def test_a_header_that_names_no_user_states_why(anonymous: httpx.Client, sent: bytes, detail: str) -> None:
    response = anonymous.get("/projects/", headers=[(b"Authorization", sent)])
    assert (response.status_code, response.json()) == (401, {"detail": detail})


def test_a_permission_is_about_one_kind_of_object(client_with: Clients, site: Sandbox, admin: httpx.Client) -> None:
    admin.post("/projects/", data={"name": "p"})
    some = client_with(site.crunch.add_user("some", ["add_dataset", "change_item", "add_charattribute"]))
    assert some.post("/datasets/", data={"parent": "p", "name": "d"}).status_code == 201
    assert some.patch("/items/p/", data={"details": "x"}).status_code == 200
    assert some.patch("/projects/p/", data={"details": "x"}).status_code == 403
    assert some.delete("/datasets/p:d/").status_code == 403
    value = {"item": "p", "key": "k", "value": "1"}
    assert [some.post(f"/attributes/{kind}/", data=value).status_code for kind in ("char", "int")] == [201, 403]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writes_to_what_does_not_exist_are_taken_for_forms_of_pages(site: Sandbox, method: str) -> None:
    with httpx.Client(base_url=site.crunch_url, trust_env=False) as client:
        responses = [
            client.request(method, path) for path in ("/api/projects/a/b/", "/api/nothing/", "/api/projects/a:b/c/")
        ]
        assert [each.status_code for each in responses] == [403, 403, 404]
        assert client.request(method, "/api/nothing").headers["location"] == "/crunch/api/nothing/"
        assert client.get("/api/nothing/").status_code == 404
