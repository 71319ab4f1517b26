"""The Human Cell Atlas' Upload service: areas, their temporary keys, and files on their way into them.

    from omicsdk.hca.upload import UploadArea

    area = UploadArea("s3://org-humancellatlas-upload-prod/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/")
    area.upload_files(["reads_R1.fastq.gz", "reads_R2.fastq.gz"])

Each name below is imported when it is first asked for: which areas are known takes no network library to tell."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.hca.upload.client import AsyncHcaUpload as AsyncHcaUpload
    from omicsdk.hca.upload.client import HcaUpload as HcaUpload
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
    "AsyncHcaUpload": "client",
    "CannotUpload": "exceptions",
    "NoAreaSelected": "exceptions",
    "UnknownArea": "exceptions",
    "UploadApiException": "exceptions",
    "UploadArea": "upload_area",
    "UploadAreaURI": "upload_area_uri",
    "HcaUpload": "client",
    "UploadConfig": "upload_config",
    "UploadException": "exceptions",
    "UploadFailed": "results",
    "UploadResult": "results",
    "UploadService": "upload_area",
    "UploadedFile": "results",
}

__all__ = [
    "AsyncHcaUpload",
    "CannotUpload",
    "HcaUpload",
    "NoAreaSelected",
    "UnknownArea",
    "UploadApiException",
    "UploadArea",
    "UploadAreaURI",
    "UploadConfig",
    "UploadException",
    "UploadFailed",
    "UploadResult",
    "UploadService",
    "UploadedFile",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
