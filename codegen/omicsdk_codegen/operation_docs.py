"""An operation's docstring: the document's texts, each argument with type, form and default, responses and errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .error_bodies import error_class
from .facts import describe
from .operations import Argument, Draft
from .shapes import Type
from .texts import beyond, clean, hanging, one_line, sentence, summary
from .values import object_in


def headline(draft: Draft) -> str:
    """One line on an operation: the document's, else method and path."""
    return described(draft) or f"{draft.operation.method} {one_line(draft.operation.path)}"


def described(draft: Draft) -> str:
    """The document's line on an operation; empty if it has none."""
    return summary(_title(draft), draft.operation.data.get("description"))


def _title(draft: Draft) -> str:
    """The document's summary; empty if it only repeats the operation's name, and a description states more."""
    data = draft.operation.data
    title = clean(data.get("summary"))
    names = {_letters(draft.name), _letters(one_line(data.get("operationId")))}
    return "" if _letters(title) in names and clean(data.get("description")) else title


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def operation_doc(
    draft: Draft, ordered: list[Argument], types: Mapping[str, str], response: str, errors: Mapping[Type, str]
) -> str:
    """Write the docstring of `build`.

    Args:
        draft: the operation.
        ordered: its arguments.
        types: their types by their names.
        response: what it returns.
        errors: the types of errors' bodies as texts.
    """
    data = draft.operation.data
    headline = _title(draft)
    pieces = [headline, beyond(headline, data.get("description"))]
    if not any(pieces):
        pieces = [f"{draft.operation.method} {one_line(draft.operation.path)}"]
    if data.get("deprecated") is True:
        pieces.append("Deprecated.")
    if ordered:
        entries = [_argument_doc(argument, types[argument.python]) for argument in ordered]
        pieces.append("Args:\n" + "\n".join(entries + _content_type_doc(draft)))
    pieces.append(f"Returns:\n{hanging('', _returned(draft, response), 4)}")
    raised = _raised(draft, errors)
    if raised:
        pieces.append("Raises:\n" + "\n".join(raised))
    return "\n\n".join(piece for piece in pieces if piece)


def _argument_doc(argument: Argument, annotation: str) -> str:
    texts = [describe(argument.schema), "" if argument.required else "Optional."]
    description = " ".join(text for text in texts if text) or "Required."
    return hanging(f"{argument.python} ({annotation}): ", description, 4)


def _content_type_doc(draft: Draft) -> list[str]:
    if draft.default_type:
        return [hanging(f"{draft.content_type} (str): ", "Media type of the body. Optional.", 4)]
    if not draft.content_types:
        return []
    rule = "by default the first that can carry the arguments" if draft.other_bodies else "by default the first"
    text = f"Media type of the body, {rule}: {', '.join(map(one_line, draft.content_types))}. Optional."
    return [hanging(f"{draft.content_type} (str): ", text, 4)]


def _returned(draft: Draft, annotation: str) -> str:
    responses = object_in(draft.operation.data, "responses")
    texts: dict[str, None] = {}
    for case in draft.cases:
        for status in case.statuses:
            text = sentence(object_in(responses, status).get("description"))
            if text:
                texts[f"{status}: {text}" if status.isdigit() else text] = None
    if not texts:
        return "Nothing." if annotation == "None" else f"{annotation}."
    return " ".join(texts)


def _raised(draft: Draft, errors: Mapping[Type, str]) -> list[str]:
    responses = object_in(draft.operation.data, "responses")
    types = {body.status: f" ({errors[body.type]})" for body in draft.errors}
    texts: dict[str, list[str]] = {}
    for status in draft.error_statuses:
        description = sentence(object_in(responses, status).get("description"))
        label = "Any other error" if status == "default" else status
        name = f"{error_class(status)}{types.get(status, '')}"
        texts.setdefault(name, []).append(f"{label}: {description}" if description else f"{label}.")
    return [hanging(f"{name}: ", " ".join(labels), 4) for name, labels in texts.items()]
