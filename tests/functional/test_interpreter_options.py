"""A program of omicsdk under options, limits and moments of Python that other programs rarely meet."""

import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk import Dss
from omicsdk.testing import Platform

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")

PROGRAM = """
import sys
{before}
import omicsdk

def work():
    with omicsdk.Dss() as dss:
        page = dss.get_bundle(uuid=sys.argv[1], replica="aws")
        report = dss.download(sys.argv[1], "aws", download_dir=sys.argv[2])
    try:
        with omicsdk.Dss() as dss:
            dss.get_bundle(uuid="00000000-0000-4000-8000-000000000000", replica="aws")
    except omicsdk.NotFound as error:
        print(len(page.bundle.files), report, error.status)

{call}
"""
LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_{0}, ({1}, {1}))"


@pytest.mark.parametrize(
    ("options", "before", "call"),
    [
        pytest.param(["-OO"], "", "work()", id="without docstrings and assertions"),
        pytest.param(["-X", "dev", "-W", "error", "-bb"], "", "work()", id="development mode"),
        pytest.param(["-X", "warn_default_encoding", "-W", "error::EncodingWarning"], "", "work()", id="encodings"),
        pytest.param(["-X", "utf8=0"], "", "work()", id="no UTF-8 mode"),
        pytest.param([], "sys.setrecursionlimit(200)", "work()", id="recursion"),
        pytest.param([], "sys.set_int_max_str_digits(640)", "work()", id="digits"),
        pytest.param([], LIMIT.format("NOFILE", 64), "work()", id="64 open files"),
        pytest.param([], LIMIT.format("AS", 2 << 30), "work()", id="2 GiB of addresses"),
        pytest.param([], "import gc; gc.disable()", "work()", id="no garbage collection"),
        pytest.param(
            [],
            "import threading; threading.stack_size(256 * 1024)",
            "thread = threading.Thread(target=work); thread.start(); thread.join()",
            id="small stack",
        ),
        pytest.param([], "import atexit", "atexit.register(work)", id="at exit"),
        pytest.param([], "", "class Late:\n    def __del__(self): work()\nLate()", id="finalizer"),
    ],
)
def test_a_program_works(
    dss_sandbox: Platform[Dss], tmp_path: Path, options: list[str], before: str, call: str
) -> None:
    assert run(dss_sandbox, tmp_path, options, before, call) == ["1 <Result: 1 done (1 verified)> 404"]


def run(platform: Platform[Dss], folder: Path, options: list[str], before: str, call: str) -> list[str]:
    """The lines that the program prints, without times; nothing else may be printed."""
    (folder / "sample").mkdir()
    (folder / "sample" / "reads.fastq").write_text("@r1\nACGT\n+\nIIII\n")
    bundle = platform.seed(folder / "sample")["bundle_uuid"]
    program = PROGRAM.format(before=before, call=call)
    command = [sys.executable, *options, "-c", program, bundle, str(folder / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return [f"{line.rpartition(',')[0]}>{line.rpartition('>')[2]}" for line in done.stdout.splitlines()]
