"""Gen3Submission: programs, projects and records of a commons, submitted, exported and deleted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from omicsdk.core.answer import json_of
from omicsdk.core.bodies import json_body
from omicsdk.core.errors import APIError, BadRequest, DecodeError, TransportError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.request import request
from omicsdk.gen3.errors import Gen3Error as Gen3Error
from omicsdk.gen3.errors import Gen3SubmissionQueryError as Gen3SubmissionQueryError
from omicsdk.gen3.errors import Gen3UserError as Gen3UserError
from omicsdk.gen3.queries.paging import answer
from omicsdk.gen3.queries.query import arguments, name_of
from omicsdk.gen3.records.chunks import Chunks, Entity, Reply, Told, is_too_much, reply_of, sent
from omicsdk.gen3.records.projects import Project
from omicsdk.gen3.records.tables import Row, Table, tsv_of
from omicsdk.gen3.service import Documented, Service, parties, settings

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.peregrine import AsyncPeregrineApi, PeregrineApi
    from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi, SheepdogApi

    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


SHOWN = 3
"""Reasons that stand in a message."""


def reasons_of(body: object) -> list[str]:
    """The first reasons in the body of a refusal, each with the record that it is about.

    Args:
        body: The body, decoded.
    """
    entities = body.get("entities") if is_object(body) else None
    found: list[str] = []
    for entity in entities if is_array(entities) else ():
        errors = entity.get("errors") if is_object(entity) else None
        keys = entity.get("unique_keys") if is_object(entity) else None
        first = keys[0] if is_array(keys) and keys else None
        name = (first.get("submitter_id") or first.get("code")) if is_object(first) else None
        about = " ".join(str(each) for each in (entity.get("type"), name) if each)
        found += [f"{about}: {each['message']}" for each in errors or () if is_object(each) and each.get("message")]
    return [*found[:SHOWN], *([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])]


Json = dict[str, Any]
#: Records that are asked for or deleted at once; their ids are part of an address.
BATCH = 100


def _sheepdog() -> tuple[type[SheepdogApi], type[AsyncSheepdogApi]]:
    from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi, SheepdogApi

    return SheepdogApi, AsyncSheepdogApi


def _peregrine() -> tuple[type[PeregrineApi], type[AsyncPeregrineApi]]:
    from omicsdk_api.gen3.peregrine import AsyncPeregrineApi, PeregrineApi

    return PeregrineApi, AsyncPeregrineApi


class SubmissionServices(Documented):
    """What asks both; arguments and errors as those of `Gen3Submission`."""

    def __init__(
        self,
        endpoint: str | Auth | None,
        auth_provider: Auth | None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        options = settings(timeout, retry, transport)
        self._records: Service[SheepdogApi, AsyncSheepdogApi] = Service(
            f"{commons}/api", credentials, _sheepdog, options
        )
        self._queries: Service[PeregrineApi, AsyncPeregrineApi] = Service(commons, credentials, _peregrine, options)
        super().__init__(self._records, self._queries)

    def _ids(self, node: str, project_id: str, first: int) -> list[str]:
        """The ids of records of a node; `first` 0 is all of them."""
        chosen = arguments({"first": first, "project_id": project_id})
        told = answer(self._queries.client, f"{{ {name_of(node)}{chosen} {{ id }} }}")
        return [each["id"] for each in told["data"][node]]


def response_of(found: httpx.Response) -> DocumentedResponse:
    """An answer, as requests has answers."""
    from omicsdk.core.documented.client import DocumentedResponse

    return DocumentedResponse(found)


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
        return json_of(found) if kind == "json" else found.text
    from omicsdk.core.files.atomic_file import in_place_of

    with in_place_of(Path(filename)) as file:
        file.write(found.content)
    return found.text


_log = getLogger("omicsdk.gen3")


class FileResult(TypedDict):
    """What became of a file.

    Attributes:
        invalid: Why rows weren't taken, by their submitter_id; by their row where another node has that.
        other: What the commons said of documents rather than of rows.
        details: Its whole answers to these.
        succeeded: The submitter_ids of the rows that it took.
        responses: A line for each document that was sent.
    """

    invalid: dict[str, str]
    other: list[str]
    details: list[str]
    succeeded: list[str]
    responses: list[str]


def submit_file(
    sheepdog: SheepdogApi, project: Project, path: str | os.PathLike[str], *, chunk_size: int = 30, row_offset: int = 0
) -> FileResult:
    """Submits a file in chunks; tables go as tables, JSON as JSON.

    Args:
        sheepdog: The service's client.
        project: The project.
        path: The file: TSV, TXT (tabs), CSV, XLSX, JSON or JSON Lines.
        chunk_size: Rows in a document, from 1; fewer where the commons can't take so many at once.
        row_offset: Rows that are passed over.

    Raises:
        Gen3UserError: The file can't be read, two rows have the same submitter_id, or a number is out of its bounds.
        APIError: One that every row would meet: no such project, no right to submit.
        TransportError: The commons can't be reached.
    """
    if chunk_size < 1 or row_offset < 0:
        raise Gen3UserError(
            f"chunk_size={chunk_size}, row_offset={row_offset}", remedy="Give 1 or more, and 0 or more."
        )
    rows = list(Table(path))[row_offset:]
    _refuse_twins(rows)
    return _Sending(sheepdog, project, rows, chunk_size).result()


def _refuse_twins(rows: Iterable[Row]) -> None:
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        name = _name(row)
        twin = first.setdefault(_key(row), row)
        if name and twin is not row:
            raise Gen3UserError(
                f"{row.place.file}: the submitter_id {name!r} is in row {twin.place.row} and in row {row.place.row}",
                remedy="Keep one of them.",
            )


def _name(row: Row) -> str:
    return str(row.values.get("submitter_id") or "")


def _key(row: Row) -> tuple[str, str]:
    return str(row.values.get("type") or ""), _name(row)


class _Sending:
    def __init__(self, sheepdog: SheepdogApi, project: Project, rows: Sequence[Row], chunk_size: int) -> None:
        self._sheepdog = sheepdog
        self._project = project
        self._rows = rows
        self._columns = list(dict.fromkeys(column for row in rows for column in row.values))
        self._chunks = Chunks(self._send, self._wrong, chunk_size)
        self._result: FileResult = {"invalid": {}, "other": [], "details": [], "succeeded": [], "responses": []}
        self._documents = 0

    def result(self) -> FileResult:
        for row in self._rows:
            if row.findings:
                self._invalid(row, "; ".join(str(each) for each in row.findings))
        for told in self._chunks.told(row for row in self._rows if not row.findings):
            self._take(told)
        return self._result

    def _send(self, rows: Sequence[Row], patient: bool) -> Mapping[str, Any]:
        self._documents += 1
        try:
            told = self._sent(rows, patient)
        except (APIError, TransportError, DecodeError) as error:
            if is_too_much(error):
                self._respond(f"Reducing Chunk Size: {error.message}")
            else:
                self._respond(f"Chunk {self._documents} Failed: {len(rows)} entities.")
            raise
        reply = reply_of(told)
        word = "Succeeded" if reply is not None and reply.success else "Failed"
        self._respond(f"Chunk {self._documents} {word}: {len(rows)} entities.")
        return told

    def _sent(self, rows: Sequence[Row], patient: bool) -> Mapping[str, Any]:
        program, code = self._project
        if rows[0].separator is None:
            body: list[Any] = [row.values for row in rows]
            record = self._sheepdog.submit_record
            return sent(record, record.build(body=body, program=program, project=code), patient=patient)
        table = self._sheepdog.submit_tsv
        text = tsv_of(self._columns, (row.values for row in rows))
        return sent(table, table.build(body=text, program=program, project=code), patient=patient)

    def _respond(self, line: str) -> None:
        self._result["responses"].append(line)
        _log.info("%s", line)

    def _wrong(self, rows: Sequence[Row], reply: Reply) -> list[bool]:
        found = _entities(reply)
        return [(entity := found.get(_key(row))) is not None and not entity.valid for row in rows]

    def _take(self, told: Told[Row]) -> None:
        found = _entities(told.reply)
        why = "The commons passed over it: it has no type" if found else self._said(told)
        for row in told.items:
            entity = found.get(_key(row))
            if entity is None:
                self._invalid(row, why)
            elif told.reply is not None and told.reply.success:
                self._result["succeeded"].append(_name(row))
            else:
                self._invalid(row, str([dict(each) for each in entity.errors]))

    def _said(self, told: Told[Row]) -> str:
        """What was said of a document rather than of its rows."""
        if told.reply is None:
            said = told.error.message if told.error is not None else "The answer says nothing of it"
            self._result["details"].append(str(told.error or said))
        else:
            said = "; ".join(filter(None, (*told.reply.errors, told.reply.message)))
            self._result["details"].append(str(told.reply.body))
        self._result["other"].append(said)
        return said

    def _invalid(self, row: Row, why: str) -> None:
        name, told = _name(row), self._result["invalid"]
        told[name if name and name not in told else f"row {row.place.row}"] = why  # nodes may have the same names


def _entities(reply: Reply | None) -> Mapping[tuple[str, str], Entity]:
    return {} if reply is None else {(entity.type, entity.name): entity for entity in reply.entities}


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
            return json_of(next(submitting.answers(submitting.build(program=program, project=project, body=body))))
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


class ProjectMethods(SubmissionServices):
    """What `Gen3Submission` has for programs and projects."""

    def get_programs(self) -> Json:
        """Lists the programs that this login may see, as `links`: the last part of each is a program's name."""
        return json_of(self._records.client.get_programs.raw())

    def create_program(self, json: Mapping[str, Any]) -> Json:
        """Creates a program, or updates the one of that name.

        Args:
            json: The program: `type` is program, with `name` and `dbgap_accession_number`.

        Returns:
            Its `id` and `name`, and a `message`.

        Raises:
            BadRequest: It isn't accepted.
            Forbidden: This login may not create programs.
        """
        creating = self._records.client.create_program
        return json_of(next(creating.answers(request(creating.facts, creating.facts.path, body=json_body(json)))))

    def delete_program(self, program: str) -> DocumentedResponse:
        """Deletes a program without projects.

        Args:
            program: Its name.

        Raises:
            BadRequest: It has projects.
            NotFound: There is no such program.
        """
        return response_of(self._records.client.delete_program.raw(program=program))

    def get_projects(self, program: str) -> Json:
        """Lists the projects of a program, as `links`: the last part of each is a project's code.

        Args:
            program: The program's name.

        Raises:
            NotFound: There is no such program.
        """
        return json_of(self._records.client.get_projects.raw(program=program))

    def create_project(self, program: str, json: Mapping[str, Any]) -> Json:
        """Creates a project, or updates the one of that code.

        Args:
            program: The program's name.
            json: The project: `type` is project, with `code`, `name`, `dbgap_accession_number` and what else it has.

        Returns:
            What became of it, as of a document of records.

        Raises:
            BadRequest: It isn't accepted.
            NotFound: There is no such program.
        """
        creating = self._records.client.create_project
        return json_of(next(creating.answers(creating.build(program=program, body=cast("Any", dict(json))))))

    def delete_project(self, program: str, project: str) -> DocumentedResponse:
        """Deletes a project without records.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            BadRequest: It has records.
            NotFound: There is no such project.
        """
        return response_of(self._records.client.delete_project.raw(program=program, project=project))

    def open_project(self, program: str, project: str) -> Json:
        """Opens a project that is in review, so that records can be submitted to it again.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            BadRequest: It is open.
            NotFound: There is no such project.
        """
        return json_of(self._records.client.open_project.raw(program=program, project=project))

    def get_project_dictionary(self, program: str, project: str) -> Json:
        """Lists the nodes that a project may have records of, as `links` to their schemas.

        Args:
            program: The program's name.
            project: The project's code.
        """
        return json_of(self._records.client.get_project_dictionary.raw(program=program, project=project))

    def get_project_manifest(self, program: str, project: str) -> DocumentedResponse:
        """Gives the manifest of all files of a project, as YAML in its `text`.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            NotFound: There is no such project.
        """
        import httpx

        found = self._ids("datanode", f"{program}-{project}", 0)
        asking = self._records.client.get_project_manifest
        if not found:
            url = f"{self._records.url}/v0/submission/{program}/{project}/manifest"
            return response_of(httpx.Response(200, text="files: []\n", request=httpx.Request("GET", url)))
        parts = [
            asking.raw(program=program, project=project, ids=found[begin : begin + BATCH])
            for begin in range(0, len(found), BATCH)
        ]
        # Each part is a list below the same first line.
        text = parts[0].text + "".join(each.text.removeprefix("files:\n") for each in parts[1:])
        headers = {"content-type": parts[0].headers.get("content-type", "text/yaml")}
        return response_of(httpx.Response(200, headers=headers, content=text.encode(), request=parts[0].request))


class Gen3Submission(ProjectMethods, RecordMethods, ExportMethods):
    """Records of a commons' projects. What goes wrong is raised; nothing answers None in place of an error.

    `omicsdk.gen3.records` has functions that validate records first, send them in the order of their links, export and
    delete them; they are the better choice for new code.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: Who asks.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        super().__init__(endpoint, auth_provider, timeout=timeout, retry=retry, transport=transport)

    def get_dictionary_node(self, node_type: str) -> Json:
        """Gives the JSON schema of a node.

        Args:
            node_type: The node's name.

        Raises:
            NotFound: There is no such node.
        """
        return json_of(self._records.client.get_dictionary_node.raw(entry=node_type))

    def get_dictionary_all(self) -> Json:
        """Gives the JSON schemas of all nodes, by their names."""
        return json_of(self._records.client.get_dictionary_node.raw(entry="_all"))

    def get_graphql_schema(self) -> Json:
        """Gives what can be asked for by `query`: the answer to GraphQL's introspection."""
        return json_of(self._queries.client.get_graphql_schema.raw())

    def query(self, query_txt: str, variables: Mapping[str, Any] | None = None, max_tries: int = 1) -> Json:
        """Sends a query over records.

        Args:
            query_txt: The query, in GraphQL.
            variables: The values of its variables.
            max_tries: How often it is sent at most where that may help; 1, the default, leaves that to `retry`.

        Returns:
            The answer, with its `data`.

        Raises:
            Gen3SubmissionQueryError: The commons refused it; the message has its reasons.
            Gen3UserError: max_tries is below 1.
        """
        client = self._queries.client
        if max_tries < 1:
            raise Gen3UserError(f"max_tries is {max_tries}", remedy="Give a number from 1.")
        if max_tries > 1:
            from omicsdk.core.retry import Retry

            client = client.with_options(retry=Retry(attempts=max_tries))
        return answer(client, query_txt, variables)
