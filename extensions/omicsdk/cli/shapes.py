"""Types of the data for the command line; imported by type checkers only.

Operations of a generated commands.json and workflow commands have the same type, so they share help, parser and
completion.
"""

from typing import Any, Literal, NotRequired, TypedDict

Kind = Literal["string", "integer", "number", "boolean", "array", "object", "file", "any"]
"""Types of values; `array` takes several words, `file` names one that is sent unchanged, `any` is JSON or else text."""


class Argument(TypedDict):
    """An option, or a positional argument.

    Attributes:
        name: The document's name; the option is spelled with it, dashes for underscores.
        python: The keyword argument, if it differs from `name`.
        in: Location of an operation's argument (path, query, header, cookie, body).
        required: Whether the command requires it.
        type: Type of its value.
        items: Type of an array's members, if known.
        choices: Allowed values.
        default: Default value for help; workflows receive it.
        format: The document's format, such as date-time.
        metavar: Placeholder for its value in help, such as TIMESTAMP; by default from format, type and name.
        help: Its help text.
        positional: An argument without a dash.
        flag: A switch without a value.
        negates: Means false; another option of the same keyword means true.
        repeated: An array's option takes one word, and is given once for each member.
        convert: `module:function` that converts the typed text to the value.
        stdout: For an output file: `-` is stdout, which receives the contents of a file with this suffix.
        remote: Its value is a path of the service, never of this machine.
        short: A short spelling, such as `-t`.
        also: Further documented spellings.
        synonym_of: The global option of which it is a documented spelling; hidden from help and completion.
    """

    name: str
    python: NotRequired[str]
    required: NotRequired[bool]
    type: NotRequired[Kind | list[str] | None]
    items: NotRequired[Kind | None]
    choices: NotRequired[list[Any] | None]
    default: NotRequired[Any]
    format: NotRequired[str]
    metavar: NotRequired[str]
    help: NotRequired[str | None]
    positional: NotRequired[bool]
    flag: NotRequired[bool]
    negates: NotRequired[bool]
    repeated: NotRequired[bool]
    convert: NotRequired[str]
    stdout: NotRequired[str]
    remote: NotRequired[bool]
    short: NotRequired[str]
    also: NotRequired[list[str]]
    synonym_of: NotRequired[str]


class Gathered(TypedDict):
    """Options that a function takes as one argument.

    Attributes:
        type: `module:class` of that argument, a dataclass.
        fields: Its fields, each an option.
    """

    type: str
    fields: list[str]


class Command(TypedDict):
    """A command: a generated operation, or handwritten.

    Attributes:
        name: An operation's attribute on the client.
        command: The words after the service, or the last one.
        summary: Summary in one line.
        description: Further paragraphs.
        examples: Complete example command lines, if the description does not end with some.
        method: An operation's HTTP method.
        path: An operation's path template.
        parameters: Its arguments.
        paged: Dotted key of a page's list, if answers are paged.
        item: The schema of a page's items.
        columns: Columns of the result's table, the most important first.
        streams: Whether the response is bytes of any length.
        headers: Whether the response is its headers.
        deprecated: Whether the document marks it as deprecated.
        run: `module:function` of a handwritten command, imported when it runs.
        supplied: Parameters of that function that are not options: the command line supplies them.
        gathered: Arguments of that function that combine several options.
        own: Options that the command line adds and the function does not take.
        title: Title of a transfer in progress and reports, before its first argument; for an operation its verb:
            "deleted".
        render: `module:function` that renders the function's result.
        extends: It adds arguments and `run` to the operation of that word, and inherits the rest.
        bare: The function requires no client: it is called with (arguments, console).
        given: Values of the function's parameters by their names, for missing options.
        deletes: The deleted object, with parameters of the function in braces.
        asks: It asks on a terminal before it deletes or replaces something.
        access: `read` if it changes nothing on the service, `private` if it is not for programs that act for a user; by
            default it may change something. An operation without it has the access of its method.
        look: `module:function` that raises if that object does not exist.
        late: The function takes a function that connects the client, which it may not need.
        login: It fails without credentials.
        offline: As `bare`, for a service whose own options are still accepted.
        quick: It only reads settings and writes no log, so logging is not loaded.
        verbatim: All words from the first that is not its option, including options of another program, are its
            argument.
        hidden: Lists do not show it: it is a synonym of a listed command.
    """

    name: NotRequired[str]
    command: str
    summary: NotRequired[str | None]
    description: NotRequired[str | None]
    examples: NotRequired[list[str]]
    method: NotRequired[str]
    path: NotRequired[str]
    parameters: NotRequired[list[Argument]]
    paged: NotRequired[str]
    item: NotRequired[str]
    columns: NotRequired[list[str]]
    streams: NotRequired[bool]
    headers: NotRequired[bool]
    deprecated: NotRequired[bool]
    run: NotRequired[str]
    supplied: NotRequired[list[str]]
    gathered: NotRequired[dict[str, Gathered]]
    own: NotRequired[list[str]]
    title: NotRequired[str]
    render: NotRequired[str]
    extends: NotRequired[bool]
    given: NotRequired[dict[str, Any]]
    deletes: NotRequired[str]
    asks: NotRequired[bool]
    access: NotRequired[Literal["read", "private"]]
    look: NotRequired[str]
    late: NotRequired[bool]
    login: NotRequired[bool]
    offline: NotRequired[bool]
    bare: NotRequired[bool]
    quick: NotRequired[bool]
    verbatim: NotRequired[bool]
    hidden: NotRequired[bool]


class Service(TypedDict):
    """Data of a platform for the command line, besides its document.

    Attributes:
        title: For the list of services.
        index: Name of its file of commands in cli/index, which `make codegen` writes.
        package: Its generated package under omicsdk_api, if its name differs from the service's word.
        documented: Its operations are documented commands at the top level, not under `api`.
        client: `module:class` of its client, or a function that creates it with the platform's own discovery of service
            and credentials; by default the generated one.
        settings: `module:function` that reads its configuration, a `core.settings.config.Settings`. The member named
            after the service holds the defaults of its commands, `log_level` that of --log-level.
        sections: Members of that section that are settings of the service, not commands.
        default: The command whose arguments follow the service's word directly, where the next word is no command.
        groups: Groups of handwritten commands with their titles: that of `files ls` is `files`.
        options: Further options of all its commands, including operations; `client` receives their values.
        operations: `module:function` that returns the generated client, if it is not `client` itself: it is called with
            the client, the package and the operation.
        about: Text of its help below the commands.
        not_it: Remedy for a response that is not JSON, with {} for the base URL.
        remedy: Remedy if the service requires a login; by default to give it a token.
    """

    title: str
    index: NotRequired[str]
    package: NotRequired[str]
    documented: NotRequired[bool]
    client: NotRequired[str]
    settings: NotRequired[str]
    sections: NotRequired[list[str]]
    default: NotRequired[str]
    groups: NotRequired[dict[str, str]]
    options: NotRequired[list[Argument]]
    operations: NotRequired[str]
    about: NotRequired[str]
    not_it: NotRequired[str]
    remedy: NotRequired[str]
