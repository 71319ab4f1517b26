"""The control API under /_sandbox/: time, faults, settings, tokens, the request log, reset."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

from omicsdk.core.json_coding import decoded
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import ALL_GROUPS, Reply, response
from omicsdk.sandbox.traffic.faults import parse_rules

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

Body = Mapping[str, Any]


def control_routes(sandbox: Sandbox) -> Mount:
    """The routes of the control API of a sandbox."""
    book, log = sandbox.fault_book, sandbox.request_log
    handlers: dict[tuple[str, str], Callable[[Request, Any], object]] = {
        ("GET", "/"): lambda _request, _body: sandbox.info(),
        ("GET", "/clock"): lambda _request, _body: sandbox.clock.state(),
        ("POST", "/clock"): lambda _request, body: _turn_clock(sandbox, body),
        ("GET", "/faults"): lambda _request, _body: {"faults": book.rules()},
        ("POST", "/faults"): lambda _request, body: {"numbers": sandbox.add_faults(*parse_rules(body))},
        ("DELETE", "/faults"): lambda _request, _body: book.clear(),
        ("DELETE", "/faults/{number:int}"): lambda request, _body: _remove_fault(sandbox, request),
        ("POST", "/release"): lambda _request, _body: sandbox.release(),
        ("GET", "/requests"): lambda request, _body: {
            "requests": sandbox.requests(request.query_params.get("path", ""))
        },
        ("DELETE", "/requests"): lambda _request, _body: log.clear(),
        ("GET", "/settings"): lambda _request, _body: sandbox.settings.all(),
        ("POST", "/settings"): lambda _request, body: _turn_settings(sandbox, body),
        ("POST", "/tokens"): lambda _request, body: _issue_token(sandbox, body),
        ("POST", "/service-accounts"): lambda _request, body: _make_service_account(sandbox, body),
        ("GET", "/contents"): lambda _request, _body: sandbox.contents(),
        ("GET", "/snapshot"): lambda _request, _body: _snapshot(sandbox),
        ("POST", "/seed"): lambda _request, body: seeded(sandbox, body),
        ("POST", "/finish"): lambda _request, _body: {"finished": sandbox.finish()},
        ("POST", "/reset"): lambda _request, _body: sandbox.reset(),
    }
    routes = [Route(path, _guarded(handler), methods=[method]) for (method, path), handler in handlers.items()]
    return Mount("/_sandbox", routes=routes)


def _guarded(handler: Callable[[Request, Any], object]) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        try:
            _refuse_web_pages(request)
            body = await _body(request)
            result = await run_in_threadpool(handler, request, body)
            if isinstance(result, Response):
                return result
            return response(Reply(result if result is not None else {}), {})
        except Problem as problem:
            return response(Reply(problem.body(), problem.status), {})
        except (ValueError, OverflowError, OSError) as error:  # of what was requested, or of the file that it names
            return response(Reply(bad_arguments(str(error)).body(), 400), {})

    return serve


def _snapshot(sandbox: Sandbox) -> Response:
    # On the disk of the contents, so that the next start removes what a lost connection left.
    with tempfile.NamedTemporaryFile(dir=sandbox.context.objects.incoming, prefix="snapshot-", delete=False) as file:
        path = Path(file.name)
    try:
        sandbox.save(path)
    except Exception as error:
        path.unlink()
        # The request is not the cause, so this is not a client error.
        raise RuntimeError("the snapshot cannot be written") from error
    return FileResponse(path, media_type="application/x-tar", background=BackgroundTask(path.unlink))


def _refuse_web_pages(request: Request) -> None:
    """Reject requests from web pages: the control API reads local folders. Pages stored in the sandbox are rejected too."""
    headers = request.headers
    # A page can send a request without an Origin, as for an image; browsers still state that it comes from another site.
    if headers.get("origin") or headers.get("sec-fetch-site", "none") != "none":
        raise Problem(403, "Forbidden", "The control API answers to programs on this machine only")


async def _body(request: Request) -> Any:
    content = await request.body()
    if not content:
        return {}
    # A browser sends this type to another origin only after a preflight request, which has no route here.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Problem(415, "illegal_arguments", "The control API takes application/json")
    return decoded(content)


NUMBER: tuple[type, ...] = (int, float)


def fields_of(body: object, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
    """The members of a request's body.

    Args:
        body: Decoded JSON.
        kinds: The members that there may be, and their types; true and false are no numbers.

    Raises:
        ValueError: It is not an object, or has other members, or one of another type.
    """
    if not isinstance(body, Mapping):
        raise ValueError(f"the body is a JSON object with {' or '.join(kinds)}, not {json.dumps(body)[:50]}")
    fields = dict(cast("Body", body))
    for name, value in fields.items():
        if name not in kinds:
            raise ValueError(f"there is no {name!r}; there are {', '.join(kinds)}")
        kind = kinds[name] if isinstance(kinds[name], tuple) else (kinds[name],)
        is_of_kind = isinstance(value, kind) and (not isinstance(value, bool) or bool in cast("tuple[type, ...]", kind))
        if not is_of_kind or (isinstance(value, float) and not isfinite(value)):
            raise ValueError(f"{name} cannot be {json.dumps(value)[:50]}")
    return fields


def _turn_clock(sandbox: Sandbox, body: object) -> object:
    fields = fields_of(body, advance=NUMBER, freeze=(bool, str, *NUMBER), resume=bool)
    if (seconds := fields.get("advance", 0)) < 0:
        sandbox.clock.advance(seconds)  # which refuses it, before the clock is frozen
    at = fields.get("freeze", False)
    if isinstance(at, str):
        moment = datetime.fromisoformat(at)
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if at is not False:
        sandbox.clock.freeze(None if at is True else at)
    if fields.get("resume"):
        sandbox.clock.resume()
    if "advance" in fields:
        sandbox.clock.advance(seconds)
    return sandbox.clock.state()


def _remove_fault(sandbox: Sandbox, request: Request) -> None:
    number: int = request.path_params["number"]
    if not sandbox.fault_book.remove(number):
        raise not_found(f"there is no fault {number}")


def _turn_settings(sandbox: Sandbox, body: object) -> object:
    if not isinstance(body, Mapping):
        raise ValueError("the body is not a JSON object of settings and their values")
    sandbox.settings.turn(cast("Body", body))
    return sandbox.settings.all()


def _issue_token(sandbox: Sandbox, body: object) -> object:
    fields = fields_of(body, email=str, seconds=NUMBER, groups=list)
    if unknown := [group for group in fields.get("groups", []) if group not in ALL_GROUPS]:
        raise ValueError(f"there is no group {unknown[0]!r}; there are {', '.join(ALL_GROUPS)}")
    return {"token": sandbox.token(**fields)}


def _make_service_account(sandbox: Sandbox, body: object) -> object:
    fields = fields_of(body, folder=str, email=str, groups=list)
    if not Path(fields.get("folder", "")).is_absolute():
        raise ValueError("service-accounts takes a folder with its absolute path")
    if not all(isinstance(group, str) for group in fields.get("groups", [])):
        raise ValueError("groups is a list of names")
    return {"path": str(sandbox.service_account(**fields))}


def seeded(sandbox: Sandbox, body: object) -> Any:
    """Add what a request to /_sandbox/seed names.

    Args:
        sandbox: The sandbox.
        body: `folder` and `service`, or `exchanges`: absolute paths.

    Raises:
        ValueError: A path is not absolute, what it names cannot be added, or documents are served and no service is named.
        OSError: A file cannot be read.
    """
    fields = fields_of(body, folder=str, replica=str, creator_uid=int, service=str, exchanges=str)
    path = fields.get("exchanges", fields.get("folder", ""))
    if not Path(path).is_absolute():
        raise ValueError("seed takes a folder or a recording with its absolute path")
    if "folder" in fields and "service" not in fields and sandbox.engines:
        names = " or ".join(engine.name for engine in sandbox.engines)
        raise ValueError(f"missing the service: the folder may be for {names}, or for a platform. Use --service")
    return sandbox.seed_exchanges(path) if "exchanges" in fields else sandbox.seed(**fields)
