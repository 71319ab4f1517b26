"""Environment variables as lines that a shell takes."""

import re
import shlex
from collections.abc import Mapping

SHELLS = {"sh": "sh, bash, zsh", "fish": "fish", "powershell": "PowerShell"}
"""Each shell that there are lines for, and what people call it."""

_FISH = re.compile(r"([\\'])")
# PowerShell takes typographic quotes for the plain one.
_POWERSHELL = re.compile("(['\u2018\u2019\u201a\u201b])")


def _fish(value: str) -> str:
    return _FISH.sub(r"\\\1", value)


def _powershell(value: str) -> str:
    return _POWERSHELL.sub(r"\1\1", value)


def shell_lines(environment: Mapping[str, str], shell: str = "sh") -> str:
    """Lines that set variables.

    Args:
        environment: Names and values.
        shell: One of `SHELLS`; default sh.

    Returns:
        One line for each, every one with its end.

    Raises:
        ValueError: There is no such shell.
    """
    match shell:
        case "sh":
            lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
        case "fish":
            lines = [f"set -gx {name} '{_fish(value)}'" for name, value in environment.items()]
        case "powershell":
            lines = [f"$env:{name} = '{_powershell(value)}'" for name, value in environment.items()]
        case _:
            raise ValueError(f"there are no lines for {shell!r}; there are for {', '.join(SHELLS)}")
    return "".join(f"{line}\n" for line in lines)
