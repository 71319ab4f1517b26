"""The workflows of `Crunch` and `AsyncCrunch`: datasets' files by the words that all platforms have, and runs."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crunch_runs import put
from omicsdk.core import ConfigError, Interrupted, NotFound, Retry, SomeFailed, Unauthorized, UsageError
from omicsdk.core.errors import ServerError
from omicsdk.crunch import AsyncCrunch, Crunch, RunResult, Stage, State, WorkflowType, hashing
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.transfer import Control, Progress, TransferFailed

FILES = {"a.txt": "alpha", "sub/b.txt": "beta"}
SLUG = "proj:data"


@pytest.fixture
def crunch(sandbox: Sandbox) -> Iterator[Crunch]:
    """A site with the project proj and its dataset proj:data."""
    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token) as client:
        client.add_project(name="proj", workflow="#!/bin/sh\ncat a.txt sub/b.txt > both.txt\n")
        client.add_dataset(parent="proj", name="Data", base_file_path="proj/data")
        yield client


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The storage, which the environment names."""
    put(tmp_path / "media" / "proj" / "data", FILES)
    settings = tmp_path / "settings.toml"
    settings.write_text(f'MEDIA_ROOT = "{(tmp_path / "media").as_posix()}"')
    monkeypatch.setenv("CRUNCH_STORAGE_SETTINGS", str(settings))
    return tmp_path / "media"


def test_projects_datasets_and_files_are_listed(crunch: Crunch, media: Path):
    def named(what: str | None = None) -> list[str]:
        return sorted(item.name for item in crunch.ls(what))

    assert (named(), named("proj"), named(SLUG)) == (["Sandbox", "proj"], ["Data"], ["a.txt", "sub/b.txt"])
    assert [[*crunch.ls(what).to_frame()][:2] for what in (None, "proj", SLUG)] == [["slug", "name"]] * 2 + [
        ["name", "size"]
    ]
    for unknown in ("nope", "proj:nope"):
        with pytest.raises(NotFound):
            named(unknown)
    with pytest.raises(UsageError):
        named("..")


def test_a_file_is_opened(crunch: Crunch, media: Path):
    with crunch.open(SLUG, "sub/b.txt") as file:
        assert file.read() == b"beta"
    with pytest.raises(FileNotFoundError), crunch.open(SLUG, "none"):
        pytest.fail("file not found")


def test_a_dataset_is_downloaded_verified_and_uploaded(crunch: Crunch, media: Path, tmp_path: Path):
    folder = tmp_path / "work"
    planned = crunch.download(SLUG, folder, dry_run=True)
    assert [(outcome.name, outcome.state) for outcome in planned.outcomes] == [
        ("a.txt", "planned"),
        ("sub/b.txt", "planned"),
    ]
    assert not folder.exists()
    report = crunch.download(SLUG, folder)
    assert [(outcome.name, outcome.state, outcome.size) for outcome in report.outcomes] == [
        ("a.txt", "done", 5),
        ("sub/b.txt", "done", 4),
    ]
    crunch.verify(SLUG, folder).raise_if_failed()

    (folder / "a.txt").write_text("other")
    (folder / "sub" / "b.txt").unlink()
    with pytest.raises(SomeFailed) as failed:
        crunch.verify(SLUG, folder).raise_if_failed()
    assert "a.txt" in str(failed.value)

    assert [outcome.plan for outcome in crunch.upload(SLUG, folder, dry_run=True).outcomes] == ["would be uploaded"]
    assert (media / "proj/data/a.txt").read_text() == "alpha"
    assert [outcome.name for outcome in crunch.upload(SLUG, folder).outcomes] == ["a.txt"]
    assert (media / "proj/data/a.txt").read_text() == "other"
    assert (media / "proj/data/sub/b.txt").read_text() == "beta"


def test_stop_ends_them_before_the_next_file(crunch: Crunch, media: Path, tmp_path: Path):
    stop = threading.Event()
    stop.set()
    for begin in (crunch.download, crunch.upload):
        with pytest.raises(Interrupted):
            begin(SLUG, put(tmp_path / "work", {"c.txt": "c"}), stop=stop)
    assert not (tmp_path / "work" / "a.txt").exists()
    assert not (media / "proj/data/c.txt").exists()
    assert {outcome.state for outcome in crunch.verify(SLUG, tmp_path, stop=stop).outcomes} == {"stopped"}


def test_progress_is_reported_and_a_control_ends_them(crunch: Crunch, media: Path, tmp_path: Path):
    seen = list[Progress]()
    crunch.download(SLUG, tmp_path / "work", progress=seen.append)
    assert (seen[-1].files_done, seen[-1].bytes_done, seen[-1].final) == (2, 9, True)
    crunch.upload(SLUG, tmp_path / "work", progress=seen.append)
    assert [progress.files_done for progress in seen] == [1, 2, 2] * 2

    control = Control()
    control.stop()
    stopped = crunch.download(SLUG, tmp_path / "other", control=control, check=False)
    assert {outcome.state for outcome in stopped.outcomes} == {"stopped"}
    with pytest.raises(Interrupted):
        crunch.upload(SLUG, put(tmp_path / "work", {"c.txt": "c"}), control=control)
    assert not (media / "proj/data/c.txt").exists()


def test_a_stop_ends_the_hashing_before_an_upload(
    crunch: Crunch, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stop, hashed = threading.Event(), list[str]()

    def hash_file(path: os.DirEntry[str]) -> hashing.Hashed:
        stop.set()
        hashed.append(path.name)
        return original(path)

    original = hashing.hash_file
    monkeypatch.setattr(hashing, "hash_file", hash_file)
    files = put(tmp_path / "work", {f"{number}.txt": "x" for number in range(50)})
    report = crunch.upload(SLUG, files, stop=stop, check=False)
    assert len(hashed) <= hashing.THREADS
    assert report.counts["stopped"] == 50
    assert not (media / "proj/data/1.txt").exists()


def test_a_file_that_fails_does_not_keep_the_others_back(crunch: Crunch, media: Path, tmp_path: Path):
    folder = tmp_path / "work"
    (folder / "a.txt").mkdir(parents=True)
    with pytest.raises(TransferFailed, match=r"a\.txt") as caught:
        crunch.download(SLUG, folder)
    assert [outcome.state for outcome in caught.value.report.outcomes] == ["failed", "done"]
    assert (folder / "sub/b.txt").read_text() == "beta"
    assert crunch.download(SLUG, folder, check=False).counts["failed"] == 1

    (folder / "a.txt").rmdir()
    (media / "proj/data/a.txt").unlink()
    (media / "proj/data/a.txt").mkdir()
    (folder / "a.txt").write_text("new")
    with pytest.raises(TransferFailed) as caught:
        crunch.upload(SLUG, folder)
    assert [(outcome.name, outcome.state) for outcome in caught.value.report.outcomes] == [
        ("a.txt", "failed"),
        ("sub/b.txt", "done"),
    ]
    assert crunch.upload(SLUG, folder, check=False).counts["failed"] == 1
    with pytest.raises(UsageError, match="require_checksum"):
        crunch.download(SLUG, folder, require_checksum=True)


def test_a_run_that_is_stopped_ends_its_workflow(crunch: Crunch, media: Path, tmp_path: Path):
    crunch.add_project(name="slow", workflow="#!/bin/sh\necho begun > begun\nexec sleep 600\n")
    crunch.add_dataset(parent="slow", name="More", base_file_path="slow/more")
    put(media / "slow" / "more", {"a.txt": "alpha"})
    stop, begun = threading.Event(), tmp_path / "slow--more" / "begun"

    def stop_when_begun() -> None:
        while not begun.exists():
            stop.wait(0.01)
        stop.set()

    threading.Thread(target=stop_when_begun, daemon=True).start()
    report = crunch.run("slow:more", tmp_path, workflow_type=WorkflowType.script, stop=stop)
    assert report.result is RunResult.FAIL
    assert report.note.startswith("It was stopped.")
    last = crunch.list_statuses().results[-1]
    assert (last.stage, last.state) == (Stage.WORKFLOW, State.FAIL)
    assert not (media / "slow/more/begun").exists()


def test_without_a_storage_it_states_what_to_set(crunch: Crunch):
    with pytest.raises(ConfigError, match="No storage") as raised:
        list(crunch.ls(SLUG))
    assert "CRUNCH_STORAGE_SETTINGS" in raised.value.remedy


def test_the_storage_is_that_of_the_clients_environment(
    crunch: Crunch, media: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    environ = {"CRUNCH_STORAGE_SETTINGS": os.environ["CRUNCH_STORAGE_SETTINGS"]}
    monkeypatch.delenv("CRUNCH_STORAGE_SETTINGS")
    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token, environ=environ) as client:
        assert [file.name for file in client.ls(SLUG)] == ["a.txt", "sub/b.txt"]


def test_whoami_checks_the_token(crunch: Crunch, sandbox: Sandbox):
    assert crunch.whoami() == (sandbox.crunch_url, 2)
    with Crunch(sandbox.crunch_url, credentials="0" * 40) as wrong, pytest.raises(Unauthorized):
        wrong.whoami()


def test_a_site_that_fails_where_no_dataset_is_left_is_asked_once(crunch: Crunch, sandbox: Sandbox):
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    crunch.delete_project(slug="sandbox")  # the recorded case: of an orphan the site's response is a page with 500
    for project in ("", "proj"):
        if project:
            sandbox.add_faults(Rule("status", path="/crunch/api/projects/proj/next/", status=500))
        before = len(sandbox.requests("/crunch/api"))
        with pytest.raises(ServerError, match="no dataset, or the server failed"):
            crunch.next_dataset(project)
        assert len(sandbox.requests("/crunch/api")) - before == 1 + bool(project)


def test_a_site_that_is_busy_is_asked_for_the_next_dataset_again(crunch: Crunch, sandbox: Sandbox):
    sandbox.add_faults(Rule("status", path="/crunch/api/projects/proj/next/", status=503, times=1))
    client = crunch.with_options(retry=Retry(base=0))
    assert client.next_dataset("proj") == SLUG


def test_what_is_missing_for_a_workflow_is_found_before_anything_is_reported(
    crunch: Crunch, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    before, snakemake = crunch.list_statuses().count, list[Any]([WorkflowType.snakemake, "snakemake"])
    for workflow_type in snakemake:
        with pytest.raises(UsageError, match="snakemake not found"):
            crunch.run(SLUG, tmp_path, workflow_type=workflow_type)
    with pytest.raises(UsageError, match=r"workflow\.sh not found"):
        crunch.run(SLUG, tmp_path, workflow_type=WorkflowType.script, workflow_path="~/workflow.sh")
    assert crunch.list_statuses().count == before
    (tmp_path / "workflow.sh").write_text("#!/bin/sh\n")
    (tmp_path / "workflow.sh").chmod(0o755)
    options: dict[str, Any] = {"workflow_type": WorkflowType.script, "workflow_path": "~/workflow.sh"}
    assert crunch.run(SLUG, tmp_path, **options).result is RunResult.SUCCESS


def test_the_next_dataset_is_run_by_both_clients(crunch: Crunch, sandbox: Sandbox, media: Path, tmp_path: Path):
    lines = list[str]()
    assert crunch.next_dataset("proj") == SLUG
    with pytest.raises(NotFound):
        crunch.next_dataset("nope")
    report = crunch.run(SLUG, tmp_path, workflow_type=WorkflowType.script, on_message=lines.append)
    assert (report.dataset, report.result, report.note) == (SLUG, RunResult.SUCCESS, "")
    assert (media / "proj/data/both.txt").read_text() == "alphabeta"
    assert lines[0] == "Setup stage proj:data"
    assert crunch.next_dataset("proj") == ""

    async def again() -> list[str]:
        async with AsyncCrunch(sandbox.crunch_url, credentials=sandbox.crunch_token) as client:
            assert (await client.run(SLUG, tmp_path, workflow_type=WorkflowType.script)).result is RunResult.SUCCESS
            (await client.verify(SLUG, report.directory)).raise_if_failed()
            async with client.open(SLUG, "both.txt") as file:
                assert await file.read() == b"alphabeta"
            return [item.name async for item in client.ls("proj")]

    assert asyncio.run(again()) == ["Data"]
