"""The switches of the platform: what its service does in tests and lessons, and how long things take there."""

from omicsdk.sandbox.sb.stores.upload_parts import LEAST_PART, MOST_PARTS
from omicsdk.sandbox.state.settings import Setting

SETTINGS = (
    Setting("sb.maintenance", False, "whether the platform is being maintained and answers 503 with code 0"),
    Setting("sb.rate_limit", 1_000_000, "how many requests a token has in each period"),
    Setting("sb.rate_seconds", 300, "how long such a period is, in seconds"),
    Setting("sb.advance_access", False, "whether operations in advance access are refused without their header"),
    Setting("sb.queue_seconds", 0.5, "how long imports and exports wait for their turn, in seconds"),
    Setting("sb.transfer_seconds", 0.5, "how long an import or export takes, in seconds"),
    Setting("sb.url_seconds", 3600, "for how long URLs of downloads are good, in seconds"),
    Setting("sb.part_url_seconds", 3600, "for how long URLs of an upload's parts are good, in seconds"),
    Setting("sb.part_header", "", "a header that has to come with a part, as `name: value`; empty for none"),
    Setting("sb.part_least", LEAST_PART, "the smallest part of an upload but the last, in bytes"),
    Setting("sb.parts_most", MOST_PARTS, "how many parts an upload has at most; the size of parts is raised for it"),
    Setting("sb.file_job_seconds", 1.0, "how long a job on files takes, in seconds"),
    Setting("sb.task_queue_seconds", 0.5, "how long a task waits for its turn, in seconds"),
    Setting("sb.task_seconds", 1.0, "how long a task runs, in seconds"),
    Setting("sb.failing_tasks", "", "names of tasks and runs that fail, as patterns divided by commas; * for all"),
    Setting("sb.tool_seconds", 60, "how long a tool may run where tools are run, in seconds of real time"),
    Setting("sb.run_queue_seconds", 0.5, "how long a run of an automation waits for its turn, in seconds"),
    Setting("sb.run_seconds", 1.0, "how long a run of an automation takes, in seconds"),
)
