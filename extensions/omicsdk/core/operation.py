"""Operations of a service, each defined once for both kinds of client.

A generated module defines three functions: `build` makes the request from the arguments and has the signature and the
documentation, `parse` reads the response, and `items` finds the items of a page. A descriptor binds them:

    get_bundle = PagedOperation(FACTS, build, parse, items)

As an attribute of a Client it is a `PagedCall`, of an AsyncClient an `AsyncPagedCall`. Its forms (the call itself,
`with_headers`, `raw`, `pages`, `iterate`, `stream`) all accept the arguments of `build` (ParamSpec) and differ in what
they do with the response. `headers=` of the descriptor is the class of the headers that `with_headers` returns. Forms
have comments in place of docstrings, so that editors show the documentation of `build` for each of them.
"""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, Self, TypeVar, overload

from omicsdk.core.bodies import plain
from omicsdk.core.client import (
    EVENTS,
    AsyncBody,
    AsyncClient,
    AsyncExchange,
    Body,
    Bound,
    Client,
    Exchange,
    Frames,
    ResponseCheck,
    are_events,
)
from omicsdk.core.errors import DecodeError, TransportError
from omicsdk.core.events import Event, Resumption, event_of
from omicsdk.core.model import ANY
from omicsdk.core.omit import OMIT
from omicsdk.core.page_breaks import page_break
from omicsdk.core.paging import alternatives, content_key, items_at, next_request
from omicsdk.core.request import OperationFacts, Request
from omicsdk.core.response import DECODED, Response, ResponseHeaders, ResponseWithHeaders
from omicsdk.core.sending.transport import Outgoing

if TYPE_CHECKING:
    import httpx

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")
S = TypeVar("S", covariant=True)
A = TypeVar("A", covariant=True)
E = TypeVar("E", Exchange, AsyncExchange)
if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    H = TypeVarWithDefault("H", bound=ResponseHeaders, default=ResponseHeaders, covariant=True)
else:
    H = TypeVar("H", covariant=True)  # typing has no defaults before Python 3.13


class Items(Iterator[Item]):
    """Items of pages or of a sequence, as they arrive; a page is requested when its first item is needed."""

    def __init__(self, items: Iterator[Item], operation: str) -> None:
        self._items = items
        self._operation = operation

    def __repr__(self) -> str:
        return f"<items of {self._operation}, as they arrive>"

    def __next__(self) -> Item:
        return next(self._items)

    def take(self, n: int) -> Iterator[Item]:
        """Return the next items, without requesting further pages.

        Args:
            n: Maximum number of items, from 0.

        Raises:
            ValueError: The number is negative.
        """
        return islice(self._items, n)


class AsyncItems(AsyncIterator[Item]):
    """Items of pages or of a sequence, as they arrive; a page is requested when its first item is needed."""

    def __init__(self, items: AsyncIterator[Item], operation: str) -> None:
        self._items = items
        self._operation = operation

    def __repr__(self) -> str:
        return f"<items of {self._operation}, as they arrive>"

    async def __anext__(self) -> Item:
        return await anext(self._items)

    def take(self, n: int) -> AsyncIterator[Item]:
        """Return the next items, without requesting further pages.

        Args:
            n: Maximum number of items, from 0.

        Raises:
            ValueError: The number is negative.
        """
        if n < 0:
            raise ValueError(f"take({n}): a number of items cannot be negative")
        return self._take(n)

    async def _take(self, n: int) -> AsyncIterator[Item]:
        while n > 0:
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                return
            n -= 1
            yield item


NO_CONTENT = 204

_FORMS = frozenset({"with_headers", "raw", "stream", "pages", "iterate"})


def _wrong_arguments(
    name: str, build: Callable[..., Request], args: Sequence[object], kwargs: Mapping[str, object]
) -> str | None:
    """Return why an operation cannot be called with these arguments, and how it can; None if it can."""
    parameters = inspect.signature(build).parameters
    if args:
        listed = ", ".join(f"{parameter}=..." for parameter in list(parameters)[: len(args)])
        return f"{name}() has no positional arguments" + (f": use {name}({listed})" if listed else "")
    unknown = next((key for key in kwargs if key not in parameters), None)
    if unknown is not None:
        message = f"{name}() has no argument {unknown!r}"
        if unknown in inspect.signature(Client.with_options).parameters:
            return f"{message}: use client.with_options({unknown}=...).{name}(...)"
        from difflib import get_close_matches

        close = get_close_matches(unknown, parameters, 1)
        return f"{message}. Did you mean {close[0]!r}?" if close else message
    required = [key for key, parameter in parameters.items() if parameter.default is parameter.empty]
    missing = [repr(key) for key in required if key not in kwargs]
    if not missing:
        return None
    return f"{name}() missing required argument{'s' if missing[1:] else ''} {' and '.join(missing)}"


class _Signature:
    """`__signature__` of a call and of its forms; computed at first use, since that takes longer than many calls."""

    def __get__(self, shown: "_Shown | None", owner: object = None) -> inspect.Signature:
        if shown is None:
            raise AttributeError("__signature__")  # of the class: that of its constructor
        return shown._signature()  # pyright: ignore[reportPrivateUsage] - its own


class _Shown:
    """Makes help(), inspect and IPython show a call as a method: name, arguments and documentation of `build`."""

    __signature__ = _Signature()
    __name__: str
    __qualname__: str

    def _show(self, name: str, build: Callable[..., Request], parse: Callable[[Response], Any] | None) -> None:
        """Copy the name, arguments and documentation of `build`, with the return type of `parse` unless another is
        given.
        """
        self.__name__, self.__qualname__ = name, name
        self.__module__, self.__doc__ = build.__module__, build.__doc__
        self._shown = build, parse

    def _signature(self) -> inspect.Signature:
        build, parse = self._shown
        returned = inspect.Signature.empty if parse is None else inspect.signature(parse).return_annotation
        return inspect.signature(build).replace(return_annotation=returned)

    def __get__(self, instance: object, owner: object = None) -> Self:
        return self  # it is bound already; pydoc treats an object with this method as a routine


class _Form(_Shown):
    """One form of a call, such as `raw`, with its signature."""

    def __init__(self, call: "_Call[..., Any, Any]", function: Callable[..., Any]) -> None:
        self._function = function
        self._called = call
        self._show(f"{call.facts.name}.{function.__name__}", call.build, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(self._called, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self.__qualname__}: {self._called.facts.method} {self._called.facts.path}>"


if TYPE_CHECKING:
    F = TypeVar("F", bound=Callable[..., Any])

    def _form(function: F) -> F:
        """Make a method show the signature and the documentation of its operation."""
        ...

else:

    class _form:
        """Make a method show the signature and the documentation of its operation."""

        def __init__(self, function: Callable[..., Any]) -> None:
            self._function = function
            self.__doc__ = function.__doc__

        def __get__(self, call: Any, owner: object = None) -> Any:
            return self._function if call is None else _Form(call, self._function)


def _items_of(
    facts: OperationFacts,
    response: Response,
    parse: Callable[[Response], R],
    items: Callable[[R], Sequence[Item] | None],
) -> Sequence[Item]:
    """Return a page's items: typed at the document's place, as plain JSON if the server names another key."""
    assert facts.paging is not None
    key = content_key(facts.paging, response.headers)
    if key == facts.paging.items or key in alternatives(facts.paging.items):
        return items(parse(response)) or ()  # none: a response without a body, such as a redirect that is not followed
    return response.json(lambda page: items_at(page, key, facts.name), ANY)


def _undecoded(response: "httpx.Response") -> "httpx.Response":
    """Return a response without its decoded JSON, which can take ten times the memory of its body."""
    response.extensions.pop(DECODED, None)
    return response


class _Call(_Shown, Bound, Generic[P, R, E, H]):
    """What calls have in common.

    Attributes:
        facts: The operation's facts besides arguments and responses.
        build: Makes the request from the arguments, without sending it.
        parse: Reads a response.
        headers: Reads a response's headers.
        checks: Compares responses with requests; None if the client does not.
    """

    checks: ResponseCheck | None = None

    def __init__(self, operation: "_Operation[P, R, Any, Any, H]", exchange: E | None) -> None:
        self.facts, self.build, self.parse = operation.facts, operation.build, operation.parse
        self.headers = operation.headers
        self._way = exchange
        self._show(operation.facts.name, operation.build, operation.parse)

    @property
    def _exchange(self) -> E:
        if self._way is None:
            raise TypeError(f"{self.facts.name} is an operation of a client: create a client and call it there")
        return self._way

    def __repr__(self) -> str:
        return f"<operation {self.facts.name}: {self.facts.method} {self.facts.path}>"

    def __dir__(self) -> list[str]:
        """The forms, for completion; the other attributes are those of its implementation."""
        return [name for name in super().__dir__() if name in _FORMS or name.startswith("__")]

    def _request(self, *args: P.args, **kwargs: P.kwargs) -> Request:
        try:
            return self.build(*args, **kwargs)
        except TypeError as error:
            entered = error.__traceback__ is not None and error.__traceback__.tb_next is not None
            if entered or (message := _wrong_arguments(self.facts.name, self.build, args, kwargs)) is None:
                raise
            raise TypeError(message) from None

    def _streaming(self, switch: Sequence[str], *args: P.args, **kwargs: P.kwargs) -> Request:
        """Return the request with the argument, or the field of its body, that makes the service stream."""
        given: dict[str, Any] = dict(kwargs)
        if len(switch) == 1:
            given[switch[0]] = True
        elif switch and (body := given.get(switch[0], OMIT)) is not OMIT:
            given[switch[0]] = {**plain(body, sent=True), switch[1]: True}
        request: Callable[..., Request] = self._request
        return request(*args, **given)

    def _event(self, body: Body | AsyncBody, content: bytes, item: Callable[[Response], Item]) -> Event[Item]:
        """Return an event, its data read as a separate response."""
        return event_of(self.facts.name, content, lambda data: item(self._item_response(body, data)))

    def _checked(self, request: Request, response: "httpx.Response") -> "httpx.Response":
        if self.checks is not None:
            self.checks.check(self.facts, request, response)
        return response

    def _check_headers(self, request: Request, body: Body | AsyncBody) -> None:
        if self.checks is not None:
            self.checks.check_headers(self.facts, request, body.headers)

    def _response(self, request: Request, response: "httpx.Response") -> Response:
        return self._exchange.response(request, response, self.facts.paging)

    def _with_headers(self, response: Response) -> ResponseWithHeaders[R, H]:
        headers = self.headers(response.headers, self.facts.name, strict=response.strict)
        return ResponseWithHeaders(self.parse(response), headers, response.status)

    def _frames(self, body: Body | AsyncBody, media_type: str, last_id: str = "") -> Frames:
        """Return what splits a response into items.

        Raises:
            DecodeError: Only one of the requested and the received media type is a stream of events, whose items differ.
        """
        received = body.headers.get("content-type", "")
        if are_events(received) != are_events(media_type):
            raise DecodeError(self.facts.name, "Content-Type", received, expected=media_type)
        return Frames(received, self._exchange.transport.response_limit, last_id)

    def _item_response(self, body: Body | AsyncBody, content: bytes) -> Response:
        """Return an item as a separate response."""
        strict = self._exchange.strict
        return Response(self.facts.name, body.status_code, body.headers, content, strict=strict, url=body.url)


class Call(_Call[P, R, Exchange, H], Generic[P, R, H]):
    """An operation of a Client: calling it sends the request and returns the decoded response."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        request = self._request(*args, **kwargs)
        return self.parse(self._response(request, self._sent(request)))

    @_form
    def with_headers(self, *args: P.args, **kwargs: P.kwargs) -> ResponseWithHeaders[R, H]:
        # Return the decoded response together with its headers.
        request = self._request(*args, **kwargs)
        return self._with_headers(self._response(request, self._sent(request)))

    @_form
    def raw(self, *args: P.args, **kwargs: P.kwargs) -> "httpx.Response":
        # Return the whole response as an httpx.Response.
        return _undecoded(self._sent(self._request(*args, **kwargs)))

    def _sent(self, request: Request) -> "httpx.Response":
        return self._checked(request, self._exchange.send(request))

    @contextmanager
    def streamed(self, request: Request) -> Generator[Body]:
        """Yield the bytes of the response to a request from `build`, as they arrive."""
        with self._exchange.streamed(request) as body:
            self._check_headers(request, body)
            yield body

    def responses(self, request: Request) -> Iterator["httpx.Response"]:
        """Yield the response to a request from `build`, and those of the following pages."""
        following: Request | None = request
        while following is not None:
            response = self._sent(following)
            yield response
            following = next_request(self.facts.paging, following, str(response.url), response.headers, response.json)
            page_break()

    def outgoing(self, request: Request) -> Outgoing | None:
        """Return a request from `build` as it would be sent, for another sender; see `Transport.outgoing`."""
        return self._exchange.transport.outgoing(request)


class AsyncCall(_Call[P, R, AsyncExchange, H], Generic[P, R, H]):
    """An operation of an AsyncClient: calling it sends the request and returns the decoded response."""

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        request = self._request(*args, **kwargs)
        return self.parse(self._response(request, await self._sent(request)))

    @_form
    async def with_headers(self, *args: P.args, **kwargs: P.kwargs) -> ResponseWithHeaders[R, H]:
        # Return the decoded response together with its headers.
        request = self._request(*args, **kwargs)
        return self._with_headers(self._response(request, await self._sent(request)))

    @_form
    async def raw(self, *args: P.args, **kwargs: P.kwargs) -> "httpx.Response":
        # Return the whole response as an httpx.Response.
        return _undecoded(await self._sent(self._request(*args, **kwargs)))

    async def _sent(self, request: Request) -> "httpx.Response":
        return self._checked(request, await self._exchange.send(request))

    @asynccontextmanager
    async def streamed(self, request: Request) -> AsyncGenerator[AsyncBody]:
        """Yield the bytes of the response to a request from `build`, as they arrive."""
        async with self._exchange.streamed(request) as body:
            self._check_headers(request, body)
            yield body

    async def responses(self, request: Request) -> AsyncIterator["httpx.Response"]:
        """Yield the response to a request from `build`, and those of the following pages."""
        following: Request | None = request
        while following is not None:
            response = await self._sent(following)
            yield response
            following = next_request(self.facts.paging, following, str(response.url), response.headers, response.json)


class StreamCall(Call[P, R, H], Generic[P, R, H]):
    """An operation of a Client whose responses are bytes of any length."""

    @_form
    def stream(self, *args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[Body]:
        # Return the response's bytes as they arrive, in a `with` block.
        return self.streamed(self._request(*args, **kwargs))


class AsyncStreamCall(AsyncCall[P, R, H], Generic[P, R, H]):
    """An operation of an AsyncClient whose responses are bytes of any length."""

    @_form
    def stream(self, *args: P.args, **kwargs: P.kwargs) -> AbstractAsyncContextManager[AsyncBody]:
        # Return the response's bytes as they arrive, in an `async with` block.
        return self.streamed(self._request(*args, **kwargs))


class ItemStreamCall(StreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client whose response is a sequence of items, each read as it arrives.

    Attributes:
        item: Reads one item from a separate response.
    """

    def __init__(self, operation: "ItemStreamOperation[P, R, Item, H]", exchange: Exchange | None) -> None:
        super().__init__(operation, exchange)
        self.item = operation.item
        self._media_type = operation.media_type
        self._switch = operation.switch

    @_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> Items[Item]:
        # Iterate over the items as they arrive.
        request = self._streaming(self._switch, *args, **kwargs)
        return Items(self._items(request.for_items(self._media_type)), self.facts.name)

    def _items(self, request: Request) -> Iterator[Item]:
        with self.streamed(request) as body:
            frames = self._frames(body, self._media_type)
            for piece in body.arriving():
                for content in frames.feed(piece):
                    yield self.item(self._item_response(body, content))
            for content in frames.end():
                yield self.item(self._item_response(body, content))


class AsyncItemStreamCall(AsyncStreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient whose response is a sequence of items, each read as it arrives.

    Attributes:
        item: Reads one item from a separate response.
    """

    def __init__(self, operation: "ItemStreamOperation[P, R, Item, H]", exchange: AsyncExchange | None) -> None:
        super().__init__(operation, exchange)
        self.item = operation.item
        self._media_type = operation.media_type
        self._switch = operation.switch

    @_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[Item]:
        # Iterate over the items as they arrive.
        request = self._streaming(self._switch, *args, **kwargs)
        return AsyncItems(self._items(request.for_items(self._media_type)), self.facts.name)

    async def _items(self, request: Request) -> AsyncIterator[Item]:
        async with self.streamed(request) as body:
            frames = self._frames(body, self._media_type)
            async for piece in body.arriving():
                for content in frames.feed(piece):
                    yield self.item(self._item_response(body, content))
            for content in frames.end():
                yield self.item(self._item_response(body, content))


class EventStreamCall(StreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client whose response is an event stream.

    Attributes:
        item: Reads the data of an event from a separate response.
    """

    def __init__(self, operation: "_EventStreamOperation[P, R, Item, Any, Any, H]", exchange: Exchange | None) -> None:
        super().__init__(operation, exchange)
        self.item = operation.item
        self._switch = operation.switch

    @_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> Items[Event[Item]]:
        # Iterate over the events as they arrive.
        request = self._streaming(self._switch, *args, **kwargs)
        return Items(self._events(request.for_items(EVENTS)), self.facts.name)

    def _events(self, request: Request) -> Iterator[Event[Item]]:
        transport = self._exchange.transport
        resumption = Resumption(request, transport.retry.attempts)
        while True:
            try:
                with self.streamed(resumption.request()) as body:
                    if body.status_code == NO_CONTENT:
                        return  # WHATWG HTML: no reconnection is wanted
                    frames = self._frames(body, EVENTS, resumption.last_id)
                    for piece in body.arriving():
                        for content in frames.feed(piece):
                            event = self._event(body, content, self.item)
                            resumption.received(event)
                            yield event
                return
            except TransportError as error:
                seconds = resumption.wait(error)
            transport.clock.sleep(seconds)


class AsyncEventStreamCall(AsyncStreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient whose response is an event stream.

    Attributes:
        item: Reads the data of an event from a separate response.
    """

    def __init__(
        self, operation: "_EventStreamOperation[P, R, Item, Any, Any, H]", exchange: AsyncExchange | None
    ) -> None:
        super().__init__(operation, exchange)
        self.item = operation.item
        self._switch = operation.switch

    @_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[Event[Item]]:
        # Iterate over the events as they arrive.
        request = self._streaming(self._switch, *args, **kwargs)
        return AsyncItems(self._events(request.for_items(EVENTS)), self.facts.name)

    async def _events(self, request: Request) -> AsyncIterator[Event[Item]]:
        transport = self._exchange.transport
        resumption = Resumption(request, transport.retry.attempts)
        while True:
            try:
                async with self.streamed(resumption.request()) as body:
                    if body.status_code == NO_CONTENT:
                        return  # WHATWG HTML: no reconnection is wanted
                    frames = self._frames(body, EVENTS, resumption.last_id)
                    async for piece in body.arriving():
                        for content in frames.feed(piece):
                            event = self._event(body, content, self.item)
                            resumption.received(event)
                            yield event
                return
            except TransportError as error:
                seconds = resumption.wait(error)
            await transport.clock.async_sleep(seconds)


class UseIterateOrStream:
    """The type of a plain call of an endless stream: type checkers name it when they report the call."""


def _endless(call: "_Call[..., Any, Any, Any]") -> TypeError:
    name = call.facts.name
    return TypeError(f"{name}() returns a stream without an end: use {name}.iterate(...), or {name}.stream(...)")


class EndlessStreamCall(EventStreamCall[P, R, Item, H], Generic[P, R, Item, H]):
    """An operation of a Client whose response is nothing but an event stream; a plain call would not return."""

    if TYPE_CHECKING:
        __call__: UseIterateOrStream  # pyright: ignore[reportIncompatibleMethodOverride]
        with_headers: UseIterateOrStream  # pyright: ignore[reportIncompatibleMethodOverride]
    else:

        def __call__(self, *_: object, **__: object) -> object:
            raise _endless(self)

        with_headers = __call__


class AsyncEndlessStreamCall(AsyncEventStreamCall[P, R, Item, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient whose response is nothing but an event stream; a plain call would not return."""

    if TYPE_CHECKING:
        __call__: UseIterateOrStream  # pyright: ignore[reportIncompatibleMethodOverride]
        with_headers: UseIterateOrStream  # pyright: ignore[reportIncompatibleMethodOverride]
    else:

        def __call__(self, *_: object, **__: object) -> object:
            raise _endless(self)

        with_headers = __call__


class PagedCall(Call[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client that responds in pages.

    Attributes:
        items: Finds a page's items.
    """

    def __init__(self, operation: "_PagedOperation[P, R, Item, Any, Any, H]", exchange: Exchange | None) -> None:
        super().__init__(operation, exchange)
        self.items = operation.items

    @_form
    def pages(self, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        # Iterate over the pages as they arrive.
        return self._pages(self._request(*args, **kwargs))

    @_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> Items[Item]:
        # Iterate over the items of all pages as they arrive.
        return Items(self._items(self._request(*args, **kwargs)), self.facts.name)

    def _pages(self, request: Request) -> Iterator[R]:
        for response in self.responses(request):
            yield self.parse(self._response(request, response))

    def _items(self, request: Request) -> Iterator[Item]:
        for response in self.responses(request):
            yield from _items_of(self.facts, self._response(request, response), self.parse, self.items)


class AsyncPagedCall(AsyncCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient that responds in pages.

    Attributes:
        items: Finds a page's items.
    """

    def __init__(self, operation: "_PagedOperation[P, R, Item, Any, Any, H]", exchange: AsyncExchange | None) -> None:
        super().__init__(operation, exchange)
        self.items = operation.items

    @_form
    def pages(self, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        # Iterate over the pages as they arrive.
        return self._pages(self._request(*args, **kwargs))

    @_form
    def iterate(self, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[Item]:
        # Iterate over the items of all pages as they arrive.
        return AsyncItems(self._items(self._request(*args, **kwargs)), self.facts.name)

    async def _pages(self, request: Request) -> AsyncIterator[R]:
        async for response in self.responses(request):
            yield self.parse(self._response(request, response))

    async def _items(self, request: Request) -> AsyncIterator[Item]:
        async for response in self.responses(request):
            for item in _items_of(self.facts, self._response(request, response), self.parse, self.items):
                yield item


class PagedStreamCall(PagedCall[P, R, Item, H], StreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of a Client that responds in pages, each of which may be read as bytes."""


class AsyncPagedStreamCall(AsyncPagedCall[P, R, Item, H], AsyncStreamCall[P, R, H], Generic[P, R, Item, H]):
    """An operation of an AsyncClient that responds in pages, each of which may be read as bytes."""


class _Operation(Generic[P, R, S, A, H]):
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
        self.parse = parse
        self.headers = headers

    @overload
    def __get__(self, client: Client, owner: Any) -> S: ...
    @overload
    def __get__(self, client: AsyncClient, owner: Any) -> A: ...
    @overload
    def __get__(self, client: None, owner: type[Client]) -> S: ...
    @overload
    def __get__(self, client: None, owner: type[AsyncClient]) -> A: ...
    def __get__(self, client: Any, owner: Any) -> Any:
        kind = self.calls[issubclass(owner, AsyncClient)]
        if client is None:
            return kind(self, None)
        call = kind(self, client._exchange)
        call.checks = client._checks
        vars(client)[self.facts.name] = call  # which is found before this descriptor from now on
        return call


class Operation(_Operation[P, R, Call[P, R, H], AsyncCall[P, R, H], H], Generic[P, R, H]):
    """An operation, as an attribute of clients.

    Args:
        facts: The operation's facts besides arguments and responses.
        build: Makes the request from the arguments; its signature and documentation are those of every form.
        parse: Reads a response.
        headers: The headers that the document declares for responses.
    """

    calls = (Call, AsyncCall)


class StreamOperation(_Operation[P, R, StreamCall[P, R, H], AsyncStreamCall[P, R, H], H], Generic[P, R, H]):
    """An operation whose responses are bytes of any length; arguments as those of Operation."""

    calls = (StreamCall, AsyncStreamCall)


class ItemStreamOperation(
    _Operation[P, R, ItemStreamCall[P, R, Item, H], AsyncItemStreamCall[P, R, Item, H], H], Generic[P, R, Item, H]
):
    """An operation whose response is a sequence of items, each read as it arrives.

    Args:
        facts: The operation's facts besides arguments and responses.
        build: Makes the request from the arguments; its signature and documentation are those of every form.
        parse: Reads a complete response.
        item: Reads one item from a separate response.
        media_type: The requested media type for reading items as they arrive; the response's own states their framing.
        switch: The argument, or an argument and its field, that `iterate` sets to True.
    """

    calls = (ItemStreamCall, AsyncItemStreamCall)

    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        item: Callable[[Response], Item],
        media_type: str,
        *,
        switch: Sequence[str] = (),
        headers: type[H] = ResponseHeaders,
    ) -> None:
        super().__init__(facts, build, parse, headers=headers)
        self.item = item
        self.media_type = media_type
        self.switch = switch


class _EventStreamOperation(_Operation[P, R, S, A, H], Generic[P, R, Item, S, A, H]):
    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        item: Callable[[Response], Item],
        *,
        switch: Sequence[str] = (),
        headers: type[H] = ResponseHeaders,
    ) -> None:
        super().__init__(facts, build, parse, headers=headers)
        self.item = item
        self.switch = switch


class EventStreamOperation(
    _EventStreamOperation[P, R, Item, EventStreamCall[P, R, Item, H], AsyncEventStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation whose response may be an event stream; arguments as those of ItemStreamOperation, and `item`, which
    reads the data of an event.
    """

    calls = (EventStreamCall, AsyncEventStreamCall)


class EndlessStreamOperation(
    _EventStreamOperation[P, R, Item, EndlessStreamCall[P, R, Item, H], AsyncEndlessStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation whose response is nothing but an event stream; arguments as those of EventStreamOperation."""

    calls = (EndlessStreamCall, AsyncEndlessStreamCall)


class _PagedOperation(_Operation[P, R, S, A, H], Generic[P, R, Item, S, A, H]):
    def __init__(
        self,
        facts: OperationFacts,
        build: Callable[P, Request],
        parse: Callable[[Response], R],
        items: Callable[[R], Sequence[Item] | None],
        *,
        headers: type[H] = ResponseHeaders,
    ) -> None:
        super().__init__(facts, build, parse, headers=headers)
        self.items = items


class PagedOperation(
    _PagedOperation[P, R, Item, PagedCall[P, R, Item, H], AsyncPagedCall[P, R, Item, H], H], Generic[P, R, Item, H]
):
    """An operation that responds in pages; arguments as those of Operation, and `items`, which finds a page's items."""

    calls = (PagedCall, AsyncPagedCall)


class PagedStreamOperation(
    _PagedOperation[P, R, Item, PagedStreamCall[P, R, Item, H], AsyncPagedStreamCall[P, R, Item, H], H],
    Generic[P, R, Item, H],
):
    """An operation that responds in pages, each of which may be read as bytes; arguments as those of PagedOperation."""

    calls = (PagedStreamCall, AsyncPagedStreamCall)
