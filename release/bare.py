"""`make bare`: what a user gets: the wheel of dist/ with all extras, and nothing else, in a separate environment; and a package that
it generates, in another one with httpx and attrs alone.

    python release/bare.py          make build/bare again, run the demo in it, and try build/bare-package

Dependencies come from where pip gets them. What they are is what `make sbom`, `make licences` and `make audit` look at.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / "build" / "bare"
PACKAGE = ROOT / "build" / "bare-package"
"""A generated project, and `environment`, where it is installed."""
MOST_PACKAGES, MOST_BYTES = 10, 8 << 20
"""What a generated package may take of a disk with all that it needs."""
CALLS = """
import asyncio, json, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import runs

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"id": "240301_A00123", "instrument": "novaseq", "reads": 12}).encode()
        self.send_response(404 if self.path.endswith("missing") else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

async def called(url):
    async with runs.AsyncRunsApi(url) as client:
        return await client.get_run(run_id="240301_A00123")

with HTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with runs.RunsApi(url) as client:
        assert client.get_run(run_id="240301_A00123").reads == asyncio.run(called(url)).reads == 12
        try:
            client.get_run(run_id="missing")
        except runs.NotFound as error:
            assert error.status == 404
        else:
            sys.exit("no error was raised for 404")
    server.shutdown()
"""
COMMANDS = """
import json, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        is_second = "page=2" in self.path
        runs = [{"id": name, "instrument": "novaseq", "reads": 12} for name in (["c"] if is_second else ["a", "b"])]
        body = json.dumps({"runs": runs} if "missing" not in self.path else {"message": "no such run"}).encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if not is_second:
            self.send_header("link", '</runs?page=2>; rel="next"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

command, url = sys.argv[1:], ""
def ran(*words):
    return subprocess.run([*command, "--base-url", url, *words], capture_output=True, text=True)

with HTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    listed = ran("list-runs", "--output", "jsonl", "--columns", "id")
    assert listed.stdout == '{"id": "a"}\\n{"id": "b"}\\n{"id": "c"}\\n', listed
    assert len(json.loads(ran("list-runs").stdout)["runs"]) == 3
    missing = ran("get-run", "--run-id", "missing")
    assert missing.returncode == 1 and missing.stderr.startswith("runs: get_run: no such run (404 from GET"), missing
    assert ran("get-runs").returncode == 2
    assert ran("list-runs", "--help").stdout.startswith("Usage: runs list-runs [options]")
    server.shutdown()
"""
NO_ENVIRONMENT = 3
"""Exit code: pip couldn't get what the wheel needs, which says nothing of the wheel."""


def python_of(home: Path) -> Path:
    """An environment's interpreter."""
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wheel_in(folder: Path) -> Path:
    """The wheel of a folder.

    Raises:
        SystemExit: There is not exactly one.
    """
    wheels = sorted(folder.glob("omicsdk-*.whl"))
    if len(wheels) != 1:
        sys.exit(f"{folder}: {len(wheels)} wheels are there; `make dist` makes one")
    return wheels[0]


def make_environment(home: Path, *requirements: str) -> bool:
    """Make an environment with packages alone, without pip; states whether pip got them."""
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    return install(home, *requirements)


def install(home: Path, *requirements: str) -> bool:
    """Install packages; states whether pip got them."""
    command = ["install", "--quiet", "--disable-pip-version-check", *requirements]
    return subprocess.run([sys.executable, "-m", "pip", "--python", python_of(home), *command]).returncode == 0


def try_package(omics: str, variables: dict[str, str]) -> int:
    """Generate a package, and install, call, test and type-check it without omicsdk; gives the exit code."""
    shutil.rmtree(PACKAGE, ignore_errors=True)
    environment = PACKAGE / "environment"
    generate = [omics, "codegen", ROOT / "examples/runs.yaml", "--name", "runs", "--out", PACKAGE]
    subprocess.run(generate, env=variables, check=True)
    if not make_environment(environment, str(PACKAGE)):
        return NO_ENVIRONMENT
    python = python_of(environment)
    folder = subprocess.check_output([python, "-c", "import runs; print(runs.__path__[0])"], text=True, env=variables)
    packages = Path(folder.strip()).parent
    count = len(list(packages.glob("*.dist-info")))
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
    sys.stdout.write(f"a generated package: {count} packages, {size / (1 << 20):.1f} MiB\n")
    if count > MOST_PACKAGES or size > MOST_BYTES:
        sys.exit(f"more than {MOST_PACKAGES} packages, or {MOST_BYTES >> 20} MiB")
    subprocess.run([python, "-c", CALLS], env=variables, check=True)
    for command in ([shutil.which("runs", path=python.parent) or "runs"], [python, "-m", "runs"]):
        subprocess.run([python, "-c", COMMANDS, *command], env=variables, check=True)
    # Without the tests' own packages, which pyright would find.
    settings = {"include": ["src"], "typeCheckingMode": "strict", "venvPath": str(PACKAGE), "venv": environment.name}
    (PACKAGE / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "basedpyright"], cwd=PACKAGE, check=True)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "src/runs"]
    subprocess.run(mypy, cwd=PACKAGE, check=True)
    if not install(environment, "pytest"):
        return NO_ENVIRONMENT
    tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(tests, cwd=PACKAGE, env=variables).returncode


def main() -> int:
    """Make the environments, run the demo, and try a generated package; gives the exit code."""
    wheel = wheel_in(ROOT / "dist")
    if not make_environment(HOME, f"{wheel}[all]"):
        return NO_ENVIRONMENT
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with tempfile.TemporaryDirectory() as elsewhere:
        omics = shutil.which("omics", path=python_of(HOME).parent) or "omics"
        variables = {**variables, "HOME": elsewhere}
        demo = subprocess.run([omics, "demo", "--large-mib", "64"], cwd=elsewhere, env=variables).returncode
        return demo or try_package(omics, variables)


if __name__ == "__main__":
    sys.exit(main())
