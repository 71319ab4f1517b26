"""`omics mcp` for a client of the protocol's own package, against the sandbox.

The server is a process where that matters: on stdin and stdout, and at its end. Its commands are processes everywhere.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio
import pytest
from azul_project import CONTENTS, PROJECT, write_project
from fork_server import forked
from interrupting import bytes_kept
from omicsdk.cli.main import main
from waiting import until

# The package is imported where it is used: it takes half a second, also of workers that run none of these tests.
pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(find_spec("mcp") is None, reason="mcp is not installed: pip install 'omicsdk[mcp]'"),
]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
Talk = Callable[[Any], Awaitable[Any]]


class Assistant:
    """A client that has a server for each conversation: a process, or one in this process.

    Attributes:
        folder: The folder of the server's files.
        environment: The server's variables.
    """

    def __init__(self, sandbox: Any, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.folder = base / "files"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "HCA_"))}
        overrides = {"HOME": str(base), "XDG_CONFIG_HOME": str(base / "config"), "OMICS_STATE_DIR": str(base / "state")}
        self.environment = kept | sandbox.environment() | overrides

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "omicsdk", "mcp", "--folder", str(self.folder), *options]

    def talk_to_process(self, talk: Talk, *options: str) -> Any:
        from mcp.client.stdio import StdioServerParameters, stdio_client

        command, *words = self.command(*options)
        parameters = StdioServerParameters(command=command, args=words, env=self.environment)
        return anyio.run(_conversation, stdio_client(parameters), talk)

    def talk(self, talk: Talk, *options: str) -> Any:
        from omicsdk.cli.mcp import server as mcp_server

        with self._patch.context() as patched:
            for name in os.environ.keys() - self.environment.keys():
                patched.delenv(name)
            for name, value in self.environment.items():
                patched.setenv(name, value)
            begun: list[Any] = []
            patched.setattr(mcp_server, "run", lambda *arguments: begun.append(mcp_server.server_of(*arguments)))
            assert main(["mcp", "--folder", str(self.folder), *options]) == 0
            return anyio.run(_conversation, _in_memory(begun[0]), talk)

    def call(self, tool: str, arguments: dict[str, Any], *options: str) -> dict[str, Any]:
        """The response of one call that succeeds."""
        return answered(self.talk(lambda session: session.call_tool(tool, arguments), *options))

    def error(self, tool: str, arguments: dict[str, Any], *options: str) -> str:
        """The messages of one call that fails."""
        response = self.talk(lambda session: session.call_tool(tool, arguments), *options)
        assert response.is_error, response.content[0].text
        return " ".join(response.structured_content["messages"])


async def _conversation(connected: AbstractAsyncContextManager[Any], talk: Talk) -> Any:
    from mcp import ClientSession

    async with connected as streams, ClientSession(*streams) as session:
        with anyio.fail_after(100):
            await session.initialize()
            return await talk(session)


@asynccontextmanager
async def _in_memory(server: Any) -> AsyncIterator[Any]:
    """A server of this process, and the client's ends of its streams."""
    from mcp.shared.memory import create_client_server_memory_streams

    async with create_client_server_memory_streams() as (client, ends), anyio.create_task_group() as group:
        group.start_soon(server.run, *ends, server.create_initialization_options())
        yield client
        group.cancel_scope.cancel()


def answered(response: Any) -> dict[str, Any]:
    """The content of a response that is no error."""
    assert not response.is_error, response.content[0].text
    return response.structured_content


@pytest.fixture
def assistant(omics_sandbox, tmp_path, monkeypatch):
    return Assistant(omics_sandbox, tmp_path, monkeypatch)


@pytest.fixture
def project(omics_sandbox, tmp_path):
    omics_sandbox.seed(write_project(tmp_path / "bundle"))


def test_the_tools_of_a_service(assistant):
    listed = assistant.talk_to_process(lambda session: session.list_tools(), "--services", "azul").tools
    tools = {tool.name: tool for tool in listed}
    assert {"azul_files_ls", "azul_download", "more"} < tools.keys()
    files = tools["azul_files_ls"]
    assert files.description.startswith("List entities")
    assert files.input_schema["properties"]["limit"]["type"] == "integer"
    assert files.input_schema["properties"]["filter"]["items"] == {"type": "string"}
    assert all(tool.annotations.read_only_hint for tool in listed)


def test_a_response_is_cut_between_items_and_continued_without_the_service(assistant, project, omics_sandbox):
    async def talk(session):
        responses = [(await session.call_tool("azul_files_ls", {})).structured_content]
        request_count = omics_sandbox.request_log.count
        while "cursor" in responses[-1]:
            assert responses[-1]["left"] > 0
            responses.append((await session.call_tool("more", {"cursor": responses[-1]["cursor"]})).structured_content)
        assert omics_sandbox.request_log.count == request_count
        again = await session.call_tool("more", {"cursor": responses[0]["cursor"]})
        assert again.is_error
        assert "unknown cursor" in again.content[0].text
        return responses

    responses = assistant.talk(talk, "--services", "azul", "--max-response", "600")
    assert len(responses) > 1
    assert all(len(json.dumps(response["result"])) <= 600 for response in responses)
    assert sorted(row["name"] for response in responses for row in response["result"]) == sorted(CONTENTS)


def test_a_download_stays_in_the_folder_and_is_verified(assistant, project):
    assistant.folder.mkdir()
    # The folder holds what services sent: none of it may run.
    (assistant.folder / "json.py").write_text("raise SystemExit('imported')")
    arguments = {"matrices": PROJECT, "to": "data"}
    talk = assistant.talk_to_process
    response = answered(talk(lambda session: session.call_tool("azul_download", arguments), "--services", "azul"))
    (row,) = response["result"]["files"]
    assert (row["state"], row["verification"]) == ("done", "verified")
    assert (assistant.folder / "data" / "counts.h5ad").read_bytes() == CONTENTS["counts.h5ad"]
    assert any("1 file" in message for message in response["messages"])


@pytest.mark.parametrize("path", ["/etc", "../other", "~/other", "file:///etc", "link/other"])
def test_a_path_out_of_the_folder_is_refused(assistant, tmp_path, path):
    assistant.folder.mkdir()
    (assistant.folder / "link").symlink_to(tmp_path)
    message = assistant.error("azul_download", {"matrices": PROJECT, "to": path}, "--services", "azul")
    assert f"to: {path!r}" in message
    assert str(assistant.folder) in message
    message = assistant.error(
        "sb_files_upload", {"paths": [path], "to": "sb://u/p/"}, "--services", "sb", "--allow-writes"
    )
    assert f"paths: {path!r}" in message


@pytest.fixture
def links_out(assistant, tmp_path):
    """Links below a folder that lead out of it, to a folder and to a file, beside a link within it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_bytes(b"0123456789")
    inner = assistant.folder / "data" / "inner"
    inner.mkdir(parents=True)
    (inner / "own.txt").write_bytes(b"own")
    (inner / "folder").symlink_to(outside)
    (inner / "file.txt").symlink_to(outside / "secret.txt")
    (inner / "again.txt").symlink_to(inner / "own.txt")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ls", {"uris": ["data/inner"]}),
        ("ls", {"uris": ["data"], "recursive": True}),
        ("ls", {"uris": ["."], "recursive": True, "long": True}),
        ("find", {"uris": ["."]}),
    ],
)
def test_links_below_a_listed_folder_do_not_lead_out_of_it(assistant, links_out, tool, arguments):
    response = assistant.call(tool, arguments)
    assert {Path(row["uri"]).name for row in response["result"]} == {"own.txt", "again.txt"}
    assert "secret.txt" not in str(response)
    assert sum("is left out: it is a link out of the folder" in message for message in response["messages"]) == 2


def test_sums_and_copies_do_not_follow_links_out_of_the_folder(assistant, links_out, tmp_path):
    (row,) = assistant.call("du", {"uris": ["data"]})["result"]
    assert (row["files"], row["bytes"]) == (2, 6)
    shutil.copytree(assistant.folder / "data", assistant.folder / "copy", symlinks=True)
    checked = assistant.call("verify", {"source": "data", "copy": ["copy"]})["result"]
    assert checked["counts"] == {"verified": 2}
    removed = assistant.call("rm", {"uris": ["data"], "recursive": True, "yes": True}, "--allow-writes")
    assert "secret" not in str(removed)
    assert (tmp_path / "outside" / "secret.txt").read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("service", "tool", "arguments"),
    [
        ("sb", "sb_files_upload", {"paths": ["data"], "to": "sb://u/p/"}),
        ("dss", "dss_upload", {"src_dir": "data", "replica": "aws", "staging_bucket": "b"}),
        ("dtp", "dtp_validate", {"source": "data"}),
        ("dtp", "dtp_convert", {"source_dir": "data", "dest_dir": "made", "project": "p"}),
        ("upload", "upload_files", {"upload_paths": ["data"]}),
    ],
)
def test_a_folder_with_a_link_out_of_the_folder_is_no_source_of_a_tool(assistant, links_out, service, tool, arguments):
    message = assistant.error(tool, arguments, "--services", service, "--allow-writes")
    assert "is a link out of the folder" in message


def test_a_list_of_paths_may_not_name_a_file_out_of_the_folder(assistant, tmp_path):
    assistant.folder.mkdir()
    (assistant.folder / "reads.txt").write_text(f"{tmp_path}/secret_1.fastq.gz\n")
    arguments = {"org_name": "o", "library_name": "l", "file_list": "reads.txt"}
    message = assistant.error("pangea_upload_reads", arguments, "--services", "pangea", "--allow-writes")
    assert "is an absolute path" in message


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("stat", {"uris": ["gen3://x"], "option": ["gen3.endpoint=http://127.0.0.1:1"]}, ()),
        ("stat", {"uris": ["s3://b/k"], "option": ["s3.endpoint_url=http://127.0.0.1:1"]}, ()),
        ("stat", {"uris": ["sb://o/p"], "option": ["sb.url=http://b"]}, ()),
        ("dtp_download", {"dataset_id": "x", "storage_config": "s.ini"}, ("--services", "dtp", "--allow-writes")),
    ],
)
def test_no_argument_of_a_tool_names_an_endpoint(assistant, tool, arguments, words):
    assistant.folder.mkdir()
    message = assistant.error(tool, arguments, *words)
    assert "invalid arguments" in message
    assert f"'{[*arguments][-1]}' was unexpected" in message


def test_a_file_of_the_folder_is_uploaded(assistant, omics_sandbox):
    assistant.folder.mkdir()
    (assistant.folder / "a.txt").write_bytes(b"reads")

    async def talk(session):
        made = await session.call_tool(
            "sb_projects_create", {"name": "from-an-assistant", "billing_group": "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"}
        )
        assert not made.is_error, made.content[0].text
        project = made.structured_content["result"]["id"]
        sent = await session.call_tool("sb_files_upload", {"paths": ["a.txt"], "to": f"sb://{project}/"})
        assert not sent.is_error, sent.content[0].text
        return await session.call_tool("sb_files_cat", {"paths": [f"sb://{project}/a.txt"]})

    assert assistant.talk(talk, "--services", "sb", "--allow-writes").structured_content == {"result": "reads"}


def test_changes_need_the_users_permission_and_deletions_a_confirmation(assistant):
    arguments = {"project": "of-an-assistant"}
    message = assistant.error("crunch_add-project", arguments, "--services", "crunch")
    assert "crunch_add-project may change something" in message
    assert "--allow-writes" in message

    async def talk(session):
        made = await session.call_tool("crunch_add-project", arguments)
        assert not made.is_error, made.content[0].text
        unconfirmed = await session.call_tool("crunch_projects_rm", {"slug": "of-an-assistant"})
        assert unconfirmed.is_error
        assert "not confirmed" in unconfirmed.content[0].text
        response = await session.call_tool("crunch_projects_get", {"slug": "of-an-assistant"})
        assert response.structured_content["result"]["slug"] == "of-an-assistant"
        removed = await session.call_tool("crunch_projects_rm", {"slug": "of-an-assistant", "yes": True})
        assert not removed.is_error, removed.content[0].text
        return await session.call_tool("crunch_projects_get", {"slug": "of-an-assistant"})

    gone = assistant.talk(talk, "--services", "crunch", "--allow-writes")
    assert gone.is_error
    assert (gone.structured_content["error"], gone.structured_content["exit_code"]) == ("NotFound", 1)


def test_secrets_are_masked(assistant, project, omics_sandbox, tmp_path):
    bundle = omics_sandbox.seed(write_project(tmp_path / "another"))["bundle_uuid"]
    arguments = {"uuid": bundle, "replica": "aws", "presignedurls": True}
    shown = json.dumps(assistant.call("dss_get-bundle", arguments, "--services", "dss", "--max-response", "1000000"))
    assert shown.count("X-Sandbox-Signature=***") == shown.count("X-Sandbox-Signature=") > 0


def test_errors_name_what_is_wrong(assistant):
    async def talk(session):
        calls = (
            ("azul_flies_ls", {}, "unknown tool 'azul_flies_ls'. Did you mean azul_files_ls?"),
            ("azul_get", {}, "'uuid' is a required property"),
            ("azul_files_ls", {"limit": "many"}, "limit: 'many' is not of type 'integer'"),
            ("azul_files_ls", {"limti": 1}, "'limti' was unexpected"),
            ("azul_files_ls", {"limit": 0}, "--limit: 0 is below 1"),
            ("azul_files_ls", {"catalog": "a\0"}, "contains a NUL"),
            ("azul_get", {"uuid": "00000000-0000-4000-8000-000000000000"}, "00000000-0000-4000-8000-000000000000"),
        )
        for tool, arguments, expected in calls:
            response = await session.call_tool(tool, arguments)
            assert response.is_error, (tool, arguments)
            assert expected in " ".join(response.structured_content["messages"])

    assistant.talk(talk, "--services", "azul")


def test_bytes_are_no_response(assistant, omics_sandbox, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.bin").write_bytes(b"\xff\x00\xfe")
    bundle = omics_sandbox.seed(tmp_path / "source")["bundle_uuid"]
    assert "Download the file" in assistant.error("cat", {"uris": [f"dss://aws/{bundle}/a.bin"]})


def test_a_file_of_odd_json_ends_no_server(assistant):
    async def talk(session):
        (assistant.folder / "odd.json").write_text(r'{"a": NaN, "b": "\ud800"}')
        return [await session.call_tool("cat", {"uris": ["odd.json"]}) for _ in range(2)]

    for response in assistant.talk_to_process(talk):
        assert json.loads(response.content[0].text, parse_constant=pytest.fail) == response.structured_content
        assert response.structured_content == {"result": {"a": None, "b": "\ufffd"}}


def large_bundle(sandbox: Any, folder: Path) -> tuple[dict[str, Any], bytes]:
    folder.mkdir()
    content = random.Random(1).randbytes(6 << 20)
    (folder / "reads.bin").write_bytes(content)
    bundle = sandbox.seed(folder)
    return {"bundle_uuid": bundle["bundle_uuid"], "replica": "aws", "download_dir": "data"}, content


@posix
def test_a_cancelled_download_is_resumed(assistant, omics_sandbox, tmp_path):
    from omicsdk.sandbox import Rule

    arguments, content = large_bundle(omics_sandbox, tmp_path / "source")
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=5 << 20))

    async def talk(session):
        reported: list[tuple[float, float | None]] = []
        is_reported = anyio.Event()

        async def progress(done: float, total: float | None, _: str | None) -> None:
            reported.append((done, total))
            if total is not None:  # it is unknown in reports before the bundle is read
                is_reported.set()

        async with anyio.create_task_group() as group:
            group.start_soon(lambda: session.call_tool("dss_download", arguments, progress_callback=progress))
            await is_reported.wait()
            while not (omics_sandbox.stalled and has_a_cell(assistant.folder)):
                await anyio.sleep(0.005)
            group.cancel_scope.cancel()
        assert reported[-1][1] == len(content)
        omics_sandbox.fault_book.clear()
        return await session.call_tool("dss_download", arguments)

    again = assistant.talk(talk, "--services", "dss")
    assert not again.is_error, again.content[0].text
    assert (
        4 << 20 <= bytes_kept("\n".join(again.structured_content["messages"])) <= 5 << 20
    )  # a cell that was begun is continued, too
    (file,) = assistant.folder.glob("data/*/reads.bin")
    assert file.read_bytes() == content


@posix
@pytest.mark.parametrize(
    ("end", "code"), [("input", 0), (signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.long)]
)
def test_a_server_ends_with_its_commands(assistant, omics_sandbox, tmp_path, end, code):
    from omicsdk.sandbox import Rule

    arguments, _ = large_bundle(omics_sandbox, tmp_path / "source")
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=5 << 20))
    messages = (
        {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "dss_download", "arguments": arguments}},
    )  # fmt: skip
    with forked.start(
        assistant.command("--services", "dss"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=assistant.environment,
        text=True,
    ) as process:
        assert process.stdin is not None
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()
        until(lambda: omics_sandbox.stalled and has_a_cell(assistant.folder), process)
        if end == "input":
            process.stdin.close()
            process.stdin = None
        else:
            process.send_signal(end)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (code, False), err
    assert json.loads(out.splitlines()[0])["id"] == 1  # stdout is the protocol's
    # The command is gone, and what it received was recorded for the next call.
    until(lambda: not omics_sandbox.stalled)
    omics_sandbox.fault_book.clear()
    again = assistant.call("dss_download", arguments, "--services", "dss")
    assert 4 << 20 <= bytes_kept("\n".join(again["messages"])) <= 5 << 20  # a cell that was begun is continued, too


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_stdout_that_cannot_be_written_is_one_line(assistant):
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            assistant.command(), input=f"{json.dumps(message)}\n", stdout=full, stderr=subprocess.PIPE,
            env=assistant.environment, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
    assert "cannot write the output" in ran.stderr


def has_a_cell(folder: Path) -> bool:
    """Whether the first 4 MiB of a file have arrived: the server may have sent bytes that the client has not read yet."""
    return any(path.stat().st_blocks * 512 >= 4 << 20 for path in folder.rglob("*.part"))
