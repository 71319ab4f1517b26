"""The Data Repository Service's document: complete, described throughout, named as the standard names things."""

import re
from typing import Any

import pytest

SERVICE = "drs"


def test_names_are_the_standards_in_snake_case(spec: Any) -> None:
    for _, _, operation in spec.operations():
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation["operationId"]).lower()
        assert operation["x-omics-name"] == words


def test_every_operation_has_a_description(spec: Any) -> None:
    assert [op["operationId"] for _, _, op in spec.operations() if len(op.get("description", "")) < 100] == []


def test_all_posts_only_read(spec: Any) -> None:
    posts = {op["x-omics-name"] for _, method, op in spec.operations() if method == "post"}
    assert set(spec.wishes("x-omics-idempotent")) == posts
    assert len(posts) == 4


def test_passports_are_not_the_only_way(spec: Any) -> None:
    ways = [{}, {"BasicAuth": []}, {"BearerAuth": []}, {"PassportAuth": []}]
    for _, method, operation in spec.operations():
        if method == "post":
            assert sorted(operation["security"], key=str) == sorted(ways, key=str)


def test_slashes_of_an_identifier_stay(spec: Any) -> None:
    assert spec.corrected["components"]["parameters"]["ObjectId"]["x-omics-raw-path"] is True


@pytest.mark.parametrize("name", ["BulkObjects", "BulkAuthorizations"])
def test_bulk_responses_have_both_spellings(spec: Any, name: str) -> None:
    fields = spec.corrected["components"]["schemas"][name]["properties"]
    assert fields["resolved_drs_objects"]["items"] == fields["resolved_drs_object"]["items"]


def test_a_members_uri_may_be_one_or_several(spec: Any) -> None:
    uri = spec.corrected["components"]["schemas"]["ContentsObject"]["properties"]["drs_uri"]
    assert {way["type"] for way in uri["oneOf"]} == {"array", "string"}
    assert "type" not in uri


def test_what_a_server_does_not_know_may_be_null(spec: Any) -> None:
    schema = spec.corrected["components"]["schemas"]["DrsObject"]
    unknown = {name for name, field in schema["properties"].items() if field.get("nullable")}
    assert unknown == {"name", "created_time", "updated_time", "version", "description"}
    assert {"id", "self_uri", "size", "checksums"} <= set(schema["required"])
