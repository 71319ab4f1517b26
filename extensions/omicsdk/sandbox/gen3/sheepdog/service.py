"""Sheepdog as a service of the sandbox."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.service import HEALTHY, gen3_service
from omicsdk.sandbox.gen3.sheepdog import export, submissions
from omicsdk.sandbox.gen3.sheepdog.permissions import SheepdogMiddleware, error_body
from omicsdk.sandbox.service import Reply, Service, handlers_in

VERSION = "5.2.4"
"""The release that the sandbox answers like."""
_STATED = ("/v0/submission/",)
_STORAGE = "files of the commons are uploaded through Fence; this service has no storage"
_XML = "it needs tables of how XML becomes records, which a custom dictionary does not have"
_BULK = "the service itself fails on several documents at once"
_ABSENT = {
    **dict.fromkeys(("submit_bulk", "create_bulk", "try_submit_bulk", "try_create_bulk"), _BULK),
    "upload_file": _STORAGE,
    "try_upload_file": _STORAGE,
    "change_file_upload": _STORAGE,
    "try_change_file_upload": _STORAGE,
    "delete_file": _STORAGE,
    "try_delete_file": _STORAGE,
    "reassign_file": _STORAGE,
    "submit_biospecimen_xml": _XML,
    "try_submit_biospecimen_xml": _XML,
    "submit_clinical_xml": _XML,
    "try_submit_clinical_xml": _XML,
}
"""Operations that the sandbox does not play, and why."""


def sheepdog_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Its OpenAPI 3.1 document.
    """
    unknown = {"commit": "Unknown", "version": "Unknown"}
    return gen3_service(
        "sheepdog",
        document,
        handlers_in(document, gen3, submissions, export),
        same={**submissions.SAME, **export.SAME},
        responses={
            "get_status": HEALTHY,
            "get_version": Reply({"commit": "", "dictionary": unknown, "version": VERSION}),
        },
        absent=_ABSENT,
        crashes=dict.fromkeys((each for each, why in _ABSENT.items() if why in (_STORAGE, _XML, _BULK)), (501,)),
        error_body=error_body,
        around=lambda app: SheepdogMiddleware(app, _STATED),
    )
