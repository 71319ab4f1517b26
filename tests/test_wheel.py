"""The wheel, installed away from any checkout, is small and does what the demo shows."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LARGEST = 6 << 20


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of scripts of an environment that has the wheel, and this one's other packages but no checkout."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / Path(sys.executable).name
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install, wheel], check=True, capture_output=True)
    said = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    # A path in a .pth file is searched for modules, but its own .pth files, which lead to the checkout, aren't read.
    Path(said.stdout.strip(), "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts


def test_it_is_small_and_whole(wheel: Path):
    assert wheel.stat().st_size <= LARGEST
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "omicsdk/py.typed",
        "omicsdk_api/py.typed",
        "omicsdk_api/index.json",
        "omicsdk_api/dss/openapi.json",
        "omicsdk_api/dss/commands.json",
        "omicsdk_codegen/templates/operation.py.jinja",
    ):
        assert wanted in names


@pytest.mark.sandbox
def test_it_runs_the_demo(installed: Path, tmp_path: Path):
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [installed / "omics", "demo", "--large-mib", "64"],
        cwd=tmp_path,
        env={**environ, "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().splitlines()[-1].startswith("verified")
    where = "import omicsdk, omicsdk_api, omicsdk_codegen; print(omicsdk.__file__, omicsdk_api.__file__)"
    python = installed / Path(sys.executable).name
    said = subprocess.run([python, "-c", where], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert str(ROOT) + os.sep not in said
