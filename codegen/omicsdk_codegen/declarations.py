"""What a document states: its operations, the requests that its service sends, and its tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .dialect import METHODS
from .values import Object, join, list_in, object_in

# RFC 9110, 5.6.2: what a method may be called; its case is its own, so additionalOperations are sent as they are spelled.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")


@dataclass(frozen=True)
class DeclaredOperation:
    """An operation as the document states it.

    Attributes:
        key: pointer of the operation.
        path: key of the path item, including the part that distinguishes operations of one URL.
        sent: the path that is sent, with placeholders.
        method: in upper case, but unchanged for additionalOperations.
        data: the operation object.
        wish: what the document calls it: x-omics-name, else operationId, else nothing.
    """

    key: str
    path: str
    sent: str
    method: str
    data: Object
    wish: str


@dataclass(frozen=True)
class Webhook:
    """A request that the service sends: a webhook, or a callback of an operation.

    Attributes:
        key: pointer of its operation.
        name: what the document calls the webhook or callback.
        method: as of `DeclaredOperation`.
        data: the operation object.
        expression: where a callback is sent; empty for a webhook.
        of: the operation that registers a callback; None for a webhook.
    """

    key: str
    name: str
    method: str
    data: Object
    expression: str = ""
    of: DeclaredOperation | None = None

    @property
    def kind(self) -> str:
        """Its kind, in a word."""
        return "webhook" if self.of is None else "callback"

    @property
    def what(self) -> str:
        """Its name in the report."""
        of = "" if self.of is None else f" of {self.of.method} {self.of.path}"
        return f"{self.method} of the {self.kind} {self.name}{of}"


def declared_operations(data: Object) -> Iterator[DeclaredOperation]:
    """All operations of a document, in its order."""
    for path, item in object_in(data, "paths").items():
        if not isinstance(item, dict):
            continue
        sent = item.get("x-omics-sent-path")
        rows = list(_of_item(item, join("/paths", path)))
        wishes = [operation.get("x-omics-name") or operation.get("operationId") for _, operation, _ in rows]
        for named, (method, operation, key) in zip(wishes, rows, strict=True):
            yield DeclaredOperation(
                key,
                path,
                sent if isinstance(sent, str) else path,
                method,
                operation,
                _with_method(named, path, method, wishes.count(named)) if isinstance(named, str) else "",
            )


def _with_method(wish: str, path: str, method: str, count: int) -> str:
    """A name that several operations of a path have, with their own method: FastAPI gives all of a function one of theirs."""
    head, tail, other = wish.rpartition(re.sub(r"\W", "_", f"{path}/"))
    return f"{head}{tail}{method.lower()}" if count > 1 and tail and other in METHODS else wish


def _of_item(item: Object, key: str) -> Iterator[tuple[str, Object, str]]:
    """Method, operation and pointer of each operation of a path item."""
    for method in METHODS:
        operation = item.get(method)
        if isinstance(operation, dict):
            yield method.upper(), operation, join(key, method)
    for method, operation in object_in(item, "additionalOperations").items():
        if isinstance(operation, dict) and _TOKEN.fullmatch(method):
            yield method, operation, join(key, "additionalOperations", method)


def declared_webhooks(data: Object) -> Iterator[Webhook]:
    """All requests that the service sends: the document's webhooks, then the callbacks of its operations."""
    for name, item in object_in(data, "webhooks").items():
        if isinstance(item, dict) and not name.startswith("x-"):
            for method, operation, key in _of_item(item, join("/webhooks", name)):
                yield Webhook(key, name, method, operation)
    for source in declared_operations(data):
        for name, callback in object_in(source.data, "callbacks").items():
            for expression, item in callback.items() if isinstance(callback, dict) else ():
                if isinstance(item, dict) and not expression.startswith("x-"):
                    around = join(source.key, "callbacks", name, expression)
                    for method, operation, key in _of_item(item, around):
                        yield Webhook(key, name, method, operation, expression, source)


def left_out(data: Object) -> Iterator[tuple[str, str, str]]:
    """Return what a document states that no client can call: a pointer, its kind, and why it is left out."""
    for path, item in object_in(data, "paths").items():
        for method in object_in(item, "additionalOperations"):
            if not _TOKEN.fullmatch(method):
                key = join("/paths", path, "additionalOperations", method)
                yield key, f"the method {method[:40]!r} of {path}", "not generated: HTTP knows no such method"


def parents_of(data: Object) -> dict[str, str]:
    """Return the tags below another one, with that one (OpenAPI 3.2: `parent`)."""
    parents: dict[str, str] = {}
    for tag in list_in(data, "tags"):
        name, parent = (tag.get("name"), tag.get("parent")) if isinstance(tag, dict) else (None, None)
        if isinstance(name, str) and isinstance(parent, str):
            parents[name] = parent
    return parents


def way_to(tag: str, above: Mapping[str, str]) -> list[str]:
    """Return a tag with all its parents, the outermost first."""
    chain = [tag]
    while chain[0] in above and above[chain[0]] not in chain:
        chain.insert(0, above[chain[0]])
    return chain
