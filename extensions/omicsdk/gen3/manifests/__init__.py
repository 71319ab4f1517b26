"""Manifests of a commons' files: read, checked, compared and merged; indexed, verified and downloaded in bulk."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.manifests.faults import Fault as Fault
    from omicsdk.gen3.manifests.faults import ManifestError as ManifestError
    from omicsdk.gen3.manifests.rows import Row as Row
    from omicsdk.gen3.manifests.rows import rows_of as rows_of

_HOMES = {
    "Fault": "faults",
    "ManifestError": "faults",
    "Row": "rows",
    "rows_of": "rows",
}
__all__ = ["Fault", "ManifestError", "Row", "rows_of"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.gen3.manifests' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.gen3.manifests.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
