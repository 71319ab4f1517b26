"""The Upload service as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.service import Service, handlers_in
from omicsdk.sandbox.upload import operations
from omicsdk.sandbox.upload.state import Upload, error_body


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
        handlers=handlers_in(document, upload, operations),
        authenticate=upload.authenticate,
        error_body=error_body,
    )
