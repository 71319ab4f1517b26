"""A stage that fails is reported with what happened, later ones are skipped, and nothing is lost."""

import errno
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from crunch_runs import HAPPY, Made, PretendedSite, put, table
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.compat.crunch.client.run import Run
from omicsdk.core import ConfigError, Forbidden
from omicsdk.crunch import RunResult, Stage, State, WorkflowType
from omicsdk.crunch import workflow as run_module
from omicsdk.crunch.storage.base import Stored
from omicsdk.crunch.storage.folder import FolderStorage
from omicsdk.sandbox import Sandbox
from omicsdk.transfer.engine.control import HungUp, Terminated

TRUE = "#!/bin/sh\ntrue"
FILES = {"a.txt": "alpha\n"}


@pytest.fixture
def reader(sandbox: Sandbox) -> Generator[Connection]:
    """The connection of a user who may only read."""
    with Connection(sandbox.crunch_url, sandbox.crunch.token_of("reader")) as opened:
        yield opened


def note_of(made: Made) -> str:
    """The note of the dataset's newest status, which is a failure."""
    newest = made.status_records()[-1]
    assert newest["state"] == State.FAIL
    return newest["note"]


def failed(made: Made, *, stage: Stage, **options: Any) -> str:
    """Runs a dataset, which fails in a stage; gives the note that the site has."""
    run = made.run(**options)
    assert run() is RunResult.FAIL
    happy = HAPPY[: 2 * stage - 1]
    assert made.statuses()[-len(happy) - 1 :] == [*happy, (stage, State.FAIL)]
    note = note_of(made)
    assert note == run.note.strip()
    return note


def test_a_failing_script(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, "#!/bin/bash\necho made > made.txt\necho 'bad input é' >&2\nexit 3", FILES)

    assert failed(made, stage=Stage.WORKFLOW) == "bad input é"

    assert set(table(made.storage)) == {"a.txt"}
    assert (made.work / "made.txt").exists()
    kept = {path.name for path in (made.work / ".crunch").iterdir()}
    assert kept == {"dataset.json", "project.json", "script.sh", "setup_md5_checksums.json", "workflow.log"}


@pytest.mark.parametrize(
    "part",
    [".a.txt.0123456789ab.part", "a.txt.01234567.part", ".omics-transfer/a.txt.journal"],
    ids=["written", "downloaded", "journal"],
)
def test_what_a_killed_run_left_of_files_is_no_data(connection: Connection, tmp_path: Path, part: str) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\necho made > made.txt", FILES)
    put(made.work, {part: "alp", "mine.part": "whole"})
    put(made.storage, {part.replace("a.txt", "b.txt"): "bet"})

    assert made.run()() is RunResult.SUCCESS

    assert {path.name for path in made.work.iterdir() if path.is_file()} - {part} == {"a.txt", "made.txt", "mine.part"}
    assert (made.work / part).exists()
    assert table(made.storage).keys() >= {"a.txt", "made.txt", "mine.part"}
    assert part not in table(made.storage)


def test_a_missing_storage_folder(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, TRUE, None)

    note = failed(made, stage=Stage.SETUP)

    assert f"[Errno 2] No such file or directory: '{made.storage}'" in note
    assert "base_file_path" in note


def test_a_project_without_a_workflow(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, "", FILES)

    assert "The project has no workflow" in failed(made, stage=Stage.SETUP)


def test_a_dataset_whose_project_was_deleted(connection: Connection, sandbox: Sandbox, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, TRUE, FILES)
    project = sandbox.crunch.tree.find("proj")
    assert project is not None
    sandbox.crunch.remove(project)

    assert "belongs to no project" in failed(made, stage=Stage.SETUP)


def test_storage_settings_that_name_no_storage(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, TRUE, FILES)

    note = failed(made, stage=Stage.SETUP, storage_settings={"DEBUG": True})

    assert "name no storage" in note
    assert "MEDIA_ROOT" in note


@pytest.mark.parametrize("gone", ["media", "storage"])
def test_a_storage_that_vanishes_while_the_workflow_runs(connection: Connection, tmp_path: Path, gone: str) -> None:
    made = Made(
        connection, tmp_path, f"#!/bin/sh\necho precious > out.txt\nmv '{tmp_path}/storage' '{tmp_path}/away'", FILES
    )
    if gone == "storage":
        connection_workflow = made.work.parent / "mine.sh"
        put(made.work.parent, {"mine.sh": f"#!/bin/sh\necho precious > out.txt\nmv '{made.storage}' '{tmp_path}/away'"})
        connection_workflow.chmod(0o755)
        note = failed(made, stage=Stage.UPLOAD, workflow_path=connection_workflow)
    else:
        note = failed(made, stage=Stage.UPLOAD)

    assert "existed at setup and no longer does" in note
    assert (made.work / "out.txt").read_text() == "precious\n"
    assert not made.storage.exists()  # results do not land where a disk should be mounted


def test_a_storage_that_is_not_mounted_when_nothing_was_brought(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, f"#!/bin/sh\nrmdir '{tmp_path}/storage'", None)

    note = failed(made, stage=Stage.UPLOAD, download_from_storage=False)

    assert "The storage does not exist" in note


def test_a_file_that_changes_while_it_is_uploaded(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\necho first > out.txt; echo more >> a.txt", FILES)
    usual = FolderStorage.put

    def put(self: FolderStorage, name: str, path: Path, check: Callable[[], None]) -> None:
        if name.endswith("a.txt"):
            with (made.work / "a.txt").open("a") as file:
                file.write("while it is read\n")
        usual(self, name, path, check)

    monkeypatch.setattr(FolderStorage, "put", put)

    note = failed(made, stage=Stage.UPLOAD)

    assert "a.txt changed while it was uploaded" in note
    assert (made.storage / "a.txt").read_text() == "alpha\n"  # what the storage had is whole
    assert not [name for name in table(made.storage) if name.endswith(".part") or name.startswith(".crunch")]


def test_a_full_disk(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\necho x > out.txt", FILES)

    def full(self: FolderStorage, name: str, path: Path, check: Callable[[], None]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FolderStorage, "put", full)

    note = failed(made, stage=Stage.UPLOAD)

    assert "The disk is full while writing proj/data/out.txt" in note
    assert (made.work / "out.txt").exists()


def test_a_disk_that_is_full_for_the_bookkeeping(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(connection, tmp_path, TRUE, FILES)

    @contextmanager
    def full(path: Path, **_options: object) -> Generator[Any]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        yield

    monkeypatch.setattr("omicsdk.transfer.disk.in_place_of", full)

    note = failed(made, stage=Stage.SETUP)

    assert "The disk is full while writing" in note
    assert "setup_md5_checksums.json" in note


@pytest.mark.parametrize("path", ["../../etc", "/etc", "a/../../b"])
def test_a_base_file_path_that_leaves_the_storage(tmp_path: Path, path: str) -> None:
    class Elsewhere(PretendedSite):
        def response(self, relative_url: str) -> dict[str, Any]:
            payload = super().response(relative_url)
            return {**payload, "base_file_path": path} if relative_url.endswith("p:d/") else payload

    site = Elsewhere()
    run = Run(
        site, "p:d", {"MEDIA_ROOT": str(tmp_path)}, tmp_path / "work", WorkflowType.script, on_message=lambda line: None
    )

    assert run() is RunResult.FAIL
    assert "The file name" in run.note
    assert "base_file_path" in run.note or "is absolute" in run.note


def test_names_of_an_own_storage_cannot_leave_the_working_directory(connection: Connection, tmp_path: Path) -> None:
    class Hostile(FolderStorage):
        def stored(self, base: str) -> Iterator[Stored]:
            yield Stored("../../evil.txt")

    made = Made(connection, tmp_path, TRUE, FILES)
    storage: Any = Hostile(made.media)

    note = failed(made, stage=Stage.SETUP, storage_settings=storage)

    assert "contains '..'" in note
    assert "Rename the file in the storage" in note
    assert not (tmp_path / "evil.txt").exists()


def test_a_link_in_the_working_folder_does_not_lead_files_out(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, TRUE, {"out/a.txt": "alpha\n"})
    made.work.mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (made.work / "out").symlink_to(tmp_path / "outside")

    assert "points outside the folder through the link" in failed(made, stage=Stage.SETUP)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_user_who_may_not_send_statuses(connection: Connection, reader: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, TRUE, FILES)
    made.connection = reader
    run = made.run()

    assert run() is RunResult.FAIL

    assert "You do not have permission" in run.note
    assert made.lines[-1].startswith("The failure cannot be reported: ")
    assert made.statuses() == []
    assert not (made.work / "a.txt").exists()


def _refusing(refused: tuple[Stage, State]) -> Callable[[PretendedSite, Stage, State], None]:
    def before(site: PretendedSite, stage: Stage, state: State) -> None:
        if (stage, state) == refused:
            raise CrunchAPIException("The site is down")

    return before


def a_run(site: PretendedSite, folder: Path, lines: list[str], **options: Any) -> Run:
    put(folder / "storage" / "p" / "d", FILES)
    settings = {"MEDIA_ROOT": str(folder / "storage")}
    return Run(site, "p:d", settings, folder / "work", WorkflowType.script, on_message=lines.append, **options)


def test_a_failure_whose_report_fails_is_still_reported(tmp_path: Path) -> None:
    site = PretendedSite(before=_refusing((Stage.WORKFLOW, State.FAIL)), workflow="#!/bin/sh\necho why >&2; exit 1")
    lines: list[str] = []
    run = a_run(site, tmp_path, lines)

    assert run() is RunResult.FAIL

    assert run.note == "why"
    assert lines[-2:] == ["Workflow failed p:d: why", "The failure cannot be reported: The site is down"]


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("state", [State.START, State.SUCCESS])
def test_a_status_that_cannot_be_sent_fails_the_run(tmp_path: Path, stage: Stage, state: State) -> None:
    site = PretendedSite(before=_refusing((stage, state)))
    run = a_run(site, tmp_path, [])

    assert run() is RunResult.FAIL

    assert run.note == "The site is down"
    assert site.sent()[-1] == (stage, State.FAIL)
    assert len(site.sent()) == 2 * (stage - 1) + (state is State.SUCCESS) + 1


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (KeyboardInterrupt(), "Interrupted by Ctrl-C"),
        (Terminated(), "Ended by SIGTERM"),
        (HungUp(), "Ended by SIGHUP"),
    ],
)
def test_ctrl_c_is_reported_as_a_failure_and_raised_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, note: str
) -> None:
    def interrupted(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(run_module, "run_process", interrupted)
    site = PretendedSite()
    run = a_run(site, tmp_path, [])

    with pytest.raises(type(error)):
        run()

    assert site.sent() == [(1, 1), (1, 2), (2, 1), (2, 3)]
    assert site.notes[-1] == run.note == note


def test_ctrl_c_while_no_status_can_be_sent_is_still_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "run_process", interrupted)
    run = a_run(PretendedSite(before=_refusing((Stage.WORKFLOW, State.FAIL))), tmp_path, [])

    with pytest.raises(KeyboardInterrupt):
        run()


def test_a_folder_that_cannot_be_cleaned_up_does_not_fail_a_good_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(path: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(shutil, "rmtree", busy)
    site, lines = PretendedSite(), list[str]()

    assert a_run(site, tmp_path, lines, cleanup=True)() is RunResult.SUCCESS
    assert any("cannot be removed" in line for line in lines)
    assert site.sent() == HAPPY


@pytest.mark.parametrize("cores", ["0", "00", "-1", "many", "1.5", ""])
def test_a_number_of_cores_that_is_none(tmp_path: Path, cores: str) -> None:
    with pytest.raises(ConfigError, match="cores is"):
        a_run(PretendedSite(), tmp_path, [], cores=cores)


def test_a_site_that_reports_another_dataset(tmp_path: Path) -> None:
    class Confused(PretendedSite):
        def response(self, relative_url: str) -> dict[str, Any]:
            return {**super().response(relative_url), "slug": "q:d"}

    with pytest.raises(CrunchAPIException, match="requested the slug 'p:d' but the service returned 'q:d'"):
        a_run(Confused(), tmp_path, [])


def test_refusals_are_cores_errors_too(connection: Connection, reader: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, TRUE, FILES)
    made.connection = reader

    with pytest.raises(Forbidden):
        made.run().send_status(State.START)
