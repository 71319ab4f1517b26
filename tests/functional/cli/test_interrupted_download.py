"""Ctrl-C in the middle of a download, and the same command again."""

import os
import random
import sys
from pathlib import Path

import pytest
from fork_server import forked
from interrupting import bytes_kept, interrupted

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals"),
]
OMICS = str(Path(sys.executable).with_name("omics"))


def test_ctrl_c_leaves_what_the_same_command_continues_from(omics_sandbox, tmp_path):
    from omicsdk.sandbox import Rule

    source = tmp_path / "source"
    source.mkdir()
    (source / "reads.bin").write_bytes(random.Random(1).randbytes(6 << 20))
    bundle = omics_sandbox.seed(source)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "HCA_"))}
    environment |= omics_sandbox.environment()
    command = [OMICS, "dss", "download", "--bundle-uuid", bundle["bundle_uuid"], "--replica", "aws"]
    command += ["--download-dir", str(tmp_path / "there")]
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=5 << 20))
    code, out, err = interrupted(omics_sandbox, command, environment)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "omics: interrupted."
    assert "Traceback" not in err
    final = tmp_path / "there" / f"{bundle['bundle_uuid']}.{bundle['version']}" / "reads.bin"
    assert not final.exists()
    again = forked.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert again.returncode == 0, again.stderr
    assert 4 << 20 <= bytes_kept(again.stderr) <= 5 << 20  # a cell that was begun is continued, too
    assert final.read_bytes() == (source / "reads.bin").read_bytes()
