"""What `omics gen3 jobs` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.gen3.jobs import Job, JobOutput


def ls(access: Access, arguments: Mapping[str, Any], console: Console) -> list[Job]:
    """`omics gen3 jobs ls`: the user's jobs, as rows."""
    del arguments, console
    return access.logged_in.list_jobs()


def run(access: Access, arguments: Mapping[str, Any], console: Console) -> Job | JobOutput:
    """`omics gen3 jobs run`: the job, or what it wrote."""
    name: str = arguments["name"]
    given: dict[str, Any] = arguments.get("input") or {}
    if not arguments.get("wait"):
        return access.logged_in.start_job(name, given)
    console.message(f"waiting for {name}; Ctrl-C ends the wait, and the job goes on")
    return access.logged_in.run_job(name, given)


def status(access: Access, arguments: Mapping[str, Any], console: Console) -> Job:
    """`omics gen3 jobs status`: the job's state."""
    del console
    return access.logged_in.job_status(arguments["job_id"])


def output(access: Access, arguments: Mapping[str, Any], console: Console) -> JobOutput:
    """`omics gen3 jobs output`: what the job has written."""
    del console
    return access.logged_in.job_output(arguments["job_id"])
