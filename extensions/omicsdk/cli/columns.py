"""Columns of the tables of operations."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Columns of tables by the schema of an item, the most important first; the others follow.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "App": ("id", "name", "revision", "project"),
    "AutomationRun": ("id", "name", "status", "automation", "created_by", "start_time"),
    "BillingGroupAnalysisBreakdown": ("project_name", "analysis_name", "analysis_status", "analysis_cost"),
    "Export": ("id", "state", "source", "destination", "error"),
    "File": ("id", "name", "type", "size", "modified_on"),
    "Import": ("id", "state", "source", "destination", "error"),
    "Member": ("username", "email", "type", "permissions"),
    "OutputInfo": ("did", "file_name", "size", "hashes", "updated_date"),
    "PangeaUser": ("uuid", "name", "email", "is_active"),
    "Project": ("id", "uuid", "slug", "name", "description", "created_by", "created_on"),
    "S3ApiKey": ("uuid", "description", "bucket", "created_at"),
    "Sample": ("uuid", "name", "library", "created_at"),
    "SampleAnalysisResult": ("uuid", "module_name", "replicate", "sample", "created_at"),
    "SampleGroup": ("uuid", "name", "is_library", "is_public", "organization", "created_at"),
    "SampleGroupAnalysisResult": ("uuid", "module_name", "replicate", "sample_group", "created_at"),
    "SearchHit": ("bundle_fqid", "search_score", "bundle_url"),
    "Status": ("dataset", "stage", "state", "note", "hostname"),
    "Task": ("id", "name", "status", "app", "created_by", "start_time", "end_time"),
    "User": ("id", "username", "email", "first_name", "last_name", "role"),
    "VolumeObject": ("location", "type", "volume"),
}
