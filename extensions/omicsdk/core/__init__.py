"""The lowest layer: errors, settings, credentials, retries, transports. Knows no platform.

Generated clients depend on nothing else of omicsdk. Importing it is cheap: each name is imported at its first use.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
