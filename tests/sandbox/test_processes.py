"""The sandbox in processes of its own: served until told to stop, killed and started again, in users' tests."""

import json
import os
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
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(serving, number):
    process, url, folder = serving()
    assert get(f"{url}/dss/v1/bundles/all?replica=aws").status_code == 200
    process.send_signal(number)
    assert process.wait(20) == 0
    assert not folder.exists()


def test_a_killed_one_starts_again_with_its_state(serving, tmp_path, folder):
    process, url, _ = serving(tmp_path / "state")
    made = httpx.post(f"{url}/_sandbox/seed", json={"folder": str(folder)}, trust_env=False, verify=False).json()
    process.kill()
    process.wait(20)
    (tmp_path / "state" / "objects" / "incoming" / "half").write_bytes(b"left behind")
    with Sandbox(tmp_path / "state") as again:
        answer = get(f"{again.url}/dss/v1/bundles/{made['bundle_uuid']}?replica=aws")
        assert answer.json()["bundle"]["version"] == made["version"]
        assert list((tmp_path / "state" / "objects" / "incoming").iterdir()) == []


def test_the_fixture_gives_users_an_empty_sandbox(tmp_path, folder):
    (tmp_path / "test_mine.py").write_text(
        f"""
import httpx, pytest

@pytest.mark.parametrize("turn", [1, 2])
def test_it(omics_sandbox, turn):
    url = omics_sandbox.swagger_url.replace("swagger.json", "bundles/all?replica=aws")
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(url, trust_env=False).json()["bundles"] == []
    omics_sandbox.seed({json.dumps(str(folder))})
    assert len(httpx.get(url, trust_env=False).json()["bundles"]) == 1
"""
    )
    without = [word for name in ("xdist", "hypothesispytest", "timeout") for word in ("-p", f"no:{name}")]
    # Without a folder of its own, pytest would remove at its end what runs before it left: minutes, after a whole run.
    words = ["-q", "-p", "no:cacheprovider", "-W", "error", *without, "--basetemp=mine", "test_mine.py"]
    command = [sys.executable, "-m", "pytest", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
