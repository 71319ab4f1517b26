"""Responses compared with requests, and listings with themselves."""

import tracemalloc

import pytest
from omicsdk.core.consistency import (
    Identifier,
    InconsistentListing,
    ListingCheck,
    ResponseMismatch,
    read_again_if_inconsistent,
)

NAME = Identifier("name")
SLUG = Identifier("slug", str.casefold)


def test_a_mismatch_names_both_and_the_operation():
    with pytest.raises(ResponseMismatch) as caught:
        NAME.check("f3.txt", "f0.txt", "list_files of sb://me/p")
    assert str(caught.value).startswith(
        "list_files of sb://me/p: requested the name 'f3.txt' but the service returned 'f0.txt'. Nothing was changed"
    )


@pytest.mark.parametrize("returned", ["F3.txt", None, 3, "", ["f3.txt"]])
def test_what_is_not_the_requested_identifier_is_a_mismatch(returned: object):
    with pytest.raises(ResponseMismatch):
        NAME.check("f3.txt", returned, "get")


def test_equality_is_that_of_the_kind():
    SLUG.check("My-Data", "my-data", "get")
    NAME.check("My-Data", "My-Data", "get")


def check(keys: list[str], totals: list[int | None], *, exact: bool = True) -> None:
    listing = ListingCheck("list of p/")
    for key in keys:
        listing.entry(key)
    for total in totals:
        listing.total(total)
    listing.finish(exact=exact)


def test_consistent_listings_pass():
    check([], [])
    check([], [0])
    check(["a", "b"], [2, 2])
    check(["a", "b"], [None])
    check(["a", "b", "c"], [2], exact=False)


@pytest.mark.parametrize(
    ("keys", "totals", "exact", "problem"),
    [
        (["a", "a"], [], True, "the entry 'a' is listed more than once"),
        (["a"], [2], True, "the stated total is 2, but 1 entries are listed"),
        (["a"], [2], False, "the stated total is 2, but 1 entries are listed"),
        (["a", "b", "c"], [2], True, "the stated total is 2, but 3 entries are listed"),
        (["a", "b"], [3, 2], True, "the stated total changed from 3 to 2"),
        ([], [1], True, "the stated total is 1, but 0 entries are listed"),
    ],
)
def test_contradictions_are_reported_at_the_end(keys: list[str], totals: list[int | None], exact: bool, problem: str):
    with pytest.raises(InconsistentListing, match=problem):
        check(keys, totals, exact=exact)


@pytest.mark.parametrize("repeated", [0, 5000, 20_000, 29_999])
def test_a_repeated_entry_of_an_ascending_listing_is_found(repeated: int):
    listing = ListingCheck("list of b/", ascends=True)
    assert all(listing.entry(f"{number:06}") for number in range(30_000))
    is_new = listing.entry(f"{repeated:06}")
    assert (is_new, listing.count) == (repeated != 29_999, 30_000)
    assert listing.entry("1")
    with pytest.raises(InconsistentListing, match=f"the entry '{repeated:06}' is listed more than once"):
        listing.finish()


def test_an_ascending_listing_is_not_remembered():
    tracemalloc.start()
    try:
        listing = ListingCheck("list of b/", ascends=True)
        for number in range(50_000):
            listing.entry(f"{number:06}")
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    listing.finish()
    assert kept < 2_000_000  # hashes of all take 4 MB


@pytest.mark.parametrize("keys", [["b", "a", "c"], ["b", "c", "a"], ["", "b", "a"]])
def test_a_listing_that_does_not_ascend_is_remembered(keys: list[str]):
    listing = ListingCheck("list of b/", ascends=True)
    assert [listing.entry(key) for key in [*keys, *keys, "d"]] == [True] * 3 + [False] * 3 + [True]
    assert listing.count == 4


def test_an_inconsistent_listing_is_read_once_more():
    reads = 0

    def read():
        nonlocal reads
        reads += 1
        check(["a", "a"] if reads == 1 else ["a"], [])
        yield "a"

    assert read_again_if_inconsistent(read) == ["a"]
    assert reads == 2


def test_a_listing_that_stays_inconsistent_is_an_error():
    reads = 0

    def read():
        nonlocal reads
        reads += 1
        yield "a"
        check(["a"], [2])

    with pytest.raises(InconsistentListing):
        read_again_if_inconsistent(read)
    assert reads == 2
