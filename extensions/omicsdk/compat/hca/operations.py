"""Operations of the hca clients: class attributes with keyword arguments and plain JSON results."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar, cast, overload

from omicsdk.compat.responses import DocumentedBody, DocumentedResponse, translating
from omicsdk.core.checked_json import page_of
from omicsdk.core.likeness import nearest
from omicsdk.core.page_items import content_key, items_at
from omicsdk.core.request import URI_LIST, Paging
from omicsdk.core.response import json_of
from omicsdk.core.streaming import body_of

if TYPE_CHECKING:
    import httpx

    from omicsdk.compat.hca.util import SwaggerClient
    from omicsdk.core.operation import Call

T = TypeVar("T")


@cache
def _parameters(package: str) -> dict[str, dict[str, str]]:
    """Return the type of every parameter of a generated package, by operation and Python name."""
    from importlib.resources import files

    commands: list[dict[str, Any]] = json.loads(files(package).joinpath("commands.json").read_bytes())
    return {
        entry["name"]: {parameter["python"]: parameter["type"] for parameter in entry["parameters"]}
        for entry in commands
    }


class DocumentedOperation(Generic[T]):
    """Operation of a documented client: keyword arguments in, plain JSON out.

    Args:
        operation: The generated operation.
        ignored: Names of arguments that examples show and the service does not have: they are ignored with a warning.
        translate: Makes the documented exception of one of ours, or returns it as it is.
        requests: Makes several requests of one call, given the function of one request and the arguments; by default one.
    """

    def __init__(
        self,
        operation: Call[..., Any, Any],
        ignored: frozenset[str],
        translate: Callable[[Exception], Exception],
        requests: Callable[[Callable[..., Any], dict[str, Any]], Any] | None = None,
    ) -> None:
        self._operation = operation
        self._ignored = ignored
        self._translate = translate
        self._requests = requests

    def __call__(self, *positional: Never, **arguments: Any) -> T:
        """Call the service.

        Returns:
            The JSON response, bytes where it is not JSON, the address where that was requested (`directurl`), None if it
            is empty (304, "nothing has changed", among them); for HEAD a response with headers.

        Raises:
            TypeError: An argument has no name, is not known or is missing.
        """
        self._check_names(positional)
        return self._once(**arguments) if self._requests is None else self._requests(self._once, arguments)

    def _once(self, **arguments: Any) -> T:
        with translating(self._translate):
            response = next(self._operation.responses(self._request(arguments)))
        if self._operation.facts.method == "HEAD":
            return cast("T", DocumentedResponse(response))
        return cast("T", self._plain(response))

    def paginate(self, **arguments: Any) -> Iterator[T]:
        """Iterate over pages as they arrive."""
        with translating(self._translate):
            for response in self._responses(arguments):
                yield cast("T", self._plain(response))

    def _responses(self, arguments: Mapping[str, Any]) -> Iterator[httpx.Response]:
        return self._operation.responses(self._request(arguments))

    @property
    def iterate(self) -> Callable[..., Iterator[Any]]:
        """Function that iterates over the items of all pages.

        Raises:
            AttributeError: The operation has no pages.
        """
        self._paging()
        return self._iterate

    def _iterate(self, **arguments: Any) -> Iterator[Any]:
        with translating(self._translate):
            for response in self._responses(arguments):
                yield from self._items(response)

    @contextmanager
    def stream(self, **arguments: Any) -> Generator[DocumentedBody]:
        """Stream the response's bytes, in a `with` block."""
        with translating(self._translate):
            request = self._request(arguments)
            with ExitStack() as opened:
                body = opened.enter_context(body_of(self._operation, request))
                yield DocumentedBody(body, opened.close, request)

    def _check_names(self, positional: tuple[object, ...]) -> None:
        if positional:
            name, some = (
                self._operation.facts.name,
                ", ".join(f"{argument}=..." for argument in list(self._parameter_names())[:2]),
            )
            raise TypeError(f"{name}() takes arguments by name, as in {name}({some})")

    def _paging(self) -> Paging:
        paging = self._operation.facts.paging
        if paging is None:
            raise AttributeError(f"{self._operation.facts.name}() returns a single page, and cannot be iterated")
        return paging

    def _plain(self, response: httpx.Response) -> Any:
        """Return the value of a response; for an operation with pages always a page with its list."""
        paging = self._operation.facts.paging
        # Such as 304, which has no page.
        if paging is None or response.status_code >= 300:
            return plain_response(response)
        return page_of(response, content_key(paging, response.headers), self._operation.facts.name)

    def _items(self, response: httpx.Response) -> list[Any]:
        name, key = self._operation.facts.name, content_key(self._paging(), response.headers)
        return items_at(page_of(response, key, name), key, name)

    def _parameter_names(self) -> dict[str, str]:
        package = self._operation.__module__.rpartition(".operations")[0]
        return _parameters(package)[self._operation.facts.name]

    def _request(self, arguments: Mapping[str, Any]) -> Any:
        facts = self._operation.facts
        parameter_types = self._parameter_names()
        typed_arguments: dict[str, Any] = {}
        for name, value in arguments.items():
            if name in parameter_types:
                if value is not None:
                    typed_arguments[name] = as_typed(value, parameter_types[name])
            elif name in self._ignored:
                # Called by `_once` or `_responses`, and those by a method that a program calls.
                warnings.warn(f"{facts.name}() has no argument {name!r}; it is ignored", stacklevel=4)
            else:
                near = nearest(name, parameter_types)
                hint = f"; did you mean {near[0]!r}?" if near else f"; it takes {', '.join(parameter_types) or 'none'}"
                raise TypeError(f"{facts.name}() has no argument {name!r}{hint}")
        try:
            return self._operation.build(**typed_arguments)
        except TypeError as error:
            # The program called the operation: it has not heard of `build`.
            raise TypeError(str(error).replace("build()", f"{facts.name}()")) from None


def as_typed(value: Any, kind: str) -> Any:
    """Convert a number that was given as a string; return anything else unchanged.

    Args:
        value: What was given.
        kind: The parameter's type: `integer` and `number` are numbers.
    """
    # The published client puts values into URLs as they are, texts of numbers among them.
    if isinstance(value, str) and kind in ("integer", "number"):
        try:
            return int(value) if kind == "integer" else float(value)
        except ValueError:
            return value
    return value


def plain_response(response: httpx.Response) -> Any:
    """Return a JSON response decoded, a URL as text, any other body as bytes; None if it is empty."""
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        return json_of(response)
    if response.headers.get("content-type") == URI_LIST:
        return response.text
    return response.content


class _OnClass:
    """Operation accessed on the class: raises an error that asks for an instance."""

    def __init__(self, owner: type, name: str) -> None:
        self._name = f"{owner.__name__}.{name}"
        self._hint = f"make a client first: client = {owner.__name__}(); client.{name}(...)"

    def __call__(self, **_: Any) -> Any:
        raise TypeError(f"{self._name} was called on the class; {self._hint}")

    iterate = paginate = stream = __call__


class Documented(Generic[T]):
    """Descriptor of an operation: `get_bundle: Documented[BundlePageDict] = Documented()`.

    Args:
        ignored: Arguments that the documentation shows though the operation has none: ignored with a warning.
    """

    def __init__(self, *ignored: str) -> None:
        self._ignored = frozenset(ignored)
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Any: ...
    @overload
    def __get__(self, instance: SwaggerClient, owner: type) -> DocumentedOperation[T]: ...
    def __get__(self, instance: SwaggerClient | None, owner: type) -> Any:
        if instance is None:
            return _OnClass(owner, self._name)
        return instance.operation(self._name, self._ignored)
