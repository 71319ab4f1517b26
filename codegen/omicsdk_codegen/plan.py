"""Step 6: everything that will be written for one document, before a line of it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .code import Code, as_docstring, as_literal
from .commands import commands
from .contradictions import note_contradictions
from .declarations import left_out, stated_operations, stated_webhooks
from .directions import split
from .document import Document
from .drafts import Drafter
from .error_bodies import error_types
from .faults import DocumentError, Fault, Note, Report
from .flatten import MAX_PARTS, TooComposed
from .groups import Groups, group_operations
from .limits import TooManyModels, models_fault, nested_fault
from .model_names import Names, name_classes
from .naming import CLASS_WORDS, pascal_case
from .normalise import Normaliser
from .operations import Draft, Message, name_operations, name_webhooks
from .options import AS_TEXT, TypeOptions, native_words
from .parser import LostType, parse
from .plan_choices import ChoiceClass, plan_choices
from .plan_client import Constructor, constructor_of, describe_servers
from .plan_dicts import DictModule, plan_dicts
from .plan_errors import ErrorModule, described, error_keys, plan_errors
from .plan_groups import GroupModule, plan_groups
from .plan_headers import HeaderModule, plan_headers
from .plan_models import ModelModule, plan_models
from .plan_operations import OperationModule, OperationPlanner
from .plan_webhooks import WebhookModule, plan_webhooks
from .progress import OnProgress, counted, silent
from .security import Security, describe_ways, need_of, ways_of
from .servers import Servers, settle_servers
from .shapes import Model, Type
from .signatures import Signing
from .texts import beyond, clean, one_line, sentence, summary
from .values import Json, Object

# Version of what generated packages use of omicsdk.core (a test compares).
INTERFACE = 3


@dataclass(frozen=True)
class Package:
    """One service's package.

    Attributes:
        title: the document's title, as text.
        summary: one line, as text.
        api: what the client's class is called.
        doc: docstring of the package.
        client_doc: docstring of the client's class.
        async_doc: that of the async one.
        base_url: literal of the document's first server; empty if it has none that is absolute.
        servers: all of its servers.
        security: what its operations require.
        constructor: the clients' constructors.
        operations: by name.
        groups: the groups of operations; none if the client is flat.
        group_modules: their modules, by path.
        models: by module.
        dicts: TypedDicts by module.
        webhooks: what reads the service's own requests; None if it sends none.
        choices: classes with the values of enums.
        headers: the classes of responses' headers; None if no response declares one.
        errors: the classes of errors; None if no error has a body of a known type.
        commands: commands.json.
        document: openapi.json.
        drafts: operations with their arguments and responses, in the document's order.
        shapes: models by their keys, which the types of drafts name.
        names: what classes are called.
    """

    title: str
    summary: str
    api: Code
    doc: Code
    client_doc: Code
    async_doc: Code
    base_url: Code
    servers: Servers
    security: Security
    constructor: Constructor
    operations: list[OperationModule]
    groups: Groups
    group_modules: list[GroupModule]
    models: list[ModelModule]
    dicts: list[DictModule]
    webhooks: WebhookModule | None
    choices: list[ChoiceClass]
    headers: HeaderModule | None
    errors: ErrorModule | None
    commands: list[Json]
    document: Object
    drafts: list[Draft]
    shapes: Mapping[str, Model]
    names: Names


def plan(
    document: Document,
    service: str,
    report: Report,
    on_progress: OnProgress = silent,
    *,
    types: TypeOptions = AS_TEXT,
    flat: bool = False,
) -> Package:
    """Plan a package.

    Args:
        document: the upgraded document.
        service: the package's name, a Python identifier.
        report: receives notes of losses.
        on_progress: called with each step as it begins, and with its progress.
        types: how types are written, where there is a choice.
        flat: leave operations out of groups.

    Raises:
        DocumentError: a type has no response, a wish of an overlay cannot be met, or the document nests, is composed or has models without end.
    """
    try:
        return _plan(document, service, report, on_progress, types=types, flat=flat)
    except RecursionError as error:  # each schema is within the limit, but one put into the other is not
        raise DocumentError([nested_fault(document.label, None)]) from error
    except TooManyModels as error:
        raise DocumentError([models_fault(document.label)]) from error
    except TooComposed as error:
        fault = document.origin(str(error)).fault(
            f"this schema is composed of more than {MAX_PARTS:,} parts", "State once what its allOf states many times."
        )
        raise DocumentError([fault]) from error


def _plan(
    document: Document, service: str, report: Report, on_progress: OnProgress, *, types: TypeOptions, flat: bool
) -> Package:
    faults: list[Fault] = []
    operations = list(stated_operations(document.data))
    names = name_operations(operations)
    groups = Groups() if flat else group_operations(document, operations, names, report)
    note_contradictions(document, operations, names, report)
    normaliser = Normaliser(document, report, types=types)
    on_progress("settling the types of schemas")
    components = normaliser.components(on_progress)
    types_by_key: dict[str, Type] = {f"#{name}": type_ for name, type_ in components.items()}
    servers = settle_servers(document, operations, report)
    drafter = Drafter(document, normaliser, report, faults)
    drafts = [
        drafter.draft(operation, names[operation.key], servers.keys.get(operation.key, ""))
        for operation in counted(operations, "settling operations", on_progress)
    ]
    webhooks = list(stated_webhooks(document.data))
    webhook_names = name_webhooks(webhooks, names)
    signing = Signing(document, webhooks, report, faults)
    messages = [
        message
        for webhook in webhooks
        if (message := drafter.message(webhook, webhook_names[webhook.key], signing.headers)) is not None
    ]
    events = signing.events(messages, normaliser.models)
    if not operations and not messages:
        origin = document.origin("/paths")
        report.add(Note(origin.pointer, origin.file, origin.line, "loss", "paths", "no operation is in it", True))
    for pointer, what, why in left_out(document.data):
        origin = document.origin(pointer)
        report.add(Note(origin.pointer, origin.file, origin.line, "omission", what, why, True))
    if faults:
        raise DocumentError(faults)
    errors = error_types(drafts)
    models = _in_directions(drafts, messages, error_keys(errors), normaliser.models)
    for draft in drafts:
        types_by_key |= {argument.key: argument.type for argument in draft.arguments}
        types_by_key |= {header.key: header.type for header in draft.headers}
        types_by_key |= {case.key: case.type for case in draft.cases if case.type is not None}
        types_by_key |= {draft.flow.key: draft.flow.type} if draft.flow is not None else {}
        if draft.pages is not None:
            types_by_key[draft.pages.key] = draft.pages.item
    types_by_key |= {message.key: message.type for message in messages}
    types_by_key |= {key: type_ for type_, key in error_keys(errors).items()}
    on_progress(f"determining the Python types of {len(models):,} models")
    try:
        parsed = parse(models.values(), types_by_key, on_progress)
    except LostType as lost:
        origin = document.origin(str(lost))
        fault = origin.fault(
            "the parser of types has no response for this schema", "Report it as a bug of the generator."
        )
        raise DocumentError([fault]) from lost
    api = Code(f"{pascal_case(service)}Api")
    named = name_classes(
        document.data,
        models.values(),
        names | webhook_names | drafter.errors.names(drafts),
        {*CLASS_WORDS, *native_words(types), api, f"Async{api}"},
    )
    headers, classes = plan_headers(drafts, named, parsed)
    planner = OperationPlanner(named, parsed, classes, types, described(errors, named, parsed))
    title, description = _info(document.data, service)
    return Package(
        title=title,
        summary=summary(description) or title,
        api=api,
        doc=as_docstring(sentence(title), 0),
        client_doc=as_docstring(_client_doc(title, description, document.data, servers, drafter.security), 4),
        async_doc=as_docstring(f"{title}, for asyncio. Arguments as those of {api}.", 4),
        base_url=as_literal(servers.default),
        servers=servers,
        security=drafter.security,
        constructor=constructor_of(pascal_case(service), servers, drafter.security),
        operations=sorted(
            map(planner.plan, counted(drafts, "planning operations", on_progress)), key=lambda module: module.name
        ),
        groups=groups,
        group_modules=plan_groups(groups, drafts),
        models=plan_models(models.values(), named, parsed, on_progress),
        dicts=plan_dicts(models.values(), named, parsed, on_progress),
        webhooks=plan_webhooks(messages, names, named, parsed, signing.arguments, events),
        choices=plan_choices(
            {name: (type_, normaliser.facts_of(normaliser.schemas[name])) for name, type_ in components.items()},
            models.values(),
            drafts,
            named,
        ),
        headers=headers,
        errors=plan_errors(errors, named, parsed),
        commands=_checked(commands(drafts, groups), drafts),
        document=document.data,
        drafts=drafts,
        shapes=models,
        names=named,
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


def _info(data: Object, service: str) -> tuple[str, str]:
    info = data.get("info")
    facts = info if isinstance(info, dict) else {}
    return one_line(facts.get("title")) or service, clean(facts.get("description"))


def _client_doc(title: str, description: str, data: Object, servers: Servers, security: Security) -> str:
    server = servers.default
    default = f"by default {server}" if server else "the document names none, so it must be given"
    chosen = "".join(f"\n    {line}" for line in describe_servers(servers))
    by_scheme = "; or a mapping of these by the schemes' names" if len(security.schemes) > 1 else ""
    ways = describe_ways(ways_of(data))
    credentials_text = f" The service takes {ways}. {need_of(data)}" if ways else ""
    return f"""{sentence(title)}

{beyond(title, description)}

Args:
    base_url: URL of the service, with the common path of all operations; {default}.{chosen}
    credentials: One of omicsdk.core.credentials, or an httpx.Auth{by_scheme}; None sends none.{credentials_text}
    timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
    retry: Which requests are retried, and how often.
    headers: Sent with every request.
    transport: Replaces the network, for tests.
    http2: Use HTTP/2 if the server supports it; False by default.
    strict: Raise DecodeError if a response does not match the document, instead of keeping it unchanged.
    response_limit: Maximum bytes of a decoded response in memory, by default 64 MiB; a larger one raises ResponseTooLarge.
    errors: How texts are decoded that are not in their charset, as in bytes.decode; strict by default, which raises DecodeError.
    before_request: A function, or several, called with each httpx.Request before it is sent; it may change the headers.
    after_response: A function, or several, called with each httpx.Response.

Raises:
    ConfigError: The base URL is invalid."""


def _checked(rows: list[Json], drafts: list[Draft]) -> list[Json]:
    """Refuse commands that differ in dashes and dots only, as operations' names may."""
    counts = Counter(str(row["command"]) for row in rows if isinstance(row, dict))
    for row, draft in zip(rows, drafts, strict=True):
        if isinstance(row, dict) and counts[str(row["command"])] > 1:
            row["command"] = draft.name.replace("_", "-")
    return rows
