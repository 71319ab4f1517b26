"""What requests to the index say: records, changes and criteria, made of the documented arguments."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from omicsdk.core.bodies import Joined
from omicsdk.core.errors import Conflict, NotFound
from omicsdk.core.narrowing import is_array, is_mapping, is_object
from omicsdk.core.paging import items_at
from omicsdk.core.request import Query, joined
from omicsdk.gen3.errors import Gen3UserError

#: Records on a page, the most that an index gives.
PAGE = 1024
#: URLs on a page of a search.
URLS_PAGE = 1000


class Document(dict[str, Any]):
    """A record of the index: a plain dict, whose members are attributes, too.

    Raises:
        AttributeError: The record has no such member.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the record has no {name!r}") from None

    def to_json(self) -> dict[str, Any]:
        """The record as a dict."""
        return dict(self)


def stated(**fields: Any) -> dict[str, Any]:
    """Fields of a body, without those that weren't given."""
    return {name: value for name, value in fields.items() if value is not None}


def new_record(**fields: Any) -> dict[str, Any]:
    """The fields of a record that is created; its URLs may be none, but have to be stated.

    Raises:
        Gen3UserError: There are no hashes, or no size.
    """
    for name in ("hashes", "size"):
        if fields.get(name) is None:
            raise Gen3UserError(
                f"A record can't be created without {name}", remedy=f"Give {name}=, or make a blank record of the file."
            )
    return {"form": "object", **stated(**fields), "urls": fields.get("urls") or []}


def urls_left(record: Mapping[str, Any], given: Mapping[str, Any]) -> set[str] | None:
    """The URLs that an update leaves of a record, where it takes others away and doesn't say what metadata remain.

    Args:
        record: The record as it is.
        given: The fields that are to be changed.

    Returns:
        The URLs; None where the update takes none away, or states their metadata itself.
    """
    urls = record.get("urls")
    if "urls" not in given or "urls_metadata" in given or not is_array(urls):
        return None
    left = set(urls) & set(given["urls"])
    return None if left == set(urls) else left


def changes(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What an update has to send that takes URLs away.

    The index refuses to forget a URL of which metadata are left, so those of the others go with it.

    Args:
        stored: The record as it is stored. `get_record` doesn't give it so: the index adds where a URL is and whether it
            can be reached to its metadata (`available`, `cloud`, `region`), and these would become stored ones. `get` and
            lists add nothing.
        given: The fields that are to be changed.
    """
    held = stored.get("urls_metadata")
    if not is_object(held):
        return dict(given)
    return {**given, "urls_metadata": {url: about for url, about in held.items() if about and url in given["urls"]}}


def criteria(params: Mapping[str, Any]) -> Query:
    """The query of a search for records.

    Args:
        params: Criteria by name. `hashes` and `metadata` may be objects, `urls_metadata` and `negate_params` too; of a list
            each member is a criterion, but for `ids`, `acl` and `authz`, which are one.
    """
    return tuple(pair for name, value in params.items() for pair in _criterion(name, value))


def _criterion(name: str, value: Any) -> list[tuple[str, Any]]:
    if name in ("hash", "hashes", "metadata") and is_mapping(value):
        key = "hash" if name == "hashes" else name
        return [(key, f"{kind}:{each}") for kind, each in value.items()]
    if is_mapping(value):
        return [(name, json.dumps(value))]
    if name in ("ids", "acl", "authz") and isinstance(value, (list, tuple)):
        items = joined(value, ",")
        if isinstance(items, Joined):
            items.refuse_delimiters(name)  # indexd decodes before it splits: an encoded comma would separate too
        return [(name, items)]
    return [("hash" if name == "hashes" else name, value)]


def records_of(page: Any) -> list[dict[str, Any]]:
    """The records of a page.

    Raises:
        DecodeError: It has no list of them.
    """
    return items_at(page, "records", "list_records")


def first_of(page: Any, params: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    """The first record of a page.

    Raises:
        NotFound: There is none.
    """
    records = records_of(page)
    if not records:
        asked = ", ".join(f"{name}={value}" for name, value in params.items()) or "no criteria"
        raise NotFound(
            f"No record has {asked}",
            status=404,
            url=endpoint,
            operation="get_with_params",
            remedy="Check the criteria.",
        )
    return records[0]


def in_order(versions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The versions of a record, oldest first; the index numbers them."""
    return [versions[number] for number in sorted(versions, key=int)]


@contextmanager
def unless_changed(guid: str, rev: str) -> Generator[None]:
    """Says what to do when a record was changed since it was read.

    Args:
        guid: The record.
        rev: Its revision, as it was read.

    Raises:
        Conflict: It was.
    """
    try:
        yield
    except Conflict as error:
        error.remedy = (
            f"Somebody else has changed {guid} since its revision {rev} was read, and nothing was overwritten. "
            "Read it again, see what has changed, and repeat the call if it is still right."
        )
        raise
