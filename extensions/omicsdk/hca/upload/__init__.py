"""The Human Cell Atlas' Upload service: areas, their temporary keys, and files on their way into them.

    from omicsdk import HcaUpload

    area = "s3://org-humancellatlas-upload-prod/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/"
    with HcaUpload() as service:
        service.upload(["reads_R1.fastq.gz", "reads_R2.fastq.gz"], area)

`omicsdk.compat.hca.upload` has the names of the published client. Each name below is imported when it is first used.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "areas": "CannotUpload NoAreaSelected NotAnAreaURI UnknownArea UploadAreaURI UploadConfig UploadException",
        "client": "AsyncHcaUpload HcaUpload",
        "listings": "AreaFile AreaStatus",
        "uploads": "UploadFailed UploadResult UploadedFile",
    },
)
