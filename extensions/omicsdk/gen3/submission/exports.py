"""Records of projects, exported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.service import plain
from omicsdk.gen3.submission.services import SubmissionServices

if TYPE_CHECKING:
    import httpx

#: What an export may be written as.
FORMATS = ("json", "tsv", "csv")


class ExportMethods(SubmissionServices):
    """What `Gen3Submission` has for exports."""

    def export_record(
        self, program: str, project: str, uuid: str, fileformat: str, filename: str | os.PathLike[str] | None = None
    ) -> Any:
        """Gives a record.

        Args:
            program: The program's name.
            project: The project's code.
            uuid: Its id.
            fileformat: json, tsv or csv.
            filename: The file that it is written to, too.

        Returns:
            Of JSON without a filename the parsed value, a list of one; else the text.

        Raises:
            NotFound: There is no such record.
            Gen3UserError: There is no such format.
        """
        exporting, kind = self._records.client.export, _format(fileformat)
        found = next(exporting.answers(exporting.build(program=program, project=project, ids=[uuid], format=kind)))
        return _exported(found, kind, filename)

    def export_node(
        self,
        program: str,
        project: str,
        node_type: str,
        fileformat: str,
        filename: str | os.PathLike[str] | None = None,
    ) -> Any:
        """Gives all records of a node.

        Args:
            program: The program's name.
            project: The project's code.
            node_type: The node.
            fileformat: json or tsv.
            filename: The file that they are written to, too.

        Returns:
            Of JSON without a filename the parsed value, {"data": [...]}; else the text.

        Raises:
            BadRequest: There is no such node.
            Gen3UserError: There is no such format.
        """
        exporting, kind = self._records.client.export, _format(fileformat)
        asked = exporting.build(program=program, project=project, node_label=node_type, format=kind)
        return _exported(next(exporting.answers(asked)), kind, filename)


def _format(given: str) -> str:
    if given.lower() not in FORMATS:
        raise Gen3UserError(f"{given!r} is no format of an export", remedy=f"Give one of {', '.join(FORMATS)}.")
    return given.lower()


def _exported(found: httpx.Response, kind: str, filename: str | os.PathLike[str] | None) -> Any:
    if filename is None:
        return plain(found) if kind == "json" else found.text
    from omicsdk.core.files.atomic_file import in_place_of

    with in_place_of(Path(filename)) as file:
        file.write(found.content)
    return found.text
