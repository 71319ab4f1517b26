"""A reset puts back what was there from the start, whatever was changed meanwhile: rows, numbers, contents and files."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox


def rows(sandbox: Sandbox) -> dict[str, list[tuple[Any, ...]]]:
    """All tables' rows but the time's, as another reader of the file sees them."""
    connection = sqlite3.connect(sandbox.folder / "state.sqlite")
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "clock"}
        return {name: sorted(entries, key=repr) for name, entries in tables.items() if entries}
    finally:
        connection.close()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def seeded(sandbox: Sandbox) -> None:
    sandbox.token("somebody@example.org")
    sandbox.crunch.add_user("somebody")
    sandbox.gen3.access.add("somebody")


def emptied(sandbox: Sandbox) -> None:
    sandbox.crunch.empty()
    sandbox.pangea.empty()


def damaged(sandbox: Sandbox) -> None:
    (path,) = [path for path in (sandbox.folder / "objects").glob("??/*") if path.is_file()]
    path.write_bytes(b"")
    (reads,) = sandbox.crunch.storage.rglob("*.fastq")
    reads.write_bytes(b"")


def removed(sandbox: Sandbox) -> None:
    (path,) = [path for path in (sandbox.folder / "objects").glob("??/*") if path.is_file()]
    path.unlink()
    (reads,) = sandbox.crunch.storage.rglob("*.fastq")
    reads.unlink()
    (sandbox.crunch.storage / "more").mkdir()
    (path.with_name("more")).write_bytes(b"more")


@pytest.mark.parametrize("change", [seeded, emptied, damaged, removed])
def test_it_is_as_it_was(tmp_path: Path, change: Callable[[Sandbox], None]) -> None:
    with Sandbox(tmp_path) as sandbox:
        sandbox.reset()
        before, contents, storage = rows(sandbox), files(tmp_path / "objects"), files(sandbox.crunch.storage)
        assert len(before) > 10
        change(sandbox)
        sandbox.reset()
        after = rows(sandbox)
        assert {name: len(entries) for name, entries in after.items()} == {
            name: len(entries) for name, entries in before.items()
        }
        assert after["crunch_users"] == before["crunch_users"]
        assert after["sqlite_sequence"] == before["sqlite_sequence"]
        assert files(tmp_path / "objects") == contents
        assert files(sandbox.crunch.storage) == storage
        assert [path.name for path in sandbox.crunch.storage.iterdir() if path.name == "more"] == []
