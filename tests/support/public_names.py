"""The public names of the packages, and what each of them is."""

ERRORS = [
    "APIError", "ResponseTooLarge", "AuthError", "BadRequest", "ChecksumMismatch", "ChecksumMissing", "ConfigError",
    "Conflict", "ConnectFailed", "ConnectionLost", "DecodeError", "DiskFull", "FolderBusy", "Forbidden",
    "GatewayTimeout", "Gone", "InconsistentListing", "Interrupted", "LocalChange", "Locked", "MissingExtra",
    "NameClash", "NameNotResolved", "NotFound", "NotJson", "NotWritable", "OmicsError", "PreconditionFailed",
    "ProxyFailed", "ProxyLoginFailed", "RateLimited", "ResponseMismatch", "ServerError", "ServiceUnavailable",
    "SomeFailed", "SourceChanged", "TLSFailed", "TimedOut", "TooLarge", "TooManyOpenFiles", "TooManyRedirects",
    "TransferError", "TransportError", "TruncatedTransfer", "Unauthorized", "Unprocessable", "UnsafePath",
    "UsageError",
]  # fmt: skip
CREDENTIALS = ["ApiKey", "Basic", "BearerToken", "ClientCertificate", "Credentials", "HttpxAuth", "Token", "TokenFile"]
OPTIONS = ["NO_RETRY", "OMIT", "Omit", "Retry", "Timeout"]

SURFACE = {
    "omicsdk": [
        *ERRORS, *CREDENTIALS, *OPTIONS, "TransferFailed", "TransferReport", "ANONYMOUS", "AsyncAzul", "AsyncCrunch", "AsyncDrs", "AsyncDss", "AsyncFusillade",
        "AsyncGen3", "AsyncHcaUpload", "AsyncHtsget", "AsyncPangea", "AsyncRefget", "AsyncSevenBridges", "AsyncTrs", "Azul", "Cache", "Crunch",
        "Drs", "Dss", "Fusillade", "Gen3", "HcaUpload", "Htsget", "Lock", "Pangea", "Refget", "SevenBridges", "Trs", "__version__",
    ],
    "omicsdk.hca.dss": [
        "Account", "AsyncDss", "BundleFile", "BundleNameClash", "Checkout", "CheckoutFailed", "DSSFile", "DownloadFailed", "Dss",
        "Listener", "ManifestError", "Notification", "Result", "StoredVersion", "UploadFailed", "UploadedBundle",
        "UploadedFile", "create_version", "version_of",
    ],
    "omicsdk.hca.azul": [
        "AsyncAzul", "Azul", "AzulFile", "Catalog", "FacetValue", "InvalidFilter", "ManifestError", "UnknownFacet",
        "WrittenManifest", "read_manifest",
    ],
    "omicsdk.hca.fusillade": ["AsyncFusillade", "Fusillade"],
    "omicsdk.core": [
        *ERRORS, *CREDENTIALS, *OPTIONS, "ANONYMOUS", "AsyncTransport", "Clock", "ManualClock", "Request", "SystemClock", "Transport",
    ],
    "omicsdk.transfer": [
        "Control", "FollowUp", "Form", "FsspecTarget", "Item", "Location", "MultipartStore", "NoSuchUpload", "Outcome", "Outcomes",
        "PartRules", "Patience", "Plan", "Progress", "PutTo", "Report", "S3Object", "SelectionOptionsDict", "SentPart", "Shard",
        "ShardResult", "ShardsOpen", "ShardsProgress", "ShardsReport", "Source", "Transfer", "TransferFailed", "TransferOptions",
        "TransferOptionsDict", "TransferReport", "Upload",
        "abort_upload", "download", "download_async", "read_jsonl", "run_on_dask", "run_shards", "upload",
        "upload_async", "verify",
    ],
    "omicsdk.portals": [
        "FORMATS", "FileList", "Format", "Head", "Hit", "ListError", "ListedFile", "Row", "RowFault", "SOURCES", "SearchResult", "Source",
        "SourceOptions", "UnknownList", "get", "search",
    ],
    "omicsdk.locks": [
        "Cache", "CacheEntry", "CacheProblem", "Change", "FileState", "Lock", "LockChanges", "LockError", "LockSource", "LockedFile", "add",
    ],
    "omicsdk.hca.upload": [
        "AreaFile", "AreaStatus", "AsyncHcaUpload", "CannotUpload", "HcaUpload", "NoAreaSelected", "NotAnAreaURI",
        "UnknownArea", "UploadAreaURI", "UploadConfig", "UploadException", "UploadFailed", "UploadResult",
        "UploadedFile",
    ],
    "omicsdk.ga4gh": [
        "AsyncHtsget", "AsyncRefget", "AsyncTrs", "FileCheck", "Htsget", "InvalidFormat", "Refget", "Region", "SavedSequence",
        "SavedSlice", "Trs", "parse_region",
    ],
    "omicsdk.sb": [
        "AsyncSevenBridges", "Entry", "LocalFileExists", "SbPath", "SevenBridges",
        "StillRunning", "WrongPath",
    ],
    "omicsdk.compat.sevenbridges": [
        "Api", "App", "AppCopyStrategy", "AppRawFormat", "AsyncFileOperations", "AsyncJob", "AsyncJobStates",
        "Automation", "AutomationMember", "AutomationPackage", "AutomationRun", "AutomationRunActions",
        "AutomationStatus", "BadRequest", "BillingGroup", "BulkRecord", "Config", "Conflict", "DRSImportBulk",
        "Dataset", "Division", "DivisionRole", "Endpoints", "ExecutionDetailsInvalidTaskType", "Export", "File",
        "FileStorageType", "Forbidden", "Import", "ImportExportState", "Invoice", "LocalFileAlreadyExists", "Marker",
        "Member", "MethodNotAllowed", "NotFound", "PaginationError", "PartSize", "Permissions", "Project",
        "RateLimit", "ReadOnlyPropertyError", "RequestTimeout", "ResourceNotModified", "SbgError", "ServerError",
        "ServiceUnavailable", "Task", "TaskStatus", "TaskValidationError", "Team", "TeamMember", "TooManyRequests",
        "TransferState", "Unauthorized", "User", "ValidationError", "Volume", "VolumeAccessMode", "VolumeObject",
        "VolumeType",
    ],
}  # fmt: skip
