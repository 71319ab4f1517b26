"""Seven Bridges' commands."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from omicsdk import SevenBridges
from omicsdk.cli.catalog import LIMIT
from omicsdk.cli.commands.sb import files, projects, results, storage, tasks
from omicsdk.cli.commands.values import file_or_stdout
from omicsdk.cli.index import Entry
from omicsdk.sb import apps, downloads, moves
from omicsdk.sb import metadata as edits
from omicsdk.sb.paths import project_id

_P = "sb://me/my-project"
_APP = "me/my-project/bwa"
_BUCKET = "me/my_bucket"
_TASK = "5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11"
_JOB = "8ZGCyHGcDBiBqwpvrYTFXYZb7Ie6KVqQ"
# Functions that document what the commands of a group have in common.
_DOCUMENTED = {
    "files": (edits.tag, moves.delete, files.get_file),
    "tasks": (tasks.abort, tasks.update, tasks.run, projects.get_app),
    "projects": (projects.get_project,),
    "members": (projects.get_project, projects.allow_members, projects.members),
    "apps": (projects.get_app,),
    "volumes": (storage.get_volume, storage.create_volume),
    "imports": (storage.start_imports,),
    "exports": (storage.start_imports,),
    "manifest": (edits.tag,),
}
_JOBS = ("id", "state", "from", "to", "error")
_TASKS = ("id", "name", "status", "created_time", "app")
_COLUMNS = {
    "volumes ls": ("location", "size", "id", "type", "bucket", "prefix", "access_mode"),
    **{f"tasks {word}": _TASKS for word in ("ls", "run", "wait", "abort")},
    **{f"{noun} {word}": _JOBS for noun in ("imports", "exports") for word in ("ls", "create", "wait")},
}


def _command(command: str, function: Callable[..., Any], *examples: str, **more: Any) -> Entry:
    """An entry with the checks, columns, confirmation and documentation that these commands have in common."""
    checks = {"project": project_id} if "project" in signature(function).parameters else {}
    return Entry(
        command,
        function,
        checks=checks | more.pop("checks", {}),
        columns=_COLUMNS.get(command, ()),
        asks=command.endswith(" rm"),
        examples=examples,
        like=_DOCUMENTED[command.partition(" ")[0]],
        **more,
    )


def _list(command: str, function: Callable[..., Any], *examples: str) -> Entry:
    return _command(command, function, *examples, options=(LIMIT,))


_TIMEOUT = {"timeout": "--timeout-seconds"}
_TAGS = {"tags": "--tag"}
_READS = f"{_P}/reads/"
_BAM = f"{_P}/a.bam"
_RUN = f"--app {_APP} --project me/my-project"
_QUERY = """'IN "me/my-project" WHERE metadata.sample_id = "S1"'"""

FILES = (
    _list(
        "files ls", files.list_files, f"{_P}/", f"{_READS} --recursive", f"{_P}/ --metadata sample_id=S1 --output tsv"
    ),
    _command("files get", files.get_file, _BAM),
    _command("files cat", files.print_files, f"{_P}/notes.txt", f"{_P}/a.fastq.gz | zcat | head"),
    _command(
        "files cp",
        moves.copy,
        f"{_BAM} sb://me/other/",
        f"{_BAM} {_P}/b.bam",
        f"-r {_P}/reads sb://me/other/",
        flags=_TIMEOUT,
    ),
    _command("files mv", moves.move, f"{_BAM} {_P}/b.bam", f"{_BAM} {_P}/old/", flags=_TIMEOUT),
    _command("files rm", files.remove_files, f"{_BAM} {_P}/b.bam", f"--recursive --dry-run {_P}/old/", flags=_TIMEOUT),
    _command("files mkdir", moves.make_folders, f"--parents {_P}/reads/run1", synonyms=("files create",)),
    _command(
        "files update", files.update_file, f"{_BAM} --name b.bam", f"""{_BAM} --metadata '{{"sample_id": "S1"}}'"""
    ),
    _command("files tag", edits.tag, f"{_BAM} --add checked hg38 --remove new", f"{_READS} --recursive --set raw"),
    _command(
        "files metadata",
        files.metadata,
        _BAM,
        f"{_BAM} --set sample_id=S1 'disease_type=Lung Cancer' --unset note",
        f"{_READS} --recursive --set library_id=L7 --dry-run",
        render=results.rows_or_data,
    ),
    _list("files search", files.search_files, _QUERY),
    _command(
        "files upload",
        files.upload,
        f"a.bam {_P}/",
        f"a.bam {_P}/renamed.bam",
        f"reads/ {_P}/reads/",
        title="Upload of",
    ),
    _command(
        "files download",
        downloads.download,
        _BAM,
        f"{_READS} --download-dir reads",
        positional=("what",),
        flags={"what": "paths", "folder": "--download-dir"},
        title="Download of",
    ),
)

TASKS = (
    _list("tasks ls", tasks.list_tasks, "--project me/my-project --status RUNNING"),
    Entry("tasks get", None, operation="get-task", positional=("task_id",), examples=(_TASK,)),
    Entry(
        "tasks create",
        SevenBridges.create_task,
        positional=(),
        checks={"project": project_id},
        switches=("interruptible",),
        examples=(f"--name test {_RUN} --inputs @inputs.json",),
    ),
    _command(
        "tasks run",
        tasks.run,
        f"{_RUN} --input reads={_P}/a.fastq threads=4",
        f"{_RUN} --inputs @inputs.json --wait",
        _TASK,
    ),
    _command("tasks clone", tasks.clone, f"{_TASK} --wait", f"{_TASK} --name again --input threads=8"),
    _command("tasks update", tasks.update, f"{_TASK} --name again --input threads=8"),
    _command("tasks wait", tasks.wait, f"{_TASK} --timeout-seconds 7200"),
    _command(
        "tasks logs",
        tasks.logs,
        _TASK,
        f"{_TASK} --log std.err",
        f"{_TASK} --download-dir logs",
        hidden=("dry_run",),
        title="Download of logs of",
        render=tasks.shown_logs,
    ),
    _command("tasks abort", tasks.abort, _TASK),
    _command("tasks rm", tasks.remove, f"{_TASK} --dry-run"),
)

PROJECTS = (
    _list("projects ls", projects.list_projects, "", "--owner me --tag pilot"),
    _command("projects get", projects.get_project, "me/my-project"),
    _command("projects create", projects.create_project, "'My project' --tag hg38", flags=_TAGS),
    _command(
        "projects update", projects.update_project, "me/my-project --name 'My pilot' --tag hg38 pilot", flags=_TAGS
    ),
    _command("projects rm", projects.remove_projects, "me/old-project --dry-run"),
    _command(
        "projects members",
        projects.members,
        "me/my-project",
        "me/my-project --add ann bob --permissions read copy",
        "me/my-project --remove bob",
    ),
    _list("members ls", projects.list_members, "me/my-project"),
    _command("members get", projects.get_member, "me/my-project ann"),
    _command(
        "members create",
        projects.allow_members,
        "me/my-project ann bob --permissions read copy",
        synonyms=("members update",),
    ),
    _command("members rm", projects.remove_members, "me/my-project bob"),
    _list("apps ls", projects.list_apps, "--project me/my-project", "--visibility public --search bwa"),
    _command("apps get", projects.get_app, f"{_APP} > bwa.cwl", "admin/sbg-public-data/bwa-mem-bundle/3"),
    _command(
        "apps create",
        projects.install_app,
        f"bwa.cwl {_APP} --note 'more memory'",
        f"bwa.cwl {_APP} --dry-run",
        synonyms=("apps install", "apps update"),
    ),
    _command("apps cp", apps.copy_app, "admin/sbg-public-data/bwa-mem me/my-project", synonyms=("apps copy",)),
)

STORAGE = (
    _list("volumes ls", storage.list_volumes, "", f"{_BUCKET} --prefix reads/"),
    _command("volumes get", storage.get_volume, _BUCKET),
    _command(
        "volumes create",
        storage.create_volume,
        "my_bucket --service @service.json --access-mode RW",
        required=("service",),
    ),
    _command("volumes update", storage.update_volume, f"{_BUCKET} --access-mode RO", f"{_BUCKET} --deactivate"),
    _command("volumes rm", storage.remove_volume, f"{_BUCKET} --dry-run"),
    _list("imports ls", storage.list_imports, f"--volume {_BUCKET} --state FAILED"),
    Entry("imports get", None, operation="get-import", positional=("import_id",), examples=(_JOB,)),
    _command(
        "imports create",
        storage.start_imports,
        f"reads/a.fastq {_READS} --volume {_BUCKET}",
        f"reads/ {_P}/ --volume {_BUCKET} --wait",
        "--manifest imports.tsv --wait",
        synonyms=("imports start",),
    ),
    _command("imports wait", storage.wait_for_imports, _JOB),
    _list("exports ls", storage.list_exports, "--state RUNNING"),
    Entry("exports get", None, operation="get-export", positional=("export_id",), examples=(_JOB,)),
    _command(
        "exports create",
        storage.start_exports,
        f"{_BAM} --volume {_BUCKET} --to results/",
        f"{_READS} --recursive --volume {_BUCKET} --copy-only --wait",
        "--manifest exports.tsv --wait",
        synonyms=("exports start",),
    ),
    _command("exports wait", storage.wait_for_exports, _JOB),
    _command(
        "manifest export",
        files.export,
        f"{_P}/ --recursive --file files.tsv",
        checks={"file": file_or_stdout},
        render=results.rows_or_data,
    ),
    _command("manifest import", files.import_, "files.tsv --dry-run", "files.tsv"),
)

READS = (
    *("files ls", "files get", "files cat", "files search", "files download", "tasks ls", "tasks wait", "tasks logs"),
    *("projects ls", "projects get", "members ls", "members get", "apps ls", "apps get", "volumes ls", "volumes get"),
    *("imports ls", "imports wait", "exports ls", "exports wait", "manifest export"),
)
WRITES = (
    *("files cp", "files mv", "files rm", "files mkdir", "files update", "files tag", "files metadata", "files upload"),
    *("tasks create", "tasks run", "tasks clone", "tasks update", "tasks abort", "tasks rm", "projects create"),
    *("projects update", "projects rm", "projects members", "members create", "members rm", "apps create", "apps cp"),
    *("volumes create", "volumes update", "volumes rm", "imports create", "exports create", "manifest import"),
)
COMMANDS = (*FILES, *TASKS, *PROJECTS, *STORAGE)
