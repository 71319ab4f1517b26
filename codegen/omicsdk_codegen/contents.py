"""What a document declares, in our own shapes: the first half of step 6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from .declarations import DeclaredOperation, declared_operations, declared_webhooks, left_out
from .directions import split
from .document import Document
from .drafts import Drafter
from .error_bodies import ErrorTypes, error_keys, error_types
from .faults import DocumentError, Fault, Report
from .groups import Groups, group_operations
from .normalise import Normaliser
from .operations import Draft, Message, name_operations, name_webhooks
from .options import TypeOptions
from .progress import OnProgress, counted
from .security import Security, declared_schemes
from .servers import Servers, settle_servers
from .shapes import Model, Type
from .signatures import Events, Signing
from .texts import one_line
from .values import Json, Object, join


@dataclass(frozen=True)
class Contents:
    """What a document declares.

    Attributes:
        names: operations' names by key.
        groups: the groups of operations; none if the client is flat.
        drafts: operations with their arguments and responses, in the document's order.
        webhook_names: names of webhooks and callbacks by key.
        messages: webhooks and callbacks whose bodies are read.
        signature: the arguments of core's Signature; none if signatures are not verified.
        events: what tells webhooks apart, if anything does.
        servers: all servers.
        security: what operations require.
        named: types and schemas of named schemas.
        models: models by key; those that are sent have their own where they differ.
        errors: the types of errors' bodies; None if none is known.
        error_names: names of errors' bodies without one, by pointer.
    """

    names: dict[str, str]
    groups: Groups
    drafts: list[Draft]
    webhook_names: dict[str, str]
    messages: list[Message]
    signature: Mapping[str, str]
    events: Events | None
    servers: Servers
    security: Security
    named: Mapping[str, tuple[Type, Object]]
    models: Mapping[str, Model]
    errors: ErrorTypes | None
    error_names: dict[str, str]

    def types_by_key(self) -> dict[str, Type]:
        """All types outside models, by the keys by which the plan looks them up in the parser's result.

        Pointers are unique in a document; the keys of named schemas and of errors begin with `#`, as no pointer does.
        """
        types = {f"#{name}": type_ for name, (type_, _) in self.named.items()}
        for owner in (*self.drafts, *self.messages):
            types |= owner.types_by_key()
        return types | {key: type_ for type_, key in error_keys(self.errors).items()}


def settle_contents(
    document: Document, report: Report, on_progress: OnProgress, *, types: TypeOptions, flat: bool
) -> Contents:
    """Settle operations, webhooks and the models that they name.

    Args:
        document: the upgraded document.
        report: receives notes of losses and omissions.
        on_progress: called with each step as it begins, and with its progress.
        types: how types are written, where there is a choice.
        flat: leave operations out of groups.

    Raises:
        DocumentError: a declaration, or a wish of an overlay, cannot be met.
    """
    faults: list[Fault] = []
    operations = list(declared_operations(document.data))
    names = name_operations(operations)
    groups = Groups() if flat else group_operations(document, operations, names, report)
    note_contradictions(document, operations, names, report)
    normaliser = Normaliser(document, report, types=types)
    on_progress("settling the types of schemas")
    components = normaliser.components(on_progress)
    servers = settle_servers(document, operations, report)
    drafter = Drafter(document, normaliser, report, faults)
    drafts = [
        drafter.draft(operation, names[operation.key], servers.keys.get(operation.key, ""))
        for operation in counted(operations, "settling operations", on_progress)
    ]
    webhooks = list(declared_webhooks(document.data))
    webhook_names = name_webhooks(webhooks, names)
    signing = Signing(document, webhooks, report, faults)
    messages = [
        message
        for webhook in webhooks
        if (message := drafter.message(webhook, webhook_names[webhook.key], signing.headers)) is not None
    ]
    events = signing.events(messages, normaliser.models)
    if not operations and not messages:
        report.add(document.origin("/paths").note("loss", "paths", "no operation is in it"))
    for pointer, what, why in left_out(document.data):
        report.add(document.origin(pointer).note("omission", what, why))
    if faults:
        raise DocumentError(faults)
    errors = error_types(drafts)
    # The normaliser collects models as schemas, operations and messages name them: only here are they all of them.
    models = _in_directions(drafts, messages, error_keys(errors), normaliser.models)
    return Contents(
        names=names,
        groups=groups,
        drafts=drafts,
        webhook_names=webhook_names,
        messages=messages,
        signature=signing.arguments,
        events=events,
        servers=servers,
        security=drafter.security,
        named={name: (type_, normaliser.facts_of(normaliser.schemas[name])) for name, type_ in components.items()},
        models=models,
        errors=errors,
        error_names=drafter.errors.names(drafts),
    )


def _in_directions(
    drafts: list[Draft], messages: list[Message], errors: Iterable[Type], models: Mapping[str, Model]
) -> Mapping[str, Model]:
    """Have arguments refer to the models that are sent, and return all models by key."""
    sent = [argument.type for draft in drafts for argument in draft.arguments]
    received = [case.type for draft in drafts for case in draft.cases if case.type is not None]
    received += [draft.flow.type for draft in drafts if draft.flow is not None]
    received += [message.type for message in messages]
    received += errors
    directions = split(models, sent, received)
    for draft in drafts:
        draft.arguments = [replace(argument, type=directions.sent(argument.type)) for argument in draft.arguments]
    return directions.models


# -- what a document states that contradicts itself: the client is complete, but its author should know


def note_contradictions(
    document: Document, operations: Sequence[DeclaredOperation], names: Mapping[str, str], report: Report
) -> None:
    """Note operations with the same operationId, and security schemes that do not exist.

    Args:
        document: the upgraded document.
        operations: its operations.
        names: their names in Python, by key.
        report: receives the notes.
    """

    def note(pointer: str, before: str, after: str, remedy: str) -> None:
        report.add(document.origin(pointer).note("repair", before, after, certain=False, remedy=remedy))

    first: dict[str, DeclaredOperation] = {}
    for operation in operations:
        keyword = "x-omics-name" if operation.data.get("x-omics-name") else "operationId"
        declared_name = operation.data.get(keyword)
        other = first.setdefault(str(declared_name or ""), operation)
        if declared_name and other is not operation:
            before = f"the {keyword} {one_line(declared_name)} is that of {other.method} {one_line(other.path)} too"
            after = f"they are called {names[other.key]} and {names[operation.key]}"
            remedy = "Use unique operationIds." if keyword == "operationId" else "Use unique names."
            note(join(operation.key, keyword), before, after, remedy)
    schemes = list(declared_schemes(document.data))
    seen: set[int] = set()
    for pointer, security in [
        ("", document.data.get("security")),
        *((operation.key, operation.data.get("security")) for operation in operations),
    ]:
        if id(security) in seen:
            continue
        seen.add(id(security))
        for use_pointer, name in _schemes_of(security, join(pointer, "security")):
            if name not in schemes:
                close = get_close_matches(name, schemes, 1)
                meant = f"Did you mean {one_line(close[0])}? " if close else ""
                before = f"the security scheme {one_line(name)} is not defined"
                note(use_pointer, before, "how it is sent is unknown", f"{meant}Define it, or drop it.")


def _schemes_of(security: Json, pointer: str) -> Iterator[tuple[str, str]]:
    """Pointer and name of each scheme of a list of requirements."""
    for index, requirement in enumerate(security if isinstance(security, list) else ()):
        for name in requirement if isinstance(requirement, dict) else ():
            yield join(pointer, index, name), name
