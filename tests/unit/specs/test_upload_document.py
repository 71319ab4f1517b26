"""The Upload service's document: complete, named, described throughout, and correctable."""

from typing import Any

SERVICE = "upload"

NAMES = {
    ("/version", "get"): "get_version",
    ("/health", "get"): "get_health",
    ("/v1/health", "get"): "get_v1_health",
    ("/v1/area/{upload_area_uuid}", "head"): "area_exists",
    ("/v1/area/{upload_area_uuid}", "post"): "create_area",
    ("/v1/area/{upload_area_uuid}", "delete"): "delete_area",
    ("/v1/area/{upload_area_uuid}/credentials", "post"): "get_credentials",
    ("/v1/area/{upload_area_uuid}/validations", "get"): "validation_statuses",
    ("/v1/area/{upload_area_uuid}/checksums", "get"): "checksum_statuses",
    ("/v1/area/{upload_area_uuid}/{filename}", "post"): "file_upload_notification",
    ("/v1/area/{upload_area_uuid}/{filename}", "put"): "store_file",
    ("/v1/area/{upload_area_uuid}/{filename}", "get"): "file_info",
    ("/v1/area/{upload_area_uuid}/{filename}/checksum", "get"): "checksum_status",
    ("/v1/area/{upload_area_uuid}/{filename}/validate", "put"): "validate_file",
    ("/v1/area/{upload_area_uuid}/{filename}/validate", "get"): "validation_status",
    ("/v1/area/{upload_area_uuid}/validate", "put"): "validate_files",
    ("/v1/area/{upload_area_uuid}/files_info", "put"): "files_info",
    ("/v1/area/{upload_area_uuid}/update_checksum/{checksum_id}", "post"): "update_checksum",
    ("/v1/area/{upload_area_uuid}/update_validation/{validation_id}", "post"): "update_validation",
}


def test_it_has_every_operation_by_its_name(spec: Any) -> None:
    assert {(path, method): op["x-omics-name"] for path, method, op in spec.operations()} == NAMES


def test_every_operation_has_a_description(spec: Any) -> None:
    assert [op["x-omics-name"] for _, _, op in spec.operations() if len(op["description"]) < 80] == []


def test_the_key_is_a_credential_and_no_parameter(spec: Any) -> None:
    published = [op for item in spec.published["paths"].values() for op in item.values()]
    key = {"$ref": "#/parameters/ApiKey"}
    assert sum(key in op.get("parameters", []) for op in published) == 5
    assert [name for name, parameters in spec.wishes("parameters").items() if key in parameters] == []
    assert "ApiKey" not in spec.corrected["parameters"]
    assert set(spec.wishes("security")) == {
        "create_area",
        "delete_area",
        "store_file",
        "validate_file",
        "validate_files",
        "update_checksum",
        "update_validation",
    }


def test_names_of_files_keep_their_slashes(spec: Any) -> None:
    shared = spec.corrected["parameters"]
    assert [name for name, parameter in shared.items() if "x-omics-raw-path" in parameter] == ["FileName"]
    for path, _, operation in spec.operations():
        if "{filename}" in path:
            assert {"$ref": "#/parameters/FileName"} in operation["parameters"]


def test_bytes_are_data_unless_the_caller_states_what_they_are(spec: Any) -> None:
    assert spec.wishes("consumes")["store_file"] == ["application/octet-stream; dcp-type=data"]


def test_what_may_be_sent_again(spec: Any) -> None:
    assert set(spec.wishes("x-omics-idempotent")) == {"get_credentials", "file_upload_notification"}
