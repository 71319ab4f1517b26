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

lazy_package(
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
        "core.version": "__version__",
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
