"""The documents of htsget, refget and the Tool Registry Service: what their standards say of identifiers, lists and pages."""

from collections.abc import Callable
from typing import Any

import pytest
from omicsdk.core.request import Paging

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
        for given in spec.operation(name)["parameters"]:
            shared = spec.corrected["components"]["parameters"].get(given.get("$ref", "").rpartition("/")[2], given)
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
