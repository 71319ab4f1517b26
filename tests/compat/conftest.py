"""The published clients as fixtures: each runs in its own environment against the sandbox."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fork_server import ForkServer
from omicsdk.sandbox.server import Sandbox

pytest.register_assert_rewrite("both_clients")

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent.parent / ".peers"

# Modules that take most of the time of a start. Published clients are not among them: hca and pangea_api read the environment
# when they are imported.
LIBRARIES = {
    "hca": """
        boto3.s3.transfer requests google_auth_oauthlib.flow google.oauth2.service_account google.auth.transport.requests docutils.frontend
        docutils.parsers.rst commonmark argcomplete tenacity tqdm jwt jsonpointer atomicwrites multiprocessing concurrent.futures.thread
    """,
    "pangea": "pandas requests click",
    "crunch": """
        requests django.db.models django.core.files.storage storages.backends.s3boto3 typer rich.console anytree toml humanize
        dateutil.parser psutil
    """,
    "omicsdk": "omicsdk.cli.main omicsdk.compat.hca.auth omicsdk.compat.hca.dss httpx google_crc32c",
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test, or a parameter of one, that is marked `compat(NAME)` when that client isn't there, before anything is started for it."""
    for marker in item.iter_markers("compat"):
        for name in marker.args:
            if not (PEERS / name / "made-from").is_file():
                pytest.skip(f"the published {name} client isn't in .peers/{name}; make compat installs it")


def peer_python(name: str) -> Path:
    """The interpreter of a published client's environment."""
    return PEERS / name / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def python_of(module: str) -> Path:
    """The interpreter of a published client's environment, or of ours for `omicsdk`."""
    return Path(sys.executable) if module == "omicsdk" else peer_python(module)


class ClientError(Exception):
    """What a documented client raised.

    Attributes:
        kinds: Names of its class and of that class's bases.
        status: The HTTP status, for a response that was an error.
        code: The platform's word for it.
    """

    def __init__(self, error: dict[str, Any], log: str) -> None:
        super().__init__(f"{error['kinds'][0]}: {error['text']}")
        self.kinds: list[str] = error["kinds"]
        self.status: int | None = error["status"]
        self.code: str | None = error["code"]
        self.add_note(log)


class Documented:
    """A documented client, configured for a sandbox, in a working folder of its own.

    Args:
        module: `hca`, the published one in its own environment, or `omicsdk`.
        sandbox: What it talks to.
        folder: For its configuration and its working folder.
        token: A bearer token; None isn't logged in.
        kind: The client's class.
        environ: More of its environment's variables.
        server: Runs its programs, but for those that `start` starts.
    """

    def __init__(
        self,
        module: str,
        sandbox: Sandbox,
        folder: Path,
        token: str | None,
        kind: str,
        environ: Mapping[str, str],
        server: ForkServer,
    ) -> None:
        self._server = server
        self._command = [str(python_of(module)), str(HERE / "documented_runner.py"), f"{module}:{kind}"]
        self.folder = folder / "work"
        self.folder.mkdir(parents=True)
        config: dict[str, Any] = {
            "DSSClient": {"swagger_url": sandbox.swagger_url},
            "AuthClient": {"swagger_url": sandbox.auth_swagger_url},
            "log_level": "WARNING",
            # With these in its configuration the published client asks nobody before it sends its token.
            "application_secrets": {
                "installed": {"client_id": "id", "client_secret": "secret", "token_uri": f"{sandbox.url}/no-token"}
            },
        }
        if token is not None:
            config["oauth2_token"] = {
                "access_token": token,
                "refresh_token": None,
                "id_token": None,
                "token_type": "Bearer",
                "expires_at": time.time() + 3600,
            }
        self.configuration = file = folder / "config.json"
        file.write_text(json.dumps(config))
        file.chmod(0o600)
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
        variables = {name: value for name, value in sandbox.environment().items() if not name.startswith("OMICS_")}
        self._environment = {
            **kept,
            **variables,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "xdg"),
            "HCA_CONFIG_FILE": str(file),
            "NO_PROXY": "127.0.0.1",
            "OAUTHLIB_INSECURE_TRANSPORT": "1",
            "PYTHONWARNINGS": "ignore",
            # The published checksumming reader counts every byte that is read, and a newer boto3 reads a body once
            # more for a checksum of its own.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            **environ,
        }

    def _run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [*self._command, *arguments]
        how: dict[str, Any] = {"env": self._environment, "cwd": self.folder, "capture_output": True, "text": True}
        return self._server.run(command, input=stdin, **how)

    def start(self, *steps: tuple[str, str, dict[str, Any]]) -> subprocess.Popen[str]:
        """Begins steps, as for `run`, without waiting for their end; the caller ends the process."""
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self.folder,
            env=self._environment,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(steps))
        process.stdin.close()
        return process

    def run(self, *steps: tuple[str, str, dict[str, Any]]) -> list[Any]:
        """The results of several steps, (how, name, arguments), done by one client; raises at the first that fails."""
        done = self._run(stdin=json.dumps(steps))
        assert done.returncode == 0, done.stderr
        values: list[Any] = []
        for result in json.loads(done.stdout):
            if "error" in result:
                raise ClientError(result["error"], done.stderr)
            values.append(result["value"])
        return values

    def call(self, name: str, **arguments: Any) -> Any:
        """A plain call of an operation or a workflow."""
        return self.run(("call", name, arguments))[0]

    def iterate(self, name: str, **arguments: Any) -> list[Any]:
        """Every item of every page."""
        return self.run(("iterate", name, arguments))[0]

    def stream(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What a streamed body was: its size, sha256, status."""
        return self.run(("stream", name, arguments))[0]

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line."""
        return self._run("cli", *arguments)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    # What proxies ask it for, and what the published Fusillade client states in a header.
    names = ("commons.example.org", "auth.data.humancellatlas.org")
    with Sandbox(tmp_path_factory.mktemp("sandbox"), allow_hosts=names) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    """A running sandbox with nothing in it."""
    server.reset()
    return server


@pytest.fixture(scope="session")
def fork_server() -> Iterator[Callable[[str], ForkServer]]:
    """Gives the server that runs programs of a published client, or of ours for `omicsdk`."""
    servers: dict[str, ForkServer] = {}

    def of(module: str) -> ForkServer:
        if module not in servers:
            servers[module] = ForkServer(python_of(module), LIBRARIES[module].split())
        return servers[module]

    yield of
    for server in servers.values():
        server.close()


@pytest.fixture
def new_client(sandbox: Sandbox, tmp_path: Path, fork_server: Callable[[str], ForkServer]) -> Callable[..., Documented]:
    """Makes clients: `new_client("hca")` is logged in, `new_client("omicsdk", token=None)` isn't."""

    def make(module: str, token: str | None = "", kind: str = "DSSClient", **environ: str) -> Documented:
        folder = tmp_path / f"{module}-{len(list(tmp_path.iterdir()))}"
        token = sandbox.token() if token == "" else token
        return Documented(module, sandbox, folder, token, kind, environ, fork_server(module))

    return make


@pytest.fixture(params=[pytest.param("hca", marks=pytest.mark.compat("hca")), "omicsdk"])
def module(request: pytest.FixtureRequest) -> str:
    """Where the documented client comes from: every test that takes it holds for the published one and for ours."""
    return request.param


@pytest.fixture
def client(module: str, new_client: Callable[..., Documented]) -> Documented:
    """A documented client that is logged in, the published one or ours."""
    return new_client(module)


@pytest.fixture(scope="session")
def interpreter_of() -> Callable[[str], Path]:
    """Gives the interpreter of a published client's environment."""
    return peer_python


@pytest.fixture(params=["hca", "omics"])
def command(request: pytest.FixtureRequest) -> Path:
    """A command as it is installed, the published client's or ours."""
    python = python_of("hca" if request.param == "hca" else "omicsdk")
    return python.with_name(f"{request.param}{python.suffix}")


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder like a small bundle's: metadata, reads, an empty file, a folder in it."""

    def make(name: str = "source", taxon: int = 9606, reads: int = 200_000) -> Path:
        folder = tmp_path / name
        (folder / "images").mkdir(parents=True)
        donor = {"biomaterial_core": {"ncbi_taxon_id": [taxon], "biomaterial_name": f"Donor of {name}"}}
        (folder / "donor_organism_0.json").write_text(json.dumps(donor))
        (folder / "project_0.json").write_text(json.dumps({"project_core": {"project_title": "Pancreas, single cell"}}))
        (folder / "reads.fastq.gz").write_bytes(random.Random(f"{name} {taxon}").randbytes(reads))
        (folder / "empty.txt").write_bytes(b"")
        (folder / "images" / "slide 1.tif").write_bytes(name.encode() * 1000)
        return folder

    return make


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Gives every file below a folder, by its path with slashes."""

    def read(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read
