"""Descriptions of objects by servers, in their various forms."""

import base64
import hashlib
from typing import Any

import pytest
from omicsdk.core import DecodeError, UnsafePath
from omicsdk.drs import AccessMethod
from omicsdk.drs.objects import checksums_of, in_order, object_of

MD5 = hashlib.md5(b"x").hexdigest()
SHA = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ([{"type": "md5", "checksum": MD5}], {"md5": MD5}),
        ([{"type": "MD5", "checksum": MD5.upper()}], {"md5": MD5}),
        ([{"type": "sha-256", "checksum": SHA}, {"type": "md5", "checksum": MD5}], {"sha256": SHA, "md5": MD5}),
        ([{"type": "md5", "checksum": base64.b64encode(bytes.fromhex(MD5)).decode()}], {"md5": MD5}),
        ([{"type": "crc32c", "checksum": "AAAAAA=="}], {"crc32c": "00000000"}),
        ([{"type": "etag", "checksum": f'"{MD5}-3"'}], {"s3_etag": f"{MD5}-3"}),
        ([{"type": "trunc512", "checksum": "aa"}], {}),
        ([{"type": "md5", "checksum": "none"}, {"type": "md5"}, "md5"], {}),
        ({"md5": MD5, "crc": "12"}, {"md5": MD5}),
        (None, {}),
    ],
)
def test_checksums_are_read_however_they_are_written(stated: object, found: dict[str, str]) -> None:
    assert checksums_of(stated) == found


def test_an_object_without_a_name_is_called_as_its_storage_does_or_its_identifier_ends() -> None:
    method = {"type": "s3", "access_id": "s3", "access_url": {"url": "s3://bucket/deep/reads%201.fastq"}}
    assert object_of({"id": "dg.1/abc", "name": None, "access_methods": [method]}).name == "reads 1.fastq"
    assert object_of({"id": "dg.1/abc", "name": " "}).name == "abc"
    assert object_of({}, "asked").id == "asked"


def test_a_size_may_be_a_text_as_the_standard_had_it_before_version_1() -> None:
    assert [object_of({"id": "a", "size": size}).size for size in (7, "7", None)] == [7, 7, None]
    with pytest.raises(DecodeError):
        object_of({"id": "a", "size": "7.0"})


@pytest.mark.parametrize(
    ("times", "moment"),
    [
        ({"updated_time": "1970-01-02T00:00:00Z", "created_time": "1970-01-01T00:00:00Z"}, 86400),
        ({"updated_time": "", "created_time": "1970-01-02T01:00:00+01:00"}, 86400),
        ({"created_time": None, "index_updated_time": "1970-01-02T00:00:00.5"}, 86400.5),  # of Gen3
        ({"created_time": "yesterday", "updated_time": 7}, None),
        ({}, None),
    ],
)
def test_the_time_of_the_last_change_is_the_nearest_that_is_stated(times: dict[str, Any], moment: float | None) -> None:
    assert object_of({"id": "a", **times}).modified == moment


def test_files_and_bundles_are_distinguished() -> None:
    way = [{"type": "s3", "access_id": "s3"}]
    assert not object_of({"id": "a", "access_methods": way, "contents": []}).is_bundle
    assert not object_of({"id": "a", "form": "object", "access_methods": [], "contents": []}).is_bundle
    assert object_of({"id": "a", "contents": [{"name": "b", "id": "c"}]}).is_bundle
    assert object_of({"id": "a", "form": "bundle", "contents": []}).members == ()


def test_members_name_uris_as_texts_or_lists() -> None:
    told = {
        "id": "a",
        "contents": [{"name": "x", "drs_uri": ["drs://h.org/1"]}, {"name": "y", "drs_uri": "drs://h.org/2"}],
    }
    assert [(each.name, each.uri) for each in object_of(told).members or ()] == [
        ("x", "drs://h.org/1"),
        ("y", "drs://h.org/2"),
    ]


def way(kind: str, **more: object) -> AccessMethod:
    return AccessMethod(kind, **({"access_id": kind} | more))


def test_ways_are_tried_in_an_order_that_can_be_wished_for() -> None:
    listed = [
        way("ftp"),
        way("gs", region="us"),
        way("s3", available=False),
        way("s3"),
        way("https", url="https://h/x"),
    ]
    assert [each.kind for each in in_order(listed)] == ["https", "s3", "gs"]
    assert [each.kind for each in in_order(listed, ["gs"])] == ["gs", "https", "s3"]
    assert [each.kind for each in in_order([way("s3", available=False), way("gs")])] == ["gs", "s3"]
    assert in_order([way("ftp"), AccessMethod("az", url="az://b/k")]) == []


def test_objects_of_storage_are_the_last_way_unless_they_are_preferred() -> None:
    stored = AccessMethod("gs", url="gs://b/k")
    terra = way("gs", url="gs://b/k")  # Terra states both, and signs by the access_id
    assert (stored.is_stored, terra.is_stored) == (True, False)
    assert in_order([stored, way("s3"), terra]) == [way("s3"), terra, stored]
    assert in_order([way("s3"), stored], ["gs"]) == [stored, way("s3")]


def test_a_way_that_is_listed_twice_is_tried_once() -> None:
    assert len(in_order([way("s3", url="s3://a/1"), way("s3", url="s3://b/1")])) == 1


def test_headers_of_an_access_url_are_in_no_repr() -> None:
    told = {"type": "https", "access_url": {"url": "https://h/x", "headers": ["Authorization: Basic c2VjcmV0"]}}
    (method,) = object_of({"id": "a", "access_methods": [told]}).methods
    assert method.headers == (("Authorization", "Basic c2VjcmV0"),)
    assert "c2VjcmV0" not in repr(method)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"id": "a", "form": "bundle"}, "contents"),
        ({"id": "a", "form": "bundle", "contents": None}, "contents"),
        ({"id": "a", "contents": {}}, "contents"),
        ({"id": "a", "contents": "x"}, "contents"),
        ({"id": "a", "contents": [{"id": "b"}, None]}, "contents[1]"),
        ({"id": "a", "contents": [{"id": "b", "contents": [3]}]}, "contents[0].contents[0]"),
        ({"id": "a", "contents": [{"id": "b", "contents": "x"}]}, "contents[0].contents"),
    ],
)
def test_a_bundle_without_a_list_of_what_is_in_it_is_no_empty_one(told: dict[str, Any], field: str):
    with pytest.raises(DecodeError) as caught:
        object_of(told)
    assert caught.value.field == field


@pytest.mark.parametrize("name", [5, ["a"], {}, True])
def test_a_name_that_is_no_text_is_refused(name: object):
    for told in ({"id": "a", "name": name}, {"id": "a", "contents": [{"id": "b", "name": name}]}):
        with pytest.raises(UnsafePath, match="is not text"):
            object_of(told)
