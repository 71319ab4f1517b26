"""Exit codes of commands against the sandbox, whose storages refuse; and of `omics get` against a stand-in for the GDC."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azul_project import write_project
from breakable import Faults
from disk_space import stating
from omicsdk.sandbox import Rule
from omicsdk.transfer.disk import KEPT, KEPT_FOR_EACH
from portal_host import PortalHost, content
from unsettled import unsettled

pytestmark = pytest.mark.sandbox

P = "sb://sandbox-user/p"


@pytest.fixture
def user(omics: Any, omics_sandbox: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """A user of the sandbox in an empty folder."""
    unsettled(monkeypatch, tmp_path)
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return lambda *words: omics(*words, installed=True)


def bundle_of(sandbox: Any, count: int) -> str:
    source = Path("source")
    source.mkdir()
    for number in range(count):
        (source / f"f{number}.txt").write_text(f"content {number}")
    return str(sandbox.seed(source)["bundle_uuid"])


def dss(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    words = ["dss", "download", "--bundle-uuid", bundle_of(sandbox, count), "--replica", "aws", "--download-dir", "to"]
    return words, "/_objects/*"


def copy(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    return ["cp", "-r", f"dss://aws/{bundle_of(sandbox, count)}/", "to"], "/_objects/*"


def sync(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    return ["sync", f"dss://aws/{bundle_of(sandbox, count)}/", "to"], "/_objects/*"


def gen3(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    guids = [sandbox.gen3.add_file(f"f{number}.txt", f"content {number}".encode()) for number in range(count)]
    return ["gen3", "download", *guids, "-d", "to"], "/gen3/_storage/*"


def uris(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    words, path = gen3(sandbox, user, count)
    host = sandbox.url.partition("://")[2]
    return ["get", *(f"drs://{host}/{guid}" for guid in words[2 : 2 + count]), "--to", "to"], path


def drs(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    words, path = uris(sandbox, user, count)
    return ["drs", "download", *words[1 : 1 + count], "-d", "to"], path


def sb(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    groups = user("sb", "api", "list-billing-groups").json["items"]
    assert user("sb", "projects", "create", "p", "--billing-group", groups[0]["id"]).code == 0
    Path("tree").mkdir()
    for number in range(count):
        Path(f"tree/f{number}.txt").write_text(f"content {number}")
    assert user("sb", "files", "upload", "tree/", f"{P}/in/").code == 0
    return ["sb", "files", "download", f"{P}/in/", "--download-dir", "to"], "/sb/_storage/*"


def azul(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    contents = {f"f{number}.txt": f"content {number}".encode()[:9] for number in range(count)}
    sandbox.seed(write_project(Path("bundle").absolute(), contents=contents))
    return ["azul", "download", "--filter", "fileFormat=txt", "--to", "to"], "/azul/*"


def into_s3(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    Path("tree").mkdir()
    for number in range(count):
        Path(f"tree/f{number}.txt").write_text(f"content {number}")
    return ["cp", "-r", "tree/", f"s3://{sandbox.staging_bucket}/there/"], f"/_s3/{sandbox.staging_bucket}/there/f*"


DOWNLOADS = (dss, copy, sync, gen3, uris, drs, sb)
CAUSES = {
    "all are denied": (2, Rule("status", status=403, code="AccessDenied"), 4),
    "the only one is denied": (1, Rule("status", status=403, code="AccessDenied"), 4),
    "all are missing": (2, Rule("status", status=404), 3),
    "the only one is missing": (1, Rule("status", status=404), 1),
    "one of two is missing": (2, Rule("status", status=404, times=1), 3),
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("command", [*DOWNLOADS, into_s3], ids=lambda command: command.__name__)
def test_storages_that_refuse(user: Any, omics_sandbox: Any, command: Any, cause: str) -> None:
    count, rule, code = CAUSES[cause]
    words, path = command(omics_sandbox, user, count)
    method = "PUT" if command is into_s3 else ""
    omics_sandbox.add_faults(
        Rule(rule.action, path=path, method=method, status=rule.status, code=rule.code, times=rule.times)
    )
    ran = user(*words)
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    assert "no longer accepted" not in ran.err
    omics_sandbox.fault_book.clear()
    assert user(*words).code == 0


@pytest.mark.parametrize("command", DOWNLOADS, ids=lambda command: command.__name__)
def test_a_time_that_is_over_ends_with_3_and_prints_the_result(user: Any, omics_sandbox: Any, command: Any) -> None:
    words, path = command(omics_sandbox, user, 2)
    omics_sandbox.add_faults(Rule("stall", path=path, at=0))
    ran = user(*words, "--time-budget", "1")
    omics_sandbox.fault_book.clear()
    assert ran.code == 3, ran.err
    assert "the time budget of 1 s is over" in ran.err
    assert ran.json["counts"]["stopped"] == 2
    assert user(*words).code == 0


@pytest.mark.parametrize("command", [*DOWNLOADS, azul], ids=lambda command: command.__name__)
def test_a_dry_run_shows_target_size_checksum_and_source_of_each_file(
    user: Any, omics_sandbox: Any, command: Any
) -> None:
    words, _ = command(omics_sandbox, user, 2)
    ran = user(*words, "--dry-run")
    assert ran.code == 0, ran.err
    (row,) = (row for row in ran.json["files"] if row["target"].endswith("/f0.txt"))
    assert row["size"] == 9
    assert row["source"]
    assert "?" not in row["source"]
    assert row["checksum"] is None if command is sb else row["checksum"].startswith(("sha256", "md5"))
    assert row.get("name", "f0.txt").startswith("f0.txt")
    assert not Path("to").exists()


@pytest.fixture
def gdc(user: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalHost]:
    host = PortalHost()
    for name, value in host.environment().items():
        monkeypatch.setenv(name, value)
    for number, name in ((41, "t.bam"), (42, "n.bam")):
        host.put(f"gdc/data/{number:08x}-0000-4000-8000-{number:012x}", content(name))
    host.sample("gdc_manifest.txt", Path())
    yield host
    host.close()


@pytest.mark.parametrize("status", [401, 403])
def test_the_gdc_denies_access_and_is_asked_once_for_each_file(user: Any, gdc: PortalHost, status: int) -> None:
    for path in [path for path in gdc.files if path.startswith("gdc/data/")]:
        gdc.always[path] = Faults.status(status)
    ran = user("get", "gdc_manifest.txt", "--to", "data")
    assert ran.code == 4, ran.err
    assert "t.bam: the server denies access to this file" in ran.err
    assert "no longer accepted" not in ran.err
    assert "Run the same command again" not in ran.err
    assert len([each for each in gdc.requests if each.path.startswith("gdc/data/")]) == 2


def test_a_list_with_a_head_only_is_reported_and_fails_on_request(user: Any, gdc: PortalHost) -> None:
    Path("head.txt").write_text("id\tfilename\tmd5\tsize\tstate\n")
    ran = user("get", "head.txt", "--to", "data")
    assert (ran.code, "0 files" in ran.err, "no file is selected" in ran.err) == (0, True, True)
    assert user("get", "head.txt", "--to", "data", "--fail-empty").code == 1
    assert user("get", "gdc_manifest.txt", "--to", "data", "--fail-empty").code == 0


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_disk_that_is_too_small_for_a_file_gets_the_others_the_manifest_and_the_report(
    user: Any, gdc: PortalHost, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    free = KEPT + 2 * KEPT_FOR_EACH + 20  # each file has 17 bytes
    monkeypatch.setattr(os, "statvfs", stating(lambda: (free, 10**9)))
    ran = user("get", "gdc_manifest.txt", "--to", "data", "--report", "r.jsonl", *(["--dry-run"] if dry_run else []))
    if dry_run:
        assert f"34 more bytes are needed in {Path('data').absolute()}, but only {free:,} are free" in ran.err
        assert ran.code == 0, ran.err
        assert [file["plan"] for file in ran.json["files"]] == [
            "download 17 bytes",
            "download 17 bytes; it does not fit on the disk",
        ]
        return
    assert ran.code == 3, ran.err
    assert ran.json["counts"] == {"done": 1, "skipped": 0, "failed": 1, "stopped": 0}
    assert f"17 more bytes are needed in {Path('data').absolute()}, but only 3 are left" in ran.err
    assert "17 more bytes are needed" in Path("data.manifest.tsv").read_text()
    assert len(Path("r.jsonl").read_text().splitlines()) == 3
