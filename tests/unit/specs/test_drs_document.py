"""The Data Repository Service's document: open to all that servers send."""

from typing import Any

import pytest

SERVICE = "drs"


def test_passports_are_not_the_only_way(spec: Any) -> None:
    ways = [{}, {"BasicAuth": []}, {"BearerAuth": []}, {"PassportAuth": []}]
    for _, method, operation in spec.operations():
        if method == "post":
            assert sorted(operation["security"], key=str) == sorted(ways, key=str)


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
