"""Types of the data for the commands of omics besides those of operations; imported by type checkers only."""

from typing import Any, Literal, NotRequired, TypedDict

from omicsdk.cli.shapes import Argument, Command


class Gathered(TypedDict):
    """Options that a function takes as one argument.

    Attributes:
        type: `module:class` of that argument, a dataclass.
        fields: Its fields, each an option.
    """

    type: str
    fields: list[str]


class Workflow(Command):
    """A command with a function, or what is added to an operation.

    Attributes:
        run: `module:function` of a handwritten command, imported when it runs.
        supplied: Parameters of that function that are not options: the command line supplies them.
        gathered: Arguments of that function that combine several options.
        own: Options that the command line adds and the function does not take.
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
    """

    run: NotRequired[str]
    supplied: NotRequired[list[str]]
    gathered: NotRequired[dict[str, Gathered]]
    own: NotRequired[list[str]]
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
