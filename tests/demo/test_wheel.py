"""The wheel by itself: what is in it, and that the demo runs from it without a checkout in reach."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from omicsdk.cli.demo.commands import environment

CHECKOUT = Path(__file__).parents[2]
LARGEST = 6 << 20
RUN = """
import sys, omicsdk, omicsdk_api, omicsdk_codegen
from omicsdk.cli.main import main
for package in (omicsdk, omicsdk_api, omicsdk_codegen):
    print(package.__file__)
sys.exit(main(["demo", "--large-mib", "64"]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    told = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return next(folder.glob("*.whl"))


def test_what_is_in_it(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"omicsdk", "omicsdk_api", "omicsdk_codegen"}
    for wanted in (
        "omicsdk/py.typed",
        "omicsdk/cli/demo/NC_001416.1.fasta.gz",
        "omicsdk_api/index.json",
        "omicsdk_api/dss/openapi.json",
        "omicsdk_api/dss/commands.json",
        "omicsdk_api/dss/py.typed",
    ):
        assert wanted in names
    assert [name for name in names if name.endswith((".pyc", ".orig")) or "/tests/" in name] == []
    assert wheel.stat().st_size <= LARGEST


@pytest.mark.sandbox
def test_the_demo_runs_from_it_alone(wheel: Path, tmp_path: Path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    here = tmp_path / "here"
    here.mkdir()
    told = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=here,
        env=environment({"PYTHONPATH": str(site), "TMPDIR": str(here)}),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert all(Path(line).is_relative_to(site) for line in lines[:3])
    assert lines[-1].startswith("verified 61 files")
    assert str(CHECKOUT) not in told.stdout
