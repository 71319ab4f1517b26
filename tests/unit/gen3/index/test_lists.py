"""Lists of the index and of a commons that do not exist: none is treated as an empty one."""

from typing import Any

import pytest
from omicsdk.core import DecodeError
from omicsdk.gen3.index_records import records_of
from omicsdk.gen3.records.projects import linked_names


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


def test_empty_lists_are_those_that_came():
    assert records_of({"records": []}) == linked_names({"links": []}) == []
