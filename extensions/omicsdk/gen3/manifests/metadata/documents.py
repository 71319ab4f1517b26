"""The metadata service as runs over manifests ask it: many documents at once, and what a cell means in a document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, AuthError, Conflict, ConnectFailed, OmicsError, TransportError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.manifests.once import pause
from omicsdk.gen3.metadata import Gen3Metadata

CREATED, UPDATED = "created", "updated"
#: How often several documents are sent at once; a second time does no harm, since they replace what is there.
ATTEMPTS = 3


def _not_a_number(text: str) -> Any:
    raise ValueError(f"{text} isn't JSON")


def value_of(cell: str) -> Any:
    """What a cell means: the JSON that it holds, or its text. Quotes around it and blanks don't count.

    Args:
        cell: The cell.
    """
    text = cell.strip().strip("'").strip('"').replace("''", "'")
    try:
        return json.loads(text, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        return text


def document_of(cells: Mapping[str, str], source: str, guid_type: str, guid_columns: Sequence[str]) -> dict[str, Any]:
    """A row as a document of the metadata service.

    Args:
        cells: The cells by the columns' names.
        source: The member that they are put in.
        guid_type: What kind of thing the document is about.
        guid_columns: Columns that aren't put in it.
    """
    told = {name: value_of(cell) for name, cell in cells.items() if name not in guid_columns}
    return {source: told, "_guid_type": guid_type}


class DocumentRows(Gen3Metadata):
    """The metadata service for runs over manifests; arguments as those of `Gen3Metadata`."""

    clock: Clock = SYSTEM_CLOCK

    def stored(self, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str | OmicsError]:
        """Stores documents, in place of those that are there.

        Args:
            documents: The documents by their GUIDs.

        Returns:
            By GUID whether it was created or updated, or why it wasn't.

        Raises:
            AuthError: The commons doesn't know who asks.
            ConnectFailed: The commons can't be reached.
        """
        told = self._at_once(documents) if len(documents) > 1 else {}
        found = dict[str, str | OmicsError]()
        for guid in documents:
            found[guid] = told.get(guid) or self._alone(guid, documents[guid])
        return found

    def _at_once(self, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """What became of documents that were sent together; those that it isn't told of are sent alone."""
        body = [{"guid": guid, "data": document} for guid, document in documents.items()]
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(attempt, self.clock)
            try:
                answer: Any = self.batch_create(body, overwrite=True)
            except (AuthError, ConnectFailed):
                raise
            except TransportError:
                continue
            except APIError:  # one of them is refused, and perhaps for all
                return {}
            names = {state: answer.get(state) if is_object(answer) else None for state in (CREATED, UPDATED)}
            return {str(guid): state for state, guids in names.items() if is_array(guids) for guid in guids}
        return {}

    def _alone(self, guid: str, document: Mapping[str, Any]) -> str | OmicsError:
        try:
            try:
                self.create(guid, document)
                return CREATED
            except Conflict:
                self.update(guid, document)
                return UPDATED
        except (AuthError, ConnectFailed):
            raise
        except OmicsError as error:
            return error
