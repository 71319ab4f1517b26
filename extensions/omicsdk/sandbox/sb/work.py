"""What people work with on the platform: files, uploads, apps, tasks, automations; who answers which operation."""

from collections.abc import Callable

from omicsdk.sandbox.sb.automations import operations as automations
from omicsdk.sandbox.sb.automations import packages
from omicsdk.sandbox.sb.automations import runs as automation_runs
from omicsdk.sandbox.sb.files import bulk, jobs, search, single, uploads
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.upload_parts import LEAST_PART, MOST_PARTS
from omicsdk.sandbox.sb.tasks import apps
from omicsdk.sandbox.sb.tasks import operations as tasks
from omicsdk.sandbox.sb.tasks import runs as task_runs
from omicsdk.sandbox.service import Reply
from omicsdk.sandbox.state.settings import Setting

WORK_HANDLERS: tuple[Callable[..., Reply], ...] = tuple(
    function
    for module in (
        single,
        search,
        bulk,
        jobs,
        uploads,
        apps,
        tasks,
        automations,
        packages,
        automation_runs,
    )
    for function in module.HANDLERS
)
SETTINGS = (
    Setting("sb.url_seconds", 3600, "for how long URLs of downloads are good, in seconds"),
    Setting("sb.part_url_seconds", 3600, "for how long URLs of an upload's parts are good, in seconds"),
    Setting("sb.part_header", "", "a header that has to come with a part, as `name: value`; empty for none"),
    Setting("sb.part_least", LEAST_PART, "the smallest part of an upload but the last, in bytes"),
    Setting("sb.parts_most", MOST_PARTS, "how many parts an upload has at most; the size of parts is raised for it"),
    Setting("sb.file_job_seconds", 1.0, "how long a job on files takes, in seconds"),
    Setting("sb.task_queue_seconds", 0.5, "how long a task waits for its turn, in seconds"),
    Setting("sb.task_seconds", 1.0, "how long a task runs, in seconds"),
    Setting("sb.failing_tasks", "", "names of tasks and runs that fail, as patterns divided by commas; * for all"),
    Setting("sb.run_tools", True, "whether cwltool, where it is installed, runs the tools of tasks"),
    Setting("sb.tool_seconds", 60, "how long such a tool may run, in seconds of real time"),
    Setting("sb.run_queue_seconds", 0.5, "how long a run of an automation waits for its turn, in seconds"),
    Setting("sb.run_seconds", 1.0, "how long a run of an automation takes, in seconds"),
)


def attach(sb: Sb) -> None:
    """Makes the switches known, and says what to do when the time of a job, task or run has come."""
    sb.grounds.settings.declare(*SETTINGS)
    for module in (jobs, task_runs, automation_runs):
        module.attach(sb)


def project_gone(sb: Sb, project: str) -> None:
    """Forgets the apps, tasks and uploads of a project that was deleted; its files are dropped by whoever deletes it."""
    apps.drop_project(sb, project)
    task_runs.drop_project(sb, project)
    sb.work.uploads.drop_project(project)
