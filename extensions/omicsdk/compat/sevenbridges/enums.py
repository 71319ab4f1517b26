"""Constants of the platform, with the names of sevenbridges-python; each is a plain string or number."""

from typing import ClassVar


class PartSize:
    """Sizes of parts and their bounds, in bytes."""

    KB = 1024
    MB = 1024 * KB
    GB = 1024 * MB
    TB = 1024 * GB
    UPLOAD_MINIMUM_PART_SIZE = 5 * MB
    UPLOAD_RECOMMENDED_SIZE = 32 * MB
    DOWNLOAD_MINIMUM_PART_SIZE = 5 * MB
    MAXIMUM_UPLOAD_SIZE = 5 * GB
    MAXIMUM_OBJECT_SIZE = 5 * TB
    MAXIMUM_TOTAL_PARTS = 10_000


#: Default number of bytes that `File.stream` yields at a time.
STREAMED = 32 * PartSize.KB


class RequestParameters:
    """Bounds and defaults of requests."""

    MAX_URL_LENGTH = 6000
    DEFAULT_TIMEOUT = 300
    DEFAULT_RETRY_COUNT = 6
    DEFAULT_BACKOFF_FACTOR = 1
    DEFAULT_BULK_LIMIT = 100


class TransferState:
    """State of an upload or download."""

    PREPARING, RUNNING, PAUSED = "PREPARING", "RUNNING", "PAUSED"
    STOPPED, COMPLETED, FAILED, ABORTED = "STOPPED", "COMPLETED", "FAILED", "ABORTED"


class TaskStatus:
    """State of a task."""

    DRAFT, CREATING, QUEUED, RUNNING = "DRAFT", "CREATING", "QUEUED", "RUNNING"
    COMPLETED, ABORTED, ABORTING, FAILED = "COMPLETED", "ABORTED", "ABORTING", "FAILED"
    terminal_states: ClassVar[list[str]] = [COMPLETED, FAILED, ABORTED]


class ImportExportState:
    """State of an import or export."""

    PENDING, RUNNING, COMPLETED, FAILED = "PENDING", "RUNNING", "COMPLETED", "FAILED"


class AsyncJobStates:
    """State of a job on many files."""

    SUBMITTED, RESOLVING, RUNNING, FINISHED = "SUBMITTED", "RESOLVING", "RUNNING", "FINISHED"


class AsyncFileOperations:
    """Operation of a job on files."""

    COPY, DELETE, MOVE = "copy", "delete", "move"


class VolumeType:
    """Type of the storage behind a volume."""

    S3, GOOGLE, OSS = "S3", "GCS", "OSS"


class VolumeAccessMode:
    """Access mode of a volume."""

    READ_ONLY, READ_WRITE = "RO", "RW"


class FileStorageType:
    """Type of the storage of a file."""

    PLATFORM, VOLUME = "PLATFORM", "VOLUME"


class FileApiFormats:
    """CWL classes of files and folders in inputs and outputs."""

    FILE, FOLDER = "File", "Directory"


class FeedbackType:
    """Kind of feedback."""

    IDEA, THOUGHT, PROBLEM = "IDEA", "THOUGHT", "PROBLEM"


class AppRawFormat:
    """Format of the CWL of an app."""

    JSON, YAML = "json", "yaml"


class AppCopyStrategy:
    """Strategy for copying an app."""

    CLONE, DIRECT, CLONE_DIRECT, TRANSIENT = "clone", "direct", "clone_direct", "transient"


class AutomationRunActions:
    """Action on a run."""

    STOP, RERUN = "stop", "rerun"


class AutomationStatus:
    """State of a run."""

    CREATED, SENT_TO_EXECUTION = "CREATED", "SENT_TO_EXECUTION"
    QUEUED_FOR_EXECUTION, QUEUED_FOR_TERMINATION = "QUEUED_FOR_EXECUTION", "QUEUED_FOR_TERMINATION"
    RUNNING, FINISHED, FAILED, ABORTED = "RUNNING", "FINISHED", "FAILED", "ABORTED"
    terminal_states: ClassVar[list[str]] = [FINISHED, FAILED, ABORTED]


class DivisionRole:
    """Role of a user in a division."""

    MEMBER, ADMIN, EXTERNAL_COLLABORATOR = "member", "admin", "external_collaborator"
