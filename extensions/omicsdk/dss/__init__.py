"""The Data Store (DSS): bundles, manifests, collections, uploads.

`Dss` and `AsyncDss` are the typed clients with the workflows, `DSSClient` the documented one.
"""

from __future__ import annotations

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.dss import tsv as tsv
    from omicsdk.dss.async_dss import AsyncDss as AsyncDss
    from omicsdk.dss.checkout import Checkout as Checkout
    from omicsdk.dss.checkout import CheckoutFailed as CheckoutFailed
    from omicsdk.dss.client import DSSClient as DSSClient
    from omicsdk.dss.contexts import DownloadContext as DownloadContext
    from omicsdk.dss.contexts import ManifestDownloadContext as ManifestDownloadContext
    from omicsdk.dss.downloads.bundle import BundleNameClash as BundleNameClash
    from omicsdk.dss.downloads.result import DownloadFailed as DownloadFailed
    from omicsdk.dss.downloads.result import Result as Result
    from omicsdk.dss.dss import Dss as Dss
    from omicsdk.dss.files import DSSFile as DSSFile
    from omicsdk.dss.manifest import ManifestError as ManifestError
    from omicsdk.dss.notifications.listening import Listener as Listener
    from omicsdk.dss.notifications.notification import Notification as Notification
    from omicsdk.dss.tasks import TaskRunner as TaskRunner
    from omicsdk.dss.uploads.bringing import UploadFailed as UploadFailed
    from omicsdk.dss.version import create_version as create_version
    from omicsdk.dss.version import version_of as version_of

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
        return import_module("omicsdk.dss.tsv")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"omicsdk.dss.{_WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
