"""The Data Store as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.dss.bundles import delete_bundle, get_bundle, get_bundles_all, patch_bundle, put_bundle
from omicsdk.sandbox.dss.checkout import get_bundles_checkout, post_bundles_checkout
from omicsdk.sandbox.dss.collections import (
    delete_collection,
    get_collection,
    get_collections,
    patch_collection,
    put_collection,
)
from omicsdk.sandbox.dss.events import get_event, get_events
from omicsdk.sandbox.dss.files import get_file, head_file, put_file
from omicsdk.sandbox.dss.search import post_search
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.dss.subscriptions import delete_subscription, get_subscription, get_subscriptions, put_subscription
from omicsdk.sandbox.dss.versions import is_version
from omicsdk.sandbox.service import Service, by_name

HANDLERS = (
    post_search,
    head_file,
    get_file,
    put_file,
    get_subscriptions,
    put_subscription,
    get_subscription,
    delete_subscription,
    get_collections,
    put_collection,
    get_collection,
    patch_collection,
    delete_collection,
    get_bundles_all,
    get_bundle,
    put_bundle,
    patch_bundle,
    delete_bundle,
    post_bundles_checkout,
    get_bundles_checkout,
    get_events,
    get_event,
)


def dss_service(dss: Dss, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        dss: The Data Store.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    formats = FormatChecker(formats=())
    formats.checks("DSS_VERSION")(_version_or_other)
    return Service(
        name="dss",
        prefix="/dss/v1",
        document=document,
        document_path="/swagger.json",
        handlers=by_name(HANDLERS, dss),
        formats=formats,
        format_codes={"DSS_VERSION": "illegal_version"},
        restricted=lambda: dss.grounds.settings.flag("dss.restricted"),
    )


def _version_or_other(value: object) -> bool:
    # What isn't a text is refused for its type, not for its format.
    return not isinstance(value, str) or is_version(value)
