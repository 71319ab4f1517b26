"""Seven Bridges and the Cancer Genomics Cloud: `Api`, with the names of sevenbridges-python."""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
