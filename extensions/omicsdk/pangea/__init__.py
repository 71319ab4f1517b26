"""Pangea: `Knex` and its objects with the names of the published client, `Pangea` and `AsyncPangea` typed."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.pangea.analysis_result import AnalysisResult as AnalysisResult
    from omicsdk.pangea.analysis_result import SampleAnalysisResult as SampleAnalysisResult
    from omicsdk.pangea.analysis_result import SampleGroupAnalysisResult as SampleGroupAnalysisResult
    from omicsdk.pangea.buckets import S3ApiKey as S3ApiKey
    from omicsdk.pangea.buckets import S3Bucket as S3Bucket
    from omicsdk.pangea.cache import FileSystemCache as FileSystemCache
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
    from omicsdk.pangea.field import AnalysisResultField as AnalysisResultField
    from omicsdk.pangea.field import SampleAnalysisResultField as SampleAnalysisResultField
    from omicsdk.pangea.field import SampleGroupAnalysisResultField as SampleGroupAnalysisResultField
    from omicsdk.pangea.knex import Knex as Knex
    from omicsdk.pangea.organization import Organization as Organization
    from omicsdk.pangea.pages import paginated_iterator as paginated_iterator
    from omicsdk.pangea.pipeline import Pipeline as Pipeline
    from omicsdk.pangea.pipeline import PipelineModule as PipelineModule
    from omicsdk.pangea.project import Project as Project
    from omicsdk.pangea.remote_object import RemoteObject as RemoteObject
    from omicsdk.pangea.sample import Sample as Sample
    from omicsdk.pangea.sample_group import SampleGroup as SampleGroup
    from omicsdk.pangea.searching import search as search
    from omicsdk.pangea.tagging import Tag as Tag
    from omicsdk.pangea.tagging import get_tags_for_sample as get_tags_for_sample
    from omicsdk.pangea.user import User as User
    from omicsdk.pangea.work_orders import GroupWorkOrder as GroupWorkOrder
    from omicsdk.pangea.work_orders import GroupWorkOrderProto as GroupWorkOrderProto
    from omicsdk.pangea.work_orders import JobOrder as JobOrder
    from omicsdk.pangea.work_orders import WorkOrder as WorkOrder
    from omicsdk.pangea.work_orders import WorkOrderProto as WorkOrderProto

_HOMES = {
    "AnalysisResult": "analysis_result",
    "AnalysisResultField": "field",
    "AsyncPangea": "client",
    "FileSystemCache": "cache",
    "GroupWorkOrder": "work_orders",
    "GroupWorkOrderProto": "work_orders",
    "JobOrder": "work_orders",
    "Knex": "knex",
    "Organization": "organization",
    "Pangea": "client",
    "PangeaForbiddenError": "errors",
    "PangeaGeneralError": "errors",
    "PangeaInternalError": "errors",
    "PangeaLoginError": "errors",
    "PangeaNotFoundError": "errors",
    "PangeaOtherError": "errors",
    "Pipeline": "pipeline",
    "PipelineModule": "pipeline",
    "Project": "project",
    "RemoteObject": "remote_object",
    "RemoteObjectError": "errors",
    "RemoteObjectOverwriteError": "errors",
    "S3ApiKey": "buckets",
    "S3Bucket": "buckets",
    "Sample": "sample",
    "SampleAnalysisResult": "analysis_result",
    "SampleAnalysisResultField": "field",
    "SampleGroup": "sample_group",
    "SampleGroupAnalysisResult": "analysis_result",
    "SampleGroupAnalysisResultField": "field",
    "Tag": "tagging",
    "User": "user",
    "WorkOrder": "work_orders",
    "WorkOrderProto": "work_orders",
    "get_tags_for_sample": "tagging",
    "paginated_iterator": "pages",
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


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.pangea' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.pangea.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
