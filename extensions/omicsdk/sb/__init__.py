"""Seven Bridges and the Cancer Genomics Cloud: `Api` is one user on one platform, with the names of sevenbridges-python."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.sb.api import Api as Api
    from omicsdk.sb.config import Config as Config
    from omicsdk.sb.enums import AppCopyStrategy as AppCopyStrategy
    from omicsdk.sb.enums import AppRawFormat as AppRawFormat
    from omicsdk.sb.enums import AsyncFileOperations as AsyncFileOperations
    from omicsdk.sb.enums import AsyncJobStates as AsyncJobStates
    from omicsdk.sb.enums import AutomationRunActions as AutomationRunActions
    from omicsdk.sb.enums import AutomationStatus as AutomationStatus
    from omicsdk.sb.enums import DivisionRole as DivisionRole
    from omicsdk.sb.enums import FileStorageType as FileStorageType
    from omicsdk.sb.enums import ImportExportState as ImportExportState
    from omicsdk.sb.enums import PartSize as PartSize
    from omicsdk.sb.enums import TaskStatus as TaskStatus
    from omicsdk.sb.enums import TransferState as TransferState
    from omicsdk.sb.enums import VolumeAccessMode as VolumeAccessMode
    from omicsdk.sb.enums import VolumeType as VolumeType
    from omicsdk.sb.errors import BadRequest as BadRequest
    from omicsdk.sb.errors import Conflict as Conflict
    from omicsdk.sb.errors import ExecutionDetailsInvalidTaskType as ExecutionDetailsInvalidTaskType
    from omicsdk.sb.errors import Forbidden as Forbidden
    from omicsdk.sb.errors import LocalFileAlreadyExists as LocalFileAlreadyExists
    from omicsdk.sb.errors import MethodNotAllowed as MethodNotAllowed
    from omicsdk.sb.errors import NotFound as NotFound
    from omicsdk.sb.errors import PaginationError as PaginationError
    from omicsdk.sb.errors import ReadOnlyPropertyError as ReadOnlyPropertyError
    from omicsdk.sb.errors import RequestTimeout as RequestTimeout
    from omicsdk.sb.errors import ResourceNotModified as ResourceNotModified
    from omicsdk.sb.errors import SbgError as SbgError
    from omicsdk.sb.errors import ServerError as ServerError
    from omicsdk.sb.errors import ServiceUnavailable as ServiceUnavailable
    from omicsdk.sb.errors import TaskValidationError as TaskValidationError
    from omicsdk.sb.errors import TooManyRequests as TooManyRequests
    from omicsdk.sb.errors import Unauthorized as Unauthorized
    from omicsdk.sb.errors import ValidationError as ValidationError
    from omicsdk.sb.models.app import App as App
    from omicsdk.sb.models.async_jobs import AsyncJob as AsyncJob
    from omicsdk.sb.models.automation import Automation as Automation
    from omicsdk.sb.models.automation import AutomationMember as AutomationMember
    from omicsdk.sb.models.automation import AutomationPackage as AutomationPackage
    from omicsdk.sb.models.automation import AutomationRun as AutomationRun
    from omicsdk.sb.models.billing_group import BillingGroup as BillingGroup
    from omicsdk.sb.models.bulk import BulkRecord as BulkRecord
    from omicsdk.sb.models.dataset import Dataset as Dataset
    from omicsdk.sb.models.division import Division as Division
    from omicsdk.sb.models.drs_import import DRSImportBulk as DRSImportBulk
    from omicsdk.sb.models.endpoints import Endpoints as Endpoints
    from omicsdk.sb.models.file import File as File
    from omicsdk.sb.models.invoice import Invoice as Invoice
    from omicsdk.sb.models.marker import Marker as Marker
    from omicsdk.sb.models.member import Member as Member
    from omicsdk.sb.models.member import Permissions as Permissions
    from omicsdk.sb.models.project import Project as Project
    from omicsdk.sb.models.rate_limit import RateLimit as RateLimit
    from omicsdk.sb.models.storage_export import Export as Export
    from omicsdk.sb.models.storage_import import Import as Import
    from omicsdk.sb.models.task import Task as Task
    from omicsdk.sb.models.team import Team as Team
    from omicsdk.sb.models.team_member import TeamMember as TeamMember
    from omicsdk.sb.models.user import User as User
    from omicsdk.sb.models.volume import Volume as Volume
    from omicsdk.sb.models.volume import VolumeObject as VolumeObject

_MODULES = {
    "Api": "api",
    "Config": "config",
    "BadRequest": "errors",
    "Conflict": "errors",
    "ExecutionDetailsInvalidTaskType": "errors",
    "Forbidden": "errors",
    "LocalFileAlreadyExists": "errors",
    "MethodNotAllowed": "errors",
    "NotFound": "errors",
    "PaginationError": "errors",
    "ReadOnlyPropertyError": "errors",
    "RequestTimeout": "errors",
    "ResourceNotModified": "errors",
    "SbgError": "errors",
    "ServerError": "errors",
    "ServiceUnavailable": "errors",
    "TaskValidationError": "errors",
    "TooManyRequests": "errors",
    "Unauthorized": "errors",
    "ValidationError": "errors",
    "App": "models.app",
    "AsyncJob": "models.async_jobs",
    "Automation": "models.automation",
    "AutomationMember": "models.automation",
    "AutomationPackage": "models.automation",
    "AutomationRun": "models.automation",
    "BillingGroup": "models.billing_group",
    "BulkRecord": "models.bulk",
    "Dataset": "models.dataset",
    "Division": "models.division",
    "DRSImportBulk": "models.drs_import",
    "Endpoints": "models.endpoints",
    "AppCopyStrategy": "enums",
    "AppRawFormat": "enums",
    "AsyncFileOperations": "enums",
    "AsyncJobStates": "enums",
    "AutomationRunActions": "enums",
    "AutomationStatus": "enums",
    "DivisionRole": "enums",
    "FileStorageType": "enums",
    "ImportExportState": "enums",
    "PartSize": "enums",
    "TaskStatus": "enums",
    "TransferState": "enums",
    "VolumeAccessMode": "enums",
    "VolumeType": "enums",
    "File": "models.file",
    "Invoice": "models.invoice",
    "Marker": "models.marker",
    "Member": "models.member",
    "Permissions": "models.member",
    "Project": "models.project",
    "RateLimit": "models.rate_limit",
    "Export": "models.storage_export",
    "Import": "models.storage_import",
    "Task": "models.task",
    "Team": "models.team",
    "TeamMember": "models.team_member",
    "User": "models.user",
    "Volume": "models.volume",
    "VolumeObject": "models.volume",
}

__all__ = sorted(_MODULES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]
