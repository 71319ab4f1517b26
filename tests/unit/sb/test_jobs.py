"""Operations on many objects: bulk requests with a record for every item, and imports from volumes and exports to them."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from omicsdk.core import BearerToken, OmicsError, UsageError
from omicsdk.sb import SevenBridges
from omicsdk.sb.jobs import MOST, StorageJobs, bulk
from omicsdk.sb.storage import PlannedJob, exports_named, imports_listed, imports_named, start, volume_place


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


URL = "http://127.0.0.1:9/v2"


@pytest.mark.parametrize("text", ["me", "me/", "/v", "me/v/w", "../v", "me/."])
def test_what_is_no_id_of_a_volume_is_reported(text: str):
    with pytest.raises(UsageError, match=r"is not the id of a volume.*Write owner/volume"):
        volume_place(text)


def test_a_row_of_imports_goes_into_a_folder_or_to_a_name():
    targets = {"sb://me/p": "sb://me/p/b", "sb://me/p/in/": "sb://me/p/in/b", "sb://me/p/in": "sb://me/p/in"}
    planned = imports_listed(["location\tto", *(f"a/b/\t{to}" for to in targets)], "me/v")
    assert [(job.line, job.source, job.target) for job in planned] == [
        (line, "me/v/a/b/", target) for line, target in enumerate(targets.values(), 2)
    ]


def client(response: Any) -> SevenBridges:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=response))
    return SevenBridges(URL, credentials=BearerToken("t"), transport=transport)


@pytest.mark.parametrize("paths", [["x.txt"], ["x.txt", "y.txt"], ["sb://me/p/"]])
def test_imports_need_a_destination(paths: list[str]):
    with client({}) as platform, pytest.raises(UsageError, match="missing destination"):
        imports_named(platform, paths, "me/v")


def test_several_exports_need_no_name():
    with client({"id": "0" * 24, "name": "a", "type": "file", "project": "me/p"}) as platform:
        planned = exports_named(platform, ["0" * 24] * 2, "me/v", recursive=False)
        with pytest.raises(UsageError, match="only one file can have that name"):
            exports_named(platform, ["0" * 24] * 2, "me/v", "b", recursive=False)
    assert [job.target for job in planned] == ["me/v/a"] * 2


@pytest.mark.parametrize("error", [None, {"status": 404, "message": "no"}])
def test_an_export_that_was_not_started_has_the_reason(error: Any):
    record = {"items": [{"error": error} if error else {}]}
    item = {"file": "f", "volume": "me/v", "location": "a"}
    with client(record) as platform, pytest.raises(OmicsError, match="^no" if error else r"^it was not started$"):
        start(StorageJobs(platform, "exports"), [PlannedJob(0, "a", "me/v/a", item)])
