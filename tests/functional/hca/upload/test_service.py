"""The deployment's service behind an area: where it is, what it is asked, what its refusals become."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.hca.upload import UploadArea, UploadService
from omicsdk.compat.hca.upload.exceptions import UploadApiException
from omicsdk.core import AuthError, BadRequest, Unauthorized
from omicsdk.hca.upload import AsyncHcaUpload, HcaUpload
from omicsdk.hca.upload.client import api_key, service_url
from upload_areas import OTHER, UUID, uri_of


def test_areas_are_made_and_deleted_with_the_deployments_key(service: Any, user_file: Path):
    upload = UploadService("sandbox", service.upload_key)
    assert upload.api_token == service.upload_key
    assert service.upload_key not in repr(upload)
    area = upload.create_area(UUID)
    assert str(area) == f"UploadArea {uri_of(UUID, 'sandbox')}"
    assert (area.uuid, area.deployment_stage) == (UUID, "sandbox")
    assert area.exists()
    assert area.delete() is True
    upload.close()
    for key in (None, "another"):
        with UploadService("sandbox", key) as nobodys, pytest.raises(UploadApiException) as raised:
            nobodys.create_area(OTHER)
        assert isinstance(raised.value, Unauthorized | AuthError)
        assert "OMICS_UPLOAD_TOKEN" in str(raised.value)
    assert UploadService.config().areas == []
    assert json.loads(user_file.read_text()).keys() == {"upload"}


def test_the_key_of_the_environment_is_used(service: Any, monkeypatch: Any):
    monkeypatch.setenv("OMICS_UPLOAD_TOKEN", service.upload_key)
    with HcaUpload() as client:
        assert client.create_area(upload_area_uuid=UUID).uri == uri_of(UUID, "sandbox")

    async def ask() -> str:
        async with AsyncHcaUpload(service_url("sandbox")) as client:
            return (await client.create_area(upload_area_uuid=OTHER)).uri

    assert asyncio.run(ask()) == uri_of(OTHER, "sandbox")


def test_small_files_are_stored_through_the_service(service: Any, stored: Any, area: Any):
    upload = UploadService("sandbox", service.upload_key)
    mine = upload.upload_area(area.uri)
    file = mine.store_file("sample x.json", '{"a": "ä"}', 'application/json; dcp-type="metadata/sample"')
    assert file["name"] == "sample x.json"
    there = stored("sample x.json")
    assert there["bytes"] == '{"a": "ä"}'.encode()
    assert there["ContentType"] == 'application/json; dcp-type="metadata/sample"'
    with pytest.raises(UploadApiException) as raised:
        mine.store_file("x.json", b"{}", "application/json")
    assert isinstance(raised.value, BadRequest)
    upload.close()


def test_statuses_move_on(service: Any, area: Any, tmp_path: Path):
    (tmp_path / "a b.txt").write_text("text")
    area.upload_files([tmp_path / "a b.txt"])
    assert area.checksum_statuses()["TOTAL_NUM_FILES"] == 1
    assert area.upload_service.client.file_status("a b.txt", area.uri) == "CHECKSUMMING_SCHEDULED"
    service.finish()
    assert area.checksum_status("a b.txt")["checksums"]["crc32c"]
    assert area.upload_service.client.file_status("a b.txt", area.uri) == "VALIDATION_UNSCHEDULED"
    upload = UploadService("sandbox", service.upload_key)
    validation = upload.upload_area(area.uri).validate_files(["a b.txt"], "quay.io/x/y:1", environment={"A": "b"})
    assert validation["validation_id"]
    assert area.upload_service.client.file_status("a b.txt", area.uri) == "VALIDATION_SCHEDULED"
    service.finish()
    assert area.validation_status("a b.txt")["validation_status"] == "VALIDATED"
    assert area.upload_service.client.file_status("a b.txt", area.uri) == "VALIDATED"
    assert area.validation_statuses()["VALIDATED"] == 1
    assert "VALIDATION_UNSCHEDULED files: 0" in str(area.upload_service.client.status(area.uri))
    assert area.upload_service.client.file_status("missing", area.uri).startswith("CHECKSUM_STATUS_RETRIEVAL_ERROR: ")
    upload.close()


def test_a_file_that_is_uploaded_takes_no_key(service: Any, home: Path, tmp_path: Path):
    """What the service and the bucket are asked while a file is uploaded has no key in it."""
    (tmp_path / "a.txt").write_text("text")
    with HcaUpload(credentials=api_key("another-deployments-key")) as client:
        area = UploadArea(service.area(), UploadService(client=client))
        area.upload_files([tmp_path / "a.txt"])
        assert [entry["name"] for entry in area.list(detail=True)] == ["a.txt"]
