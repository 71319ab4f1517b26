"""azul:// as a store: catalogs, projects and their files, read and copied."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azul_project import CONTENTS, PROJECT, write_project
from omicsdk import Azul
from omicsdk.fs import NotListed, PathNotFound, WrongUri
from omicsdk.fs.files import download
from omicsdk.fs.stores.azul import AzulStore, named, read_path
from omicsdk.hca.azul import AzulFile

HERE = f"dcp43/projects/{PROJECT}"


@pytest.fixture
def store(omics_sandbox: Any, tmp_path: Path) -> Iterator[AzulStore]:
    omics_sandbox.seed(write_project(tmp_path / "bundle"))
    with Azul(omics_sandbox.azul_url) as client, AzulStore(client=client) as opened:
        yield opened


def listed(store: AzulStore, path: str) -> list[str]:
    return [entry.path for entry in store.entries(path)]


@pytest.mark.sandbox
def test_catalogs_types_and_projects_are_folders(store: AzulStore) -> None:
    assert listed(store, "")[:2] == ["dcp43", "dcp42"]
    assert listed(store, "dcp43") == ["dcp43/projects"]
    assert listed(store, "anvil8") == ["anvil8/datasets"]
    assert listed(store, "dcp43/projects") == [HERE]
    assert listed(store, HERE) == [f"{HERE}/counts.h5ad", f"{HERE}/notes #1.txt", f"{HERE}/reads"]
    assert listed(store, f"{HERE}/reads") == [f"{HERE}/reads/r_1.fastq.gz", f"{HERE}/reads/r_2.fastq.gz"]
    assert len(list(store.walk(f"anvil8/datasets/{PROJECT}"))) == len(CONTENTS)


@pytest.mark.sandbox
def test_a_file_has_its_size_checksum_and_time(store: AzulStore) -> None:
    entry = store.stat(f"default/projects/{PROJECT}/counts.h5ad")
    assert (entry.kind, entry.size, set(entry.checksums)) == ("file", len(CONTENTS["counts.h5ad"]), {"sha256"})
    assert entry.modified is not None
    by_uuid = store.stat(f"default/files/{entry.details['uuid']}")
    assert (by_uuid.file_name, by_uuid.version) == ("counts.h5ad", entry.version)


@pytest.mark.sandbox
def test_a_project_is_copied_whole(store: AzulStore, omics_sandbox: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("OMICS_AZUL_URL", omics_sandbox.azul_url)
    download(f"azul://{HERE}", tmp_path / "out").raise_if_failed()
    names = {
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*") if path.is_file()
    }
    assert {name for name in names if not name.startswith(".")} == set(CONTENTS)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "path",
    [
        "dcp1/projects",
        f"{HERE}/none",
        f"dcp43/projects/{PROJECT[:-1]}1",
        "dcp43/files/no-uuid",
        f"dcp43/files/{PROJECT}",
    ],
)
def test_a_missing_object_is_not_found(store: AzulStore, path: str) -> None:
    with pytest.raises(PathNotFound):
        store.stat(path)


@pytest.mark.sandbox
def test_files_by_uuid_are_not_listed(store: AzulStore) -> None:
    with pytest.raises(NotListed, match="too many files"):
        listed(store, "dcp43/files")


def test_other_paths_are_refused() -> None:
    for path in ("dcp43/samples", f"dcp43/files/{PROJECT}/x"):
        with pytest.raises(WrongUri):
            read_path(path)


def test_files_of_one_name_are_in_folders_of_their_uuids() -> None:
    files = [AzulFile("u2", "", "a"), AzulFile("u1", "", "a"), AzulFile("u3", "", "b")]
    assert list(named(files)) == ["b", "u1/a", "u2/a"]


@pytest.mark.timeout(20)  # quadratic cost would take minutes
def test_each_of_many_files_of_one_name_is_found_in_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [AzulFile(uuid=f"{number:06}", version="", name="matrix.mtx") for number in range(100_000)]
    monkeypatch.setattr("omicsdk.fs.stores.azul.files", lambda *_: many)
    paths = [entry.path for entry in AzulStore(client=object()).below(HERE)]  # pyright: ignore[reportArgumentType]
    assert paths == [f"{HERE}/{file.uuid}/matrix.mtx" for file in many]
