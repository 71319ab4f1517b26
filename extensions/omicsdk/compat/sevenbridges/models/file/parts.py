"""Parts of files: their metadata, where they come from, where their bytes are."""

from __future__ import annotations

from typing import Any

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.fields import DictView, is_text
from omicsdk.compat.sevenbridges.meta.value import Value
from omicsdk.core.redaction import without_query
from omicsdk.sb.paths import LONGEST, wrong_with


class Metadata(DictView):
    """A file's metadata: texts, numbers, or lists of them by name."""


class FileOrigin(Value):
    """Where a file comes from."""

    task = fields.text()


class FileStorage(Value):
    """Where a file's bytes are: the platform's own storage, or a place on a volume."""

    type = fields.text()
    volume = fields.text()
    location = fields.text()


class DownloadInfo(Value):
    """Where a file's bytes are fetched from, for some hours. The URL is a secret."""

    url = fields.text()

    def __repr__(self) -> str:
        return f"<DownloadInfo: {without_query(self.field('url') or '')}>"


def is_file_name(name: str, value: Any) -> None:
    """Refuses what the platform doesn't take as the name of a file or folder.

    Args:
        name: What the value is, for errors.
        value: The name.

    Raises:
        ValidationError: It isn't text, is empty or too long, or has a slash in it.
    """
    is_text(name, value)
    wrong = wrong_with(value)
    if wrong:
        raise ValidationError(f"{name} {wrong}", remedy=f"Give the last part alone, of 1 to {LONGEST} characters.")
