"""The lowest layer: errors, settings, credentials, retries, transports. Knows no platform.

Generated clients depend on nothing else of omicsdk. Importing it is cheap: each name is imported at its first use.
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.core.clock import Clock as Clock
    from omicsdk.core.clock import SystemClock as SystemClock
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
    from omicsdk.core.manual_clock import ManualClock as ManualClock
    from omicsdk.core.omit import OMIT as OMIT
    from omicsdk.core.omit import Omit as Omit
    from omicsdk.core.request import Request as Request
    from omicsdk.core.retry import NO_RETRY as NO_RETRY
    from omicsdk.core.retry import Retry as Retry
    from omicsdk.core.sending.time_limits import Timeout as Timeout
    from omicsdk.core.sending.transport import AsyncTransport as AsyncTransport
    from omicsdk.core.sending.transport import Transport as Transport
    from omicsdk.core.token_file import TokenFile as TokenFile

if not TYPE_CHECKING:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "clock": "Clock SystemClock",
            "consistency": "InconsistentListing ResponseMismatch",
            "credentials": "ANONYMOUS ApiKey Basic BearerToken ClientCertificate Credentials HttpxAuth Token",
            "errors": (
                "APIError ResponseTooLarge AuthError BadRequest ChecksumMismatch ChecksumMissing ConfigError Conflict "
                "ConnectFailed ConnectionLost DecodeError DiskFull FolderBusy Forbidden GatewayTimeout Gone Interrupted "
                "LocalChange Locked MissingExtra NameClash NameNotResolved NotFound NotJson NotWritable OmicsError PreconditionFailed "
                "ProxyFailed ProxyLoginFailed RateLimited ServerError ServiceUnavailable SomeFailed SourceChanged TLSFailed TimedOut "
                "TooLarge TooManyOpenFiles TooManyRedirects TransferError TransportError TruncatedTransfer Unauthorized "
                "Unprocessable UnsafePath UsageError"
            ),
            "manual_clock": "ManualClock",
            "omit": "OMIT Omit",
            "request": "Request",
            "retry": "NO_RETRY Retry",
            "sending.time_limits": "Timeout",
            "sending.transport": "AsyncTransport Transport",
            "token_file": "TokenFile",
        },
    )
