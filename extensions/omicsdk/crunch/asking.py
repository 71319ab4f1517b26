"""Asking a crunch site: what `Connection` sends and gets, with every refusal raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.core.api_errors import not_json
from omicsdk.core.bodies import NO_BODY, Body, form_body
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.documented.client import DocumentedResponse
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
from omicsdk.core.narrowing import is_list
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import OperationFacts, Request, request
from omicsdk.crunch.client import Crunch, token_credentials
from omicsdk.crunch.errors import CrunchAPIException, crunch_error
from omicsdk.crunch.site import site_token, site_url
from omicsdk.crunch.statuses import STATUS_RETRY

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout


class _Site(Crunch):
    """The typed client, with a way for requests that are made by hand."""

    def send(self, request: Request) -> httpx.Response:
        """The answer to a request. Where something is sent a redirect is given back: followed, it would become a GET."""
        return self._exchange.transport.send(request, follow_redirects=request.method == "GET")


class Asking:
    """The base of `omicsdk.crunch.connections.Connection`, which tells what its arguments are."""

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        verbose: bool = False,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        say: Callable[[str], None] = print,
    ) -> None:
        self.base_url = site_url(base_url, environ)
        self.verbose = verbose
        self._token = site_token(token, environ)
        self.say = say
        self._clock = clock
        self._status_retry = retry or STATUS_RETRY
        try:
            self._site = _Site(
                self.base_url,
                credentials=token_credentials(self._token),
                timeout=timeout,
                retry=retry,
                transport=transport,
                environ=environ,
                clock=clock,
            )
        except OmicsError as error:
            raise crunch_error(error) from error

    @property
    def api(self) -> Crunch:
        """The same site as a typed client, over the same connections."""
        return self._site

    @property
    def token(self) -> str:
        """The token that it was made with; a secret. It can't be set: make another Connection."""
        return self._token

    def close(self) -> None:
        """Close the connections."""
        self._site.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Connection {mask_url(self.base_url)}>"

    # -- requests

    def get_headers(self) -> dict[str, str]:
        """The headers that prove who asks, for requests of your own; they hold the token."""
        return {"Authorization": f"Token {self._token}"}

    def absolute_url(self, relative_url: str) -> str:
        """An address of the site.

        Args:
            relative_url: It, relative to the site, such as `api/projects/`; a slash at its beginning makes no difference.
        """
        return f"{self.base_url}/{relative_url.removeprefix('/')}"

    def post(self, /, relative_url: str, **kwargs: Any) -> DocumentedResponse:
        """Post a form.

        Args:
            relative_url: Where to, relative to the site. The slash at its end, without which a site fails, is added.
            kwargs: The form's fields, of any name but `relative_url`. A None isn't sent.

        Returns:
            The answer.

        Raises:
            CrunchAPIException: A text can't be sent (a UsageError), the site refused it, or didn't answer.
        """
        return self._post(relative_url, kwargs)

    def get_request(self, relative_url: str) -> DocumentedResponse:
        """Get an answer of the site.

        Args:
            relative_url: From where, relative to the site; the slash at the path's end is added.

        Returns:
            The answer.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        return self._get(relative_url)

    def get_json_response(self, relative_url: str) -> dict[str, Any]:
        """Get what the site says as JSON.

        Args:
            relative_url: From where, relative to the site; the slash at the path's end is added.

        Returns:
            The JSON object.

        Raises:
            CrunchAPIException: The site refused it, didn't answer, or answered something else than a JSON object.
        """
        return self._object(relative_url)

    def _object(self, relative_url: str, retry: Retry | None = None) -> dict[str, Any]:
        return _object_of("GET", self._get(relative_url, retry))

    def _get(self, relative_url: str, retry: Retry | None = None) -> DocumentedResponse:
        path = _path(relative_url)
        facts = OperationFacts(name=_name("GET", path), method="GET", path=path, secured=True)
        return DocumentedResponse(self._answered(facts, path, retry=retry))

    def _post(self, relative_url: str, fields: Mapping[str, Any], retry: Retry | None = None) -> DocumentedResponse:
        path = _path(relative_url)
        self._tell(f"Posting to {self.base_url}{path} : {dict(fields)}")
        facts = OperationFacts(name=_name("POST", path), method="POST", path=path, secured=True)
        try:
            answer = self._answered(facts, path, _form(fields), retry)
        except CrunchAPIException as error:
            if isinstance(error, ServerError | TransportError) and not isinstance(error, ConnectFailed):
                error.remedy = f"{error.remedy} It may have been added all the same: look before you send it again."
            if error.response is not None:
                self._tell(f"Response {error.response.status_code}: {error.response.reason}")
            raise
        self._tell(f"Response {answer.status_code}: {answer.reason_phrase}")
        made = DocumentedResponse(answer)
        _object_of("POST", made)  # a page for people, such as one to log in, means that nothing was added
        return made

    def _answered(
        self, facts: OperationFacts, path: str, body: Body = NO_BODY, retry: Retry | None = None
    ) -> httpx.Response:
        try:
            site = self._site if retry is None else self._site.with_options(retry=retry)
            answer = site.send(request(facts, path, body=body))
            if answer.status_code < 300:
                return answer
            raise _moved(answer)
        except OmicsError as error:
            raise crunch_error(error) from error

    def _tell(self, line: str) -> None:
        if self.verbose:
            self.say(line)


def _path(relative_url: str) -> str:
    """An address as it is asked for: from the site's root, with a slash at the end of its path."""
    path, mark, query = relative_url.removeprefix("/").partition("?")
    return f"/{path.rstrip('/')}/{mark}{query}"


def _object_of(method: str, response: DocumentedResponse) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError as error:
        raised = not_json(method, response.url, response.text, str(error), expected="a JSON object")
    else:
        if isinstance(found, dict):
            return cast("dict[str, Any]", found)
        raised = DecodeError(f"{method} {mask_url(response.url)}", "", found, expected="a JSON object")
    error = crunch_error(raised)
    error.remedy = (
        "What answers there may be no crunch site: check CRUNCH_URL, or base_url=, and what stands before it."
    )
    raise error


def _name(method: str, path: str) -> str:
    """What errors and logs call a request."""
    return f"{method} {path.partition('?')[0]}"


def _form(fields: Mapping[str, Any]) -> Body:
    try:
        return form_body({name: _sent(value) for name, value in fields.items()})
    except UnicodeEncodeError as error:
        raise crunch_error(
            UsageError(
                f"Half a character (a lone surrogate, {error.object[error.start]!r}) can't be sent",
                remedy="Correct the text. Nothing was sent.",
            )
        ) from error


def _sent(value: object) -> object:
    """A field's value as it goes into a form: what has a text of its own (a Decimal, a path) as that."""
    if value is None or isinstance(value, bool | int | float) or is_list(value):
        return value
    return str(value)


def _moved(answer: httpx.Response) -> APIError:
    """The error for an answer that leads elsewhere."""
    return error_class(answer.status_code)(
        f"The site has moved to {mask_url(answer.headers.get('location', ''))}",
        status=answer.status_code,
        method=answer.request.method,
        url=mask_url(str(answer.request.url)),
        headers=dict(answer.headers),
        remedy="Nothing was sent there: give that address as CRUNCH_URL or base_url.",
    )
