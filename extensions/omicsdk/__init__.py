"""One typed SDK for the platforms that hold omics data.

    import omicsdk

    for hit in omicsdk.search("retina"):           # in portals
        print(hit.id, hit.title)
    omicsdk.get("PRJNA257197", "reads")            # by accession, list, URI or URL
    omicsdk.ls("s3://bucket/prefix/").to_frame()   # by URI, as the next three
    omicsdk.download("s3://bucket/prefix/", "data")
    omicsdk.upload("data/", "s3://bucket/other/")
    with omicsdk.open("s3://bucket/table.csv") as file:
        print(file.readline())
    with omicsdk.Dss() as dss:                     # a platform's client
        print([bundle.uuid for bundle in dss.get_bundles_all.iterate(replica="aws").take(3)])

Importing it costs next to nothing: each name below is imported at its first use."""

from omicsdk.core.lazy import lazy_package
from omicsdk.core.version import __version__ as __version__

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.core.consistency import InconsistentListing as InconsistentListing
    from omicsdk.core.consistency import ResponseMismatch as ResponseMismatch
    from omicsdk.core.credentials import ANONYMOUS as ANONYMOUS
    from omicsdk.core.credentials import ApiKey as ApiKey
    from omicsdk.core.credentials import Basic as Basic
    from omicsdk.core.credentials import BearerToken as BearerToken
    from omicsdk.core.credentials import ClientCertificate as ClientCertificate
    from omicsdk.core.credentials import Credentials as Credentials
    from omicsdk.core.credentials import HttpxAuth as HttpxAuth
    from omicsdk.core.credentials import Token as Token
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
    from omicsdk.core.errors import LocalChange as LocalChange
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
    from omicsdk.core.errors import ResponseTooLarge as ResponseTooLarge
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
    from omicsdk.core.platform import to_thread as to_thread
    from omicsdk.core.retry import NO_RETRY as NO_RETRY
    from omicsdk.core.retry import Retry as Retry
    from omicsdk.core.sending.time_limits import Timeout as Timeout
    from omicsdk.core.token_file import TokenFile as TokenFile
    from omicsdk.crunch import AsyncCrunch as AsyncCrunch
    from omicsdk.crunch import Crunch as Crunch
    from omicsdk.drs import AsyncDrs as AsyncDrs
    from omicsdk.drs import Drs as Drs
    from omicsdk.fs.files import download as download
    from omicsdk.fs.files import ls as ls
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
    from omicsdk.locks.cache import Cache as Cache
    from omicsdk.locks.lock import Lock as Lock
    from omicsdk.pangea import AsyncPangea as AsyncPangea
    from omicsdk.pangea import Pangea as Pangea
    from omicsdk.portals.downloads import get as get
    from omicsdk.portals.searches import search as search
    from omicsdk.sb.client import AsyncSevenBridges as AsyncSevenBridges
    from omicsdk.sb.client import SevenBridges as SevenBridges
    from omicsdk.transfer.reports.report import TransferFailed as TransferFailed
    from omicsdk.transfer.reports.report import TransferReport as TransferReport
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "core.consistency": "InconsistentListing ResponseMismatch",
            "core.credentials": "ANONYMOUS ApiKey Basic BearerToken ClientCertificate Credentials HttpxAuth Token",
            "core.errors": (
                "APIError ResponseTooLarge AuthError BadRequest ChecksumMismatch ChecksumMissing ConfigError Conflict "
                "ConnectFailed ConnectionLost DecodeError DiskFull FolderBusy Forbidden GatewayTimeout Gone "
                "Interrupted LocalChange Locked MissingExtra NameClash NameNotResolved NotFound NotJson NotWritable OmicsError "
                "PreconditionFailed ProxyFailed ProxyLoginFailed RateLimited ServerError ServiceUnavailable "
                "SomeFailed SourceChanged TLSFailed TimedOut TooLarge TooManyOpenFiles TooManyRedirects TransferError "
                "TransportError TruncatedTransfer Unauthorized Unprocessable UnsafePath UsageError"
            ),
            "core.omit": "OMIT Omit",
            "core.platform": "to_thread",
            "core.retry": "NO_RETRY Retry",
            "core.sending.time_limits": "Timeout",
            "core.token_file": "TokenFile",
            "crunch": "AsyncCrunch Crunch",
            "drs": "AsyncDrs Drs",
            "fs.files": "download ls open upload",
            "ga4gh": "AsyncHtsget AsyncRefget AsyncTrs Htsget Refget Trs",
            "gen3": "AsyncGen3 Gen3",
            "hca.azul": "AsyncAzul Azul",
            "hca.dss": "AsyncDss Dss",
            "hca.fusillade": "AsyncFusillade Fusillade",
            "hca.upload": "AsyncHcaUpload HcaUpload",
            "locks.cache": "Cache",
            "locks.lock": "Lock",
            "pangea": "AsyncPangea Pangea",
            "portals.downloads": "get",
            "portals.searches": "search",
            "sb.client": "AsyncSevenBridges SevenBridges",
            "transfer.reports.report": "TransferFailed TransferReport",
        },
        # `open` would replace the builtin
        not_starred={"download", "get", "ls", "open", "search", "to_thread", "upload"},
    )
    __all__ += ["__version__"]
