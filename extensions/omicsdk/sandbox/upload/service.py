"""The Upload service as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.service import Service, by_name
from omicsdk.sandbox.upload.areas import area_exists, create_area, delete_area, get_credentials
from omicsdk.sandbox.upload.checksums import checksum_status, checksum_statuses, update_checksum
from omicsdk.sandbox.upload.files import file_info, file_upload_notification, files_info, store_file
from omicsdk.sandbox.upload.health import get_health, get_v1_health, get_version
from omicsdk.sandbox.upload.state import Upload, error_body
from omicsdk.sandbox.upload.validations import (
    update_validation,
    validate_file,
    validate_files,
    validation_status,
    validation_statuses,
)

HANDLERS = (
    get_version,
    area_exists,
    create_area,
    delete_area,
    get_credentials,
    validation_statuses,
    checksum_statuses,
    file_upload_notification,
    store_file,
    file_info,
    checksum_status,
    validate_file,
    validation_status,
    validate_files,
    files_info,
    update_checksum,
    update_validation,
    get_health,
    get_v1_health,
)


def upload_service(upload: Upload, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        upload: The Upload service's state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    return Service(
        name="upload",
        prefix="/upload",
        document=document,
        document_path="/swagger.json",
        handlers=by_name(HANDLERS, upload),
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        authenticate=upload.authenticate,
        error_body=error_body,
    )
