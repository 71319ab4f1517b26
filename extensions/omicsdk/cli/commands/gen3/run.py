"""What `omics gen3 run` does: another program, with an access token in its environment."""

from __future__ import annotations

import os
import subprocess
import sys

from omicsdk.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN_VARIABLE = "GEN3_TOKEN"  # noqa: S105 - the name of a variable
_OPTIONS = {"--auth": "auth", "--endpoint": "endpoint"}


def run(words: Sequence[str], *, debug: bool = False) -> int:
    """`omics gen3 run`: runs what the words say.

    Args:
        words: --auth and --endpoint with their values, then the program and its arguments.
        debug: Without effect.

    Returns:
        What the program ended with; 128 and the signal's number where a signal ended it.

    Raises:
        UsageError: There is no program, or none of that name.
        Gen3AuthError: No token can be had.
    """
    del debug
    given, program = _split(list(words))
    if given is None:
        return _help()
    if not program:
        raise UsageError("nothing says what to run", remedy="Name a command: omics gen3 run my-script --fast.")
    from omicsdk.cli.commands.gen3.access import connect

    with connect(os.environ.get("OMICS_GEN3_URL"), credentials=os.environ.get("OMICS_GEN3_TOKEN"), **given) as access:
        token = access.auth.get_access_token()
    sys.stdout.flush()
    try:
        child = subprocess.Popen(program, env={**os.environ, TOKEN_VARIABLE: token})
    except OSError as error:
        raise UsageError(
            f"{program[0]} can't be run: {error.strerror or error}", remedy="Check its name and permissions."
        ) from error
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:  # the terminal has told the program as well
            continue
        return code if code >= 0 else 128 - code


def _split(words: list[str]) -> tuple[dict[str, str] | None, list[str]]:
    """The values of our own options, and the program; None in the place of the former where help is asked for."""
    given: dict[str, str] = {}
    while words and words[0].startswith("-"):
        name, equals, value = words.pop(0).partition("=")
        if name == "--":
            break
        if name in ("-h", "--help"):
            return None, []
        if name not in _OPTIONS:
            raise UsageError(
                f"there is no option {name}", remedy="Only --auth and --endpoint stand before the command that is run."
            )
        if not equals:
            if not words:
                raise UsageError(f"{name}: expected one argument")
            value = words.pop(0)
        given[_OPTIONS[name]] = value
    return given, words


def _help() -> int:
    from omicsdk.cli.catalog import Catalog, Found, Group
    from omicsdk.cli.help import command_help, terminal_width

    service = Catalog().start("gen3")
    found = service.child("run") if isinstance(service, Group) else service
    if isinstance(found, Found):
        sys.stdout.write(command_help(found, terminal_width()))
    return 0
