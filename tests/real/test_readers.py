"""DuckDB, which reads and writes through a file system of ours that it is given, and paths of universal_pathlib."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from omicsdk.fs.stores.sb import SbStore
from omicsdk.sandbox import Sandbox
from real_servers import peer

DUCKDB = """
import json
import duckdb, fsspec
duckdb.register_filesystem(fsspec.filesystem("sb"))
duckdb.sql("copy (select range as i from range(1000)) to 'sb://sandbox-user/p/t.parquet'")
duckdb.sql("copy (select 5 as i) to 'sb://sandbox-user/p/u.parquet'")
count = duckdb.sql("select count(*) from 'sb://sandbox-user/p/*.parquet' where i < 10").fetchall()
try:
    duckdb.sql("from 'sb://sandbox-user/p/none.parquet'")
except duckdb.IOException as error:
    print(json.dumps([*count[0], str(error).split(":")[0]]))
"""


MADE = """
import duckdb
duckdb.sql("copy (select range as i from range(1000)) to 'tables/t.parquet'")
print(1)
"""

BY_DRS = """
import json, os
import duckdb, fsspec
counts = []
for uri in os.environ["URIS"].split():
    duckdb.register_filesystem(fsspec.filesystem(uri.partition(":")[0]))
    counts += duckdb.sql(f"select count(*) from read_parquet('{uri}') where i < 10").fetchall()
print(json.dumps(counts))
"""


UPATH = """
import json, pickle
from upath import UPath
folder = UPath("sb://sandbox-user/p/a b")
folder.mkdir()
path = folder / "c#d.txt"
path.write_text("text")
moved = path.rename(folder / "e.txt")
copied = moved.copy(UPath("sb://sandbox-user/p/f.txt"))
back = moved.copy(UPath("back.txt"))
before = [str(entry) for entry in sorted(UPath("sb://sandbox-user/p").rglob("*.txt"))]
states = [path.exists(), moved.is_file(), folder.is_dir(), moved.stat().st_size, pickle.loads(pickle.dumps(moved)) == moved]
moved.unlink()
folder.rmdir()
print(json.dumps([before, states, copied.read_text(), back.read_text(), [str(entry) for entry in folder.parent.iterdir()]]))
"""


def ran(code: str, folder: Path) -> list[Any]:
    """The JSON that a program with the packages of the environment prints."""
    command = [peer("readers", "bin/python"), "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Sandbox]:
    """A sandbox that the variables name, with the project p."""
    (tmp_path / "sitecustomize.py").write_text(f"import site\nsite.addsitedir({sysconfig.get_path('purelib')!r})\n")
    with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        with SbStore() as store:
            group = next(iter(store.client.list_billing_groups.iterate())).id
            store.client.create_project(name="p", billing_group=group or "")
        yield sandbox


def test_tables_in_sql(sandbox: Sandbox, tmp_path: Path) -> None:
    assert ran(DUCKDB, tmp_path) == [11, "IO Error"]
    assert any(request["range"] for request in sandbox.requests("/sb/_storage"))


def test_tables_of_a_commons_in_sql(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # DuckDB requests the time of the last change of Parquet files.
    (tmp_path / "tables").mkdir()
    ran(MADE, tmp_path)
    guid = sandbox.seed(tmp_path / "tables", service="gen3")["files"]["t.parquet"]
    host = sandbox.environment()["GEN3_ENDPOINT"].removeprefix("http://")
    monkeypatch.setenv("URIS", f"drs://{host}/{quote(guid, safe='')} gen3://{host}/{guid}")
    assert ran(BY_DRS, tmp_path) == [[10], [10]]


@pytest.mark.usefixtures("sandbox")
def test_paths(tmp_path: Path) -> None:
    project = "sb://sandbox-user/p"
    before, states, *texts, left = ran(UPATH, tmp_path)
    assert (before, states) == ([f"{project}/a b/e.txt", f"{project}/f.txt"], [False, True, True, 4, True])
    assert (texts, left) == (["text", "text"], [f"{project}/f.txt"])
