"""Datasets on a crunch site, and a site that does not exist, for tests of runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
from omicsdk.compat.crunch.client.connections import Connection
from omicsdk.compat.crunch.client.run import Run
from omicsdk.core import NO_RETRY
from omicsdk.crunch import Stage, State, WorkflowType

HAPPY = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
"""Stages and states of a run that goes well."""

Table = dict[str, tuple[int, str]]


def table(folder: Path) -> Table:
    """From path to size and MD5 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, hashlib.md5(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


class Made:
    """A project with a workflow and a dataset with files, and where they lie.

    Args:
        connection: The site.
        folder: For the storage and the working folder.
        workflow: The project's workflow.
        files: The dataset's files in the storage; None for no folder there.
        name: The project's name.
    """

    def __init__(
        self,
        connection: Connection,
        folder: Path,
        workflow: str,
        files: Mapping[str, str | bytes] | None,
        name: str = "proj",
    ) -> None:
        self.connection = connection
        connection.add_project(name, workflow=workflow)
        dataset = connection.add_dataset(name, f"Data of {name}", base_file_path=f"{name}/data").json()
        self.slug: str = dataset["slug"]
        self.number: int = dataset["id"]
        self.media = folder / "storage"
        self.media.mkdir(exist_ok=True)
        self.storage = self.media / name / "data"
        if files is not None:
            put(self.storage, files)
        self.parent = folder / "work"
        self.work = self.parent / self.slug.replace(":", "--")
        self.lines: list[str] = []

    def run(self, kind: WorkflowType = WorkflowType.script, **options: Any) -> Run:
        """A run of the dataset."""
        run_options = {"storage_settings": {"MEDIA_ROOT": str(self.media)}, "working_directory": self.parent, **options}
        return Run(self.connection, self.slug, workflow_type=kind, on_message=self.lines.append, **run_options)

    def statuses(self) -> list[tuple[int, int]]:
        """Stage and state of each status of the dataset, the oldest first."""
        return [(status["stage"], status["state"]) for status in self.status_records()]

    def status_records(self) -> list[dict[str, Any]]:
        """The dataset's statuses, the oldest first."""
        statuses, page = list[dict[str, Any]](), 1
        while True:
            response = self.connection.get_json_response(f"api/statuses/?page={page}")
            statuses += [status for status in response["results"] if status["dataset"] == self.number]
            if response["next"] is None:
                return statuses
            page += 1


class PretendedSite(Connection):
    """A site with one dataset and whatever else `folders` states, whose statuses are a list; others may send theirs through `before`.

    Args:
        before: Called before a status is stored, with the site, the stage and the state.
        after: Called when it was, likewise.
    """

    def __init__(
        self,
        before: Callable[[PretendedSite, Stage, State], None] = lambda site, stage, state: None,
        after: Callable[[PretendedSite, Stage, State], None] = lambda site, stage, state: None,
        workflow: str = "#!/bin/sh\ntrue\n",
    ) -> None:
        super().__init__("https://crunch.test", "0" * 40, transport=httpx.MockTransport(self._handle), retry=NO_RETRY)
        self._before = before
        self._after = after
        self._workflow = workflow
        self.statuses: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.pages = 0
        self.folders: dict[str, str] = {"p:d": "p/d"}

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=self.response(unquote(request.url.raw_path.decode()).removeprefix("/")))
        sent = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        stage, state = Stage(int(sent["stage"])), State(int(sent["state"]))
        self._before(self, stage, state)
        number = self.store(stage, state, int(sent["dataset"]), "here")
        self.notes.append(sent["note"])
        self._after(self, stage, state)
        return httpx.Response(201, json=self.statuses[number - 1])

    def response(self, relative_url: str) -> dict[str, Any]:
        """The dataset, its project, or a page of 20 statuses."""
        if relative_url == "api/datasets/p:d/":
            return self._dataset(7, "p:d")
        if relative_url == "api/projects/p/":
            return {"id": 1, "name": "P", "slug": "p", "description": "", "details": "", "workflow": self._workflow}
        if relative_url.startswith("api/datasets/"):
            return self._page(relative_url, [self._dataset(8, slug) for slug in self.folders])
        assert relative_url.startswith("api/statuses/"), relative_url
        self.pages += 1
        return self._page(relative_url, self.statuses)

    def _dataset(self, number: int, slug: str) -> dict[str, Any]:
        words = {"name": slug, "parent": "p", "description": "", "details": ""}
        return {
            "id": number,
            "slug": slug,
            **words,
            "attributes": [],
            "items": [],
            "base_file_path": self.folders[slug],
        }

    def _page(self, relative_url: str, everything: list[dict[str, Any]]) -> dict[str, Any]:
        path, _, page = relative_url.partition("?page=")
        number = int(page or 1)
        begin = 20 * (number - 1)
        more = f"{self.base_url}/{path}?page={number + 1}" if begin + 20 < len(everything) else None
        rows = everything[begin : begin + 20]
        return {"count": len(everything), "next": more, "previous": None, "results": rows}

    def store(self, stage: Stage, state: State, dataset: int = 7, hostname: str = "elsewhere") -> int:
        """Stores a status of another user."""
        number = len(self.statuses) + 1
        status = {"id": number, "dataset": dataset, "stage": int(stage), "state": int(state), "hostname": hostname}
        self.statuses.append(status)
        return number

    def sent(self, hostname: str = "here") -> list[tuple[int, int]]:
        """Stage and state of what a runner sent."""
        return [(status["stage"], status["state"]) for status in self.statuses if status["hostname"] == hostname]
