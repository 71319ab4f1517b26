"""Manual pages: made of every command, in the wheel, and accepted by the programs that show them."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from omicsdk.cli.catalog import Catalog
from omicsdk.core.version import __version__

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages that the script writes."""
    folder = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, ROOT / "release/man_pages.py", folder], check=True, capture_output=True)
    return folder


def test_each_command_has_a_page(pages: Path) -> None:
    root = Catalog().root()
    words = {command.path[0] for command in root.visible_commands()} | {group.path[0] for group in root.below()}
    assert {page.name for page in pages.iterdir()} == {"omics.1", *(f"omics-{word}.1" for word in words)}
    shown = (pages / "omics-ls.1").read_text()
    assert r"\fB\-r\fR, \fB\-\-recursive\fR" in shown
    assert r"omics ls \-lh s3://my\-bucket/runs/" in shown


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc isn't installed")
def test_mandoc_has_no_warnings(pages: Path) -> None:
    ran = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *sorted(pages.iterdir())], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff isn't installed")
def test_groff_shows_them(pages: Path) -> None:
    ran = subprocess.run(["groff", "-ww", "-man", "-Tutf8", *sorted(pages.iterdir())], capture_output=True, text=True)
    # A pattern of a UUID is longer than a line.
    assert [line for line in ran.stderr.splitlines() if "can't break line" not in line] == []
    assert "Global options, exit codes and topics are there." in " ".join(ran.stdout.split())


@pytest.mark.release
def test_the_wheel_installs_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert f"omicsdk-{__version__}.data/data/share/man/man1/omics-dss.1" in names
