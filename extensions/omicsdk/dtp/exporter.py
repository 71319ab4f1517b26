"""`Exporter`: records of a commons as dictionaries and as files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omicsdk.core.errors import NotFound, NotWritable
from omicsdk.core.files import in_place_of, is_special, target_of
from omicsdk.core.json_encoding import written
from omicsdk.core.type_guards import is_array
from omicsdk.dtp.client import CommonsClient
from omicsdk.dtp.node_records import node_records
from omicsdk.dtp.projects import project_there
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.exports import export_records, flat
from omicsdk.gen3.records.tables import tsv_of

#: What records may be written as.
FORMATS = ("json", "tsv")
#: Columns that stand first in a table, as a commons has them.
_FIRST = ("type", "id", "project_id", "submitter_id")


class Exporter(CommonsClient):
    __doc__ = f"Gives records out: as dictionaries, and into files.\n\n{CommonsClient.__doc__}"

    def export_node(
        self,
        program: str,
        project: str,
        node_type: str,
        fileformat: str,
        filename: str | os.PathLike[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Gives all records of a node.

        Args:
            program: The program's name.
            project: The project's code.
            node_type: The node, such as case.
            fileformat: What the file is: json or tsv.
            filename: A file that they are written into as well, by `save`; what has its name is replaced.

        Returns:
            The records, whatever the file is: properties that have a value, links such as `experiments`, `id` and `type`.

        Raises:
            Gen3UserError: There is no such format, or no such project; the nearest is named.
            NotFound: There is no such program; the nearest is named.
            BadRequest: The dictionary has no such node; the nearest is named.
            NotWritable: The file can't be written.
        """
        kind = _format(fileformat)
        found = node_records(self.commons, program, project, node_type)
        if filename is not None:
            self.save(found, kind, filename)
        return found

    def export_record(
        self,
        program: str,
        project: str,
        uuid: str,
        fileformat: str,
        filename: str | os.PathLike[str] | None = None,
    ) -> dict[str, Any]:
        """Gives a record.

        Args:
            program: The program's name.
            project: The project's code.
            uuid: The record's id.
            fileformat: What the file is: json or tsv.
            filename: A file that it is written into as well, by `save`; what has its name is replaced.

        Returns:
            The record, whatever the file is: all properties of its node (None where it has no value), links, `id`, `type`.

        Raises:
            Gen3UserError: There is no such record, format or project.
            NotFound: There is no such program, or the record is one of another project.
            NotWritable: The file can't be written.
        """
        kind = _format(fileformat)
        try:
            (found,) = export_records(self.commons, (program, project), [uuid])
        except (NotFound, Gen3UserError):
            project_there(self.commons, program, project)
            raise
        if filename is not None:
            self.save(found, kind, filename)
        return found

    def save(
        self,
        data: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        fileformat: str,
        path: str | os.PathLike[str],
    ) -> None:
        """Writes records into a file, which is there when it is whole. Both formats can be submitted again.

        Args:
            data: A record, or a list of them.
            fileformat: json (an object, or an array of them) or tsv (a row each; links are columns such as
                `experiments.submitter_id`, several values of a cell have commas between them, empty cells are properties
                without a value).
            path: The file; what has its name is replaced.

        Raises:
            Gen3UserError: There is no such format.
            NotWritable: The file can't be written.
        """
        if _format(fileformat) == "json":
            text = written(data, indent=4, ensure_ascii=False) + "\n"
        else:
            text = _table([data] if isinstance(data, Mapping) else data)
        try:
            with in_place_of(path if is_special(path) else target_of(Path(path))) as file:
                file.write(text.encode())
        except OSError as error:
            raise NotWritable(
                str(path), error.strerror or str(error), remedy="Choose another file, in a folder that is there."
            ) from error


def _format(given: str) -> str:
    if given.lower() not in FORMATS:
        raise Gen3UserError(f"{given!r} is no format of an export", remedy=choice(given, FORMATS))
    return given.lower()


def _table(records: Sequence[Mapping[str, Any]]) -> str:
    rows = [flat(each) for each in records]
    known = dict.fromkeys(column for row in rows for column in row)
    # A link without a target is a column of no name that a table can have.
    empty_links = {column for column in known if any(other.startswith(f"{column}.") for other in known)}
    first = [column for column in _FIRST if column in known]
    links = [column for column in known if "." in column]
    others = [column for column in known if column not in (*first, *links) and column not in empty_links]
    return tsv_of([*first, *others, *links], ({key: _cell(value) for key, value in row.items()} for row in rows))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _ if is_array(value):
            return ",".join(_cell(each) for each in value)
        case _:
            return str(value)
