"""The digital-twin workflow: SDS data sets to and from Gen3, PACS and iRODS."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.dtp.auth import Auth as Auth
    from omicsdk.dtp.convertor import Gen3Convertor as Gen3Convertor
    from omicsdk.dtp.downloader import Downloader as Downloader
    from omicsdk.dtp.exporter import Exporter as Exporter
    from omicsdk.dtp.querier import Querier as Querier
    from omicsdk.dtp.sds.sheets import SdsError as SdsError
    from omicsdk.dtp.submitter import Gen3Submitter as Gen3Submitter
    from omicsdk.dtp.submitter import RecordsRefused as RecordsRefused

_HOMES = {
    "Auth": "auth",
    "Downloader": "downloader",
    "Exporter": "exporter",
    "Gen3Convertor": "convertor",
    "Gen3Submitter": "submitter",
    "Querier": "querier",
    "RecordsRefused": "submitter",
    "SdsError": "sds.sheets",
}
__all__ = [
    "Auth",
    "Downloader",
    "Exporter",
    "Gen3Convertor",
    "Gen3Submitter",
    "Querier",
    "RecordsRefused",
    "SdsError",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
