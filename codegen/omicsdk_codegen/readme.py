"""A project's README: how to begin, which credentials fit, and every operation in a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .command_line import credential_options
from .declarations import parents_of, way_to
from .descriptions import described
from .operations import Draft, command_word
from .plan import Package
from .plan_webhooks import WebhookFunction
from .render import render_text
from .security import AuthMethod, need_of, ways_of
from .servers import path_of
from .texts import Code, as_markdown, beyond, literal, one_line, sentence
from .values import Object, grouped, list_in

_OURS = ("ApiKey", "Basic", "BearerToken")


@dataclass(frozen=True)
class Line:
    """An operation in the README."""

    call: Code
    request: Code
    more: Code
    summary: Code


@dataclass(frozen=True)
class Group:
    """Operations of one group of the client, or of one tag; without a title, those of a document whose tags have no stated order."""

    title: Code
    operations: list[Line]


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    first: Code
    second: Code
    description: Code


def readme(package: Package, name: str, note: Code, *, has_command: bool = True, is_copy: bool = True) -> str:
    """Write the README of a project.

    Args:
        package: its package.
        name: what the package is called.
        note: its sources, as a comment.
        has_command: whether it has a command line.
        is_copy: whether the package contains its runtime, and exports classes of credentials.
    """
    ways = ways_of(package.document)
    preferred = sorted(ways, key=lambda method: method.deprecated)
    credential = next((method.code for method in preferred if method.code.startswith(_OURS)), "")
    together = next((names for names in package.security.default if len(names) > 1), ())
    # Only where no scheme is enough by itself.
    if together and len(min(package.security.default, key=len)) > 1:
        credential = f"{{{', '.join(f'{literal(name)}: ...' for name in together)}}}"
    server = "" if package.base_url != "''" else f'base_url="https://...{path_of(package.document)}"'
    count = len(package.drafts)
    # Readers try it: it should change nothing, and need as few arguments as possible.
    example = min(package.drafts, key=_effort, default=None)
    credentials = credential.partition("(")[0] if credential.startswith(_OURS) else ""
    source = name if is_copy else "omicsdk.core.credentials"
    imported: dict[str, list[str]] = {name: [package.api]}
    if credentials:
        imported.setdefault(source, []).insert(0, credentials)
    return render_text(
        "readme.md.jinja",
        # Two dashes end a comment of HTML.
        origin=Code(note.replace("--", "- -")),
        title=as_markdown(package.title),
        summary=as_markdown(beyond(package.title, package.summary)),
        count=Code(f"{count} operation{'' if count == 1 else 's'}"),
        package=Code(name),
        api=package.api,
        imports=[Code(f"from {module} import {', '.join(names)}") for module, names in imported.items()],
        by_scheme=len(package.security.schemes) > 1,
        constructor=Code(
            ", ".join(text for text in (server, f"credentials={credential}" if credential else "") if text)
        ),
        example=_example(example, package) if example is not None else Code("client"),
        need=Code(need_of(package.document) or "No operation requires them."),
        ways=[_row(method) for method in ways],
        servers=_servers(package),
        groups=_groups(package),
        grouped=_grouped(package),
        choices=bool(package.choices),
        errors=package.errors is not None,
        variable=Code(name.upper()),
        command=_command(example, package) if has_command and example is not None else Code(""),
        command_rows=[_command_row(name, option) for option in credential_options(package)],
        verified=_verified(package),
        webhooks=[_hook(function) for function in package.webhooks.functions] if package.webhooks is not None else [],
    )


def _effort(draft: Draft) -> tuple[bool, int]:
    """How far an operation is from one that anyone can try: it changes something, or requires arguments."""
    return draft.operation.method != "GET", sum(argument.required for argument in draft.arguments)


def _servers(package: Package) -> list[Row]:
    """The arguments that choose servers, with what they choose."""
    servers = package.servers
    rows: list[Row] = []
    for number, server in enumerate(servers.document_servers if servers.are_chosen else ()):
        argument = f"server={literal(server.key)}" if len(servers.document_servers) > 1 else "base_url"
        about = " ".join(text for text in (server.description, "" if number else "The default.") if text)
        rows.append(Row(_code(argument), _code(one_line(server.url)), as_markdown(about)))
    for key, server_list in servers.others.items():
        count = sum(1 for other in servers.keys.values() if other == key)
        about = f"Of {count} operation{'' if count == 1 else 's'}. {server_list[0].description}"
        rows.append(
            Row(
                _code(f"servers={{{literal(key)}: ...}}"),
                _code(one_line(server_list[0].url)),
                as_markdown(about.strip()),
            )
        )
    for wire, variable in servers.variables.items():
        allowed = f" One of {', '.join(map(one_line, variable.allowed))}." if variable.allowed else ""
        about = f"{variable.description}{allowed}".strip()
        rows.append(
            Row(
                _code(f"{servers.arguments[wire]}={literal(variable.default)}"),
                _code(f"{{{one_line(wire)}}}"),
                as_markdown(about),
            )
        )
    return rows


def _grouped(package: Package) -> Code:
    """An operation with a group, by both names; nothing for a client without groups."""
    named = ((package.groups.path_of(draft.operation.key), draft.name) for draft in package.drafts)
    return Code(next((f"`client.{path}` is `client.{name}`" for path, name in named if path), ""))


def _groups(package: Package) -> list[Group]:
    """Group operations by their first tags, if the document orders these (OpenAPI 3.2: summary, parent, kind), else
    by the groups of the client.
    """
    tags = [tag for tag in list_in(package.document, "tags") if isinstance(tag, dict)]
    if not any({"parent", "summary", "kind"} & tag.keys() for tag in tags):
        return _by_group(package)
    tag_titles = {str(tag.get("name")): one_line(tag.get("summary") or tag.get("name")) for tag in tags}
    # A tag of another kind, such as `badge` or `audience`, describes an operation, not its group.
    others = {str(tag.get("name")) for tag in tags if tag.get("kind") not in (None, "nav")}
    above = parents_of(package.document)
    order = {name: number for number, name in enumerate(tag_titles)}
    lines_by_group: dict[tuple[str, ...], list[Line]] = {}
    for draft in package.drafts:
        names = [str(name) for name in list_in(draft.operation.data, "tags") if str(name) not in others]
        lines_by_group.setdefault(tuple(way_to(names[0], above)) if names else (), []).append(_line(draft, package))

    def sort_key(tag_path: tuple[str, ...]) -> tuple[bool, list[int]]:
        return not tag_path, [order.get(name, len(order)) for name in tag_path]

    return [
        Group(
            as_markdown(" / ".join(tag_titles.get(name, one_line(name)) for name in tag_path) or "Others"),
            lines_by_group[tag_path],
        )
        for tag_path in sorted(lines_by_group, key=sort_key)
    ]


def _by_group(package: Package) -> list[Group]:
    members = package.groups.members
    groups = ((members.get(draft.operation.key), draft) for draft in package.drafts)
    sections = grouped(("" if member is None else member.group, _line(draft, package)) for member, draft in groups)
    return [Group(Code(path), lines) for path, lines in sorted(sections.items())] or [Group(Code(""), [])]


def _hook(function: WebhookFunction) -> Line:
    return Line(function.name, function.type, Code(""), as_markdown(sentence(function.summary)))


def _verified(package: Package) -> Code:
    """A sentence on the function that verifies webhooks; empty if the document does not state their signatures."""
    unwrapping = package.webhooks.unwrapping if package.webhooks is not None else None
    if unwrapping is None:
        return Code("")
    errors = "InvalidSignature or UnknownEvent" if unwrapping.place else "InvalidSignature"
    does, name = (
        ("verifies a webhook's signature and returns its model", "unwrap")
        if unwrapping.type
        else ("verifies its signature", "verify")
    )
    return Code(
        f"`{name}(body, headers, secret)` {does}, or raises {errors} of omicsdk.core.webhooks. Pass the body's bytes as received."
    )


def _row(method: AuthMethod) -> Row:
    return Row(
        as_markdown(method.scheme), _code(method.code) if method.code else Code("-"), as_markdown(method.description)
    )


def _code(text: str) -> Code:
    """A line as code, within a table too: in the longest fence that it needs, its bars escaped."""
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return Code(f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|"))


def _line(draft: Draft, package: Package) -> Line:
    forms = ["`.pages`"] if draft.pages is not None else []
    is_named = draft.flow is not None and not draft.flow.endless  # an endless stream is called so
    forms += ["`.iterate`"] if draft.pages is not None or is_named else []
    forms += ["`.stream`"] if draft.has_stream else []
    more = [f", also {', '.join(forms)}" if forms else ""]
    more.append(", deprecated" if draft.operation.data.get("deprecated") is True else "")
    return Line(
        call=_call(draft, package),
        request=_code(one_line(f"{draft.operation.method} {draft.operation.path}")),
        more=Code("".join(more)),
        summary=as_markdown(sentence(described(draft))),
    )


def _call(draft: Draft, package: Package) -> Code:
    """The call as its signature has it; what may be left out has `=...`."""
    required = [argument.python for argument in draft.arguments if argument.required]
    optional = [f"{argument.python}=..." for argument in draft.arguments if not argument.required]
    names = [*required, *optional]
    return Code(f"{_called(draft, package)}({', '.join(['*', *names] if names else [])})")


def _command(draft: Draft, package: Package) -> Code:
    """The command line of a call with the required arguments."""
    required = (f" --{argument.wire.replace('_', '-')} ..." for argument in draft.arguments if argument.required)
    member = package.groups.members.get(draft.operation.key)
    command = command_word(draft.operation, draft.name) if member is None else member.command_words
    return Code(one_line(f"{command}{''.join(required)}"))


def _command_row(name: str, option: Object) -> Row:
    word = str(option["name"])
    variable = f"{name}_{word.replace('-', '_')}".upper()
    return Row(_code(f"--{word}"), _code(variable), as_markdown(str(option["help"])))


def _example(draft: Draft, package: Package) -> Code:
    required = [f"{argument.python}=..." for argument in draft.arguments if argument.required]
    return Code(f"client.{_called(draft, package)}({', '.join(required)})")


def _called(draft: Draft, package: Package) -> str:
    """Return the name by which an operation is called; a plain call of an endless stream is an error."""
    name = package.groups.path_of(draft.operation.key) or draft.name
    return f"{name}.iterate" if draft.flow is not None and draft.flow.endless else name
