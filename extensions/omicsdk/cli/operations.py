"""Call an operation of a generated client as a command, and print its response."""

from __future__ import annotations

import json
from importlib import import_module
from itertools import chain

from omicsdk.cli.arguments import DRY_RUN, NO_PAGINATE
from omicsdk.cli.errors import INTERRUPTED
from omicsdk.cli.rows import FIRST
from omicsdk.core.bodies import plain
from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.core.redaction import mask_headers, mask_json, mask_url
from omicsdk.core.request import URI_LIST, Request
from omicsdk.core.response import json_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import httpx

    from omicsdk.cli.messages import Messages
    from omicsdk.cli.printing import Printer
    from omicsdk.cli.shapes import Command


NOT_MODIFIED = 304
# The module for operations with pages: named by a text, since packages without any do not contain it.
_PAGED = "omicsdk.cli.paged"


def call(client: Any, command: Command, values: dict[str, Any], console: Messages, output: Printer) -> None:
    """Call an operation, and print its response.

    Args:
        client: The client with the operation.
        command: The operation's command.
        values: Values of its arguments.
        console: Prints messages.
        output: Prints the response.
    """
    operation = getattr(client, command.get("name", ""))
    dry_run, first_page = values.pop(DRY_RUN["name"], False), values.pop(NO_PAGINATE["name"], False)
    try:
        # Built before the question and the dry run, both of which show its URL.
        request: Request = operation.build(**values)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
    if dry_run:
        output.result(_described(request, client.base_url))
        return
    if request.method == "DELETE" and not console.confirm(
        f"{request.method} {client.base_url}{request.url} cannot be undone. Continue?"
    ):
        console.message("cancelled; no request was sent")
        console.exit_code = INTERRUPTED
        return
    items = command.get("paged")
    if command.get("streams") and (output.chosen or output.columns) and hasattr(operation, "iterate"):
        writer = output.writer(FIRST)
        for row in operation.iterate(**values).rows():
            writer.add([plain(row)])
            output.flush()
        writer.end()
    elif command.get("streams"):
        with operation.streamed(request) as body:
            # An address is printed as a line for scripts.
            end = [b"\n"] if body.headers.get("content-type") == URI_LIST else []
            output.chunks(chain(body.arriving(), end))
    elif command.get("headers"):
        output.result(_headers(next(operation.responses(request))))
    elif items is not None and not first_page:  # an empty key: the page itself is the list
        print_pages = import_module(_PAGED).print_pages
        print_pages(operation.responses(request), items, operation.facts.name, output, command.get("columns", FIRST))
    else:
        response, rows = next(operation.responses(request)), None
        if items is not None and response.status_code < 300:
            rows = import_module(_PAGED).page_rows(response, items, operation.facts.name)
        if response.status_code == NOT_MODIFIED:
            console.message("nothing changed: it was already in this state")
        elif "title" in command:
            # The summary omits the query of the URL, which may contain secrets.
            console.message(f"{command['title']} {request.url.partition('?')[0]}")
        elif not response.content and request.method not in ("GET", "HEAD"):
            path = request.url.partition("?")[0]
            console.message(f"{request.method} {path}: {response.status_code} {response.reason_phrase}".rstrip())
        _print_response(response, rows, output, operation.facts.accept, command.get("columns", FIRST))


def _print_response(
    response: httpx.Response, rows: list[Any] | None, output: Printer, accept: str, columns: Sequence[str]
) -> None:
    if not response.content:
        return
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A page of a proxy or a login in place of JSON: json_of raises an error that names it.
    is_page = "html" in media_type and "json" in accept and not ("html" in accept or "*" in accept)
    is_json = media_type.endswith(("/json", "+json")) or (not media_type.startswith("text/") and _is_json(response))
    if is_page or is_json:
        output.result(json_of(response), rows, columns)  # raises for an HTML page in place of JSON
    else:
        output.chunks([response.content])


def _is_json(response: httpx.Response) -> bool:
    try:
        decoded(response.content)
    except ValueError:
        return False
    return True


def _headers(response: httpx.Response) -> dict[str, str]:
    """Return headers in the server's case; repeated ones are joined."""
    names = (name.decode("latin-1") for name, _ in response.headers.raw)
    return {name: response.headers[name] for name in names}


def _described(request: Request, base_url: str) -> dict[str, Any]:
    """Return the request of a dry run, without secrets."""
    url = f"{base_url}{request.url}" if request.url.startswith("/") else request.url
    body: Any = None
    if isinstance(request.content, bytes):
        try:
            body = mask_json(json.loads(request.content))
        except ValueError:
            body = f"{len(request.content)} bytes"
    elif request.content is not None:
        body = "a stream of bytes"
    sent = {"method": request.method, "url": mask_url(url), "headers": dict(mask_headers(request.headers))}
    return sent if body is None else {**sent, "body": body}
