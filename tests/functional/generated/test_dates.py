"""Clients of `--dates datetime`: dates in arguments and models, and the texts that they came as on the way back."""

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from dated_document import NANO
from dated_document import dates as dates
from omicsdk_codegen.__main__ import main

ROOT = Path(__file__).parents[3]


@pytest.mark.types
@pytest.mark.timeout(300)  # two type checkers
def test_a_client_of_ours_with_dates_passes_both_type_checkers_and_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dates: ModuleType
) -> None:
    """All of our documents can be generated so; the one whose models have moments is checked and called."""
    monkeypatch.chdir(ROOT)
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "drs").symlink_to(ROOT / "specs" / "drs")
    out = tmp_path / "dated_api"
    assert main(["generate", "--specs", str(specs), "--out", str(out), "--dates", "datetime"]) == 0
    right = tmp_path / "right.py"
    right.write_text(RIGHT)
    folders = [tmp_path / "dated_api", Path(str(dates.__file__)).parent, right]
    _check(tmp_path, folders)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    package = importlib.import_module("dated_api.drs")
    data = {
        "id": "a", "self_uri": "drs://drs.example.org/a", "size": 1, "created_time": NANO, "updated_time": None,
        "checksums": [{"type": "md5", "checksum": "0" * 32}],
    }  # fmt: skip
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=data))
    with package.DrsApi(transport=transport, strict=True) as client:
        drs_object = client.get_object(object_id="a")
    assert drs_object.created_time == datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)
    assert drs_object.to_dict() == data


RIGHT = """\
from datetime import datetime
from typing import assert_type

from dated_api.drs import AsyncDrsApi, DrsApi
from dated_api.drs.types import DrsObjectDict


def created(client: DrsApi) -> None:
    if found := client.get_object(object_id="a"):
        assert_type(found.created_time, datetime | None)


async def later(client: AsyncDrsApi, known: DrsObjectDict, moment: datetime) -> None:
    if found := await client.get_object(object_id="a"):
        assert_type(found.updated_time, datetime | None)
    known["created_time"] = moment
    known["created_time"] = "2024-01-02T03:04:05Z"
"""


def _check(tmp_path: Path, paths: list[Path]) -> None:
    project = tmp_path / "pyrightconfig.json"
    sources = [str(ROOT / "extensions"), str(tmp_path), str(paths[1].parent)]
    options = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": sources}
    project.write_text(json.dumps({"include": [str(path) for path in paths], **options}))
    python = ["--pythonpath", sys.executable]
    checked = _run("basedpyright", *python, "-p", str(project))
    assert checked.returncode == 0, checked.stdout
    checked = _run(
        "mypy", "--strict", "--python-version", "3.11", "--cache-dir", str(ROOT / "build" / "mypy"), str(paths[2])
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _run(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=Path(words[-1]).parent,
    )
