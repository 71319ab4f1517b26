"""The documents of the GDC, BioStudies, PRIDE and MetaboLights: what is used of them, described throughout."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SPECS = Path(__file__).parents[3] / "specs" / "archives"
USED = {
    "gdc": {"search_files", "list_file_versions"},
    "biostudies": {"get_study", "get_study_info"},
    "pride": {"get_project", "list_files", "count_files", "get_checksums"},
    "metabolights": {"get_study", "list_files"},
}


@pytest.fixture(params=USED)
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def spec(read_spec: Callable[[str], Any], service: str) -> Any:
    return read_spec(f"archives/{service}")


def test_the_operations_of_names_are_there(spec: Any, service: str) -> None:
    assert USED[service] <= set(spec.names())


def test_every_operation_has_a_description(spec: Any) -> None:
    assert [op["operationId"] for _, _, op in spec.operations() if len(op.get("description", "")) < 80] == []


def test_both_files_say_that_the_service_was_not_asked(spec: Any, service: str) -> None:
    assert "Not tested against the real service" in spec.published["info"]["description"]
    assert "**Not tested against the real service.**" in (SPECS / service / "README.md").read_text("utf-8")


def test_searches_of_the_gdc_only_read(read_spec: Callable[[str], Any]) -> None:
    assert set(read_spec("archives/gdc").wishes("x-omics-idempotent")) == {"search_files"}


def test_lists_of_pride_are_streams(read_spec: Callable[[str], Any]) -> None:
    assert set(read_spec("archives/pride").wishes("x-omics-stream")) == {"list_files", "get_checksums"}
