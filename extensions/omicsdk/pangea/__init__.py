"""Pangea: `Pangea` and `AsyncPangea`, the generated client with workflows."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.pangea.client import AsyncPangea as AsyncPangea
    from omicsdk.pangea.client import Pangea as Pangea
    from omicsdk.pangea.fields import FieldId as FieldId
    from omicsdk.pangea.fields import NoFile as NoFile
    from omicsdk.pangea.fields import ResultId as ResultId
    from omicsdk.pangea.login import PasswordLogin as PasswordLogin
    from omicsdk.pangea.reads import ReadSet as ReadSet
    from omicsdk.pangea.reads import ReadsResult as ReadsResult
    from omicsdk.pangea.reads import UploadedReads as UploadedReads
    from omicsdk.pangea.reads import pair_reads as pair_reads
    from omicsdk.pangea.reads import single_reads as single_reads
    from omicsdk.pangea.uploads import FieldExists as FieldExists
    from omicsdk.pangea.uploads import FieldUpload as FieldUpload
    from omicsdk.pangea.uploads import upload_files as upload_files

_HOMES = {
    "AsyncPangea": "client",
    "FieldExists": "uploads",
    "FieldId": "fields",
    "FieldUpload": "uploads",
    "NoFile": "fields",
    "Pangea": "client",
    "PasswordLogin": "login",
    "ReadSet": "reads",
    "ReadsResult": "reads",
    "ResultId": "fields",
    "UploadedReads": "reads",
    "pair_reads": "reads",
    "single_reads": "reads",
    "upload_files": "uploads",
}

__all__ = [
    "AsyncPangea",
    "FieldExists",
    "FieldId",
    "FieldUpload",
    "NoFile",
    "Pangea",
    "PasswordLogin",
    "ReadSet",
    "ReadsResult",
    "ResultId",
    "UploadedReads",
    "pair_reads",
    "single_reads",
    "upload_files",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
