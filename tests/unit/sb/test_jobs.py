"""Operations on many objects: bulk requests with a record for every item, and imports from volumes and exports to them."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from omicsdk.core import BearerToken, ManualClock, NotFound, OmicsError, UsageError
from omicsdk.core.errors import ConnectionLost, Forbidden
from omicsdk.sb import SevenBridges
from omicsdk.sb.jobs import MOST, StorageJobs, as_record_error, bulk, error_of, export_item, files_by_id, import_item
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


def test_of_exactly_two_requests_the_second_fails_alone():
    def send(chunk: Sequence[int]) -> list[str]:
        if chunk[0] == MOST:
            raise OmicsError("busy", remedy="")
        return ["done"] * len(chunk)

    assert bulk(range(MOST + 1), send, failed) == [*["done"] * MOST, "failed: busy"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Forbidden("no", status=403, code="5002"), 403, 5002),
        (Forbidden("no", status=403, code="denied"), 403, None),
        (ConnectionLost("no"), None, None),
    ],
)
def test_an_error_of_a_request_is_one_of_each_of_its_records(error: OmicsError, status: object, code: object):
    record = as_record_error(error)
    assert (record.status, record.code, record.message) == (status, code, "no")


@pytest.mark.parametrize(
    ("record", "cls", "text"),
    [
        ({"status": 404, "code": 5002, "message": "gone"}, NotFound, "gone (404 5002)"),
        ({"status": 403, "code": 7}, Forbidden, "error 7 without a message (403 7)"),
        ({"status": "none"}, OmicsError, "error without a message"),
    ],
)
def test_an_error_of_a_record_is_raised_as_that_of_a_request(record: Any, cls: type[OmicsError], text: str):
    with client({"items": [{"error": record}]}) as platform:
        (file,) = files_by_id(platform, ["f"])
    error = error_of(file.error)
    assert isinstance(error, cls)
    assert error.summary == text


def test_imports_and_exports_state_what_is_wanted_and_the_defaults_of_the_rest():
    place = {"volume": "me/v", "location": "a"}
    flags = {"overwrite": False, "autorename": False}
    assert import_item({**place, "project": "me/p", "name": ""}) == {
        "source": place,
        "destination": {"project": "me/p"},
        **flags,
        "preserve_folder_structure": True,
    }
    assert import_item({**place, "parent": "f", "autorename": True, "preserve_folder_structure": False}) == {
        "source": place,
        "destination": {"parent": "f"},
        "overwrite": False,
        "autorename": True,
        "preserve_folder_structure": False,
    }
    export = {"source": {"file": "f"}, "destination": place, "properties": {}, "overwrite": False}
    assert export_item({**place, "file": "f"}) == export
    properties = {"sse_algorithm": "AES256"}
    assert export_item({**place, "file": "f", "properties": properties}) == export | {"properties": properties}


def job(id: str, state: str = "RUNNING") -> dict[str, Any]:
    return {"resource": {"id": id, "state": state}}


def test_jobs_are_found_each_once_or_the_missing_one_is_named():
    with client({"items": [job("a"), job("b")]}) as platform:
        assert [import_.id for import_ in StorageJobs(platform, "imports").find(["a", "b", "a"])] == ["a", "b"]
    for record, message in (({}, "^b: not found"), ({"error": {"status": 403, "message": "no"}}, "^b: no")):
        with client({"items": [job("a"), record]}) as platform, pytest.raises(OmicsError, match=message) as caught:
            StorageJobs(platform, "exports").find(["a", "b"])
        assert caught.value.remedy == "Check the id: omics sb exports ls."


def test_a_wait_reports_the_first_look_and_each_end_once():
    looks = iter(
        [["RUNNING"] * 3, ["RUNNING", "COMPLETED", "RUNNING"], ["RUNNING", "RUNNING"], ["FAILED", "COMPLETED"]]
    )

    def respond(request: httpx.Request) -> httpx.Response:
        ids = json.loads(request.content)["import_ids"]
        return httpx.Response(200, json={"items": [job(id, state) for id, state in zip(ids, next(looks), strict=True)]})

    reports: list[tuple[int, int]] = []
    with SevenBridges(
        URL, credentials=BearerToken("t"), transport=httpx.MockTransport(respond), clock=ManualClock()
    ) as platform:
        jobs = StorageJobs(platform, "imports")
        ended = jobs.wait(jobs.find(["a", "b", "c"]), on_change=lambda *counts: reports.append(counts))
    assert [(import_.id, import_.state) for import_ in ended] == [
        ("a", "FAILED"),
        ("b", "COMPLETED"),
        ("c", "COMPLETED"),
    ]
    assert reports == [(1, 3), (3, 3)]


@pytest.mark.parametrize("result", [None, [], [{}]])
def test_a_finished_job_whose_failures_have_no_reasons_is_an_error(result: object):
    finished = {"href": "", "id": "j", "state": "FINISHED", "result": result, "failed_files": 2}
    with (
        client(finished) as platform,
        pytest.raises(OmicsError, match="could not delete 2 files, and states no reason"),
    ):
        platform.run_file_job("delete", [{"file": "f"}], timeout=1)
