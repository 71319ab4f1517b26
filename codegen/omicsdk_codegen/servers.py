"""The servers of a document, and those of single paths and operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .declarations import DeclaredOperation
from .document import Document
from .faults import Report
from .naming import NameRequest, argument_name, settle
from .texts import Code, as_literal, one_line, sentence
from .values import Json, Object, join, list_in, object_in

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~%!$&'()*+,;=:@/\[\]-]+")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*/?")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# Arguments of core's clients (a test compares), which a variable cannot be called.
CLIENT_ARGUMENTS = frozenset(
    {"base_url", "credentials", "timeout", "retry", "headers", "transport", "blocking_transport", "http2", "strict", "environ",
     "clock", "response_limit", "errors", "before_request", "after_response", "server", "servers", "options"}
)  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """A variable of a server's URL.

    Attributes:
        default: its value if none is given.
        allowed: all allowed values; empty if any is.
        description: what it is, as text.
    """

    default: str
    allowed: tuple[str, ...] = ()
    description: str = field(default="", compare=False)


@dataclass(frozen=True)
class Server:
    """A server that requests can be sent to.

    Attributes:
        url: its URL, variables in braces.
        key: its name, or else its URL.
        variables: those in the URL.
        description: what it is, as text.
    """

    url: str
    key: str
    variables: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    description: str = field(default="", compare=False)

    @property
    def filled(self) -> str:
        """The URL with the defaults of its variables, without a slash at the end."""
        return _PLACEHOLDER.sub(lambda match: self.variables[match[1]].default, self.url).rstrip("/")

    @property
    def code(self) -> Code:
        """The expression of core's Server."""
        members = ", ".join(
            f"{as_literal(name)}: ({', '.join(map(as_literal, (variable.default, *variable.allowed)))},)"
            for name, variable in self.variables.items()
        )
        name = "" if self.key == self.url else f", name={as_literal(self.key)}"
        return Code(f"Server({as_literal(self.url)}{f', {{{members}}}' if members else ''}{name})")


@dataclass(frozen=True)
class Servers:
    """All servers of a document.

    Attributes:
        document_servers: the document's; the first is the default.
        others: those of single operations, by key.
        keys: an operation's key of `others`, by its pointer.
        arguments: names of variables as keyword arguments, by name.
    """

    document_servers: Sequence[Server]
    others: Mapping[str, Sequence[Server]]
    keys: Mapping[str, str]
    arguments: Mapping[str, str]

    @property
    def default(self) -> str:
        """The default base URL; empty if the document states no whole one."""
        first = self.document_servers[0].filled if self.document_servers else ""
        return first if "://" in first else ""

    @property
    def are_chosen(self) -> bool:
        """Whether a client has anything to choose."""
        return len(self.document_servers) > 1 or bool(self.others) or bool(self.arguments)

    @property
    def variables(self) -> dict[str, Variable]:
        """All variables; one that several servers have allows what any of them allows."""
        variables: dict[str, Variable] = {}
        for server in (*self.document_servers, *(server for servers in self.others.values() for server in servers)):
            for name, variable in server.variables.items():
                previous = variables.get(name, variable)
                both = tuple(dict.fromkeys((*previous.allowed, *variable.allowed)))
                allowed = both if previous.allowed and variable.allowed else ()
                variables[name] = Variable(previous.default, allowed, previous.description or variable.description)
        return variables

    @property
    def code(self) -> Code:
        """The expression of core's DocumentServers."""
        others = ", ".join(f"{as_literal(key)}: {_tuple(servers)}" for key, servers in self.others.items())
        return Code(f"DocumentServers({_tuple(self.document_servers)}{f', {{{others}}}' if others else ''})")


def _tuple(servers: Sequence[Server]) -> str:
    return f"({', '.join(server.code for server in servers)}{',' if len(servers) == 1 else ''})"


def settle_servers(document: Document, operations: Sequence[DeclaredOperation], report: Report) -> Servers:
    """Settle the servers of a document.

    Args:
        document: the upgraded document.
        operations: its operations.
        report: receives notes on servers that nothing can be sent to.
    """
    root = document.data.get("servers")
    default_servers = _servers(document, root, "/servers", report)
    others: dict[str, tuple[Server, ...]] = {}
    keys: dict[str, str] = {}
    for operation in operations:
        own_servers = operation.data.get("servers")
        # Only operations on another server have code for it.
        if not own_servers or own_servers == root:
            continue
        servers = tuple(_servers(document, own_servers, join(operation.key, "servers"), report))
        if servers:
            keys[operation.key] = _key(servers, others, [server.key for server in default_servers])
            others[keys[operation.key]] = servers
    names = {name for server in default_servers for name in server.variables}
    names |= {name for servers in others.values() for server in servers for name in server.variables}
    candidates = [
        NameRequest(name, (argument_name(name), f"server_{argument_name(name)}"), name == argument_name(name))
        for name in names
    ]
    return Servers(default_servers, others, keys, settle(candidates, CLIENT_ARGUMENTS))


def path_of(document: Object) -> str:
    """Return the path with which base URLs end, where the document's first server is a path alone; else an empty text."""
    first = next(iter(list_in(document, "servers")), None)
    url = first.get("url") if isinstance(first, dict) else None
    return url.rstrip("/") if isinstance(url, str) and _PATH.fullmatch(url) else ""


def _key(servers: tuple[Server, ...], others: Mapping[str, tuple[Server, ...]], keys: Sequence[str]) -> str:
    """Return the key of an operation's servers: the name of the first, unless others have it; else its URL."""
    first = servers[0]
    candidates = [*([first.key] if first.key not in keys or first.key == first.url else []), first.url]
    candidates.append(" ".join(server.url for server in servers))
    return next(key for key in [*candidates, repr(servers)] if others.get(key, servers) == servers)


def _servers(document: Document, declared: Json, pointer: str, report: Report) -> list[Server]:
    servers: dict[str, Server] = {}
    names: set[str] = set()
    for index, member in enumerate(declared if isinstance(declared, list) else []):
        if not isinstance(member, dict) or not isinstance(member.get("url"), str):
            continue
        url, name = str(member["url"]), one_line(member.get("name"))
        variables = _variables(member, url)
        key = name if name and name not in names else url
        server = None if variables is None else Server(url, key, variables, sentence(member.get("description")))
        is_whole = server is not None and bool(_ADDRESS.fullmatch(server.filled))
        is_path = server is not None and bool(_PATH.fullmatch(server.filled))
        if not is_whole and url.strip("/") and (pointer == "/servers" or not is_path):
            after = "no default of base_url" if pointer == "/servers" and not index else "not used"
            after += ": it isn't a whole http(s) address"
            report.add(document.origin(join(pointer, index, "url")).note("omission", f"server {one_line(url)}", after))
        # A path alone is below the URL of the document's first server; as that one itself it has to be completed by the user.
        if (
            server is not None
            and url not in servers
            and (is_whole or (is_path and (pointer != "/servers" or not index)))
        ):
            servers[url] = server
            names.add(key)
    return list(servers.values())


def _variables(server: Object, url: str) -> dict[str, Variable] | None:
    """Return the variables in a URL; None if one has no default."""
    variables_by_name: dict[str, Variable] = {}
    for name in _PLACEHOLDER.findall(url):
        variable = object_in(object_in(server, "variables"), name)
        if "default" not in variable:
            return None
        default, allowed = str(variable["default"]), tuple(dict.fromkeys(map(str, list_in(variable, "enum"))))
        if not default and len(allowed) == 1:  # TypeSpec writes an empty text for no default
            default = allowed[0]
        choices = allowed if not allowed or default in allowed else (default, *allowed)
        variables_by_name[name] = Variable(default, choices, sentence(variable.get("description")))
    return variables_by_name
