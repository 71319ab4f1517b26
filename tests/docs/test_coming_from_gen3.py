"""The page for those who come from gen3sdk: its table is made of what is there, and every example runs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from coming_from import ComingFrom, Run, check_names
from omicsdk.sandbox import Sandbox
from sandbox_clock import SandboxClock
from unsettled import without_proxies

PAGE = ComingFrom("gen3")
USER = "sandbox-user@example.org"


def test_the_imports_that_it_shows_work():
    PAGE.check_imports()


def test_what_stands_instead_is_there():
    check_names(PAGE.text.partition("\n## Names\n")[0])


def test_the_commands_are_there():
    assert PAGE.check_commands("gen3", "gen3") > 20


# -- examples


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, omics_sandbox: Sandbox) -> Path:
    """The folder of a user whose credentials are in their place; the examples run there."""
    without_proxies(monkeypatch)
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / ".gen3").mkdir()
    omics_sandbox.gen3_credentials(tmp_path / ".gen3" / "credentials.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Iterator[Run]:
    """Runs an example after the page's first lines, and gives the names that it has made."""
    with PAGE.running() as running:
        yield running


def test_every_example_is_run_by_a_test():
    PAGE.check_all_are_run(__file__)


def test_records(run: Run):
    made = run("records.py")
    assert made.changed["authz"] == ["/programs/demo"]
    assert "nothing-like-that" in made.lost
    assert made.taken == 409
    assert [record["did"] for record in made.everything] == [made.record["did"]]


def test_metadata(run: Run):
    made = run("metadata.py")
    assert made.documents["study-1"] == {"gen3": {"name": "Demo"}, "_guid_type": "demo", "year": 2024}


def test_submission(run: Run):
    made = run("submission.py")
    assert made.response == {"data": {"experiment": [{"submitter_id": "e1"}]}}
    assert made.table.splitlines()[1].startswith("experiment\t")
    assert made.sub.query("{ _experiment_count }") == {"data": {"_experiment_count": 0}}


def test_an_upload(run: Run, omics_sandbox: Sandbox):
    made = run("upload.py")
    omics_sandbox.finish()
    assert omics_sandbox.gen3.index.get(made.upload["guid"])["size"] == 20


def test_files(run: Run, home: Path, omics_sandbox: Sandbox):
    guid = re.findall(r'^guid = "(.*)"', PAGE.examples["files.py"], re.MULTILINE)[0]
    omics_sandbox.gen3.add_file("reads.fastq", b"@read/1\nACGT\n", did=guid)
    assert run("files.py").link.startswith(omics_sandbox.url)
    assert (home / "downloads" / "reads.fastq").read_bytes() == b"@read/1\nACGT\n"


def test_the_explorer(run: Run, omics_sandbox: Sandbox):
    rows = [{"submitter_id": f"s{age}", "age": age, "sex": ("male", "female")[age % 2]} for age in range(9)]
    omics_sandbox.gen3.guppy.put("subject", rows)
    made = run("explorer.py")
    assert [row["age"] for row in made.rows] == list(range(9))
    assert {row["sex"] for row in made.some["data"]["subject"]} == {"female"}


def test_jobs(run: Run, omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    from omicsdk.compat.gen3.jobs import Gen3Jobs

    clock = SandboxClock(omics_sandbox)
    beginning = Gen3Jobs.__init__
    monkeypatch.setattr(Gen3Jobs, "__init__", lambda self, **options: beginning(self, **options, clock=clock))
    assert run("jobs.py").output["output"]


def test_manifests(run: Run, home: Path, omics_sandbox: Sandbox):
    row = ["", "a1234567890123456789012345678901", "123", "s3://testaws/file.txt", "/programs/demo"]
    (home / "manifest.tsv").write_text("guid\tmd5\tsize\turl\tauthz\n" + "\t".join(row) + "\n")
    run("manifests.py")
    assert (home / "differences.log").read_text() == ""
    assert len((home / "all.csv").read_text().splitlines()) == 2


def test_downloads(run: Run, home: Path, omics_sandbox: Sandbox):
    guids = [omics_sandbox.gen3.add_file(f"{number}.txt", b"%d" % number) for number in range(2)]
    (home / "objects.json").write_text(json.dumps([{"object_id": guid} for guid in [*guids, "dg.TEST/none"]]))
    made = run("downloads.py")
    assert len(made.failed) == 1
    assert {path.name for path in (home / "downloads").glob("*.txt")} == {"0.txt", "1.txt"}


def test_with_requests(run: Run):
    assert run("with_requests.py").me == USER
