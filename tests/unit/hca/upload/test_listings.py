"""Listings of an area's files: a response without its list, or with a shorter one, hides none of them."""

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from omicsdk.core import NO_RETRY, DecodeError
from omicsdk.hca.upload import HcaUpload
from upload_areas import UUID, uri_of

DESCRIBED = {"name": "a.txt", "size": 4, "upload_area_id": UUID}


class Storage:
    """A bucket with two files."""

    client = SimpleNamespace(close=lambda: None)

    def sizes(self) -> Any:
        return iter([("a.txt", 4), ("b.txt", 8)])


@pytest.mark.parametrize(
    "came", [{}, None, "x", 5, {"files": []}, [], [DESCRIBED], [DESCRIBED, None], [DESCRIBED, "b.txt"]]
)
def test_files_that_are_not_described_are_an_error(came: Any, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk.hca.upload.storage.area_storage", lambda *_, **__: Storage())
    network = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(came)))
    with HcaUpload("http://localhost:1", transport=network, retry=NO_RETRY) as client:
        assert [file.name for file in client.ls(uri_of(UUID, "dev"))] == ["a.txt", "b.txt"]
        assert [*client.ls(uri_of(UUID, "dev")).to_frame()] == ["name", "size"]
        with pytest.raises(DecodeError, match="files_info"):
            list(client.ls(uri_of(UUID, "dev"), detail=True))


GOOD = {"TOTAL_NUM_FILES": 3, "CHECKSUMMED": 2}


@pytest.mark.parametrize(
    ("checksums", "validations", "place"),
    [
        ({}, {}, "TOTAL_NUM_FILES"),
        (None, {}, "checksum_statuses"),
        ([], {}, "checksum_statuses"),
        ({**GOOD, "TOTAL_NUM_FILES": None}, {}, "TOTAL_NUM_FILES"),
        ({**GOOD, "CHECKSUMMED": "2"}, {}, "CHECKSUMMED"),
        (GOOD, None, "validation_statuses"),
        (GOOD, {"VALIDATED": -1}, "VALIDATED"),
    ],
)
def test_counts_that_are_not_stated_are_an_error_and_no_0(checksums: Any, validations: Any, place: str) -> None:
    def response(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=json.dumps(checksums if "checksum" in request.url.path else validations))

    with (
        HcaUpload("http://localhost:1", transport=httpx.MockTransport(response), retry=NO_RETRY) as client,
        pytest.raises(DecodeError, match=place),
    ):
        client.status(uri_of(UUID, "dev"))
