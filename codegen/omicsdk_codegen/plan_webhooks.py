"""The plan of requests that a service sends: a function for each webhook and callback, which reads its body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .annotations import Annotations
from .decoding import Decoding, typed
from .imports import Imports
from .model_names import Names
from .operations import Message
from .parser import Parsed
from .shapes import Array, Ref, Tuple
from .signatures import Events
from .texts import Code, as_docstring, as_lines, as_literal, beyond, clean, hanging, one_line, sentence, summary
from .values import Object, object_in

_RESPONSE, _WEBHOOKS = "omicsdk.core.response", "omicsdk.core.webhooks"
# Names of core in the module that models have in documents, or its own functions.
_OF_MODELS = frozenset(
    {"Clock", "EventPlace", "Secret", "SYSTEM_CLOCK", "Signature", "TOLERANCE", "event_reader", "verify"}
)


@dataclass(frozen=True)
class WebhookFunction:
    """A function that reads one kind of request.

    Attributes:
        name: with `parse_` before it.
        body: the type of its argument.
        type: its result.
        doc: its docstring.
        summary: a line on it, as text.
        imports: of models, which it needs.
        value: the expression that reads the body.
    """

    name: Code
    body: Code
    type: Code
    doc: Code
    summary: str
    imports: list[Code]
    value: Code


@dataclass(frozen=True)
class Unwrapping:
    """The functions that verify a webhook.

    Attributes:
        signature: the arguments of core's Signature.
        place: the arguments of core's EventPlace; empty if there is one webhook.
        events: the functions of webhooks by their events.
        type: the result of `unwrap`; empty if that is not generated.
    """

    signature: Code
    place: Code
    events: list[tuple[Code, Code]]
    type: Code


@dataclass(frozen=True)
class WebhookModule:
    """The module of all webhooks and callbacks.

    Attributes:
        imports: those that run.
        late: those under TYPE_CHECKING.
        functions: one for each webhook and callback.
        unwrapping: what verifies signatures; None if the document does not state them.
    """

    imports: Code
    late: Code
    functions: list[WebhookFunction]
    unwrapping: Unwrapping | None


def plan_webhooks(
    messages: Sequence[Message],
    operations: Mapping[str, str],
    names: Names,
    parsed: Parsed,
    signature: Mapping[str, str],
    events: Events | None,
) -> WebhookModule | None:
    """Plan the module; None if there is nothing to read.

    Args:
        messages: webhooks and callbacks with a body.
        operations: operations' names by key.
        names: what models are called.
        parsed: the parser's responses.
        signature: the arguments of core's Signature; none if signatures are not verified.
        events: what tells webhooks apart, if anything does.
    """
    if not messages:
        return None
    imports = Imports(_OF_MODELS)
    imports.add("omicsdk.core.webhooks", "message")
    imports.late("collections.abc", "Mapping")
    imports.late("typing", "Any")
    ordered = sorted(messages, key=lambda message: message.name)
    functions = [_function(message, operations, names, parsed, imports) for message in ordered]
    unwrapping = _unwrapping(
        signature, events, dict(zip((operation.key for operation in ordered), functions, strict=True)), imports
    )
    return WebhookModule(as_lines(imports.lines()), as_lines(imports.late_lines()), functions, unwrapping)


def _unwrapping(
    signature: Mapping[str, str], events: Events | None, functions: Mapping[str, WebhookFunction], imports: Imports
) -> Unwrapping | None:
    if not signature:
        return None
    needed = [
        "Signature",
        "TOLERANCE",
        "verify",
        *(["EventPlace", "event_reader"] if events and events.event_place else []),
    ]
    for name in needed:
        imports.add(_WEBHOOKS, name)
    imports.add("omicsdk.core.clock", "SYSTEM_CLOCK")
    imports.late("omicsdk.core.clock", "Clock")
    imports.late(_WEBHOOKS, "Secret")
    imports.late("collections.abc", "Sequence")
    if events and events.event_place:
        imports.late("collections.abc", "Callable")
    read = [(key, functions[message.key]) for key, message in sorted(events.messages.items())] if events else []
    return Unwrapping(
        signature=_arguments(signature),
        place=_arguments(events.event_place if events else {}),
        events=[(as_literal(key), function.name) for key, function in read],
        type=Code(" | ".join(dict.fromkeys(function.type for _, function in read))),
    )


def _arguments(values: Mapping[str, str]) -> Code:
    return Code(", ".join(f"{name}={as_literal(value)}" for name, value in values.items()))


def _function(
    message: Message, operations: Mapping[str, str], names: Names, parsed: Parsed, imports: Imports
) -> WebhookFunction:
    used: dict[str, None] = {}

    def use(key: str) -> None:
        used[f"from .models.{names.modules[key]} import {names.classes[key]}"] = None

    decoding = Decoding(names.classes, imports, use)
    annotations = Annotations(names.classes, names.modules, imports, models=".models")
    label = f"{message.webhook.kind} {message.name}"
    shape = decoding.shape(message.type, nullable=message.nullable)
    if isinstance(message.type, Ref) and not message.nullable:
        decode = f"{imports.add(_RESPONSE, 'model_of')}({names.classes[message.type.key]})"
    else:
        expression = decoding.expression(message.type, "data", label)
        is_plain = expression == "data"
        decode = imports.add(_RESPONSE, "as_it_came") if is_plain else f"lambda data: {expression}"
    body = "bytes | str | Mapping[str, Any]"
    # A decoded body is accepted, too, as frameworks decode it before a handler sees it.
    if isinstance(message.type, (Array, Tuple)):
        imports.late("collections.abc", "Sequence")
        body += " | Sequence[Any]"
    type_ = annotations.write(parsed.types[message.key], "response", optional=message.nullable)
    value = f"message({as_literal(label)}, body, {decode}, {shape}, strict=strict)"
    data = message.webhook.data
    return WebhookFunction(
        name=Code(f"parse_{message.name}"),
        body=Code(body),
        type=Code(type_),
        doc=as_docstring(_doc(message, operations), 4),
        summary=summary(data.get("summary"), data.get("description")) or one_line(message.webhook.what),
        imports=[Code(line) for line in sorted(used)],
        value=Code(typed(value, type_, imports)),
    )


def _doc(message: Message, operations: Mapping[str, str]) -> str:
    webhook = message.webhook
    headline = clean(webhook.data.get("summary"))
    texts = [headline, beyond(headline, webhook.data.get("description"))]
    if not any(texts):
        texts = [sentence(f"Read the body of the {webhook.kind} {one_line(webhook.name)}")]
    if webhook.data.get("deprecated") is True:
        texts.append("Deprecated.")
    sent = f"The service sends it by {one_line(webhook.method)}"
    if webhook.of is not None:
        sent += f" to {one_line(webhook.expression)} of `{operations[webhook.of.key]}`"
    pieces = [*texts, sentence(sent)]
    expected = _expected(object_in(webhook.data, "responses"))
    if expected:
        pieces.append("Respond with:\n" + "\n".join(expected))
    pieces.append(
        "Args:\n    body: The body of the request: JSON, or the decoded object.\n"
        "    strict: Check every field; by default True. With False, fields of other types are kept unchanged."
    )
    pieces.append(
        "Raises:\n    DecodeError: The body is not JSON, or does not match the document; the error names the field."
    )
    return "\n\n".join(piece for piece in pieces if piece)


def _expected(responses: Object) -> list[str]:
    """Return the responses that the service expects, one line per status."""
    lines: list[str] = []
    for status in responses:
        if not status.startswith("x-"):
            description = sentence(object_in(responses, status).get("description"))
            lines.append(hanging(f"{one_line(status)}: " if description else f"{one_line(status)}.", description, 4))
    return lines
