"""Step 1: a file of YAML or JSON becomes plain values."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path

from .addresses import uri_of
from .faults import DocumentError, Fault
from .limits import MAX_BYTES
from .load_json import JsonLines, read_json
from .load_yaml import read_yaml, yaml_lines
from .progress import OnProgress, silent
from .source import Source
from .values import Json

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def load(path: Path, on_progress: OnProgress = silent) -> Source:
    """Load a document, an overlay, or a file that one of them refers to.

    YAML is read with the scalars of YAML 1.2 (only true and false are booleans; `no`, dates and 12:30 stay text) and
    with keys as text. An unquoted placeholder (`host: {{NAME}}`) is text. The version numbers of a document
    (`swagger: 2.0`, `info: {version: 1.10}`) are text as written.

    Args:
        path: the file; `.json` is read as JSON only, any other as JSON when it is that, else as YAML.
        on_progress: called with the progress.

    Returns:
        The file with its value, a mapping, and the lines of its parts.

    Raises:
        DocumentError: it cannot be opened, is not text, is not YAML or JSON, is not a mapping, has a key twice, has more
            than `limits.MAX_BYTES`, nests deeper than `limits.MAX_DEPTH`, or is made very large by its aliases.
    """
    return load_bytes(
        read_file(path, str(path)), path=path, label=str(path), uri=uri_of(path.resolve()), on_progress=on_progress
    )


def read_file(path: Path, label: str) -> bytes:
    """Read a file's bytes.

    Raises:
        DocumentError: it cannot be opened, or has more than `limits.MAX_BYTES`.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)  # a pipe or a device states no size, and may have no end
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError(
            [Fault(f"it cannot be opened: {reason}", "Name a file that can be read.", label)]
        ) from error
    if len(raw) > MAX_BYTES:
        raise DocumentError([Fault(f"it has more than {MAX_BYTES >> 20} MiB", "Split it into files.", label)])
    return raw


def load_bytes(raw: bytes, *, path: Path, label: str, uri: str, on_progress: OnProgress = silent) -> Source:
    """Load bytes that were fetched or read already.

    Args:
        raw: the file's bytes: UTF-8, or UTF-16 with a byte order mark.
        path: its source; the suffix decides whether it is JSON.
        label: how messages name it.
        uri: what its references are relative to.
        on_progress: called with the progress.

    Raises:
        DocumentError: as in `load`.
    """
    text = decode(raw, label)
    as_json = path.suffix.lower() == ".json"
    if not text.strip():
        raise DocumentError([Fault("it is empty", "Name an OpenAPI or Swagger document.", label)])
    data: Json = None
    # JSON has a reader of its own, which is much faster; what begins so may also be YAML in flow style.
    if as_json or text.lstrip()[0] in "{[":
        try:
            data = read_json(text, label)
        except ValueError as error:
            if as_json:
                raise DocumentError(
                    [Fault(f"invalid JSON: {error}", "Fix its syntax.", label, _line(error))]
                ) from error
            data = read_yaml(text, label, on_progress)
        else:
            as_json = True
    else:
        data = read_yaml(text, label, on_progress)
    if not isinstance(data, dict):
        raise DocumentError(
            [Fault(f"expected a mapping, found {_kind(data)}", "Name an OpenAPI or Swagger document.", label, 1)]
        )

    # Computed when a message or a report needs them.
    def lines_of() -> Mapping[str, int]:
        return JsonLines(text, data) if as_json else yaml_lines(text, label)

    return Source(path, label, uri, data, lines_of)


def decode(raw: bytes, label: str) -> str:
    """Turn a file's bytes into text.

    Raises:
        DocumentError: they are no text.
    """
    encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError([Fault("not UTF-8 text", "Name a YAML or JSON file.", label, line)]) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DocumentError([Fault("it is binary", "Name a YAML or JSON file.", label, line)])
    return text


def _line(error: ValueError) -> int | None:
    line = getattr(error, "lineno", None)
    return line if isinstance(line, int) else None


def _kind(value: Json) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"the single value {str(value)[:40]!r}"
