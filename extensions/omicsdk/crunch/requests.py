"""Requests to a crunch site: refusals in the site's words, redirects that would lose what is sent, and raw requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from omicsdk.core.api_errors import not_json, phrase_of
from omicsdk.core.bodies import NO_BODY
from omicsdk.core.errors import (
    APIError,
    ConnectFailed,
    DecodeError,
    OmicsError,
    ServerError,
    TransportError,
    UsageError,
    error_class,
)
from omicsdk.core.forms import form_body
from omicsdk.core.late_names import LateModule
from omicsdk.core.plain_client import exchange_of
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import OperationFacts, Request, WrongSegment, request, segment
from omicsdk.core.response import AnyExchange
from omicsdk.core.retry import Retry
from omicsdk.core.sending.transport import Finish, Steps
from omicsdk.core.type_guards import is_array, is_list, is_object

if TYPE_CHECKING:
    import httpx

    from omicsdk.crunch import client as clients
else:
    httpx, clients = LateModule("httpx"), LateModule("omicsdk.crunch.client")


_REMEDIES: Mapping[int, str] = {
    401: "Check CRUNCH_TOKEN, or credentials (--access-token); an administrator of the site issues tokens.",
    403: "Ask an administrator of the site for the permission to add or change such things.",
    404: "Check the slug, and CRUNCH_URL or base_url (--base-url).",
}


# -- refusals


def refused_fields(body: object) -> dict[str, tuple[str, ...]]:
    """Return the site's messages for each field that it refused.

    Args:
        body: The body of a refusal, as JSON.
    """
    if not is_object(body):
        return {}
    return {name: tuple(map(str, texts)) for name, texts in body.items() if is_array(texts)}


def _explain(error: OmicsError, request: Request) -> None:
    """Replace an error's message and remedy by the site's own, if it states any."""
    if isinstance(error, APIError):
        fields = refused_fields(error.body)
        error.message = _message(error, fields)
        error.args = (error.message,)
        if isinstance(error, ServerError):
            error.remedy = "Try again later. If it persists, contact an administrator of the site."
        elif fields:
            error.remedy = ""
        elif error.status >= 400:
            error.remedy = _REMEDIES.get(error.status, error.remedy)
    if (
        request.method == "POST"
        and isinstance(error, ServerError | TransportError)
        and not isinstance(error, ConnectFailed)
    ):
        error.remedy = f"{error.remedy} It may have been added anyway: check before you send it again."


def _message(error: APIError, fields: Mapping[str, tuple[str, ...]]) -> str:
    # Of the page that a site with DEBUG answers when it fails, the first two lines: the rest shows its settings.
    if fields:
        return "; ".join(f"{name}: {' '.join(texts)}".rstrip(".") for name, texts in fields.items())
    if not isinstance(error, ServerError) or not isinstance(error.body, str) or error.body.lstrip().startswith("<"):
        return error.message
    lines = [line.strip() for line in error.body.splitlines()[:2]]
    return f"The site failed: {': '.join(line for line in lines if line)}"


def _moved(response: httpx.Response) -> APIError:
    """The error for a redirect of something that was sent: followed, a POST would become a GET."""
    return error_class(response.status_code)(
        f"The site has moved to {mask_url(response.headers.get('location', ''))}",
        status=response.status_code,
        method=response.request.method,
        url=mask_url(str(response.request.url)),
        headers=dict(response.headers),
        remedy="Nothing was sent there. Set that URL as CRUNCH_URL or base_url (--base-url).",
    )


def explained_steps(exchange: AnyExchange, request: Request) -> Steps[httpx.Response]:
    """Return the steps of a request; refusals have the site's words, and only GET follows redirects.

    Args:
        exchange: The exchange of the client.
        request: The request.
    """
    follow_redirects = exchange.follow_redirects and request.method == "GET"
    try:
        response = yield from exchange.transport.conversation(request, follow_redirects=follow_redirects)
    except OmicsError as error:
        _explain(error, request)
        raise
    if response.status_code >= 300 and request.method != "GET":
        yield Finish(response)
        raise _moved(response)
    return response


# -- raw requests


def raw_request(
    client: clients.Crunch,
    method: Literal["GET", "POST"],
    path: str,
    fields: Mapping[str, Any] | None = None,
    *,
    retry: Retry | None = None,
    on_message: Callable[[str], None] | None = None,
) -> httpx.Response:
    """Send a request that no operation covers.

    Args:
        method: GET, or POST, which is sent once.
        path: The path relative to the site, such as `api/projects/`. The slash at its end, without which a site fails, is added.
        fields: The fields of a form; a None is not sent.
        retry: When to retry; by default as the client does.
        on_message: Called with what is posted, and with the status of the response.

    Returns:
        The response.

    Raises:
        UsageError: A text cannot be sent.
        DecodeError: The response to a POST is not a JSON object.
        APIError: The site refused the request.
        TransportError: The site did not respond.
    """
    before, mark, query = path.removeprefix("/").partition("?")
    path = f"/{before.rstrip('/')}/{mark}{query}"
    facts = OperationFacts(name=f"{method} {path.partition('?')[0]}", method=method, path=path, secured=True)
    requesting = client if retry is None else client.with_options(retry=retry)
    report = on_message if on_message is not None and method == "POST" else _unsaid
    report(f"Posting to {client.base_url}{path} : {dict(fields or {})}")
    body = NO_BODY if fields is None else form_body({name: _sent(value) for name, value in fields.items()})
    try:
        response = exchange_of(requesting).send(request(facts, path, body=body))
    except APIError as error:
        report(f"Response {error.status}: {phrase_of(error.status)}")
        raise
    report(f"Response {response.status_code}: {response.reason_phrase}")
    if method == "POST":
        json_object(response)  # a page for users, such as one to log in, means that nothing was added
    return response


def _unsaid(text: str) -> None:
    """Discard a message."""


def json_object(response: httpx.Response) -> dict[str, Any]:
    """Return a response's JSON object.

    Args:
        response: The response.

    Raises:
        DecodeError: It is something else.
    """
    from omicsdk.core.json_coding import decoded

    method, url = response.request.method, str(response.url)
    try:
        parsed: object = decoded(response.content)
    except ValueError as error:
        raised: OmicsError = not_json(method, url, response.text, str(error), expected="a JSON object")
    else:
        if isinstance(parsed, dict):
            return cast("dict[str, Any]", parsed)
        raised = DecodeError(f"{method} {mask_url(url)}", "", parsed, expected="a JSON object")
    raised.remedy = (
        "The server may not be a crunch site: check CRUNCH_URL, or base_url (--base-url), and the proxy in front of it."
    )
    raise raised


def _sent(value: object) -> object:
    """A field's value in a form: an object with a text form (a Decimal, a path) as that text."""
    if value is None or isinstance(value, bool | int | float) or is_list(value):
        return value
    return str(value)


def checked_slug(slug: str) -> str:
    """Return a slug that can be part of a path.

    Args:
        slug: The slug of a project, dataset or item.

    Raises:
        UsageError: It is empty, or would address something else.
    """
    try:
        segment("the slug", slug)
    except WrongSegment as error:
        raise UsageError(error.message, remedy="Use a slug such as my-project:reads.") from error
    return slug
