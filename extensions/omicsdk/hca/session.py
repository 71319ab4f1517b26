"""What the documented clients call a session: plain requests to a service, over the client's own connections."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.bodies import NO_BODY, json_body
from omicsdk.core.documented.client import DocumentedResponse, translating
from omicsdk.core.request import OperationFacts, query_text, request

if TYPE_CHECKING:
    from omicsdk.core.sending.transport import Transport


class Session:
    """Sends requests and gives their answers under the names that `requests` has for them.

    Credentials go to the client's own service only, however a URL or a redirect is written. An answer with an error
    status is raised, after the retries.

    Args:
        transport: What sends.
        translate: Makes the documented exception of an error.
    """

    def __init__(self, transport: "Transport", translate: Callable[[Exception], Exception]) -> None:
        self._transport = transport
        self._translate = translate

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> DocumentedResponse:
        """Send a request.

        Args:
            method: GET, POST and the like.
            url: Where to; absolute, or a path below the service's address.
            params: Query parameters.
            json: What goes along as JSON; None sends no body.
            headers: Headers beside those of the client.

        Raises:
            SwaggerAPIException: No answer, or one with an error status.
        """
        facts = OperationFacts(name="", method=method.upper(), path=url, accept="*/*")
        query = query_text(tuple((params or {}).items()))
        path = url if url.startswith(("http://", "https://", "/")) else f"/{url}"
        target = f"{path}{'&' if '?' in path else '?'}{query}" if query else path
        body = NO_BODY if json is None else json_body(json)
        made = request(facts, target, headers=list((headers or {}).items()), body=body)
        with translating(self._translate):
            return DocumentedResponse(self._transport.send(made))

    def get(self, url: str, **options: Any) -> DocumentedResponse:
        """A GET; options as `request`'s."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> DocumentedResponse:
        """A HEAD; options as `request`'s."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, **options: Any) -> DocumentedResponse:
        """A POST; options as `request`'s."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> DocumentedResponse:
        """A PUT; options as `request`'s."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> DocumentedResponse:
        """A PATCH; options as `request`'s."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> DocumentedResponse:
        """A DELETE; options as `request`'s."""
        return self.request("DELETE", url, **options)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __repr__(self) -> str:
        return f"<Session of {self._transport.base_url}>"
