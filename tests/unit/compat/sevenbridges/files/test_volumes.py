"""Volumes: buckets, what is on them, and who may use them."""

import copy
from typing import Any

import pytest
from omicsdk.compat.sevenbridges import (
    Api,
    BadRequest,
    Conflict,
    ResourceNotModified,
    SbgError,
    Volume,
    VolumeAccessMode,
)

VOLUMES = "POST /storage/volumes"
ONE = "/storage/volumes/me/vol"


def a_volume(**more: Any) -> dict[str, Any]:
    return {
        "href": f"https://api.example.org/v2{ONE}",
        "id": "me/vol",
        "name": "vol",
        "description": "d",
        "access_mode": "RW",
        "active": True,
        "service": {"type": "S3", "bucket": "b", "prefix": "", "credentials": {"access_key_id": "AK"}},
        **more,
    }


@pytest.fixture
def volume(api: Api) -> Volume:
    return api.volumes(**a_volume())


KEY = {"access_key_id": "AK", "secret_access_key": "SK"}


@pytest.mark.parametrize(
    ("kind", "type", "credentials", "more"),
    [
        ("s3_volume", "S3", KEY, {"prefix": "p", "properties": {"sse_algorithm": "AES256"}}),
        ("s3_volume_role_auth", "S3", {"role_arn": "arn", "external_id": "ext"}, {}),
        ("google_volume", "GCS", {"client_email": "ce", "private_key": "pk"}, {}),
        ("google_iam_volume", "GCS", {"configuration": {"type": "x"}}, {}),
        ("oss_volume", "OSS", KEY, {"endpoint": "ep"}),
    ],
)
def test_buckets_are_connected(api: Api, platform: Any, kind: str, type: str, credentials: Any, more: Any) -> None:
    platform.on(VOLUMES, a_volume())
    create = getattr(api.volumes, f"create_{kind}")
    options = {**credentials, **more}
    made = create(name="n", bucket="b", access_mode=VolumeAccessMode.READ_ONLY, description="d", **options)
    assert made.id == "me/vol"
    service = {"type": type, "bucket": "b", "credentials": credentials, **more}
    assert platform.last.body == {"name": "n", "access_mode": "RO", "service": service, "description": "d"}


def test_volumes_are_listed_and_got(api: Api, platform: Any) -> None:
    platform.on("GET /storage/volumes", platform.page(a_volume()))
    platform.on(f"GET {ONE}", a_volume())
    assert [item.id for item in api.volumes.query(limit=1)] == ["me/vol"]
    assert ("fields", "_all") in platform.last.query
    assert api.volumes.get("me/vol").service["bucket"] == "b"


def test_an_id_without_an_owner_is_sent(api: Api, platform: Any) -> None:
    platform.on("GET /storage/volumes/vol", a_volume(id="vol"))
    platform.on("PATCH /storage/volumes/vol", a_volume(id="vol", description="zz"))
    platform.on("GET /storage/volumes/vol/members", platform.page())
    volume = api.volumes.get("vol")
    volume.description = "zz"
    assert volume.save().id == "vol"
    assert not volume.get_members()


def test_edits_are_saved(volume: Volume, platform: Any) -> None:
    platform.on(f"PATCH {ONE}", a_volume(description="zz", active=False))
    volume.description = "zz"
    volume.active = False
    volume.service["credentials"] = {"access_key_id": "AK2", "secret_access_key": "SK2"}
    assert "SK2" not in repr(volume.service)
    assert volume.save() is volume
    assert platform.last.body == {
        "description": "zz",
        "active": False,
        "service": {"credentials": {"access_key_id": "AK2", "secret_access_key": "SK2"}},
    }
    with pytest.raises(ResourceNotModified):
        volume.save()


@pytest.mark.parametrize(("status", "kind"), [(400, BadRequest), (409, Conflict)])
def test_an_active_volume_is_not_deleted(volume: Volume, platform: Any, status: int, kind: type[SbgError]) -> None:
    platform.on(f"DELETE {ONE}", platform.refusal(status, 9011, "Volume is active"), None)
    with pytest.raises(kind, match="active to False"):
        volume.delete()
    volume.delete()


def test_a_volume_is_listed_folder_by_folder_and_page_by_page(volume: Volume, platform: Any) -> None:
    first = {
        "href": "h",
        "items": [{"location": "a/1", "volume": "me/vol", "type": "s3", "metadata": {"etag": "x"}}],
        "prefixes": [{"prefix": "a/b/", "volume": "me/vol"}],
        "links": [{"next": f"https://api.example.org/v2{ONE}/list?continuation_token=t"}],
    }
    second = {
        "href": "h",
        "items": [{"location": "a/2", "volume": "me/vol"}],
        "prefixes": [{"prefix": "a/c/"}],
        "links": [],
    }
    platform.on(f"GET {ONE}/list", first, second, second)
    listing = volume.list(prefix="a/", limit=10)
    assert platform.last.query == [("prefix", "a/"), ("limit", "10"), ("fields", "_all")]
    assert listing[0].metadata["etag"] == "x"
    assert [item.location for item in listing.all()] == ["a/1", "a/2"]
    assert [item.prefix for item in listing.prefixes] == ["a/b/", "a/c/"]
    twin = copy.deepcopy(listing)
    twin.prefixes.clear()
    assert ([item.location for item in twin], len(listing.prefixes)) == (["a/1"], 2)
    assert platform.last.query == [("continuation_token", "t")]
    volume.list()
    assert platform.last.query == [("limit", "50"), ("fields", "_all")]


def test_an_object(volume: Volume, platform: Any) -> None:
    platform.on(f"GET {ONE}/object", {"location": "a/b c", "volume": "me/vol", "type": "s3"})
    info = volume.get_volume_object_info("a/b c")
    assert platform.last.query == [("location", "a/b c")]
    assert info == volume.get_volume_object_info("a/b c")
    assert len({info, volume.get_volume_object_info("a/b c")}) == 1
    assert info != type(info).of({"location": "a/b c", "volume": "me/other"}, volume.api)


def test_members(api: Api, volume: Volume, platform: Any) -> None:
    member_json = {
        "href": f"https://api.example.org/v2{ONE}/members/bob",
        "username": "bob",
        "permissions": {"read": True},
    }
    members = f"{ONE}/members"
    platform.on(f"GET {members}", platform.page(member_json))
    platform.on(f"GET {members}/bob", member_json)
    platform.on(f"POST {members}", member_json)
    platform.on(f"PATCH {members}/bob/permissions", {"read": True, "write": True})
    platform.on(f"DELETE {members}/bob", None)
    assert [item.username for item in volume.get_members(limit=1)] == ["bob"]
    member = volume.get_member("bob")
    rights = {"read": True, "execute": True}
    for add, who, kind in (
        (volume.add_member, api.users(username="bob"), "USER"),
        (volume.add_member_team, api.teams(id="bob"), "TEAM"),
        (volume.add_member_division, "bob", "DIVISION"),
    ):
        add(who, rights)
        assert platform.last.body == {"username": "bob", "type": kind, "permissions": {"read": True}}
    assert rights == {"read": True, "execute": True}
    member.permissions["write"] = True
    member.save()
    assert platform.last.body == {"write": True}
    volume.remove_member(member)
    assert platform.last.line == f"DELETE {members}/bob"


def test_its_imports_and_exports(volume: Volume, platform: Any) -> None:
    platform.on("GET /storage/imports", platform.page())
    platform.on("GET /storage/exports", platform.page())
    volume.get_imports(project="me/proj", state="FAILED", limit=5)
    assert sorted(platform.last.query) == sorted(
        [("project", "me/proj"), ("volume", "me/vol"), ("state", "FAILED"), ("limit", "5"), ("fields", "_all")]
    )
    volume.get_exports(state="FAILED")
    assert sorted(platform.last.query) == sorted([("volume", "me/vol"), ("state", "FAILED"), ("fields", "_all")])
