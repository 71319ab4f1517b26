"""The Data Store (DSS): bundles, manifests, collections, uploads.

`Dss` and `AsyncDss` are the clients; `omicsdk.compat.hca.dss` has the names of the published one.
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.hca.dss.bundles import BundleFile as BundleFile
    from omicsdk.hca.dss.bundles import BundleNameClash as BundleNameClash
    from omicsdk.hca.dss.bundles import StoredVersion as StoredVersion
    from omicsdk.hca.dss.bundles import create_version as create_version
    from omicsdk.hca.dss.bundles import version_of as version_of
    from omicsdk.hca.dss.client import Account as Account
    from omicsdk.hca.dss.client import AsyncDss as AsyncDss
    from omicsdk.hca.dss.client import Dss as Dss
    from omicsdk.hca.dss.downloads import DownloadFailed as DownloadFailed
    from omicsdk.hca.dss.downloads import Result as Result
    from omicsdk.hca.dss.files import DSSFile as DSSFile
    from omicsdk.hca.dss.jobs import Checkout as Checkout
    from omicsdk.hca.dss.jobs import CheckoutFailed as CheckoutFailed
    from omicsdk.hca.dss.manifests import ManifestError as ManifestError
    from omicsdk.hca.dss.notifications import Listener as Listener
    from omicsdk.hca.dss.notifications import Notification as Notification
    from omicsdk.hca.dss.uploads import UploadedBundle as UploadedBundle
    from omicsdk.hca.dss.uploads import UploadedFile as UploadedFile
    from omicsdk.hca.dss.uploads import UploadFailed as UploadFailed
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "bundles": "BundleFile BundleNameClash StoredVersion create_version version_of",
            "client": "Account AsyncDss Dss",
            "downloads": "DownloadFailed Result",
            "files": "DSSFile",
            "jobs": "Checkout CheckoutFailed",
            "manifests": "ManifestError",
            "notifications": "Listener Notification",
            "uploads": "UploadFailed UploadedBundle UploadedFile",
        },
    )
