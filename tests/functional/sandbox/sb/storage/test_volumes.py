"""Volumes: their fields, who may use them, and what is on them."""

from typing import Any

import httpx
import pytest
from sb_responses import code_of

Json = dict[str, Any]
KEYS = {"access_key_id": "AK", "secret_access_key": "SK"}


def service(**more: Any) -> Json:
    return {"type": "S3", "bucket": "lab", "credentials": KEYS, **more}


def make(web: httpx.Client, **more: Any) -> str:
    return web.post("/storage/volumes", json={"name": "lab", "access_mode": "RW", "service": service(), **more}).json()[
        "id"
    ]


# -- volumes themselves


@pytest.mark.parametrize(
    "service",
    [
        {"type": "S3", "bucket": "b", "prefix": "p", "credentials": KEYS, "properties": {"sse_algorithm": "AES256"}},
        {"type": "s3", "bucket": "b", "credentials": {"role_arn": "arn", "external_id": "x"}},
        {"type": "GCS", "bucket": "b", "credentials": {"client_email": "e", "private_key": "SK"}},
        {"type": "gcs", "bucket": "b", "credentials": {"configuration": {"type": "external_account"}}},
        {"type": "OSS", "bucket": "b", "endpoint": "oss.example.org", "credentials": KEYS},
        {
            "type": "azure",
            "storage_account": "a",
            "container": "c",
            "credentials": {"tenant_id": "t", "client_id": "c", "client_secret": "SK"},
        },
    ],
)
def test_a_volume_of_each_kind_keeps_its_secret(web: httpx.Client, service: Json):
    volume = web.post(
        "/storage/volumes", json={"name": "v_1", "access_mode": "RO", "description": "d", "service": service}
    ).json()
    assert (volume["id"], volume["description"], volume["access_mode"], volume["active"]) == (
        "sandbox-user/v_1",
        "d",
        "RO",
        True,
    )
    assert volume["service"]["type"] == service["type"]
    assert "SK" not in str(volume)
    assert web.get("/storage/volumes/sandbox-user/v_1").json() == volume
    assert web.get("/storage/volumes", params={"fields": "_all"}).json()["items"] == [volume]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "a-b", "access_mode": "RO", "service": service()}, 90000),
        ({"name": "x" * 33, "access_mode": "RO", "service": service()}, 90000),
        ({"name": "a", "access_mode": "WO", "service": service()}, 90000),
        ({"name": "a", "access_mode": "RO", "service": {"type": "tape"}}, 90000),
        ({"name": "a", "access_mode": "RO", "service": {"type": "S3"}}, 9017),
        ({"name": "a", "access_mode": "RO", "service": {"type": "S3", "bucket": "b"}}, 9017),
        ({"name": "a", "access_mode": "RO"}, 90000),
    ],
)
def test_what_no_volume_can_be_made_of(web: httpx.Client, body: Json, code: int):
    assert code_of(web.post("/storage/volumes", json=body)) == (400, code)


def test_a_volume_is_changed_and_goes_when_it_is_inactive(web: httpx.Client):
    path = f"/storage/volumes/{make(web)}"
    assert code_of(web.post("/storage/volumes", json={"name": "lab", "access_mode": "RW", "service": service()})) == (
        409,
        9010,
    )
    volume = web.patch(
        path,
        json={
            "description": "d",
            "access_mode": "RO",
            "service": {"prefix": "p", "credentials": {"access_key_id": "B"}},
        },
    ).json()
    assert (volume["description"], volume["access_mode"]) == ("d", "RO")
    assert (volume["service"]["prefix"], volume["service"]["bucket"]) == ("p", "lab")
    assert volume["service"]["credentials"] == {"access_key_id": "B"}
    assert web.delete(path).status_code == 400
    assert web.patch(path, json={"active": False}).json()["active"] is False
    assert code_of(web.get(f"{path}/list")) == (400, 5034)
    assert web.delete(path).status_code == 204
    assert code_of(web.get(path)) == (404, 9007)


def test_members_of_a_volume(web: httpx.Client, client_of):
    path, ada = f"/storage/volumes/{make(web)}", client_of("ada")
    assert code_of(ada.get(path)) == (404, 9007)
    member = web.post(f"{path}/members", json={"username": "ada", "permissions": {"read": True, "write": True}}).json()
    assert member["permissions"] == {"read": True, "copy": False, "write": True, "admin": False}
    assert web.get(f"{path}/members/ada").json() == member
    assert ada.get(path).status_code == 200
    assert code_of(ada.patch(path, json={"description": "x"})) == (403, 9020)
    assert web.patch(f"{path}/members/ada/permissions", json={"admin": True}).json()["admin"] is True
    permissions = {"read": True, "copy": False, "write": False, "admin": False}
    assert web.put(f"{path}/members/ada/permissions", json=permissions).json() == permissions
    assert code_of(web.patch(f"{path}/members/sandbox-user/permissions", json={"write": False})) == (403, 3001)
    assert len(web.get(f"{path}/members").json()["items"]) == 2
    assert web.delete(f"{path}/members/ada").status_code == 204
    assert ada.get(path).status_code == 404


# -- what lies on them


def test_a_listing_shows_one_folder_at_a_time(web: httpx.Client, bucket: Any):
    for key in ("in/a.txt", "in/b.txt", "in/deep/c.txt", "in/deep/er/d.txt", "out.txt"):
        bucket.put_object(Bucket="lab", Key=key, Body=b"12345", ContentType="text/plain", Metadata={"sample": "s"})
    path = f"/storage/volumes/{make(web, service=service(prefix='in'))}"
    page = web.get(f"{path}/list").json()
    assert [item["location"] for item in page["items"]] == ["a.txt", "b.txt"]
    assert [prefix["prefix"] for prefix in page["prefixes"]] == ["deep/"]
    assert page["links"] == []
    assert (page["items"][0]["volume"], page["items"][0]["type"]) == ("sandbox-user/lab", "s3")
    below = web.get(page["prefixes"][0]["href"]).json()
    assert [item["location"] for item in below["items"]] == ["deep/c.txt"]
    assert [prefix["prefix"] for prefix in below["prefixes"]] == ["deep/er/"]
    object_ = web.get(page["items"][0]["href"]).json()
    assert object_["location"] == "a.txt"
    assert (object_["metadata"]["size"], object_["metadata"]["sample"]) == (5, "s")
    assert code_of(web.get(f"{path}/object", params={"location": "none"})) == (404, 9105)


def test_a_long_listing_continues_by_its_link(web: httpx.Client, bucket: Any):
    for number in range(5):
        bucket.put_object(Bucket="lab", Key=f"{number}", Body=b"")
    page = web.get(f"/storage/volumes/{make(web)}/list?limit=2&fields=_all").json()
    locations = [item["location"] for item in page["items"]]
    while page["links"]:
        page = web.get(page["links"][0]["next"]).json()
        assert len(page["items"]) <= 2
        locations += [item["location"] for item in page["items"]]
    assert locations == ["0", "1", "2", "3", "4"]


def test_a_bucket_that_does_not_exist_is_an_empty_one(web: httpx.Client):
    assert web.get(f"/storage/volumes/{make(web, service=service(bucket='my_bucket'))}/list").json()["items"] == []


def test_an_objects_url_is_presigned(sandbox, web: httpx.Client, bucket: Any):
    bucket.put_object(Bucket="lab", Key="p/a b", Body=b"bytes")
    volume = make(web, service=service(prefix="p/"))
    assert httpx.get(sandbox.sb.place(volume).url("a b", 60), trust_env=False).content == b"bytes"
