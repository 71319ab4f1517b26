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

    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


class TaskStatus:
    """State of a task."""

    DRAFT = "DRAFT"
    CREATING = "CREATING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"
    ABORTING = "ABORTING"
    FAILED = "FAILED"
    terminal_states: ClassVar[list[str]] = [COMPLETED, FAILED, ABORTED]


class ImportExportState:
    """State of an import or export."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class AsyncJobStates:
    """State of a job on many files."""

    SUBMITTED = "SUBMITTED"
    RESOLVING = "RESOLVING"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"


class AsyncFileOperations:
    """Operation of a job on files."""

    COPY = "copy"
    DELETE = "delete"
    MOVE = "move"


class VolumeType:
    """Type of the storage behind a volume."""

    S3 = "S3"
    GOOGLE = "GCS"
    OSS = "OSS"


class VolumeAccessMode:
    """Access mode of a volume."""

    READ_ONLY = "RO"
    READ_WRITE = "RW"


class FileStorageType:
    """Type of the storage of a file."""

    PLATFORM = "PLATFORM"
    VOLUME = "VOLUME"


class FileApiFormats:
    """CWL classes of files and folders in inputs and outputs."""

    FILE = "File"
    FOLDER = "Directory"


class FeedbackType:
    """Kind of feedback."""

    IDEA = "IDEA"
    THOUGHT = "THOUGHT"
    PROBLEM = "PROBLEM"


class AppRawFormat:
    """Format of the CWL of an app."""

    JSON = "json"
    YAML = "yaml"


class AppCopyStrategy:
    """Strategy for copying an app."""

    CLONE = "clone"
    DIRECT = "direct"
    CLONE_DIRECT = "clone_direct"
    TRANSIENT = "transient"


class AutomationRunActions:
    """Action on a run."""

    STOP = "stop"
    RERUN = "rerun"


class AutomationStatus:
    """State of a run."""

    CREATED = "CREATED"
    SENT_TO_EXECUTION = "SENT_TO_EXECUTION"
    QUEUED_FOR_EXECUTION = "QUEUED_FOR_EXECUTION"
    QUEUED_FOR_TERMINATION = "QUEUED_FOR_TERMINATION"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    terminal_states: ClassVar[list[str]] = [FINISHED, FAILED, ABORTED]


class DivisionRole:
    """Role of a user in a division."""

    MEMBER = "member"
    ADMIN = "admin"
    EXTERNAL_COLLABORATOR = "external_collaborator"
