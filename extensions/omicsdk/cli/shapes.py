"""The shapes of the data that the command line is built from; imported by type checkers only.

An operation of a generated commands.json and a workflow command are the same shape, so one help, one parser and one
completion serve both.
"""

from typing import Any, Literal, NotRequired, TypedDict

Kind = Literal["string", "integer", "number", "boolean", "array", "object", "file", "any"]
"""What a value is; `array` takes several words, `file` names one that is sent as it is, `any` is JSON or else text."""


class Argument(TypedDict):
    """One option, or one word without a dash.

    Attributes:
        name: The document's name; the option is spelled with it, dashes for underscores.
        python: The keyword argument, where it isn't `name`.
        in: Where an operation's argument goes (path, query, header, cookie, body).
        required: Whether the command needs it.
        type: What its value is.
        items: What an array's members are, where that is known.
        choices: The values that it may have.
        default: What holds when it isn't given, for the help; workflows are passed it.
        format: The document's format of it, such as date-time.
        metavar: What stands for its value in help: a noun, such as TIMESTAMP; by default from format, type and name.
        help: What it means.
        positional: A word without a dash.
        flag: Stands alone, never with a value.
        negates: Means false; another option of the same keyword means true.
        repeated: An array's option takes one word, and is given once for each member.
        convert: `module:function` that makes the value of what was typed.
        stdout: Of a file that is written: `-` is stdout, which gets what a file with this suffix would.
        short: A short spelling, such as `-t`.
        also: Further spellings that are documented.
        synonym_of: The name of the global option that it is a documented spelling of; neither help nor completion shows it.
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
    """One command: a generated operation, or handwritten.

    Attributes:
        name: An operation's attribute on the client.
        command: The words after the service, or the last one.
        summary: One line.
        description: More than that.
        examples: Command lines that show it, whole, where the description doesn't end with some.
        method: An operation's HTTP method.
        path: An operation's path template.
        parameters: Its arguments.
        paged: Dotted key of a page's list, where answers come in pages.
        item: The schema of a page's items.
        columns: Columns of the result's table, the one that matters most first.
        streams: Whether the answer is bytes of any length.
        headers: Whether the answer is its headers.
        deprecated: Whether the document says that it will go.
        run: `module:function` of a handwritten command, imported when it runs.
        supplied: Parameters of that function which are no options: the command line gives them. The function takes the others
            as they were given.
        gathered: Arguments of that function that hold several options.
        own: Options that the command line adds and the function does not take.
        title: What a transfer is called in progress and reports, before its first argument; of an operation what it did: "deleted".
        render: `module:function` that makes what is printed of the function's result.
        extends: It adds arguments and `run` to the operation of that word, and has the rest from there.
        bare: The function needs no client: it is called with (arguments, console).
        given: Values of the function's parameters by their names, for options that are missing.
        deletes: What it deletes, with parameters of the function in braces.
        look: `module:function` that raises where that does not exist.
        late: The function takes what connects the client, in its place: it may do without.
        login: It is refused without credentials.
        offline: As `bare`, for a service whose own options are taken all the same.
        quick: It only looks into settings and writes no log, so logging isn't loaded for it.
        verbatim: All words from the first that is no option of it, options of another program too, are its argument.
        hidden: Lists do not show it: it is another word for one that they show.
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
    look: NotRequired[str]
    late: NotRequired[bool]
    login: NotRequired[bool]
    offline: NotRequired[bool]
    bare: NotRequired[bool]
    quick: NotRequired[bool]
    verbatim: NotRequired[bool]
    hidden: NotRequired[bool]


class Service(TypedDict):
    """What the command line knows of a platform beside its document.

    Attributes:
        title: For the list of services.
        index: Name of its file of commands in cli/index, which `make codegen` writes.
        package: Its generated package under omicsdk_api, where that has another name than the service's word.
        documented: Its operations are documented commands and stand at the top, not under `api`.
        client: `module:class` of its client, or a function that makes it, which has the platform's own ways to find the service
            and credentials; by default the generated one.
        settings: `module:function` that reads its configuration, a `core.settings.config.Settings`. The member named after the
            service holds the defaults of its commands, `log_level` that of --log-level.
        sections: Members of that which are no commands, but settings of the service.
        groups: Words that handwritten commands stand below, each with its title: that of `files ls` is `files`.
        options: What each of its commands takes beside its own, operations included; `client` is given what was typed.
        operations: `module:function` that gives the generated client, where it isn't `client` itself: it is called with the
            client, the package and the operation.
        about: What its help says below the commands.
        not_it: Remedy for an answer that is no JSON, with {} for the base URL.
        remedy: What to do when the service wants a login; by default to give it a token.
    """

    title: str
    index: NotRequired[str]
    package: NotRequired[str]
    documented: NotRequired[bool]
    client: NotRequired[str]
    settings: NotRequired[str]
    sections: NotRequired[list[str]]
    groups: NotRequired[dict[str, str]]
    options: NotRequired[list[Argument]]
    operations: NotRequired[str]
    about: NotRequired[str]
    not_it: NotRequired[str]
    remedy: NotRequired[str]
