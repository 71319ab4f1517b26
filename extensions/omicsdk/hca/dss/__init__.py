"""The Data Store (DSS): bundles, manifests, collections, uploads.

`Dss` and `AsyncDss` are the clients; `omicsdk.compat.hca.dss` has the names of the published one.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
