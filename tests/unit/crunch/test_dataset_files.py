"""A dataset's files on their way from its storage and back, with the tables and lists of a run."""

import io
import json
import shutil
import threading
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ConfigError, Interrupted, UnsafePath
from omicsdk.crunch.dataset_files import DataFiles, clear, is_bookkeeping, md5_table, read_table, write_workflow
from omicsdk.crunch.statuses import WorkflowType
from omicsdk.crunch.storage.base import StorageMissing
from omicsdk.crunch.storage.files import stored_below

UPLOADED, SETUP, DELETED = (
    f".crunch/{name}" for name in ("upload_md5_checksums.json", "setup_md5_checksums.json", "deleted.txt")
)


class Memory:
    """A storage that notes which files are saved, in their order."""

    at_once = 1

    def __init__(self, **files: bytes) -> None:
        self.files = {f"base/{name}": content for name, content in files.items()}
        self.saved = list[str]()

    def open(self, name: str, mode: str = "rb") -> io.BytesIO:
        del mode
        return io.BytesIO(self.files[name])

    def save(self, name: str, content: Any) -> str:
        self.files[name] = content if isinstance(content, bytes) else content.read()
        self.saved.append(name.removeprefix("base/"))
        return name

    def exists(self, name: str) -> bool:
        return any(f"{file}/".startswith(f"{name}/") for file in self.files)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        below = [file.removeprefix(f"{path}/") for file in self.files if file.startswith(f"{path}/")]
        if not below:
            raise FileNotFoundError(path)
        return sorted({name.partition("/")[0] for name in below if "/" in name}), [
            name for name in below if "/" not in name
        ]

    def delete(self, name: str) -> None:
        del self.files[name]

    def size(self, name: str) -> int:
        return len(self.files[name])

    def url(self, name: str) -> str:
        return name

    def path(self, name: str) -> str:
        raise NotImplementedError(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dataset" / ".crunch").mkdir(parents=True)
    return tmp_path / "dataset"


def digests(**files: bytes) -> dict[str, str]:
    return {name: md5(content).hexdigest() for name, content in sorted(files.items())}


def test_what_a_workflow_changed_is_uploaded_before_its_table_and_what_it_removed_is_listed(folder: Path) -> None:
    old = {"ä.txt": b"a", "gone": b"g", "old/x": b"x"}
    storage = Memory(**old, **{DELETED: b"of an earlier run", ".crunch/notes": b"n"})
    files = DataFiles(storage, "base", folder)
    files.bring()
    assert (folder / SETUP).read_text() == json.dumps(digests(**old), ensure_ascii=False, indent=4)
    assert not (folder / DELETED).exists()
    files.remember()
    (folder / "gone").unlink()
    (folder / "old" / "x").write_bytes(b"changed")
    (folder / "new").write_bytes(b"n")
    (folder / ".crunch" / "workflow.log").write_text("stays here")
    (folder / ".crunch" / "notes").write_bytes(b"n")
    files.give_back()
    assert storage.saved == ["new", "old/x", SETUP, DELETED, UPLOADED]
    assert storage.files[f"base/{DELETED}"] == b"gone"
    after = {
        "ä.txt": b"a",
        "new": b"n",
        "old/x": b"changed",
        ".crunch/notes": b"n",
        SETUP: (folder / SETUP).read_bytes(),
    }
    assert storage.files[f"base/{UPLOADED}"].decode() == json.dumps(digests(**after), ensure_ascii=False, indent=4)
    assert md5_table(folder / "old") == digests(x=b"changed")


def test_files_of_a_setup_by_another_process_are_known_by_its_table(folder: Path) -> None:
    storage = Memory(a=b"a")
    DataFiles(storage, "base", folder).bring()
    DataFiles(storage, "base", folder).give_back()
    assert storage.saved == [SETUP, DELETED, UPLOADED]
    again = DataFiles(storage, "base", folder)
    again.bring()
    del storage.saved[:]
    again.give_back()
    assert storage.saved == []


def test_a_dataset_without_a_folder_and_a_storage_that_is_lost_get_nothing(folder: Path) -> None:
    storage = Memory()
    with pytest.raises(StorageMissing, match="no folder for the dataset"):
        DataFiles(storage, "base", folder).bring()
    storage = Memory(a=b"a")
    files = DataFiles(storage, "base", folder)
    files.bring()
    shutil.rmtree(folder / ".crunch")  # by the workflow
    storage.files.clear()
    with pytest.raises(StorageMissing, match="base existed at setup and no longer does"):
        files.give_back()
    assert storage.saved == []
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        DataFiles(Memory(a=b"a"), "base", folder).bring(stop)


def test_a_workflow_is_written_and_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    assert [is_bookkeeping(name) for name in (".crunch/a", ".crunch", "a/.crunch/b")] == [True, False, False]
    with pytest.raises(ConfigError, match="The project has no workflow"):
        write_workflow(" \n", tmp_path, WorkflowType.script)
    script = write_workflow("#!/bin/sh\r\n", tmp_path, WorkflowType.script)
    rules = write_workflow("rule a:\n", tmp_path, WorkflowType.snakemake)
    assert (script.name, script.read_bytes(), rules.name) == ("script.sh", b"#!/bin/sh\n", "Snakefile")
    assert [path.stat().st_mode & 0o111 for path in (script, rules)] == [0o100, 0]
    for name in ("dataset.json", "project.json", "setup_md5_checksums.json", "deleted.txt", "workflow.log", "mine"):
        (tmp_path / name).write_text("[]")
    with pytest.raises(ConfigError, match="has no table of checksums"):
        read_table(tmp_path / "mine")
    (tmp_path / "mine").write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="cannot be parsed"):
        read_table(tmp_path / "mine")
    clear(tmp_path, keep=rules)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Snakefile", "mine"]
    clear(tmp_path, keep=None)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", [".", "", ".."])
def test_a_folder_without_a_name_is_refused_instead_of_listed_without_end(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Memory()

    def listdir(path: str) -> tuple[list[str], list[str]]:  # as django-storages lists base//a.txt
        del path
        return [name], ["b.txt"]

    monkeypatch.setattr(storage, "listdir", listdir)
    with pytest.raises(UnsafePath, match="is listed as a folder's, but names none"):
        next(stored_below(storage, "base"))
