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


def test_the_attributes_of_what_is_deleted_go(admin: httpx.Client) -> None:
    admin.post("/attributes/char/", data={"item": "p", "key": "k", "value": "v"})
    assert admin.delete("/projects/p/").status_code == 204
    assert admin.get("/attributes/char/").json()["count"] == 0
