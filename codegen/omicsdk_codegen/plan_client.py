"""The plan of a client: its constructor, where the document has something to choose, and its groups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword

from .groups import Groups
from .naming import NameRequest, operation_module, pascal_case, settle
from .operations import Draft
from .security import Security, type_of
from .servers import Server, Servers
from .texts import Code, as_docstring, as_literal, one_line


@dataclass(frozen=True)
class ArgumentDict:
    """A TypedDict of an argument's values.

    Attributes:
        name: what it is called.
        doc: its docstring.
        members: keys as text, and types.
    """

    name: Code
    doc: Code
    members: dict[str, Code]

    @property
    def fields(self) -> list[Code]:
        """Its members as fields of a class; nothing if a key cannot be one."""
        if not all(re.fullmatch("[A-Za-z]\\w*", key, re.ASCII) and not iskeyword(key) for key in self.members):
            return []
        return [Code(f"{key}: {kind}") for key, kind in self.members.items()]

    @property
    def mapping(self) -> Code:
        """Its members as a mapping of keys to types that are evaluated late."""
        members = ", ".join(f'{as_literal(key)}: "{kind}"' for key, kind in self.members.items())
        return Code(f"{{{members}}}")


@dataclass
class Constructor:
    """The arguments of a client's constructor that core's does not have.

    Attributes:
        imports: lines that import what the module needs at run time.
        typing: names of the module typing for annotations.
        constants: assignments before the classes.
        dicts: TypedDicts of arguments.
        credentials: type of the argument `credentials`.
        parameters: further keyword arguments.
        statements: what precedes the call of core's constructor.
        attributes: further attributes of the classes.
    """

    imports: list[Code] = field(default_factory=list[Code])
    typing: set[str] = field(default_factory=lambda: {"TYPE_CHECKING"})
    constants: list[Code] = field(default_factory=list[Code])
    dicts: list[ArgumentDict] = field(default_factory=list[ArgumentDict])
    credentials: Code = field(default_factory=lambda: Code("Credentials | httpx.Auth | None"))
    parameters: list[Code] = field(default_factory=list[Code])
    statements: list[Code] = field(default_factory=list[Code])
    attributes: list[Code] = field(default_factory=list[Code])

    @property
    def typing_names(self) -> Code:
        """The names to import from typing."""
        return Code(", ".join(sorted(self.typing | ({"Unpack"} if self.is_needed else set()))))

    @property
    def is_needed(self) -> bool:
        """Whether a client needs it."""
        return bool(self.statements or self.dicts)


def constructor_of(stem: str, servers: Servers, security: Security) -> Constructor:
    """Plan a client's constructor.

    Args:
        stem: the beginning of the client's class names.
        servers: the document's servers.
        security: the document's security.
    """
    constructor = Constructor()
    if security.schemes:
        _state_security(constructor, stem, security)
    if servers.are_chosen:
        _choose_server(constructor, stem, servers)
    return constructor


def _state_security(constructor: Constructor, stem: str, security: Security) -> None:
    flow = "Flow, " if security.has_flows else ""
    constructor.imports.append(Code(f"from omicsdk.core.security import {flow}Scheme, Security"))
    constructor.constants.append(Code(f"_SECURITY = {security.code}"))
    constructor.attributes.append(Code("_security = _SECURITY"))
    # With one scheme there is nothing to choose: its credentials need no name.
    if len(security.schemes) > 1:
        constructor.typing.add("TypedDict")
        name = Code(f"{stem}Credentials")
        members = {key: type_of(scheme) for key, scheme in security.schemes.items()}
        doc = as_docstring("Credentials by the document's security schemes.")
        constructor.dicts.append(ArgumentDict(name, doc, members))
        constructor.credentials = Code(f"Credentials | httpx.Auth | {name} | None")


def _choose_server(constructor: Constructor, stem: str, servers: Servers) -> None:
    constructor.imports.append(Code("from omicsdk.core.servers import DocumentServers, Server"))
    constructor.constants.append(Code(f"_SERVERS = {servers.code}"))
    passed: list[str] = []
    if len(servers.document_servers) > 1:
        constructor.typing.add("Literal")
        constructor.parameters.append(
            Code(f"server: {_literal([server.key for server in servers.document_servers])} | None = None")
        )
        passed.append("server=server")
    if servers.others:
        constructor.typing.add("TypedDict")
        name = Code(f"{stem}Servers")
        # By name or by URL, as `DocumentServers.chosen` reads them.
        keys = [*servers.others, *(server_list[0].url for server_list in servers.others.values())]
        members = dict.fromkeys(keys, Code("str"))
        doc = as_docstring("URLs in place of the servers that the document states for single operations.")
        constructor.dicts.append(ArgumentDict(name, doc, members))
        constructor.parameters.append(Code(f"servers: {name} | None = None"))
        passed.append("servers=servers")
    values: list[str] = []
    for wire, variable in servers.variables.items():
        argument = servers.arguments[wire]
        kind = _literal(variable.allowed) if variable.allowed else "str"
        if variable.allowed:
            constructor.typing.add("Literal")
        constructor.parameters.append(Code(f"{argument}: {kind} | None = None"))
        values.append(f"{as_literal(wire)}: {argument}")
    if values:
        passed.append(f"variables={{{', '.join(values)}}}")
    constructor.statements.append(Code(f"self._servers = _SERVERS.chosen(base_url, {', '.join(passed)})"))
    # Of the class, for clients that are made of another one, without this constructor.
    constructor.attributes.append(Code("_servers = _SERVERS.chosen(None)"))


def _literal(values: Sequence[str]) -> str:
    return f"Literal[{', '.join(map(as_literal, values))}]"


def describe_servers(servers: Servers) -> list[str]:
    """The arguments that choose servers, as lines of a docstring's Args."""
    lines: list[str] = []
    if len(servers.document_servers) > 1:
        servers_text = "; ".join(_described(server) for server in servers.document_servers)
        lines.append(
            f"server: The server, in place of base_url: {servers_text}. By default {servers.document_servers[0].key}."
        )
    if servers.others:
        servers_text = ", ".join(one_line(key) for key in servers.others)
        lines.append(
            "servers: URLs in place of servers that the document states for single operations, by their keys: "
            f"{servers_text}. If base_url is passed, operations on another host than the document's default raise ConfigError "
            "until their server is passed here."
        )
    for wire, variable in servers.variables.items():
        values = ", ".join(filter(None, map(one_line, variable.allowed)))
        text = variable.description or f"The variable {one_line(wire)} of the server's URL."
        default = f" By default {one_line(variable.default)}." if variable.default else ""
        lines.append(f"{servers.arguments[wire]}: {text}{f' One of {values}.' if values else ''}{default}")
    return lines


def _described(server: Server) -> str:
    """A server's key with its URL, if that differs, and description."""
    url = "" if server.key == server.url else one_line(server.url)
    about = ", ".join(text for text in (url, server.description.rstrip(".")) if text)
    return f"{one_line(server.key)}{f' ({about})' if about else ''}"


# -- groups: a class for each, with its operations and the groups below it


@dataclass(frozen=True)
class GroupMember:
    """An operation of a group, with its attribute."""

    name: Code
    operation: Code


@dataclass(frozen=True)
class GroupModule:
    """A module of one group.

    Attributes:
        path: attributes from the client to the group, with dots between them.
        name: the last of them.
        module: the module.
        title: the module's docstring.
        group: the class.
        doc: its docstring.
        members: its operations by attribute.
        below: the groups below it.
    """

    path: str
    name: Code
    module: Code
    title: Code
    group: Code
    doc: Code
    members: list[GroupMember]
    below: list[GroupModule]

    @property
    def literal(self) -> Code:
        """Its path as a literal."""
        return as_literal(self.path)


def plan_groups(groups: Groups, drafts: Sequence[Draft]) -> list[GroupModule]:
    """Plan the groups of a client, those below others too.

    Args:
        groups: the groups of operations.
        drafts: the operations.
    """
    paths = groups.paths()
    # `a.b` and `a_b` are two groups.
    modules = settle(
        NameRequest(
            path,
            (operation_module(path.replace(".", "_")), operation_module(path.replace(".", "_in_"))),
            "." not in path,
        )
        for path in paths
    )
    classes = settle(NameRequest(path, (f"{pascal_case(modules[path])}Group",)) for path in paths)
    members: dict[str, list[GroupMember]] = {}
    for draft in drafts:
        if (member := groups.members.get(draft.operation.key)) is not None:
            members.setdefault(member.group, []).append(GroupMember(Code(member.name), Code(draft.name)))
    modules_by_path: dict[str, GroupModule] = {}
    for path in reversed(paths):
        modules_by_path[path] = _group_module(
            path, modules, classes[path], groups.about.get(path, ""), members.get(path, []), modules_by_path
        )
    return [modules_by_path[path] for path in paths]


def _group_module(
    path: str,
    modules: Mapping[str, str],
    class_: str,
    about: str,
    members: list[GroupMember],
    modules_by_path: Mapping[str, GroupModule],
) -> GroupModule:
    title = one_line(path.replace(".", " ").replace("_", " ")).strip()
    return GroupModule(
        path=path,
        name=Code(path.rpartition(".")[2]),
        module=Code(modules[path]),
        title=as_docstring(f"The group of operations {path}."),
        group=Code(class_),
        doc=as_docstring(about or f"Operations of {title}.", 4),
        members=sorted(members, key=lambda member: member.name),
        below=[modules_by_path[module] for module in modules if module.rpartition(".")[0] == path],
    )
