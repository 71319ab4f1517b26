"""The documented client of workspace storage."""

from pathlib import Path

import httpx
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.wss import Gen3WsStorage, get_url, put_url
from omicsdk.core import DecodeError, OmicsError, UsageError
from omicsdk.gen3 import Gen3, Gen3UserError
from omicsdk.transfer import TransferFailed


@pytest.fixture
def storage(auth: Gen3Auth):
    with Gen3WsStorage(auth) as storage:
        yield storage


def keys(storage: Gen3WsStorage, prefix: str = "") -> list[str]:
    return [each["WorkspaceKey"] for each in storage.ls("@user", prefix)["Data"]["Objects"]]


def test_a_file_goes_in_and_out(storage: Gen3WsStorage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    storage.upload(tmp_path / "a.txt", "@user", "folder/my file.txt")
    assert keys(storage, "folder/") == ["folder/my file.txt"]
    storage.download("@user", "folder/my file.txt", tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "hello"
    storage.download("@user", "folder/my file.txt", tmp_path)
    assert (tmp_path / "my file.txt").read_text() == "hello"


def test_copies_in_all_directions(storage: Gen3WsStorage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    storage.copy(str(tmp_path / "a.txt"), "ws:///@user/a.txt")
    storage.copy("ws:///@user/a.txt", "ws:///@user/b.txt")
    storage.copy("ws:///@user/b.txt", f"{tmp_path}/new/")
    assert (tmp_path / "new/b.txt").read_text() == "hello"
    for target in ("ws:///@user", "ws:///@user/folder/"):
        storage.copy(str(tmp_path / "a.txt"), target)
    storage.copy("ws:///@user/folder/a.txt", "ws:///@user/folder/more/")
    assert [*keys(storage, "folder/"), *keys(storage, "folder/more/")] == ["folder/a.txt", "folder/more/a.txt"]
    assert keys(storage) == ["a.txt", "b.txt"]
    assert storage.ls_path("ws:///@user/")["Data"]["Objects"][0]["WorkspaceKey"] == "a.txt"
    storage.rm_path("ws:///@user/a.txt")
    storage.rm("@user", "b.txt")
    assert keys(storage) == []
    with pytest.raises(Gen3UserError, match="Neither"):
        storage.copy("a", "b")


def test_urls_need_no_login(storage: Gen3WsStorage, tmp_path: Path):
    assert httpx.put(storage.upload_url("@user", "x.txt")["Data"], content=b"x").status_code == 200
    url = storage.download_url("@user", "x.txt")["Data"]
    get_url(url, tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_bytes() == b"x"
    put_url(storage.upload_url("@user", "y.txt")["Data"], tmp_path / "x.txt")
    assert keys(storage) == ["x.txt", "y.txt"]


def test_what_goes_wrong_is_raised(storage: Gen3WsStorage, tmp_path: Path):
    with pytest.raises(OmicsError):
        storage.ls("@nobody", "")
    with pytest.raises(OmicsError):
        storage.download("@user", "nope.txt", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(UsageError, match="is not a file"):
        storage.upload(tmp_path / "nope", "@user", "x")
    with pytest.raises(Gen3UserError, match="cannot be deleted at once"):
        storage.rm("@user", "/")


@pytest.mark.parametrize("data", [None, "", 5, {}])
def test_a_response_without_a_url_is_reported(data: object, tmp_path: Path):
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json={"Result": "ok", "Data": data}))
    storage = Gen3WsStorage(endpoint="https://commons.example.org", transport=answering)
    for ask in (storage.download_url, storage.upload_url):
        with pytest.raises(DecodeError, match="a URL"):
            ask("@user", "x")
    with pytest.raises(DecodeError, match="a URL"):
        storage.download("@user", "x", tmp_path / "x")


def test_a_copy_of_the_client_returns_what_the_face_raises(commons: Gen3, storage: Gen3WsStorage, tmp_path: Path):
    (tmp_path / "a.txt").write_text("hello")
    planned = commons.workspace_copy(str(tmp_path / "a.txt"), "ws:///@user/a.txt", dry_run=True)
    assert [(each.state, each.size) for each in planned.files] == [("planned", 5)]
    assert keys(storage) == []
    assert commons.workspace_copy(str(tmp_path / "a.txt"), "ws:///@user/a.txt").counts["done"] == 1
    copies = [commons.workspace_copy("ws:///@user/a.txt", "ws:///@user/c.txt", dry_run=dry) for dry in (True, False)]
    copies += [commons.workspace_copy("ws:///@user/c.txt", "ws:///@user/d/", dry_run=dry) for dry in (True, False)]
    assert [each.name for copied in copies for each in copied.files] == ["c.txt"] * 4
    with pytest.raises(TransferFailed) as caught:
        commons.workspace_copy("ws:///@user/nope.txt", "ws:///@user/b.txt", retries=0)
    report = commons.workspace_copy("ws:///@user/nope.txt", tmp_path / "b.txt", retries=0, check=False)
    with pytest.raises(type(caught.value.__cause__)):
        storage.copy("ws:///@user/nope.txt", str(tmp_path / "b.txt"))
    assert (report.counts["failed"], keys(storage)) == (1, ["a.txt", "c.txt"])
