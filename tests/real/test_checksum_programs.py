"""Checksum files that the programs of this machine write, GNU's, Perl's and OpenSSL's, verify their files and find damage."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Ran

NAMES = ("a.bam", "b c.txt", "back\\slash\\n", "line\nbreak")
ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
PROGRAMS = {
    **{f"{name}sum": [f"{name}sum"] for name in (*ALGORITHMS, "b2")},
    **{f"{name}sum --tag": [f"{name}sum", "--tag"] for name in (*ALGORITHMS, "b2")},
    **{f"cksum {name}": ["cksum", "-a", name] for name in (*ALGORITHMS, "blake2b")},
    **{f"shasum {bits}": ["shasum", "-a", bits] for bits in ("1", "224", "256", "384", "512")},
    **{f"openssl {name}": ["openssl", "dgst", f"-{name}"] for name in (*ALGORITHMS, "blake2b512")},
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_files_are_verified_by_the_checksum_files_of_other_programs(
    run: Callable[..., Ran], program: str, tmp_path: Path
):
    command = PROGRAMS[program]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    names = NAMES[:2] if command[0] == "openssl" else NAMES  # it does not escape line ends
    for name in names:
        Path(name).write_bytes(name.encode())
    # The name of the list is what tells untagged lines of b2sum from those of sha512sum.
    sums = Path(f"{command[0].upper()}S.txt")
    sums.write_bytes(subprocess.run([*command, *names], capture_output=True, check=True, timeout=60).stdout)
    ran = run("verify", str(sums), "--output", "json")
    assert {row["name"]: row["state"] for row in ran.json["files"]} == dict.fromkeys(names, "verified"), ran.err
    Path("a.bam").write_bytes(b"A.bam")
    assert run("verify", str(sums), "--output", "json").json["counts"] == {"wrong": 1, "verified": len(names) - 1}
