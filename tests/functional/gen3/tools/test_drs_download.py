"""gen3.tools.download.drs_download under its documented names: scripts that import it work, and failures are reported."""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.tools.download import drs_download as documented
from omicsdk.compat.gen3.tools.download.drs_download import draw
from omicsdk.core import NotFound, SomeFailed
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.objects import DrsObject, object_of
from omicsdk.gen3 import Gen3UserError
from omicsdk.sandbox import Sandbox
from omicsdk.transfer import Progress


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No lookup of hosts outside this machine."""
    monkeypatch.setenv("DRS_RESOLUTION_ORDER", "cache_file:commons_mds")
    monkeypatch.setenv("DRS_CACHE", str(tmp_path / "hosts.json"))


@pytest.fixture
def host(sandbox: Sandbox) -> str:
    return sandbox.url.partition("://")[2]


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    def write(*entries: Any) -> Path:
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(entries))
        return path

    return write


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_manifest_is_downloaded(sandbox: Sandbox, host: str, auth: Gen3Auth, manifest: Any, tmp_path: Path) -> None:
    guids = [sandbox.gen3.add_file(f"{n}.txt", b"%d" % n) for n in range(3)]
    path = manifest(*({"object_id": guid, "file_size": 1, "unknown": True} for guid in guids))
    assert documented.download_files_in_drs_manifest(host, auth, path, tmp_path / "out", show_progress=False)
    assert (tmp_path / "out/2.txt").read_bytes() == b"2"


def test_a_manifest_s_md5_is_believed_and_what_failed_is_reported(
    sandbox: Sandbox, host: str, auth: Gen3Auth, manifest: Any, tmp_path: Path
) -> None:
    good, bad = (sandbox.gen3.add_file(name, name.encode()) for name in ("good", "bad"))
    path = manifest({"object_id": good}, {"object_id": bad, "md5sum": "0" * 32})
    with pytest.raises(SomeFailed, match="1 of 2 files failed") as failed:
        documented.download_files_in_drs_manifest(host, auth, path, tmp_path / "out")
    assert bad in str(failed.value)
    assert (tmp_path / "out/good").exists()
    assert not (tmp_path / "out/bad").exists()


def test_packages_are_unpacked_and_deleted_when_asked(
    sandbox: Sandbox, host: str, auth: Gen3Auth, tmp_path: Path
) -> None:
    guid = sandbox.gen3.add_file("set.zip", packed(a="1", b="2"))
    documented.download_drs_objects(host, auth, [guid], tmp_path / "kept", unpack_packages=False)
    assert [path.name for path in (tmp_path / "kept").glob("[a-z]*")] == ["set.zip"]
    documented.download_drs_objects(host, auth, [guid], tmp_path / "out", delete_unpacked_packages=True)
    assert sorted(path.name for path in (tmp_path / "out").glob("[a-z]*")) == ["a", "b"]


def test_statuses_are_the_documented_ones(sandbox: Sandbox, host: str, auth: Gen3Auth, tmp_path: Path) -> None:
    good = sandbox.gen3.add_file("good", b"g")
    blank = sandbox.gen3.index.create_blank("somebody", "blank")["did"]
    objects = [documented.Downloadable(identifier) for identifier in (good, blank, "dg.NOWHERE/1")]
    manager = documented.DownloadManager(host, auth, objects)
    statuses = manager.download(objects, str(tmp_path / "out"))
    assert {key: status.status for key, status in statuses.items()} == {
        good: "downloaded",
        blank: "error (no access methods)",
        "dg.NOWHERE/1": "error (resolving DRS host)",
    }


def test_objects_are_resolved_and_shown(
    sandbox: Sandbox, host: str, auth: Gen3Auth, capsys: pytest.CaptureFixture[str]
) -> None:
    guid = sandbox.gen3.add_file("reads.fastq", b"ACGT")
    assert documented.list_drs_object(host, auth, guid)
    output = capsys.readouterr().out
    assert "reads.fastq" in output
    assert "4 bytes" in output
    info = documented.get_drs_object_info(host, guid)
    assert documented.get_drs_object_type(info) is documented.DRSObjectType.object
    assert documented.extract_filename_from_object_info(info) == "reads.fastq"
    downloadable = documented.Downloadable(guid, hostname=host)
    assert documented.add_drs_object_info(downloadable)
    assert (downloadable.file_name, downloadable.file_size) == ("reads.fastq", 4)
    method = documented.get_access_methods(info)[0]["access_id"]
    url, status = documented.get_download_url_using_drs(host, guid, method, auth.get_access_token())
    assert status == 200
    assert url
    assert url.startswith("http://127.0.0.1")
    with pytest.raises(NotFound):
        documented.get_drs_object_info(host, "dg.TEST/nothing")


def test_a_bundle_that_contains_itself_twice_is_described_once(auth: Gen3Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a request for each copy, 33 levels would take ten thousand million of them."""
    requests: list[str] = []

    class Loop:
        resolver = SimpleNamespace(host=lambda _: "c.example.org")

        def at(self, _: str) -> Self:
            return self

        def describe_many(self, ids: list[DrsId]) -> list[DrsObject]:
            requests.extend(drs_id.accession for drs_id in ids)
            assert len(requests) < 100
            members = [{"name": name, "id": "b", "drs_uri": []} for name in ("one", "two")]
            return [object_of({"id": drs_id.accession, "name": "b", "contents": members}) for drs_id in ids]

    monkeypatch.setattr(documented.DownloadManager, "_servers", lambda _: nullcontext(Loop()))
    (bundle,) = documented.DownloadManager("c.example.org", auth, [documented.Downloadable("b")]).download_list
    assert requests == ["b"]
    assert [(child.object_type, child.children) for child in bundle.children] == [("unknown", [])] * 2


def test_what_one_may_do_is_listed(
    sandbox: Sandbox, host: str, auth: Gen3Auth, manifest: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    guid = sandbox.gen3.add_file("a", b"a")
    assert documented.list_access_in_drs_manifest(host, auth, manifest({"object_id": guid}))
    assert host in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "is not a JSON list"),
        ("{}", "is not a JSON list"),
        ('[{"file_size": 1}]', "entry 1"),
        ('[{"object_id": "a"}, 7]', "entry 2"),
        ('[{"object_id": "a", "file_size": "big"}]', "entry 1, column 'file_size': 'big' is not a size"),
    ],
)
def test_a_manifest_that_is_none_states_where(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(content)
    with pytest.raises(Gen3UserError, match=message):
        documented.Manifest.load(path)


def test_entries_go_to_json_and_back() -> None:
    entry = documented.Manifest("dg.1/a", 3, "a.txt", "0" * 32, "https://c.example.org")
    assert documented.Manifest.from_json(entry.to_json()) == entry
    (downloadable,) = documented.Manifest.create_object_list([entry])
    facts = downloadable.object_id, downloadable.hostname, downloadable.file_name, downloadable.file_size
    assert facts == ("dg.1/a", "c.example.org", "a.txt", 3)


def test_small_objects_do_what_their_names_say() -> None:
    assert documented.get_hostname_from_endpoint("https://c.example.org/user") == "c.example.org"
    assert documented.parse_drs_identifier("drs://dg.1:a") == ("dg.1", "a", "compact")
    assert documented.parse_drs_identifier("drs://c.example.org/a") == ("c.example.org", "a", "hostname")
    assert documented.parse_drs_identifier("s3://b/k") == ("", "", "unknown")
    assert documented.get_drs_object_timestamp("2020-01-02T03:04:05Z") == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert documented.get_drs_object_timestamp("soon") is None
    hosts = {"dg.1": "c.example.org"}
    assert documented.resolve_drs_hostname_from_id("dg.1/a", hosts, "") == ("c.example.org", "a", "compact")
    objects = [documented.Downloadable("dg.1/a"), documented.Downloadable("drs://x.example.org/b")]
    documented.resolve_objects_drs_hostname(objects, hosts, "")
    assert [downloadable.hostname for downloadable in objects] == ["c.example.org", "x.example.org"]


def test_files_go_to_the_folder_of_the_program_unless_another_is_named(
    sandbox: Sandbox, host: str, auth: Gen3Auth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guid = sandbox.gen3.add_file("good", b"g")
    monkeypatch.chdir(tmp_path)
    objects = [documented.Downloadable(guid)]
    documented.DownloadManager(host, auth, objects).download(objects)
    assert (tmp_path / "good").read_bytes() == b"g"


def test_progress_is_shown_on_stderr_unless_it_is_not_wanted(
    sandbox: Sandbox, host: str, auth: Gen3Auth, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guid = sandbox.gen3.add_file("good", b"g" * 1000)
    objects = [documented.Downloadable(guid)]
    manager = documented.DownloadManager(host, auth, objects)
    manager.download(objects, tmp_path / "silent")
    documented.download_drs_objects(host, auth, [guid], tmp_path / "silent-too", show_progress=False)
    assert capsys.readouterr() == ("", "")
    manager.download(objects, tmp_path / "shown", show_progress=True)
    documented.download_drs_objects(host, auth, [guid], tmp_path / "by-default")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split("] ")[1].strip() for line in shown.err.splitlines()] == ["100% 1 of 1 files, 0.0 MB"] * 2


def test_a_bar_on_a_terminal_is_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    at = {"files": 2, "files_done": 1, "files_failed": 0, "bytes_fetched": 0, "rate": 0.0, "seconds": 1.0}
    draw(Progress(bytes=4_000_000, bytes_done=1_000_000, **at))
    draw(Progress(bytes=0, bytes_done=0, final=True, **at))
    first, last = terminal.getvalue().split("\r")[1:]
    assert first.startswith("[##########....")
    assert "25% 1 of 2 files, 1.0 MB" in first
    assert last.endswith("\n")
