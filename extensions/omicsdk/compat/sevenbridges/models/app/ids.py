"""Identities of apps: owner/project/app, with /revision where one is meant."""

from __future__ import annotations

from typing import NamedTuple, Self

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta.identity import identifier


class AppId(NamedTuple):
    """An app's identity in its parts.

    Attributes:
        owner: A user or division.
        project: Its project's short name.
        app: Its own short name.
        revision: Its revision, counted from 0; None for the latest.
    """

    owner: str
    project: str
    app: str
    revision: int | None = None

    @classmethod
    def of(cls, thing: object) -> Self:
        """Takes one apart.

        Args:
            thing: An App, or its id.

        Raises:
            ValidationError: It isn't one.
            SbgError: The App has no id.
        """
        text = identifier(thing)
        parts = text.strip("/").split("/")
        revision = parts.pop() if len(parts) == 4 else None
        named = len(parts) == 3 and all(parts) and not {".", ".."} & set(parts)
        if not named or not (revision is None or _is_number(revision)):
            raise ValidationError(
                f"{text!r} isn't an app's id", remedy="Give owner/project/app, or owner/project/app/revision."
            )
        return cls(parts[0], parts[1], parts[2], None if revision is None else int(revision))

    @property
    def latest(self) -> AppId:
        """The same app without a revision."""
        return self._replace(revision=None)

    def at(self, revision: int | str) -> AppId:
        """The same app in a revision.

        Args:
            revision: Its number, from 0.

        Raises:
            ValidationError: It isn't one.
        """
        if isinstance(revision, bool) or not _is_number(str(revision)):
            raise ValidationError(f"revision is {revision!r}", remedy="Give a whole number, 0 or above.")
        return self._replace(revision=int(revision))

    def __str__(self) -> str:
        return "/".join(str(part) for part in self if part is not None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
