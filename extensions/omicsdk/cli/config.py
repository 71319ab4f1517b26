"""`omics config`: what is set, and where it comes from."""

from __future__ import annotations

import os

from omicsdk.core.redaction import MASK, is_secret_name, mask_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from omicsdk.cli.console import Console


def list_settings(arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics config list`: every setting with its value, secrets masked, and its origin.

    Raises:
        ConfigError: A file is malformed; names it with line and column.
    """
    del arguments, console
    return [*_hca(), *_variables(os.environ)]


def _hca() -> Iterator[dict[str, Any]]:
    from omicsdk.hca.config import HCAConfig

    for setting in HCAConfig().settings:
        yield _shown(setting.name, setting.value, setting.origin, any(map(is_secret_name, setting.keys)))


def _variables(environ: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name in sorted(environ):
        if name.startswith("OMICS_"):
            yield _shown(name, environ[name], "the environment", is_secret_name(name))


def _shown(name: str, value: Any, origin: str, secret: bool) -> dict[str, Any]:
    return {"name": name, "value": MASK if secret and value else mask_json(value), "origin": origin}
