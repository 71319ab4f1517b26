"""The documented file client on the sandbox: presigned URLs, and downloads that are verified and continue."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import omicsdk.transfer
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.core import ChecksumMismatch, Forbidden, NotFound, OmicsError, Unauthorized, UnsafePath
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.transfer import Progress

CONTENT = bytes(range(256)) * 5000


@pytest.fixture
def files(auth: Gen3Auth):
    with Gen3File(auth) as files:
        yield files


def test_a_url_that_needs_no_login(files: Gen3File, sandbox: Sandbox):
    guid = sandbox.gen3.add_file("a.txt", b"hello")
    url = files.get_presigned_url(guid)["url"]
    assert httpx.get(url).content == b"hello"
    assert httpx.get(files.get_presigned_url(guid, "s3")["url"]).content == b"hello"
    with pytest.raises(NotFound):
        files.get_presigned_url("nope")


def test_a_file_arrives_under_the_name_of_its_record(files: Gen3File, sandbox: Sandbox, tmp_path: Path):
    guid = sandbox.gen3.add_file("folder/reads.bin", CONTENT)
    assert files.download_single(guid, tmp_path / "out") is True
    assert [path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")] == [
        "folder",
        "folder/reads.bin",
    ]
    assert (tmp_path / "out/folder/reads.bin").read_bytes() == CONTENT


def test_it_goes_to_the_present_folder_by_default(
    files: Gen3File, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    guid = sandbox.gen3.add_file("x.bin", b"x")
    monkeypatch.chdir(tmp_path)
    files.download_single(guid)
    assert (tmp_path / "x.bin").read_bytes() == b"x"


def test_what_exists_is_not_fetched_again(files: Gen3File, sandbox: Sandbox, tmp_path: Path):
    guid = sandbox.gen3.add_file("x.bin", CONTENT)
    files.download_single(guid, tmp_path)
    before = (tmp_path / "x.bin").stat().st_mtime_ns
    files.download_single(guid, tmp_path)
    assert (tmp_path / "x.bin").stat().st_mtime_ns == before


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_bytes_that_are_not_those_of_any_hash_do_not_get_the_name(
    files: Gen3File, sandbox: Sandbox, tmp_path: Path, algorithm: str
):
    wrong = hashlib.new(algorithm, b"something else").hexdigest()
    guid = sandbox.gen3.add_file("x.bin", CONTENT, hashes={algorithm: wrong})
    with pytest.raises(ChecksumMismatch, match=algorithm):
        files.download_single(guid, tmp_path / "out")
    assert not (tmp_path / "out/x.bin").exists()


def test_a_name_does_not_lead_out_of_the_folder(files: Gen3File, sandbox: Sandbox, tmp_path: Path):
    for name in ("../x.bin", "/tmp/x.bin"):
        guid = sandbox.gen3.add_file("x.bin", b"x", file_name=name)
        with pytest.raises(UnsafePath):
            files.download_single(guid, tmp_path / "out")
    assert not (tmp_path / "x.bin").exists()


def test_a_file_without_a_name_is_called_by_its_guid(files: Gen3File, sandbox: Sandbox, tmp_path: Path):
    guid = sandbox.gen3.add_file("x.bin", b"x", file_name=None)
    files.download_single(guid, tmp_path / "out")
    assert (tmp_path / "out" / guid.rpartition("/")[2]).read_bytes() == b"x"


def test_a_file_without_a_place_is_an_error(files: Gen3File, auth: Gen3Auth, tmp_path: Path):
    with Gen3Index(auth) as index:
        guid = index.create_record({"md5": "0" * 32}, 3, file_name="x", authz=["/open"])["did"]
    with pytest.raises(OmicsError):
        files.download_single(guid, tmp_path / "out")


def test_an_upload_s_url_takes_bytes(files: Gen3File, sandbox: Sandbox):
    begun = files.upload_file("new.txt", authz=["/open"])
    assert httpx.put(begun["url"], content=b"new").status_code == 200
    again = files.upload_file_to_guid(begun["guid"], "new.txt", expires_in=60)
    assert httpx.put(again["url"], content=b"newer").status_code == 200
    sandbox.finish()  # the commons sees what has arrived
    assert httpx.get(files.get_presigned_url(begun["guid"])["url"]).content == b"newer"


def test_deleting(files: Gen3File, sandbox: Sandbox):
    first, second = (sandbox.gen3.add_file("a.txt", b"hello") for _ in range(2))
    assert files.delete_file_locations(first).status_code == 204
    assert files.delete_file(second) == ""
    with pytest.raises(NotFound):
        files.delete_file_locations(first)


def test_what_is_not_allowed_is_stated(sandbox: Sandbox, tmp_path: Path):
    guid = sandbox.gen3.add_file("a.txt", b"hello", authz=["/secret"])
    reader = Gen3Auth(refresh_file=sandbox.gen3_credentials(tmp_path / "reader.json", "reader@example.org"))
    with Gen3File(reader) as files, pytest.raises((Forbidden, Unauthorized)):
        files.get_presigned_url(guid)


def test_a_download_that_was_stopped_continues(
    files: Gen3File, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    content = CONTENT * 10  # three cells of the journal, and a bit; it stops within the third
    guid = sandbox.gen3.add_file("x.bin", content)
    sandbox.add_faults(Rule("stall", path="/gen3/_storage/*", at=9 << 20))
    real = omicsdk.transfer.download

    def stopped(*arguments: Any, **options: Any) -> Any:
        def look(progress: Progress) -> None:
            if progress.bytes_fetched >= 9 << 20:
                raise KeyboardInterrupt

        return real(*arguments, progress=look, **options)

    with monkeypatch.context() as patch:
        patch.setattr(omicsdk.transfer, "download", stopped)
        with pytest.raises(KeyboardInterrupt):
            files.download_single(guid, tmp_path / "out")
    assert not (tmp_path / "out/x.bin").exists()
    sandbox.fault_book.clear()
    before = len(sandbox.requests("/gen3/_storage/"))
    files.download_single(guid, tmp_path / "out")
    assert (tmp_path / "out/x.bin").read_bytes() == content
    assert list((tmp_path / "state/gen3/files").iterdir()) == []
    log_entries = sandbox.requests("/gen3/_storage/")[before:]
    assert min(int(entry["range"].partition("=")[2].partition("-")[0]) for entry in log_entries) == 9 << 20
    assert not any(entry["authorized"] for entry in log_entries)  # the URL alone proves it
