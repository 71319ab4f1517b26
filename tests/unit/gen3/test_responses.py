"""A commons behind a gateway that returns other records: nothing is changed or deleted by them."""

from typing import Any

import httpx
import pytest
from omicsdk.core import ResponseMismatch
from omicsdk.gen3 import Gen3
from omicsdk.gen3.index_records import IndexRecords
from omicsdk.gen3.records.deletions import batches_of_node
from omicsdk.gen3.records.projects import project_of

UUID, OTHER, BASE = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")


class Commons:
    """An index with one record, whatever is requested."""

    def __init__(self, did: str, stored: str = "") -> None:
        self.record = {
            "did": did,
            "baseid": BASE,
            "rev": "r1",
            "urls": ["s3://b/a", "s3://b/c"],
            "hashes": {},
            "size": 1,
        }
        self.stored = {**self.record, "did": stored or did, "urls_metadata": {"s3://b/a": {"x": "1"}}}
        self.changed: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.changed.append(f"{request.method} {request.url.path}")
        is_stored = request.url.path.startswith("/index/") and not request.url.path.startswith("/index/index/")
        return httpx.Response(200, json=self.stored if is_stored else self.record)

    def client(self) -> Gen3:
        return Gen3("https://commons.example.org", credentials="t", transport=httpx.MockTransport(self))


CHANGES = [
    pytest.param(lambda commons: commons.delete_record(UUID), id="delete_record"),
    pytest.param(lambda commons: commons.update_record(UUID, file_name="x"), id="update_record"),
    pytest.param(lambda commons: IndexRecords(commons).deleted(UUID), id="a row of a manifest is deleted"),
    pytest.param(lambda commons: IndexRecords(commons).changed(UUID, {"file_name": "x"}), id="a row is changed"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_another_record_is_neither_changed_nor_deleted(change: Any):
    commons = Commons(f"dg.TEST/{OTHER}")
    with commons.client() as client, pytest.raises(ResponseMismatch, match=f"requested the GUID '{UUID}' but"):
        change(client)
    assert commons.changed == []


@pytest.mark.parametrize(
    "requested", [UUID, f"dg.TEST/{UUID}", BASE], ids=["without its prefix", "whole", "by its baseid"]
)
def test_a_record_is_deleted_under_any_of_its_identifiers(requested: str):
    commons = Commons(f"dg.TEST/{UUID}")
    with commons.client() as client:
        client.delete_record(requested)
    assert commons.changed == [f"DELETE /index/index/dg.TEST/{UUID}"]


def test_an_update_takes_nothing_from_another_stored_record():
    commons = Commons(UUID, stored=OTHER)
    with commons.client() as client, pytest.raises(ResponseMismatch):
        client.update_record(UUID, urls=["s3://b/a"])
    assert commons.changed == []


def test_ids_of_another_project_are_not_taken_for_deletion():
    records = [{"id": UUID, "project_id": "p-one"}, {"id": OTHER, "project_id": "p-two"}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"case": records}}))
    with (
        Gen3("https://commons.example.org", credentials="t", transport=transport) as commons,
        pytest.raises(ResponseMismatch, match="requested the project 'p-one' but the service returned 'p-two'"),
    ):
        next(batches_of_node(commons, project_of("p-one"), "case"))
