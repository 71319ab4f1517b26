"""pangea-api 0.9.24: its modules and public names, over `omicsdk.pangea`."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.analysis_result import SampleAnalysisResult as SampleAnalysisResult
    from omicsdk.compat.pangea_api.analysis_result import SampleAnalysisResultField as SampleAnalysisResultField
    from omicsdk.compat.pangea_api.analysis_result import SampleGroupAnalysisResult as SampleGroupAnalysisResult
    from omicsdk.compat.pangea_api.analysis_result import (
        SampleGroupAnalysisResultField as SampleGroupAnalysisResultField,
    )
    from omicsdk.compat.pangea_api.knex import Knex as Knex
    from omicsdk.compat.pangea_api.knex import PangeaForbiddenError as PangeaForbiddenError
    from omicsdk.compat.pangea_api.knex import PangeaGeneralError as PangeaGeneralError
    from omicsdk.compat.pangea_api.knex import PangeaInternalError as PangeaInternalError
    from omicsdk.compat.pangea_api.knex import PangeaNotFoundError as PangeaNotFoundError
    from omicsdk.compat.pangea_api.knex import PangeaOtherError as PangeaOtherError
    from omicsdk.compat.pangea_api.organization import Organization as Organization
    from omicsdk.compat.pangea_api.pipeline import Pipeline as Pipeline
    from omicsdk.compat.pangea_api.pipeline import PipelineModule as PipelineModule
    from omicsdk.compat.pangea_api.remote_object import RemoteObjectError as RemoteObjectError
    from omicsdk.compat.pangea_api.remote_object import RemoteObjectOverwriteError as RemoteObjectOverwriteError
    from omicsdk.compat.pangea_api.sample import Sample as Sample
    from omicsdk.compat.pangea_api.sample_group import SampleGroup as SampleGroup
    from omicsdk.compat.pangea_api.user import User as User
    from omicsdk.compat.pangea_api.work_orders import GroupWorkOrder as GroupWorkOrder
    from omicsdk.compat.pangea_api.work_orders import GroupWorkOrderProto as GroupWorkOrderProto
    from omicsdk.compat.pangea_api.work_orders import JobOrder as JobOrder
    from omicsdk.compat.pangea_api.work_orders import WorkOrder as WorkOrder
    from omicsdk.compat.pangea_api.work_orders import WorkOrderProto as WorkOrderProto
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "analysis_result": "SampleAnalysisResult SampleAnalysisResultField SampleGroupAnalysisResult SampleGroupAnalysisResultField",
            "knex": "Knex PangeaForbiddenError PangeaGeneralError PangeaInternalError PangeaNotFoundError PangeaOtherError",
            "organization": "Organization",
            "pipeline": "Pipeline PipelineModule",
            "remote_object": "RemoteObjectError RemoteObjectOverwriteError",
            "sample": "Sample",
            "sample_group": "SampleGroup",
            "user": "User",
            "work_orders": "GroupWorkOrder GroupWorkOrderProto JobOrder WorkOrder WorkOrderProto",
        },
    )
