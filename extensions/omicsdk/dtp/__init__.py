"""The digital-twin workflow: SDS data sets to and from Gen3, PACS and iRODS."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.dtp.commons import Auth as Auth
    from omicsdk.dtp.commons import Exporter as Exporter
    from omicsdk.dtp.commons import Gen3Submitter as Gen3Submitter
    from omicsdk.dtp.commons import Querier as Querier
    from omicsdk.dtp.commons import RecordsRefused as RecordsRefused
    from omicsdk.dtp.convertor import Gen3Convertor as Gen3Convertor
    from omicsdk.dtp.downloader import Downloader as Downloader
    from omicsdk.dtp.sds.sheets import SdsError as SdsError
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "commons": "Auth Exporter Gen3Submitter Querier RecordsRefused",
            "convertor": "Gen3Convertor",
            "downloader": "Downloader",
            "sds.sheets": "SdsError",
        },
    )
