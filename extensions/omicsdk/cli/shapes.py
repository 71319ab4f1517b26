"""Types of the data for the command line; imported by type checkers only.

Operations of a generated commands.json and workflow commands have the same type, so they share help, parser and
completion.
"""

from typing import Any, Literal, NotRequired, TypedDict

# Types of values; `array` takes several words, `file` names one that is sent unchanged, `any` is JSON or else text.
Kind = Literal["string", "integer", "number", "boolean", "array", "object", "file", "any"]


class Facts(TypedDict, total=False):
    """The facts about an option or a positional argument, besides its name.

    Attributes:
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
        value: Means this value of the option of the same keyword.
        repeated: An array's option takes one word, and is given once for each member. The words of a positional argument
            follow those of the option of the same keyword.
        convert: `module:function` that converts the typed text to the value.
        stdout: For an output file: `-` is stdout, which receives the contents of a file with this suffix.
        remote: Its value is a path of the service, never of this machine.
        short: A short spelling, such as `-t`.
        also: Further documented spellings.
        synonym_of: The global option of which it is a documented spelling; hidden from help and completion.
    """

    python: str
    required: bool
    type: Kind | list[str] | None
    items: Kind | None
    choices: list[Any] | None
    default: Any
    format: str
    metavar: str
    help: str | None
    positional: bool
    flag: bool
    negates: bool
    value: str
    repeated: bool
    convert: str
    stdout: str
    remote: bool
    short: str
    also: list[str]
    synonym_of: str


class Argument(Facts):
    """An option, or a positional argument.

    Attributes:
        name: The document's name; the option is spelled with it, dashes for underscores.
    """

    name: str


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
        group: Attributes of the client to an operation's group, with dots between them.
        member: The group's attribute.
        paged: Dotted key of a page's list, if responses are paged.
        item: The schema of a page's items.
        columns: Columns of the result's table, the most important first.
        streams: Whether the response is bytes of any length.
        headers: Whether the response is its headers.
        deprecated: Whether the document marks it as deprecated.
        title: Title of a transfer in progress and reports, before its first argument; for an operation its verb:
            "deleted".
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
    group: NotRequired[str]
    member: NotRequired[str]
    paged: NotRequired[str]
    item: NotRequired[str]
    columns: NotRequired[list[str]]
    streams: NotRequired[bool]
    headers: NotRequired[bool]
    deprecated: NotRequired[bool]
    title: NotRequired[str]
    quick: NotRequired[bool]
    verbatim: NotRequired[bool]
    hidden: NotRequired[bool]
