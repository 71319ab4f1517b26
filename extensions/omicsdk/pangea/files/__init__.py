"""Files into fields: many at once, and reads by the names of their files."""

from __future__ import annotations

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.pangea.files.read_plan import ReadSet as ReadSet
    from omicsdk.pangea.files.read_plan import pair_reads as pair_reads
    from omicsdk.pangea.files.read_plan import single_reads as single_reads
    from omicsdk.pangea.files.reads import ReadsResult as ReadsResult
    from omicsdk.pangea.files.reads import UploadedReads as UploadedReads
    from omicsdk.pangea.files.reads import upload_reads as upload_reads
    from omicsdk.pangea.uploads import upload_files as upload_files

_HOMES = {
    "ReadSet": "files.read_plan",
    "ReadsResult": "files.reads",
    "UploadedReads": "files.reads",
    "pair_reads": "files.read_plan",
    "single_reads": "files.read_plan",
    "upload_files": "uploads",
    "upload_reads": "files.reads",
}
__all__ = [
    "ReadSet",
    "ReadsResult",
    "UploadedReads",
    "pair_reads",
    "single_reads",
    "upload_files",
    "upload_reads",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.pangea.files' has no attribute '{name}'")
    from importlib import import_module

    found: object = getattr(import_module(f"omicsdk.pangea.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
