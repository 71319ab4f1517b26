"""What is public, name by name: adding or losing one is a decision that this table shows."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from rows import check_each

ERRORS = [
    "APIError",
    "AnswerTooLarge",
    "AuthError",
    "BadRequest",
    "ChecksumMismatch",
    "ChecksumMissing",
    "ConfigError",
    "Conflict",
    "ConnectFailed",
    "ConnectionLost",
    "DecodeError",
    "DiskFull",
    "FolderBusy",
    "Forbidden",
    "GatewayTimeout",
    "Gone",
    "Interrupted",
    "Locked",
    "MissingExtra",
    "NameClash",
    "NameNotResolved",
    "NotFound",
    "NotJson",
    "NotWritable",
    "OmicsError",
    "PreconditionFailed",
    "ProxyFailed",
    "RateLimited",
    "ServerError",
    "ServiceUnavailable",
    "SomeFailed",
    "SourceChanged",
    "TLSFailed",
    "TimedOut",
    "TooLarge",
    "TooManyOpenFiles",
    "TooManyRedirects",
    "TransferError",
    "TransportError",
    "TruncatedTransfer",
    "Unauthorized",
    "Unprocessable",
    "UnsafePath",
    "UsageError",
]
CREDENTIALS = ["ApiKey", "Basic", "BearerToken", "Credentials", "HttpxAuth", "Token", "TokenFile"]
OPTIONS = ["NO_RETRY", "OMIT", "Omit", "Retry", "Timeout"]

SURFACE = {
    "omicsdk": [
        *ERRORS, *CREDENTIALS, *OPTIONS, "ANONYMOUS", "AsyncAzul", "AsyncCrunch", "AsyncDrs", "AsyncDss", "AsyncFusillade",
        "AsyncGen3", "AsyncHcaUpload", "AsyncHtsget", "AsyncPangea", "AsyncRefget", "AsyncSevenBridges", "AsyncTrs", "Azul", "Crunch",
        "Drs", "Dss", "Fusillade", "Gen3", "HcaUpload", "Htsget", "Pangea", "Refget", "SevenBridges", "Trs", "__version__",
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
        "PartRules", "Patience", "Plan", "Progress", "PutTo", "Report", "S3Object", "SentPart", "Shard", "ShardResult",
        "ShardsOpen", "ShardsProgress", "ShardsReport", "Source", "Transfer", "TransferReport", "Upload",
        "abort_upload", "download", "download_async", "read_jsonl", "run_on_dask", "run_shards", "upload",
        "upload_async", "verify",
    ],
    "omicsdk.portals": [
        "FORMATS", "FileList", "Format", "Head", "ListError", "ListedFile", "Row", "RowFault", "SOURCES", "Source",
        "SourceOptions", "UnknownList", "get",
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
        "AsyncSevenBridges", "Entry", "IncompleteListing", "LocalFileExists", "SbPath", "SevenBridges",
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
#: Loading any of these makes `import omicsdk` slow; they wait until they are needed.
HEAVY = [
    "httpx",
    "pycurl",
    "boto3",
    "botocore",
    "pandas",
    "rich",
    "starlette",
    "jinja2",
    "jsonref",
    "click",
    "requests",
    "anyio",
    "attr",
    "logging",
    "typing",
    "re",
    "ssl",
    "json",
]


@pytest.mark.parametrize("module", SURFACE)
def test_the_public_names_are_these(module):
    assert sorted(importlib.import_module(module).__all__) == sorted(SURFACE[module])


@pytest.mark.parametrize("module", SURFACE)
def test_every_public_name_is_there(module):
    package = importlib.import_module(module)

    def check(name: str) -> None:
        assert getattr(package, name) is not None
        assert name in dir(package)
        assert getattr(package, name) is getattr(package, name)

    check_each(SURFACE[module], str, check)


@pytest.mark.parametrize("module", SURFACE)
def test_other_names_are_not(module):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'nothing'"):
        _ = importlib.import_module(module).nothing


# What omicsdk.compat needs to stand in for published packages (importlib.abc) loads typing and re.
@pytest.mark.parametrize("module", [module for module in SURFACE if not module.startswith("omicsdk.compat")])
def test_importing_loads_nothing_heavy(module):
    probe = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    # -S: site may import what an environment's own .pth files ask for
    paths = [str(Path(importlib.import_module("omicsdk").__file__).parent.parent)]
    code = f"import sys; sys.path[:0] = {paths!r}; {probe}"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "name",
    [
        "errors",
        "retry",
        "sending.connections",
        "credentials",
        "redaction",
        "settings.config",
        "token_file",
        "sending.transport",
        "client",
    ],
)
def test_what_decides_does_not_need_httpx(name):
    code = f"import sys, omicsdk.core.{name}; print('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_nothing_is_printed_unless_logging_is_set_up():
    code = (
        "import logging, omicsdk.core.sending.transport\n"
        "logging.getLogger('omicsdk.http').warning('not for users')\n"
        "logging.getLogger('omicsdk').error('nor this')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_the_version_is_said_once():
    import omicsdk

    project = Path(__file__).parent.parent / "pyproject.toml"
    assert tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] == omicsdk.__version__
