"""Requests of programs that replace how `requests` sends: requests_mock, responses, requests_cache, patches of `requests.get`.

The published clients send with `requests`, so such programs observe, answer or record what a client sends. The faces send with
omicsdk's transport; before each request they look here whether the program has replaced a part of `requests`, and then send that
request with it. Nothing imports `requests` for this: a program that has not imported it has not replaced it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl

from omicsdk.compat._answers import OF_THE_BODY
from omicsdk.core.client import Client, exchange_of

if TYPE_CHECKING:
    from types import ModuleType

    import httpx

C = TypeVar("C", bound=Client)

_FUNCTIONS = ("delete", "get", "head", "options", "patch", "post", "put")


def __getattr__(name: str) -> ModuleType:
    """Return `requests` as an attribute of a module that imports this function: programs replace it, or parts of it, there.

    Raises:
        AttributeError: It is another name, or `requests` is not installed.
    """
    if name == "requests" and find_spec(name) is not None:
        return import_module(name)
    raise AttributeError(f"no attribute {name!r}")


def observed(client: C, module: str | None = None) -> C:
    """Send the requests of a client with `requests` while the program has replaced how `requests` sends.

    Args:
        client: The client of a face; it is changed.
        module: The face's module, if the published one calls functions such as `requests.get`: they are replaced in
            `requests`, or as the attribute `requests` of that module. None if it uses a session.
    """
    exchange_of(client).transport.replace_network(partial(_substitute, module))
    return client


def _substitute(module: str | None) -> Callable[[httpx.Request], httpx.Response] | None:
    library = sys.modules.get("requests")
    if module is not None:
        library = vars(sys.modules[module]).get("requests", library)
    if library is None:
        return None
    functions = () if module is None else (getattr(library, name) for name in _FUNCTIONS)
    session = library.Session
    parts = (*functions, session, session.send, session.get_adapter, library.adapters.HTTPAdapter.send)
    return None if all(map(_is_own, parts)) else partial(_send, library, module is not None)


def _is_own(part: object) -> bool:
    home: object = getattr(part, "__module__", None)
    return isinstance(home, str) and home.partition(".")[0] == "requests"


def _send(library: Any, by_functions: bool, request: httpx.Request) -> httpx.Response:
    """Send a request with `requests`, or with what replaces it; an exception of the program's own is raised unchanged.

    Raises:
        httpx.TransportError: There was no answer.
    """
    import httpx

    method, url, headers, body = request.method, str(request.url), dict(request.headers), request.read()
    limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
    options: dict[str, Any] = {"timeout": (limits.get("connect"), limits.get("read")), "allow_redirects": False}
    function = getattr(library, method.lower(), None) if by_functions else None
    try:
        if function is not None and not _is_own(function):
            answer = function(url, headers=headers, **_content(headers, body), **options)
        else:
            session = library.Session()
            prepared = library.Request(method, url, headers=headers, data=body or None).prepare()
            options |= session.merge_environment_settings(prepared.url, {}, None, None, None)
            answer = session.send(prepared, **options)
    except Exception as error:
        raised = _as_httpx(error)
        raise error if raised is None else raised(str(error), request=request) from error
    pairs = getattr(answer, "headers", None)
    named: Mapping[str, str] = cast("Any", pairs) if isinstance(pairs, Mapping) else {}
    answered = [pair for pair in named.items() if pair[0].lower() not in OF_THE_BODY]
    return httpx.Response(_status(answer), headers=answered, content=_body(answer), request=request)


def _content(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return a body as the argument of `requests.post` that the published clients use for it."""
    if not body:
        return {}
    media_type = headers.get("content-type", "").partition(";")[0]
    if media_type == "application/json":
        return {"json": json.loads(body)}
    if media_type == "application/x-www-form-urlencoded":
        return {"data": parse_qsl(body.decode(), keep_blank_values=True)}
    return {"data": body}


def _as_httpx(error: Exception) -> type[httpx.TransportError] | None:
    """Return the class of httpx for an exception of `requests` for a failed connection; None for any other."""
    import httpx

    exceptions = getattr(sys.modules.get("requests"), "exceptions", None)
    if exceptions is None or not isinstance(error, exceptions.ConnectionError | exceptions.Timeout):
        return None
    if isinstance(error, exceptions.ConnectTimeout):
        return httpx.ConnectTimeout
    return httpx.ReadTimeout if isinstance(error, exceptions.Timeout) else httpx.ConnectError


# A double's response may have only those attributes that its program needs: the others are missing, or of no type that
# `requests` has.


def _status(answer: Any) -> int:
    status = getattr(answer, "status_code", None)
    return status if isinstance(status, int) else 200


def _body(answer: Any) -> bytes:
    for name in ("content", "text"):
        found = getattr(answer, name, None)
        if isinstance(found, bytes | str):
            return found if isinstance(found, bytes) else found.encode()
    try:
        return json.dumps(answer.json()).encode()
    except (AttributeError, TypeError, ValueError):
        return b""
