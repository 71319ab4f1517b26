"""The CWL of apps, as scripts give it and as it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from omicsdk.compat.sevenbridges.enums import AppRawFormat
from omicsdk.compat.sevenbridges.errors import ValidationError


def cwl(raw: Mapping[str, Any] | str, raw_format: str | None = None) -> dict[str, Any] | str:
    """Gives an app's CWL as it is sent.

    Args:
        raw: A dictionary, or text.
        raw_format: How text is written, "json" or "yaml"; None to tell by its first character.

    Returns:
        A dictionary, to be sent as JSON; for YAML the text itself, which is for the platform to read.

    Raises:
        ValidationError: It can't be an app.
    """
    form = raw_format.lower() if raw_format else None
    if form not in (None, AppRawFormat.JSON, AppRawFormat.YAML):
        raise ValidationError(f"raw_format is {raw_format!r}", remedy='Give "json" or "yaml".')
    if isinstance(raw, Mapping):
        found = dict(raw)
    elif not isinstance(raw, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
        raise ValidationError(f"raw is a {type(raw).__name__}", remedy="Give an app's CWL as a dictionary or text.")
    elif form == AppRawFormat.JSON or (form is None and raw.lstrip().startswith("{")):
        found = _of_json(raw)
    elif ":" not in raw or ("\n" not in raw.strip() and raw.rstrip().endswith((".cwl", ".json", ".yaml", ".yml"))):
        raise ValidationError(
            f"raw isn't an app's CWL: {raw.strip()[:60]!r}", remedy="Give the text of a CWL file, not its name."
        )
    else:
        return raw
    if not found:
        raise ValidationError("raw is empty", remedy="Give an app's CWL.")
    return found


def _of_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"raw isn't JSON: {error}", remedy='Mend it, or give raw_format="yaml".') from None
    if not isinstance(found, dict):
        raise ValidationError(
            f"raw is a JSON {type(found).__name__}, and an app is an object",
            remedy='Several together stand in "$graph".',
        )
    return cast("dict[str, Any]", found)
