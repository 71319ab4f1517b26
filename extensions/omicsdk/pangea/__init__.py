"""Pangea: `Knex` and its objects with the names of the published client, `Pangea` and `AsyncPangea` typed."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.pangea.asking.cache import FileSystemCache as FileSystemCache
    from omicsdk.pangea.asking.pages import paginated_iterator as paginated_iterator
    from omicsdk.pangea.client import AsyncPangea as AsyncPangea
    from omicsdk.pangea.client import Pangea as Pangea
    from omicsdk.pangea.errors import PangeaForbiddenError as PangeaForbiddenError
    from omicsdk.pangea.errors import PangeaGeneralError as PangeaGeneralError
    from omicsdk.pangea.errors import PangeaInternalError as PangeaInternalError
    from omicsdk.pangea.errors import PangeaLoginError as PangeaLoginError
    from omicsdk.pangea.errors import PangeaNotFoundError as PangeaNotFoundError
    from omicsdk.pangea.errors import PangeaOtherError as PangeaOtherError
    from omicsdk.pangea.errors import RemoteObjectError as RemoteObjectError
    from omicsdk.pangea.errors import RemoteObjectOverwriteError as RemoteObjectOverwriteError
    from omicsdk.pangea.knex import Knex as Knex
    from omicsdk.pangea.login import PasswordLogin as PasswordLogin
    from omicsdk.pangea.objects.analysis_result import AnalysisResult as AnalysisResult
    from omicsdk.pangea.objects.analysis_result import SampleAnalysisResult as SampleAnalysisResult
    from omicsdk.pangea.objects.analysis_result import SampleGroupAnalysisResult as SampleGroupAnalysisResult
    from omicsdk.pangea.objects.buckets import S3ApiKey as S3ApiKey
    from omicsdk.pangea.objects.buckets import S3Bucket as S3Bucket
    from omicsdk.pangea.objects.field import AnalysisResultField as AnalysisResultField
    from omicsdk.pangea.objects.field import SampleAnalysisResultField as SampleAnalysisResultField
    from omicsdk.pangea.objects.field import SampleGroupAnalysisResultField as SampleGroupAnalysisResultField
    from omicsdk.pangea.objects.organization import Organization as Organization
    from omicsdk.pangea.objects.pipeline import Pipeline as Pipeline
    from omicsdk.pangea.objects.pipeline import PipelineModule as PipelineModule
    from omicsdk.pangea.objects.project import Project as Project
    from omicsdk.pangea.objects.remote_object import RemoteObject as RemoteObject
    from omicsdk.pangea.objects.sample import Sample as Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup as SampleGroup
    from omicsdk.pangea.objects.tagging import Tag as Tag
    from omicsdk.pangea.objects.tagging import get_tags_for_sample as get_tags_for_sample
    from omicsdk.pangea.objects.user import User as User
    from omicsdk.pangea.objects.work_orders import GroupWorkOrder as GroupWorkOrder
    from omicsdk.pangea.objects.work_orders import GroupWorkOrderProto as GroupWorkOrderProto
    from omicsdk.pangea.objects.work_orders import JobOrder as JobOrder
    from omicsdk.pangea.objects.work_orders import WorkOrder as WorkOrder
    from omicsdk.pangea.objects.work_orders import WorkOrderProto as WorkOrderProto
    from omicsdk.pangea.searching import search as search

_HOMES = {
    "AnalysisResult": "objects.analysis_result",
    "AnalysisResultField": "objects.field",
    "AsyncPangea": "client",
    "FileSystemCache": "asking.cache",
    "GroupWorkOrder": "objects.work_orders",
    "GroupWorkOrderProto": "objects.work_orders",
    "JobOrder": "objects.work_orders",
    "Knex": "knex",
    "Organization": "objects.organization",
    "Pangea": "client",
    "PangeaForbiddenError": "errors",
    "PangeaGeneralError": "errors",
    "PangeaInternalError": "errors",
    "PangeaLoginError": "errors",
    "PangeaNotFoundError": "errors",
    "PangeaOtherError": "errors",
    "PasswordLogin": "login",
    "Pipeline": "objects.pipeline",
    "PipelineModule": "objects.pipeline",
    "Project": "objects.project",
    "RemoteObject": "objects.remote_object",
    "RemoteObjectError": "errors",
    "RemoteObjectOverwriteError": "errors",
    "S3ApiKey": "objects.buckets",
    "S3Bucket": "objects.buckets",
    "Sample": "objects.sample",
    "SampleAnalysisResult": "objects.analysis_result",
    "SampleAnalysisResultField": "objects.field",
    "SampleGroup": "objects.sample_group",
    "SampleGroupAnalysisResult": "objects.analysis_result",
    "SampleGroupAnalysisResultField": "objects.field",
    "Tag": "objects.tagging",
    "User": "objects.user",
    "WorkOrder": "objects.work_orders",
    "WorkOrderProto": "objects.work_orders",
    "get_tags_for_sample": "objects.tagging",
    "paginated_iterator": "asking.pages",
    "search": "searching",
}
__all__ = [
    "AnalysisResult",
    "AnalysisResultField",
    "AsyncPangea",
    "FileSystemCache",
    "GroupWorkOrder",
    "GroupWorkOrderProto",
    "JobOrder",
    "Knex",
    "Organization",
    "Pangea",
    "PangeaForbiddenError",
    "PangeaGeneralError",
    "PangeaInternalError",
    "PangeaLoginError",
    "PangeaNotFoundError",
    "PangeaOtherError",
    "PasswordLogin",
    "Pipeline",
    "PipelineModule",
    "Project",
    "RemoteObject",
    "RemoteObjectError",
    "RemoteObjectOverwriteError",
    "S3ApiKey",
    "S3Bucket",
    "Sample",
    "SampleAnalysisResult",
    "SampleAnalysisResultField",
    "SampleGroup",
    "SampleGroupAnalysisResult",
    "SampleGroupAnalysisResultField",
    "Tag",
    "User",
    "WorkOrder",
    "WorkOrderProto",
    "get_tags_for_sample",
    "paginated_iterator",
    "search",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
