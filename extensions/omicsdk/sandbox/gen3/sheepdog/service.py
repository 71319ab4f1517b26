"""Sheepdog as a service of the sandbox: which function answers which operation."""

import sys
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.records.store import Store
from omicsdk.sandbox.gen3.service import TrailingSlashes, gen3_service
from omicsdk.sandbox.gen3.sheepdog import dictionary_pages, entities, export, manifests, programs, states, submitting
from omicsdk.sandbox.gen3.sheepdog.frame import Frame
from omicsdk.sandbox.gen3.sheepdog.gate import error_body
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

VERSION = "5.2.4"
"""The release that the sandbox answers like."""
_STATED = ("/v0/submission/",)
_MODULES = (programs, submitting, states, entities, export, dictionary_pages, manifests)
_SAME = {**programs.SAME, **submitting.SAME, **states.SAME, **dictionary_pages.SAME, **manifests.SAME}

_STORAGE = "files of the commons are uploaded through Fence; this service has no storage of its own"
_XML = "it needs tables of how XML becomes records, which a dictionary of one's own doesn't have"
ABSENT = {
    **dict.fromkeys(
        (
            "upload_file",
            "try_upload_file",
            "change_file_upload",
            "try_change_file_upload",
            "delete_file",
            "try_delete_file",
            "reassign_file",
        ),
        _STORAGE,
    ),
    **dict.fromkeys(
        (
            "submit_biospecimen_xml",
            "try_submit_biospecimen_xml",
            "submit_clinical_xml",
            "try_submit_clinical_xml",
        ),
        _XML,
    ),
    "mark_records": "nothing reads the marks that it leaves",
}
"""Operations that the sandbox doesn't play, and why."""


def get_status(commons: Commons, call: Call) -> Reply:
    """GET /_status."""
    del commons, call
    return Reply(text="Healthy", headers={"Content-Type": "text/html; charset=utf-8"})


def get_version(commons: Commons, call: Call) -> Reply:
    """GET /_version."""
    del commons, call
    return Reply({"commit": "", "dictionary": {"commit": "Unknown", "version": "Unknown"}, "version": VERSION})


def sheepdog_service(access: Access, records: Store, index: Index, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: People and their tokens.
        records: The records.
        index: The index records of files.
        document: Its OpenAPI 3.1 document.
    """
    commons = Commons(access, records, index)
    handlers = handlers_in(document, commons, sys.modules[__name__], *_MODULES)
    handlers |= {name: handlers[same] for name, same in _SAME.items()}
    return gen3_service(
        "sheepdog",
        document,
        handlers,
        error_body=error_body,
        around=lambda app: Frame(TrailingSlashes(app, _STATED)),
        absent=ABSENT,
    )
