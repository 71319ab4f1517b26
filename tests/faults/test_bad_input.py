"""Each mistake ends in one clear line that names the object and the remedy, with the right exit code, and leaves no mess."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dss_manifests import rows_of, write_manifest
from omicsdk.cli.main import main
from omicsdk.core import SystemClock
from omicsdk.hca.dss.manifests import COLUMNS
from omicsdk.sandbox import Rule
from waiting import until

pytestmark = pytest.mark.sandbox

Run = Callable[..., "subprocess.CompletedProcess[str]"]
REFUSED, USAGE, SOME_FAILED, CREDENTIALS, INTERRUPTED = 1, 2, 3, 4, 130
NOBODY = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
SHA = "0" * 64


def one_line(done: "subprocess.CompletedProcess[str]", code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("omics: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0]


@pytest.fixture
def rows(bundle: Any) -> list[dict[str, str]]:
    return rows_of(bundle)


def test_a_manifest_without_a_column(omics: Run, rows: list[dict[str, str]], folder: Path):
    path = str(write_manifest(folder / "m.tsv", rows, COLUMNS[:-2]))
    one_line(omics("dss", "download-manifest", "--manifest", path, "--replica", "aws"), USAGE, "m.tsv", "file_sha256")


def test_a_manifest_with_a_size_that_is_no_number(omics: Run, rows: list[dict[str, str]], folder: Path):
    rows[1]["file_size"] = "5 MB"
    path = str(write_manifest(folder / "m.tsv", rows))
    done = omics("dss", "download-manifest", "--manifest", path, "--replica", "aws")
    one_line(done, USAGE, "line 3", "'5 MB'", "Nothing was downloaded")
    assert [entry.name for entry in folder.iterdir()] == ["m.tsv"]


def test_a_manifest_with_a_wrong_checksum(omics: Run, rows: list[dict[str, str]], folder: Path):
    rows[0]["file_sha256"] = SHA
    path = str(write_manifest(folder / "m.tsv", rows))
    arguments = ("--manifest", path, "--replica", "aws", "--min-delay-seconds", "0")
    done = omics("--log-level", "ERROR", "dss", "download-manifest", *arguments)
    one_line(done, SOME_FAILED, rows[0]["file_name"], "sha256", SHA)
    stored = [entry.name for entry in folder.rglob("*") if entry.is_file() and len(entry.name) == 64]
    assert stored == [rows[1]["file_sha256"]]


def test_a_manifest_without_rows(omics: Run, folder: Path):
    path = str(write_manifest(folder / "m.tsv", []))
    done = omics("dss", "download-manifest", "--manifest", path, "--replica", "aws")
    assert done.returncode == 0
    assert "no file is selected" in done.stderr


def test_a_manifest_that_does_not_exist(omics: Run):
    done = omics("dss", "download-manifest", "--manifest", "nowhere.tsv", "--replica", "aws")
    one_line(done, USAGE, "nowhere.tsv", "No such file")


def test_a_manifest_of_many_rows_with_line_ends_of_windows(omics: Run, rows: list[dict[str, str]], folder: Path):
    path, count = folder / "m.tsv", 20_000  # some megabytes: what is read in blocks has line ends across them
    line = "\t".join(rows[0][column] for column in COLUMNS)
    path.write_bytes(b"\xef\xbb\xbf" + ("\t".join(COLUMNS) + "\r\n" + f"{line}\r\n" * count).encode())
    done = omics("dss", "download-manifest", "--manifest", str(path), "--replica", "aws")
    assert done.returncode == 0, done.stderr
    with path.open(newline="") as file:
        assert sum(1 for row in csv.DictReader(file, dialect="excel-tab") if row["file_path"]) == count


def test_a_bundle_that_does_not_exist(omics: Run, folder: Path):
    one_line(omics("dss", "download", "--bundle-uuid", NOBODY, "--replica", "aws"), REFUSED, "404")
    assert not list(folder.iterdir())


def test_a_service_that_never_answered_is_not_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: pytest.fail(f"waited {seconds} s"))
    settings = ["--log-level", "ERROR", "--base-url", "http://127.0.0.1:9/v1"]
    code = main([*settings, "dss", "get-bundle", "--uuid", NOBODY, "--replica", "aws"])
    one_line(
        subprocess.CompletedProcess([], code, "", capsys.readouterr().err), REFUSED, "127.0.0.1:9", "Connection refused"
    )


def test_a_token_that_ended(omics: Run, omics_sandbox: Any):
    token = omics_sandbox.token(seconds=10)
    omics_sandbox.clock.advance(60)
    done = omics("--access-token", token, "dss", "get-subscriptions", "--replica", "aws")
    one_line(done, CREDENTIALS, "401")
    assert token not in done.stderr


def test_no_token(omics: Run):
    one_line(
        omics("dss", "get-subscriptions", "--replica", "aws", OMICS_DSS_TOKEN=""), CREDENTIALS, "get_subscriptions"
    )


def test_no_token_for_any_of_a_batch(omics: Run, omics_sandbox: Any, rows: list[dict[str, str]], folder: Path):
    omics_sandbox.settings.turn({"dss.restricted": True})
    table = str(write_manifest(folder / "m.tsv", rows))
    done = omics("dss", "download-manifest", "--manifest", table, "--replica", "aws", OMICS_DSS_TOKEN="")
    one_line(done, CREDENTIALS, "get_file", "OMICS_DSS_TOKEN", "--access-token")


def test_a_token_that_was_stored_for_another_host(omics: Run, omics_sandbox: Any, folder: Path):
    stored = folder / "config.json"
    stored.write_text(
        '{"DSSClient": {"swagger_url": "https://dss.example.org/v1/swagger.json"},'
        ' "oauth2_token": {"access_token": "canary-token"}}'
    )
    url = omics_sandbox.swagger_url.rpartition("/")[0]
    variables = {"HCA_CONFIG_FILE": str(stored), "OMICS_DSS_TOKEN": ""}
    done = omics("--base-url", url, "dss", "get-subscriptions", "--replica", "aws", **variables)
    one_line(done, CREDENTIALS, "another service")
    assert "canary" not in done.stderr
    open_endpoint = omics("--base-url", url, "dss", "get-bundles-all", "--replica", "aws", **variables)
    assert open_endpoint.returncode == 0
    assert not any(entry["authorized"] for entry in omics_sandbox.requests("/dss"))


def test_a_configuration_that_is_no_json(omics: Run, folder: Path):
    (folder / "config.json").write_text("{\n,}")
    done = omics("dss", "get-bundles-all", "--replica", "aws", HCA_CONFIG_FILE=str(folder / "config.json"))
    one_line(done, USAGE, "config.json:2:1")


@contextmanager
def mounted(path: Path, options: str) -> Iterator[None]:
    """A file system of its own, where the tests may mount one."""
    path.mkdir(exist_ok=True)
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a file system needs Linux and root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", path], capture_output=True).returncode:
        pytest.skip("mounting a file system isn't allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def test_a_read_only_folder(omics: Run, bundle: Any, folder: Path):
    arguments = ("dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws")
    with mounted(folder / "shelf", "ro"):
        one_line(omics(*arguments, "--download-dir", "shelf"), REFUSED, "shelf", "Read-only file system")


def test_a_target_that_is_a_file(omics: Run, bundle: Any, folder: Path):
    (folder / "data").write_text("a file")
    done = omics(
        "dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", "--download-dir", "data"
    )
    one_line(done, REFUSED, "data")
    assert (folder / "data").read_text() == "a file"


def test_a_full_disk(omics: Run, bundle: Any, folder: Path):
    arguments = ("dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws")
    with mounted(folder / "small", "size=2m"):
        done = omics(*arguments, "--download-dir", "small")
        assert done.returncode == SOME_FAILED, done.stderr
        assert "more bytes are needed in" in done.stderr
        assert "Free disk space" in done.stderr
        assert "Traceback" not in done.stderr
        assert not list((folder / "small").glob("*/reads.fastq"))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT can't be sent to one process on Windows")
def test_control_c_leaves_what_the_next_run_continues_from(
    start: Any, omics: Run, omics_sandbox: Any, bundle: Any, folder: Path
):
    arguments = ("dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws", "--no-metadata")
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=4_500_000))
    process = start(*arguments)
    until(lambda: omics_sandbox.stalled, process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in stderr
    assert not list(folder.glob("*/reads.fastq"))
    omics_sandbox.fault_book.clear()
    omics_sandbox.release()
    done = omics(*arguments)
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("*/reads.fastq"))) == 1


def test_names_that_clash_cost_no_byte(omics: Run, omics_sandbox: Any, tmp_path: Path, folder: Path):
    source = tmp_path / "clashing"
    source.mkdir()
    (source / "A.txt").write_text("1")
    (source / "a.txt").write_text("2")
    made = omics_sandbox.seed(source)
    omics_sandbox.request_log.clear()
    done = omics("dss", "download", "--bundle-uuid", made["bundle_uuid"], "--replica", "aws")
    assert done.returncode in (REFUSED, USAGE)
    assert "contains multiple files named" in done.stderr
    assert not omics_sandbox.requests("/_objects")
    assert not list(folder.iterdir())
