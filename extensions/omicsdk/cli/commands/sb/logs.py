"""The logs of tasks: which there are, what they say, and copies of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.file import File
    from omicsdk.sb.models.task import Task


class Log(NamedTuple):
    """A log of a job of a task.

    Attributes:
        task: The task's id.
        job: The job's name.
        status: The job's.
        name: The log's name; empty for a job without logs.
        file: Where it is; None for a job without logs.
    """

    task: str
    job: str
    status: str | None
    name: str
    file: File | None

    @property
    def row(self) -> dict[str, Any]:
        """It for people."""
        return {
            "job": self.job,
            "status": self.status,
            "log": self.name or None,
            "id": None if self.file is None else self.file.field("id"),
            "task": self.task,
        }


def chosen_logs(task: Task, job: str | None, name: str | None) -> Iterator[Log]:
    """The logs of a task.

    Args:
        task: The task, which is no batch.
        job: Only of this job.
        name: Only of this name; what stands before its last dots and dashes may be left out.
    """
    for each in task.get_execution_details().jobs or ():
        called = str(each.field("name"))
        if job not in (None, called):
            continue
        names = [key for key in each.logs or () if name is None or _fits(key, name)]
        for key in names:
            yield Log(str(task.id), called, each.field("status"), key, each.logs[key])
        if not names and name is None:
            yield Log(str(task.id), called, each.field("status"), "", None)


def printed(found: list[Log]) -> Told:
    """What logs say, each below a line with its name where there are several.

    Args:
        found: The logs.
    """
    texts = [(log, "" if log.file is None else log.file.content()) for log in found]
    lines = [
        text.rstrip("\n") if len(texts) == 1 else f"==> {log.job}: {log.name} <==\n{text.rstrip(chr(10))}\n"
        for log, text in texts
    ]
    return Told("\n".join(lines).rstrip("\n"), [{**log.row, "text": text} for log, text in texts])


def downloaded(api: Api, found: list[Log], arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """Copies logs into a folder, one below it for each job.

    Args:
        api: The platform.
        found: The logs.
        arguments: Those of the command.
        console: Where failures are told.
    """
    from omicsdk.cli.commands.sb.downloads import Wanted, moved_down

    several = len({log.task for log in found}) > 1
    wanted = [
        Wanted(log.file, (*((log.task,) if several else ()), log.job, log.name))
        for log in found
        if log.file is not None
    ]
    what = " ".join(sorted({log.task for log in found}))
    return moved_down(api, wanted, Path(arguments["download_dir"]), arguments, console, what)


def _fits(key: str, name: str) -> bool:
    return key == name or key.endswith((f".{name}", f"-{name}", f"_{name}"))
