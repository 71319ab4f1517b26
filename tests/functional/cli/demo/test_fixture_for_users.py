"""The fixture `omics_sandbox` in a user's own test folder, on two processes."""

import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.cli.demo.walk import environment

OTHERS = ("-p", "no:zarr", "-p", "no:hypothesispytest")
"""Plugins of packages that are here by chance; they import as much as all the rest does."""

TESTS = """
import httpx
import pytest


def listed(sandbox):
    return httpx.get(f"{sandbox.url}/dss/v1/bundles/all", params={"replica": "aws"}, trust_env=False).json()["bundles"]


@pytest.mark.parametrize("turn", range(4))
def test_each_starts_empty_and_sees_what_it_seeded(omics_sandbox, tmp_path, worker_id, turn):
    assert omics_sandbox.swagger_url.startswith("http://127.0.0.1:")
    assert listed(omics_sandbox) == []
    (tmp_path / "sample.json").write_text("{}")
    made = omics_sandbox.seed(tmp_path)
    assert [bundle["uuid"] for bundle in listed(omics_sandbox)] == [made["bundle_uuid"]]
    with open("turns.txt", "a") as turns:
        turns.write(f"{worker_id} {omics_sandbox.url}\\n")
"""


def run_pytest(folder: Path, *words: str) -> tuple[int, str]:
    completed = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "--basetemp=mine", *OTHERS, *words],
        cwd=folder,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return completed.returncode, completed.stdout + completed.stderr


@pytest.mark.sandbox
def test_each_of_two_processes_has_a_sandbox_that_is_empty_for_each_test(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text(TESTS)
    code, output = run_pytest(tmp_path, "-n", "2")
    assert code == 0, output
    assert "4 passed" in output
    turns = (tmp_path / "turns.txt").read_text().splitlines()
    assert (len(turns), len(set(turns))) == (4, 2)  # one of each process, for two tests


def test_without_the_extra_it_states_what_to_install(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text("def test_it(omics_sandbox): ...")
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['uvicorn'] = None\n")
    code, output = run_pytest(tmp_path)
    assert code == 1
    assert "[sandbox]'" in output


def test_a_run_that_does_not_use_it_loads_nothing_of_it_and_compiles_nothing_again(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text(
        "import sys\nfrom importlib.machinery import SourceFileLoader\n\n\ndef test_it():\n"
        "    heavy = {'starlette', 'uvicorn', 'boto3', 'moto', 'httpx', 'omicsdk.sandbox.server'}\n"
        "    assert heavy.isdisjoint(sys.modules)\n"
        "    from omicsdk.core import client\n"
        "    assert type(client.__loader__) is SourceFileLoader\n"  # not the one that compiles asserts again
    )
    code, output = run_pytest(tmp_path, "-p", "no:anyio")
    assert code == 0, output
