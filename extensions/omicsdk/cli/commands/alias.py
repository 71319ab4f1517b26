"""`omics alias`: shell functions by which scripts for another program run through this one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console

# What the operations of dss and auth printed was always JSON, and nothing was asked before a deletion. The only option
# that could stand before these words was --log-level.
_SERVICES = ("dss", "auth")
_AS_BEFORE = "--yes --output json"

_POSIX = """\
unalias hca 2>/dev/null || :
hca() {{
  case " ${{1-}} ${{2-}} ${{3-}} " in
    {patterns}) command omics {options} "$@" ;;
    *) command omics "$@" ;;
  esac
}}
"""
# Other shells read what is made for bash too, when nobody says which it is.
_EXPORT = 'if [ -n "${BASH_VERSION-}" ]; then export -f hca; fi\n'

_FISH = """\
function hca
    switch " $argv[1] $argv[2] $argv[3] "
        case {patterns}
            command omics {options} $argv
        case '*'
            command omics $argv
    end
end
"""

_POWERSHELL = """\
function hca {{
    if (" $($args[0]) $($args[1]) $($args[2]) " -match '^ (--log-level\\S* (\\S+ )?)?({services}) ') {{
        omics {options} @args
    }} else {{
        omics @args
    }}
}}
"""


def print_function(arguments: Mapping[str, Any], console: Console) -> object:
    """`omics alias hca`: the function, as text.

    Args:
        arguments: `name` of the other program, and `shell`.
        console: Not used: what a shell reads goes to stdout alone.
    """
    del console
    return function(str(arguments["shell"])).rstrip("\n")


def function(shell: str) -> str:
    """The function `hca` for a shell.

    Args:
        shell: bash, zsh, sh, fish or powershell.

    Returns:
        Lines for the shell to read. bash hands the function on to scripts that are run from it.
    """
    if shell == "powershell":
        return _POWERSHELL.format(services="|".join(_SERVICES), options=_AS_BEFORE)
    if shell == "fish":
        places = [f"' {service} *' ' --log-level* {service} *'" for service in _SERVICES]
        return _FISH.format(patterns=" ".join(places), options=_AS_BEFORE)
    places = [f'" {service} "*|" --log-level"*" {service} "*' for service in _SERVICES]
    made = _POSIX.format(patterns="|".join(places), options=_AS_BEFORE)
    return made + (_EXPORT if shell == "bash" else "")
