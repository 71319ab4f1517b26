"""Values that the platform knows, where scripts look for them; they are `omicsdk.sb.enums`."""

from omicsdk.sb.enums import AppCopyStrategy as AppCopyStrategy
from omicsdk.sb.enums import AppRawFormat as AppRawFormat
from omicsdk.sb.enums import AsyncFileOperations as AsyncFileOperations
from omicsdk.sb.enums import AsyncJobStates as AsyncJobStates
from omicsdk.sb.enums import AutomationRunActions as AutomationRunActions
from omicsdk.sb.enums import AutomationStatus as AutomationStatus
from omicsdk.sb.enums import DivisionRole as DivisionRole
from omicsdk.sb.enums import FeedbackType as FeedbackType
from omicsdk.sb.enums import FileApiFormats as FileApiFormats
from omicsdk.sb.enums import FileStorageType as FileStorageType
from omicsdk.sb.enums import ImportExportState as ImportExportState
from omicsdk.sb.enums import PartSize as PartSize
from omicsdk.sb.enums import RequestParameters as RequestParameters
from omicsdk.sb.enums import TaskStatus as TaskStatus
from omicsdk.sb.enums import TransferState as TransferState
from omicsdk.sb.enums import VolumeAccessMode as VolumeAccessMode
from omicsdk.sb.enums import VolumeType as VolumeType
