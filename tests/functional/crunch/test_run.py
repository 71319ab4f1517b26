"""A run of a dataset leaves in the folders what the published client leaves, without its defects."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from crunch_runs import HAPPY, Made, put, table
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.compat.crunch.client.run import Run
from omicsdk.core import NotFound, UnsafePath
from omicsdk.crunch import RunResult, Stage, State, WorkflowType
from omicsdk.sandbox import Sandbox

WORKFLOW = (
    "#!/bin/bash\r\necho hi > out.txt\r\nmkdir -p res\r\necho more >> sub/in2.txt\r\n"
    "cp in.txt res/copy.txt\r\nrm -f gone.txt"
)
FILES = {".hidden": "h\n", "gone.txt": "two\n", "in.txt": "one\n", "sub/in2.txt": "three\n", "ünï code.txt": "u\n"}
DATA = {
    ".hidden": (2, "01fbdc44ef819db6273bc30965a23814"),
    "in.txt": (4, "5bbf5a52328e7439ae6e719dfe712200"),
    "out.txt": (3, "764efa883dda1e11db47671c4a3bbd9e"),
    "res/copy.txt": (4, "5bbf5a52328e7439ae6e719dfe712200"),
    "sub/in2.txt": (11, "330397daeeb6b153775066f9caefdbcd"),
    "ünï code.txt": (2, "e85dde330c34efb0e526ee3082e4353b"),
}
"""What the recorded run of the published client left of the data, with sizes and MD5s."""
SETUP = {
    ".hidden": "01fbdc44ef819db6273bc30965a23814",
    "gone.txt": "c193497a1a06b2c72230e6146ff47080",
    "in.txt": "5bbf5a52328e7439ae6e719dfe712200",
    "sub/in2.txt": "febe6995bad457991331348f7b9c85fa",
    "ünï code.txt": "e85dde330c34efb0e526ee3082e4353b",
}
KEPT = {
    "dataset.json": (222, "d768e487d4e40fcb19e4245b57e5da86"),
    "deleted.txt": (8, "3d846edef3cd19ecc38f179f084a1b3e"),
    "project.json": (261, "7da9af8b69cd999dd735eb386004cdef"),
    "script.sh": (105, "ac4b2c8b90b5f07472ec115f453a7153"),
}
"""The recorded files of `.crunch` whose bytes don't depend on the order in which a file system lists files."""

Make = Callable[..., Made]


@pytest.fixture
def make(connection: Connection, tmp_path: Path) -> Make:
    """Makes a project with a workflow and a dataset with files."""

    def made(workflow: str, files: Mapping[str, str | bytes] | None = None, name: str = "proj") -> Made:
        return Made(connection, tmp_path, workflow, {"a.txt": "alpha\n"} if files is None else files, name)

    return made


@pytest.fixture
def recorded(sandbox: Sandbox, connection: Connection, tmp_path: Path) -> tuple[Run, Path]:
    """A run of the dataset of the recordings, and its folder in the storage."""
    sandbox.crunch.empty()
    connection.add_project("My Proj", "a project", "# Details", workflow=WORKFLOW)
    connection.add_project("Quiet")
    connection.add_dataset("my-proj", "Data Set 1", "d")
    storage = put(tmp_path / "storage" / "crunch" / "my-proj", FILES)
    settings = {"MEDIA_ROOT": str(tmp_path / "storage")}
    return Run(connection, "my-proj:data-set-1", settings, tmp_path / "abs", WorkflowType.script), storage


def test_what_is_written_is_utf_8_in_any_locale(tmp_path: Path) -> None:
    """Of a name that is not UTF-8 the bytes are written."""
    code = r"""
import pathlib, sys
from omicsdk.crunch.dataset_files import json_text, read_table, write
table = {"\u4e2d\udcff": "1"}
write(pathlib.Path(sys.argv[1]), json_text(table))
sys.exit(read_table(pathlib.Path(sys.argv[1])) != table)
"""
    environ = {**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code, tmp_path / "table"], env=environ, check=True)
    if os.name != "nt":
        assert b'"\xe4\xb8\xad\xff"' in (tmp_path / "table").read_bytes()


def statuses(connection: Connection) -> list[tuple[int, int]]:
    return [(one["stage"], one["state"]) for one in connection.get_json_response("api/statuses/")["results"]]


def test_a_script_leaves_the_files_of_the_recordings(
    recorded: tuple[Run, Path], connection: Connection, tmp_path: Path
) -> None:
    run, storage = recorded

    assert run() is RunResult.SUCCESS

    assert statuses(connection) == HAPPY
    assert run.working_directory == tmp_path / "abs" / "my-proj--data-set-1"
    here, there = table(run.working_directory), table(storage)
    tables = {".crunch/setup_md5_checksums.json": 268, ".crunch/upload_md5_checksums.json": 588}
    kept = {f".crunch/{name}": content for name, content in KEPT.items()}
    assert {
        name: content for name, content in here.items() if name not in {*tables, ".crunch/workflow.log"}
    } == DATA | kept
    assert {name: content for name, content in there.items() if name not in tables} == DATA | kept | {
        "gone.txt": (4, SETUP["gone.txt"])  # nothing is removed from the storage
    }
    assert {name: (here[name][0], there[name][0]) for name in tables} == {name: (n, n) for name, n in tables.items()}
    assert json.loads((run.crunch_subdir / "setup_md5_checksums.json").read_bytes()) == SETUP
    uploaded = json.loads((run.crunch_subdir / "upload_md5_checksums.json").read_bytes())
    listed = ("dataset.json", "project.json", "script.sh", "setup_md5_checksums.json")
    assert uploaded == {name: md5 for name, (_, md5) in DATA.items()} | {
        f".crunch/{name}": here[f".crunch/{name}"][1] for name in listed
    }
    if os.name != "nt":
        modes = {path.name: path.stat().st_mode & 0o100 for path in run.crunch_subdir.iterdir()}
        assert [name for name, mode in modes.items() if mode] == ["script.sh"]
        assert {path.stat().st_mode & 0o777 for path in storage.rglob("*") if path.is_file()} == {0o644}


def test_tables_are_written_as_the_published_client_writes_them(recorded: tuple[Run, Path]) -> None:
    run, _ = recorded
    run.setup()

    text = (run.crunch_subdir / "setup_md5_checksums.json").read_text("utf-8")

    assert text == "{\n" + ",\n".join(f'    "{name}": "{md5}"' for name, md5 in sorted(SETUP.items())) + "\n}"


def test_a_run_has_the_published_names_for_how_it_went(make: Make) -> None:
    run = make("exit 3").run()
    assert (run.current_stage, run.dataset_data["slug"]) == (Stage.SETUP, run.dataset_slug)
    assert (run.setup_result, run.workflow_result, run.upload_result) == (None, None, None)
    assert run() == RunResult.FAIL
    assert (run.setup_result, run.workflow_result, run.upload_result) == (RunResult.SUCCESS, RunResult.FAIL, None)
    assert run.current_stage == Stage.WORKFLOW


def test_a_second_run_replaces_what_it_changed_and_brings_no_bookkeeping_back(
    recorded: tuple[Run, Path], connection: Connection, tmp_path: Path
) -> None:
    run, storage = recorded
    run()
    names, log = set(table(storage)), storage / ".crunch" / "project.json"
    before = log.stat().st_ino
    again = Run(connection, run.dataset_slug, run.storage_settings, tmp_path / "abs", WorkflowType.script)

    assert again() is RunResult.SUCCESS

    assert set(table(storage)) == names  # no name_<letters>
    assert (storage / "sub" / "in2.txt").read_text() == "three\nmore\nmore\n"
    assert log.stat().st_ino == before  # what the storage has equal is not uploaded again
    brought = json.loads((again.crunch_subdir / "setup_md5_checksums.json").read_bytes())
    assert not [name for name in brought if name.startswith(".crunch")]
    assert statuses(connection) == HAPPY * 2


def test_the_working_directory_may_be_relative(
    recorded: tuple[Run, Path], connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, storage = recorded
    monkeypatch.chdir(tmp_path)
    relative = Run(connection, run.dataset_slug, run.storage_settings, Path("tmp"), WorkflowType.script)
    monkeypatch.chdir("/")  # what it means is settled when the run is made

    assert relative() is RunResult.SUCCESS

    assert (storage / "out.txt").read_text() == "hi\n"
    assert (tmp_path / "tmp" / "my-proj--data-set-1" / "out.txt").exists()


def test_what_an_earlier_run_left_in_the_folder_is_not_lost(make: Make) -> None:
    made = make("#!/bin/sh\ntrue")
    put(made.work, {"result.txt": "of a run whose upload failed"})

    assert made.run()() is RunResult.SUCCESS

    assert (made.storage / "result.txt").read_text() == "of a run whose upload failed"


def test_without_download_all_that_exists_is_uploaded(make: Make) -> None:
    made = make("#!/bin/bash\nls -A > ls.txt")
    put(made.work, {"mine.txt": "mine"})

    assert made.run(download_from_storage=False)() is RunResult.SUCCESS

    there = table(made.storage)
    assert set(there) == {
        *(".crunch/dataset.json", ".crunch/deleted.txt", ".crunch/project.json", ".crunch/script.sh"),
        *(".crunch/upload_md5_checksums.json", "a.txt", "ls.txt", "mine.txt"),
    }
    assert there[".crunch/deleted.txt"][0] == 0
    assert (made.work / "ls.txt").read_text() == ".crunch\nls.txt\nmine.txt\n"


def test_without_upload_nothing_reaches_the_storage(make: Make) -> None:
    made = make("#!/bin/bash\nls -A > ls.txt")
    before = table(made.storage)

    assert made.run(upload_to_storage=False)() is RunResult.SUCCESS

    assert table(made.storage) == before
    kept = {path.name for path in (made.work / ".crunch").iterdir()}
    assert kept == {"dataset.json", "project.json", "script.sh", "setup_md5_checksums.json", "workflow.log"}
    assert made.statuses() == HAPPY


def test_cleanup_removes_the_folder_after_a_good_run_only(make: Make) -> None:
    good, bad = make("#!/bin/sh\ntrue"), make("#!/bin/sh\nexit 1", name="bad")

    assert good.run(cleanup=True)() is RunResult.SUCCESS
    assert bad.run(cleanup=True)() is RunResult.FAIL

    assert not good.work.exists()
    assert bad.work.exists()


def test_a_script_of_the_users_own_takes_the_place_of_the_projects(make: Make, tmp_path: Path) -> None:
    made = make("#!/bin/sh\nexit 1")
    script = tmp_path / "my.sh"
    script.write_text("#!/bin/sh\necho own > own.txt\n")
    script.chmod(0o755)

    assert made.run(workflow_path=script)() is RunResult.SUCCESS

    assert (made.storage / "own.txt").read_text() == "own\n"
    assert not (made.work / ".crunch" / "script.sh").exists()


def test_a_status_is_answered_as_the_site_answered_it(recorded: tuple[Run, Path]) -> None:
    run, _ = recorded
    response = run.send_status(State.START, "by hand")
    assert response.ok
    assert (response.status_code, response.json()["note"], response.json()["state"]) == (201, "by hand", State.START)


def test_statuses_state_the_revision_of_the_workflows_repository(make: Make, tmp_path: Path) -> None:
    made = make("#!/bin/sh\nexit 1")
    repository = tmp_path / "repository"
    put(repository, {"my.sh": "#!/bin/sh\n"})
    (repository / "my.sh").chmod(0o755)
    git = ["git", "-C", str(repository), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["init", "-q"], ["add", "my.sh"], ["commit", "-q", "-m", "workflow"]):
        subprocess.run([*git, *command], check=True)
    revision = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()

    made.run(workflow_path=repository / "my.sh")()

    assert {status["revision"] for status in made.status_records()} == {revision}


def test_an_edited_script_of_the_folder_itself_can_be_run(make: Make) -> None:
    made = make("#!/bin/sh\nexit 1")
    made.run()()
    script = made.work / ".crunch" / "script.sh"
    script.write_text("#!/bin/sh\necho mended > out.txt\n")

    assert made.run(workflow_path=script)() is RunResult.SUCCESS

    assert (made.storage / "out.txt").read_text() == "mended\n"


def test_stages_can_be_run_by_themselves(make: Make) -> None:
    made = make("#!/bin/sh\nrm a.txt; echo x > new.txt")

    assert not made.run().setup()
    assert json.loads((made.work / ".crunch" / "setup_md5_checksums.json").read_text()).keys() == {"a.txt"}
    later = made.run()
    assert not later.workflow()
    assert not made.run().upload()

    assert (made.work / ".crunch" / "deleted.txt").read_text() == "a.txt"
    assert "new.txt" in table(made.storage)


def test_a_workflow_that_removes_what_is_kept_beside_the_data(make: Make) -> None:
    made = make("#!/bin/sh\nrm -r .crunch a.txt; echo x > new.txt", {"a.txt": "alpha", "b.txt": "beta"})
    before = (made.storage / "b.txt").stat().st_ino

    assert made.run()() is RunResult.SUCCESS

    assert (made.storage / "new.txt").exists()
    assert (made.storage / "b.txt").stat().st_ino == before
    assert (made.storage / ".crunch" / "deleted.txt").read_text() == "a.txt"


def test_a_working_folder_that_is_gone_is_no_deletion_of_all_files(make: Make) -> None:
    made = make('#!/bin/sh\nrm -r "$PWD"')
    run = made.run()

    assert run() is RunResult.FAIL

    assert "No such file or directory" in run.note
    assert table(made.storage).keys() == {"a.txt"}


def test_a_link_to_a_file_is_uploaded_as_the_file(make: Make) -> None:
    made = make("#!/bin/sh\nmkdir deep; ln -s ../a.txt deep/link; ln -s nowhere broken; ln -s . circle; mkfifo pipe")

    assert made.run()() is RunResult.SUCCESS

    names = {name for name in table(made.storage) if not name.startswith(".crunch")}
    assert names == {"a.txt", "deep/link"}
    assert (made.storage / "deep" / "link").read_text() == "alpha\n"


def test_a_workflow_of_the_users_own_is_kept_whatever_way_refers_to_it(make: Make, tmp_path: Path) -> None:
    made = make("#!/bin/sh\nexit 3")
    put(made.work / ".crunch", {"script.sh": "#!/bin/sh\necho own > own.txt"})
    (made.work / ".crunch" / "script.sh").chmod(0o755)
    (tmp_path / "way").symlink_to(made.work)

    for way in (made.parent / ".." / made.parent.name / made.work.name, tmp_path / "way"):
        assert made.run(workflow_path=way / ".crunch" / "script.sh")() is RunResult.SUCCESS
        assert (made.work / ".crunch" / "script.sh").read_text() == "#!/bin/sh\necho own > own.txt"


def test_a_slug_that_the_site_does_not_know(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(CrunchAPIException) as caught:
        Run(connection, "nope:nope", {"MEDIA_ROOT": str(tmp_path)}, tmp_path / "work", WorkflowType.script)

    assert isinstance(caught.value, NotFound)
    assert not (tmp_path / "work").exists()


def test_no_slug_at_all(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dataset_slug"):
        Run(connection, "", {"MEDIA_ROOT": str(tmp_path)}, tmp_path, WorkflowType.script)


def test_a_slug_that_would_lead_elsewhere(connection: Connection, tmp_path: Path) -> None:
    for slug in (".", ".."):
        with pytest.raises((CrunchAPIException, UnsafePath), match=f"'{slug}'"):
            Run(connection, slug, {"MEDIA_ROOT": str(tmp_path)}, tmp_path / "work", WorkflowType.script)
    assert not (tmp_path / "work").exists()


def test_each_stage_is_reported(make: Make) -> None:
    made = make("#!/bin/sh\necho 'bad input é' >&2; exit 3")

    made.run()()

    assert made.lines == [
        f"Setup stage {made.slug}",
        f"Setup success {made.slug}",
        f"Workflow stage {made.slug}",
        f"Workflow failed {made.slug}: bad input é",
    ]
