"""Azul: projects, samples, files and bundles of the Human Cell Atlas, LungMAP and AnVIL, their manifests and downloads."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "client": "AsyncAzul Azul",
        "files": "AzulFile",
        "filters": "InvalidFilter UnknownFacet",
        "index": "Catalog FacetValue",
        "manifests": "ManifestError WrittenManifest read_manifest",
    },
)
