"""Describing objects by attributes."""

import httpx
import pytest


@pytest.fixture(autouse=True)
def project(admin: httpx.Client) -> None:
    """A project to describe."""
    assert admin.post("/projects/", data={"name": "p"}).status_code == 201


def test_a_key_may_come_again_and_the_order_is_that_of_the_making(admin: httpx.Client) -> None:
    for kind, value in (("char", "one"), ("int", "2"), ("char", "three")):
        assert admin.post(f"/attributes/{kind}/", data={"item": "p", "key": "k", "value": value}).status_code == 201
    assert [each["value"] for each in admin.get("/items/p/").json()["attributes"]] == ["one", 2, "three"]
    assert [each["value"] for each in admin.get("/attributes/char/").json()["results"]] == ["one", "three"]


def test_attributes_are_numbered_over_all_kinds(admin: httpx.Client) -> None:
    for kind, value in (("char", "one"), ("int", "2")):
        admin.post(f"/attributes/{kind}/", data={"item": "p", "key": "k", "value": value})
    assert admin.get("/attributes/int/2/").json()["value"] == 2
    for path in ("/attributes/int/1/", "/attributes/int/abc/", f"/attributes/int/{'9' * 30}/"):
        assert admin.get(path).status_code == 404
    assert admin.patch("/attributes/int/2/", json={"value": 3}).json() == {"item": "p", "key": "k", "value": 3}
    assert admin.put("/attributes/int/2/", json={"value": 3}).status_code == 400
    assert admin.delete("/attributes/int/2/").status_code == 204
    assert [each["value"] for each in admin.get("/items/p/").json()["attributes"]] == ["one"]


def test_the_attributes_of_what_is_deleted_go(admin: httpx.Client) -> None:
    admin.post("/attributes/char/", data={"item": "p", "key": "k", "value": "v"})
    assert admin.delete("/projects/p/").status_code == 204
    assert admin.get("/attributes/char/").json()["count"] == 0
