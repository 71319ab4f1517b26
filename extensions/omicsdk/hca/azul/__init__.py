"""Azul: projects, samples, files and bundles of the Human Cell Atlas, LungMAP and AnVIL, their manifests and downloads."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.hca.azul.client import AsyncAzul as AsyncAzul
    from omicsdk.hca.azul.client import Azul as Azul
    from omicsdk.hca.azul.files import AzulFile as AzulFile
    from omicsdk.hca.azul.filters import InvalidFilter as InvalidFilter
    from omicsdk.hca.azul.filters import UnknownFacet as UnknownFacet
    from omicsdk.hca.azul.index import Catalog as Catalog
    from omicsdk.hca.azul.index import FacetValue as FacetValue
    from omicsdk.hca.azul.manifests import ManifestError as ManifestError
    from omicsdk.hca.azul.manifests import WrittenManifest as WrittenManifest
    from omicsdk.hca.azul.manifests import read_manifest as read_manifest
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client": "AsyncAzul Azul",
            "files": "AzulFile",
            "filters": "InvalidFilter UnknownFacet",
            "index": "Catalog FacetValue",
            "manifests": "ManifestError WrittenManifest read_manifest",
        },
    )
