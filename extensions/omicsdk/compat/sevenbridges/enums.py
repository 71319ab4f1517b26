"""Values that the platform knows, by the names of sevenbridges-python; each is a plain string or number."""

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


#: Bytes that `File.stream` gives at a time, unless told otherwise.
STREAMED = 32 * PartSize.KB


class RequestParameters:
    """Bounds and defaults of requests."""

    MAX_URL_LENGTH = 6000
    DEFAULT_TIMEOUT = 300
    DEFAULT_RETRY_COUNT = 6
    DEFAULT_BACKOFF_FACTOR = 1
    DEFAULT_BULK_LIMIT = 100


class TransferState:
    """Where an upload or download is."""

    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


class TaskStatus:
    """Where a task is."""

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
    """Where an import or export is."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class AsyncJobStates:
    """Where a job on many files is."""

    SUBMITTED = "SUBMITTED"
    RESOLVING = "RESOLVING"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"


class AsyncFileOperations:
    """What a job does to files."""

    COPY = "copy"
    DELETE = "delete"
    MOVE = "move"


class VolumeType:
    """Where a volume's bytes are."""

    S3 = "S3"
    GOOGLE = "GCS"
    OSS = "OSS"


class VolumeAccessMode:
    """What may be done with a volume."""

    READ_ONLY = "RO"
    READ_WRITE = "RW"


class FileStorageType:
    """Whether a file's bytes are the platform's or a volume's."""

    PLATFORM = "PLATFORM"
    VOLUME = "VOLUME"


class FileApiFormats:
    """How CWL calls files and folders in inputs and outputs."""

    FILE = "File"
    FOLDER = "Directory"


class FeedbackType:
    """What kind of feedback is sent."""

    IDEA = "IDEA"
    THOUGHT = "THOUGHT"
    PROBLEM = "PROBLEM"


class AppRawFormat:
    """How an app's CWL is written."""

    JSON = "json"
    YAML = "yaml"


class AppCopyStrategy:
    """What a copied app keeps of its origin."""

    CLONE = "clone"
    DIRECT = "direct"
    CLONE_DIRECT = "clone_direct"
    TRANSIENT = "transient"


class AutomationRunActions:
    """What can be done with a run."""

    STOP = "stop"
    RERUN = "rerun"


class AutomationStatus:
    """Where a run is."""

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
    """What a user is in a division."""

    MEMBER = "member"
    ADMIN = "admin"
    EXTERNAL_COLLABORATOR = "external_collaborator"
