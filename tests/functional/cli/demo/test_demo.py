"""`omics demo` as a process: what it leaves, how it ends when something is wrong, and its data. test_wheel.py has the whole story."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.cli.demo.walk import environment

pytestmark = pytest.mark.sandbox

OMICS = "from omicsdk.cli.main import main; raise SystemExit(main())"
SMALL = ("--large-mib", "32")


def omics(folder: Path, *words: str, before: str = "", timeout: float = 110) -> "subprocess.CompletedProcess[str]":
    """Runs `omics WORDS` with a separate folder for temporary files; `before` is Python that runs first."""
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{OMICS}", *words],
        cwd=folder,
        env=environment({"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.long
@pytest.mark.timeout(420)
def test_a_gibibyte_that_is_killed_half_way(tmp_path):
    result = omics(tmp_path, "demo", "--large-mib", "1024", timeout=400)
    assert result.returncode == 0, result.stderr
    assert "Kill a download" in result.stdout
    match = re.search(r"([\d.]+) MiB fetched, ([\d.]+) (MiB|KiB|B) of them twice", result.stdout)
    assert match
    assert float(match[1]) < 600
    assert match[3] != "MiB" or float(match[2]) <= 4 * 16


@pytest.mark.long
def test_what_is_kept_can_be_examined(tmp_path):
    result = omics(tmp_path, "demo", *SMALL, "--keep", "kept")
    assert result.returncode == 0, result.stderr
    assert result.stdout.rstrip().endswith(f"everything is kept in {tmp_path / 'kept'}")
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert kept >= {"data", "lambda.tsv", "store", "bundles", "large", "sandbox"}


def test_a_folder_that_holds_something_is_not_taken(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    result = omics(tmp_path, "demo", "--keep", "mine")
    assert result.returncode == 2
    assert result.stderr.startswith("omics: ")
    assert "mine is not empty" in result.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder_to_keep_objects_in(tmp_path):
    (tmp_path / "mine").write_text("all of it")
    result = omics(tmp_path, "demo", "--keep", "mine")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--keep: mine is a file. Name a new folder." in result.stderr


@pytest.mark.parametrize("size", ["50", "33", "16", "-64", "0"])
def test_a_size_that_cannot_be_halved_in_parts_is_refused(tmp_path, size):
    result = omics(tmp_path, "demo", f"--large-mib={size}")
    assert result.returncode == 2
    assert "multiple of 16" in result.stderr
    assert result.stdout == ""


def test_without_the_extra_it_states_what_to_install(tmp_path):
    result = omics(tmp_path, "demo", before="import sys; sys.modules['uvicorn'] = None")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "[sandbox]'" in result.stderr
    assert result.stdout == ""


TAMPERING = """
import omicsdk.cli.demo.walk as walk
from omicsdk.hca.dss.tsv import DictReader
check = walk.check_manifest
def tampered(manifest, sources, downloads):
    with manifest.open(newline="") as rows:
        (row,) = (row for row in DictReader(rows) if row["file_name"] == "lambda_early_R1.fastq.gz")
    path = downloads / row["file_path"]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    return check(manifest, sources, downloads)
walk.check_manifest = tampered
"""


@pytest.mark.long
def test_a_byte_that_differs_ends_it_with_one_line(tmp_path):
    result = omics(tmp_path, "demo", *SMALL, before=TAMPERING)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "lambda_early_R1.fastq.gz" in result.stderr
    assert "verified" not in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_fails_ends_it_with_its_own_words(tmp_path):
    breaking = "import omicsdk.cli.demo.walk as walk; walk._REPLICA = ('--replica', 'azure')"
    result = omics(tmp_path, "demo", *SMALL, before=breaking)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "azure" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_leaves_nothing(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", OMICS, "demo", *SMALL],
        cwd=tmp_path,
        env=environment({"TMPDIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "dss upload" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(2)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "omics: interrupted.\n"
    assert list(tmp_path.iterdir()) == []


CHECKOUT = Path(__file__).parents[4]


def test_the_example_script_writes_both_samples(tmp_path: Path):
    result = subprocess.run(
        [sys.executable, CHECKOUT / "examples/reads.py", tmp_path / "out"], capture_output=True, text=True, check=True
    )
    assert result.stdout.count(".fastq.gz") == 4
    assert len(list((tmp_path / "out").iterdir())) == 2
