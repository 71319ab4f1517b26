"""The metadata service of the sandbox: which function answers which operation."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from omicsdk.sandbox.gen3.metadata import aggregate, aliases, documents, index_paths, objects
from omicsdk.sandbox.gen3.metadata.doors import Doors
from omicsdk.sandbox.gen3.metadata.refusals import error_body
from omicsdk.sandbox.gen3.service import gen3_service
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

VERSION = "4.3.0"


def get_status(gen3: "Gen3", call: Call) -> Reply:
    """GET /_status."""
    del call
    return Reply(
        {
            "status": "OK",
            "timestamp": datetime.fromtimestamp(gen3.grounds.clock.now(), UTC).isoformat(),
            "aggregate_metadata_enabled": gen3.metadata.aggregate.enabled,
        }
    )


def get_version(gen3: "Gen3", call: Call) -> Reply:
    """GET /version."""
    del gen3, call
    return Reply(VERSION)


_MODULES = (documents, aliases, index_paths, objects, aggregate)


def metadata_service(gen3: "Gen3", document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Its OpenAPI 3.1 document.
    """
    handlers = handlers_in(document, gen3, sys.modules[__name__], *_MODULES)
    # The document has an operation for each of the two forms of the search's answer.
    handlers["query_documents"] = handlers["query"]
    # Doors knows who comes in, and objects ask for tokens themselves.
    return gen3_service(
        "metadata", document, handlers, error_body=error_body, around=lambda app: Doors(app, gen3.access)
    )
