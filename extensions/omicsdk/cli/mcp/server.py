"""The server behind `omics mcp`: speaks the protocol on stdin and stdout, and runs a process for each call.

A call is a command line in a separate process, not a function of this one: stdout, the current folder, the environment's
profile, log handlers and signals belong to a whole process, and calls run at the same time. An interrupt is how a
command is stopped so that it can be resumed; it needs a process, too. That costs a call the start of `omics`, which is
little beside the response of a service and the thinking of an assistant.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.text import TextReceiveStream
from jsonschema import Draft202012Validator
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)

from omicsdk.cli.errors import SOME_FAILED, SUCCEEDED
from omicsdk.cli.mcp.guides import HELP, RESOURCES, help_on, prompt_text, prompts_of
from omicsdk.cli.mcp.responses import Responses, masked
from omicsdk.cli.mcp.tools import MORE, briefly, command_line, offered
from omicsdk.cli.mcp.tools import Tool as OfferedTool
from omicsdk.cli.topics import ARCHIVES, TOPICS
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.json_coding import json_object
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.engine.control import termination

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp_types import (
        CallToolRequestParams,
        GetPromptRequestParams,
        PaginatedRequestParams,
        ReadResourceRequestParams,
    )

# Bytes of a result that are kept; a longer one is an error.
LONGEST_RESULT = 16 * 1024 * 1024
# Bytes of a listing's items, one per line, after which no further page is requested.
LONGEST_LISTING = 1024 * 1024
# Calls that run at the same time; further ones wait.
AT_ONCE = 4
# Seconds that an interrupted command has to record what it has, before it is killed.
PATIENCE = 20
_MESSAGES = 50

_READS = ToolAnnotations(read_only_hint=True)


def _output(result: str = "") -> dict[str, Any]:
    """Return the schema of responses.

    The result may be any JSON: `query` selects from it, and pages cut it. An error has none, and clients validate errors too.
    """
    result_schema = {"description": result} if result else {}
    return {
        "type": "object",
        "properties": {"result": result_schema, "left": {"type": "integer"}, "cursor": {"type": "string"}},
    }


def _own_tool(name: str, description: str, argument: str) -> Tool:
    """Return the definition of a tool that is no command, and takes one text."""
    properties = {argument: {"type": "string"}}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    schema["required"] = [argument]
    return Tool(name=name, description=description, input_schema=schema, annotations=_READS)


_MORE = _own_tool(MORE, "Return the next page of a response that was cut.", "cursor")
_HELP = _own_tool(
    HELP, "Return the whole help of a tool, with examples, or a topic: credentials, files, exit-codes.", "name"
)

_INSTRUCTIONS = """\
Tools run commands of omics, the command line for omics data platforms. Definitions have one line about each tool, and describe an
argument that several tools have once: call help with a tool's name for all of it. An option such as --limit in a description is the
argument limit. Files are read and written in {folder} only; give paths relative to it. A response is a JSON object: result;
messages, if there are any; left and cursor if the result was cut: call more with the cursor, or narrow the call with its
arguments (filters, limit, query). Secrets and the queries of presigned URLs are masked as ***. {writes}"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server offers.

    Attributes:
        tools: All tools of the chosen services.
        folder: The only folder that files are read from and written to; it exists.
        allow_writes: Whether tools that change something on a service may be called.
        longest_response: Characters of a result in one response, from 1.
    """

    tools: Sequence[OfferedTool]
    folder: Path
    allow_writes: bool
    longest_response: int


@dataclass(slots=True)
class _Outcome:
    """What a command printed, and how it ended."""

    exit_code: int = SUCCEEDED
    output: bytes = b""
    is_cut: bool = False
    messages: deque[str] = field(default_factory=lambda: deque[str](maxlen=_MESSAGES))
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])


def run(settings: Settings, version: str) -> None:
    """Serve one client until its input ends, or SIGINT, SIGTERM or SIGHUP; commands that run are interrupted then.

    Args:
        settings: What is offered.
        version: The version of omicsdk.
    """
    with termination():
        try:
            anyio.run(_serve, settings, version)
        except BaseExceptionGroup as group:  # of anyio's tasks
            if (failed := group.subgroup(OSError)) is None:
                raise
            # stdout cannot be written: of a group, no caller would know.
            while isinstance(error := failed.exceptions[0], BaseExceptionGroup):
                failed = error
            raise error from group


async def _serve(settings: Settings, version: str) -> None:
    """Serve one client on stdin and stdout until its input ends."""
    server = server_of(settings, version)
    async with stdio_server(cast("Any", _lines())) as (received, sent):
        await server.run(received, sent, server.create_initialization_options())


def server_of(settings: Settings, version: str) -> Server[Any]:
    """Return a server of the protocol that answers for the chosen tools, on any connection.

    Args:
        settings: What is offered.
        version: The version of omicsdk.
    """
    calls = _Calls(settings)
    writes = "" if settings.allow_writes else "Only reading is allowed."
    return Server[Any](
        "omics",
        version=version,
        instructions=_INSTRUCTIONS.format(folder=settings.folder, writes=writes).strip(),
        on_list_tools=calls.list_tools,
        on_call_tool=calls.call,
        on_list_resources=calls.resources,
        on_list_resource_templates=calls.resource_templates,
        on_read_resource=calls.resource,
        on_list_prompts=calls.prompts,
        on_get_prompt=calls.prompt,
    )


async def _lines() -> AsyncIterator[str]:
    """Yield the lines of stdin.

    A thread reads them that no exit waits for. A worker thread of anyio would keep an interrupted server alive until
    the client sends a line.
    """
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        # A separate descriptor and buffer: the interpreter locks those of sys.stdin when it exits.
        with os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8", errors="replace") as stdin:
            for line in iter(stdin.readline, ""):
                loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="omics mcp: stdin", daemon=True).start()
    while line := await lines.get():
        yield line


class _Calls:
    """Responds to requests for tools."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tools = offered(settings.tools, allow_writes=settings.allow_writes)
        # To name the reason for a tool that exists and is not offered; an unknown one has near names as a remedy.
        self._refused = {tool.name for tool in settings.tools} - self._tools.keys()
        self._responses = Responses(settings.longest_response)
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def list_tools(self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        """Return all tools."""
        tools = [
            Tool(
                name=tool.name,
                description=tool.description,
                input_schema=dict(schema),
                output_schema=_output(f"Rows: {', '.join(tool.columns)}" if tool.columns else ""),
                annotations=_READS
                if tool.access == "read"
                else ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=tool.is_repeatable),
            )
            for tool, schema in briefly(self._tools.values())
        ]
        return ListToolsResult(tools=[*tools, _MORE, _HELP])

    async def resources(self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListResourcesResult:
        """Return the topics of help."""
        topics = [
            Resource(uri=f"{RESOURCES}{name}", name=name, description=about, mime_type="text/plain")
            for name, (about, _text) in {**TOPICS, **ARCHIVES}.items()
        ]
        return ListResourcesResult(resources=topics)

    async def resource_templates(
        self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        """Return the form of the resources that are the help of tools."""
        template = ResourceTemplate(
            uri_template=f"{RESOURCES}{{tool}}", name="help", description="The help of a tool.", mime_type="text/plain"
        )
        return ListResourceTemplatesResult(resource_templates=[template])

    async def resource(self, _: ServerRequestContext[Any], params: ReadResourceRequestParams) -> ReadResourceResult:
        """Return a topic of help, or the help of a tool."""
        try:
            text = help_on(params.uri.removeprefix(RESOURCES), self._tools)
        except UsageError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from error
        return ReadResourceResult(contents=[TextResourceContents(uri=params.uri, text=text, mime_type="text/plain")])

    async def prompts(self, _: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListPromptsResult:
        """Return the prompts of the tools that are offered."""
        prompts = [
            Prompt(
                name=name,
                description=prompt.about,
                arguments=[
                    PromptArgument(name=argument, description=text, required=True)
                    for argument, text in prompt.arguments.items()
                ],
            )
            for name, prompt in prompts_of(self._tools).items()
        ]
        return ListPromptsResult(prompts=prompts)

    async def prompt(self, _: ServerRequestContext[Any], params: GetPromptRequestParams) -> GetPromptResult:
        """Return a prompt with its arguments filled in."""
        try:
            text = prompt_text(params.name, params.arguments or {}, self._tools)
        except UsageError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from error
        return GetPromptResult(messages=[PromptMessage(role="user", content=TextContent(text=text))])

    async def call(self, context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        """Run a tool, and return its result or its error."""
        arguments = params.arguments or {}
        try:
            if params.name == MORE:
                _check(arguments, _MORE.input_schema)
                return _response(self._responses.more(arguments["cursor"]))
            if params.name == HELP:
                _check(arguments, _HELP.input_schema)
                return _response(self._responses.first(help_on(arguments["name"], self._tools)))
            tool = self._tool(params.name)
            _check(arguments, tool.schema)
            command = command_line(tool, arguments, self._settings.folder)
            # Around the process alone: help and further pages need none, and do not wait for transfers.
            async with self._limiter:
                outcome = await self._run(command, context, is_listing="jsonl" in command[: command.index("--")])
            return self._tool_result(outcome)
        except OmicsError as error:
            return _response({"error": type(error).__name__, "messages": [str(error)]}, is_error=True)
        except OSError as error:
            return _response({"error": type(error).__name__, "messages": [error.strerror or str(error)]}, is_error=True)

    def _tool(self, name: str) -> OfferedTool:
        if name in self._refused:
            remedy = "Only the user can allow that: omics mcp --allow-writes."
            raise UsageError(f"{name} may change something, and this server only reads", remedy=remedy)
        if name not in self._tools:
            near = did_you_mean(name, self._tools)
            raise UsageError(f"unknown tool {name!r}", remedy=near or "Tools of other services need --services.")
        return self._tools[name]

    async def _run(self, arguments: Sequence[str], context: ServerRequestContext[Any], *, is_listing: bool) -> _Outcome:
        """Run a command in its own process; a cancelled call interrupts it.

        Raises:
            UsageError: The result is too long.
        """
        outcome = _Outcome()
        process = await anyio.open_process(
            # -P: the current folder has downloaded files, of which none may be imported.
            [sys.executable, "-P", "-m", "omicsdk", *arguments],
            cwd=self._settings.folder,
            # The output is read as UTF-8, whatever the locale.
            env={**os.environ, "PYTHONUTF8": "1", "OMICS_TRANSFER_PROGRESS_EVERY": "1"},
            # The server's stdin is the protocol's.
            stdin=subprocess.DEVNULL,
            # Ctrl-C is for the server, which then interrupts each command.
            start_new_session=True,
        )
        stdout, stderr = process.stdout, process.stderr
        assert stdout is not None
        assert stderr is not None
        limit = LONGEST_LISTING if is_listing else LONGEST_RESULT
        try:
            async with anyio.create_task_group() as reading:
                reading.start_soon(_read_messages, stderr, outcome, context)
                await _read_output(stdout, outcome, limit)
                if outcome.is_cut:
                    # The rest may be long or endless: `_stop` interrupts the command.
                    reading.cancel_scope.cancel()
            outcome.exit_code = SUCCEEDED if outcome.is_cut else await process.wait()
        finally:
            # Shielded: a call that was cancelled interrupts its process, too, and waits for it.
            with anyio.CancelScope(shield=True):
                await _stop(process, stdout, stderr)
        if outcome.is_cut and not is_listing:
            remedy = "Request less by arguments such as a limit or filters, or download it."
            raise UsageError(f"the result is longer than {limit >> 20} MiB", remedy=remedy)
        if is_listing:
            # Of a cut output, the last line may be incomplete.
            *lines, rest = outcome.output.split(b"\n")
            outcome.output = b"[" + b",".join([*lines, *([] if outcome.is_cut or not rest else [rest])]) + b"]"
        return outcome

    def _tool_result(self, outcome: _Outcome) -> CallToolResult:
        messages = {"messages": list(outcome.messages)} if outcome.messages else {}
        code = outcome.exit_code
        # A batch that failed in part has a result, which an error of the protocol would hide.
        if code not in (SUCCEEDED, SOME_FAILED) or (code == SOME_FAILED and not outcome.output):
            return _response({**outcome.fields, "exit_code": code, **messages}, is_error=True)
        try:
            text = outcome.output.decode()
        except UnicodeDecodeError:
            remedy = "Download the file."
            raise UsageError(f"the result is {len(outcome.output)} bytes that are not text", remedy=remedy) from None
        response = self._responses.first(masked(text, os.environ) if text else None)
        if outcome.is_cut:
            response["incomplete"] = "the listing continues; narrow it by arguments, or use no_paginate for one page"
        return _response({**response, **messages, **({} if code == SUCCEEDED else {"exit_code": code})})


async def _read_output(stream: ByteReceiveStream, outcome: _Outcome, limit: int) -> None:
    """Read the result of a command, up to a number of bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream:
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            outcome.is_cut = True
            break
    outcome.output = b"".join(chunks)


async def _read_messages(stream: ByteReceiveStream, outcome: _Outcome, context: ServerRequestContext[Any]) -> None:
    """Read the messages of a command, and report its progress to the client."""
    rest = ""
    async for text in TextReceiveStream(stream, errors="replace"):
        # A line may arrive in several pieces.
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            message, fields = _message(line)
            if "bytes_done" in fields:
                await context.session.report_progress(fields["bytes_done"], fields.get("bytes") or None, message)
            elif message:
                outcome.messages.append(message)
                outcome.fields = {**outcome.fields, **{name: fields[name] for name in ("error",) if name in fields}}


def _message(line: str) -> tuple[str, Mapping[str, Any]]:
    """Return the message of a line of JSON with its fields; any other line is a message."""
    record = json_object(line)
    return (mask_text(line), {}) if record is None else (str(record.get("message", "")), record.get("fields") or {})


async def _stop(process: Process, *streams: ByteReceiveStream) -> None:
    """End a process that runs: interrupt it, so that a transfer can be resumed, and kill it if it takes too long."""
    if process.returncode is None:
        if os.name == "nt":
            # Windows has no SIGINT for a single process.
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
        with anyio.move_on_after(PATIENCE):
            async with anyio.create_task_group() as draining:
                for stream in streams:  # a full pipe would keep it from ending
                    draining.start_soon(_drain, stream)
                await process.wait()
        if process.returncode is None:
            process.kill()
    await process.aclose()


async def _drain(stream: ByteReceiveStream) -> None:
    async for _ in stream:
        pass


def _check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Compare arguments with a schema.

    Raises:
        UsageError: They do not match; names the first arguments that are wrong.
    """
    validator: Any = Draft202012Validator(schema)  # its types are incomplete
    faults = sorted(validator.iter_errors(arguments), key=lambda fault: list(map(str, fault.path)))
    if faults:
        named = [f"{'.'.join(map(str, fault.path))}: {fault.message}".removeprefix(": ") for fault in faults[:3]]
        raise UsageError(f"invalid arguments: {'; '.join(named)}", remedy="See the schema of the tool.")


def _response(content: Mapping[str, Any], *, is_error: bool = False) -> CallToolResult:
    text = TextContent(text=json.dumps(content, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=dict(content), is_error=is_error)
