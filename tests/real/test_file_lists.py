"""Lists that programs of this machine write and read: checksum files, configurations of curl, and commands of curl and wget."""

import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from breakable import Server
from command_line import Ran
from omicsdk.core.curl_files import curl_downloads, curl_operations
from omicsdk.portals import FileList
from omicsdk.portals.formats import format_named

NAMES = ("a.bam", "b c.txt", "back\\slash\\n", "line\nbreak")
ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
PROGRAMS = {
    **{f"{name}sum": [f"{name}sum"] for name in (*ALGORITHMS, "b2")},
    **{f"{name}sum --tag": [f"{name}sum", "--tag"] for name in (*ALGORITHMS, "b2")},
    **{f"cksum {name}": ["cksum", "-a", name] for name in (*ALGORITHMS, "blake2b")},
    **{f"shasum {bits}": ["shasum", "-a", bits] for bits in ("1", "224", "256", "384", "512")},
    **{f"openssl {name}": ["openssl", "dgst", f"-{name}"] for name in (*ALGORITHMS, "blake2b512")},
    **{f"hashdeep {name}": ["hashdeep", "-l", "-c", name] for name in ("md5", "sha1,sha256", "tiger,whirlpool,md5")},
    **{" ".join(words): words for words in (["md5deep", "-lz"], ["sha256deep", "-l"], ["sha1deep", "-lk"])},
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_files_are_verified_by_the_checksum_files_of_other_programs(run: Callable[..., Ran], program: str):
    command = PROGRAMS[program]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    names = NAMES[:2] if "deep" in command[0] or command[0] == "openssl" else NAMES  # they do not escape line ends
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
OTHERS = (
    *("-O", "remote-name", "--remote-name", "next", "--next", "-:", "# x", "silent", 'header = "X: y"'),
    *("--globoff", "-g", "no-globoff", "range = 0-0", "-r 0-0"),
    *("create-dirs", "output-dir = sub", '--output-dir "sub/#1 a/"'),
)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("seed", range(8))
def test_a_configuration_of_curl_names_the_files_that_curl_writes(seed: int, tmp_path: Path):
    draw = random.Random(seed)
    for number in range(8):
        (tmp_path / f"source-{number}").write_text(f"{number}.")
        (tmp_path / f"source-[{number}-{number}]").write_text("].")
    for trial in range(20):
        lines, sources = list[str](), iter(range(8))
        for _ in range(draw.randint(2, 8)):
            kind = draw.random()
            if kind < 0.5:
                number = next(sources)
                name = draw.choice([f"source-{number}", f"source-[{number}-{number}]"])
                lines.append(draw.choice(URLS).format(f"{tmp_path.as_uri()}/{name}"))
            elif kind < 0.8:
                name = f"o{draw.randrange(100)}" + "".join(draw.choices('ab -#\\"t=', k=draw.randrange(5)))
                escaped = name.replace("\\", "\\\\").replace('"', '\\"')
                lines.append(draw.choice(OUTPUTS).format(f'"{escaped}"'))
            else:
                lines.append(draw.choice(OTHERS))
        config, folder = tmp_path / f"config-{trial}", tmp_path / f"written-{trial}"
        config.write_text("\n".join(lines) + "\n")
        folder.mkdir()
        subprocess.run(
            ["curl", "-s", "--create-dirs", "-K", config], cwd=folder, capture_output=True, check=False, timeout=60
        )
        written = {
            str(path.relative_to(folder)): path.read_text()
            for path in folder.rglob("*")
            if path.is_file() and not (path.parent == folder and path.name.startswith("source-"))
        }
        downloads = curl_downloads(lines, curl_operations(lines))
        named = {
            download.path: download.url[-1] + "." * (not download.is_part) for download in downloads if download.path
        }
        assert named == written, lines


OPTIONS = {
    "curl": "|-s|-fsSL|--retry 5 --retry-delay 1|-C -|-A 'M (X11)'|--user-agent 'a http://b/c'|-k|-#|-H 'X: y'|-e http://x/y.gz|"
    "--referer http://x/y.gz|--proxy ''|--connect-timeout 5",
    "wget": "|-q|-c|-nc|-t 3|-T 5|-nd|--header='X: y'|--user-agent 'a b'|-o log|-a log|--referer http://x/y.gz|"
    "-e robots=off|--limit-rate 100m|--content-disposition",
}
NAMED = {
    "curl": "-o {}|-o{}|--output {}|-O|-LO|--remote-name|-o sub/{} --create-dirs|> {}|>{}|1> {}|-O --output-dir sub --create-dirs",
    "wget": "|-O {}|-O{}|--output-document={}|-P sub|--directory-prefix=sub/|-qO {}|-qO- > {}",
}
AROUND = ("{}", "{} # x", "{} &", "({})", "if true; then {}; fi", "true && {}", "false || {}", "{}; true")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("wget")), reason="curl and wget are not installed")
@pytest.mark.parametrize("seed", range(6))
def test_a_script_names_the_files_that_curl_and_wget_write(seed: int, tmp_path: Path):
    with closing(Server()) as server:
        compare_scripts(server, random.Random(seed), tmp_path)


def compare_scripts(server: Server, draw: random.Random, folder_of_scripts: Path) -> None:
    numbers = count()

    def address() -> str:
        path = f"files/{next(numbers)}.gz"
        return draw.choice(('"{}"', "'{}'", "{}")).format(server.put(path, path.encode()))

    def command() -> str:
        program = draw.choice(["curl", "wget"])
        if program == "curl" and draw.random() < 0.3:
            parts = [f"{draw.choice([f'-o o{next(numbers)}', '-O'])} {address()}" for _ in range(draw.randint(2, 3))]
        elif draw.random() < 0.2:
            parts = ["-P sub" if program == "wget" else "--remote-name-all", address(), address()]
        else:
            option, named = (draw.choice(table[program].split("|")) for table in (OPTIONS, NAMED))
            parts = [option, named.format(f"o{next(numbers)}"), address()]
            draw.shuffle(parts)
        return draw.choice(AROUND).format(" ".join((program, *filter(None, parts))))

    for trial in range(10):
        script, folder = folder_of_scripts / f"{trial}.sh", folder_of_scripts / f"written-{trial}"
        script.write_text("\n".join(["#!/bin/sh", *(command() for _ in range(4)), "wait", ""]))
        folder.mkdir()
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder_of_scripts)}
        subprocess.run(["sh", script], cwd=folder, env=environment, capture_output=True, check=True, timeout=100)
        format, file_list = format_named("commands"), FileList(script, script.name, "", (), Counter())
        files = [file for row in format.rows(file_list) for file in format.files(row, file_list)]
        names = {file.address.partition("/files/")[2]: file.name or file.address.rpartition("/")[2] for file in files}
        paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "log")
        written = {path.read_text().rpartition("/")[2]: path.relative_to(folder).as_posix() for path in paths}
        assert names == written, script.read_text()
