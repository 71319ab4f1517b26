"""Peregrine as a service of the sandbox: which function answers which operation."""

import sys
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.peregrine import core_metadata, datasets, queries
from omicsdk.sandbox.gen3.peregrine.state import Commons
from omicsdk.sandbox.gen3.records.store import Store
from omicsdk.sandbox.gen3.service import TrailingSlashes, gen3_service
from omicsdk.sandbox.gen3.sheepdog.gate import Frame, error_body
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

_MODULES = (queries, datasets, core_metadata)


def get_status(commons: Commons, call: Call) -> Reply:
    """GET /peregrine/_status."""
    del commons, call
    return Reply(text="Healthy", headers={"Content-Type": "text/html; charset=utf-8"})


def get_version(commons: Commons, call: Call) -> Reply:
    """GET /peregrine/_version."""
    del commons, call
    return Reply({"commit": "", "dictionary": {"commit": "", "version": ""}, "version": ""})


def peregrine_service(access: Access, records: Store, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: People and their tokens.
        records: The records.
        document: Its OpenAPI 3.1 document.
    """
    commons = Commons(access, records)
    handlers = handlers_in(document, commons, sys.modules[__name__], *_MODULES)
    return gen3_service(
        "peregrine", document, handlers, error_body=error_body, around=lambda app: Frame(TrailingSlashes(app))
    )
