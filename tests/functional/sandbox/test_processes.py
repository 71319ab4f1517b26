"""The sandbox in separate processes: served until requested to stop, killed and started again."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox

SERVE = """
import sys
from omicsdk.sandbox import Sandbox, serve
serve(Sandbox(sys.argv[1] or None), on_ready=lambda sandbox: print(sandbox.url, sandbox.folder, flush=True))
"""


@pytest.fixture
def serving():
    started = []

    def start(folder="") -> tuple[subprocess.Popen, str, Path]:
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(folder)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        url, _, where = process.stdout.readline().strip().partition(" ")
        return process, url, Path(where)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def get(url):
    return httpx.get(url, trust_env=False, verify=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals for other processes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
def test_a_signal_ends_it_cleanly(serving, number):
    process, url, folder = serving()
    assert get(f"{url}/dss/v1/bundles/all?replica=aws").status_code == 200
    process.send_signal(number)
    assert process.wait(20) == 0
    assert not folder.exists()


def test_a_killed_one_starts_again_with_its_state(serving, tmp_path, folder):
    process, url, _ = serving(tmp_path / "state")
    bundle = httpx.post(f"{url}/_sandbox/seed", json={"folder": str(folder)}, trust_env=False, verify=False).json()
    process.kill()
    process.wait(20)
    (tmp_path / "state" / "objects" / "incoming" / "half").write_bytes(b"left behind")
    with Sandbox(tmp_path / "state") as again:
        response = get(f"{again.url}/dss/v1/bundles/{bundle['bundle_uuid']}?replica=aws")
        assert response.json()["bundle"]["version"] == bundle["version"]
        assert list((tmp_path / "state" / "objects" / "incoming").iterdir()) == []


def test_a_sandbox_begins_without_the_buckets_of_an_earlier_one():
    code = """
from omicsdk.sandbox import Sandbox
for _ in range(2):
    with Sandbox() as sandbox:
        client = sandbox.sb.context.staging.client()
        print("lab" in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]])
        client.create_bucket(Bucket="lab")
"""
    # A process of its own: in this one another sandbox may run, which shares the buckets.
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "False"]


TOOL = """
import atexit, sys, threading
from pathlib import Path
from omicsdk.sandbox.sb.task_runs import _called
folder, noted = Path(sys.argv[1]), atexit._ncallbacks()
command = ["sh", "-c", "exec 3> held; echo > started; exec sleep 60"]
threading.Thread(target=_called, args=(command, folder, 60), daemon=True).start()
while atexit._ncallbacks() == noted or not (folder / "started").exists():
    pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
def test_a_tool_of_a_task_ends_with_the_process(tmp_path):
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    ran = subprocess.run([sys.executable, "-c", TOOL, tmp_path], stderr=subprocess.PIPE, text=True, check=True)
    assert ran.stderr == ""
    assert select.select([reader], [], [], 20)[0], "the tool holds the FIFO as long as it runs"
    os.close(reader)
