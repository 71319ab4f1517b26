"""Requests by their path and method, as scripts make them that call the platform where no class of resources does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from omicsdk.core.request import Request

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.answers import Response


@dataclass(frozen=True, slots=True)
class StreamedRequest(Request):
    """A request whose good answer is handed over before its body is read, whoever sends it again."""

    @classmethod
    def of(cls, request: Request) -> StreamedRequest:
        """Takes over a request.

        Args:
            request: The request.
        """
        return cls(**{each.name: getattr(request, each.name) for each in fields(request)})


class Verbs(ABC):
    """GET, POST, PUT, PATCH and DELETE of any path."""

    @abstractmethod
    def send(self, request: Request) -> Response:
        """Sends a request."""

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        append_base: bool = True,
        stream: bool = False,
    ) -> Response:
        """Sends a GET request.

        Args:
            url: A path below the base URL, or a whole URL where `append_base` is False.
            headers: Headers.
            params: Query parameters; None leaves one out.
            data: The body, a JSON value.
            append_base: Whether `url` is a path.
            stream: Whether the body is read as it is asked for, by `iter_content`, `raw.read` or `content`, and never held
                otherwise. `close()` it, or use it in a `with` block, where it isn't read to its end.

        Returns:
            The answer.

        Raises:
            SbgError: The platform answered with an error, or didn't.
        """
        return self._request("GET", url, headers, params, data, append_base, stream=stream)

    def post(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        append_base: bool = True,
    ) -> Response:
        """Sends a POST request; arguments and errors as those of `get`."""
        return self._request("POST", url, headers, params, data, append_base)

    def put(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        append_base: bool = True,
    ) -> Response:
        """Sends a PUT request; arguments and errors as those of `get`."""
        return self._request("PUT", url, headers, params, data, append_base)

    def patch(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        append_base: bool = True,
    ) -> Response:
        """Sends a PATCH request; arguments and errors as those of `get`."""
        return self._request("PATCH", url, headers, params, data, append_base)

    def delete(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        append_base: bool = True,
    ) -> Response:
        """Sends a DELETE request; arguments and errors as those of `get`."""
        return self._request("DELETE", url, headers, params, None, append_base)

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        params: Mapping[str, Any] | None,
        data: Any,
        append_base: bool,
        *,
        stream: bool = False,
    ) -> Response:
        from omicsdk.core.bodies import NO_BODY, json_body
        from omicsdk.core.request import OperationFacts, query_text, request

        path = f"/{url.lstrip('/')}" if append_base else url
        text = query_text(tuple((params or {}).items()))
        built = request(
            OperationFacts(method.lower(), method, path, secured=True),
            f"{path}{'&' if '?' in path else '?'}{text}" if text else path,
            headers=tuple((headers or {}).items()),
            body=NO_BODY if data is None else json_body(data),
        )
        return self.send(StreamedRequest.of(built) if stream else built)
