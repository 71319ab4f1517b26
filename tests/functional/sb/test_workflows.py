"""The workflows of `SevenBridges` against the sandbox: list, upload, download, verify and open, on both clients."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from omicsdk import AsyncSevenBridges, SevenBridges
from omicsdk.core import Forbidden, Interrupted, NotFound, UsageError
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sb import LocalFileExists, SbPath, WrongPath, listings
from omicsdk.sb.jobs import error_of
from omicsdk.sb.task_runs import NeverEnds
from omicsdk.sb.tasks import CannotRun, with_files
from omicsdk.transfer import TransferFailed
from unsettled import unsettled

P = "sb://sandbox-user/p"
TREE = {"a.txt": b"a", "reads/b.txt": b"bb", "reads/deep/c.txt": b""}


@pytest.fixture
def client(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SevenBridges]:
    """A client of a platform with the project p."""
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("SB_API_ENDPOINT", omics_sandbox.sb_url)
    monkeypatch.setenv("SB_AUTH_TOKEN", omics_sandbox.sb_token)
    with SevenBridges() as made:
        groups = made.list_billing_groups().items or ()
        made.create_project(name="p", billing_group=groups[0].id)
        yield made


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of this machine with some files, and one that is empty."""
    folder = tmp_path / "tree"
    for name, data in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "empty").mkdir()
    return folder


def test_one_text_selects_as_a_list_of_one_does(client: SevenBridges, tree: Path):
    client.upload(f"{tree}/", f"{P}/").raise_if_failed()
    folder = f"{P}/reads/"
    file = next(iter(client.ls(f"{folder}b.txt"))).file
    client.update_file(file_id=file.id, metadata={"sample": "x"}, tags=["t"])
    for chosen in ({"name": "b.txt"}, {"tags": "t"}, {"metadata": {"sample": "x"}}, {"metadata": {"sample": ["x"]}}):
        assert [entry.file.id for entry in client.ls(folder, **chosen)] == [file.id], chosen
    assert list(client.ls(folder, metadata={"sample": "y"})) == []
    parent = next(iter(client.list_files(project="sandbox-user/p", name="reads").items or ())).id
    for metadata in ({"sample": "x"}, {"metadata.sample": "x"}, {"sample": ["x"]}):
        assert [listed_file.id for listed_file in client.list_files(parent=parent, metadata=metadata).items or ()] == [
            file.id
        ]
    assert not client.list_files(parent=parent, metadata={"sample": "y"}).items


def _paths(client: SevenBridges, path: str = P) -> list[str]:
    return sorted(str(entry.path) for entry in client.ls(path, recursive=True))


@pytest.mark.parametrize("path", ["", "/*/complete", "/*/part", "/*/part/*"])
@pytest.mark.parametrize("fault", [{"action": "cut", "at": 0}, {"action": "status", "status": 500}])
def test_one_failed_or_lost_response_ends_no_upload_and_sends_nothing_twice(
    client: SevenBridges, omics_sandbox: Sandbox, tmp_path: Path, path: str, fault: dict[str, Any]
):
    (tmp_path / "large.bin").write_bytes(Random(1).randbytes(11 << 20))
    omics_sandbox.add_faults(Rule(**fault, path=f"/sb/v2/upload/multipart{path}", times=1))
    sent = client.upload(tmp_path / "large.bin", f"{P}/large.bin")
    sent.raise_if_failed()
    assert (sent.outcomes[0].attempts, sent.outcomes[0].verified) == (3, "md5 of every part")
    assert _paths(client) == [f"{P}/large.bin"]


def test_a_folder_goes_there_and_back(client: SevenBridges, tree: Path, tmp_path: Path):
    assert client.whoami().username == "sandbox-user"
    planned = client.upload(f"{tree}/", f"{P}/", dry_run=True)
    assert [outcome.state for outcome in planned.outcomes] == ["planned"] * 3
    assert _paths(client) == []
    sent = client.upload(f"{tree}/", f"{P}/")
    sent.raise_if_failed()
    assert {transfer.to: transfer.id for transfer in sent.transferred} == {
        str(entry.path): entry.file.id for entry in client.ls(P, recursive=True) if not entry.is_folder
    }
    assert _paths(client) == [
        *(f"{P}/a.txt", f"{P}/empty/", f"{P}/reads/", f"{P}/reads/b.txt", f"{P}/reads/deep/", f"{P}/reads/deep/c.txt")
    ]
    there = tmp_path / "there"
    assert ["is missing" in str(failure.error) for failure in client.verify(f"{P}/", there).failed] == [True] * 3
    assert client.download(f"{P}/", there, dry_run=True).counts["planned"] == 3
    assert not there.exists()
    report = client.download(f"{P}/", there)
    report.raise_if_failed()
    assert {name: (there / name).read_bytes() for name in TREE} == TREE
    assert (there / "empty").is_dir()
    assert client.download(f"{P}/", there).counts["skipped"] == 3
    client.verify(f"{P}/", there).raise_if_failed()
    (there / "a.txt").write_bytes(b"other")
    (changed,) = client.verify(f"{P}/", there).failed
    assert "a.txt: size is 5, expected 1" in str(changed.error)
    with pytest.raises(LocalFileExists):
        client.download(f"{P}/a.txt", there)
    client.download(f"{P}/a.txt", there, overwrite=True).raise_if_failed()
    assert (there / "a.txt").read_bytes() == b"a"


def test_what_is_listed_and_selected(client: SevenBridges, tree: Path):
    client.upload([tree / "a.txt", tree / "reads"], f"{P}/").raise_if_failed()
    assert sorted(str(entry.path) for entry in client.ls(P)) == [f"{P}/a.txt", f"{P}/reads/"]
    file = next(entry.file for entry in client.ls(f"{P}/a.txt"))
    client.replace_file_tags(file_id=file.id, body=["x"])
    assert [entry.file.name for entry in client.ls(P, tags=["x"])] == ["a.txt"]
    assert list(client.ls(P, name=["none"])) == []
    with pytest.raises(UsageError, match="are mutually exclusive"):
        list(client.ls(P, tags=["x"], recursive=True))
    with pytest.raises(NotFound, match="There is no"):
        list(client.ls(f"{P}/none"))
    with pytest.raises(NotFound, match="Name a project as OWNER/PROJECT"):
        list(client.ls("sb://me/none"))
    with pytest.raises(WrongPath):
        list(client.ls("none"))
    with pytest.raises(WrongPath, match="names no project"):
        list(client.ls("sb://sandbox-user"))
    assert error_of(client.files_by_id(["0" * 24])[0].error or pytest.fail("no error")).status == 404


def test_more_files_than_a_page_has_are_listed_once_each(
    client: SevenBridges, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(listings, "PAGE", 10)  # files come in three pages
    many = tmp_path / "many"
    many.mkdir()
    for number in range(23):
        (many / f"{number:03}").write_bytes(b"x")
    client.upload(f"{many}/", f"{P}/many/").raise_if_failed()
    names = [entry.file.name for entry in client.ls(f"{P}/many/")]
    assert sorted(str(name) for name in names) == [f"{number:03}" for number in range(23)]


def test_a_file_is_read_as_it_comes(client: SevenBridges, tree: Path, omics_sandbox: Sandbox):
    client.upload(tree / "reads/b.txt", f"{P}/x/b.txt").raise_if_failed()
    with client.open(f"{P}/x/b.txt") as file:
        assert (file.read(1), file.read(), file.read()) == (b"b", b"b", b"")
    with pytest.raises(UsageError, match="is a folder"), client.open(f"{P}/x/"):
        pass


@pytest.mark.parametrize(
    ("to", "message"),
    [
        (f"{P}".removeprefix("sb://"), f"not an sb:// path. Did you mean {P}?"),
        ("s3://bucket/reads/", "Only sb:// paths are allowed here"),
        ("a.txt", "missing destination after 'a.txt'"),
        ("sb://sandbox-user/q/", "sb://sandbox-user/q/ not found, or not visible to you. List your projects"),
    ],
)
def test_a_target_that_is_none_is_named(
    client: SevenBridges, tree: Path, monkeypatch: pytest.MonkeyPatch, to: str, message: str
):
    monkeypatch.chdir(tree)
    with pytest.raises((UsageError, NotFound)) as caught:
        client.upload(["reads"], to)
    assert message in str(caught.value)
    assert _paths(client) == []


def test_a_target_may_be_a_path_of_the_platform(client: SevenBridges, tree: Path):
    client.upload(tree / "a.txt", SbPath("sandbox-user", "p", is_folder=True))
    assert _paths(client) == [f"{P}/a.txt"]


def test_a_folder_above_is_uploaded_under_its_name(client: SevenBridges, tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tree / "reads/deep")
    client.upload("..", f"{P}/")
    assert [str(entry.path) for entry in client.ls(P)] == [f"{P}/reads/"]


def test_a_transfer_that_is_stopped_moves_nothing(client: SevenBridges, tree: Path, tmp_path: Path):
    stop = threading.Event()
    stop.set()
    assert client.upload(tree, P, stop=stop, check=False).counts["stopped"] == 3
    with pytest.raises(Interrupted):
        client.upload(tree, P, stop=stop)
    client.upload(tree / "a.txt", f"{P}/").raise_if_failed()
    assert client.download(f"{P}/a.txt", tmp_path / "there", stop=stop, check=False).counts["stopped"] == 1


def test_one_file_that_is_refused_keeps_no_other(client: SevenBridges, tree: Path, omics_sandbox: Sandbox):
    omics_sandbox.add_faults(Rule("status", path="*/upload/multipart", method="POST", status=403, nth=1))
    with pytest.raises(TransferFailed, match="injected_fault") as caught:
        client.upload([tree / "a.txt", tree / "reads/b.txt"], f"{P}/")
    assert sorted(outcome.state for outcome in caught.value.report.outcomes) == ["done", "failed"]
    assert sorted(row["to"] for row in caught.value.report.rows()) == [f"{P}/a.txt", f"{P}/b.txt"]
    assert client.upload([tree / "a.txt", tree / "reads/b.txt"], f"{P}/").counts["done"] == 1


def test_the_asynchronous_client_has_the_same(client: SevenBridges, tree: Path, tmp_path: Path):
    async def run() -> None:
        async with AsyncSevenBridges() as same:
            (await same.upload(f"{tree}/", f"{P}/")).raise_if_failed()
            names = [entry.name async for entry in same.ls(P)]
            assert sorted(names) == [f"{P}/a.txt", f"{P}/empty/", f"{P}/reads/"]
            (await same.download(f"{P}/reads/", tmp_path / "there")).raise_if_failed()
            async with same.open(f"{P}/reads/b.txt") as file:
                assert await file.read() == b"bb"

    asyncio.run(run())
    assert (tmp_path / "there" / "b.txt").read_bytes() == b"bb"


def test_many_files_are_read_edited_and_deleted_at_once(client: SevenBridges, tree: Path):
    client.upload(f"{tree}/", f"{P}/").raise_if_failed()
    ids = [entry.file.id for entry in client.ls(P, recursive=True) if not entry.is_folder]
    edited = client.edit_files([{"id": id, "tags": ["checked"]} for id in ids])
    assert [record.resource.tags for record in edited if record.resource is not None] == [["checked"]] * 3
    assert [
        outcome.error for outcome in client.run_file_job("delete", [{"file": id} for id in ids[:2]], timeout=30)
    ] == [
        "",
        "",
    ]
    left = client.files_by_id(ids)
    assert [record.error is None for record in left] == [False, False, True]


def test_a_draft_is_waited_for_by_neither_client(client: SevenBridges):
    tool = {"cwlVersion": "v1.2", "class": "CommandLineTool", "inputs": [], "outputs": [], "baseCommand": "true"}
    client.install_app("sandbox-user/p/tool", tool)
    task = client.create_task("t", "sandbox-user/p", "sandbox-user/p/tool")
    with pytest.raises(NeverEnds, match="draft"):
        client.wait_for_tasks([task.id])

    async def wait() -> None:
        async with AsyncSevenBridges() as twin:
            with pytest.raises(NeverEnds, match="draft"):
                await twin.wait_for_tasks([task.id])

    asyncio.run(wait())


def test_logs_of_a_task_that_ran(client: SevenBridges):
    tool = {"cwlVersion": "v1.2", "class": "CommandLineTool", "inputs": [], "outputs": [], "baseCommand": "true"}
    client.install_app("sandbox-user/p/tool", tool)
    task = client.create_task("t", "sandbox-user/p", "sandbox-user/p/tool", run=True)
    (ended,) = client.wait_for_tasks([task.id], period=0.05, timeout=60)
    assert ended.status == "COMPLETED"
    assert {log.task for log in client.task_logs(task.id)} == {task.id}


def test_a_file_of_an_input_keeps_what_is_stated_beside_its_path(client: SevenBridges, tree: Path):
    client.upload(f"{tree}/", f"{P}/").raise_if_failed()
    ids = {name: next(iter(client.ls(f"{P}/{name}"))).file.id for name in ("a.txt", "reads/b.txt")}
    index = {"class": "File", "path": f"{P}/reads/b.txt"}
    reads = {"class": "File", "path": f"{P}/a.txt", "secondaryFiles": [index]}
    found = {"class": "File", "path": ids["reads/b.txt"]}
    expected = {"class": "File", "path": ids["a.txt"], "secondaryFiles": [found]}
    assert with_files(client, {"reads": reads}) == {"reads": expected}


def test_apps_and_tasks_by_one_call_each(client: SevenBridges, omics_sandbox: Sandbox):
    project, app = "sandbox-user/p", "sandbox-user/p/tool"
    tool: dict[str, object] = {"cwlVersion": "v1.2", "class": "CommandLineTool", "baseCommand": "true", "outputs": []}
    tool["inputs"] = [{"id": "x", "type": "string"}]
    assert [client.install_app(app, source).revision for source in (tool, json.dumps(tool))] == [0, 1]
    assert client.copy_app(f"{app}/0", project, name="other").id.startswith(f"{project}/other")
    with pytest.raises(UsageError, match="clone, direct, clone_direct, transient"):
        client.copy_app(app, project, strategy="deep")
    draft = client.create_task("t", project, app, inputs={"x": "1"})
    with pytest.raises(UsageError, match="batch_by"):
        client.create_task("t", project, app, batch_input="x")
    with pytest.raises(CannotRun, match="x") as refused:
        client.create_task("t", project, app, run=True)
    with pytest.raises(CannotRun, match="'x' takes") as of_a_clone:
        client.clone_task(draft.id, inputs={"x": 1}, run=True)
    assert of_a_clone.value.task.id not in (draft.id, refused.value.task.id)
    omics_sandbox.add_faults(Rule("status", path="/sb/v2/tasks/*", method="PATCH", status=403, times=1))
    with pytest.raises(Forbidden) as of_its_name:
        client.clone_task(draft.id, name="u")
    left = {task.id for task in client.list_tasks.iterate(project=project)}
    (clone_id,) = left - {draft.id, refused.value.task.id, of_a_clone.value.task.id}
    assert f"as task {clone_id}" in str(of_its_name.value)

    async def clone() -> tuple[str | None, object]:
        async with AsyncSevenBridges() as twin:
            made = await twin.clone_task(draft.id, name="u", inputs={"x": "2"})
            return made.name, made.inputs

    assert asyncio.run(clone()) == ("u", {"x": "2"})
    assert {draft.status, refused.value.task.status} == {"DRAFT"}
