"""All records of a long list, whatever their GUIDs are and however the index sorts them."""

import threading
import uuid
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NO_RETRY, DecodeError, ManualClock, ServerError
from omicsdk.core.errors import Conflict, ConnectFailed, ConnectionLost, Forbidden, NotFound, OmicsError
from omicsdk.gen3 import Gen3
from omicsdk.gen3.index_records import (
    ATTEMPTS,
    MOST,
    IndexRecords,
    created_once,
    cuts,
    differences,
    first_record,
    matching_records,
    records_by_url,
    urls_of,
    valid_guids,
    whole_list,
)
from omicsdk_api.gen3.indexd.models.output_info import OutputInfo
from scripted_services import Responses, Services


class Listing:
    """An index of some GUIDs, sorted by a key."""

    def __init__(self, dids: list[str], size: int, key: Callable[[str], Any] = str) -> None:
        self.key = key
        self.dids = sorted(dids, key=key)
        self.keys = [key(did) for did in self.dids]
        self.size = size
        self.starts: list[str] = []
        self.threads: set[int] = set()

    def page(self, start: str) -> list[dict[str, Any]]:
        self.starts.append(start)
        self.threads.add(threading.get_ident())
        place = bisect_right(self.keys, self.key(start))
        return [{"did": did} for did in self.dids[place : place + self.size]]

    def all(self) -> list[str]:
        return [record["did"] for record in whole_list(self.page, self.page(""), self.size)]


def guids(count: int, prefix: str = "dg.TEST/") -> list[str]:
    return [f"{prefix}{uuid.uuid5(uuid.NAMESPACE_OID, str(number))}" for number in range(count)]


def test_a_long_list_is_read_in_stretches():
    listing = Listing(guids(3000), 50)
    assert listing.all() == listing.dids
    assert len(listing.threads) > 1
    assert len(listing.starts) < 3000 / 50 + 2 * MOST + 2


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 120])
def test_a_short_list_is_read_page_by_page(count: int):
    listing = Listing(guids(count), 50)
    assert listing.all() == listing.dids
    assert len(listing.threads) == 1
    assert len(listing.starts) == (-(-count // 50) + 1 if count else 1)


def without_hyphens(did: str) -> str:
    return did.replace("-", "").replace("/", "").replace(".", "")


@given(
    sizes=st.lists(
        st.tuples(st.sampled_from(["", "dg.A/", "dg.B/", "0", "f", "ark:/"]), st.integers(0, 150)), max_size=3
    ),
    others=st.lists(st.text(min_size=1), max_size=10),
    size=st.integers(1, 40),
    key=st.sampled_from([str, without_hyphens, str.lower, lambda did: did[::-1]]),
)
def test_nothing_is_lost_or_doubled(
    sizes: list[tuple[str, int]], others: list[str], size: int, key: Callable[[str], Any]
):
    dids = {key(did): did for prefix, count in sizes for did in guids(count, prefix)}
    dids |= {key(did): did for did in others if key(did) > key("")}
    listing = Listing(list(dids.values()), size, key)
    listed_dids = listing.all()
    assert sorted(listed_dids) == sorted(listing.dids)
    if key is str:
        assert listed_dids == listing.dids


def test_a_failure_of_one_stretch_is_raised():
    listing = Listing(guids(3000), 50)
    real = listing.page

    def failing(start: str) -> list[dict[str, Any]]:
        if len(listing.starts) > 20:
            raise ServerError("down", status=500)
        return real(start)

    first = real("")
    with pytest.raises(ServerError):
        whole_list(failing, first, 50)


@pytest.mark.parametrize("count", [50, 3000])
def test_a_list_whose_pages_repeat_is_not_taken_as_whole(count: int):
    first = Listing(guids(count), 50).page("")
    with pytest.raises(DecodeError, match="another one than the page before"):
        whole_list(lambda _: first, first, 50)


@pytest.mark.parametrize("last", ["", "abc", "dg/12345", "dg.TEST/ffffffff-ffff-4fff-8fff-ffffffffffff"])
def test_what_cannot_be_cut(last: str):
    assert cuts(last) == []


def test_cuts_are_even_and_behind_what_was_read():
    starts = cuts("dg.TEST/0d000000-0000-4000-8000-000000000000")
    assert starts == sorted(starts)
    assert all(start.startswith("dg.TEST/") and start > "dg.TEST/0d" for start in starts)
    assert len(cuts("00010000-0000-4000-8000-000000000000")) == MOST - 1


@pytest.mark.parametrize(
    ("changed", "add_urls", "changes"),
    [
        ({"urls": ["b", "a"], "size": 5, "file_name": "f", "version": ""}, False, {}),
        ({"urls": ["a"], "acl": []}, False, {"urls": ["a"]}),
        ({"urls": ["a"], "acl": []}, True, {}),
        ({"urls": ["c", "a"], "acl": ["x"]}, True, {"urls": ["a", "b", "c"], "acl": ["x"]}),
        ({"size": 6, "file_name": ""}, False, {"size": 6, "file_name": ""}),
    ],
)
def test_only_what_differs_is_changed(changed: dict[str, Any], add_urls: bool, changes: dict[str, Any]) -> None:
    record = OutputInfo.from_dict({"did": "d", "urls": ["a", "b"], "size": 5, "file_name": "f"})
    assert differences(record, changed, add_urls=add_urls) == changes


@pytest.mark.parametrize(
    ("error", "found_after", "requests"),
    [
        (ConnectFailed("refused"), 1, None),
        (Forbidden("no", status=403), 1, None),
        (ConnectionLost("lost"), 1, 1),  # it had arrived
        (ServerError("later", status=503), 3, 3),
        (ConnectionLost("lost"), ATTEMPTS + 1, None),
    ],
)
def test_a_creation_is_repeated_only_if_it_created_nothing(
    error: OmicsError, found_after: int, requests: int | None
) -> None:
    sent: list[int] = []

    def create() -> str:
        sent.append(1)
        raise error

    def created() -> str:
        return created_once(create, lambda: "guid" if len(sent) >= found_after else None, ManualClock())

    if requests is None:
        with pytest.raises(type(error)):
            created()
        assert len(sent) == (ATTEMPTS if isinstance(error, ConnectionLost) else 1)
    else:
        assert (created(), len(sent)) == ("guid", requests)


MD5, OTHER_MD5 = "0" * 32, "1" * 32
BASE: dict[str, Any] = {
    "did": "g1",
    "rev": "r1",
    "baseid": "b1",
    "size": 5,
    "hashes": {"md5": MD5},
    "urls": ["s3://b/k"],
}
FIELDS: dict[str, Any] = {"hashes": {"md5": MD5}, "size": 5, "urls": ["s3://b/k"]}


def index(responses: Responses) -> Gen3:
    services = Services(responses)
    return Gen3(
        "https://gen3.example.org", transport=services.transport, retry=NO_RETRY, clock=ManualClock(), environ={}
    )


@pytest.mark.parametrize(
    ("read", "operation"),
    [
        (lambda client: first_record(client.indexd, {"size": 5}), "list_records"),
        (lambda client: urls_of(client.indexd, ["g1"], {}), "get_urls"),
        (lambda client: records_by_url(client.indexd, "s3"), "query_urls"),
        (lambda client: valid_guids(client.indexd), "get_valid_guids"),
        (lambda client: list(IndexRecords(client).pages_after()), "list_records"),
        (lambda client: IndexRecords(client).find(["dg.1/a"]), "get_records"),
    ],
)
def test_a_response_without_what_is_read_is_reported_with_its_operation(read: Callable[[Gen3], object], operation: str):
    places = ("/index", "/urls", "/_query/urls/q", "/guid/mint", "/bulk/documents")
    with index({f"{method} {place}": [(200, {"x": 1})] for method in ("GET", "POST") for place in places}) as client:
        with pytest.raises(DecodeError) as caught:
            read(client)
        assert caught.value.operation == operation


@pytest.mark.parametrize(
    ("params", "criteria"), [({}, "no criteria"), ({"size": 5, "file_name": "a"}, "size=5, file_name=a")]
)
def test_criteria_that_no_record_meets_are_named(params: dict[str, Any], criteria: str) -> None:
    with index({"GET /index": [(200, {"records": []})]}) as client, pytest.raises(NotFound) as caught:
        first_record(client.indexd, params)
    assert caught.value.message == f"No record has {criteria}"
    assert (caught.value.status, caught.value.operation) == (404, "get_with_params")


@pytest.mark.parametrize(
    ("count", "limit", "is_whole"), [(99, None, True), (100, None, False), (4, 5, True), (5, 5, False), (6, 5, False)]
)
def test_urls_that_may_have_been_cut_are_taken_from_the_records(count: int, limit: int | None, is_whole: bool) -> None:
    listed = {"urls": [{"url": f"s3://{number}"} for number in range(count)], "limit": limit}
    record = {**BASE, "urls": ["s3://a", "s3://b"], "urls_metadata": {"s3://b": {"type": "x"}}}
    with index({"GET /urls": [(200, listed)], "POST /bulk/documents": [(200, [record])]}) as client:
        urls = urls_of(client.indexd, ["g1"], {})["urls"]
    every = [{"url": "s3://a", "metadata": {}}, {"url": "s3://b", "metadata": {"type": "x"}}]
    assert urls == (listed["urls"] if is_whole else every)


@pytest.mark.parametrize(
    ("params", "read"),
    [
        ({"urls_metadata": {"s3://": {"type": "cleversafe"}}}, "abc"),
        ({"negate_params": {"acl": ["a"]}}, "abc"),
        ({"size": 5}, "ab"),
    ],
)
def test_a_short_page_is_the_last_one_unless_records_are_counted_several_times(params: dict[str, Any], read: str):
    """Report 158 of indexd: it counted a record once for each metadata of its URLs, so that pages were half as long."""
    pages = [(200, {"records": [{"did": did} for did in dids]}) for dids in ("ab", "c", "")]
    with index({"GET /index": pages}) as client:
        assert [record["did"] for record in matching_records(client.indexd, params, page=4)] == list(read)


@pytest.mark.parametrize(
    ("count", "minted", "is_enough"), [(None, 1, True), (None, 0, False), (3, 3, True), (3, 2, False)]
)
def test_as_many_guids_are_minted_as_were_requested(count: int | None, minted: int, is_enough: bool) -> None:
    listed = [f"dg.1/{number}" for number in range(minted)]
    with index({"GET /guid/mint": [(200, {"guids": listed})]}) as client:
        if is_enough:
            assert valid_guids(client.indexd, count) == listed
        else:
            with pytest.raises(DecodeError, match=f"a list of {count or 1} GUIDs"):
                valid_guids(client.indexd, count)


@pytest.mark.parametrize(
    ("stored", "fields", "exists"),
    [
        ({}, {}, True),
        ({"urls": ["s3://b/k", "s3://other"]}, {}, True),  # which other clients added
        ({"urls": []}, {}, False),
        ({"urls": ["s3://other"]}, {}, False),
        ({}, {"urls": []}, False),
        ({"urls": []}, {"urls": []}, True),
        ({"size": 6}, {}, False),
        ({"hashes": {"md5": OTHER_MD5}}, {}, False),
        ({"hashes": None}, {}, False),
        ({"file_name": "a"}, {}, False),
        ({"file_name": "a"}, {"file_name": "a"}, True),
        ({"file_name": None}, {"file_name": ""}, True),
        ({"authz": ["/a"]}, {}, True),
        ({"authz": ["/a"]}, {"authz": ["/b"]}, False),
        ({"acl": ["x", "y"]}, {"acl": ["y", "x"]}, True),
    ],
)
def test_a_record_that_exists_is_equal_in_what_is_stated(
    stored: dict[str, Any], fields: dict[str, Any], exists: bool
) -> None:
    with index({"GET /index": [(200, {"records": [{**BASE, **stored}]})]}) as client:
        assert IndexRecords(client).existing({**FIELDS, **fields}) == ("g1" if exists else None)


@pytest.mark.parametrize(("after", "existing"), [("", "g1"), ("g0", "g1"), ("g1", None), ("g9", None)])
def test_a_new_version_exists_only_among_those_of_its_file(after: str, existing: str | None) -> None:
    versions = {
        "g0": {"0": {**BASE, "did": "g0"}, "1": BASE},
        "g1": {"0": BASE},
        "g9": {"0": {"did": "g9", "baseid": "b9"}},
    }
    responses = {f"GET /index/{guid}/versions": [(200, page)] for guid, page in versions.items()}
    with index({"GET /index": [(200, {"records": [BASE]})], **responses}) as client:
        assert IndexRecords(client).existing(FIELDS, after) == existing


def test_all_records_are_read_page_by_page() -> None:
    pages = [{"records": [{"did": did} for did in dids]} for dids in (["a", "b"], ["c"], [])]
    with index({"GET /index": [(200, page) for page in pages]}) as client:
        read = [[record.did for record in page] for page in IndexRecords(client).pages_after()]
    assert read == [["a", "b"], ["c"]]
    with index({"GET /index": [(200, pages[0])]}) as client, pytest.raises(DecodeError) as caught:
        list(IndexRecords(client).pages_after())  # the same page again, for ever
    assert caught.value.operation == "list_records"


@pytest.mark.parametrize(
    "field",
    [
        {"size": "5"},
        {"size": -1},
        {"urls": [1]},
        {"urls_metadata": []},
        {"hashes": {"md5": 1}},
        {"rev": 1},
        {"did": None},
    ],
)
def test_a_record_of_another_form_is_an_error(field: dict[str, Any]) -> None:
    with index({"GET /index": [(200, {"records": [{**BASE, **field}]})]}) as client, pytest.raises(DecodeError):
        first_record(client.indexd, {"size": 5})


@pytest.mark.parametrize(("conflicts", "result"), [(0, True), (ATTEMPTS - 1, True), (ATTEMPTS, None), (-1, False)])
def test_a_record_that_others_change_is_deleted_all_the_same(conflicts: int, result: bool | None) -> None:
    refusals: list[tuple[int, Any]] = [(409, {"error": "stale"})] * conflicts
    record: tuple[int, Any] = (404, {}) if conflicts < 0 else (200, BASE)
    with index({"GET /index/g1": [record], "DELETE /index/g1": [*refusals, (200, {"did": "g1"})]}) as client:
        if result is None:
            with pytest.raises(Conflict):
                IndexRecords(client).deleted("g1")
        else:
            assert IndexRecords(client).deleted("g1") == result
