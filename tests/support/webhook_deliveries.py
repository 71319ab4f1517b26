"""Subscriptions, events and a worker that delivers them when a test reports it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from omicsdk.sandbox.dss.state import Event
from omicsdk.sandbox.dss.webhooks import DeliveryWorker, payload_of
from omicsdk.sandbox.state.database import Database

DOCUMENT: dict[str, Any] = {
    "event_type": "CREATE",
    "manifest": {"files": [{"name": "cell.json"}]},
    "files": {
        "biomaterial_json": [
            {"biomaterials": [{"content": {"biomaterial_core": {"ncbi_taxon_id": taxon}}} for taxon in (9606, 9606)]}
        ]
    },
}
CREATED = Event(1, "b-uuid", "2019-08-01T200147.111027Z", "2019-08-01T200147.111027Z", DOCUMENT)


def subscription(**fields: Any) -> dict[str, Any]:
    return {"uuid": "s-uuid", "callback_url": "http://127.0.0.1:1/hook?secret=1", "replica": "aws", **fields}


class FakeClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Nothing listens: the worker's thread is not started."""
        return lambda: None


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("deliveries") / "state.sqlite")
    yield database
    database.close()


def enqueue(worker: DeliveryWorker, fields: dict[str, Any], transaction_id: str) -> None:
    worker.enqueue(fields, payload_of(fields, CREATED, transaction_id))
