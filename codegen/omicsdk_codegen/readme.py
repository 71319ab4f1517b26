"""A project's README: how to begin, which credentials fit, and every operation in a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .code import Code, as_markdown
from .operation_docs import headline
from .operations import Draft
from .plan import Package
from .render import render_text
from .security import Way, need_of, ways_of
from .texts import one_line, sentence

_OURS = ("ApiKey", "Basic", "BearerToken")


@dataclass(frozen=True)
class Line:
    """An operation in the README."""

    call: Code
    request: Code
    more: Code
    summary: Code


@dataclass(frozen=True)
class Row:
    """One way to prove who asks."""

    scheme: Code
    code: Code
    told: Code


def readme(package: Package, name: str, note: Code) -> str:
    """Write the README of a project.

    Args:
        package: its package.
        name: what the package is called.
        note: what it was generated from, as a comment.
    """
    ways = ways_of(package.document)
    given = next((way.code for way in ways if way.code.startswith(_OURS)), "")
    server = "" if package.base_url != "''" else 'base_url="https://..."'
    count = len(package.drafts)
    return render_text(
        "readme.md.jinja",
        origin=Code(note.replace("--", "- -")),
        title=as_markdown(package.title),
        summary=as_markdown(package.summary),
        count=Code(f"{count} operation{'' if count == 1 else 's'}"),
        package=Code(name),
        api=package.api,
        credentials=Code(given.partition("(")[0]),
        constructor=Code(", ".join(text for text in (server, f"credentials={given}" if given else "") if text)),
        example=_example(package.drafts[0]) if package.drafts else Code("client"),
        need=Code(need_of(package.document) or "No operation asks for them."),
        ways=[_row(way) for way in ways],
        operations=[_line(draft) for draft in package.drafts],
    )


def _row(way: Way) -> Row:
    return Row(as_markdown(way.scheme), _code(way.code) if way.code else Code("-"), as_markdown(way.told))


def _code(text: str) -> Code:
    """A line as code, within a table too: in the longest fence that it needs, its bars escaped."""
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return Code(f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|"))


def _line(draft: Draft) -> Line:
    more = [", in pages" if draft.pages is not None else "", ", as a stream too" if draft.streams else ""]
    more.append(", deprecated" if draft.stated.data.get("deprecated") is True else "")
    return Line(
        call=_call(draft),
        request=_code(one_line(f"{draft.stated.method} {draft.stated.path}")),
        more=Code("".join(more)),
        summary=as_markdown(sentence(headline(draft))),
    )


def _call(draft: Draft) -> Code:
    """The call as its signature has it; what may be left out has `=...`."""
    required = [argument.python for argument in draft.arguments if argument.required]
    optional = [f"{argument.python}=..." for argument in draft.arguments if not argument.required]
    names = [*required, *optional]
    return Code(f"{draft.name}({', '.join(['*', *names] if names else [])})")


def _example(draft: Draft) -> Code:
    required = [f"{argument.python}=..." for argument in draft.arguments if argument.required]
    return Code(f"client.{draft.name}({', '.join(required)})")
