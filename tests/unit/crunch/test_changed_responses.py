"""Workflows of Django Crunch whose responses have one place changed: they work, or end with one of our errors."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.core import BearerToken
from omicsdk.crunch import Crunch
from omicsdk.crunch.datasets import DatasetFolders
from omicsdk.crunch.runs import Run
from omicsdk.crunch.statuses import WorkflowType, newest_first, newest_status, rival
from scripted_services import Responses, checks_of, scripted

DATASET = {"id": 1, "name": "d", "slug": "p:d", "parent": "p", "base_file_path": "p/d", "items": [], "attributes": []}
STATUS = {"id": 3, "dataset": 1, "stage": 1, "state": 1, "note": "", "hostname": "h"}


def page(*results: Any) -> list[tuple[int, Any]]:
    return scripted({"count": len(results), "next": None, "previous": None, "results": list(results)})


Act = Callable[[Crunch, Path], object]
WORKFLOWS: dict[str, tuple[Act, Responses]] = {
    "list datasets": (
        lambda client, _: [item.slug for item in client.ls("p")],
        {"GET /projects/p/": scripted({"id": 1, "slug": "p"}), "GET /datasets/": page(DATASET)},
    ),
    "the next dataset": (
        lambda client, _: client.next_dataset().upper(),
        {"GET /next/": scripted({"dataset": "p:d"})},
    ),
    "the newest status": (lambda client, _: newest_status(client), {"GET /statuses/": page(STATUS)}),
    "another runner": (
        lambda client, _: rival(newest_first(client), 1, 4, {5}, 2),
        {"GET /statuses/": page(STATUS)},
    ),
    "folders of datasets": (
        lambda client, _: DatasetFolders(client).shared_with("p:d", "p/d"),
        {"GET /datasets/": page(DATASET, {**DATASET, "slug": "p:e", "base_file_path": "p"})},
    ),
    "a run": (
        lambda client, folder: Run(client, "p:d", None, folder, WorkflowType.script).base_file_path.upper(),
        {"GET /datasets/p:d/": scripted(DATASET)},
    ),
}


test_what_services_return_is_used, test_no_changed_response_is_more_than_an_error = checks_of(
    WORKFLOWS, partial(Crunch, "https://crunch.example.org", credentials=BearerToken("t"))
)
