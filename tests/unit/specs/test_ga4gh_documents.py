"""The documents of DRS, open to all that servers send, and of htsget, refget and TRS: identifiers, lists and pages as the standards have them."""

from collections.abc import Callable
from typing import Any

import pytest
from omicsdk.core.request import Paging

# -- drs: open to all that servers send


@pytest.fixture
def drs(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("drs")


def test_passports_are_not_the_only_way(drs: Any) -> None:
    ways = [{}, {"BasicAuth": []}, {"BearerAuth": []}, {"PassportAuth": []}]
    for _, method, operation in drs.operations():
        if method == "post":
            assert sorted(operation["security"], key=str) == sorted(ways, key=str)


@pytest.mark.parametrize("name", ["BulkObjects", "BulkAuthorizations"])
def test_bulk_responses_have_both_spellings(drs: Any, name: str) -> None:
    fields = drs.corrected["components"]["schemas"][name]["properties"]
    assert fields["resolved_drs_objects"]["items"] == fields["resolved_drs_object"]["items"]


def test_a_members_uri_may_be_one_or_several(drs: Any) -> None:
    uri = drs.corrected["components"]["schemas"]["ContentsObject"]["properties"]["drs_uri"]
    assert {way["type"] for way in uri["oneOf"]} == {"array", "string"}
    assert "type" not in uri


def test_what_a_server_does_not_know_may_be_null(drs: Any) -> None:
    schema = drs.corrected["components"]["schemas"]["DrsObject"]
    unknown = {name for name, field in schema["properties"].items() if field.get("nullable")}
    assert unknown == {"name", "created_time", "updated_time", "version", "description"}
    assert {"id", "self_uri", "size", "checksums"} <= set(schema["required"])


SERVICES = ("htsget", "refget", "trs")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def spec(read_spec: Callable[[str], Any], service: str) -> Any:
    return read_spec(service)


def test_lists_of_htsget_are_one_parameter(read_spec: Callable[[str], Any]) -> None:
    spec = read_spec("htsget")
    for name in ("get_reads", "get_variants"):
        for entry in spec.operation(name)["parameters"]:
            shared = spec.corrected["components"]["parameters"].get(entry.get("$ref", "").rpartition("/")[2], entry)
            if shared["name"] in ("fields", "tags", "notags"):
                assert shared["explode"] is False, shared["name"]


def test_slashes_stay_in_identifiers_of_htsget_alone(read_spec: Callable[[str], Any]) -> None:
    raw = {
        name: bool(read_spec(name).corrected["components"]["parameters"]["Id"].get("x-omics-raw-path"))
        for name in SERVICES
    }
    assert raw == {"htsget": True, "refget": False, "trs": False}


def test_pages_of_tools_follow_by_the_standards_own_headers() -> None:
    from omicsdk_api.trs import TrsApi

    assert TrsApi.list_tools.facts.paging == Paging("link", "", parameter="offset", next="next_page", last="last_page")


@pytest.mark.parametrize("name", SERVICES)
def test_what_was_tried_with_recordings_of_a_server_names_the_test(name: str) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[3] / "specs" / name / "README.md").read_text("utf-8")
    assert "tests/functional/ga4gh/test_recorded_servers.py" in text
