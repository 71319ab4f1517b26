"""The platform as a service of the sandbox: which function answers which operation, and what is around them."""

import uuid
from collections.abc import Mapping
from contextlib import nullcontext
from copy import deepcopy
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.document import METHODS, once_a_document
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.sb import (
    PREFIX,
    accounts,
    apps,
    automations,
    file_jobs,
    files,
    projects,
    task_runs,
    tasks,
    uploads,
    volumes,
)
from omicsdk.sandbox.sb.responses import cut, error_body, refuse
from omicsdk.sandbox.sb.state import Sb, token_of
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in

# What continues by the clock.
COURSES = (automations.RUNS, task_runs.TASKS, *file_jobs.JOBS.values(), *volumes.TRANSFERS.values())
_ADVANCE = "X-Sbg-Advance-Access"
# Prefixes of the names of operations that change nothing.
_READING = ("get_", "list_", "scroll_", "search_", "bulk_get_")
# Reading operations that call the S3 server, or that read every file of a project.
_SLOW = {"list_volume_objects", "get_volume_object", "get_file_download_info", "search_files"}


def sb_service(sb: Sb, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        sb: The platform's state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    sb.follow(*COURSES)
    modules = (accounts, apps, automations, file_jobs, files, projects, tasks, uploads, volumes)
    handlers = handlers_in(document, sb, *modules)
    return Service(
        name="sb",
        prefix=PREFIX,
        document=_generous(document),
        handlers={name: _framed(sb, name, handler) for name, handler in handlers.items()},
        authenticate=sb.authenticate,
        error_body=error_body,
        error_type="application/json",
        before=lambda call: _check_advance_access(sb, call),
        around=lambda app: _middleware(app, sb),
        at_once=lambda operation, _query: operation.name.startswith(_READING) and operation.name not in _SLOW,
    )


def _framed(sb: Sb, name: str, handler: Handler) -> Handler:
    """A handler with what is done before and after each.

    No other request comes between the reads and the writes of one that changes anything, and a refusal undoes everything.
    """
    alone = nullcontext if name.startswith(_READING) else sb.transaction

    def handle(call: Call) -> Reply:
        with alone():
            return cut(call, handler(call))

    return handle


def _check_advance_access(sb: Sb, call: Call) -> None:
    if not sb.context.settings.flag("sb.advance_access"):
        return
    if (
        any(parameter.name == _ADVANCE for parameter in call.operation.parameters)
        and _ADVANCE.lower() not in call.headers
    ):
        raise refuse(403, 90002, f"{call.operation.name} is in advance access: send the header {_ADVANCE}: Advance")


@once_a_document
def _generous(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as the platform reads requests: the caller for longer pages than there are gets the longest."""
    paths = deepcopy(document["paths"])
    for item in paths.values():
        for method in METHODS:
            for parameter in item.get(method, {}).get("parameters", ()):
                if parameter["name"] == "limit":
                    parameter["schema"].pop("maximum", None)
    return {**document, "paths": paths}


def _middleware(app: ASGIApp, sb: Sb) -> ASGIApp:
    """The ASGI middleware around the platform's routes: runs due jobs, strips slashes at the end, adds headers."""

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.endswith("/") and len(path) > len(PREFIX) + 1:
            scope = {**scope, "path": path.rstrip("/") if path.rstrip("/") != PREFIX else f"{PREFIX}/"}
        token = token_of(headers_of(scope))
        name = str(uuid.uuid4())

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                rate = sb.meter.rate(token).items()
                raw = [(b"x-ratelimit-" + what.encode(), str(value).encode()) for what, value in rate]
                message["headers"] += [(b"x-request-id", name.encode()), *raw]
            await send(message)

        # Before the routes: an operation that only reads is answered in the server's own thread, where no job may run.
        if sb.jobs.is_due():
            await run_in_threadpool(sb.jobs.settle)
        try:
            await app(scope, receive, send_with_headers)
        except HTTPException as error:
            await _unrouted(scope, error.status_code)(scope, receive, send_with_headers)

    return around


def _unrouted(scope: Scope, status: int) -> Response:
    message = f"The platform has no {scope['method']} {scope['path']}"
    return JSONResponse(error_body(refuse(status, 90006 if status == 405 else 90003, message)), status)
