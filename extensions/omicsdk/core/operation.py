"""Operations of a service, each defined once for both kinds of client.

A generated module defines three functions: `build` makes the request from the arguments and has the signature and the
documentation, `parse` reads the response, and `items` finds the items of a page. A descriptor binds them:

    get_bundle = PagedOperation(FACTS, build, parse, items)

As an attribute of a Client it is a `PagedCall`, of an AsyncClient an `AsyncPagedCall` (`omicsdk.core.pages`; operations whose
responses are streamed are in `streaming`, `sequences` and `events`). Its forms (the call itself,
`with_headers`, `raw`, `pages`, `iterate`, `stream`) all accept the arguments of `build` (ParamSpec) and differ in what
they do with the response. `headers=` of the descriptor is the class of the headers that `with_headers` returns. Forms
have comments in place of docstrings, so that editors show the documentation of `build` for each of them.
"""

import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Never, ParamSpec, Self, TypeVar, cast, overload

from omicsdk.core.client import AsyncClient, Bound, Client, Part, Recipe, ResponseCheck, pickled_recipe
from omicsdk.core.json_coding import DECODED
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.request import OperationFacts, Request
from omicsdk.core.response import (
    AsyncExchange,
    Check,
    Exchange,
    Response,
    ResponseHeaders,
    ResponseWithHeaders,
    nothing,
)

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", covariant=True)
A = TypeVar("A", covariant=True)
E = TypeVar("E", Exchange, AsyncExchange)
if TYPE_CHECKING:
    import httpx
    from typing_extensions import TypeVar as TypeVarWithDefault

    H = TypeVarWithDefault("H", bound=ResponseHeaders, default=ResponseHeaders, covariant=True)
else:
    H = TypeVar("H", covariant=True)  # typing has no defaults before Python 3.13


_FORMS = frozenset({"with_headers", "raw", "stream", "pages", "iterate"})


def _wrong_arguments(
    name: str, build: Callable[..., Request], args: Sequence[object], kwargs: Mapping[str, object]
) -> str | None:
    """Return why an operation cannot be called with these arguments, and how it can; None if it can."""
    parameters = inspect.signature(build).parameters
    if args:
        arguments_text = ", ".join(f"{parameter}=..." for parameter in list(parameters)[: len(args)])
        return f"{name}() has no positional arguments" + (f": use {name}({arguments_text})" if arguments_text else "")
    unknown = next((key for key in kwargs if key not in parameters), None)
    if unknown is not None:
        message = f"{name}() has no argument {unknown!r}"
        if unknown in inspect.signature(Client.with_options).parameters:
            return f"{message}: use client.with_options({unknown}=...).{name}(...)"
        return ". ".join(filter(None, (message, did_you_mean(unknown, parameters, "{!r}"))))
    required = [key for key, parameter in parameters.items() if parameter.default is parameter.empty]
    missing = [repr(key) for key in required if key not in kwargs]
    if not missing:
        return None
    return f"{name}() missing required argument{'s' if missing[1:] else ''} {' and '.join(missing)}"


class _Signature:
    """`__signature__` of a call and of its forms; computed at first use, since that takes longer than many calls."""

    def __get__(self, call: "_Documented | None", owner: object = None) -> inspect.Signature:
        if call is None:
            raise AttributeError("__signature__")  # of the class: that of its constructor
        signature = inspect.signature(call._build)  # pyright: ignore[reportPrivateUsage] - its own
        return signature.replace(return_annotation=call.__annotations__.get("return", inspect.Signature.empty))


class _Documented:
    """Makes help(), inspect and IPython show a call as a method: name, arguments and documentation of `build`."""

    __signature__ = _Signature()

    def _show(self, name: str, build: Callable[..., Request], returned: Mapping[str, object]) -> None:
        """Copy the name, arguments and documentation of `build`, with another annotation of what is returned."""
        self.__name__, self.__qualname__ = name, name
        self.__module__, self.__doc__, self._build = build.__module__, build.__doc__, build
        self.__annotations__ = {**build.__annotations__, **returned}

    @property
    def __globals__(self) -> dict[str, Any]:
        """For programs that evaluate annotations: a generated module imports what they name for type checkers alone."""
        package, names = self._build.__globals__["__package__"], set(re.findall(r"\w+", str(self.__annotations__)))
        late = [import_module(name, package) for name in ("..models", "..types", "collections.abc", "typing", "os")]
        return {name: getattr(m, name) for m in late for name in names.intersection(dir(m))} | self._build.__globals__

    def __get__(self, instance: object, owner: object = None) -> Self:
        return self  # it is bound already; pydoc treats an object with this method as a routine


class _Form(_Documented):
    """One form of a call, such as `raw`, with its signature."""

    def __init__(self, call: "AnyCall[..., Any, Any, Any]", function: Callable[..., Any]) -> None:
        self._function = function
        self._called = call
        self._show(f"{call.__name__}.{function.__name__}", call.build, {"return": "Any"})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(self._called, *args, **kwargs)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return getattr, (self._called, self._function.__name__)

    def __repr__(self) -> str:
        return f"<{self.__qualname__}: {self._called.facts.method} {self._called.facts.path}>"


if TYPE_CHECKING:
    F = TypeVar("F", bound=Callable[..., Any])

    def call_form(function: F) -> F:
        """Make a method show the signature and the documentation of its operation."""
        ...

else:

    class call_form:
        """Make a method show the signature and the documentation of its operation."""

        def __init__(self, function: Callable[..., Any]) -> None:
            self._function = function

        def __get__(self, call: Any, owner: object = None) -> Any:
            return self._function if call is None else _Form(call, self._function)


def _undecoded(response: "httpx.Response") -> "httpx.Response":
    """Return a response without its decoded JSON, which can take ten times the memory of its body."""
    response.extensions.pop(DECODED, None)
    return response


class _NoClient:
    """The exchange of an operation that is read from a client's class."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, _: str) -> Never:
        raise TypeError(f"{self._name} is an operation of a client: create a client and call it there")


class AnyCall(_Documented, Bound, Generic[P, R, E, H]):
    """What calls have in common.

    Attributes:
        facts: The operation's facts besides arguments and responses.
        build: Makes the request from the arguments, without sending it.
        parse: Reads a response.
        headers: Reads a response's headers.
        checks: Compares responses with requests; None if the client does not.
    """

    facts: OperationFacts
    build: Callable[P, Request]
    parse: Callable[[Response], R]
    headers: type[H]
    checks: ResponseCheck | None = None
    check_page: Check | None = None  # of an operation that responds in pages
    _recipe: Recipe | None = None  # not the client: that has its calls, and would outlive its last reference

    def __init__(self, operation: "AnyOperation[P, R, Any, Any, H]", exchange: E | None) -> None:
        vars(self).update(vars(operation))
        self._exchange: E = cast("E", _NoClient(operation.facts.name)) if exchange is None else exchange
        self._show(operation.facts.name, operation.build, {"return": operation.parse.__annotations__["return"]})

    def __repr__(self) -> str:
        return f"<operation {self.__name__}: {self.facts.method} {self.facts.path}>"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        """A call is pickled as that of its client."""
        base_url = cast("Exchange | AsyncExchange", self._exchange).transport.base_url
        return _loaded_call, (pickled_recipe(self, self._recipe, base_url), self.facts.name)

    def shown_as(self, name: str) -> Self:
        """Return a copy that shows another name than the client's attribute.

        Args:
            name: The name.
        """
        copied = object.__new__(type(self))
        vars(copied).update(vars(self), __name__=name, __qualname__=name)
        return copied

    def __dir__(self) -> list[str]:
        """The forms, for completion; the other attributes are those of its implementation."""
        return [name for name in super().__dir__() if name in _FORMS or name.startswith("__")]

    def _request(self, *args: P.args, **kwargs: P.kwargs) -> Request:
        try:
            return self.build(*args, **kwargs)
        except TypeError as error:
            # A TypeError of the call itself has one frame, this one. With more, `build` was entered: the error is about a value.
            entered = error.__traceback__ is not None and error.__traceback__.tb_next is not None
            if entered or (message := _wrong_arguments(self.__name__, self.build, args, kwargs)) is None:
                raise
            raise TypeError(message) from None

    def _with_headers(self, response: Response) -> ResponseWithHeaders[R, H]:
        headers = self.headers(response.headers, self.facts.name, strict=response.strict)
        return ResponseWithHeaders(self.parse(response), headers, response.status)


def _loaded_call(recipe: Recipe, name: str) -> object:
    return getattr(recipe.client(), name)


def exchange_of_call(call: AnyCall[..., Any, E, Any]) -> E:
    """Return what sends a call's requests.

    Args:
        call: The call.

    Raises:
        TypeError: It belongs to no client.
    """
    return call._exchange  # pyright: ignore[reportPrivateUsage] - not among the attributes that editors complete


class Call(AnyCall[P, R, Exchange, H], Generic[P, R, H]):
    """An operation of a Client: calling it sends the request and returns the decoded response."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        request = self._request(*args, **kwargs)
        return self.parse(self._exchange.response(request, self._sent(request), self.check_page))

    @call_form
    def with_headers(self, *args: P.args, **kwargs: P.kwargs) -> ResponseWithHeaders[R, H]:
        # Return the decoded response together with its headers.
        request = self._request(*args, **kwargs)
        return self._with_headers(self._exchange.response(request, self._sent(request), self.check_page))

    @call_form
    def raw(self, *args: P.args, **kwargs: P.kwargs) -> "httpx.Response":
        # Return the whole response as an httpx.Response.
        return _undecoded(self._sent(self._request(*args, **kwargs)))

    def _sent(self, request: Request) -> "httpx.Response":
        response = self._exchange.send(request)
        if self.checks is not None:
            self.checks.check(self.facts, request, response)
        return response

    def responses(self, request: Request) -> Iterator["httpx.Response"]:
        """Yield the response to a request from `build`, and those of the following pages."""
        yield self._sent(request)


class AsyncCall(AnyCall[P, R, AsyncExchange, H], Generic[P, R, H]):
    """An operation of an AsyncClient: calling it sends the request and returns the decoded response."""

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        request = self._request(*args, **kwargs)
        return self.parse(self._exchange.response(request, await self._sent(request), self.check_page))

    @call_form
    async def with_headers(self, *args: P.args, **kwargs: P.kwargs) -> ResponseWithHeaders[R, H]:
        # Return the decoded response together with its headers.
        request = self._request(*args, **kwargs)
        return self._with_headers(self._exchange.response(request, await self._sent(request), self.check_page))

    @call_form
    async def raw(self, *args: P.args, **kwargs: P.kwargs) -> "httpx.Response":
        # Return the whole response as an httpx.Response.
        return _undecoded(await self._sent(self._request(*args, **kwargs)))

    async def _sent(self, request: Request) -> "httpx.Response":
        response = await self._exchange.send(request)
        if self.checks is not None:
            self.checks.check(self.facts, request, response)
        return response

    async def responses(self, request: Request) -> AsyncIterator["httpx.Response"]:
        """Yield the response to a request from `build`, and those of the following pages."""
        yield await self._sent(request)


class AnyOperation(Generic[P, R, S, A, H]):
    """An operation, as an attribute of clients: of type S on a Client, of type A on an AsyncClient."""

    calls: ClassVar[tuple[type[Any], type[Any]]]

    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        *,
        headers: type[H] = ResponseHeaders,
    ) -> None:
        self.facts = facts
        self.build = build
        # That of an operation without content reads nothing, and would accept any page as the success of a deletion.
        self.parse = cast("Callable[[Response], R]", nothing) if parse.__annotations__["return"] == "None" else parse
        self.headers = headers

    @overload
    def __get__(self, client: "Client | Part[Client]", owner: Any) -> S: ...
    @overload
    def __get__(self, client: "AsyncClient | Part[AsyncClient]", owner: Any) -> A: ...
    @overload
    def __get__(self, client: None, owner: type[Client]) -> S: ...
    @overload
    def __get__(self, client: None, owner: type[AsyncClient]) -> A: ...
    def __get__(self, client: Any, owner: Any) -> Any:
        # By the class, not the client, of which there is none where the operation is read from the class.
        kind = self.calls[issubclass(owner, AsyncClient)]
        if client is None:
            return kind(self, None)
        call = kind(self, client._exchange)
        call.checks, call._recipe = client._checks, client._recipe
        # Two threads may both make one; either is right.
        vars(client)[self.facts.name] = call  # which is found before this descriptor from now on
        return call


class Operation(AnyOperation[P, R, Call[P, R, H], AsyncCall[P, R, H], H], Generic[P, R, H]):
    """An operation, as an attribute of clients.

    Args:
        facts: The operation's facts besides arguments and responses.
        build: Makes the request from the arguments; its signature and documentation are those of every form.
        parse: Reads a response.
        headers: The headers that the document declares for responses.
    """

    calls = (Call, AsyncCall)
