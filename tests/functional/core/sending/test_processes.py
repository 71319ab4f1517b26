"""Clients in worker processes: handed over, as by joblib, Dask and Ray, or inherited by a fork."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import omicsdk
import pytest
from omicsdk import Azul, NotFound, TransferReport
from omicsdk.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def list_catalogs(client: Azul, is_at_work: Any, responses: Any) -> None:
    for _ in range(100):
        responses.put(client.get_catalogs())
        is_at_work.set()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # pytest-xdist's thread
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


FORK = """
import os, sys
from omicsdk import Azul

client = Azul(sys.argv[1])
client.get_catalogs()
process = os.fork()
if not process:
    client.get_catalogs()
    client.close()
    os._exit(0)
status = os.waitpid(process, 0)[1]
client.close()
sys.exit(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_fork_drops_inherited_connections_without_a_warning(omics_sandbox: Sandbox) -> None:
    command = [sys.executable, "-X", "dev", "-c", FORK, omics_sandbox.azul_url]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")


LOCKED_FORK = """
import gc, os, sys, threading
from omicsdk.core import json_coding
from omicsdk.core.sending import connections
from omicsdk.sb import client

is_held, is_over = threading.Event(), threading.Event()
def hold():
    with json_coding._paused(), json_coding._pause_lock, connections._contexts_lock, client._waits_guard:
        is_held.set()
        is_over.wait(60)
holder = threading.Thread(target=hold)
holder.start()
is_held.wait(60)
if not (child := os.fork()):
    was_enabled = gc.isenabled()
    with json_coding._paused(), client._waits_guard:
        connections.tls_context(connections.Network(None, None, None))
        was_paused = not gc.isenabled()
    os._exit(not (was_enabled and was_paused and gc.isenabled()))
status = os.waitpid(child, 0)[1]
is_over.set()
holder.join()
sys.exit(os.waitstatus_to_exitcode(status) or not gc.isenabled())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_fork_waits_for_no_thread_that_it_lacks() -> None:
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", LOCKED_FORK], start_new_session=True)
    try:
        assert process.wait(60) == 0
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)


class Task(NamedTuple):
    """A call for another process."""

    function: Callable[..., Any]
    arguments: Mapping[str, Any] = {}


def run(task: Task) -> tuple[int, Any]:
    """The id of the process, and what the call returns or raises."""
    try:
        return os.getpid(), task.function(**task.arguments)
    except omicsdk.OmicsError as error:
        return os.getpid(), error


def catalogs_of(client: Azul) -> Any:
    return client.get_catalogs()


def by_joblib(tasks: Iterable[Task]) -> list[Any]:
    joblib = pytest.importorskip("joblib")
    try:
        return joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(run)(task) for task in tasks)
    finally:
        # Or its workers stay for five minutes, for which the process of the tests waits when it ends.
        joblib.externals.loky.get_reusable_executor().shutdown()


def by_dask(tasks: Iterable[Task]) -> list[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        return client.gather(client.map(run, list(tasks)))


def by_ray(tasks: Iterable[Task]) -> list[Any]:
    ray = pytest.importorskip("ray", reason="Ray is larger than all other dependencies together")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        return ray.get([ray.remote(run).remote(task) for task in tasks])
    finally:
        ray.shutdown()


@pytest.mark.parametrize("by", [by_joblib, by_dask, by_ray])
def test_libraries_of_workers_take_clients_operations_and_reports(
    by: Callable[[Iterable[Task]], list[Any]], omics_sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    with Azul(omics_sandbox.azul_url, timeout=10) as client:
        version, catalogs = client.get_version(), catalogs_of(client)
        tasks = [
            Task(client.get_version),
            Task(catalogs_of, {"client": client}),
            Task(client.get_entity, {"entity_type": "projects", "entity_id": "12345678-0000-4000-8000-000000000000"}),
            Task(omicsdk.download, {"uri": str(tmp_path / "a.txt"), "folder": tmp_path / "to"}),
        ]
        ids, results = zip(*by(tasks), strict=True)
    assert os.getpid() not in ids
    assert results[:2] == (version, catalogs)
    missing, report = results[2:]
    assert isinstance(missing, NotFound)
    assert missing.status == 404
    assert isinstance(report, TransferReport)
    assert (report.ok, [file.name for file in report.files]) == (True, ["a.txt"])
