"""Lists of the index and of a commons that do not exist: none is treated as an empty one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gen3_commons import COMMONS
from omicsdk.core import NO_RETRY, BearerToken, DecodeError
from omicsdk.gen3 import Gen3
from omicsdk.gen3.index_records import IndexRecords, matching_records, records_of
from omicsdk.gen3.metadata_documents import documents_of
from omicsdk.gen3.records.projects import linked_names
from told_services import Services, told


@pytest.mark.parametrize(
    "page",
    [
        *(None, {}, [], "x", 5, {"records": None}, {"records": {}}, {"records": [[]]}, {"records": [{"did": 5}]}),
        *({"records": [{"did": "x", name: True}]} for name in ("urls", "acl", "authz", "hashes")),
        {"records": [{"did": "x", "urls": [None]}]},
    ],
)
def test_a_page_of_records_needs_its_list(page: Any):
    with pytest.raises(DecodeError, match="list_records: the response's field 'records"):
        records_of(page)


@pytest.mark.parametrize("told", [None, {}, [], "x", {"links": None}, {"links": "/v0/submission/p"}])
def test_a_list_of_projects_needs_its_links(told: Any):
    with pytest.raises(DecodeError, match="get_projects: the response's field 'links'"):
        linked_names(told)


@pytest.mark.parametrize(
    ("path", "page", "listing"),
    [
        ("/index/index", {"records": [{"did": "a"}]}, lambda commons: IndexRecords(commons).pages_after()),
        ("/index/index", {"records": [{"did": "a"}]}, lambda commons: matching_records(commons.indexd, {}, page=1)),
        ("/mds/metadata", {"a": {}}, lambda commons: documents_of(commons, "discovery_metadata")),
    ],
)
def test_a_list_whose_pages_do_not_advance_ends(path: str, page: Any, listing: Callable[[Gen3], Iterator[Any]]):
    services = Services({f"GET {path}": told(page)})
    with (
        Gen3(COMMONS, credentials=BearerToken("t"), transport=services.transport, retry=NO_RETRY) as commons,
        pytest.raises(DecodeError, match="another one than the page before"),
    ):
        list(listing(commons))


def test_empty_lists_are_those_that_came():
    assert records_of({"records": []}) == linked_names({"links": []}) == []
