"""The digital-twin workflow: SDS data sets to and from Gen3, PACS and iRODS."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.dtp.auth import Auth as Auth
    from omicsdk.dtp.convertor import Gen3Convertor as Gen3Convertor
    from omicsdk.dtp.downloader import Downloader as Downloader
    from omicsdk.dtp.exporter import Exporter as Exporter
    from omicsdk.dtp.querier import Querier as Querier
    from omicsdk.dtp.sds.errors import SdsError as SdsError
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
    "SdsError": "sds.errors",
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


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.dtp' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.dtp.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
