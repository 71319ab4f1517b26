"""All records of a long list, whatever their GUIDs are and however the index sorts them."""

import threading
import uuid
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DecodeError, ManualClock, ServerError
from omicsdk.core.errors import ConnectFailed, ConnectionLost, Forbidden, OmicsError
from omicsdk.gen3.index_records import ATTEMPTS, MOST, created_once, cuts, differences, whole_list
from omicsdk_api.gen3.indexd.models.output_info import OutputInfo


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
