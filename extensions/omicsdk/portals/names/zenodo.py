"""Zenodo: records by their numbers, and by those of all their versions."""

from __future__ import annotations

from collections.abc import Iterator

from omicsdk_api.archives.zenodo import ZenodoApi

from omicsdk.core.errors import Forbidden, NotFound
from omicsdk.portals.documents import ZENODO
from omicsdk.portals.names.archive import Archive, NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.portals.names.records import Record, list_at, member, text_in

# The service on which depositing is tried. Its records have numbers of their own.
_TEST = "sandbox.zenodo.org"


class Zenodo(Archive):
    """Zenodo.

    Its names are the numbers of records; a file of one follows it after a slash.
    """

    title = "Zenodo"
    # The record that was requested last, with its page: a list may name its files one by one.
    _last: tuple[str, object] = "", None

    def rows(self, name: Name) -> Iterator[NamedRow]:
        is_test = name.id.startswith(f"{_TEST}/")
        number, _, file = name.id.removeprefix(f"{_TEST}/").partition("/")
        host = _TEST if is_test else "zenodo.org"
        page = f"https://{host}/records/{number}"
        if self._last[0] != page:
            client = self.client(ZenodoApi, "ZENODO", f"https://{host}/api" if is_test else None)
            self._last = page, _requested(client, number, page)
        record = self._last[1]
        _check_access(record, page)
        accession = text_in(record, "doi") or f"zenodo:{text_in(record, 'id')}"
        title = text_in(record, "metadata", "title")
        yield from Record(accession, title, file, _note(record, number, accession)).rows(ZENODO, record)


def _requested(client: ZenodoApi, number: str, page: str) -> object:
    """The record of a number, the latest one for that of all versions, which has no record of its own."""
    try:
        return client.get_record(id=number)
    except Forbidden as error:
        error.remedy = f"The record is restricted: request access at {page}."
        raise
    except NotFound as error:
        try:
            return client.get_latest_version(id=number)
        except NotFound:
            raise error from None


def _check_access(record: object, page: str) -> None:
    """Check that the files of a record are open.

    Raises:
        Forbidden: They are not.
        DecodeError: The response has no list of them.
    """
    access = text_in(record, "metadata", "access_right")
    if not member(record, "files") and access in ("restricted", "embargoed", "closed"):
        until = text_in(record, "metadata", "embargo_date")
        why = f"under embargo until {until}" if until else "under embargo" if access == "embargoed" else access
        raise Forbidden(f"{page}: its files are {why}", remedy="Request access on this page, if it offers that.")
    list_at(record, "get_record", "files")


def _note(record: object, number: str, accession: str) -> str:
    if (record_id := text_in(record, "id")) and record_id != number:
        return f"zenodo:{number} is all versions of a record: the latest, {accession}, is taken"
    is_last = member(record, "metadata", "relations", "version", 0, "is_last")
    concept = text_in(record, "conceptrecid")
    return f"{accession} has a newer version: zenodo:{concept} is the latest" if is_last is False and concept else ""
