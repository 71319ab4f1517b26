"""Ctrl-C and a closed terminal in a program that runs shards in processes: all end in order, and nothing is fetched twice."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fork_server import forked
from omicsdk.transfer import Plan, run_shards

MIB = 1024 * 1024
PROGRAM = """
import json, os, sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from omicsdk.transfer import Item, Location, Plan, run_shards
from omicsdk.transfer.engine.control import termination
from omicsdk.transfer.scale.workers import WorkerPool

def main():
    target, least, rows = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    items = [Item(name, Location(url), size, checksums) for name, url, size, checksums in rows]
    told = set()
    def word(progress):
        if progress.bytes_done >= least and not told:
            told.add(1)
            print(*(worker.rpartition(":")[2] for worker in progress.workers.values()), flush=True)
    pool = partial(ProcessPoolExecutor, 3, get_context("spawn"))
    shards = Plan(items, target, connections=2).shards(3)
    try:
        with termination():
            WorkerPool(3).run(shards, progress=word) if sys.argv[4] else run_shards(shards, pool, progress=word)
    except KeyboardInterrupt as error:
        sys.exit(getattr(error, "exit_code", 130))

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("whole_group", [True, False], ids=["all processes", "the first one only"])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGHUP", 129)])
def test_a_signal(items, target, right, halfway, bodies, server, tmp_path, whole_group, name, code):
    number = getattr(signal, name)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    rows = [(item.name, item.locate.url, item.size, dict(item.checksums)) for item in items]
    command = [
        sys.executable,
        str(program),
        str(target),
        str(halfway.before),
        json.dumps(rows),
        "" if code == 130 else "ours",
    ]
    with forked.start(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            workers = process.stdout.readline().split()
            assert workers, process.stderr.read()
            if whole_group:
                os.killpg(process.pid, number)  # what a terminal does
            else:
                process.send_signal(number)
            _, stderr = process.communicate(timeout=20)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    halfway.lift()
    with ThreadPoolExecutor(3) as pool:
        report = run_shards(Plan(items, target, connections=2).shards(3), pool)
    assert report.ok
    assert right()
    assert report.bytes_fetched <= len(bodies["large"]) - 4 * MIB
    assert sorted(path.suffix for path in (target / ".omics-transfer").iterdir()) == [".journal"] * 3
