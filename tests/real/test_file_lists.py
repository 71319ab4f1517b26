"""Lists that programs of this machine write and read: checksum files of GNU, Perl and OpenSSL, and configurations of curl."""

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Ran
from omicsdk.core.curl_config import curl_downloads

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


URLS = (
    'url = "{}"',
    "url={}",
    "--url {}",
    'url: "{}"',
    'url "{}" # x',
    "  url = {} # x",
    'url = "{}"x',
    'url\t=\t"{}"',
)
OUTPUTS = ("output = {}", "output={}", "-o {}", "--output {}", "output = {} # x", "  output : {}")
OTHERS = ("-O", "remote-name", "--remote-name", "next", "--next", "-:", "# x", "silent", "--globoff", 'header = "X: y"')


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("seed", range(8))
def test_a_configuration_of_curl_names_the_files_that_curl_writes(seed: int, tmp_path: Path):
    draw = random.Random(seed)
    for number in range(8):
        (tmp_path / f"source-{number}").write_text(str(number))
    for trial in range(20):
        lines, sources = list[str](), iter(range(8))
        for _ in range(draw.randint(2, 8)):
            kind = draw.random()
            if kind < 0.5:
                lines.append(draw.choice(URLS).format((tmp_path / f"source-{next(sources)}").as_uri()))
            elif kind < 0.8:
                name = f"o{draw.randrange(100)}" + "".join(draw.choices('ab -#\\"t=', k=draw.randrange(5)))
                escaped = name.replace("\\", "\\\\").replace('"', '\\"')
                lines.append(draw.choice(OUTPUTS).format(f'"{escaped}"'))
            else:
                lines.append(draw.choice(OTHERS))
        config, folder = tmp_path / f"config-{trial}", tmp_path / f"written-{trial}"
        config.write_text("\n".join(lines) + "\n")
        folder.mkdir()
        subprocess.run(["curl", "-s", "-K", config], cwd=folder, capture_output=True, check=False, timeout=60)
        written = {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith("source-")}
        named = {download.output: download.url[-1] for download in curl_downloads(lines) if download.output}
        assert named == written, lines
