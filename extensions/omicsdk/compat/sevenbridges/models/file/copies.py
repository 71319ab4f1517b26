"""Copies of many files into a project, one request each."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.core.errors import shortened

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file.resource import File

#: Files that are copied at once.
AT_ONCE = 16
#: Characters that the names of files that weren't copied may take in a message.
_SHOWN = 300


def copy_files(api: HttpClient, files: Sequence[File | str], project: str) -> None:
    """Copies files into a project; one that can't be copied doesn't keep the others from it.

    Args:
        api: The platform.
        files: Files, or their ids.
        project: The project's id.

    Raises:
        SbgError: Files couldn't be copied. It is the first one's error, and its message names all of them.
    """
    ids = [identifier(file) for file in files]

    def refusal(id: str) -> SbgError | None:
        try:
            api.call(api.client.copy_file.build(file_id=id, project=project))
        except SbgError as error:
            return error
        return None

    with ThreadPoolExecutor(AT_ONCE, "omicsdk-copy") as pool:
        answers = list(pool.map(refusal, ids))
    refused = [(called(file), error) for file, error in zip(files, answers, strict=True) if error is not None]
    if not refused:
        return
    name, first = refused[0]
    first.message = f"{name} can't be copied into {project}: {first.message}"
    if len(refused) > 1:
        others = shortened(", ".join(name for name, _ in refused[1:]), _SHOWN)
        first.message = (
            f"{first.message.rstrip('.')}; {len(refused)} of {len(files)} files weren't copied, also {others}"
        )
    raise first


def called(file: File | str) -> str:
    """What a file is called in messages: its name, where that is known, and its id.

    Args:
        file: The file, or its id.
    """
    name = file.field("name") if isinstance(file, Resource) else None
    return f"{name} ({identifier(file)})" if name else identifier(file)
