"""The Human Cell Atlas' Upload service: areas, their temporary keys, and files on their way into them.

    from omicsdk.hca.upload import UploadArea

    area = UploadArea("s3://org-humancellatlas-upload-prod/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/")
    area.upload_files(["reads_R1.fastq.gz", "reads_R2.fastq.gz"])

Each name below is imported when it is first asked for: which areas are known takes no network library to tell."""

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.hca.upload.client import AsyncUploadClient as AsyncUploadClient
    from omicsdk.hca.upload.client import UploadClient as UploadClient
    from omicsdk.hca.upload.exceptions import CannotUpload as CannotUpload
    from omicsdk.hca.upload.exceptions import NoAreaSelected as NoAreaSelected
    from omicsdk.hca.upload.exceptions import UnknownArea as UnknownArea
    from omicsdk.hca.upload.exceptions import UploadApiException as UploadApiException
    from omicsdk.hca.upload.exceptions import UploadException as UploadException
    from omicsdk.hca.upload.results import UploadedFile as UploadedFile
    from omicsdk.hca.upload.results import UploadFailed as UploadFailed
    from omicsdk.hca.upload.results import UploadResult as UploadResult
    from omicsdk.hca.upload.upload_area import UploadArea as UploadArea
    from omicsdk.hca.upload.upload_area import UploadService as UploadService
    from omicsdk.hca.upload.upload_area_uri import UploadAreaURI as UploadAreaURI
    from omicsdk.hca.upload.upload_config import UploadConfig as UploadConfig

_HOMES = {
    "AsyncUploadClient": "client",
    "CannotUpload": "exceptions",
    "NoAreaSelected": "exceptions",
    "UnknownArea": "exceptions",
    "UploadApiException": "exceptions",
    "UploadArea": "upload_area",
    "UploadAreaURI": "upload_area_uri",
    "UploadClient": "client",
    "UploadConfig": "upload_config",
    "UploadException": "exceptions",
    "UploadFailed": "results",
    "UploadResult": "results",
    "UploadService": "upload_area",
    "UploadedFile": "results",
}

__all__ = [
    "AsyncUploadClient",
    "CannotUpload",
    "NoAreaSelected",
    "UnknownArea",
    "UploadApiException",
    "UploadArea",
    "UploadAreaURI",
    "UploadClient",
    "UploadConfig",
    "UploadException",
    "UploadFailed",
    "UploadResult",
    "UploadService",
    "UploadedFile",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"omicsdk.hca.upload.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
