"""gen3.submission: programs, projects and records of a commons, submitted, exported and deleted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat._requests import json_of
from omicsdk.compat.gen3._service import Service
from omicsdk.compat.responses import DocumentedResponse
from omicsdk.core.batches import batches
from omicsdk.core.bodies import json_body
from omicsdk.core.errors import BadRequest
from omicsdk.core.logs import logger
from omicsdk.core.request import request
from omicsdk.gen3.errors import Gen3Error as Gen3Error
from omicsdk.gen3.errors import Gen3SubmissionQueryError as Gen3SubmissionQueryError
from omicsdk.gen3.errors import Gen3UserError as Gen3UserError
from omicsdk.gen3.queries import response
from omicsdk.gen3.records.chunks import reasons_of
from omicsdk.gen3.records.deletions import batches_of_node
from omicsdk.gen3.records.exports import BATCH
from omicsdk.gen3.records.file_submission import FileResult
from omicsdk.gen3.records.projects import Project

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.sheepdog import SheepdogApi

Json = dict[str, Any]
FORMATS = ("json", "tsv", "csv")
_log = logger("omicsdk.gen3")


class Gen3Submission(Service):
    """Records of a commons' projects. Errors are raised, never returned as None.

    `omicsdk.Gen3` has workflows that validate records first, send them in the order of their links, export and delete
    them; they are the better choice for new code.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: The credentials.
        options: Those of every client of this face: timeout, retry, transport, clock.

    Raises:
        Gen3UserError: Nothing states the commons.
        ConfigError: The endpoint is invalid.
    """

    @property
    def _sheepdog(self) -> SheepdogApi:
        return self._commons.sheepdog

    # -- the dictionary and queries

    def get_dictionary_node(self, node_type: str) -> Json:
        """Return the JSON schema of a node.

        Args:
            node_type: The node's name.

        Raises:
            NotFound: There is no such node.
        """
        return json_of(self._sheepdog.get_dictionary_node.raw(entry=node_type))

    def get_dictionary_all(self) -> Json:
        """Return the JSON schemas of all nodes, by their names."""
        return self.get_dictionary_node("_all")

    def get_graphql_schema(self) -> Json:
        """Return the schema for `query`: the response to GraphQL introspection."""
        return json_of(self._commons.peregrine.get_graphql_schema.raw())

    def query(self, query_txt: str, variables: Mapping[str, Any] | None = None, max_tries: int = 1) -> Json:
        """Send a query over records.

        Args:
            query_txt: The query, in GraphQL.
            variables: The values of its variables.
            max_tries: How often it is sent at most where that may help; 1, the default, leaves that to `retry`.

        Returns:
            The response, with its `data`.

        Raises:
            Gen3SubmissionQueryError: The commons refused it; the message has its reasons.
            Gen3UserError: max_tries is below 1.
        """
        peregrine = self._commons.peregrine
        if max_tries < 1:
            raise Gen3UserError(f"max_tries is {max_tries}", remedy="Pass a number from 1.")
        if max_tries > 1:
            from omicsdk.core.retry import Retry

            peregrine = peregrine.with_options(retry=Retry(attempts=max_tries))
        return response(peregrine, query_txt, variables)

    # -- programs and projects

    def get_programs(self) -> Json:
        """List the programs that this login may see, as `links`; the last segment of each is the name of a program."""
        return json_of(self._sheepdog.get_programs.raw())

    def create_program(self, json: Mapping[str, Any]) -> Json:
        """Create a program, or update the one of that name.

        Args:
            json: The program: `type` is program, with `name` and `dbgap_accession_number`.

        Returns:
            Its `id` and `name`, and a `message`.

        Raises:
            BadRequest: It is not accepted.
            Forbidden: This login may not create programs.
        """
        creating = self._sheepdog.create_program
        # Not by its arguments: a service ignores unknown members, and reports missing ones.
        return json_of(next(creating.responses(request(creating.facts, creating.facts.path, body=json_body(json)))))

    def delete_program(self, program: str) -> DocumentedResponse:
        """Delete a program without projects.

        Args:
            program: Its name.

        Raises:
            BadRequest: It has projects.
            NotFound: There is no such program.
        """
        return DocumentedResponse(self._sheepdog.delete_program.raw(program=program))

    def get_projects(self, program: str) -> Json:
        """List the projects of a program, as `links`; the last segment of each is the code of a project.

        Args:
            program: The program's name.

        Raises:
            NotFound: There is no such program.
        """
        return json_of(self._sheepdog.get_projects.raw(program=program))

    def create_project(self, program: str, json: Mapping[str, Any]) -> Json:
        """Create a project, or update the one of that code.

        Args:
            program: The program's name.
            json: The project: `type` is project, with `code`, `name`, `dbgap_accession_number` and what else it has.

        Returns:
            The outcome, as of a document of records.

        Raises:
            BadRequest: It is not accepted.
            NotFound: There is no such program.
        """
        return json_of(self._sheepdog.create_project.raw(program=program, body=cast("Any", dict(json))))

    def delete_project(self, program: str, project: str) -> DocumentedResponse:
        """Delete a project without records.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            BadRequest: It has records.
            NotFound: There is no such project.
        """
        return DocumentedResponse(self._sheepdog.delete_project.raw(program=program, project=project))

    def open_project(self, program: str, project: str) -> Json:
        """Open a project that is in review, so that records can be submitted to it again.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            BadRequest: It is open.
            NotFound: There is no such project.
        """
        return json_of(self._sheepdog.open_project.raw(program=program, project=project))

    def get_project_dictionary(self, program: str, project: str) -> Json:
        """List the nodes that a project may have records of, as `links` to their schemas.

        Args:
            program: The program's name.
            project: The project's code.
        """
        return json_of(self._sheepdog.get_project_dictionary.raw(program=program, project=project))

    def get_project_manifest(self, program: str, project: str) -> DocumentedResponse:
        """Return the manifest of all files of a project, as YAML in the response's `text`.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            NotFound: There is no such project.
        """
        import httpx

        text = self._commons.file_manifest((program, project))
        # The published method returns a response; the client behind this face returns text.
        manifest_request = httpx.Request("GET", f"{self.endpoint}/api/v0/submission/{program}/{project}/manifest")
        return DocumentedResponse(
            httpx.Response(200, headers={"content-type": "text/yaml"}, text=text, request=manifest_request)
        )

    # -- records

    def submit_record(self, program: str, project: str, json: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Json:
        """Submit records: each is created, or updated if its name exists. Either all of them are stored, or none.

        Args:
            program: The program's name.
            project: The project's code.
            json: A record, or a list of them.

        Returns:
            The outcome of each, as `entities`.

        Raises:
            BadRequest: A record is wrong; the message has the first reasons, its `body` all of them.
            NotFound: There is no such project.
        """
        body: Any = dict(json) if isinstance(json, Mapping) else list(json)
        try:
            return json_of(self._sheepdog.submit_record.raw(program=program, project=project, body=body))
        except BadRequest as error:
            error.message = "; ".join((error.message, *reasons_of(error.body)))
            raise

    def submit_file(
        self, project_id: str, filename: str | os.PathLike[str], chunk_size: int = 30, row_offset: int = 0
    ) -> FileResult:
        """Submit a file in chunks; rows that are refused do not stop the others.

        Args:
            project_id: The project, PROGRAM-CODE; PROGRAM/CODE where the program's name has hyphens.
            filename: The file: TSV, TXT (tabs), CSV, XLSX, JSON or JSON Lines.
            chunk_size: Rows in a document, 30 by default; fewer where the commons does not accept so many at once.
            row_offset: Rows that are passed over, 0 by default.

        Returns:
            `succeeded` (submitter_ids), `invalid` (the reason by submitter_id), `other` and `details` (what was said of
            documents rather than of rows), and `responses` (a line for each document).

        Raises:
            Gen3UserError: The file cannot be read, or two rows have the same submitter_id.
            APIError: One that every row would meet: no such project, no right to submit.
            TransportError: The commons cannot be reached.
        """
        return self._commons.submit_file(project_id, filename, chunk_size=chunk_size, row_offset=row_offset)

    def delete_record(self, program: str, project: str, uuid: str) -> DocumentedResponse:
        """Delete a record.

        Args:
            program: The program's name.
            project: The project's code.
            uuid: The record's id.

        Raises:
            BadRequest: There is no such record, or others link to it.
        """
        return DocumentedResponse(self._sheepdog.delete_records.raw(program=program, project=project, ids=[uuid]))

    def delete_records(
        self, program: str, project: str, uuids: Sequence[str], batch_size: int = BATCH
    ) -> DocumentedResponse | None:
        """Delete records, in batches.

        Args:
            program: The program's name.
            project: The project's code.
            uuids: Their ids.
            batch_size: How many are deleted at once, 100 by default: all of a batch, or none.

        Returns:
            The response to the last batch; None if there are no ids.

        Raises:
            BadRequest: There is no such record, or others link to it; batches before it are deleted.
        """
        if batch_size < 1:
            raise Gen3UserError(
                f"Invalid batch_size {batch_size}", remedy="Pass 1 or more; the ids of a batch are sent in a URL."
            )
        deleting, last = self._sheepdog.delete_records, None
        for some in batches(uuids, batch_size):
            last = deleting.raw(program=program, project=project, ids=some)
        return None if last is None else DocumentedResponse(last)

    def delete_node(
        self, program: str, project: str, node_name: str, batch_size: int = BATCH, verbose: bool = True
    ) -> None:
        """Delete all records of a node; arguments and errors as those of `delete_nodes`."""
        self.delete_nodes(program, project, [node_name], batch_size, verbose)

    def delete_nodes(
        self,
        program: str,
        project: str,
        ordered_node_list: Sequence[str],
        batch_size: int = BATCH,
        verbose: bool = True,
    ) -> None:
        """Delete all records of nodes.

        Args:
            program: The program's name.
            project: The project's code.
            ordered_node_list: The nodes, those that link to others first.
            batch_size: How many are deleted at once, 100 by default.
            verbose: Whether progress is logged.

        Raises:
            BadRequest: Records of other nodes link to them; those are to be deleted first.
            Gen3Error: The commons reports records as deleted that still exist.
        """
        for node in ordered_node_list:
            deleted = 0
            for ids in batches_of_node(self._commons, Project(program, project), node, batch_size):
                self.delete_records(program, project, ids, batch_size)
                deleted += len(ids)
                _log.log(20 if verbose else 10, "%s: %d records deleted", node, deleted)

    # -- exports

    def export_record(
        self, program: str, project: str, uuid: str, fileformat: str, filename: str | os.PathLike[str] | None = None
    ) -> Any:
        """Export a record.

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
        kind = _format(fileformat)
        reply = self._sheepdog.export.raw(program=program, project=project, ids=[uuid], format=kind)
        return _exported(reply, kind, filename)

    def export_node(
        self,
        program: str,
        project: str,
        node_type: str,
        fileformat: str,
        filename: str | os.PathLike[str] | None = None,
    ) -> Any:
        """Export all records of a node.

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
        kind = _format(fileformat)
        reply = self._sheepdog.export.raw(program=program, project=project, node_label=node_type, format=kind)
        return _exported(reply, kind, filename)


def _format(file_format: str) -> str:
    if file_format.lower() not in FORMATS:
        raise Gen3UserError(f"Unknown export format {file_format!r}", remedy=f"Pass one of {', '.join(FORMATS)}.")
    return file_format.lower()


def _exported(reply: httpx.Response, kind: str, filename: str | os.PathLike[str] | None) -> Any:
    if filename is None:
        return json_of(reply) if kind == "json" else reply.text
    from omicsdk.core.files import in_place_of

    with in_place_of(Path(filename)) as file:
        file.write(reply.content)
    return reply.text
