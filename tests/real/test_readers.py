"""DuckDB, which reads and writes through a file system of ours that it is given."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Generator
from pathlib import Path

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
    command = [peer("duckdb", "bin/python"), "-c", DUCKDB]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [11, "IO Error"]
    assert any(request["range"] for request in sandbox.requests("/sb/_storage"))
