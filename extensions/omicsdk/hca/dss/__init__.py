"""The Data Store (DSS): bundles, manifests, collections, uploads.

`Dss` and `AsyncDss` are the typed clients with the workflows, `DSSClient` the documented one.
"""

from __future__ import annotations

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.hca.dss import tsv as tsv
    from omicsdk.hca.dss.async_dss import AsyncDss as AsyncDss
    from omicsdk.hca.dss.checkout import Checkout as Checkout
    from omicsdk.hca.dss.checkout import CheckoutFailed as CheckoutFailed
    from omicsdk.hca.dss.client import DSSClient as DSSClient
    from omicsdk.hca.dss.contexts import DownloadContext as DownloadContext
    from omicsdk.hca.dss.contexts import ManifestDownloadContext as ManifestDownloadContext
    from omicsdk.hca.dss.downloads.bundle import BundleNameClash as BundleNameClash
    from omicsdk.hca.dss.downloads.result import DownloadFailed as DownloadFailed
    from omicsdk.hca.dss.downloads.result import Result as Result
    from omicsdk.hca.dss.dss import Dss as Dss
    from omicsdk.hca.dss.files import DSSFile as DSSFile
    from omicsdk.hca.dss.manifest import ManifestError as ManifestError
    from omicsdk.hca.dss.notifications.listening import Listener as Listener
    from omicsdk.hca.dss.notifications.notification import Notification as Notification
    from omicsdk.hca.dss.tasks import TaskRunner as TaskRunner
    from omicsdk.hca.dss.uploads.bringing import UploadFailed as UploadFailed
    from omicsdk.hca.dss.version import create_version as create_version
    from omicsdk.hca.dss.version import version_of as version_of

_WHERE = {
    "AsyncDss": "async_dss",
    "BundleNameClash": "downloads.bundle",
    "Checkout": "checkout",
    "CheckoutFailed": "checkout",
    "DSSClient": "client",
    "DSSFile": "files",
    "DownloadContext": "contexts",
    "DownloadFailed": "downloads.result",
    "Dss": "dss",
    "Listener": "notifications.listening",
    "ManifestDownloadContext": "contexts",
    "ManifestError": "manifest",
    "Notification": "notifications.notification",
    "Result": "downloads.result",
    "TaskRunner": "tasks",
    "UploadFailed": "uploads.bringing",
    "create_version": "version",
    "version_of": "version",
}

__all__ = [
    "AsyncDss",
    "BundleNameClash",
    "Checkout",
    "CheckoutFailed",
    "DSSClient",
    "DSSFile",
    "DownloadContext",
    "DownloadFailed",
    "Dss",
    "Listener",
    "ManifestDownloadContext",
    "ManifestError",
    "Notification",
    "Result",
    "TaskRunner",
    "UploadFailed",
    "create_version",
    "tsv",
    "version_of",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "tsv":
        return import_module("omicsdk.hca.dss.tsv")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"omicsdk.hca.dss.{_WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
