"""The wheel, installed away from any checkout, is small and does what the demo shows."""

import compileall
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[2]
LARGEST = 6 << 20
LARGEST_INSTALL = 105_000_000
MOST_PACKAGES = 24
ROOMS = (
    "core",
    "cli/demo",
    "hca/dss",
    "transfer/downloads",
    "transfer/uploads",
    "transfer/network",
    "sandbox/engine",
    "sandbox/dss",
)
"""Parts of omicsdk with most of what the demo imports."""


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
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install, wheel], check=True, capture_output=True)
    result = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    # A path in a .pth file is searched for modules, but its own .pth files, which refer to the checkout, are not read.
    Path(result.stdout.strip(), "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    # pip would compile all modules, which takes as long as all tests of this file: only what the demo imports is.
    subprocess.run(
        [
            python,
            "-m",
            "compileall",
            "-q",
            "-j",
            "2",
            *(Path(result.stdout.strip(), "omicsdk", room) for room in ROOMS),
        ],
        check=True,
    )
    return scripts


def test_it_is_small_and_whole(wheel: Path):
    assert wheel.stat().st_size <= LARGEST
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "omicsdk/py.typed",
        "omicsdk_api/py.typed",
        "omicsdk_api/index.json",
        "omicsdk_api/dss/openapi.json",
        "omicsdk_api/dss/commands.json",
        "omicsdk_codegen/templates/operation.py.jinja",
    ):
        assert name in names


@pytest.mark.sandbox
def test_it_states_the_whole_story_of_the_demo(installed: Path, tmp_path: Path):
    files = tmp_path / "files"
    files.mkdir()
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [installed / "omics", "demo", "--large-mib", "32"],
        cwd=tmp_path,
        env={**environ, "HOME": str(tmp_path), **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(files))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"verified 61 files, 33\.\d MiB, each equal .*, all files are removed", lines[-1])
    commands = [line.strip() for line in lines if line.startswith("   $ ")]
    for word in ("dss upload", "dss post-search", "--layout none", "--layout bundle", "dss download "):
        assert any(word in command for command in commands), word
    match = re.search(r"([\d.]+) MiB fetched, ([\d.]+) (MiB|KiB|B) of them twice", done.stdout)
    assert match
    assert float(match[1]) < 32
    assert list(files.iterdir()) == []
    port = re.search(r"http://127\.0\.0\.1:(\d+)/dss", done.stdout)
    assert port
    assert f":{int(port[1]):04X} " not in _listening()


def test_it_is_imported_from_where_it_is_installed(installed: Path, tmp_path: Path):
    where = "import omicsdk, omicsdk_api, omicsdk_codegen; print(omicsdk.__file__, omicsdk_api.__file__)"
    python = installed / Path(sys.executable).name
    output = subprocess.run([python, "-c", where], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert str(ROOT) + os.sep not in output


def _listening() -> str:
    """The kernel's list of listening sockets; empty where there is no such list."""
    table = Path("/proc/net/tcp")
    rows = table.read_text().splitlines()[1:] if table.exists() else []
    return "".join(f"{row.split()[1][8:]} " for row in rows if row.split()[3] == "0A")


@pytest.mark.long
def test_a_base_install_is_small(installed: Path):
    """What `pip install omicsdk` without extras brings, pip left out: itself with its byte code, and what it requires."""
    brought = _closure("omicsdk") - {"omicsdk"}
    sizes = {name: sum(_size(Path(str(file.locate()))) for file in distribution(name).files or ()) for name in brought}
    libraries = next(installed.parent.glob("[Ll]ib/**/site-packages"))
    assert compileall.compile_dir(libraries, quiet=1)
    sizes["omicsdk"] = sum(_size(path) for path in libraries.rglob("*") if path.is_file())
    assert len(sizes) <= MOST_PACKAGES
    assert sum(sizes.values()) <= LARGEST_INSTALL, sorted(sizes.items(), key=lambda item: -item[1])[:8]


def _closure(name: str, names: frozenset[str] = frozenset()) -> frozenset[str]:
    """The packages that one needs on this machine, without extras, and itself."""
    names |= {canonicalize_name(name)}
    needs = [Requirement(text) for text in distribution(name).requires or ()]
    for requirement in needs:
        if canonicalize_name(requirement.name) not in names and (
            requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        ):
            names = _closure(requirement.name, names)
    return names


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
