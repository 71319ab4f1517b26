"""Values that the platform knows, where scripts look for them; they are `omicsdk.compat.sevenbridges.enums`."""

from omicsdk.compat.sevenbridges.enums import AppCopyStrategy as AppCopyStrategy
from omicsdk.compat.sevenbridges.enums import AppRawFormat as AppRawFormat
from omicsdk.compat.sevenbridges.enums import AsyncFileOperations as AsyncFileOperations
from omicsdk.compat.sevenbridges.enums import AsyncJobStates as AsyncJobStates
from omicsdk.compat.sevenbridges.enums import AutomationRunActions as AutomationRunActions
from omicsdk.compat.sevenbridges.enums import AutomationStatus as AutomationStatus
from omicsdk.compat.sevenbridges.enums import DivisionRole as DivisionRole
from omicsdk.compat.sevenbridges.enums import FeedbackType as FeedbackType
from omicsdk.compat.sevenbridges.enums import FileApiFormats as FileApiFormats
from omicsdk.compat.sevenbridges.enums import FileStorageType as FileStorageType
from omicsdk.compat.sevenbridges.enums import ImportExportState as ImportExportState
from omicsdk.compat.sevenbridges.enums import PartSize as PartSize
from omicsdk.compat.sevenbridges.enums import RequestParameters as RequestParameters
from omicsdk.compat.sevenbridges.enums import TaskStatus as TaskStatus
from omicsdk.compat.sevenbridges.enums import TransferState as TransferState
from omicsdk.compat.sevenbridges.enums import VolumeAccessMode as VolumeAccessMode
from omicsdk.compat.sevenbridges.enums import VolumeType as VolumeType
