"""Many files at once: chunks, order, and failures of a part."""

from threading import Barrier
from typing import Any

import pytest
from omicsdk.compat.sevenbridges import Api, BulkRecord, SbgError, Unauthorized

EDIT = "POST /bulk/files/edit"
GET = "POST /bulk/files/get"


def echoed(request: Any) -> dict[str, Any]:
    """What the platform states of the files that it was given by their ids."""
    return {"items": [{"resource": {"id": id, "name": f"{id}.txt"}, "error": None} for id in request.body["file_ids"]]}


def edited(request: Any) -> dict[str, Any]:
    return {"items": [{"resource": item} for item in request.body["items"]]}


def test_any_number_is_requested_in_chunks_and_comes_in_order(api: Api, platform: Any) -> None:
    platform.on(GET, echoed)
    ids = [f"f{number}" for number in range(1234)]
    records = api.files.bulk_get([api.files(id=ids[0]), *ids[1:]])
    assert [record.resource.id for record in records] == ids
    assert all(record.valid and isinstance(record, BulkRecord) for record in records)
    assert sorted(len(request.body["file_ids"]) for request in platform.requests) == [34] + 12 * [100]


def test_chunks_are_under_way_together(api: Api, platform: Any) -> None:
    together = Barrier(3, timeout=20)  # the responses wait for one another

    def response(request: Any) -> dict[str, Any]:
        if request.body["file_ids"][0] != "f0":
            together.wait()
        return echoed(request)

    platform.on(GET, response)
    assert len(api.files.bulk_get([f"f{number}" for number in range(400)])) == 400


def test_nothing_is_requested_nothing(api: Api, platform: Any) -> None:
    assert api.files.bulk_get([]) == []
    assert api.files.bulk_delete([]) == []
    for call in (api.files.bulk_edit, api.files.bulk_update):
        with pytest.raises(SbgError, match="No files"):
            call([])
    assert platform.requests == []


def test_what_is_wrong_with_one_is_in_its_record(api: Api, platform: Any) -> None:
    error = {"status": 404, "code": 5002, "message": "File not found.", "more_info": "https://d"}
    platform.on(GET, {"items": [{"resource": platform.file()}, {"error": error, "resource": None}]})
    good, bad = api.files.bulk_get(["f1", "f2"])
    assert good.valid
    assert good.error is None
    assert (bad.valid, bad.resource) == (False, None)
    assert (bad.error.status, bad.error.code, str(bad.error)) == (404, 5002, "File not found.")


def test_a_record_keeps_the_edits_of_its_file(api: Api, platform: Any) -> None:
    platform.on(GET, {"items": [{"resource": platform.file()}]})
    platform.on("PATCH /files/f1", platform.file(name="new"))
    [record] = api.files.bulk_get(["f1"])
    record.resource.name = "new"
    record.resource.save()
    assert platform.last.body == {"name": "new"}


def test_a_refusal_of_the_first_chunk_is_raised(api: Api, platform: Any) -> None:
    platform.on(GET, platform.refusal(401, 90001, "Unauthorized"))
    with pytest.raises(Unauthorized):
        api.files.bulk_get([f"f{number}" for number in range(300)])
    assert len(platform.requests) == 1


def test_a_later_chunk_that_fails_leaves_the_others_known(api: Api, platform: Any) -> None:
    def response(request: Any) -> Any:
        return platform.refusal(500, 5000, "broken") if request.body["file_ids"][0] == "f100" else echoed(request)

    platform.on("POST /bulk/files/delete", response)
    records = api.files.bulk_delete([f"f{number}" for number in range(250)])
    assert [record.valid for record in records] == 100 * [True] + 100 * [False] + 50 * [True]
    assert (records[100].error.status, records[100].error.code, records[100].error.message) == (500, 5000, "broken")


def test_an_edit_sends_what_was_edited(api: Api, platform: Any) -> None:
    platform.on(EDIT, edited)
    changed, replaced, untouched = (api.files(**platform.file(id)) for id in ("f1", "f2", "f3"))
    changed.metadata["sample_id"] = "s2"
    del changed.metadata["library"]
    replaced.metadata = {"only": "this"}
    replaced.name = "n"
    records = api.files.bulk_edit([changed, replaced, untouched, {"id": "f4", "metadata": {"lane": 4}}])
    assert platform.last.body["items"] == [
        {"id": "f1", "metadata": {"sample_id": "s2", "library": None}},
        {"id": "f2", "name": "n", "metadata": {"only": "this"}},
        {"id": "f3", "name": "f3.fastq", "tags": ["a"], "metadata": {"sample_id": "s1", "library": "l1"}},
        {"id": "f4", "metadata": {"lane": 4}},
    ]
    assert [record.resource.id for record in records] == ["f1", "f2", "f3", "f4"]


def test_an_update_sends_all_fields_because_missing_ones_are_erased(api: Api, platform: Any) -> None:
    platform.on("POST /bulk/files/update", edited)
    platform.on("GET /files/f2", platform.file("f2"))
    loaded, unloaded = api.files(**platform.file("f1")), api.files(id="f2")
    loaded.metadata["lane"] = 1
    api.files.bulk_update([loaded, unloaded])
    assert platform.last.body["items"] == [
        {
            "id": "f1",
            "name": "f1.fastq",
            "tags": ["a"],
            "metadata": {"sample_id": "s1", "library": "l1", "lane": 1},
        },
        {"id": "f2", "name": "f2.fastq", "tags": ["a"], "metadata": {"sample_id": "s1", "library": "l1"}},
    ]


def test_a_file_that_is_edited_twice_is_edited_in_order(api: Api, platform: Any) -> None:
    platform.on(EDIT, edited)
    edits = [{"id": f"f{number % 300}", "metadata": {"round": number // 300}} for number in range(600)]
    api.files.bulk_edit(edits)
    assert [item for request in platform.requests for item in request.body["items"]] == edits


@pytest.mark.parametrize("file", [{"metadata": {"a": "b"}}, {}, "f1"])
def test_a_change_needs_an_id_and_something_to_change(api: Api, platform: Any, file: Any) -> None:
    with pytest.raises(SbgError) as refused:
        api.files.bulk_edit([file])
    assert refused.value.remedy
    assert platform.requests == []


@pytest.mark.parametrize("call", ["bulk_edit", "bulk_update"])
def test_one_of_250_that_is_refused_leaves_the_outcome_of_each_known(api: Api, platform: Any, call: str) -> None:
    refused = {"status": 403, "code": 5001, "message": "Not yours.", "more_info": ""}

    def response(request: Any) -> dict[str, Any]:
        items = request.body["items"]
        return {"items": [{"error": refused} if item["id"] == "f137" else {"resource": item} for item in items]}

    platform.on(f"POST /bulk/files/{call.removeprefix('bulk_')}", response)
    files = [api.files(**platform.file(f"f{number}")) for number in range(250)]
    for number, file in enumerate(files):
        file.metadata["lane"] = number
    records = getattr(api.files, call)(files)
    assert [record.valid for record in records] == [number != 137 for number in range(250)]
    assert (records[137].error.status, str(records[137].error)) == (403, "Not yours.")
    assert records[137].resource is None
    edited_files = [record.resource for record in records if record.valid]
    assert [(file.id, file.metadata["lane"]) for file in edited_files] == [(f"f{n}", n) for n in range(250) if n != 137]
    assert sorted(len(request.body["items"]) for request in platform.requests) == [50, 100, 100]


def test_a_response_about_fewer_than_were_requested_is_no_response(api: Api, platform: Any) -> None:
    platform.on(GET, {"items": [{"resource": platform.file()}]})
    with pytest.raises(SbgError, match="returned 1 of 2") as caught:
        api.files.bulk_get(["f1", "f2"])
    assert caught.value.remedy


def test_a_later_response_about_fewer_is_in_its_records(api: Api, platform: Any) -> None:
    def response(request: Any) -> dict[str, Any]:
        items = edited(request)["items"]
        return {"items": items[:-1] if items[0]["resource"]["id"] == "f100" else items}

    platform.on(EDIT, response)
    records = api.files.bulk_edit([{"id": f"f{number}", "tags": []} for number in range(250)])
    assert [record.valid for record in records] == 100 * [True] + 100 * [False] + 50 * [True]
    assert "returned 99 of 100" in str(records[100].error)


def test_one_alone_is_one(api: Api, platform: Any) -> None:
    for line in (GET, "POST /bulk/files/delete"):
        platform.on(line, echoed)
    platform.on(EDIT, edited)
    for one in ("f1f1", api.files(id="f1f1")):
        assert [record.resource.id for record in api.files.bulk_get(one)] == ["f1f1"]
        assert len(api.files.bulk_delete(one)) == 1
        assert platform.last.body == {"file_ids": ["f1f1"]}
    for item in ({"id": "f1f1", "tags": []}, api.files(id="f1f1", tags=[])):
        assert len(api.files.bulk_edit(item)) == 1
        assert platform.last.body == {"items": [{"id": "f1f1", "tags": []}]}
    platform.on("POST /action/files/copy", {"f1f1": {"status": "OK"}})
    api.actions.bulk_copy_files("f1f1", "me/proj")
    assert platform.last.body["file_ids"] == ["f1f1"]
