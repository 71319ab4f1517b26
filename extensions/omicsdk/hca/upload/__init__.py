"""The Human Cell Atlas' Upload service: areas, their temporary keys, and files on their way into them.

    from omicsdk import HcaUpload

    area = "s3://org-humancellatlas-upload-prod/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/"
    with HcaUpload() as service:
        service.upload(["reads_R1.fastq.gz", "reads_R2.fastq.gz"], area)

`omicsdk.compat.hca.upload` has the names of the published client. Each name below is imported when it is first used.
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.hca.upload.areas import CannotUpload as CannotUpload
    from omicsdk.hca.upload.areas import NoAreaSelected as NoAreaSelected
    from omicsdk.hca.upload.areas import NotAnAreaURI as NotAnAreaURI
    from omicsdk.hca.upload.areas import UnknownArea as UnknownArea
    from omicsdk.hca.upload.areas import UploadAreaURI as UploadAreaURI
    from omicsdk.hca.upload.areas import UploadConfig as UploadConfig
    from omicsdk.hca.upload.areas import UploadException as UploadException
    from omicsdk.hca.upload.client import AsyncHcaUpload as AsyncHcaUpload
    from omicsdk.hca.upload.client import HcaUpload as HcaUpload
    from omicsdk.hca.upload.listings import AreaFile as AreaFile
    from omicsdk.hca.upload.listings import AreaStatus as AreaStatus
    from omicsdk.hca.upload.uploads import UploadedFile as UploadedFile
    from omicsdk.hca.upload.uploads import UploadFailed as UploadFailed
    from omicsdk.hca.upload.uploads import UploadResult as UploadResult
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "areas": "CannotUpload NoAreaSelected NotAnAreaURI UnknownArea UploadAreaURI UploadConfig UploadException",
            "client": "AsyncHcaUpload HcaUpload",
            "listings": "AreaFile AreaStatus",
            "uploads": "UploadFailed UploadResult UploadedFile",
        },
    )
