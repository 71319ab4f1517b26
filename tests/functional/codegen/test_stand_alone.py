"""A generated package in a process without omicsdk: it sends, reads and fails with its own copy of the runtime."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from loopback import Head, LoopbackServer
from small_document import DOCUMENT, run_codegen
from small_document import spec as spec

# Fails an import of omicsdk, or of an optional package, as in an environment without them.
GUARD = """\
import sys

class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"omicsdk", "omicsdk_api", "omicsdk_codegen", "aiohttp", "msgspec", "pycurl", "boto3"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Guard())
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


class Responses(LoopbackServer):
    """Returns a text, or an error for the id `missing`, and keeps the heads of requests."""

    def __init__(self) -> None:
        super().__init__()
        self.heads: list[Head] = []

    def respond(self, connection: Any, reader: Any, head: Head) -> bool:
        self.heads.append(head)
        is_missing = head.path.endswith("missing")
        status, body = ("404 Not Found", b'{"message": "no such a"}') if is_missing else ("200 OK", b'"fine"')
        connection.sendall(
            f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return True


@pytest.fixture
def server() -> Iterator[Responses]:
    server = Responses()
    yield server
    server.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that no test changes: its modules are compiled once."""
    folder = tmp_path_factory.mktemp("small")
    document = folder / "small.yaml"
    document.write_text(DOCUMENT)
    assert run_codegen(document, "--name", "small_client", "--out", folder / "out") == 0
    return folder / "out"


@pytest.fixture
def own_project(project: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(project, tmp_path / "out")


def _python(folder: Path, *words: str, environ: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def _program(project: Path, text: str, **variables: str) -> dict[str, Any]:
    run = _python(project / "src", "-c", f"{GUARD}\nimport json\n{text}", environ=os.environ | variables)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_operations_are_called_without_omicsdk(project: Path, server: Responses) -> None:
    text = f"""
import asyncio
from small_client import AsyncSmallClientApi, BearerToken, SmallClientApi

async def called():
    async with AsyncSmallClientApi({server.url("")!r}) as client:
        return await client.get_a(id="two")

with SmallClientApi({server.url("")!r}, credentials=BearerToken("abc")) as client:
    result = [client.get_a(id="one"), asyncio.run(called())]
unwanted = ("omicsdk", "omics.", "small_client._runtime.cli.", "small_client.__main__", "argparse")
print(json.dumps({{"result": result, "modules": [name for name in sys.modules if name.startswith(unwanted)]}}))
"""
    assert _program(project, text) == {"result": ["fine", "fine"], "modules": []}
    assert [head.path for head in server.heads] == ["a/one", "a/two"]
    assert server.heads[0].headers["user-agent"].startswith("small_client/1.2 omicsdk/")


def test_errors_are_the_packages_own(project: Path, server: Responses) -> None:
    text = f"""
import pickle
import small_client
with small_client.SmallClientApi({server.url("")!r}) as client:
    try:
        client.get_a(id="missing")
    except small_client.NotFound as error:
        again = pickle.loads(pickle.dumps(error))
        print(json.dumps([type(error).__module__, str(error), again.status, isinstance(again, small_client.OmicsError)]))
"""
    module, message, status, is_ours = _program(project, text)
    assert (module, status, is_ours) == ("small_client._runtime.errors", 404, True)
    assert message.startswith("get_a: no such a (404 from GET")


def test_variables_and_remedies_have_the_packages_name(project: Path, server: Responses) -> None:
    text = f"""
import small_client
with small_client.SmallClientApi({server.url("")!r}) as client:
    try:
        client.get_a(id="one")
    except small_client.ResponseTooLarge as error:
        print(json.dumps([str(error)]))
"""
    (message,) = _program(project, text, SMALL_CLIENT_RESPONSE_LIMIT="3", OMICS_RESPONSE_LIMIT="1000")
    assert "SMALL_CLIENT_RESPONSE_LIMIT" in message
    assert "omics" not in message.lower()


def _command(project: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    text = f"{GUARD}\nimport runpy\nsys.argv = ['small_client', *sys.argv[1:]]\n"
    program = f"{text}runpy.run_module('small_client', run_name='__main__')"
    others = {name: value for name, value in os.environ.items() if not name.startswith("SMALL_CLIENT_")}
    return _python(project / "src", "-c", program, *words, environ=others | variables)


def test_operations_are_commands_without_omicsdk(project: Path, server: Responses) -> None:
    ran = _command(project, "get-a", "--id", "one", SMALL_CLIENT_BASE_URL=server.url(""))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "fine\n", "")
    ran = _command(project, "--base-url", server.url(""), "get-a", "--id", "two", "--output", "json", "--debug")
    assert (ran.returncode, ran.stdout) == (0, '"fine"\n')
    assert "small_client.http: " in ran.stderr
    assert [head.path for head in server.heads] == ["a/one", "a/two"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("get-a", "--id", "missing"), 1, "small_client: get_a: no such a (404 from GET"),
        (("get-a",), 2, "small_client: get-a: --id is required. See: small_client get-a --help"),
        (("get-b",), 2, "small_client: unknown command 'get-b'. Did you mean get-a? See: small_client --help"),
    ],
)
def test_a_command_that_fails_has_one_line(
    project: Path, server: Responses, words: tuple[str, ...], code: int, message: str
) -> None:
    ran = _command(project, *words, SMALL_CLIENT_BASE_URL=server.url(""))
    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.startswith(message)
    assert len(ran.stderr.splitlines()) == 1


def test_help_of_a_package_imports_no_http(project: Path) -> None:
    text = """
from small_client.__main__ import PROGRAM
code = PROGRAM.run(["get-a", "--help"])
found = [name for name in ("httpx", "argparse", "attrs", "small_client.client") if name in sys.modules]
sys.stderr.write(json.dumps([code, found]))
"""
    run = _python(project / "src", "-S", "-c", f"{GUARD}\nimport json\n{text}")
    assert run.stdout.startswith("Usage: small_client get-a --id ID")
    assert json.loads(run.stderr) == [0, []]


def test_a_package_without_a_command_line(spec: Path, tmp_path: Path) -> None:
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--no-cli") == 0
    package = tmp_path / "out/src/small_client"
    assert not (package / "__main__.py").exists()
    assert not (package / "_runtime/cli").exists()
    assert "scripts" not in (tmp_path / "out/pyproject.toml").read_text()
    assert "Command line" not in (tmp_path / "out/README.md").read_text()
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--no-cli", "--check") == 0
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--check") == 1


def test_a_package_that_shares_omicsdk_has_its_command_line(spec: Path, tmp_path: Path, server: Responses) -> None:
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--runtime", "omicsdk") == 0
    assert not (tmp_path / "out/src/small_client/_runtime").exists()
    words = ("-m", "small_client", "--base-url", server.url(""), "get-a", "--id", "missing")
    ran = _python(tmp_path / "out/src", *words)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("small_client: get_a: no such a (404 from GET")


def test_the_readme_and_the_project_state_the_command(project: Path) -> None:
    assert '[project.scripts]\nsmall_client = "small_client.__main__:main"' in (project / "pyproject.toml").read_text()
    assert "small_client get-a --id ...\nsmall_client --help\n" in (project / "README.md").read_text()


def test_all_modules_can_be_imported(project: Path) -> None:
    text = """
import importlib, pkgutil, small_client
optional = "small_client._runtime.sending.aiohttp_transport"
names = [each.name for each in pkgutil.walk_packages(small_client.__path__, "small_client.") if each.name != optional]
for name in names:
    importlib.import_module(name)
print(json.dumps({"count": len(names), "exports": [str(getattr(small_client, name)) != "" for name in small_client.__all__]}))
"""
    modules = _program(project, text)
    assert modules["count"] > 30
    assert all(modules["exports"])


def test_the_tests_of_a_project_pass_without_omicsdk(own_project: Path) -> None:
    (own_project / "conftest.py").write_text(GUARD)
    variables = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins import what the guard refuses
    run = _python(own_project, *PYTEST, environ=variables)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "5 passed" in run.stdout


def test_an_edited_runtime_is_reported(spec: Path, own_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (spec, "--name", "small_client", "--out", own_project)
    edited = own_project / "src/small_client/_runtime/retry.py"
    before = edited.read_bytes()
    assert run_codegen(*words, "--check") == 0
    edited.write_bytes(before + b"# mine\n")
    assert run_codegen(*words, "--check") == 1
    assert "omics: differs: src/small_client/_runtime/retry.py" in capsys.readouterr().err
    assert run_codegen(*words) == 0
    assert "omics: src/small_client/_runtime had been edited: replaced" in capsys.readouterr().err
    assert edited.read_bytes() == before
    assert run_codegen(*words) == 0
    assert "had been edited" not in capsys.readouterr().err


def test_the_stamp_states_what_was_copied(project: Path) -> None:
    from omicsdk.core.client import INTERFACE
    from omicsdk.core.version import __version__

    stamp = json.loads((project / "src/small_client/_runtime/stamp.json").read_text())
    assert (stamp["omicsdk"], stamp["interface"], len(stamp["sha256"])) == (__version__, INTERFACE, 64)


def test_a_package_may_share_omicsdks_core(spec: Path, tmp_path: Path) -> None:
    import tomllib

    from omicsdk_codegen.runtime import bound

    out = tmp_path / "out"
    words = (spec, "--name", "small_client", "--out", out)
    assert run_codegen(*words) == 0
    assert tomllib.loads((out / "pyproject.toml").read_text())["project"]["dependencies"] == [
        "attrs>=24.1", "httpx>=0.27,<1",
    ]  # fmt: skip
    assert run_codegen(*words, "--runtime", "omicsdk", "--check") == 1
    assert run_codegen(*words, "--runtime", "omicsdk") == 0
    assert run_codegen(*words, "--runtime", "omicsdk", "--check") == 0
    assert not (out / "src/small_client/_runtime").exists()
    project = tomllib.loads((out / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == [bound()]
    assert project["optional-dependencies"] == {"sandbox": [bound("sandbox")]}
    run = _python(out, *PYTEST, "--collect-only")
    assert "test_server.py::test_an_operation_is_served[get_a]" in run.stdout, run.stdout
    program = "import small_client; print(small_client.SmallClientApi.__mro__[2].__module__)"
    run = _python(out / "src", "-c", program)
    assert run.stdout == "omicsdk.core.client\n"


def test_bodies_of_errors_are_typed_without_omicsdk(spec: Path, tmp_path: Path, server: Responses) -> None:
    problem = "{type: object, required: [message], properties: {message: {type: string}}}"
    responses = f'responses: {{"404": {{description: Gone., content: {{application/json: {{schema: {problem}}}}}}}, '
    text = spec.read_text()
    assert "/a/{id}" in text
    spec.write_text(text.replace("responses: {", responses, 1))
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    program = f"""
import pickle
import small_client
from small_client.errors import NotFound
with small_client.SmallClientApi({server.url("")!r}) as client:
    try:
        client.get_a(id="missing")
    except small_client.NotFound as error:
        again = pickle.loads(pickle.dumps(error))
        ours = [NotFound is small_client.NotFound, isinstance(error, small_client.OmicsError)]
        print(json.dumps([type(error).__module__, again.data.message, type(again.data).__name__, ours]))
"""
    printed = _program(tmp_path / "out", program)
    assert printed == ["small_client.errors", "no such a", "NotFoundData", [True, True]]
