"""Step 6: everything that will be written for one document, before a line of it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .commands import commands
from .contents import Contents, settle_contents
from .document import Document
from .faults import DocumentError, Report
from .flatten import MAX_PARTS, TooComposed
from .groups import Groups
from .limits import TooManyModels, models_fault, nested_fault
from .model_names import Names, name_classes
from .naming import CLASS_WORDS, pascal_case
from .operations import Draft
from .options import AS_TEXT, TypeOptions, native_words
from .parser import LostType, Parsed, parse
from .plan_client import Constructor, GroupModule, constructor_of, describe_servers, plan_groups
from .plan_models import ChoiceClass, DictModule, ModelModule, plan_choices, plan_dicts, plan_models
from .plan_operations import OperationModule, OperationPlanner
from .plan_responses import ErrorModule, HeaderModule, described, plan_errors, plan_headers
from .plan_webhooks import WebhookModule, plan_webhooks
from .progress import OnProgress, counted, silent
from .security import Security, describe_ways, need_of, ways_of
from .servers import Servers, path_of
from .shapes import Model
from .texts import Code, as_docstring, as_literal, beyond, clean, one_line, sentence, summary
from .values import Json, Object, object_in

# Version of what generated packages use of omicsdk.core, which refuses to import those of another (`core.client.INTERFACE`).
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
        DocumentError: the parser lost a type, a wish of an overlay cannot be met, or the document exceeds a limit of nesting, composition or
            models.
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
    contents = settle_contents(document, report, on_progress, types=types, flat=flat)
    parsed = _parsed(document, contents, on_progress)
    drafts, models, errors, groups = contents.drafts, contents.models, contents.errors, contents.groups
    api = Code(f"{pascal_case(service)}Api")
    # Names of the client and of Python's own words are reserved: a schema may be called as either.
    classes = name_classes(
        document.data,
        models.values(),
        contents.names | contents.webhook_names | contents.error_names,
        {*CLASS_WORDS, *native_words(types), api, f"Async{api}"},
    )
    headers, header_classes = plan_headers(drafts, classes, parsed)
    planner = OperationPlanner(classes, parsed, header_classes, types, described(errors, classes, parsed))
    servers, security = contents.servers, contents.security
    title, description = _info(document.data, service)
    return Package(
        title=title,
        summary=summary(description) or title,
        api=api,
        doc=as_docstring(sentence(title)),
        client_doc=as_docstring(_client_doc(title, description, document.data, servers, security), 4),
        async_doc=as_docstring(f"{title}, for asyncio. Arguments as those of {api}.", 4),
        base_url=as_literal(servers.default),
        servers=servers,
        security=security,
        constructor=constructor_of(pascal_case(service), servers, security),
        operations=sorted(
            map(planner.plan, counted(drafts, "planning operations", on_progress)), key=lambda module: module.name
        ),
        groups=groups,
        group_modules=plan_groups(groups, drafts),
        models=plan_models(models.values(), classes, parsed, on_progress),
        dicts=plan_dicts(models.values(), classes, parsed, on_progress),
        webhooks=plan_webhooks(contents.messages, contents.names, classes, parsed, contents.signature, contents.events),
        choices=plan_choices(contents.named, models.values(), drafts, classes),
        headers=headers,
        errors=plan_errors(errors, classes, parsed),
        commands=_checked(commands(drafts, groups), drafts),
        document=document.data,
        drafts=drafts,
        shapes=models,
        names=classes,
    )


def _parsed(document: Document, contents: Contents, on_progress: OnProgress) -> Parsed:
    on_progress(f"determining the Python types of {len(contents.models):,} models")
    try:
        return parse(contents.models.values(), contents.types_by_key(), on_progress)
    except LostType as lost:
        fault = document.origin(str(lost)).fault(
            "the parser of types returned nothing for this schema", "Report it as a bug of the generator."
        )
        raise DocumentError([fault]) from lost


def _info(data: Object, service: str) -> tuple[str, str]:
    facts = object_in(data, "info")
    return one_line(facts.get("title")) or service, clean(facts.get("description"))


def _client_doc(title: str, description: str, data: Object, servers: Servers, security: Security) -> str:
    server = servers.default
    path = path_of(data)
    nothing = f"nothing but its path, {path}" if path else "none"
    default = f"by default {server}" if server else f"the document names {nothing}, so it must be given"
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
    """Name commands by their operations where they differ in dashes and dots only."""
    # `get.users` and `get_users` are both get-users.
    counts = Counter(str(row["command"]) for row in rows if isinstance(row, dict))
    for row, draft in zip(rows, drafts, strict=True):
        if isinstance(row, dict) and counts[str(row["command"])] > 1:
            row["command"] = draft.name.replace("_", "-")
    return rows
