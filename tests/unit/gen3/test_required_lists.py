"""Lists of a commons' services that a deletion, an export or a login rests on: one that does not exist is no empty one."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from gen3_commons import COMMONS, FakeCommons
from gen3_records import dictionary
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.core import ANONYMOUS, NO_RETRY, BearerToken, DecodeError, ManualClock
from omicsdk.gen3 import Gen3, Gen3AuthError
from omicsdk.gen3.index_records import IndexRecords, matching_records, records_of
from omicsdk.gen3.metadata_documents import documents_of
from omicsdk.gen3.queries import Query
from omicsdk.gen3.records.projects import linked_names
from scripted_services import Services, scripted

OTHER = "https://other.example.org"
NO_LISTS: list[Any] = [{}, None, "x", 5]
Act = Callable[[Gen3], object]


def _jobs(commons: Gen3) -> object:
    return commons.list_jobs()


def _export(commons: Gen3) -> object:
    return commons.export_records("demo-one", ["1"])


def _delete_records(commons: Gen3) -> object:
    return commons.delete_records("demo-one", ["1"], dictionary=dictionary())


def _delete_nodes(commons: Gen3) -> object:
    return commons.delete_nodes("demo-one", ["case"], dictionary=dictionary())


def _query(commons: Gen3) -> object:
    return list(commons.query_rows(Query("case").fields("id")))


RECORD = {"id": "1", "type": "case"}
ANSWERED: dict[str, Any] = {"_case_count": 1, "node": [RECORD], "case": [RECORD]}
"""What Peregrine answers of a project with one case."""


def _behind(path: str, came: Any, data: dict[str, Any]) -> httpx.MockTransport:
    """A commons with one case that answers one path otherwise."""

    def answered(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(path):
            return httpx.Response(200, text=json.dumps(came))
        if request.url.path.endswith("/graphql"):
            return httpx.Response(200, json={"data": {name: data[name] for name in data if name in _named(request)}})
        return httpx.Response(200, json={"entities": [RECORD], "success": True})

    return httpx.MockTransport(answered)


def _named(request: httpx.Request) -> list[str]:
    """The fields that a query requests."""
    return [name for name in ANSWERED if re.search(rf"\{{ {name}\b", request.content.decode())]


@pytest.mark.parametrize("came", NO_LISTS)
@pytest.mark.parametrize(
    ("act", "path", "field", "operation"),
    [
        (_jobs, "/job/list", None, "list_jobs"),
        (_export, "/export", None, "export"),
        (_delete_records, "/entities/1", "entities", "delete_records"),
        (_delete_nodes, "/entities/1", "entities", "delete_records"),
    ],
    ids=["jobs", "export", "deletion of records", "deletion of nodes"],
)
def test_a_service_s_list_is_required(act: Act, path: str, field: str | None, operation: str, came: Any) -> None:
    """Each response is refused as it came, and as an object whose list is of another type."""
    for response in (came, {field: came}) if field else (came,):
        with (
            Gen3(
                COMMONS, credentials=ANONYMOUS, transport=_behind(path, response, ANSWERED), retry=NO_RETRY
            ) as commons,
            pytest.raises(DecodeError, match=operation) as caught,
        ):
            act(commons)
        assert "is not treated as an empty list" in caught.value.remedy


@pytest.mark.parametrize("came", [*NO_LISTS, ...])
@pytest.mark.parametrize(
    ("act", "field"),
    [(_export, "node"), (_delete_records, "node"), (_delete_nodes, "case"), (_query, "case")],
    ids=["export", "deletion of records", "deletion of nodes", "query"],
)
def test_a_query_s_list_is_required(act: Act, field: str, came: Any) -> None:
    """Objects to delete are found by queries: an empty list would mean that nothing is left."""
    data = {name: came if name == field else value for name, value in ANSWERED.items()}
    data = {name: value for name, value in data.items() if value is not ...}
    with (
        Gen3(COMMONS, credentials=ANONYMOUS, transport=_behind("/nothing", None, data), retry=NO_RETRY) as commons,
        pytest.raises(DecodeError, match=f"data.{field}"),
    ):
        act(commons)


@pytest.mark.parametrize(
    ("came", "error"),
    [
        ({}, DecodeError),
        *(({"providers": body}, DecodeError) for body in NO_LISTS),
        *((body, Gen3AuthError) for body in NO_LISTS if body != {}),
    ],
)
def test_the_list_of_logins_is_required(
    came: Any, error: type[Exception], commons: FakeCommons, api_key: dict[str, str], clock: ManualClock
) -> None:
    commons.response = lambda _: httpx.Response(200, text=json.dumps(came))
    auth = Gen3Auth(endpoint=OTHER, refresh_token=api_key, transport=commons.transport, clock=clock, retry=NO_RETRY)
    with pytest.raises(error, match="'providers'" if error is DecodeError else "no JSON object was received"):
        auth.get_access_token()


@pytest.mark.parametrize("came", [{}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"_case_count": None}}])
def test_a_count_that_is_not_stated_is_an_error_and_no_0(came: Any) -> None:
    network = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(came)))
    with Gen3(COMMONS, credentials=ANONYMOUS, transport=network, retry=NO_RETRY) as commons:
        with pytest.raises(DecodeError, match="data"):
            commons.count_records("demo-one", ["case"], dictionary=dictionary())
        with pytest.raises(DecodeError, match="data"):
            commons.query_count(Query("case"))


# -- lists of the index and of a commons that do not exist: none is treated as an empty one


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


@pytest.mark.parametrize("body", [None, {}, [], "x", {"links": None}, {"links": "/v0/submission/p"}])
def test_a_list_of_projects_needs_its_links(body: Any):
    with pytest.raises(DecodeError, match="get_projects: the response's field 'links'"):
        linked_names(body)


@pytest.mark.parametrize(
    ("path", "page", "listing"),
    [
        ("/index/index", {"records": [{"did": "a"}]}, lambda commons: IndexRecords(commons).pages_after()),
        ("/index/index", {"records": [{"did": "a"}]}, lambda commons: matching_records(commons.indexd, {}, page=1)),
        ("/mds/metadata", {"a": {}}, lambda commons: documents_of(commons, "discovery_metadata")),
    ],
)
def test_a_list_whose_pages_do_not_advance_ends(path: str, page: Any, listing: Callable[[Gen3], Iterator[Any]]):
    services = Services({f"GET {path}": scripted(page)})
    with (
        Gen3(COMMONS, credentials=BearerToken("t"), transport=services.transport, retry=NO_RETRY) as commons,
        pytest.raises(DecodeError, match="another one than the page before"),
    ):
        list(listing(commons))


def test_empty_lists_are_those_that_came():
    assert records_of({"records": []}) == linked_names({"links": []}) == []
