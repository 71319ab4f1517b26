"""A real cluster of two processes: one is killed half-way, and nothing is lost."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from omicsdk.core import UsageError
from omicsdk.transfer import Item, Location, Plan, ShardsOpen, run_on_dask, run_shards
from omicsdk.transfer.scale.workers import NoScheduler

MIB = 1024 * 1024
LOCAL: dict[str, Any] = {
    "n_workers": 2,
    "threads_per_worker": 1,
    "processes": True,
    "host": "127.0.0.1",
    "dashboard_address": "127.0.0.1:0",
    "silence_logs": logging.CRITICAL,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers with one thread each."""
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    with distributed.LocalCluster(**LOCAL) as running:
        yield running


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    """A user who has two workers at hand."""
    from distributed import Client

    with Client(cluster, set_as_default=False) as connected:
        connected.wait_for_workers(2)
        yield connected


def test_a_worker_is_killed_half_way(client, items, target, right, halfway, bodies, server):
    updates = []
    served = Location(server.url("large"))
    items = [
        item if item.name != "large" else Item(item.name, lambda: served, item.size, item.checksums) for item in items
    ]

    def word(progress):
        updates.append(progress)
        if halfway.at(progress):
            (worker,) = progress.workers.values()
            os.kill(int(worker.rpartition(":")[2]), signal.SIGKILL)
            halfway.lift()

    report = run_on_dask(Plan(items, target, connections=2), client, shards=3, progress=word)
    report.raise_if_failed()
    assert halfway.reached
    assert report.ok
    assert right()
    assert report.counts["done"] == sum(report.counts.values()) == 6
    assert report.lost == 1
    assert max(result.bytes_fetched for result in report.results) <= 6 * MIB  # of 9, whose first 4 were there
    assert all(server.sent(name) == len(body) for name, body in bodies.items() if name != "large")
    assert updates[0].bytes > 0
    assert len({progress.bytes_done for progress in updates}) > 2
    assert updates[-1].final
    assert updates[-1].shards_done == 3
    assert updates[-1].bytes_done == updates[-1].bytes
    assert updates[-1].bytes_fetched >= updates[-1].bytes


def test_an_address_is_enough_and_an_earlier_number_of_shards_is_kept(cluster, items, target, right):
    def source():
        return iter(items)

    first = run_on_dask(Plan(source, target), cluster.scheduler_address, shards=3)
    again = run_on_dask(Plan(source, target), cluster.scheduler_address)
    assert first.ok
    assert right()
    assert len(again.results) == 3
    assert again.counts["skipped"] == 6


def test_stopped_and_gone_on_with(client, items, target, right, halfway, bodies):
    stop = threading.Event()
    plan = Plan(items, target, connections=2)
    report = run_on_dask(plan, client, shards=3, progress=lambda word: halfway.at(word) and stop.set(), stop=stop)
    assert report.counts["stopped"] == len(report.open) == 1
    halfway.lift()
    report = run_on_dask(plan, client)
    assert report.ok
    assert report.bytes_fetched <= len(bodies["large"]) - 4 * MIB
    assert right()


def test_what_can_not_be_sent_is_named(client, target):
    lock = threading.Lock()
    bad = Item("bad", lambda: Location(f"http://127.0.0.1/{lock}"), 1)
    with pytest.raises(UsageError, match="bad: its locate cannot be sent"):
        run_on_dask(Plan([bad], target), client, shards=1)


@pytest.mark.long  # workers in the middle of a file are waited for before the cluster is gone
def test_the_scheduler_is_lost(items, target, right, halfway):
    import dask
    from distributed import Client, LocalCluster

    plan = Plan(items, target, connections=2)
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        LocalCluster(**LOCAL) as running,
        Client(running.scheduler_address, set_as_default=False) as client,
        pytest.raises(ShardsOpen, match=r"of 3 shards are open: .*scheduler is lost") as caught,
    ):
        run_on_dask(plan, client, shards=3, progress=lambda word: halfway.at(word) and running.close())
    assert len(caught.value.open) == 1
    assert caught.value.report.counts["done"] == 5
    halfway.lift()
    with ThreadPoolExecutor(1) as pool:
        assert run_shards(plan.shards(3), pool).ok
    assert right()


def test_an_encrypted_scheduler_needs_certificates(plan):
    pytest.importorskip("distributed", reason="needs the extra dask")
    with pytest.raises(NoScheduler, match=r"no certificates for tls://127\.0\.0\.1:1") as caught:
        run_on_dask(plan, "tls://127.0.0.1:1")
    assert "DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in caught.value.remedy
