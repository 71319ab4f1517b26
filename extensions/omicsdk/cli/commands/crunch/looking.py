"""What `omics crunch files` and `diagnostics` do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.told import Told
from omicsdk.core.errors import UsageError
from omicsdk.crunch.datasets import STORAGE_VARIABLE
from omicsdk.crunch.diagnostics import get_diagnostics
from omicsdk.crunch.requests import checked_slug

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.crunch.client import Crunch


def storage_settings(arguments: Mapping[str, Any]) -> Path:
    """The file with the settings of the site's storage.

    Args:
        arguments: What was typed.

    Raises:
        UsageError: Nothing says which.
    """
    given = arguments["storage_settings"] or os.environ.get(STORAGE_VARIABLE, "").strip()
    if not given:
        raise UsageError(
            "nothing says where the datasets' files are",
            remedy=f"Give --storage-settings FILE, or set {STORAGE_VARIABLE}: a TOML or JSON file such as "
            '{"MEDIA_ROOT": "/data"}.',
        )
    return Path(given)


def files(client: Crunch, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics crunch files`: the tree of a dataset's folder; as data the path of each file within it.

    Raises:
        UsageError: Nothing says where the files are.
        NotFound: There is no such dataset.
        FileNotFoundError: The dataset has no folder in the storage.
        OmicsError: The storage can't be read.
    """
    from omicsdk.crunch.storage import open_storage, walk

    del console
    settings, slug = storage_settings(arguments), checked_slug(arguments["dataset"])
    base = client.get_dataset(slug=slug).base_file_path
    tree = walk(open_storage(settings), base)
    below = f"{base.strip('/')}/" if base.strip("/") else ""
    return Told("\n".join(tree.lines()), sorted(name.removeprefix(below) for name in tree.all_files()))


def diagnostics(arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics crunch diagnostics`: what is known of this machine."""
    del arguments, console
    return get_diagnostics()
