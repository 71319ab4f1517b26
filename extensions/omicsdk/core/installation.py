"""Commands that add packages to the running installation: pip, pipx, uv or conda, detected from its files."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = "omicsdk"


class Installation(NamedTuple):
    """Where this program is installed.

    Attributes:
        prefix: Folder of its Python environment.
        python: Its Python interpreter.
        installer: The program that installed omicsdk, from its metadata; empty if not stated.
        environ: The environment's variables.
        is_windows: Whether commands are for a shell of Windows.
        source: Where omicsdk was installed from, if not from an index: the text of its direct_url.json (PEP 610).
    """

    prefix: str
    python: str
    installer: str
    environ: Mapping[str, str]
    is_windows: bool = False
    source: str = ""


def install_command(requirement: str, installation: Installation | None = None) -> str:
    """Return the command line that adds a package to this installation.

    Args:
        requirement: The package, such as `omicsdk[sandbox]`. An extra of ours comes from where we were installed from: a
            folder, an archive or a repository.
        installation: The installation; by default the running one.
    """
    here = installation or _present()
    is_ours = requirement.partition("[")[0] == OURS
    quoted = _located(requirement, here) if is_ours else _quoted(requirement, here)
    # uv writes it into the environment of each tool, as pipx writes the file below.
    if _has(here, "uv-receipt.toml"):
        return f"uv tool install {quoted}" if is_ours else f"uv tool install {_located(OURS, here)} --with {quoted}"
    if _has(here, "pipx_metadata.json"):
        return f"pipx install --force {quoted}" if is_ours else f"pipx inject {OURS} {quoted}"
    is_active = here.prefix in (here.environ.get("VIRTUAL_ENV"), here.environ.get("CONDA_PREFIX"))
    python = _quoted(here.python, here)
    command, elsewhere = "pip install", f"{python} -m pip install"
    if _has(here, "conda-meta"):  # conda does not support extras: pip of the environment installs them
        elsewhere = f"conda run -p {_quoted(here.prefix, here)} pip install"
    elif here.installer == "uv":
        command, elsewhere = "uv pip install", f"uv pip install --python {python}"
    elif not _has(here, "pyvenv.cfg"):
        elsewhere = command
    return f"{command if is_active else elsewhere} {quoted}"


def _located(requirement: str, here: Installation) -> str:
    """Our requirement with the place that we were installed from, as an argument."""
    if not here.source:
        return _quoted(requirement, here)
    import json

    # By PEP 610: a folder, a repository with its commit, or an archive.
    facts = json.loads(here.source)
    url = str(facts["url"])
    if "dir_info" in facts:
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        # An editable installation that is installed again without this option no longer follows its folder.
        option = "-e " if facts["dir_info"].get("editable") else ""
        return option + _quoted(f"{url2pathname(urlsplit(url).path)}{requirement.removeprefix(OURS)}", here)
    if version := facts.get("vcs_info"):
        url = f"{version['vcs']}+{url}@{version['commit_id']}"
    return _quoted(f"{requirement} @ {url}", here)


def _quoted(word: str, here: Installation) -> str:
    if here.is_windows:  # cmd.exe supports double quotes only
        return f'"{word}"' if any(character in word for character in " [") else word
    from shlex import quote

    return quote(word)


def _has(here: Installation, name: str) -> bool:
    return os.path.exists(os.path.join(here.prefix, name))  # noqa: PTH110, PTH118 - pathlib costs 5 ms


def _present() -> Installation:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        ours = distribution(OURS)
        installer, source = ((ours.read_text(name) or "").strip() for name in ("INSTALLER", "direct_url.json"))
    except PackageNotFoundError:  # run from a checkout that is not installed
        installer = source = ""
    return Installation(sys.prefix, sys.executable, installer, os.environ, sys.platform == "win32", source)
