"""Fence's document: complete, named, described, and served where a commons has it."""

from typing import Any

import pytest

SERVICE = "gen3/fence"

PUBLISHED_CLIENT = {
    "get_presigned_url": "GET /data/download/{file_id}",
    "upload_file": "POST /data/upload",
    "upload_file_to_guid": "GET /data/upload/{file_id}",
    "delete_file_locations": "DELETE /data/{file_id}",
}
MOVED = {
    "init_multipart_upload": ("/multipart/init", "POST /data/multipart/init"),
    "get_multipart_upload_url": ("/multipart/upload", "POST /data/multipart/upload"),
    "complete_multipart_upload": ("/multipart/complete", "POST /data/multipart/complete"),
    "get_presigned_urls": ("/download/bulk", "POST /data/download/bulk"),
    "get_access_urls": ("/drs/v1/objects/access", "POST /ga4gh/drs/v1/objects/access"),
    "get_registration_form": ("/user/register", "GET /register"),
}


def body(spec: Any, name: str) -> dict[str, Any]:
    reference = spec.operation(name)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return spec.corrected["components"]["schemas"][reference.rpartition("/")[2]]


def test_operations_have_the_names_of_the_published_client(spec: Any) -> None:
    assert PUBLISHED_CLIENT.items() <= spec.names().items()


@pytest.mark.parametrize("name", MOVED)
def test_what_is_published_elsewhere_is_where_the_service_has_it(spec: Any, name: str) -> None:
    published, served = MOVED[name]
    assert published in spec.published["paths"]
    assert published not in spec.corrected["paths"]
    assert spec.names()[name] == served


def test_bulk_requests_have_bodies_instead_of_parameters(spec: Any) -> None:
    assert body(spec, "get_presigned_urls")["required"] == ["guids"]
    assert set(body(spec, "get_access_urls")["properties"]) == {"passports", "bulk_object_access_ids"}
    assert "parameters" not in spec.operation("get_presigned_urls")
    assert "parameters" not in spec.operation("get_access_urls")


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


def test_parts_are_spelled_as_storage_reads_them(spec: Any) -> None:
    part = spec.corrected["components"]["schemas"]["CompletedPart"]
    assert set(part["properties"]) == set(part["required"]) == {"PartNumber", "ETag"}


def test_slashes_of_identifiers_stay(spec: Any) -> None:
    parameters = spec.corrected["components"]["parameters"]
    assert {key for key, parameter in parameters.items() if parameter.get("x-omics-raw-path")} == set(parameters)
    for name in ("get_presigned_url", "upload_file_to_guid", "delete_file_locations"):
        assert {"$ref": "#/components/parameters/FileId"} in spec.operation(name)["parameters"]


def test_what_may_be_sent_again_and_what_needs_no_token(spec: Any) -> None:
    assert set(spec.wishes("x-omics-idempotent")) == {
        "check_token_denylisted",
        "get_cdis_access_token",
        "get_access_token",
        "get_contents",
        "post_access_url",
        "check_service_account",
        "get_multipart_upload_url",
        "get_presigned_urls",
        "get_access_urls",
    }
    secured = set(spec.wishes("security"))
    assert secured.isdisjoint({"get_access_token", "get_cdis_access_token", "get_jwks", "get_status"})
    assert {"get_presigned_url", "list_service_accounts", "unlink_google_account", "create_api_key"} <= secured
