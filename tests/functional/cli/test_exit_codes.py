"""Exit codes of commands against the sandbox, whose storages refuse; and of `omics get` against a stand-in for the GDC."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azul_project import write_project
from breakable import Faults
from disk_space import stating
from dss_manifests import WITH_VERSION, rows_of, write_manifest
from handwritten import leaf_commands
from interrupting import interrupted
from omicsdk.cli.arguments import key
from omicsdk.core.sizes import size_words
from omicsdk.sandbox import Rule
from omicsdk.transfer.disk import JOURNAL_RESERVE, RESERVE_PER_FILE
from portal_host import PortalHost
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
    return lambda *words, **how: omics(*words, installed=True, **how)


def tree(count: int, name: str = "tree") -> str:
    Path(name).mkdir()
    for number in range(count):
        Path(name, f"f{number}.txt").write_text(f"content {number}")
    return name


def bundle_of(sandbox: Any, count: int) -> str:
    return str(sandbox.seed(Path(tree(count, "source")))["bundle_uuid"])


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


def locked(sandbox: Any, user: Any, count: int) -> list[str]:
    """A pull of files in a lock."""
    for words in (["add", *uris(sandbox, user, count)[0][1:]], ["lock"]):
        assert user(*words).code == 0
    return ["pull"]


def drs(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    words, path = uris(sandbox, user, count)
    return ["drs", "download", *words[1 : 1 + count], "-d", "to"], path


def sb(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    groups = user("sb", "api", "list-billing-groups").json["items"]
    assert user("sb", "projects", "create", "p", "--billing-group", groups[0]["id"]).code == 0
    tree(count)
    assert user("sb", "files", "upload", "tree/", f"{P}/in/").code == 0
    return ["sb", "files", "download", f"{P}/in/", "--download-dir", "to"], "/sb/_storage/*"


def azul(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    contents = {f"f{number}.txt": f"content {number}".encode()[:9] for number in range(count)}
    sandbox.seed(write_project(Path("bundle").absolute(), contents=contents))
    return ["azul", "download", "--filter", "fileFormat=txt", "--to", "to"], "/azul/*"


def into_s3(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    return [
        "cp",
        "-r",
        f"{tree(count)}/",
        f"s3://{sandbox.staging_bucket}/there/",
    ], f"/_s3/{sandbox.staging_bucket}/there/f*"


def dss_manifest(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del user
    write_manifest(Path("m.tsv"), rows_of(sandbox.seed(Path(tree(count, "source")))), WITH_VERSION)
    words = ["dss", "download-manifest", "--manifest", "m.tsv", "--replica", "aws", "--download-dir", "to"]
    return words, "/_objects/*"


def into_sb(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    words, path = sb(sandbox, user, count)
    return ["sb", "files", "upload", "tree/", words[3].replace("/in/", "/up/")], path


def into_gen3(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    del sandbox, user
    return ["gen3", "upload", tree(count)], "/gen3/_storage/*"


def into_area(sandbox: Any, user: Any, count: int) -> tuple[list[str], str]:
    return area(sandbox, user, count), "/_s3/*/f*"


DOWNLOADS = (dss, copy, sync, gen3, uris, drs, sb)
UPLOADS = (into_s3, into_sb, into_gen3, into_area)
STALLING = (*DOWNLOADS, into_sb, into_gen3)  # the sandbox's S3 cannot
CAUSES = {
    "all are denied": (2, Rule("status", status=403, code="AccessDenied"), 4),
    "the only one is denied": (1, Rule("status", status=403, code="AccessDenied"), 4),
    "all are missing": (2, Rule("status", status=404), 3),
    "the only one is missing": (1, Rule("status", status=404), 1),
    "one of two is missing": (2, Rule("status", status=404, times=1), 3),
}


# tests/unit/cli/test_exit_codes.py has each command with each cause; here each meets a storage that denies all, and one that lacks some.
BY_EACH = ("all are denied", "one of two is missing")


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        *((command, cause) for command in (*DOWNLOADS, *UPLOADS) for cause in BY_EACH),
        *((command, cause) for command in (copy, into_s3) for cause in CAUSES if cause not in BY_EACH),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_storages_that_refuse(user: Any, omics_sandbox: Any, command: Any, cause: str) -> None:
    count, rule, code = CAUSES[cause]
    words, path = command(omics_sandbox, user, count)
    method = "PUT" if command in UPLOADS else ""
    omics_sandbox.add_faults(
        Rule(rule.action, path=path, method=method, status=rule.status, code=rule.code, times=rule.times)
    )
    ran = user(*words)
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    assert "no longer accepted" not in ran.err
    omics_sandbox.fault_book.clear()
    assert user(*words).code == 0


def test_an_upload_area_that_refuses_the_first_of_many_files_refuses_all(user: Any, omics_sandbox: Any) -> None:
    words, path = into_area(omics_sandbox, user, 60)
    omics_sandbox.add_faults(Rule("status", path=path, method="PUT", status=403, code="AccessDenied"))
    ran = user(*words)
    omics_sandbox.fault_book.clear()
    assert ran.code == 4, ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize(
    ("command", "number", "code"),
    [
        *((command, signal.SIGTERM, 143) for command in (dss, copy, uris, drs)),
        *((command, signal.SIGINT, 130) for command in (sync, gen3, sb, into_sb, into_gen3)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_command_that_is_stopped_by_a_signal(
    user: Any, omics_sandbox: Any, command: Any, number: int, code: int
) -> None:
    words, path = command(omics_sandbox, user, 2)
    omics_sandbox.add_faults(Rule("stall", path=path, method="PUT" if command in UPLOADS else "", at=0))
    omics = str(Path(sys.executable).with_name("omics"))
    ended, _, err = interrupted(omics_sandbox, [omics, *words], dict(os.environ), number)
    assert ended == code, err
    assert "Traceback" not in err
    assert "Run the same command again to resume" in err
    assert user(*words).code == 0


@pytest.mark.parametrize("command", [*STALLING, dss_manifest], ids=lambda command: command.__name__)
def test_a_time_that_is_over_ends_with_3_and_prints_the_result(user: Any, omics_sandbox: Any, command: Any) -> None:
    words, path = command(omics_sandbox, user, 2)
    omics_sandbox.add_faults(Rule("stall", path=path, method="PUT" if command in UPLOADS else "", at=0))
    ran = user(*words, "--time-budget", "1")
    omics_sandbox.fault_book.clear()
    assert ran.code == 3, ran.err
    assert ran.err.count("the time budget of 1 s is over") == 1
    assert "Run the same command again to resume" in ran.err
    assert ran.json["counts"]["stopped"] == 2
    assert user(*words).code == 0


def collection(sandbox: Any, user: Any, count: int) -> list[str]:
    bundle = user("dss", "get-bundle", "--replica", "aws", "--uuid", bundle_of(sandbox, count)).json["bundle"]
    content = {"type": "bundle", "uuid": bundle["uuid"], "version": bundle["version"]}
    words = ["--uuid", bundle["uuid"], "--version", bundle["version"], "--contents", json.dumps(content)]
    made = user(
        "dss", "put-collection", "--replica", "aws", "--name", "n", "--description", "d", "--details", "{}", *words
    )
    assert made.code == 0, made.err
    return ["dss", "download-collection", "--uuid", made.json["uuid"], "--replica", "aws", "--download-dir", "to"]


def area(sandbox: Any, user: Any, count: int) -> list[str]:
    assert user("upload", "select", sandbox.area()).code == 0
    return ["upload", "files", tree(count)]


def results(sandbox: Any, user: Any, count: int) -> list[str]:
    """The results of reads in Pangea."""
    words = reads(sandbox, user, count)
    assert user(*words).code == 0
    return ["pangea", "download", "sample-results", *words[3:5], "--target-dir", "to"]


def reads(sandbox: Any, user: Any, count: int) -> list[str]:
    del sandbox, user
    folder = tree(count)
    Path("list.txt").write_text("".join(f"{folder}/f{number}.txt\n" for number in range(count)))
    where = ["Sandbox", "Sandbox Library"]
    return ["pangea", "upload", "single-ended-reads", *where, "list.txt", "--ext", ".txt"]


def words_of(make: Any) -> Callable[[Any, Any, int], list[str]]:
    return lambda *arguments: make(*arguments)[0]


PLANS: dict[str, tuple[Callable[[Any, Any, int], list[str]], str]] = {
    "dss download": (words_of(dss), "sha256"),
    "cp": (words_of(copy), "sha256"),
    "sync": (words_of(sync), "sha256"),
    "gen3 download": (words_of(gen3), "md5"),
    "get": (words_of(uris), "md5"),
    "pull": (locked, "md5"),
    "drs download": (words_of(drs), "md5"),
    "sb files download": (words_of(sb), ""),
    "azul download": (words_of(azul), "sha256"),
    "mv": (lambda *_: ["mv", f"{tree(1)}/f0.txt", "to/"], ""),
    "dss upload": (
        lambda sandbox, _, count: [
            *("dss", "upload", "--src-dir", tree(count), "--replica", "aws"),
            *("--staging-bucket", sandbox.staging_bucket),
        ],
        "sha256, sha1, crc32c, s3_etag",
    ),
    "dss download-manifest": (lambda *arguments: [*dss_manifest(*arguments)[0], "--layout", "bundle"], "sha256"),
    "dss download-collection": (collection, "sha256"),
    "upload files": (area, "crc32c"),
    "gen3 upload": (lambda _, __, count: ["gen3", "upload", tree(count)], "md5"),
    "sb files upload": (
        lambda *arguments: ["sb", "files", "upload", "tree/", f"{P}/up/"] if sb(*arguments) else [],
        "md5",
    ),
    "sb files cp": (
        lambda *arguments: ["sb", "files", "cp", f"{P}/in/f0.txt", f"{P}/f0.txt"] if sb(*arguments) else [],
        "",
    ),
    "sb files mv": (
        lambda *arguments: ["sb", "files", "mv", f"{P}/in/f0.txt", f"{P}/f0.txt"] if sb(*arguments) else [],
        "",
    ),
    "pangea upload reads": (reads, "md5"),
    "pangea download sample-results": (results, ""),
    "trs download": (
        lambda *_: ["trs", "download", "#workflow/sandbox/example/count", "--version", "v1.0", "-d", "to"],
        "",
    ),
    "refget get": (lambda *_: ["refget", "get", "plasmid", "--to", "to.fa"], "ga4gh"),
    "gen3 wss cp": (lambda _, __, count: ["gen3", "wss", "cp", f"{tree(count)}/f0.txt", "ws:///@user/f0.txt"], ""),
    "htsget download": (lambda *_: ["htsget", "download", "sample-1", "--to", "to.bam"], "md5"),
}
"""A command line for each command that has `--dry-run` and moves files, and the checksum of a file that it states."""

NO_FILES = (
    "prune", "remove", "delete", "_rm", "submit", "tag", "metadata", "install_app", "import_", "imports", "exports",
    ":rm",
)  # fmt: skip
"""What names of functions have that move no files of this machine: they remove, or change records and jobs."""

ELSEWHERE = {"omicsdk.cli.commands.dtp:download"}
"""Functions whose dry run is tested beside their stores, in test_dtp.py."""


def test_the_dry_run_of_every_command_that_moves_files_is_walked() -> None:
    functions = {
        name: node.command["run"]
        for name, node in leaf_commands().items()
        if "dry_run" in map(key, node.command["parameters"])
    }
    moving = {
        run for run in functions.values() if not any(word in run.partition(":")[2] + run[-3:] for word in NO_FILES)
    }
    assert moving == {functions[name] for name in PLANS} | ELSEWHERE


@pytest.mark.parametrize("command", PLANS)
def test_a_dry_run_shows_target_size_checksum_and_source_of_each_file(
    user: Any, omics_sandbox: Any, command: str
) -> None:
    make, checksum = PLANS[command]
    words = make(omics_sandbox, user, 2)
    before = sorted(Path().rglob("*"))
    ran = user(*words, "--dry-run", "--output", "json")
    assert ran.code == 0, ran.err
    entries = ran.json if isinstance(ran.json, list) else ran.json.get("files", [ran.json])
    rows = [row for entry in entries for row in entry.get("files", [entry])]
    assert rows
    for row in rows:
        assert {"target", "size", "checksum", "source"} <= {*row}
        assert row["target"]
        assert row["source"]
        assert "?" not in row["source"]
        assert (row["checksum"] or "").startswith(checksum)
        assert bool(row["checksum"]) == bool(checksum) or command == "trs download"
        assert row["size"] or command in ("trs download", "pangea download sample-results")  # stated by neither server
    assert sorted(Path().rglob("*")) == before
    shown = user(*words, "--dry-run", tty=True)
    assert shown.code == 0, shown.err
    for row in rows:
        size = "unknown size" if row["size"] is None else size_words(row["size"])
        for fact in (row["target"], row["source"], row["checksum"] or "no checksum", size):
            assert fact in shown.out + shown.err


@pytest.fixture
def gdc(user: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalHost]:
    host = PortalHost()
    for name, value in host.environment().items():
        monkeypatch.setenv(name, value)
    host.gdc_manifest(Path())
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
    assert len([request for request in gdc.requests if request.path.startswith("gdc/data/")]) == 2


def test_a_list_with_a_head_only_is_reported_and_fails_on_request(user: Any, gdc: PortalHost) -> None:
    Path("head.txt").write_text("id\tfilename\tmd5\tsize\tstate\n")
    ran = user("get", "head.txt", "--to", "data")
    assert (ran.code, "0 files" in ran.err, "no file is selected" in ran.err) == (0, True, True)
    ran = user("get", "head.txt", "--to", "data", "--fail-empty", "--quiet")
    assert (ran.code, ran.err) == (1, "omics: nothing to do: no file is selected\n")
    ran = user("get", "gdc_manifest.txt", "--to", "data", "--include", "head.txt")  # *.txt without quotes
    assert "head.txt is a file here: put a pattern in quotes" in ran.err
    ran = user("get", "gdc_manifest.txt", "--to", "data", "--include", "x" * 300)  # longer than a name of a file
    assert (ran.code, "no file is selected" in ran.err) == (0, True)
    assert user("get", "gdc_manifest.txt", "--to", "data", "--fail-empty").code == 0


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_disk_that_is_too_small_for_a_file_gets_the_others_the_manifest_and_the_report(
    user: Any, gdc: PortalHost, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    free = JOURNAL_RESERVE + 2 * RESERVE_PER_FILE + 20  # each file has 17 bytes
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
