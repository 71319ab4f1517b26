"""The members that are examined for an object of each class."""

_RESOURCES = "href id name"

MEMBERS = {
    "AnalysisCost": "currency amount breakdown",
    "AnalysisCostBreakdown": "storage computation data_transfer_in",
    "App": "href project name revision raw id",
    "AsyncFileBulkRecord": "error resource valid",
    "AsyncJob": "href id type state result total_files failed_files completed_files started_on finished_on",
    "Automation": (
        "href id name description billing_group owner created_by created_on modified_by modified_on archived"
        " secret_settings memory_limit project_based"
    ),
    "AutomationMember": "href id username email type name permissions",
    "AutomationPackage": (
        "id automation version location schema created_by created_on archived custom_url memory_limit python"
    ),
    "AutomationRun": (
        "href id name inputs outputs settings created_on start_time end_time resumed_from created_by status message"
        " execution_details memory_limit project_id"
    ),
    "BatchGroup": "value fields",
    "BillingGroup": "href id owner name type pending disabled balance",
    "BillingGroupAnalysisBreakdown": (
        "project_name analysis_app_name analysis_name analysis_type analysis_id ran_by analysis_status analysis_cost"
        " refunded_amount time_started time_finished project_locked"
    ),
    "BillingGroupEgressBreakdown": "project_name downloaded_by downloaded egress_cost project_locked",
    "BillingGroupStorageBreakdown": "project_name project_created_by location active archived project_locked",
    "Breakdown": "storage computation data_transfer",
    "DRSImportBulk": "id href result state started_on finished_on",
    "Dataset": f"{_RESOURCES} description",
    "Disk": "size unit type",
    "Division": _RESOURCES,
    "DownloadInfo": "url",
    "EgressCost": "currency amount",
    "Endpoints": (
        "rate_limit_url user_url users_url billing_url projects_url files_url tasks_url apps_url action_url upload_url"
    ),
    "Error": "status code message more_info",
    "ExecutionDetails": "href start_time end_time status message jobs",
    "ExecutionStatus": (
        "steps_completed steps_total message message_code queued running completed failed aborted system_limit"
        " account_limit instance_init queued_duration running_duration execution_duration duration"
    ),
    "Export": "href id state destination started_on finished_on overwrite error properties",
    "ExportBulkRecord": "error resource valid",
    "File": ("href id type name size parent project created_on modified_on origin storage metadata tags"),
    "FileBulkRecord": "error resource valid",
    "FileImportResult": "error resource",
    "FileOrigin": "task",
    "FileStorage": "type volume location",
    "Import": (
        "href id state preserve_folder_structure autorename source destination started_on finished_on overwrite error"
    ),
    "ImportBulkRecord": "error resource valid",
    "ImportDestination": "project parent name",
    "Instance": "id type provider disk",
    "Invoice": "href id pending analysis_costs storage_costs total invoice_period",
    "InvoicePeriod": "from_ to",
    "Job": "name start_time end_time status command_line retried instance docker logs",
    "JobDocker": "checksum",
    "Marker": f"{_RESOURCES} file chromosome position created_time created_by",
    "Measurement": "size unit cost",
    "Member": "href id username email type permissions",
    "Price": "currency amount breakdown",
    "Project": (
        "href id name billing_group description type tags settings root_folder created_by created_on modified_on category"
    ),
    "Rate": "limit",
    "RateLimit": "rate instance_limit",
    "SearchResponse": "count cont_token result_set",
    "StorageCost": "amount currency",
    "Task": (
        "href id name status description project app type created_by executed_by start_time created_time end_time"
        " batch batch_by batch_group batch_input parent execution_status errors warnings price inputs outputs"
        " execution_settings output_location use_interruptible_instances origin"
    ),
    "TaskBulkRecord": "error resource valid",
    "Team": _RESOURCES,
    "TeamMember": "href id username role",
    "User": "href username email first_name last_name affiliation phone address state country zip_code city role",
    "Volume": f"{_RESOURCES} description access_mode service created_on modified_on active",
    "VolumeFile": "volume location",
    "VolumeObject": "href location volume type metadata",
    "VolumePrefix": "href prefix volume",
}
