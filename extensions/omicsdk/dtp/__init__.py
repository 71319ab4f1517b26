"""The digital-twin workflow: SDS data sets to and from Gen3, PACS and iRODS."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "commons": "Auth Exporter Gen3Submitter Querier RecordsRefused",
        "convertor": "Gen3Convertor",
        "downloader": "Downloader",
        "sds.sheets": "SdsError",
    },
)
