"""The same table on every platform of the sandbox, found and read by fsspec under each scheme's name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from omicsdk.fs import STORES
from omicsdk.fs import filesystems as live
from omicsdk.fs.filesystems import OmicsFileSystem
from omicsdk.sandbox import Sandbox
from unsettled import unsettled

pytestmark = pytest.mark.sandbox

TABLE = b"cell,umis\n" + b"".join(b"c%d,%d\n" % (number, number) for number in range(3000))


def host(sandbox: Sandbox) -> str:
    return sandbox.gen3_url.partition("://")[2]


def seeded(sandbox: Sandbox, service: str, folder: Path) -> Any:
    return sandbox.seed(folder, service=service)


def project(sandbox: Sandbox, folder: Path) -> str:
    """UUID of the project that Azul makes of a bundle without metadata."""
    seeded(sandbox, "dss", folder)
    return sandbox.azul.atlas.files()[0].project_id


PLACES: dict[str, Callable[[Sandbox, Path], str]] = {
    "azul": lambda sandbox, folder: f"default/projects/{project(sandbox, folder)}/set/cells.csv",
    "dss": lambda sandbox, folder: f"aws/{seeded(sandbox, 'dss', folder)['bundle_uuid']}/set/cells.csv",
    "drs": lambda sandbox, folder: f"{host(sandbox)}/{seeded(sandbox, 'gen3', folder)['files']['set/cells.csv']}",
    "gen3": lambda sandbox, folder: f"{host(sandbox)}/{seeded(sandbox, 'gen3', folder)['files']['set/cells.csv']}",
    "sb": lambda sandbox, folder: f"{seeded(sandbox, 'sb', folder)['project']}/set/cells.csv",
    "crunch": lambda sandbox, folder: f"{seeded(sandbox, 'crunch', folder)['project']}/set/cells.csv",
    "pangea": lambda sandbox, folder: "Sandbox/Sandbox Library/tables/counts/cells.csv",
}
"""Where `set/cells.csv` of a folder is after seeding; on Pangea it is put there."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tables"
    (made / "set").mkdir(parents=True)
    (made / "set" / "cells.csv").write_bytes(TABLE)
    return made


@pytest.fixture
def sandbox(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that the variables name, with stores of this test only."""
    unsettled(monkeypatch, tmp_path)
    for name, value in (omics_sandbox.environment() | {"OMICS_STATE_DIR": str(tmp_path / "state")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(live, "_stores", {})
    yield omics_sandbox
    for store in live._stores.values():
        store.close()
    for scheme in PLACES:
        fsspec.get_filesystem_class(scheme).clear_instance_cache()


def test_every_scheme_but_those_of_others_is_registered() -> None:
    assert set(PLACES) == STORES.keys() - {"file", "s3", "gs", "http", "https"}


@pytest.mark.parametrize("scheme", PLACES)
def test_a_table_is_read_where_it_is(scheme: str, sandbox: Sandbox, folder: Path, tmp_path: Path) -> None:
    path = PLACES[scheme](sandbox, folder)
    fs: OmicsFileSystem = fsspec.filesystem(scheme)
    if scheme == "pangea":
        fs.mkdir("Sandbox/Sandbox Library/tables")
        fs.pipe_file(path, TABLE)

    with fsspec.open(f"{scheme}://{path}") as file:
        assert file.readline() == b"cell,umis\n"
        file.seek(-5, 2)
        assert file.read() == TABLE[-5:]
    assert fs.info(path)["size"] in (len(TABLE), None)
    assert fs.cat_ranges([path] * 3, [0, 5, 100], [4, 9, 200]) == [TABLE[:4], TABLE[5:9], TABLE[100:200]]
    fs.get_file(path, str(tmp_path / "came.csv"))
    assert (tmp_path / "came.csv").read_bytes() == TABLE
    with pytest.raises(OSError):
        fs.cat_file(f"{path}-none")
