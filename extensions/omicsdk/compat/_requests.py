"""Requests of programs that replace how `requests` sends: requests_mock, responses, requests_cache, patches of `requests.get`.

The published clients send with `requests`, so such programs observe, answer or record what a client sends. The faces send with
omicsdk's transport; before each request they look here whether the program has replaced a part of `requests`, and then send that
request with it; transfers of Seven Bridges look once, when they start. Nothing imports `requests` for this: a program that has not imported
it has not replaced it.
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

if TYPE_CHECKING:
    from types import ModuleType

    import httpx

    from omicsdk.core.client import Client
    from omicsdk.transfer.network.substitutes import Answered, Answering

C = TypeVar("C", bound="Client")

#: Headers that `requests` sends too, of its own.
_USUAL = frozenset({"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"})
#: The extension of a response for a value that has no JSON text, such as another double.
_VALUE = "omicsdk.value"
_FUNCTIONS = ("delete", "get", "head", "options", "patch", "post", "put")


def __getattr__(name: str) -> ModuleType:
    """Return `requests` as an attribute of a module that imports this function: programs replace it, or parts of it, there.

    Raises:
        AttributeError: It is another name, or `requests` is not installed.
    """
    if name == "requests" and find_spec(name) is not None:
        return import_module(name)
    raise AttributeError(f"no attribute {name!r}")


def observed(client: C, module: str | None = None, auth: object = None) -> C:
    """Send the requests of a client with `requests` while the program has replaced how `requests` sends.

    Args:
        client: The client of a face; it is changed.
        module: The face's module, if the published one calls functions such as `requests.get`: they are replaced in
            `requests`, or as the attribute `requests` of that module. None if it uses a session.
        auth: What the published client passes to functions as `auth`.
    """
    from omicsdk.core.plain_client import exchange_of

    exchange_of(client).transport.replace_network(partial(_substitute, module, auth))
    return client


def has_replaced_functions(module: str) -> bool:
    """Return whether the program has replaced functions such as `requests.get`; they log in by their argument `auth`."""
    library = _library(module)
    return any(_is_replaced(getattr(library, name, None)) for name in _FUNCTIONS)


def file_sender() -> Answering | None:
    """Return what sends requests for files' bytes while the program has replaced how sessions of `requests` send, else None."""
    send = _substitute(None, None)
    return None if send is None else partial(_file_answered, send)


def _file_answered(
    send: Callable[[httpx.Request], httpx.Response], method: str, url: str, headers: Mapping[str, str], content: bytes
) -> Answered:
    import httpx

    from omicsdk.core.errors import ConnectFailed, TimedOut
    from omicsdk.core.redaction import without_query

    try:
        response = send(httpx.Request(method, url, headers=headers, content=content))
    except httpx.TransportError as error:
        kind = TimedOut if isinstance(error, httpx.TimeoutException) else ConnectFailed
        raise kind(str(error), method=method, url=without_query(url)) from error
    return response.status_code, response.headers, response.content


def _library(module: str | None) -> Any:
    library = sys.modules.get("requests")
    # By vars: the `__getattr__` of the module would import `requests`.
    return library if module is None else vars(sys.modules[module]).get("requests", library)


def _substitute(module: str | None, auth: object) -> Callable[[httpx.Request], httpx.Response] | None:
    library = _library(module)
    if module is not None and has_replaced_functions(module):
        return partial(_answered, partial(_call, library, auth))
    session, adapters = getattr(library, "Session", None), getattr(library, "adapters", None)
    parts = session, *(getattr(session, name, None) for name in ("send", "get_adapter"))
    is_replaced = any(map(_is_replaced, (*parts, getattr(getattr(adapters, "HTTPAdapter", None), "send", None))))
    return partial(_answered, partial(_send, library)) if is_replaced else None


def _is_replaced(part: object) -> bool:
    """Return whether a part of `requests` comes from elsewhere; one that is missing does not."""
    home: object = getattr(part, "__module__", None)
    # `create_autospec` makes functions whose `__module__` is None.
    return part is not None and not (isinstance(home, str) and home.partition(".")[0] == "requests")


def _call(library: Any, auth: object, request: httpx.Request) -> Any:
    """Send a request with a function, as the published clients call it."""
    headers = {name: value for name, value in request.headers.items() if name not in _USUAL}
    options = {**_content(headers, request.read()), **({} if auth is None else {"auth": auth})}
    function = getattr(library, request.method.lower())
    return function(str(request.url), **options, **({"headers": headers} if headers else {}))


def _send(library: Any, request: httpx.Request) -> Any:
    """Send a request with a session."""
    session, headers = library.Session(), dict(request.headers)
    # Prepared without the session, which would add headers of its own, and credentials of .netrc.
    prepared = library.Request(request.method, str(request.url), headers=headers, data=request.read() or None).prepare()
    limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
    options = session.merge_environment_settings(prepared.url, {}, None, None, None)
    timeout = limits.get("connect"), limits.get("read")
    return session.send(prepared, **options, timeout=timeout, allow_redirects=False)


def _answered(send: Callable[[httpx.Request], Any], request: httpx.Request) -> httpx.Response:
    """Return the response of `requests` as one of httpx; an exception of the program's own is raised unchanged.

    Raises:
        httpx.TransportError: There was no response.
    """
    import httpx

    from omicsdk.compat.responses import OF_THE_BODY

    try:
        response = send(request)
    except Exception as error:
        raised = _as_httpx(error)
        if raised is None:
            raise
        raise raised(str(error), request=request) from error
    pairs = getattr(response, "headers", None)
    named: Mapping[str, str] = cast("Any", pairs) if isinstance(pairs, Mapping) else {}
    answered = [pair for pair in named.items() if pair[0].lower() not in OF_THE_BODY]
    content, extensions = _body(response)
    return httpx.Response(_status(response), headers=answered, content=content, request=request, extensions=extensions)


def _content(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return a body as the argument of `requests.post` that the published clients use for it, which states its type."""
    if not body:
        return {}
    match headers.get("content-type", "").partition(";")[0]:
        case "application/json":
            del headers["content-type"]
            return {"json": json.loads(body)}
        case "application/x-www-form-urlencoded":
            del headers["content-type"]
            return {"data": parse_qsl(body.decode(), keep_blank_values=True)}
        case _:
            return {"data": body}


def _as_httpx(error: Exception) -> type[httpx.TransportError] | None:
    """Return the class of httpx for an exception of `requests` for a failed connection; None for any other."""
    import httpx

    exceptions = getattr(sys.modules.get("requests"), "exceptions", None)
    if exceptions is None or not isinstance(error, exceptions.ConnectionError | exceptions.Timeout):
        return None
    # First: in `requests` it is both a ConnectionError and a Timeout.
    if isinstance(error, exceptions.ConnectTimeout):
        return httpx.ConnectTimeout
    return httpx.ReadTimeout if isinstance(error, exceptions.Timeout) else httpx.ConnectError


# A double's response may have only those attributes that its program needs: the others are missing, or of no type that
# `requests` has.


def _status(response: Any) -> int:
    status = getattr(response, "status_code", None)
    return status if isinstance(status, int) else 200


def _body(response: Any) -> tuple[bytes, dict[str, Any]]:
    for name in ("content", "text"):
        content = getattr(response, name, None)
        if isinstance(content, bytes | str):
            return content if isinstance(content, bytes) else content.encode(), {}
    try:
        value = response.json()
    except (AttributeError, TypeError, ValueError):
        return b"", {}
    try:
        return json.dumps(value).encode(), {}
    except (TypeError, ValueError):
        return b"", {_VALUE: value}


def json_of(response: httpx.Response) -> Any:
    """Decode the JSON of a response, as `omicsdk.core.response` does; what `json()` of a double returned need not be JSON."""
    from omicsdk.core.response import json_of

    return response.extensions[_VALUE] if _VALUE in response.extensions else json_of(response)
