"""What clients with a documented interface of their own share: answers as plain JSON, and a response as `requests` has it.

A documented client is a facade over a generated one. Its operations are attributes (`Documented`), driven by the
generated operation and its entry in commands.json; the quirks of the old interfaces stay in the facades.
"""

import json
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Never, Self, TypeVar, cast

from omicsdk.core.paging import content_key, items_at, page_of
from omicsdk.core.request import URI_LIST, Paging
from omicsdk.core.streaming import Body

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.client import Client
    from omicsdk.core.operation import AsyncOperation, Operation

T = TypeVar("T")


class DocumentedResponse:
    """An answer with the names that `requests` gave it.

    Attributes:
        status_code: HTTP status.
        reason: The status in words.
        ok: Whether the status is below 400.
        headers: Headers, looked up without regard to case.
        content: The body's bytes.
        text: The body as text.
        url: Where it came from.
        request: The request that was sent.
    """

    def __init__(self, response: "httpx.Response") -> None:
        self._response = response
        self.status_code = response.status_code
        self.reason = response.reason_phrase
        self.ok = response.status_code < 400
        self.headers = response.headers
        self.url = str(response.url)
        self.request = response.request

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return self._response.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self._response.text

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It isn't JSON.
        """
        return self._response.json()

    def raise_for_status(self) -> None:
        """Nothing: an error status was raised before this object was made."""

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


class DocumentedBody:
    """A streamed answer: `read(n)`, `iter_bytes()`, `iter_content(n)`, and `raw.read(n)` as documented."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.status_code = body.status_code
        self.headers = body.headers
        self.read = body.read
        self.iter_bytes = body.iter_bytes

    @property
    def raw(self) -> Self:
        """Itself: the documented examples read `.raw`."""
        return self

    def iter_content(self, chunk_size: int = 1) -> Iterator[bytes]:
        """The bytes in chunks of `chunk_size`."""
        return self._body.iter_bytes(chunk_size)


@cache
def _parameters(package: str) -> dict[str, dict[str, str]]:
    """Python name to type of every parameter, by operation, of a generated package."""
    file = Path(str(sys.modules[package].__file__)).with_name("commands.json")
    commands: list[dict[str, Any]] = json.loads(file.read_bytes())
    return {entry["name"]: {each["python"]: each["type"] for each in entry["parameters"]} for entry in commands}


Op = TypeVar("Op", bound="Operation | AsyncOperation")


class DocumentedCall(Generic[Op, T]):
    """What documented operations share, sync and async: from arguments as the documentation has them to a request.

    Args:
        operation: The generated operation.
        ignored: Names of arguments that examples show and the service doesn't have: they are ignored with a warning.
        translate: Makes the documented exception of one of ours, or gives it back as it is.
    """

    def __init__(self, operation: Op, ignored: frozenset[str], translate: Callable[[Exception], Exception]) -> None:
        self._operation = operation
        self._ignored = ignored
        self._translate = translate

    def _check_names(self, positional: tuple[object, ...]) -> None:
        if positional:
            name, some = self._operation.facts.name, ", ".join(f"{each}=..." for each in list(self._known())[:2])
            raise TypeError(f"{name}() takes arguments by name, as in {name}({some})")

    def _paging(self) -> Paging:
        paging = self._operation.facts.paging
        if paging is None:
            raise TypeError(f"{self._operation.facts.name}() answers one page; there is nothing to iterate over")
        return paging

    def _plain(self, response: "httpx.Response") -> Any:
        """What an answer says; that of an operation with pages is a page with its list, whatever type it is said to be."""
        paging = self._operation.facts.paging
        if paging is None or response.status_code >= 300:
            return plain_answer(response)
        return page_of(response, content_key(paging, response.headers), self._operation.facts.name)

    def _items(self, response: "httpx.Response") -> list[Any]:
        name, key = self._operation.facts.name, content_key(self._paging(), response.headers)
        return items_at(page_of(response, key, name), key, name)

    def _known(self) -> dict[str, str]:
        package = type(self._operation).__module__.rpartition(".operations")[0]
        return _parameters(package)[self._operation.facts.name]

    def _request(self, arguments: Mapping[str, Any]) -> Any:
        facts = self._operation.facts
        known = self._known()
        given: dict[str, Any] = {}
        for name, value in arguments.items():
            if name in known:
                if value is not None:
                    given[name] = as_typed(value, known[name])
            elif name in self._ignored:
                warnings.warn(f"{facts.name}() has no argument {name!r}; it is ignored", stacklevel=4)
            else:
                near = get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; it takes {', '.join(known) or 'none'}"
                raise TypeError(f"{facts.name}() has no argument {name!r}{hint}")
        try:
            return self._operation.build(**given)
        except TypeError as error:
            raise TypeError(str(error).replace("build()", f"{facts.name}()")) from None


class DocumentedOperation(DocumentedCall["Operation", T]):
    """One operation as a documented client offers it: keyword arguments in, plain JSON out."""

    def __call__(self, *positional: Never, **arguments: Any) -> T:
        """Call the service.

        Returns:
            The JSON answer, bytes where it isn't JSON, the address where that was asked for (`directurl`), None where it is
            empty (304, "nothing has changed", among them); for HEAD a response with headers.

        Raises:
            TypeError: An argument has no name, isn't known or is missing.
        """
        self._check_names(positional)
        with translating(self._translate):
            response = next(self._operation.answers(self._request(arguments)))
        if self._operation.facts.method == "HEAD":
            return cast("T", DocumentedResponse(response))
        return cast("T", self._plain(response))

    def paginate(self, **arguments: Any) -> Iterator[T]:
        """Every page, as it arrives."""
        with translating(self._translate):
            for response in self._operation.answers(self._request(arguments)):
                yield cast("T", self._plain(response))

    def iterate(self, **arguments: Any) -> Iterator[Any]:
        """Every item of every page.

        Raises:
            TypeError: The operation has no pages.
        """
        self._paging()
        with translating(self._translate):
            for response in self._operation.answers(self._request(arguments)):
                yield from self._items(response)

    @contextmanager
    def stream(self, **arguments: Any) -> Generator[DocumentedBody]:
        """The answer's bytes as they arrive, in a `with` block."""
        with translating(self._translate):
            opened: AbstractContextManager[Body] = self._operation.streamed(self._request(arguments))
            with opened as body:
                yield DocumentedBody(body)


@contextmanager
def translating(translate: Callable[[Exception], Exception]) -> Generator[None]:
    """Raises what `translate` makes of an error in its place; an error that it gives back as it is stays."""
    try:
        yield
    except Exception as error:
        raised = translate(error)
        if raised is error:
            raise
        raise raised from error


def as_typed(value: Any, kind: str) -> Any:
    """A number that was given as a string, as a number; anything else as it is.

    Args:
        value: What was given.
        kind: The parameter's type: `integer` and `number` are numbers.
    """
    if isinstance(value, str) and kind in ("integer", "number"):
        try:
            return int(value) if kind == "integer" else float(value)
        except ValueError:
            return value
    return value


def plain_answer(response: "httpx.Response") -> Any:
    """JSON where the answer says that it is, an address as text, else its bytes; None where it is empty."""
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        return response.json()
    if response.headers.get("content-type") == URI_LIST:
        return response.text
    return response.content


class DocumentedClient:
    """Base of documented clients: holds the generated client and turns its errors into the documented ones.

    Args:
        api: The generated client; closed with this one.
    """

    def __init__(self, api: "Client") -> None:
        self._api = api

    def operation(self, name: str, ignored: frozenset[str] = frozenset()) -> DocumentedOperation[Any]:
        """One operation of the service by its documented name.

        Args:
            name: The operation, such as `get_bundle`.
            ignored: Names of arguments that it doesn't have, and that are ignored with a warning; by default none.
        """
        return DocumentedOperation(getattr(self._api, name), ignored, self.documented_error)

    def documented_error(self, error: Exception) -> Exception:
        """The documented exception for one of ours; a facade whose documentation names some overrides it."""
        return error

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
