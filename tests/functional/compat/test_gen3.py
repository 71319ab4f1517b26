"""Programs for gen3sdk run as they are: its imports, its exceptions, the examples of the manual under the published names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.sandbox import Sandbox

PAGE = Path(__file__).parents[3] / "docs" / "coming-from-gen3.md"
EXAMPLES = dict(re.findall(r"<!-- (\w+\.py) -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def run(script: Path, sandbox: Sandbox, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program by `python -m omicsdk.compat`, as a user whose credentials are in their place."""
    home = script.parent
    (home / ".gen3").mkdir(exist_ok=True)
    sandbox.gen3_credentials(home / ".gen3" / "credentials.json")
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    environ = {**kept, "HOME": str(home), "USERPROFILE": str(home), "OMICS_STATE_DIR": str(home / "state")}
    return subprocess.run(
        [sys.executable, "-m", "omicsdk.compat", str(script), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=home,
        env=environ,
    )


@pytest.mark.parametrize("name", ["records.py", "metadata.py", "submission.py", "upload.py", "with_requests.py"])
def test_an_example_runs_under_the_published_names(name: str, omics_sandbox: Sandbox, tmp_path: Path):
    program = (EXAMPLES["begin.py"] + EXAMPLES[name]).replace("omicsdk.compat.gen3", "gen3")
    assert "from gen3.auth import Gen3Auth" in program
    script = tmp_path / "program.py"
    script.write_text(program)
    (tmp_path / "reads.fastq").write_bytes(b"@read/1\nACGT\n+\nIIII\n")
    done = run(script, omics_sandbox)
    assert (done.returncode, done.stderr) == (0, "")


PROGRAM = """
import sys
import gen3
import gen3.tools.download.drs_download as drs_download
from gen3.auth import Gen3Auth
from gen3.index import Gen3Index
from gen3.metadata import Gen3Metadata
from gen3.tools.indexing import index_object_manifest
from gen3.tools.metadata.ingest_manifest import async_ingest_metadata_manifest
import requests

assert gen3.__name__ == "omicsdk.compat.gen3", gen3.__name__
assert drs_download.Manifest.__module__ == "omicsdk.compat.gen3.tools.download.drs_download"
auth = Gen3Auth(refresh_file="credentials")
index = Gen3Index(auth_provider=auth)
try:
    index.get_record("nothing-like-that")
except requests.HTTPError as error:
    print(error.response.status_code)
try:
    Gen3Metadata(auth_provider=auth).get("nothing-like-that")
except requests.exceptions.RequestException as error:
    print(error.response.status_code)
print(requests.get(auth.endpoint + "/user/user", auth=auth, timeout=60).json()["username"], sys.argv[1:])
try:
    import gen3.doi
except ImportError as error:
    print(error)
"""


def test_a_program_catches_what_it_caught(omics_sandbox: Sandbox, tmp_path: Path):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    done = run(script, omics_sandbox, "a", "-b")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "404",
        "404",
        "sandbox-user@example.org ['a', '-b']",
        "omicsdk.compat has no gen3.doi: DOIs are minted by DataCite, not by a commons.",
    ]


def test_the_login_and_the_clients_are_ours_whatever_they_are_called():
    code = """
from omicsdk.compat import install
install("gen3")
from gen3.jobs import Gen3Jobs
from gen3.submission import Gen3Submission, Gen3Error
import omicsdk.compat.gen3.submission as ours
from omicsdk.gen3 import Gen3Error as typed
assert Gen3Submission is ours.Gen3Submission and Gen3Error is typed
assert Gen3Jobs("https://commons.example.org").endpoint == "https://commons.example.org/job"
import sys
print(sorted({"requests", "aiohttp", "pycurl"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
