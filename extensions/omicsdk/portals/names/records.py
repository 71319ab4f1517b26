"""Records of repositories: what their archives have in common. Their files are read as those of saved records are (`documents`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.errors import DecodeError, NotFound
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.portals.headings import last_part
from omicsdk.portals.lists import FAULT, SHOWN_FAULTS, ListedFile, ListError, RowFault, UnsafeRow
from omicsdk.portals.names.archive import NamedRow

if TYPE_CHECKING:
    from omicsdk.portals.documents import Document


class Record(NamedTuple):
    """A record of a repository.

    Attributes:
        accession: Its identifier, such as its DOI.
        title: Its title.
        file: The only file of it that is meant: its name, or its number; empty for all.
        note: What the user should know of it.
    """

    accession: str
    title: str = ""
    file: str = ""
    note: str = ""

    def rows(self, document: Document, response: object, base: str = "") -> Sequence[NamedRow]:
        """Its rows, one a file; a row without a file if it has none.

        Args:
            document: The format of its response.
            response: The response, as decoded.
            base: What relative addresses in it refer to.

        Raises:
            ListError: The name of a file would leave the folder: nothing of the record is downloaded.
            NotFound: It does not have the file that is meant.
        """
        cells = {"accession": self.accession, "title": self.title}
        files = [
            (cells | more, self._checked(file, number))
            for number, (more, file) in enumerate(document.files_in(response, base), 1)
        ]
        if self.file:
            names = [file.name for _, file in files]
            files = [(more, file) for more, file in files if self.file in (file.name, last_part(file.address))]
            if not files:
                raise NotFound(f"{self.accession} has no file {self.file}", remedy=f"{_in_words(names)}.")
        if not files:
            return [NamedRow(cells, (), self.note or f"{self.accession} has no files")]
        several = Counter(file.name for _, file in files)
        return [
            NamedRow(more, [self._placed(file, several)], "" if number else self.note)
            for number, (more, file) in enumerate(files)
        ]

    def _checked(self, file: ListedFile | RowFault, number: int) -> ListedFile:
        if isinstance(file, ListedFile):
            return file
        problem = f"{self.accession}: file {number}: {file}"
        if isinstance(file, UnsafeRow):
            raise ListError(problem, remedy="Nothing of the record was downloaded; report it to the repository.")
        return ListedFile(FAULT, self.accession, f"{self.accession}, file {number}", error=ListError(problem))

    def _placed(self, file: ListedFile, several: Mapping[str, int]) -> ListedFile:
        """The file with its folder in the layout `id`: that of the record, or its own where the record has several of this name."""
        subfolder = f"/{last_part(file.address)}" if several[file.name] > 1 else ""
        return file._replace(folder=f"{self.accession}{subfolder}")


def _in_words(names: Sequence[str]) -> str:
    more = f", and {len(names) - SHOWN_FAULTS:,} more" if len(names) > SHOWN_FAULTS else ""
    return f"Its files are {', '.join(names[:SHOWN_FAULTS])}{more}" if names else "It has no files"


def member(response: object, *path: str | int) -> object:
    """A member of a decoded response; None where there is none.

    Args:
        response: The response.
        *path: Members of objects by name, and elements of arrays by number.
    """
    for step in path:
        if isinstance(step, str):
            response = response.get(step) if is_object(response) else None
        else:
            response = response[step] if is_array(response) and step < len(response) else None
    return response


def text_in(response: object, *path: str | int) -> str:
    """The text of a member of a decoded response, or a number as text; empty where there is none.

    Args:
        response: The response.
        *path: As for `member`.
    """
    value = member(response, *path)
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def list_at(response: object, operation: str, *path: str) -> list[Any]:
    """The list in a place of a decoded response.

    Args:
        response: The response.
        operation: The operation that returned it.
        *path: As for `member`.

    Raises:
        DecodeError: It has something else there.
    """
    value = member(response, *path)
    if not is_array(value):
        raise DecodeError(operation, ".".join(path), value, expected="a list of files")
    return value
