"""What `omics gen3 jobs` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.gen3.jobs import Gen3Jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def ls(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics gen3 jobs ls`: the user's jobs, as rows."""
    del arguments, console
    with _jobs(access) as jobs:
        return jobs.list_jobs()


def run(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 jobs run`: the job, or what it wrote."""
    name: str = arguments["name"]
    given: dict[str, Any] = arguments.get("input") or {}
    with _jobs(access) as jobs:
        if not arguments.get("wait"):
            return jobs.create_job(name, given)
        import asyncio

        console.message(f"waiting for {name}; Ctrl-C ends the wait, and the job goes on")
        return asyncio.run(jobs.async_run_job_and_wait(name, given))


def status(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 jobs status`: the job's state."""
    del console
    with _jobs(access) as jobs:
        return jobs.get_status(arguments["job_id"])


def output(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 jobs output`: what the job has written."""
    del console
    with _jobs(access) as jobs:
        return jobs.get_output(arguments["job_id"])


def _jobs(access: Access) -> Gen3Jobs:
    return Gen3Jobs(access.endpoint, access.auth)
