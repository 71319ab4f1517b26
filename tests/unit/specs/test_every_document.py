"""What every document shares: described, corrected with reasons, and referring to nothing that does not exist."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
SPECS = Path(__file__).parents[3] / "specs"
# These were written as what is used of a service: our extensions are in the document, which has no other text than needed.
WRITTEN_HERE = {"archives/ena", "archives/eutils", "archives/geo", "archives/sdl"}
SERVICES = sorted({path.parent.relative_to(SPECS).as_posix() for path in SPECS.rglob("overlay.yaml")} - WRITTEN_HERE)


REPEATABLE = {
    "archives/figshare": {"search_articles"},
    "archives/gdc": {"search_files"},
    "azul": {"search_entities"},
    "drs": {"get_bulk_access_url", "get_bulk_objects", "post_access_url", "post_object"},
    "dss": {"post_search"},
    "fusillade": {"post_oauth_userinfo", "post_v1_policies_evaluate"},
    "gen3/arborist": {"check_auth_request", "find_auth_mapping", "find_auth_resources"},
    "gen3/fence": {
        *(
            "check_service_account",
            "check_token_denylisted",
            "get_access_token",
            "get_access_urls",
            "get_cdis_access_token",
        ),
        *("get_contents", "get_multipart_upload_url", "get_presigned_urls", "post_access_url"),
    },
    "gen3/indexd": {"get_bulk_drs_objects", "get_records", "post_drs_object"},
    "gen3/peregrine": {"query"},
    "gen3/sheepdog": {"export_by_body", "validate_upload_manifest"},
    "htsget": {"post_reads", "post_variants"},
    "pangea": {"login"},
    "sb": {"bulk_get_exports", "bulk_get_files", "bulk_get_imports", "bulk_get_tasks", "search_files"},
    "upload": {"file_upload_notification", "get_credentials"},
}
"""The POSTs that may be sent again, because they only read or have the same effect twice."""


@pytest.fixture(params=SERVICES)
def spec(read_spec: Callable[[str], Any], request: pytest.FixtureRequest) -> Any:
    return read_spec(request.param)


@pytest.mark.parametrize(
    ("service", "version", "published", "named"),
    [
        ("azul", "3.0.1", 21, 21),
        ("crunch", "3.0.3", 76, 76),
        ("drs", "3.0.3", 9, 9),
        ("dss", "2.0", 22, 22),
        ("gen3/arborist", "3.0.1", 51, 51),
        ("gen3/fence", "3.0.0", 63, 63),
        ("gen3/indexd", "2.0", 41, 45),
        ("gen3/manifest", "2.0", 12, 12),
        ("gen3/metadata", "3.1.0", 29, 30),
        ("gen3/peregrine", "3.0.0", 7, 7),
        ("gen3/sheepdog", "2.0", 70, 72),
        ("gen3/wts", "2.0", 8, 8),
        ("pangea", "3.0.3", 192, 192),
        ("sb", "3.0.3", 164, 165),
        ("upload", "2.0", 19, 19),
    ],
)
def test_every_operation_is_published_and_named(
    read_spec: Callable[[str], Any], service: str, version: str, published: int, named: int
) -> None:
    spec = read_spec(service)
    assert spec.published.get("openapi", spec.published.get("swagger")) == version
    assert sum(method in METHODS for item in spec.published["paths"].values() for method in item) == published
    assert len(spec.names()) == named


def test_nothing_of_ours_is_published_and_references_point_to_something(spec: Any) -> None:
    assert spec.ours() == []
    assert spec.dangling() == []


def test_every_place_has_a_text_and_every_action_a_reason(spec: Any) -> None:
    assert spec.undescribed() == []
    assert spec.unexplained() == []
    assert [op["summary"] for _, _, op in spec.operations() if not re.fullmatch(r"[A-Z].{,98}\.", op["summary"])] == []


@pytest.mark.parametrize("service", SERVICES)
def test_only_these_posts_may_be_sent_again(read_spec: Callable[[str], Any], service: str) -> None:
    assert set(read_spec(service).wishes("x-omics-idempotent")) == REPEATABLE.get(service, set())


@pytest.mark.parametrize("service", ["drs", "dss", "fusillade", "htsget", "refget", "trs", "upload"])
def test_every_operation_has_a_description(read_spec: Callable[[str], Any], service: str) -> None:
    assert [path for path, _, op in read_spec(service).operations() if len(op["description"]) < 80] == []
