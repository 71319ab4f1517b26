"""Clients in worker processes: handed over, as by joblib, Dask and Ray, or inherited by a fork."""

import multiprocessing
from typing import Any

import pytest
from omicsdk import Azul
from omicsdk.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def list_catalogs(client: Azul, is_at_work: Any, responses: Any) -> None:
    for _ in range(100):
        responses.put(client.get_catalogs())
        is_at_work.set()


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_a_client_works_in_two_processes_at_once(omics_sandbox: Sandbox, method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    is_at_work, responses = context.Event(), context.Queue()
    with Azul(omics_sandbox.azul_url, timeout=10) as client:
        version, catalogs = client.get_version(), client.get_catalogs()
        worker = context.Process(target=list_catalogs, args=(client, is_at_work, responses), daemon=True)
        worker.start()
        is_at_work.wait(60)
        # A forked process inherits the connection that is open by now: each of both would read the other's responses.
        assert [client.get_version() for _ in range(100)] == [version] * 100
        assert [responses.get(timeout=60) for _ in range(100)] == [catalogs] * 100
        worker.join()
