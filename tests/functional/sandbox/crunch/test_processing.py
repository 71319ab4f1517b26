"""The worker's operations: the next dataset, and statuses that lock it."""

from collections.abc import Callable

import httpx
import pytest
from omicsdk.sandbox import Sandbox

Clients = Callable[[str], httpx.Client]

SETUP, UPLOAD = 1, 3
START, SUCCESS, FAIL = 1, 2, 3


@pytest.fixture(autouse=True)
def numbers(admin: httpx.Client) -> dict[str, int]:
    """Two projects, and the numbers of their datasets by slug."""
    found: dict[str, int] = {}
    for project in ("p", "q"):
        assert admin.post("/projects/", data={"name": project}).status_code == 201
    for parent, name in (("q", "one"), ("p", "two"), ("p", "three")):
        made = admin.post("/datasets/", data={"parent": parent, "name": name}).json()
        found[made["slug"]] = made["id"]
    return found


def _send(client: httpx.Client, dataset: int, stage: int, state: int, **told: str) -> httpx.Response:
    return client.post("/statuses/", data={"dataset": dataset, "stage": stage, "state": state, **told})


def test_a_failed_dataset_comes_back_when_it_is_unlocked(
    admin: httpx.Client, site: Sandbox, numbers: dict[str, int]
) -> None:
    _send(admin, numbers["p:two"], SETUP, FAIL, note="no space")
    assert admin.get("/next/").json()["dataset"] == "p:three"
    site.crunch.unlock("p:two")
    assert admin.get("/next/").json()["dataset"] == "p:two"


def test_a_complete_dataset_stays_away_though_it_is_unlocked(
    admin: httpx.Client, site: Sandbox, numbers: dict[str, int]
) -> None:
    _send(admin, numbers["p:two"], UPLOAD, SUCCESS)
    site.crunch.unlock("p:two")
    assert admin.get("/next/").json()["dataset"] == "p:three"
    with pytest.raises(LookupError, match="nope"):
        site.crunch.unlock("nope")


def test_a_status_states_who_sent_it(client_with: Clients, site: Sandbox, numbers: dict[str, int]) -> None:
    worker = client_with(site.crunch.add_user("worker", ["add_status"]))
    told = _send(worker, numbers["p:two"], SETUP, START, site_user="1", hostname="node1", memory_total="8").json()
    assert (told["site_user"], told["hostname"], told["memory_total"], told["disk_free"]) == (3, "node1", 8, None)
    assert worker.post("/projects/", data={"name": "x"}).status_code == 403
    assert site.crunch.statuses.of_dataset(numbers["p:two"]) == [told]
