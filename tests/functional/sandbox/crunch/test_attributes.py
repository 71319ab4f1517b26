"""Describing objects by attributes."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch.items import KINDS

VALUES = {
    "char": ("  x ", "x"),
    "float": ("1e3", 1000.0),
    "int": ("-2.0", -2),
    "filesize": ("9223372036854775807", 2**63 - 1),
    "bool": ("yes", True),
    "url": ("ftp://example.org/x", "ftp://example.org/x"),
    "datetime": ("2020-01-02T03:04:05+10:00", "2020-01-01T17:04:05Z"),
    "date": ("2020-1-2", "2020-01-02"),
}
WRONG = {
    "char": ("", "x" * 1024, ["x"], True),
    "float": ("one", "nan", "inf", "1e400", None),
    "int": ("1.5", "9" * 20, True),
    "filesize": ("-1", "10MB", 2**63),
    "bool": ("maybe", 2, None),
    "url": (
        "example.org",
        "s3://bucket/key",
        "http://exa mple.org",
        "http://",
        "ftp://a.b/c",
        "http://a.1b/",
        "http://-a.de/",
    ),
    "datetime": ("2020-01-02", "yesterday", 1577934245),
    "date": ("2020-02-30", "2020-01-02T00:00"),
}


@pytest.fixture(autouse=True)
def project(admin: httpx.Client) -> None:
    """A project to describe."""
    assert admin.post("/projects/", data={"name": "p"}).status_code == 201


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_read_and_reported(admin: httpx.Client, kind: str) -> None:
    sent, told = VALUES[kind]
    response = admin.post(f"/attributes/{kind}/", data={"item": "p", "key": "k", "value": sent})
    assert (response.status_code, response.json()) == (201, {"item": "p", "key": "k", "value": told})
    assert admin.get("/items/p/").json()["attributes"] == [{"key": "k", "value": told}]


@pytest.mark.parametrize("kind", WRONG)
def test_another_value_is_refused_with_the_field(admin: httpx.Client, kind: str) -> None:
    for value in WRONG[kind]:
        response = admin.post(f"/attributes/{kind}/", json={"item": "p", "key": "k", "value": value})
        assert (response.status_code, list(response.json())) == (400, ["value"]), (value, response.text)
    assert admin.get(f"/attributes/{kind}/").json()["count"] == 0


def test_places_are_separate_texts_and_numbers_of_an_item(admin: httpx.Client) -> None:
    sent = {"item": "p", "key": "where", "latitude": "-37.8136", "longitude": "144.9631"}
    told = admin.post("/attributes/lat-long/", data=sent).json()
    assert (told["latitude"], told["longitude"]) == ("-37.813600000", "144.963100000")
    assert admin.get("/items/p/").json()["attributes"] == [
        {"key": "where", "latitude": -37.8136, "longitude": 144.9631}
    ]
    wrong = admin.post("/attributes/lat-long/", data={**sent, "latitude": "1234", "longitude": "1.0123456789"})
    assert list(wrong.json()) == ["latitude", "longitude"]


def test_a_form_without_a_box_means_no(admin: httpx.Client) -> None:
    assert admin.post("/attributes/bool/", data={"item": "p", "key": "k"}).json()["value"] is False
    assert admin.post("/attributes/bool/", json={"item": "p", "key": "k"}).json() == {
        "value": ["This field is required."]
    }


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


def test_each_kind_is_listed_at_the_root(admin: httpx.Client, site: Sandbox) -> None:
    root = admin.get("/").json()
    for kind in KINDS:
        assert root[f"attributes/{kind.path}"] == f"{site.crunch_url}/api/attributes/{kind.path}/"
        assert admin.get(f"/attributes/{kind.path}/").json()["results"] == []
