"""Bulk requests: a hundred items each, and a record for every item."""

from collections.abc import Sequence

import pytest
from omicsdk.core import OmicsError
from omicsdk.sb.jobs import MOST, bulk


def failed(error: OmicsError) -> str:
    return f"failed: {error}"


@pytest.mark.parametrize("in_order", [True, False])
def test_records_follow_the_order_of_the_items(in_order: bool):
    sizes: list[int] = []

    def send(chunk: Sequence[int]) -> list[str]:
        sizes.append(len(chunk))
        return [str(item) for item in chunk]

    items = list(range(3 * MOST + 1))
    assert bulk(items, send, failed, in_order=in_order) == [str(item) for item in items]
    assert sorted(sizes) == [1, MOST, MOST, MOST]
    assert not in_order or sizes == [MOST, MOST, MOST, 1]


def test_no_items_need_no_request():
    assert bulk([], lambda chunk: pytest.fail(f"a request for {chunk}"), failed) == []


@pytest.mark.parametrize("count", [0, 1, 3], ids=["none", "too few", "too many"])
def test_a_first_response_without_a_record_for_each_item_is_an_error(count: int):
    with pytest.raises(OmicsError, match=f"returned {count} of 2 items .*Check each item") as caught:
        bulk(["a", "b"], lambda _: ["record"] * count, failed)
    assert caught.value.remedy


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("difference", [-1, 1], ids=["too few", "too many"])
def test_items_of_a_later_response_of_another_length_have_its_error_and_the_others_their_records(
    difference: int, in_order: bool
):
    def send(chunk: Sequence[int]) -> list[str]:
        return ["done"] * (len(chunk) + difference * (chunk[0] == MOST))

    records = bulk(range(2 * MOST + 5), send, failed, in_order=in_order)
    assert records[:MOST] == ["done"] * MOST
    assert all(f"returned {MOST + difference} of {MOST}" in record for record in records[MOST : 2 * MOST])
    assert records[2 * MOST :] == ["done"] * 5


def test_a_first_request_that_fails_ends_all():
    def send(chunk: Sequence[int]) -> list[str]:
        raise OmicsError("refused", remedy="Log in.")

    with pytest.raises(OmicsError, match="refused"):
        bulk(range(2 * MOST), send, failed)
