"""Fence's document: what uploads, identifiers and tokens need."""

from typing import Any

import pytest

SERVICE = "gen3/fence"


def body(spec: Any, name: str) -> dict[str, Any]:
    reference = spec.operation(name)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return spec.corrected["components"]["schemas"][reference.rpartition("/")[2]]


def test_a_bulk_download_names_files_without_a_url_as_the_service_does(spec: Any) -> None:
    properties = spec.corrected["components"]["schemas"]["BulkDownloadResponse"]["properties"]
    assert set(properties) == {"urls", "failed_guids"}


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("upload_file", ["file_name"]),
        ("init_multipart_upload", ["file_name"]),
        ("get_multipart_upload_url", ["key", "uploadId", "partNumber"]),
        ("complete_multipart_upload", ["key", "uploadId", "parts"]),
    ],
)
def test_uploads_request_what_the_service_requests(spec: Any, name: str, required: list[str]) -> None:
    assert body(spec, name)["required"] == required
    assert spec.operation(name)["requestBody"]["required"] is True


def test_slashes_of_identifiers_stay(spec: Any) -> None:
    parameters = spec.corrected["components"]["parameters"]
    assert {key for key, parameter in parameters.items() if parameter.get("x-omics-raw-path")} == set(parameters)
    for name in ("get_presigned_url", "upload_file_to_guid", "delete_file_locations"):
        assert {"$ref": "#/components/parameters/FileId"} in spec.operation(name)["parameters"]


def test_what_needs_no_token(spec: Any) -> None:
    secured = set(spec.wishes("security"))
    assert secured.isdisjoint({"get_access_token", "get_cdis_access_token", "get_jwks", "get_status"})
    assert {"get_presigned_url", "list_service_accounts", "unlink_google_account", "create_api_key"} <= secured
