"""`make dist-binary`: `omics` for systems without Python, made of the wheel in dist/ by PyInstaller, and tried.

    python release/binary.py          write dist/omics-VERSION-SYSTEM-MACHINE.tar.gz, and print its size and its start-up time
    python release/binary.py FOLDER   try what was unpacked there

A folder, not one file: one file would unpack its 200 MB at each start. It runs on the system that it was made on and later ones of its
kind. Dependencies come from where pip gets them.
"""

from __future__ import annotations

import http.server
import json
import os
import platform
import shutil
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bare import NO_ENVIRONMENT, make_environment, python_of, wheel_in

ROOT = Path(__file__).parents[1]
HOME = ROOT / "build" / "binary"
EXTRAS = "codegen,sandbox,fast,google,keyring,mcp"
"""Those of the command line. Data frames and the formats of data sets would treble the size, and are for programs in Python."""
# Packages that import their modules by name, or have files beside them.
_COLLECTED = ("omicsdk", "omicsdk_api", "omicsdk_codegen", "moto", "openapi_python_client", "mcp")
_ROUNDS = 5
# One of the sandbox, which has two.
_BILLING_GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"


def build(wheel: Path) -> Path | None:
    """Make the program's folder of a wheel; None if pip couldn't get what it needs."""
    environment = HOME / "environment"
    if not make_environment(environment, f"{wheel}[{EXTRAS}]", "pyinstaller>=6.10"):
        return None
    python = python_of(environment)
    names = subprocess.check_output(
        [python, "-c", "import importlib.metadata as m; print(*{d.name for d in m.distributions()})"], text=True
    )
    ruff = next(python.parent.glob("ruff*"))
    options = [f"--collect-all={name}" for name in _COLLECTED]
    # Versions and extras are read from metadata.
    options += [f"--copy-metadata={name}" for name in sorted(names.split())]
    options += ["--add-binary", f"{ruff}{os.pathsep}bin", "--paths", str(ROOT / "release")]
    where = ["--distpath", str(HOME / "made"), "--workpath", str(HOME / "work"), "--specpath", str(HOME)]
    command = [
        python,
        "-m",
        "PyInstaller",
        "--noconfirm",
        "--log-level=ERROR",
        "--onedir",
        "--name=omics",
        *options,
        *where,
    ]
    subprocess.run([*command, ROOT / "release/binary_entry.py"], check=True)
    return HOME / "made" / "omics"


def pack(folder: Path, version: str) -> Path:
    """Pack the program's folder into dist/, and return the archive."""
    name = f"omics-{version}-{platform.system().lower()}-{platform.machine().lower()}"
    archive = ROOT / "dist" / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, name)
    return archive


def attempt(folder: Path) -> None:
    """Use the program in an empty home, without Python on PATH: version, listing, a generated package, sandbox and TLS.

    Args:
        folder: The program's folder.

    Raises:
        SystemExit: Something failed; states what.
    """
    omics = str(folder / ("omics.exe" if os.name == "nt" else "omics"))
    with tempfile.TemporaryDirectory(prefix="omics-binary-") as home:
        variables = {
            "HOME": home,
            "PATH": "/usr/bin:/bin",
            "USERPROFILE": home,
            "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""),
        }

        def ran(*words: str, code: int = 0, **more: str) -> str:
            done = subprocess.run([omics, *words], cwd=home, env={**variables, **more}, capture_output=True, text=True)
            if done.returncode != code:
                sys.exit(f"omics {' '.join(words)}: exit code {done.returncode} instead of {code}:\n{done.stderr}")
            return done.stdout + done.stderr

        _expect("omics ", ran("--version"))
        started = [_seconds(lambda: ran("--version")) for _ in range(_ROUNDS)]
        sys.stdout.write(f"omics --version: {sorted(started)[_ROUNDS // 2]:.2f} s (median of {_ROUNDS})\n")
        Path(home, "reads.bin").write_bytes(b"0123456789")
        if [row["name"] for row in json.loads(ran("ls", "--include", "*.bin", home))] != ["reads.bin"]:
            sys.exit("omics ls: the file is not listed")
        ran("codegen", str(ROOT / "examples/runs.yaml"), "--name", "runs", "--out", "package")
        _expect("complete -", ran("completion", "bash"))
        _try_sandbox(omics, home, variables, ran)
        _try_tls(home, ran)
    sys.stdout.write("tried: version, ls, codegen, completion, sandbox with transfers, TLS\n")


def _expect(text: str, shown: str) -> None:
    if text not in shown:
        sys.exit(f"{text!r} is not in what was printed:\n{shown}")


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _try_sandbox(omics: str, home: str, variables: dict[str, str], ran: Callable[..., str]) -> None:
    """Start the sandbox, and upload and download a file."""
    words = [omics, "sandbox", "up", "--dir", "sandbox", "--port", "0"]
    with subprocess.Popen(words, cwd=home, env=variables, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        exports: dict[str, str] = {}
        try:
            for line in sandbox.stdout:
                if line.startswith("export "):
                    name, _, value = line.removeprefix("export ").strip().partition("=")
                    exports[name] = value.strip("'\"")
                elif exports and not line.strip():
                    break
                if "OMICS_TRS_URL" in exports:
                    break
            ran("sb", "projects", "create", "p", "--billing-group", _BILLING_GROUP, **exports)
            ran("cp", "reads.bin", "sb://sandbox-user/p/", **exports)
            ran("cp", "sb://sandbox-user/p/reads.bin", "copy.bin", **exports)
        finally:
            sandbox.terminate()
            sandbox.stdout.close()
    if Path(home, "copy.bin").read_bytes() != b"0123456789":
        sys.exit("the sandbox returned other bytes")


def _try_tls(home: str, ran: Callable[..., str]) -> None:
    """Refuse a server that no authority of the bundled list has signed, and accept it with SSL_CERT_FILE."""
    openssl = shutil.which("openssl")
    if openssl is None:
        sys.exit("openssl is not installed, which makes the certificate of the attempt")
    key, certificate = Path(home, "key.pem"), Path(home, "certificate.pem")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    make = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *names,
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(make, check=True, capture_output=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=home)

        def log_message(self, format: str, *_: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"https://localhost:{server.server_port}/reads.bin"
        _expect("certificate", ran("cp", url, "secure.bin", code=1))
        ran("cp", url, "secure.bin", SSL_CERT_FILE=str(certificate))
        server.shutdown()


def main() -> int:
    """Make and try the program, or try another one; gives the exit code."""
    if sys.argv[1:]:
        attempt(Path(sys.argv[1]).absolute())
        return 0
    wheel = wheel_in(ROOT / "dist")
    folder = build(wheel)
    if folder is None:
        return NO_ENVIRONMENT
    attempt(folder)
    archive = pack(folder, wheel.name.split("-")[1])
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    sys.stdout.write(f"dist/{archive.name}: {archive.stat().st_size >> 20} MiB, {size >> 20} MiB unpacked\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
