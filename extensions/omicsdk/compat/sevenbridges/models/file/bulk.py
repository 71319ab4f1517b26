"""Many files at once: any number, a hundred in a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.identity import identifier, identifiers, several
from omicsdk.compat.sevenbridges.meta.resource import Resource
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.core.narrowing import is_mapping

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file.resource import File
    from omicsdk.core.request import Request

#: What bulk calls can change.
CHANGEABLE = ("name", "tags", "metadata")


class FileBulkRecord(BulkRecord["File"]):
    """What came of one file of a bulk call."""

    @classmethod
    def _kind(cls) -> type[Resource]:
        from omicsdk.compat.sevenbridges.models.file.resource import File

        return File


class FileBulk(Resource):
    """What is done to many files."""

    @classmethod
    def bulk_get(cls, files: Iterable[File | str] | File | str, api: HttpClient | None = None) -> list[FileBulkRecord]:
        """Gets files.

        Args:
            files: Files, or their ids; any number.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order: the file, or what is wrong with it.

        Raises:
            SbgError: The platform answered with an error as a whole.
        """
        api = cls._client(api)
        build = api.client.bulk_get_files.build
        ids = identifiers(files)
        return FileBulkRecord.collect(ids, lambda some: build(file_ids=some), api, side_by_side=True)

    @classmethod
    def bulk_delete(
        cls, files: Iterable[File | str] | File | str, api: HttpClient | None = None
    ) -> list[FileBulkRecord]:
        """Deletes files.

        Args:
            files: Files, or their ids; any number.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order, without a file.

        Raises:
            SbgError: The platform answered with an error as a whole.
        """
        api = cls._client(api)
        build = api.client.bulk_delete_files.build
        ids = identifiers(files)
        return FileBulkRecord.collect(ids, lambda some: build(file_ids=some), api, side_by_side=_differ(ids))

    @classmethod
    def bulk_update(
        cls, files: Iterable[File | Mapping[str, Any]] | File, api: HttpClient | None = None
    ) -> list[FileBulkRecord]:
        """Puts names, tags and metadata of files in the place of those they have; what isn't given is erased.

        Args:
            files: Files with what they shall have, or dictionaries with "id", "name", "tags" and "metadata"; any number.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order: the file as the platform has it then, or what is wrong with it.

        Raises:
            SbgError: There are none, or the platform answered with an error as a whole.
        """
        api = cls._client(api)
        build = api.client.bulk_update_files.build
        return _changed(files, whole_of, lambda some: build(items=cast("Any", some)), api)

    @classmethod
    def bulk_edit(
        cls, files: Iterable[File | Mapping[str, Any]] | File, api: HttpClient | None = None
    ) -> list[FileBulkRecord]:
        """Changes names, tags and metadata of files; what isn't given stays.

        Of a file that was edited, what was edited is sent, deleted metadata too; else all that is known of it.

        Args:
            files: Edited files, or dictionaries with "id" and any of "name", "tags" and "metadata" (None deletes a key of
                the metadata); any number.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order: the file as the platform has it then, or what is wrong with it.

        Raises:
            SbgError: There are none, or the platform answered with an error as a whole.
        """
        api = cls._client(api)
        build = api.client.bulk_edit_files.build
        return _changed(files, edits_of, lambda some: build(items=cast("Any", some)), api)


def edits_of(file: File | Mapping[str, Any]) -> dict[str, Any]:
    """What `bulk_edit` sends for a file.

    Args:
        file: The file, or what is sent.

    Raises:
        SbgError: It has no id.
    """
    if isinstance(file, Mapping):
        return _with_id(file)
    changes = file.changes()
    sent = {name: changes[name] for name in CHANGEABLE if name in changes} or {
        name: file.field(name) for name in CHANGEABLE if file.field(name) is not None
    }
    return {"id": identifier(file), **sent}


def whole_of(file: File | Mapping[str, Any]) -> dict[str, Any]:
    """What `bulk_update` sends for a file.

    Args:
        file: The file, or what is sent.

    Raises:
        SbgError: It has no id.
    """
    if isinstance(file, Mapping):
        return _with_id(file)
    return {"id": identifier(file), **{name: file.look_up(name) for name in CHANGEABLE}}


def _with_id(file: Mapping[str, Any]) -> dict[str, Any]:
    if not file.get("id"):
        raise SbgError(f"A file with {', '.join(file) or 'nothing'} has no id", remedy='Add "id".')
    return dict(file)


def _changed(
    files: Iterable[File | Mapping[str, Any]] | File,
    item_of: Callable[[File | Mapping[str, Any]], dict[str, Any]],
    build: Callable[[Sequence[dict[str, Any]]], Request],
    api: HttpClient,
) -> list[FileBulkRecord]:
    items: list[dict[str, Any]] = []
    for file in cast("list[File | Mapping[str, Any]]", several(files)):
        if not (is_mapping(file) or isinstance(file, Resource)):
            raise SbgError(
                f"{file!r} says nothing of what to change", remedy="Give a File, or a dictionary with its id."
            )
        items.append(item_of(file))
    if not items:
        raise SbgError("There are no files to change", remedy="Give files.")
    return FileBulkRecord.collect(items, build, api, side_by_side=_differ([item["id"] for item in items]))


def _differ(ids: Sequence[str]) -> bool:
    """Whether no file is named twice, so that it doesn't matter which comes first."""
    return len(set(ids)) == len(ids)
