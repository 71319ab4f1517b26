"""Code of users of a crunch site, without errors under a strict type checker."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.compat.crunch.client.diagnostics import git_revision
from omicsdk.compat.crunch.client.run import Run
from omicsdk.crunch import AsyncCrunch, Crunch, RunResult, Stage, State, WorkflowType, get_diagnostics


def adding(connection: Connection) -> None:
    made = connection.add_project("name", description="d", details="", workflow="#!/bin/sh")
    assert_type(made.status_code, int)
    slug: str = made.json()["slug"]
    connection.add_dataset(slug, "name", base_file_path="folder")
    connection.add_datetime_attribute(slug, "key", datetime(2020, 1, 2))
    connection.add_date_attribute(slug, "key", "31/12/2020", format="%d/%m/%Y")
    connection.add_date_attribute(slug, "key", date(2020, 1, 2))
    connection.add_lat_long_attribute(slug, "key", "1.5", Decimal("2.5"))
    connection.add_attributes(slug, a=1, b="text", **{"read length": 150})
    assert_type(connection.get_json_response("api/next/"), dict[str, Any])
    assert_type(connection.get_headers(), dict[str, str])
    connection.send_status(1, Stage.SETUP, State.START, note="")
    assert_type(connection.api, Crunch)


def refused(error: CrunchAPIException) -> str:
    if error.response is not None:
        assert_type(error.response.ok, bool)
    return "; ".join(error.fields["name"])


def running(connection: Connection) -> bool:
    run = Run(connection, "slug", {"MEDIA_ROOT": "data"}, Path("work"), WorkflowType.script, cores="all")
    assert_type(run(), RunResult)
    assert_type(run.crunch_subdir, Path)
    assert_type(get_diagnostics(), dict[str, Any])
    return bool(run.setup()) and git_revision(Path()) == ""


def typed() -> None:
    with Crunch("https://crunch.example.org", credentials="token") as crunch:
        assert_type(crunch.get_project(slug="name").workflow, str)
        for dataset in crunch.list_datasets.iterate():
            assert_type(dataset.id, int)


async def asynchronous() -> None:
    async with AsyncCrunch() as crunch:
        assert_type((await crunch.get_next_dataset()).dataset, str)
