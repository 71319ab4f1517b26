"""Apps from CWL files: JSON or YAML, one document of it where it refers to others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import MissingExtra, UsageError
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.sb.errors import SbgError

_REFERRING = ("$import", "$include", "$mixin")

EXTRA = "cwl"
"""The extra that brings what packs documents of several files."""


class WrongApp(SbgError, UsageError):
    """A file isn't an app.

    Args:
        message: What is wrong with it.
        remedy: What to do.
    """

    def __init__(self, message: str, *, remedy: str = "Give a CWL file: JSON or YAML.") -> None:
        super().__init__(message, -1, -1, remedy=remedy)


def read_app(file: Path) -> dict[str, Any]:
    """Reads an app.

    Args:
        file: A CWL file. Steps, types and texts that stand in other files become part of the document, which needs the extra
            `cwl`.

    Returns:
        One document.

    Raises:
        WrongApp: It can't be read, or isn't CWL.
        MissingExtra: It is YAML, or refers to other files, and the extra isn't installed.
    """
    document = _parsed(file)
    if not isinstance(document.get("class"), str) and "$graph" not in document:
        raise WrongApp(
            f"{file} isn't CWL: it has no class", remedy="An app's class is CommandLineTool, Workflow or the like."
        )
    return _packed(file) if references(document) else document


def references(document: Any) -> list[str]:
    """What other files a document refers to; pure.

    Args:
        document: The document.
    """
    found: list[str] = []
    if isinstance(document, dict):
        for key, value in cast("dict[str, Any]", document).items():
            names_file = key in _REFERRING or (key == "run" and not str(value).startswith("#"))
            found += [value] if names_file and isinstance(value, str) else references(value)
    elif isinstance(document, list):
        for each in cast("list[Any]", document):
            found += references(each)
    return found


def _parsed(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise WrongApp(f"{file} can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise WrongApp(f"{file} isn't UTF-8 text") from error
    document = _of_json(text, file) if text.lstrip()[:1] in ("{", "[") else _of_yaml(text, file)
    if not isinstance(document, dict):
        raise WrongApp(f"{file} isn't CWL: it is no object")
    return cast("dict[str, Any]", document)


def _of_json(text: str, file: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        try:
            return _of_yaml(text, file)  # YAML may begin with a brace too
        except (MissingExtra, WrongApp):
            raise WrongApp(f"{file} isn't JSON: {error}") from error


def _of_yaml(text: str, file: Path) -> Any:
    try:
        return read_yaml(text)
    except ImportError as error:
        raise MissingExtra(EXTRA, "apps in YAML", module="yaml") from error
    except YamlFault as error:
        raise WrongApp(f"{file} can't be read: {error}") from error


def _packed(file: Path) -> dict[str, Any]:
    try:
        from cwl_utils.pack import pack  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ImportError as error:
        raise MissingExtra(EXTRA, f"{file}, which refers to other files", module="cwl_utils") from error
    import io
    from contextlib import redirect_stderr

    said = io.StringIO()  # it tells each step on stderr
    try:
        with redirect_stderr(said):
            # Dates, and kinds of text of its YAML library, as JSON has them.
            return cast("dict[str, Any]", json.loads(json.dumps(pack(str(file)), default=str)))
    except Exception as error:
        raise WrongApp(f"{file} can't be packed: {error}", remedy="Look at the files that it refers to.") from error
