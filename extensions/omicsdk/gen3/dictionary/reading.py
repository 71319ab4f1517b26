"""Dictionaries in files: one of JSON or YAML, or a folder with a YAML file for each node."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import MissingExtra
from omicsdk.core.narrowing import is_object
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.gen3.dictionary.dictionary import Dictionary, DictionaryError
from omicsdk.gen3.errors import Gen3UserError

_YAML = (".yaml", ".yml")
_SUFFIXES = (".json", *_YAML)
_REMEDY = "Give the dictionary as one JSON or YAML file, or as a folder with a JSON or YAML file for each node."


class DictionaryFileError(DictionaryError, Gen3UserError):
    """A file or folder that was named as a data dictionary is none, or can't be read."""


def read_dictionary(path: str | os.PathLike[str]) -> Dictionary:
    """Reads a dictionary from a file or a folder.

    Args:
        path: A JSON file as a commons gives it under _dictionary/_all, or a folder with a file for each node, JSON or YAML,
            with _definitions beside them; YAML needs PyYAML.

    Raises:
        DictionaryError: It can't be read, or is no dictionary (a UsageError).
        MissingExtra: It is YAML, and PyYAML isn't installed.
    """
    place = Path(path)
    if place.is_dir():
        document = {each.stem: _document(each) for each in _files(place)}
    else:
        document = _document(place)
        # Compiled dictionaries have the names of their files as keys.
        document = {name.removesuffix(".yaml"): each for name, each in document.items()}
    try:
        return Dictionary(document)
    except DictionaryError as error:
        raise DictionaryFileError(f"{place}: {error.message}", remedy=error.remedy) from error


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES)
    except OSError as error:
        raise _unreadable(folder, error) from error
    if not files:
        raise _no_dictionary(folder, "no file in it ends in .json, .yaml or .yml")
    return files


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(file, error) from error
    except ValueError as error:  # bytes that are no text, or a NUL in the path
        raise _no_dictionary(file, "it isn't text in UTF-8") from error
    try:
        found = _of_yaml(text, file) if file.suffix in _YAML else json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_dictionary(file, f"it isn't JSON: {error}") from error
    except RecursionError as error:
        raise _no_dictionary(file, "it is nested too deep") from error
    if not is_object(found):
        raise _no_dictionary(file, "it isn't an object of names and values")
    for name in cast("Iterable[object]", found):  # YAML has keys of other kinds, too
        if not isinstance(name, str):
            raise _no_dictionary(file, f"{name!r} in it is no text, so it names nothing")
    return found


def _of_yaml(text: str, file: Path) -> Any:
    try:
        return read_yaml(text, dates=True)
    except ImportError as error:
        raise MissingExtra("gen3", f"{file}, which is YAML", module="yaml") from error
    except YamlFault as error:
        raise _no_dictionary(file, str(error)) from error


def _unreadable(path: Path, error: OSError) -> DictionaryFileError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DictionaryFileError(f"There is no dictionary at {path}", remedy=f"Check the path. {_REMEDY}")
    return DictionaryFileError(
        f"The dictionary {path} can't be read: {error.strerror or error}",
        remedy="Give a file that you may read, or have its owner let you read it.",
    )


def _no_dictionary(path: Path, why: str) -> DictionaryFileError:
    return DictionaryFileError(f"{path} is no data dictionary: {why}", remedy=_REMEDY)
