"""One typed SDK for the platforms that hold omics data.

    from omicsdk import BearerToken, Dss

    with Dss() as dss:
        for bundle in dss.get_bundles_all.iterate(replica="aws"):
            print(bundle.uuid)

Importing it costs next to nothing: each name below is imported when it is first asked for."""

from omicsdk.core.version import __version__

TYPE_CHECKING = False  # avoids importing typing; type checkers recognise the name
if TYPE_CHECKING:
    from omicsdk.core.consistency import InconsistentListing as InconsistentListing
    from omicsdk.core.consistency import ResponseMismatch as ResponseMismatch
    from omicsdk.core.credentials import ANONYMOUS as ANONYMOUS
    from omicsdk.core.credentials import ApiKey as ApiKey
    from omicsdk.core.credentials import Basic as Basic
    from omicsdk.core.credentials import BearerToken as BearerToken
    from omicsdk.core.credentials import Credentials as Credentials
    from omicsdk.core.credentials import HttpxAuth as HttpxAuth
    from omicsdk.core.credentials import Token as Token
    from omicsdk.core.errors import AnswerTooLarge as AnswerTooLarge
    from omicsdk.core.errors import APIError as APIError
    from omicsdk.core.errors import AuthError as AuthError
    from omicsdk.core.errors import BadRequest as BadRequest
    from omicsdk.core.errors import ChecksumMismatch as ChecksumMismatch
    from omicsdk.core.errors import ChecksumMissing as ChecksumMissing
    from omicsdk.core.errors import ConfigError as ConfigError
    from omicsdk.core.errors import Conflict as Conflict
    from omicsdk.core.errors import ConnectFailed as ConnectFailed
    from omicsdk.core.errors import ConnectionLost as ConnectionLost
    from omicsdk.core.errors import DecodeError as DecodeError
    from omicsdk.core.errors import DiskFull as DiskFull
    from omicsdk.core.errors import FolderBusy as FolderBusy
    from omicsdk.core.errors import Forbidden as Forbidden
    from omicsdk.core.errors import GatewayTimeout as GatewayTimeout
    from omicsdk.core.errors import Gone as Gone
    from omicsdk.core.errors import Interrupted as Interrupted
    from omicsdk.core.errors import Locked as Locked
    from omicsdk.core.errors import MissingExtra as MissingExtra
    from omicsdk.core.errors import NameClash as NameClash
    from omicsdk.core.errors import NameNotResolved as NameNotResolved
    from omicsdk.core.errors import NotFound as NotFound
    from omicsdk.core.errors import NotJson as NotJson
    from omicsdk.core.errors import NotWritable as NotWritable
    from omicsdk.core.errors import OmicsError as OmicsError
    from omicsdk.core.errors import PreconditionFailed as PreconditionFailed
    from omicsdk.core.errors import ProxyFailed as ProxyFailed
    from omicsdk.core.errors import ProxyLoginFailed as ProxyLoginFailed
    from omicsdk.core.errors import RateLimited as RateLimited
    from omicsdk.core.errors import ServerError as ServerError
    from omicsdk.core.errors import ServiceUnavailable as ServiceUnavailable
    from omicsdk.core.errors import SomeFailed as SomeFailed
    from omicsdk.core.errors import SourceChanged as SourceChanged
    from omicsdk.core.errors import TimedOut as TimedOut
    from omicsdk.core.errors import TLSFailed as TLSFailed
    from omicsdk.core.errors import TooLarge as TooLarge
    from omicsdk.core.errors import TooManyOpenFiles as TooManyOpenFiles
    from omicsdk.core.errors import TooManyRedirects as TooManyRedirects
    from omicsdk.core.errors import TransferError as TransferError
    from omicsdk.core.errors import TransportError as TransportError
    from omicsdk.core.errors import TruncatedTransfer as TruncatedTransfer
    from omicsdk.core.errors import Unauthorized as Unauthorized
    from omicsdk.core.errors import Unprocessable as Unprocessable
    from omicsdk.core.errors import UnsafePath as UnsafePath
    from omicsdk.core.errors import UsageError as UsageError
    from omicsdk.core.omit import OMIT as OMIT
    from omicsdk.core.omit import Omit as Omit
    from omicsdk.core.retry import NO_RETRY as NO_RETRY
    from omicsdk.core.retry import Retry as Retry
    from omicsdk.core.sending.transport import Timeout as Timeout
    from omicsdk.core.token_file import TokenFile as TokenFile
    from omicsdk.crunch import AsyncCrunch as AsyncCrunch
    from omicsdk.crunch import Crunch as Crunch
    from omicsdk.drs import AsyncDrs as AsyncDrs
    from omicsdk.drs import Drs as Drs
    from omicsdk.fs.files import download as download
    from omicsdk.fs.files import open as open
    from omicsdk.fs.files import upload as upload
    from omicsdk.ga4gh import AsyncHtsget as AsyncHtsget
    from omicsdk.ga4gh import AsyncRefget as AsyncRefget
    from omicsdk.ga4gh import AsyncTrs as AsyncTrs
    from omicsdk.ga4gh import Htsget as Htsget
    from omicsdk.ga4gh import Refget as Refget
    from omicsdk.ga4gh import Trs as Trs
    from omicsdk.gen3 import AsyncGen3 as AsyncGen3
    from omicsdk.gen3 import Gen3 as Gen3
    from omicsdk.hca.azul import AsyncAzul as AsyncAzul
    from omicsdk.hca.azul import Azul as Azul
    from omicsdk.hca.dss import AsyncDss as AsyncDss
    from omicsdk.hca.dss import Dss as Dss
    from omicsdk.hca.fusillade import AsyncFusillade as AsyncFusillade
    from omicsdk.hca.fusillade import Fusillade as Fusillade
    from omicsdk.hca.upload import AsyncHcaUpload as AsyncHcaUpload
    from omicsdk.hca.upload import HcaUpload as HcaUpload
    from omicsdk.pangea import AsyncPangea as AsyncPangea
    from omicsdk.pangea import Pangea as Pangea
    from omicsdk.portals.downloads import get as get
    from omicsdk.sb.client import AsyncSevenBridges as AsyncSevenBridges
    from omicsdk.sb.client import SevenBridges as SevenBridges

#: Module of each public name; it is imported when it is first used.
_HOMES = {
    "ANONYMOUS": "core.credentials",
    "APIError": "core.errors",
    "AnswerTooLarge": "core.errors",
    "ApiKey": "core.credentials",
    "AsyncAzul": "hca.azul",
    "AsyncCrunch": "crunch",
    "AsyncDrs": "drs",
    "AsyncDss": "hca.dss",
    "AsyncFusillade": "hca.fusillade",
    "AsyncGen3": "gen3",
    "AsyncHcaUpload": "hca.upload",
    "AsyncHtsget": "ga4gh",
    "AsyncPangea": "pangea",
    "AsyncRefget": "ga4gh",
    "AsyncSevenBridges": "sb.client",
    "AsyncTrs": "ga4gh",
    "AuthError": "core.errors",
    "Azul": "hca.azul",
    "BadRequest": "core.errors",
    "Basic": "core.credentials",
    "BearerToken": "core.credentials",
    "ChecksumMismatch": "core.errors",
    "ChecksumMissing": "core.errors",
    "ConfigError": "core.errors",
    "Conflict": "core.errors",
    "ConnectFailed": "core.errors",
    "ConnectionLost": "core.errors",
    "Credentials": "core.credentials",
    "Crunch": "crunch",
    "DecodeError": "core.errors",
    "DiskFull": "core.errors",
    "Drs": "drs",
    "Dss": "hca.dss",
    "FolderBusy": "core.errors",
    "Forbidden": "core.errors",
    "Fusillade": "hca.fusillade",
    "GatewayTimeout": "core.errors",
    "Gen3": "gen3",
    "Gone": "core.errors",
    "HcaUpload": "hca.upload",
    "Htsget": "ga4gh",
    "HttpxAuth": "core.credentials",
    "InconsistentListing": "core.consistency",
    "Interrupted": "core.errors",
    "Locked": "core.errors",
    "MissingExtra": "core.errors",
    "NO_RETRY": "core.retry",
    "NameClash": "core.errors",
    "NameNotResolved": "core.errors",
    "NotFound": "core.errors",
    "NotJson": "core.errors",
    "NotWritable": "core.errors",
    "OMIT": "core.omit",
    "OmicsError": "core.errors",
    "Omit": "core.omit",
    "Pangea": "pangea",
    "PreconditionFailed": "core.errors",
    "ProxyFailed": "core.errors",
    "ProxyLoginFailed": "core.errors",
    "RateLimited": "core.errors",
    "Refget": "ga4gh",
    "Retry": "core.retry",
    "ResponseMismatch": "core.consistency",
    "ServerError": "core.errors",
    "ServiceUnavailable": "core.errors",
    "SevenBridges": "sb.client",
    "SomeFailed": "core.errors",
    "SourceChanged": "core.errors",
    "TLSFailed": "core.errors",
    "TimedOut": "core.errors",
    "Timeout": "core.sending.transport",
    "Token": "core.credentials",
    "TokenFile": "core.token_file",
    "TooLarge": "core.errors",
    "TooManyOpenFiles": "core.errors",
    "TooManyRedirects": "core.errors",
    "TransferError": "core.errors",
    "TransportError": "core.errors",
    "Trs": "ga4gh",
    "TruncatedTransfer": "core.errors",
    "Unauthorized": "core.errors",
    "Unprocessable": "core.errors",
    "UnsafePath": "core.errors",
    "UsageError": "core.errors",
    "download": "fs.files",
    "get": "portals.downloads",
    "open": "fs.files",
    "upload": "fs.files",
}

# Without open, download, get and upload: a star import of `open` would replace the builtin.
__all__ = [
    "ANONYMOUS",
    "NO_RETRY",
    "OMIT",
    "APIError",
    "AnswerTooLarge",
    "ApiKey",
    "AsyncAzul",
    "AsyncCrunch",
    "AsyncDrs",
    "AsyncDss",
    "AsyncFusillade",
    "AsyncGen3",
    "AsyncHcaUpload",
    "AsyncHtsget",
    "AsyncPangea",
    "AsyncRefget",
    "AsyncSevenBridges",
    "AsyncTrs",
    "AuthError",
    "Azul",
    "BadRequest",
    "Basic",
    "BearerToken",
    "ChecksumMismatch",
    "ChecksumMissing",
    "ConfigError",
    "Conflict",
    "ConnectFailed",
    "ConnectionLost",
    "Credentials",
    "Crunch",
    "DecodeError",
    "DiskFull",
    "Drs",
    "Dss",
    "FolderBusy",
    "Forbidden",
    "Fusillade",
    "GatewayTimeout",
    "Gen3",
    "Gone",
    "HcaUpload",
    "Htsget",
    "HttpxAuth",
    "InconsistentListing",
    "Interrupted",
    "Locked",
    "MissingExtra",
    "NameClash",
    "NameNotResolved",
    "NotFound",
    "NotJson",
    "NotWritable",
    "OmicsError",
    "Omit",
    "Pangea",
    "PreconditionFailed",
    "ProxyFailed",
    "ProxyLoginFailed",
    "RateLimited",
    "Refget",
    "ResponseMismatch",
    "Retry",
    "ServerError",
    "ServiceUnavailable",
    "SevenBridges",
    "SomeFailed",
    "SourceChanged",
    "TLSFailed",
    "TimedOut",
    "Timeout",
    "Token",
    "TokenFile",
    "TooLarge",
    "TooManyOpenFiles",
    "TooManyRedirects",
    "TransferError",
    "TransportError",
    "Trs",
    "TruncatedTransfer",
    "Unauthorized",
    "Unprocessable",
    "UnsafePath",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"omicsdk.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
