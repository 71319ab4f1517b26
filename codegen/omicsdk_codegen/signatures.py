"""How a document's webhooks are signed, and what tells them apart: by its own statements, those of an overlay, and extensions of
other generators.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .declarations import Webhook
from .document import Document
from .faults import Fault, Report
from .operations import Message
from .shapes import Enum, Model, Ref, Type, Union
from .texts import one_line
from .values import Json, Object, join, list_in, object_in

SIGNATURE, EVENT = "x-omics-webhook-signature", "x-omics-webhook-event"
_FERN, _SPEAKEASY = "x-fern-webhook-signature", "x-speakeasy-webhooks"
# The arguments of core's Signature for each scheme; the header of `standard` has its name from the specification.
_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "standard": {
        "header": "webhook-signature", "encoding": "base64", "prefix": "v1,", "separator": " ",
        "content": "{id}.{timestamp}.{body}", "key": "base64",
    },
    "timestamped": {"prefix": "v1=", "timestamp": "t=", "content": "{timestamp}.{body}"},
    "hmac": {},
}  # fmt: skip
_MEMBERS = frozenset({"header", "encoding", "prefix", "separator", "timestamp", "id", "content", "key"})
# Headers that identify a scheme by their names, and forms of examples that do.
_HEADERS: Mapping[str, Mapping[str, str]] = {
    "webhook-signature": {"scheme": "standard"},
    "svix-signature": {"scheme": "standard"},
    "stripe-signature": {"scheme": "timestamped"},
    "x-hub-signature-256": {"scheme": "hmac", "prefix": "sha256="},
    "x-shopify-hmac-sha256": {"scheme": "hmac", "encoding": "base64"},
}
_EXAMPLES: Sequence[tuple[str, Mapping[str, str]]] = (
    (r"t=\d+,v1=[0-9a-f]+", {"scheme": "timestamped"}),
    (r"sha256=[0-9a-f]+", {"scheme": "hmac", "prefix": "sha256="}),
)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_DEPTH = 2


class InvalidStatement(Exception):
    """A statement of an overlay cannot be met; the message follows its name."""


@dataclass(frozen=True)
class Signed:
    """How webhooks are signed.

    Attributes:
        arguments: those of core's Signature, by name.
        headers: the headers that are read, or noted here, in lower case.
        notes: names and treatment of what is not done as stated, by pointers.
    """

    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: frozenset[str] = frozenset()
    notes: Sequence[tuple[str, str, str]] = ()


class Signing:
    """The signatures and events of one document's webhooks.

    Args:
        document: the upgraded document.
        webhooks: its webhooks and callbacks.
        report: receives notes on what is not verified.
        faults: receives wrong statements of an overlay.

    Attributes:
        arguments: those of core's Signature, by name; none if signatures are not verified.
        headers: the headers that are read or noted, in lower case.
    """

    def __init__(self, document: Document, webhooks: Sequence[Webhook], report: Report, faults: list[Fault]) -> None:
        self._document, self._report, self._faults = document, report, faults
        signed = Signed()
        for name in document.data:
            if name.startswith("x-omics-webhook") and name not in (SIGNATURE, EVENT):
                self._refuse(one_line(name), InvalidStatement(f"is neither {SIGNATURE} nor {EVENT}"))
        try:
            signed = settle_signature(document.data, webhooks)
        except InvalidStatement as error:
            self._refuse(SIGNATURE, error)
        for note in signed.notes:
            self._note(*note)
        of_event = str(object_in(document.data, EVENT).get("header", "")).lower()
        self.arguments, self.headers = signed.arguments, signed.headers | {of_event}
        self._is_open = not signed.arguments and not signed.notes and SIGNATURE not in document.data

    def events(self, messages: Sequence[Message], models: Mapping[str, Model]) -> Events | None:
        """Return what tells webhooks apart; None if nothing does, or their signatures are not verified.

        Args:
            messages: webhooks and callbacks with bodies.
            models: all models by key.
        """
        webhooks = [message for message in messages if message.webhook.of is None]
        # An overlay with `false` has stated that there are none, so nothing is missing.
        if webhooks and self._is_open:
            why = f"not verified: the document does not state how they are made ({SIGNATURE})"
            self._note("/webhooks", "signatures of webhooks", why)
        if not webhooks or not self.arguments:
            return None
        if len(webhooks) == 1 and EVENT not in self._document.data:
            return Events("", "", {"": webhooks[0]})
        events: Events | None = None
        try:
            events = settle_events(self._document.data, webhooks, models)
        except InvalidStatement as error:
            self._refuse(EVENT, error)
        if events is None:
            self._note("/webhooks", "unwrap", f"not generated: nothing tells the webhooks apart ({EVENT} can)")
        return events

    def _note(self, pointer: str, before: str, after: str) -> None:
        self._report.add(self._document.origin(pointer).note("omission", before, after))

    def _refuse(self, name: str, error: InvalidStatement) -> None:
        self._faults.append(self._document.origin(join("", name)).fault(f"{name} {error}", "Correct the overlay."))


@dataclass(frozen=True)
class Events:
    """What tells webhooks apart.

    Attributes:
        header: the header that states the event, or its beginning; empty if there is none.
        field: the dotted key of the body that does, or its end.
        messages: webhooks by their events, as `spelled` returns them.
    """

    header: str
    field: str
    messages: Mapping[str, Message]

    @property
    def event_place(self) -> dict[str, str]:
        """The arguments of core's EventPlace; none if there is one webhook."""
        return {name: value for name, value in (("header", self.header), ("field", self.field)) if value}


def spelled(event: str) -> str:
    """Return an event's letters and digits, as core's function of that name."""
    return re.sub(r"[\W_]+", "", event).lower()


def settle_signature(data: Object, webhooks: Iterable[Webhook]) -> Signed:
    """Return how webhooks are signed.

    Args:
        data: the upgraded document.
        webhooks: its webhooks and callbacks.

    Raises:
        InvalidStatement: an overlay states it wrongly.
    """
    wish = data.get(SIGNATURE)
    if wish is not None:
        return Signed() if wish is False else _of_overlay(wish)
    for name, read in ((_FERN, _of_fern), (_SPEAKEASY, _of_speakeasy)):
        if name in data:
            try:
                return _signed(read(data[name]))
            except InvalidStatement as error:
                return Signed(notes=[(join("", name), name, f"not verified: {error}")])
    unknown: dict[str, tuple[str, str, str]] = {}
    for webhook in webhooks:
        for at, parameter in _headers(webhook):
            name = str(parameter["name"])
            if (signature := _by_header(name, parameter)) is not None:
                return _signed({**signature, "header": name})
            # A header that is only called so is not guessed: a wrong scheme would reject every webhook.
            if "signature" in name.lower():
                what, why = (
                    f"header {one_line(name)} of the {webhook.kind} {one_line(webhook.name)}",
                    f"not verified: {SIGNATURE} can state how it is made",
                )
                unknown.setdefault(name.lower(), (at, what, why))
    return Signed(headers=frozenset(unknown), notes=[*unknown.values()])


def _headers(webhook: Webhook) -> Iterator[tuple[str, Object]]:
    """Yield the headers of a webhook, with their pointers."""
    for at, parameter in enumerate(list_in(webhook.data, "parameters")):
        if isinstance(parameter, dict) and parameter.get("in") == "header" and isinstance(parameter.get("name"), str):
            yield join(webhook.key, "parameters", at), parameter


def _by_header(name: str, parameter: Object) -> Mapping[str, str] | None:
    if name.lower() in _HEADERS:
        return _HEADERS[name.lower()]
    example = parameter.get("example")
    if "signature" not in name.lower() or not isinstance(example, str):
        return None
    return next((scheme for form, scheme in _EXAMPLES if re.fullmatch(form, example)), None)


def _of_overlay(wish: Json) -> Signed:
    if not isinstance(wish, dict) or str(wish.get("scheme")) not in _SCHEMES:
        raise InvalidStatement(f"needs scheme, one of: {', '.join(_SCHEMES)}")
    members = {key: value for key, value in wish.items() if isinstance(value, str)}
    # A misspelled member would be ignored silently, and its default be used to verify.
    if unknown := [key for key in wish if key not in {*_MEMBERS, "scheme"} or key not in members]:
        raise InvalidStatement(
            f"has {one_line(unknown[0])}, which is none of {', '.join(sorted(_MEMBERS))}, each a text"
        )
    return _signed(members)


def _signed(signature: Mapping[str, str]) -> Signed:
    """Return the arguments of core's Signature, with those of the scheme that are not stated."""
    signed = {**_SCHEMES[signature["scheme"]], **{key: value for key, value in signature.items() if key != "scheme"}}
    header = signed.get("header", "")
    if signature["scheme"] == "standard":
        # Svix has the same headers under its own name.
        stem = re.sub("signature$", "", header, flags=re.IGNORECASE)
        signed = {"id": f"{stem}id", "timestamp": f"{stem}timestamp", **signed}
    read = [header, *(signed[key] for key in ("id", "timestamp") if signed.get(key) and not signed[key].endswith("="))]
    if not all(_HEADER.fullmatch(name) for name in read):
        raise InvalidStatement("needs header, the name of a header")
    for key, allowed in (("encoding", ("hex", "base64")), ("key", ("text", "base64"))):
        if signed.get(key, allowed[0]) not in allowed:
            raise InvalidStatement(
                f"has {key} {one_line(signed[key])[:40]!r}, which is neither {' nor '.join(allowed)}"
            )
    content = signed.get("content", "{body}")
    names = re.findall(r"\{([^{}]*)\}", content)
    left = re.sub(r"\{(body|timestamp|id)\}", "", content)
    if names.count("body") != 1 or "{" in left or "}" in left:
        raise InvalidStatement("has a content that is not made of {body}, once, {timestamp}, {id} and other text")
    for key in ("timestamp", "id"):
        if key in names and not signed.get(key):
            raise InvalidStatement(f"has a content with {{{key}}}, and no {key}")
        # A header that is not signed proves nothing, so a time there is not compared with the clock.
        if key not in names:
            signed.pop(key, None)
    return Signed(signed, frozenset(name.lower() for name in read))


def _of_fern(wish: Json) -> Mapping[str, str]:
    """Return what Fern documents, in our terms."""
    if not isinstance(wish, dict) or wish.get("type") != "hmac" or wish.get("algorithm", "sha256") != "sha256":
        raise InvalidStatement("it is no HMAC-SHA256")
    payload, time = object_in(wish, "payload-format"), wish.get("timestamp")
    components, delimiter = payload.get("components", ["body"]), payload.get("delimiter", ".")
    if not isinstance(components, list) or not {*map(str, components)} <= {"body", "timestamp"}:
        raise InvalidStatement("more than the body and the time is signed")
    signature: dict[str, Json] = {
        "scheme": "hmac",
        "header": wish.get("header"),
        "encoding": wish.get("encoding", "base64"),
        "prefix": wish.get("signature-prefix", ""),
        "separator": "",
        "content": str(delimiter).join(f"{{{name}}}" for name in components),
        "timestamp": time.get("header") if isinstance(time, dict) else "",
    }
    if isinstance(time, dict) and time.get("format", "unix-seconds") == "iso8601":
        raise InvalidStatement("its time is a date")
    return {key: value for key, value in signature.items() if isinstance(value, str) and (value or key == "separator")}


def _of_speakeasy(wish: Json) -> Mapping[str, str]:
    """Return what Speakeasy documents, in our terms."""
    security = object_in(wish, "security")
    if security.get("type") == "signatureStandardWebhooks":
        return {"scheme": "standard"}
    if security.get("type") != "signature":
        raise InvalidStatement("its type is neither signature nor signatureStandardWebhooks")
    if security.get("algorithm", "hmac-sha256") != "hmac-sha256":
        raise InvalidStatement("it is no HMAC-SHA256")
    encoding, header = (
        str(security.get("signatureTextEncoding", "base64")).removesuffix("url"),
        security.get("headerName"),
    )
    signature = {"scheme": "hmac", "encoding": encoding, "separator": ""}
    return {**signature, "header": header} if isinstance(header, str) else signature


def settle_events(data: Object, messages: Sequence[Message], models: Mapping[str, Model]) -> Events | None:
    """Return what tells a document's webhooks apart; None if nothing certainly does.

    Args:
        data: the upgraded document.
        messages: its webhooks with bodies; more than one.
        models: all models by key.

    Raises:
        InvalidStatement: an overlay states it wrongly.
    """
    wish = data.get(EVENT)
    by_name = {spelled(message.webhook.name): message for message in messages}
    if wish is not None:
        wishes = wish if isinstance(wish, dict) else {}
        places = [wishes.get(key, "") for key in ("header", "field")]
        header, field_ = (text if isinstance(text, str) else "" for text in places)
        if not (header or field_) or not {*wishes} <= {"header", "field"}:
            raise InvalidStatement("needs header, field, or both")
        if len(by_name) < len(messages):
            raise InvalidStatement("cannot tell webhooks apart whose names have the same letters")
        return Events(header, field_, by_name)
    for key, texts in _fixed_fields(messages, models):
        if (event_place := _apart(messages, texts)) is not None:
            return Events("", key, event_place)
    for name, texts in _fixed_headers(messages):
        if (event_place := _apart(messages, texts)) is not None:
            return Events(name, "", event_place)
    examples = [_examples(message.webhook) for message in messages]
    by_text = [
        (example, spelled(message.webhook.name))
        for message, samples in zip(messages, examples, strict=True)
        for example in samples
    ]
    # Examples are the weakest evidence: one member must state the name of its webhook in each of them.
    if len(by_name) == len(messages) and len({name for _, name in by_text}) > 1:
        for key in dict.fromkeys(key for example, _ in by_text for key in example if "." not in key):
            if all(spelled(str(example.get(key))) == name for example, name in by_text):
                return Events("", key, by_name)
    return None


def _apart(messages: Sequence[Message], texts: Sequence[Iterable[str]]) -> dict[str, Message] | None:
    """Return webhooks by the texts that each may have at a place; None if two share one."""
    messages_by_text: dict[str, Message] = {}
    for message, spellings in zip(messages, texts, strict=True):
        for text in {spelled(spelling) for spelling in spellings}:
            if text in messages_by_text or not text:
                return None
            messages_by_text[text] = message
    return messages_by_text


def _fixed_fields(
    messages: Sequence[Message], models: Mapping[str, Model]
) -> Iterator[tuple[str, list[Iterable[str]]]]:
    """Yield fields that have fixed texts in all webhooks, by dotted keys, with these texts."""
    every = [_fixed(message.type, models, _DEPTH) for message in messages]
    for key in every[0]:
        if all(key in fixed for fixed in every):
            yield key, [fixed[key] for fixed in every]


def _fixed(type_: Type, models: Mapping[str, Model], depth: int) -> dict[str, tuple[str, ...]]:
    """Return the fields of an object with fixed texts, the outer ones first."""
    if isinstance(type_, Union):
        members = [_fixed(member, models, depth) for member in type_.members]
        common = [key for key in members[0] if all(key in member for member in members)]
        return {key: tuple(text for member in members for text in member[key]) for key in common}
    if not isinstance(type_, Ref):
        return {}
    # A key with a dot would be read as two.
    fields = [field for field in models[type_.key].fields if "." not in field.wire]
    constants = {field.wire: tuple(map(str, field.type.values)) for field in fields if isinstance(field.type, Enum)}
    for inner in fields if depth > 1 else ():
        constants |= {f"{inner.wire}.{key}": texts for key, texts in _fixed(inner.type, models, depth - 1).items()}
    return constants


def _fixed_headers(messages: Sequence[Message]) -> Iterator[tuple[str, list[Iterable[str]]]]:
    """Yield headers that have fixed texts in all webhooks, with these texts."""
    every: list[dict[str, list[str]]] = []
    for message in messages:
        schemas = {str(header["name"]).lower(): header.get("schema") for _, header in _headers(message.webhook)}
        every.append({name: _texts(schema) for name, schema in schemas.items() if _texts(schema)})
    for name in every[0]:
        if all(name in fixed for fixed in every):
            yield name, [fixed[name] for fixed in every]


def _texts(schema: Json) -> list[str]:
    facts: Object = schema if isinstance(schema, dict) else {}
    values = facts.get("enum", [facts["const"]] if "const" in facts else [])
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _examples(webhook: Webhook) -> list[Object]:
    """Return the examples of a webhook's body that are objects."""
    samples: list[Json] = []
    for media in object_in(webhook.data.get("requestBody"), "content").values():
        several = object_in(media, "examples").values()
        samples.append(media.get("example") if isinstance(media, dict) else None)
        samples += [sample.get("value") for sample in several if isinstance(sample, dict)]
    return [example for example in samples if isinstance(example, dict)]
