"""Pangea: `Pangea` and `AsyncPangea`, the generated client with workflows."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "client": "AsyncPangea Pangea",
        "fields": "FieldId NoFile ResultId",
        "login": "PasswordLogin",
        "reads": "ReadSet ReadsResult UploadedReads pair_reads single_reads",
        "uploads": "FieldExists FieldUpload upload_files",
    },
)
