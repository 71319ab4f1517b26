"""Pangea: `Pangea` and `AsyncPangea`, the generated client with workflows."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
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
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client": "AsyncPangea Pangea",
            "fields": "FieldId NoFile ResultId",
            "login": "PasswordLogin",
            "reads": "ReadSet ReadsResult UploadedReads pair_reads single_reads",
            "uploads": "FieldExists FieldUpload upload_files",
        },
    )
