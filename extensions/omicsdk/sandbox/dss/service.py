"""The Data Store as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.dss import bundles, collections, files, search, subscriptions
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.dss.store import is_version
from omicsdk.sandbox.service import Service, handlers_in, is_reading

_MODULES = (bundles, collections, files, search, subscriptions)


def dss_service(dss: Dss, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        dss: The Data Store.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    return Service(
        name="dss",
        prefix="/dss/v1",
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, dss, *_MODULES),
        formats={"DSS_VERSION": is_version},
        format_codes={"DSS_VERSION": "illegal_version"},
        restricted=lambda: dss.context.settings.flag("dss.restricted"),
        # Direct URLs point to the S3 server, which is started for them.
        at_once=lambda operation, query: (
            is_reading(operation) and not any(name.startswith("direct") for name, _ in query)
        ),
    )
