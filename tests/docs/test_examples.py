"""The scripts of examples/ run against the sandbox and do what they say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"
UUID, VERSION = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d", "2024-03-01T120000.000000Z"
ONLY_IT = json.dumps({"query": {"term": {"uuid": UUID}}})


@pytest.fixture
def run(documented, tmp_path):
    def running(name: str, *words: str) -> str:
        result = subprocess.run(
            [sys.executable, EXAMPLES / name, *words],
            cwd=tmp_path,
            env=documented.variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        return result.stdout

    return running


def test_browse(run, documented):
    output = run("browse.py", f"{documented.sandbox.url}/dss/v1")
    assert re.search(rf"{UUID}  {VERSION}  10 files  [\d,]+ bytes", output)
    assert re.search(r"   49,253  reference/NC_001416\.1\.fasta", output)


def test_first_reads(run):
    lines = run("first_reads.py", UUID).splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [
        f"lambda_early_R{mate}.fastq.gz" for mate in (1, 2)
    ]
    assert lines[1:6:4] == ["  @lambda_early:1/1", "  @lambda_early:2/1"]
    assert len(lines) == 18


def test_first_reads_stops_early(run, documented):
    before = len(documented.sandbox.requests("/_objects/"))
    run("first_reads.py", UUID)
    fetched = documented.sandbox.requests("/_objects/")[before:]
    assert len(fetched) == 2


def test_mirror_fetches_once(run, documented, tmp_path):
    first = run("mirror.py", "mirror", ONLY_IT)
    assert first.split(maxsplit=1)[0] == f"{UUID}.{VERSION}"
    assert "'done': 10" in first
    assert (tmp_path / "mirror" / f"{UUID}.{VERSION}" / "links.json").read_bytes() == (
        documented.source / "links.json"
    ).read_bytes()
    assert "'skipped': 10" in run("mirror.py", "mirror", ONLY_IT)


def test_published_script(run, tmp_path):
    assert f'"uuid": "{UUID}"' in run("published_script.py", "metadata")
    folder = tmp_path / "metadata" / f"{UUID}.{VERSION}"
    assert (folder / "links.json").is_file()
    assert not (folder / "lambda_early_R1.fastq.gz").exists()


def test_the_table_lists_every_file():
    listed = set(re.findall(r"^\| `([\w.]+)", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
    assert listed == {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".yaml")}
