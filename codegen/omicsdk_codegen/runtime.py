"""The runtime of a package that stands alone: the modules of omicsdk.core and omicsdk.cli that its code imports, copied into it.

The copies are omicsdk's own files with other imports and names. Loggers, environment variables and the User-Agent have the
package's name, so that two packages in one program, and omicsdk beside them, share nothing.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

from .plan import INTERFACE, Package
from .render import readable_json, render_init, render_text
from .texts import as_comment, as_docstring
from .values import reachable
from .write import formatted, tree_of

FOLDER = "_runtime"
STAMP = "stamp.json"
_CLI = "cli."
# The command line, and what prints pages there, which it imports by a text.
COMMAND, PAGED_COMMAND = f"{_CLI}package", f"{_CLI}paged"
DEPENDENCIES = ("attrs>=24.1", "httpx>=0.27,<1")
FAST = ("aiohttp>=3.11,<4", "msgspec>=0.21")
FRAMES = ("pandas>=2.2.2",)
# What users of a package import from it, by module. Where a document uses one, the others come with it.
EXPORTS: Mapping[str, str] = {
    "credentials": "ANONYMOUS ApiKey Basic BearerToken Credentials HttpxAuth Token",
    "errors": (
        "APIError AuthError BadRequest ConfigError Conflict ConnectFailed ConnectionLost DecodeError Forbidden GatewayTimeout "
        "Gone Locked NameNotResolved NotFound NotJson OmicsError PreconditionFailed ProxyFailed ProxyLoginFailed RateLimited "
        "ResponseTooLarge ServerError ServiceUnavailable TLSFailed TimedOut TooLarge TooManyOpenFiles TooManyRedirects "
        "TransportError Unauthorized Unprocessable UsageError"
    ),
    "omit": "OMIT Omit",
    "retry": "NO_RETRY Retry",
    "sending.time_limits": "Timeout",
}
# Of a document with a flow of OAuth 2 by which a program gets tokens itself.
FLOWS: Mapping[str, str] = {"oauth.flows": "ClientCredentials DeviceLogin RefreshToken"}
# Of a document whose webhooks are verified.
WEBHOOKS: Mapping[str, str] = {"webhooks": "InvalidSignature UnknownEvent"}
_IMPORT = re.compile(r"(?m)^( *)from omicsdk\.(?:core|(cli))(?:\.([\w.]+))? import (?=(\w+)|\()")
_RUNTIME_NAME = re.compile(r"\bomicsdk\.core\b|\bomicsdk(?=\.cli\b)")
_PUBLIC = re.compile(r"\bomicsdk\.core\.\w+(?:\.\w+)*")
# "with --call-timeout (timeout= in Python)", of a package without a command line.
_OPTION = re.compile(r"--[a-z-]+ \((\w+=?) in Python\)")
# Core is written by pyright's rules; mypy's are others.
_UNCHECKED = "# mypy: ignore-errors"
# What pyright reports of a module whose packages are not installed.
_WITHOUT_EXTRA = "# pyright: basic, reportMissingImports=false\n"
_OF_EXTRA = re.compile(r"(?m)^ *(?:from|import) (?:aiohttp|jmespath|msgspec|pandas)\b")


@dataclass(frozen=True)
class Identity:
    """What a package is called.

    Attributes:
        name: in Python.
        version: its version.
        has_command: whether it has a command line.
    """

    name: str
    version: str
    has_command: bool = True


def bound(extra: str = "") -> str:
    """Return what a package that shares omicsdk.core requires: the interface changes with the minor version only, and from 1.0 on
    with the major one.

    Args:
        extra: an extra of omicsdk.
    """
    version = omicsdk_version()
    major, minor = map(int, version.split(".")[:2])
    return f"omicsdk{extra and f'[{extra}]'}>={version},<{f'0.{minor + 1}' if major == 0 else major + 1}"


def omicsdk_version() -> str:
    """Return the version of omicsdk whose core is copied or shared."""
    match = re.search(r'(?m)^__version__ = "(\d[^"]*)"', _source("version"))
    if match is None:
        raise LookupError("omicsdk.core.version has no __version__")
    return match[1]


def stand_alone(package: Package, files: Mapping[str, str], identity: Identity, note: str) -> dict[str, str]:
    """Return a package that imports its own copy of the runtime.

    Args:
        package: the plan.
        files: its files, which import omicsdk.core.
        identity: what the package is called.
        note: the header of generated files.
    """
    exported = _exported(package)
    exports = [(f"{FOLDER}.{module}", name) for module, names in exported.items() for name in names.split()]
    # Rendered again, with the names of the runtime: it is private, so users import them from the package.
    originals = {**files, **render_init(package, note, exports)}
    copied = {
        path: relocated(path, text, identity) if path.endswith(".py") else text for path, text in originals.items()
    }
    return copied | _copied(modules_for(package, files), identity)


def modules_for(package: Package, files: Mapping[str, str]) -> list[str]:
    """Return the modules of omicsdk.core that a package needs.

    Args:
        package: the plan.
        files: its files, which import omicsdk.core.
    """
    used = {module for path, text in files.items() if path.endswith(".py") for module in imported(text)}
    # The command line imports it by a text, which `imported` does not see.
    if COMMAND in used and "pages" in used:
        used.add(PAGED_COMMAND)
    return closure({*used, *_exported(package), "bodies"})  # the last one: of its tests


def _exported(package: Package) -> Mapping[str, str]:
    is_verified = package.webhooks is not None and package.webhooks.unwrapping is not None
    return {**EXPORTS, **(FLOWS if package.security.has_flows else {}), **(WEBHOOKS if is_verified else {})}


def beside(text: str, identity: Identity) -> str:
    """Return a file around a package, which imports omicsdk.core, as one that imports the package.

    Args:
        text: a test, or the README; its own tests may import what is private.
        identity: what the package is called.
    """
    private = _IMPORT.sub(lambda match: f"{match[1]}from {identity.name}.{FOLDER}.{match[3]} import ", text)
    return _PUBLIC.sub(identity.name, private)


def imported(text: str) -> set[str]:
    """Return the modules of omicsdk.core, and of omicsdk.cli as `cli.MODULE`, that a module imports, for type checkers too."""
    return {f"{_CLI}{match[3] or match[4]}" if match[2] else match[3] for match in _IMPORT.finditer(text)}


def closure(modules: Iterable[str]) -> list[str]:
    """Return modules of omicsdk.core with all that they import, sorted."""
    return sorted(reachable(modules, lambda module: imported(_source(module))))


def is_edited(folder: Path) -> bool:
    """Return whether a copy was changed after it was written; False without a stamp."""
    files = tree_of(folder) if folder.is_dir() else {}
    stamp = files.pop(STAMP, None)
    try:
        return stamp is not None and json.loads(stamp)["sha256"] != _digest(files)
    except (ValueError, LookupError, TypeError):  # the stamp was changed
        return True


def newer(folder: Path) -> str:
    """Return the version of omicsdk that a copy is of, if it is a later one than this; else an empty text."""
    try:
        version = str(json.loads((folder / STAMP).read_bytes())["omicsdk"])
    except (OSError, ValueError, LookupError, TypeError):  # none, or the stamp was changed
        return ""
    numbers, present = (tuple(map(int, re.findall(r"\d+", text)[:3])) for text in (version, omicsdk_version()))
    return version if numbers > present else ""


def relocated(path: str, text: str, identity: Identity, *, inside: bool = False) -> str:
    """Return a module as one of a package: its imports are relative, and in the runtime itself all names are the package's.

    Args:
        path: where it is in the package; in the runtime, if it is a module of that.
        text: the module, which imports omicsdk.core.
        identity: what the package is called.
        inside: whether it is a module of the runtime.
    """
    root = "." * (path.count("/") + 1) + ("" if inside else f"{FOLDER}.")
    relative = _IMPORT.sub(
        lambda match: f"{match[1]}from {root}{'.'.join(filter(None, match.group(2, 3)))} import ", text
    )
    if not inside:
        if path != "client.py":
            return relative
        # Its docstring states where credentials come from.
        return _PUBLIC.sub(
            identity.name, relative.replace("omicsdk.core.credentials", f"the credentials of {identity.name}")
        )
    if path == "version.py":
        return relative.replace('"omicsdk/', f'"{identity.name}/{identity.version} omicsdk/')
    rewritten = relative if identity.has_command else _OPTION.sub(r"\1", relative)
    return _named(_RUNTIME_NAME.sub(f"{identity.name}.{FOLDER}", rewritten), identity).replace(
        "OMICS_", f"{identity.name.upper()}_"
    )


def _named(text: str, identity: Identity) -> str:
    """Return a text with the package's name in the place of omics' and omicsdk's."""
    return re.sub(r"(?<![^\W_])omics(?:dk)?(?![^\W_])", identity.name, text)


def _copied(modules: Iterable[str], identity: Identity) -> dict[str, str]:
    version = omicsdk_version()
    note = f"Generated by `omics codegen` from omicsdk {version}; edits are lost."
    head = f"{as_comment(note)}\n# SPDX-License-Identifier: Apache-2.0\n{_UNCHECKED}\n"
    paths = {module: f"{module.replace('.', '/')}.py" for module in modules}
    files: dict[str, str] = {}
    for module, path in paths.items():
        text = relocated(path, _source(module), identity, inside=True)
        files[path] = f"# {head}{_WITHOUT_EXTRA if _OF_EXTRA.search(text) else ''}{text}"
    doc = as_docstring(f"The runtime of {identity.name}, a copy of a part of omicsdk.")
    for folder in {posixpath.dirname(path) for path in files} | {""}:
        files[posixpath.join(folder, "__init__.py")] = render_text("package.py.jinja", origin=as_comment(note), doc=doc)
    if f"{_CLI}completion" in paths:
        scripts = _omicsdk().joinpath("cli/scripts").iterdir()
        files |= {
            f"cli/scripts/{script.name}": _named(script.read_text(encoding="utf-8"), identity) for script in scripts
        }
    # The digest is of the formatted files, which are what `is_edited` reads from the disk.
    copied = formatted(files)
    stamp = {"omicsdk": version, "interface": INTERFACE, "sha256": _digest(copied)}
    texts = {path: content.decode() for path, content in copied.items()} | {STAMP: readable_json({**stamp})}
    return {f"{FOLDER}/{path}": text for path, text in texts.items()}


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@cache
def _source(module: str) -> str:
    inside = module if module.startswith(_CLI) else f"core.{module}"
    return _omicsdk().joinpath(f"{inside.replace('.', '/')}.py").read_text(encoding="utf-8")


def _omicsdk() -> Traversable:
    return importlib.resources.files("omicsdk")
