"""Imports from volumes and exports to them, as names and tables plan them, and as the platform starts them."""

from typing import Any

import httpx
import pytest
from omicsdk.core import BearerToken, OmicsError, UsageError
from omicsdk.sb import SevenBridges
from omicsdk.sb.jobs import StorageJobs
from omicsdk.sb.storage import PlannedJob, exports_named, imports_listed, imports_named, start, volume_place

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
