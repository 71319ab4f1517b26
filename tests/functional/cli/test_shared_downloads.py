"""`--workers` and `--scheduler`: manifests that several processes, or a cluster, download as one command."""

import json
import logging
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dss_manifests import rows_of, write_manifest
from fork_server import forked
from service_command import gen3_command
from waiting import until

pytestmark = pytest.mark.sandbox
OMICS = str(Path(sys.executable).with_name("omics"))


@pytest.fixture
def environment(omics_sandbox: Any) -> dict[str, str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "HCA_"))}
    return variables | omics_sandbox.environment()


@pytest.fixture
def manifest(omics_sandbox: Any, tmp_path: Path) -> Path:
    """Thirty files, one of them of 6 MiB."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "reads.bin").write_bytes(random.Random(1).randbytes(6 << 20))
    for number in range(29):
        (source / f"{number:02d}.txt").write_bytes(b"%d" % number * 500)
    return write_manifest(tmp_path / "m.tsv", rows_of(omics_sandbox.seed(source)))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def command(manifest: Path, *more: str) -> list[str]:
    return [OMICS, "dss", "download-manifest", "--manifest", str(manifest), "--replica", "aws", *more]


def ran(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return forked.run(words, capture_output=True, text=True, env=environment, check=False, timeout=90)


def parts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith((".part", ".reports"))]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two workers."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster.scheduler_address


def test_the_same_result_and_report_with_workers_and_on_a_cluster(
    manifest: Path, work: Path, environment: dict[str, str], scheduler: str
):
    seen: list[Any] = []
    for name, *more in (("alone",), ("processes", "--workers", "2"), ("cluster", "--scheduler", scheduler)):
        done = ran(command(manifest, "--download-dir", name, "--report", f"{name}.jsonl", *more), environment)
        assert done.returncode == 0, done.stderr
        assert f"report written to {name}.jsonl" in done.stderr
        assert ("dashboard: http://127.0.0.1" in done.stderr) == (name == "cluster")
        result = json.loads(done.stdout)
        lines = [json.loads(line) for line in Path(f"{name}.jsonl").read_text().splitlines()]
        copy = (work / "m.tsv").read_text().replace(name, "FOLDER")
        seen.append(
            [
                {key: value for key, value in result.items() if key != "seconds"},
                {key: lines[0][key] for key in ("files", "counts", "bytes_fetched", "why_stopped")},
                [(line["name"], line["state"], line["label"], line["checksums"]) for line in lines[1:]],
                copy,
            ]
        )
        assert not parts(work)
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_workers_end_with_a_command_that_is_killed(
    manifest: Path, work: Path, environment: dict[str, str], omics_sandbox: Any
):
    from omicsdk.sandbox import Rule

    words = command(manifest, "--workers", "2")
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=5 << 20))
    with forked.start(words, stderr=subprocess.PIPE, env=environment) as process:
        until(lambda: omics_sandbox.stalled, process)
        process.send_signal(signal.SIGKILL)
        assert process.stderr is not None
        process.stderr.read()  # ends when all that could write to it have ended: the workers too
    (desk,) = work.rglob("transfer-*-of-*.[0-9a-f]*[0-9a-f]/")
    (desk / ".0.0123456789ab.part").touch()  # a word that a worker was writing
    omics_sandbox.fault_book.clear()
    again = ran(words, environment)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["counts"]["failed"] == 0
    assert not parts(work)


def test_what_cannot_be_is_stated_before_anything_is_fetched(dss: Any, manifest: Path, work: Path, monkeypatch: Any):
    words = ("download-manifest", "--manifest", str(manifest), "--replica", "aws")
    both = dss(*words, "--workers", "2", "--scheduler", "tcp://127.0.0.1:1")
    assert (both.code, "are mutually exclusive" in both.err) == (2, True)
    none = dss(*words, "--workers", "0")
    assert (none.code, "--workers: 0 is below 1" in none.err) == (2, True)
    monkeypatch.setitem(sys.modules, "distributed", None)
    missing = dss(*words, "--scheduler", "tcp://127.0.0.1:1")
    assert missing.code == 2
    assert "[dask]'" in missing.err
    assert not list(work.iterdir())


def test_a_scheduler_that_does_not_exist_is_named(dss: Any, manifest: Path, work: Path):
    import dask
    import distributed  # noqa: F401 - brings its settings along, which would go with those of the block otherwise

    words = ("download-manifest", "--manifest", str(manifest), "--replica", "aws")
    with dask.config.set({"distributed.comm.timeouts.connect": "100ms"}):
        gone = dss(*words, "--scheduler", "tcp://127.0.0.1:1")
    assert gone.code == 1
    assert "No Dask scheduler responds at tcp://127.0.0.1:1" in gone.err
    assert "Traceback" not in gone.err
    wrong = dss(*words, "--scheduler", "nonsense://x")
    assert (wrong.code, "No Dask scheduler responds at nonsense://x" in wrong.err) == (1, True)


@pytest.mark.parametrize("how", ["download", pytest.param("drs-pull", marks=pytest.mark.long)])
def test_manifests_of_commons(how: str, omics: Any, omics_sandbox: Any, monkeypatch: Any, tmp_path: Path):
    gen3 = gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    folder = tmp_path / "work"
    add = omics_sandbox.gen3.add_file
    rows = [
        {"object_id": add(f"{number}.txt", b"%d" % number), "file_name": f"x/{number}.txt", "file_size": 1}
        for number in range(8)
    ]
    rows.append({"object_id": add("secret.txt", b"no", authz=["/programs/secret"])})
    rows.append({"object_id": "gone"})
    (folder / "m.json").write_text(json.dumps(rows))
    reader = str(omics_sandbox.gen3_credentials(tmp_path / "reader.json", "reader@example.org"))
    results: list[Any] = []
    for place, *more in (("alone",), ("together", "--workers", "2")):
        words = ("download", "-m", "m.json", "-d", place) if how == "download" else (how, "manifest", "m.json", place)
        done = gen3(*words, "--auth", reader, *more)
        assert done.code == 3
        results.append(
            [
                done.json["counts"],
                [(row["id"], row["size"], row["state"]) for row in done.json["files"]],
                "ask the owner of the data" in done.err,
            ]
        )
        assert {path.name for path in (folder / place / "x").iterdir()} == {f"{number}.txt" for number in range(8)}
    assert results[0] == results[1]
    assert results[0][0] == {"done": 8, "failed": 2, "skipped": 0, "stopped": 0}
    assert results[0][2]
