"""Dictionaries in files: one of JSON or YAML, or a folder with a YAML file for each node."""

import json
import os
from pathlib import Path
from typing import Any

from omicsdk.core.errors import MissingExtra
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.dictionary.dictionary import Dictionary, DictionaryError

_YAML = (".yaml", ".yml")


def read_dictionary(path: str | os.PathLike[str]) -> Dictionary:
    """Reads a dictionary from a file or a folder.

    Args:
        path: A JSON file as a commons gives it under _dictionary/_all, or a folder with a file for each node, JSON or YAML,
            with _definitions beside them; YAML needs PyYAML.

    Raises:
        DictionaryError: It can't be read, or is no dictionary.
        MissingExtra: It is YAML, and PyYAML isn't installed.
    """
    place = Path(path)
    if place.is_dir():
        files = sorted(each for each in place.iterdir() if each.suffix in (".json", *_YAML))
        document = {each.stem: _document(each) for each in files}
    else:
        document = _document(place)
        # Compiled dictionaries have the names of their files as keys.
        document = {name.removesuffix(".yaml"): each for name, each in document.items()}
    try:
        return Dictionary(document)
    except DictionaryError as error:
        raise DictionaryError(f"{place}: {error.message}", remedy=error.remedy) from error


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = _of_yaml(text, file) if file.suffix in _YAML else json.loads(text)
    except (OSError, ValueError) as error:
        raise DictionaryError(f"{file} can't be read: {error}", remedy="Give a dictionary's file or folder.") from error
    if not is_object(found):
        raise DictionaryError(f"{file} is no object of nodes", remedy="Give a dictionary's file or folder.")
    return found


def _of_yaml(text: str, file: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise MissingExtra("gen3", f"{file}, which is YAML", module="yaml") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
