"""pangea-api 0.9.24: its modules and public names, over `omicsdk.pangea`."""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
