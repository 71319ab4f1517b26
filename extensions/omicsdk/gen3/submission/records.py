"""Records of projects, submitted and deleted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import BadRequest
from omicsdk.gen3.errors import Gen3Error, Gen3UserError
from omicsdk.gen3.service import plain
from omicsdk.gen3.submission.reasons import reasons_of
from omicsdk.gen3.submission.services import BATCH, Json, SubmissionServices, response_of

if TYPE_CHECKING:
    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.gen3.submission.files import FileResult

_log = getLogger("omicsdk.gen3")


class RecordMethods(SubmissionServices):
    """What `Gen3Submission` has for submitting and deleting records."""

    def submit_record(self, program: str, project: str, json: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Json:
        """Submits records: each is created, or updated where there is one of its name. All of them are stored, or none.

        Args:
            program: The program's name.
            project: The project's code.
            json: A record, or a list of them.

        Returns:
            What became of each, as `entities`.

        Raises:
            BadRequest: A record is wrong; the message has the first reasons, its `body` all of them.
            NotFound: There is no such project.
        """
        submitting = self._records.client.submit_record
        body: Any = dict(json) if isinstance(json, Mapping) else list(json)
        try:
            return plain(next(submitting.answers(submitting.build(program=program, project=project, body=body))))
        except BadRequest as error:
            error.message = "; ".join((error.message, *reasons_of(error.body)))
            raise

    def submit_file(
        self, project_id: str, filename: str | os.PathLike[str], chunk_size: int = 30, row_offset: int = 0
    ) -> FileResult:
        """Submits a file in chunks; rows that are refused don't hinder the others.

        Args:
            project_id: The project, PROGRAM-CODE; PROGRAM/CODE where the program's name has hyphens.
            filename: The file: TSV, TXT (tabs), CSV, XLSX, JSON or JSON Lines.
            chunk_size: Rows in a document, 30 by default; fewer where the commons can't take so many at once.
            row_offset: Rows that are passed over, 0 by default.

        Returns:
            `succeeded` (submitter_ids), `invalid` (the reason by submitter_id), `other` and `details` (what was said of
            documents rather than of rows), and `responses` (a line for each document).

        Raises:
            Gen3UserError: The file can't be read, or two rows have the same submitter_id.
            APIError: One that every row would meet: no such project, no right to submit.
            TransportError: The commons can't be reached.
        """
        from omicsdk.gen3.records.projects import project_of
        from omicsdk.gen3.submission.files import submit_file

        return submit_file(
            self._records.client, project_of(project_id), filename, chunk_size=chunk_size, row_offset=row_offset
        )

    def delete_record(self, program: str, project: str, uuid: str) -> DocumentedResponse:
        """Deletes a record.

        Args:
            program: The program's name.
            project: The project's code.
            uuid: The record's id.

        Raises:
            BadRequest: There is no such record, or others link to it.
        """
        return response_of(self._records.client.delete_records.raw(program=program, project=project, ids=[uuid]))

    def delete_records(
        self, program: str, project: str, uuids: Sequence[str], batch_size: int = BATCH
    ) -> DocumentedResponse | None:
        """Deletes records, in batches.

        Args:
            program: The program's name.
            project: The project's code.
            uuids: Their ids.
            batch_size: How many are deleted at once, 100 by default: all of a batch, or none.

        Returns:
            The answer to the last batch; None where there are no ids, so that there was nothing to do.

        Raises:
            BadRequest: A record isn't there, or others link to it; batches before it are deleted.
        """
        _check_batch(batch_size)
        deleting, last = self._records.client.delete_records, None
        for begin in range(0, len(uuids), batch_size):
            last = deleting.raw(program=program, project=project, ids=list(uuids[begin : begin + batch_size]))
        return None if last is None else response_of(last)

    def delete_node(
        self, program: str, project: str, node_name: str, batch_size: int = BATCH, verbose: bool = True
    ) -> None:
        """Deletes all records of a node.

        Args:
            program: The program's name.
            project: The project's code.
            node_name: The node.
            batch_size: How many are deleted at once, 100 by default.
            verbose: Whether progress is told to the log.

        Raises:
            BadRequest: Records of other nodes link to them; those are to be deleted first.
            Gen3Error: The commons says that it deleted records, and they are still there.
        """
        self.delete_nodes(program, project, [node_name], batch_size, verbose)

    def delete_nodes(
        self,
        program: str,
        project: str,
        ordered_node_list: Sequence[str],
        batch_size: int = BATCH,
        verbose: bool = True,
    ) -> None:
        """Deletes all records of nodes.

        Args:
            program: The program's name.
            project: The project's code.
            ordered_node_list: The nodes, those first that link to others.
            batch_size: How many are deleted at once, 100 by default.
            verbose: Whether progress is told to the log.

        Raises:
            BadRequest: Records of other nodes link to them; those are to be deleted first.
            Gen3Error: The commons says that it deleted records, and they are still there.
        """
        _check_batch(batch_size)
        for node in ordered_node_list:
            deleted = 0
            before: list[str] = []
            while found := self._ids(node, f"{program}-{project}", batch_size):
                if not set(found).isdisjoint(before):
                    raise Gen3Error(
                        f"{found[0]} of {node} was deleted, says the commons, and is still there",
                        remedy="Wait a while, then delete the rest.",
                    )
                self.delete_records(program, project, found, batch_size)
                before, deleted = found, deleted + len(found)
                _log.log(20 if verbose else 10, "%s: %d records deleted", node, deleted)


def _check_batch(size: int) -> None:
    if size < 1:
        raise Gen3UserError(
            f"batch_size is {size}", remedy="Give a number from 1; the ids of a batch are in an address."
        )
