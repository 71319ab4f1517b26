"""Gen3 data commons: `Gen3` and `AsyncGen3`, and clients with the names and arguments of gen3sdk (`Gen3Auth`, `Gen3Index` ...)."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.auth import Gen3Auth as Gen3Auth
    from omicsdk.gen3.client import AsyncGen3 as AsyncGen3
    from omicsdk.gen3.client import Gen3 as Gen3
    from omicsdk.gen3.errors import Gen3AuthError as Gen3AuthError
    from omicsdk.gen3.errors import Gen3Error as Gen3Error
    from omicsdk.gen3.errors import Gen3ObjectError as Gen3ObjectError
    from omicsdk.gen3.errors import Gen3SubmissionQueryError as Gen3SubmissionQueryError
    from omicsdk.gen3.errors import Gen3UserError as Gen3UserError
    from omicsdk.gen3.file import Gen3File as Gen3File
    from omicsdk.gen3.index import Gen3Index as Gen3Index
    from omicsdk.gen3.jobs import Gen3JobError as Gen3JobError
    from omicsdk.gen3.jobs import Gen3Jobs as Gen3Jobs
    from omicsdk.gen3.login import Gen3Login as Gen3Login
    from omicsdk.gen3.metadata import Gen3Metadata as Gen3Metadata
    from omicsdk.gen3.object import Gen3Object as Gen3Object
    from omicsdk.gen3.query import Gen3Query as Gen3Query
    from omicsdk.gen3.submission import Gen3Submission as Gen3Submission
    from omicsdk.gen3.wss import Gen3WsStorage as Gen3WsStorage

_HOMES = {
    "AsyncGen3": "client",
    "Gen3": "client",
    "Gen3Auth": "auth",
    "Gen3AuthError": "errors",
    "Gen3Error": "errors",
    "Gen3File": "file",
    "Gen3Index": "index",
    "Gen3JobError": "jobs",
    "Gen3Jobs": "jobs",
    "Gen3Login": "login",
    "Gen3Metadata": "metadata",
    "Gen3Object": "object",
    "Gen3ObjectError": "errors",
    "Gen3Query": "query",
    "Gen3Submission": "submission",
    "Gen3SubmissionQueryError": "errors",
    "Gen3UserError": "errors",
    "Gen3WsStorage": "wss",
}
__all__ = [
    "AsyncGen3",
    "Gen3",
    "Gen3Auth",
    "Gen3AuthError",
    "Gen3Error",
    "Gen3File",
    "Gen3Index",
    "Gen3JobError",
    "Gen3Jobs",
    "Gen3Login",
    "Gen3Metadata",
    "Gen3Object",
    "Gen3ObjectError",
    "Gen3Query",
    "Gen3Submission",
    "Gen3SubmissionQueryError",
    "Gen3UserError",
    "Gen3WsStorage",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
