"""Seven Bridges and the Cancer Genomics Cloud: `Api`, with the names of sevenbridges-python."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api as Api
    from omicsdk.compat.sevenbridges.config import Config as Config
    from omicsdk.compat.sevenbridges.enums import AppCopyStrategy as AppCopyStrategy
    from omicsdk.compat.sevenbridges.enums import AppRawFormat as AppRawFormat
    from omicsdk.compat.sevenbridges.enums import AsyncFileOperations as AsyncFileOperations
    from omicsdk.compat.sevenbridges.enums import AsyncJobStates as AsyncJobStates
    from omicsdk.compat.sevenbridges.enums import AutomationRunActions as AutomationRunActions
    from omicsdk.compat.sevenbridges.enums import AutomationStatus as AutomationStatus
    from omicsdk.compat.sevenbridges.enums import DivisionRole as DivisionRole
    from omicsdk.compat.sevenbridges.enums import FileStorageType as FileStorageType
    from omicsdk.compat.sevenbridges.enums import ImportExportState as ImportExportState
    from omicsdk.compat.sevenbridges.enums import PartSize as PartSize
    from omicsdk.compat.sevenbridges.enums import TaskStatus as TaskStatus
    from omicsdk.compat.sevenbridges.enums import TransferState as TransferState
    from omicsdk.compat.sevenbridges.enums import VolumeAccessMode as VolumeAccessMode
    from omicsdk.compat.sevenbridges.enums import VolumeType as VolumeType
    from omicsdk.compat.sevenbridges.errors import BadRequest as BadRequest
    from omicsdk.compat.sevenbridges.errors import Conflict as Conflict
    from omicsdk.compat.sevenbridges.errors import ExecutionDetailsInvalidTaskType as ExecutionDetailsInvalidTaskType
    from omicsdk.compat.sevenbridges.errors import Forbidden as Forbidden
    from omicsdk.compat.sevenbridges.errors import LocalFileAlreadyExists as LocalFileAlreadyExists
    from omicsdk.compat.sevenbridges.errors import MethodNotAllowed as MethodNotAllowed
    from omicsdk.compat.sevenbridges.errors import NotFound as NotFound
    from omicsdk.compat.sevenbridges.errors import PaginationError as PaginationError
    from omicsdk.compat.sevenbridges.errors import ReadOnlyPropertyError as ReadOnlyPropertyError
    from omicsdk.compat.sevenbridges.errors import RequestTimeout as RequestTimeout
    from omicsdk.compat.sevenbridges.errors import ResourceNotModified as ResourceNotModified
    from omicsdk.compat.sevenbridges.errors import SbgError as SbgError
    from omicsdk.compat.sevenbridges.errors import ServerError as ServerError
    from omicsdk.compat.sevenbridges.errors import ServiceUnavailable as ServiceUnavailable
    from omicsdk.compat.sevenbridges.errors import TaskValidationError as TaskValidationError
    from omicsdk.compat.sevenbridges.errors import TooManyRequests as TooManyRequests
    from omicsdk.compat.sevenbridges.errors import Unauthorized as Unauthorized
    from omicsdk.compat.sevenbridges.errors import ValidationError as ValidationError
    from omicsdk.compat.sevenbridges.models.app import App as App
    from omicsdk.compat.sevenbridges.models.async_jobs import AsyncJob as AsyncJob
    from omicsdk.compat.sevenbridges.models.automation import Automation as Automation
    from omicsdk.compat.sevenbridges.models.automation import AutomationMember as AutomationMember
    from omicsdk.compat.sevenbridges.models.automation import AutomationPackage as AutomationPackage
    from omicsdk.compat.sevenbridges.models.automation import AutomationRun as AutomationRun
    from omicsdk.compat.sevenbridges.models.billing_group import BillingGroup as BillingGroup
    from omicsdk.compat.sevenbridges.models.bulk import BulkRecord as BulkRecord
    from omicsdk.compat.sevenbridges.models.dataset import Dataset as Dataset
    from omicsdk.compat.sevenbridges.models.division import Division as Division
    from omicsdk.compat.sevenbridges.models.drs_import import DRSImportBulk as DRSImportBulk
    from omicsdk.compat.sevenbridges.models.endpoints import Endpoints as Endpoints
    from omicsdk.compat.sevenbridges.models.file import File as File
    from omicsdk.compat.sevenbridges.models.invoice import Invoice as Invoice
    from omicsdk.compat.sevenbridges.models.marker import Marker as Marker
    from omicsdk.compat.sevenbridges.models.member import Member as Member
    from omicsdk.compat.sevenbridges.models.member import Permissions as Permissions
    from omicsdk.compat.sevenbridges.models.project import Project as Project
    from omicsdk.compat.sevenbridges.models.rate_limit import RateLimit as RateLimit
    from omicsdk.compat.sevenbridges.models.storage_export import Export as Export
    from omicsdk.compat.sevenbridges.models.storage_import import Import as Import
    from omicsdk.compat.sevenbridges.models.task import Task as Task
    from omicsdk.compat.sevenbridges.models.team import Team as Team
    from omicsdk.compat.sevenbridges.models.team_member import TeamMember as TeamMember
    from omicsdk.compat.sevenbridges.models.user import User as User
    from omicsdk.compat.sevenbridges.models.volume import Volume as Volume
    from omicsdk.compat.sevenbridges.models.volume import VolumeObject as VolumeObject
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "api": "Api",
            "config": "Config",
            "errors": (
                "BadRequest Conflict ExecutionDetailsInvalidTaskType Forbidden LocalFileAlreadyExists "
                "MethodNotAllowed NotFound PaginationError ReadOnlyPropertyError RequestTimeout "
                "ResourceNotModified SbgError ServerError ServiceUnavailable TaskValidationError TooManyRequests "
                "Unauthorized ValidationError"
            ),
            "models.app": "App",
            "models.async_jobs": "AsyncJob",
            "models.automation": "Automation AutomationMember AutomationPackage AutomationRun",
            "models.billing_group": "BillingGroup",
            "models.bulk": "BulkRecord",
            "models.dataset": "Dataset",
            "models.division": "Division",
            "models.drs_import": "DRSImportBulk",
            "models.endpoints": "Endpoints",
            "enums": (
                "AppCopyStrategy AppRawFormat AsyncFileOperations AsyncJobStates AutomationRunActions "
                "AutomationStatus DivisionRole FileStorageType ImportExportState PartSize TaskStatus "
                "TransferState VolumeAccessMode VolumeType"
            ),
            "models.file": "File",
            "models.invoice": "Invoice",
            "models.marker": "Marker",
            "models.member": "Member Permissions",
            "models.project": "Project",
            "models.rate_limit": "RateLimit",
            "models.storage_export": "Export",
            "models.storage_import": "Import",
            "models.task": "Task",
            "models.team": "Team",
            "models.team_member": "TeamMember",
            "models.user": "User",
            "models.volume": "Volume VolumeObject",
        },
    )
