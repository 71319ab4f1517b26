"""The clients of a commons: its login, queries, exports and submissions. They are thin over `omicsdk.gen3`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.core.closing import Closing
from omicsdk.core.credentials import Credentials, origin_of
from omicsdk.core.errors import BadRequest, NotFound
from omicsdk.core.files import home_folder
from omicsdk.core.json_text import written
from omicsdk.core.late_names import LateModule
from omicsdk.core.response import json_of
from omicsdk.core.retry import Retry
from omicsdk.core.sending.time_limits import Timeout
from omicsdk.core.type_guards import is_array
from omicsdk.core.workbooks import text_of
from omicsdk.dtp.sds.folders import PathLike, record_files
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.errors import Gen3AuthError, Gen3Error, Gen3UserError, choice
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.queries import Query
from omicsdk.gen3.records.exports import flat
from omicsdk.gen3.records.projects import Project, check_project, linked_names
from omicsdk.gen3.records.submission import CHUNK, Outcome, Submission
from omicsdk.gen3.records.tables import SEPARATORS, list_cell, tsv_of
from omicsdk.gen3.sources import Arguments, TokenService, endpoint_of, login_of
from omicsdk.transfer.disk import output_file

if TYPE_CHECKING:
    import httpx
else:
    httpx = LateModule("httpx")

#: A credentials file, its content, or a login.
CommonsCredentials = str | os.PathLike[str] | Mapping[str, str] | Gen3Login


class Auth(Gen3Login):
    __doc__ = f"The login to a Gen3 commons: `omicsdk.gen3.Gen3Login` by another name.\n\n    {Gen3Login.__doc__}"

    def curl(self, path: str, request: str | None = None, data: str | None = None) -> httpx.Response:
        """Send any request to the commons: `Gen3Login.request` by its documented name.

        Args:
            path: The path, such as /user/user, with its query if it has one; or a complete URL of the commons.
            request: GET, POST, PUT, PATCH or DELETE; by default POST with `data` and GET without.
            data: The body: JSON, which is sent unchanged, or other text; or @FILE for the content of a file.

        Returns:
            The response of httpx. It has `status_code`, `headers`, `text`, `content`, `json()` and `raise_for_status()`
            as that of requests; `is_success` is requests' `ok`, and `iter_bytes` its `iter_content`. The login
            `omicsdk.compat.gen3.auth.Gen3Auth` returns responds with requests' names, and all clients accept it, too.
        """
        return self.request(path, request, data)


def login_to(endpoint: str | None, credentials: CommonsCredentials | None) -> Gen3Login:
    """Return the login to a commons.

    Args:
        endpoint: The commons; None is the one that issued the credentials.
        credentials: A credentials file (a path, or a name within ~/.gen3), its content, or a login, which is returned as it is;
            None for those of the environment.

    Raises:
        Gen3AuthError: The file does not exist, or is no credentials file.
        ConfigError: The endpoint is invalid.
        Gen3UserError: The login is to another commons.
    """
    if isinstance(credentials, Gen3Login):
        if endpoint and origin_of(endpoint_of(endpoint)) != origin_of(credentials.endpoint):
            raise Gen3UserError(
                f"{endpoint} is not the commons of the login, {credentials.endpoint}",
                remedy="Pass the endpoint of the login, or a login to that commons: Auth(endpoint=...).",
            )
        return credentials
    if isinstance(credentials, Mapping):
        return Auth(endpoint=endpoint, refresh_token=credentials)
    if credentials is None:
        return Auth(endpoint=endpoint)
    named = os.fspath(credentials)
    source = login_of(Arguments(endpoint, named), os.environ, home_folder).source
    if isinstance(source, TokenService) and source.missing is not None:
        raise Gen3AuthError(
            f"Credentials file {source.missing} not found",
            remedy="Download credentials.json from your profile page of the commons, and give its path.",
        )
    return Auth(endpoint=endpoint, refresh_file=named)


class CommonsClient(Closing):
    """The base of clients of a commons: they are context managers, and close their connections.

    Args:
        auth: The login, which states the commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often a request is retried.
        transport: Replaces the network, for tests.

    Attributes:
        commons: The commons.

    Raises:
        Gen3UserError: The login does not state a commons.
    """

    def __init__(
        self,
        auth: Credentials | httpx.Auth,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        endpoint: str | None = getattr(auth, "endpoint", None)
        if not endpoint:
            raise Gen3UserError("The login does not state a commons", remedy="Use a login that states its commons.")
        self.commons = Gen3(endpoint, credentials=auth, timeout=timeout, retry=retry, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self.commons.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.commons.base_url}>"

    # A commons answers an export from an unknown project with an empty list: errors here suggest similar names.

    def _programs(self) -> list[str]:
        return linked_names(json_of(self.commons.sheepdog.get_programs.raw()))

    def _project(self, program: str, project: str) -> Project:
        resolved = Project(program, project)
        check_project(self.commons, resolved)
        return resolved

    def _records(self, program: str, project: str, node: str) -> list[dict[str, Any]]:
        try:
            return list(self.commons.export_rows((program, project), node))
        except NotFound:
            self._project(program, project)
            raise
        except BadRequest as error:
            nodes = [node.name for node in self.commons.dictionary() if node.submitted]
            if node not in nodes:
                error.remedy = choice(node, nodes)
            raise


class Querier(CommonsClient):
    __doc__ = f"Queries a commons for programs, projects and records, and by GraphQL.\n\n    {CommonsClient.__doc__}"

    def get_programs(self) -> list[str]:
        """List the names of the programs that this login may see."""
        return self._programs()

    def get_projects(self, program: str) -> list[str]:
        """List the codes of the projects of a program.

        Args:
            program: The program's name.

        Raises:
            NotFound: There is no such program; the nearest is named.
        """
        try:
            return [project.code for project in self.commons.projects(program)]
        except NotFound as error:
            error.remedy = choice(program, self._programs())
            raise

    def get_node_records(self, node: str, program: str, project: str) -> list[dict[str, Any]]:
        """Return all records of a node.

        Args:
            node: The node, such as case.
            program: The program's name.
            project: The project's code.

        Returns:
            The records: properties that have a value, links such as `experiments`, `id` and `type`.

        Raises:
            BadRequest: The dictionary has no such node; the nearest is named.
            NotFound: There is no such program; the nearest is named.
            Gen3UserError: There is no such project in it; the nearest is named.
        """
        return self._records(program, project, node)

    def graphql_query(self, query_string: str | Query, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Query by GraphQL.

        Args:
            query_string: The query, or a `Query` of `omicsdk.gen3.queries`, which is made of names of the dictionary.
            variables: The values of its variables, by their names without the dollar.

        Returns:
            The response's data: what was found, by the query's fields. A commons returns 10 records of a field without
            `first`; `first: 0` is all.

        Raises:
            Gen3SubmissionQueryError: The commons refused the query; the message has its reasons.
        """
        return self.commons.query(query_string, variables)


#: Formats of records in files.
FORMATS = ("json", "tsv")
#: The first columns of a table, as a commons has them.
_FIRST = ("type", "id", "project_id", "submitter_id")


class Exporter(CommonsClient):
    __doc__ = f"Exports records: as dictionaries, and into files.\n\n    {CommonsClient.__doc__}"

    def export_node(
        self, program: str, project: str, node_type: str, fileformat: str, filename: PathLike | None = None
    ) -> list[dict[str, Any]]:
        """Return all records of a node.

        Args:
            program: The program's name.
            project: The project's code.
            node_type: The node, such as case.
            fileformat: The format of the file: json or tsv.
            filename: A file that they are also written to, by `save`; an existing one is replaced.

        Returns:
            The records, independent of the format: properties that have a value, links such as `experiments`, `id` and
                `type`.

        Raises:
            Gen3UserError: There is no such format, or no such project; the nearest is named.
            NotFound: There is no such program; the nearest is named.
            BadRequest: The dictionary has no such node; the nearest is named.
            NotWritable: The file cannot be written.
        """
        kind = _format(fileformat)
        records = self._records(program, project, node_type)
        if filename is not None:
            self.save(records, kind, filename)
        return records

    def export_record(
        self, program: str, project: str, uuid: str, fileformat: str, filename: PathLike | None = None
    ) -> dict[str, Any]:
        """Return a record.

        Args:
            program: The program's name.
            project: The project's code.
            uuid: The record's id.
            fileformat: The format of the file: json or tsv.
            filename: A file that it is also written to, by `save`; an existing one is replaced.

        Returns:
            The record, whatever the format: all properties of its node (None if it has no value), links, `id`, `type`.

        Raises:
            Gen3UserError: There is no such record, format or project.
            NotFound: There is no such program, or the record is one of another project.
            NotWritable: The file cannot be written.
        """
        kind = _format(fileformat)
        try:
            (record,) = self.commons.export_records((program, project), [uuid])
        except (NotFound, Gen3UserError):
            self._project(program, project)
            raise
        if filename is not None:
            self.save(record, kind, filename)
        return record

    def save(self, data: Mapping[str, Any] | Sequence[Mapping[str, Any]], fileformat: str, path: PathLike) -> None:
        """Write records to a file, completely or not at all. Both formats can be submitted again.

        Args:
            data: A record, or a list of them.
            fileformat: json (an object, or an array of them) or tsv (a row each; links are columns such as
                `experiments.submitter_id`, several values of a cell have commas between them or, where one has a comma, are
                a JSON array, empty cells are properties without a value).
            path: The file; an existing one is replaced.

        Raises:
            Gen3UserError: There is no such format.
            NotWritable: The file cannot be written.
        """
        if _format(fileformat) == "json":
            text = written(data, indent=4, ensure_ascii=False) + "\n"
        else:
            text = _table([data] if isinstance(data, Mapping) else data)
        with output_file(path, through_links=True) as file:
            file.write(text.encode("utf-8", "backslashreplace"))  # a service's text may have lone surrogates


def _format(format: str) -> str:
    if format.lower() not in FORMATS:
        raise Gen3UserError(f"Unknown export format {format!r}", remedy=choice(format, FORMATS))
    return format.lower()


def _table(records: Sequence[Mapping[str, Any]]) -> str:
    rows = [flat(record) for record in records]
    columns = dict.fromkeys(column for row in rows for column in row)
    # A link without a target is a column whose name no table can have.
    empty_links = {column for column in columns if any(other.startswith(f"{column}.") for other in columns)}
    first = [column for column in _FIRST if column in columns]
    links = [column for column in columns if "." in column]
    others = [column for column in columns if column not in (*first, *links) and column not in empty_links]
    return tsv_of([*first, *others, *links], ({key: _cell(value) for key, value in row.items()} for row in rows))


def _cell(value: object) -> str:
    return list_cell([_cell(item) for item in value], SEPARATORS["tsv"]) if is_array(value) else text_of(value)


#: Reasons in the message of an error; all are in its `submission`.
MAX_REASONS = 3


class RecordsRefused(Gen3Error):
    """Some records were refused; all others are stored.

    Args:
        submission: The result of each record.

    Attributes:
        submission: The result of each record; its `refused` has those that were refused, with the reasons.
    """

    default_remedy = "Correct them and submit the file again: what is stored is updated, or stays as it is."

    def __init__(self, submission: Submission) -> None:
        reasons = [str(finding) for refusal in submission.refused for finding in refusal.findings]
        more = len(reasons) - MAX_REASONS
        reasons_shown = "; ".join(reason.rstrip(".") for reason in reasons[:MAX_REASONS]) + (
            f"; and {more} more" if more > 0 else ""
        )
        super().__init__(f"{len(submission.refused)} of {submission.total} records were refused: {reasons_shown}")
        self.submission = submission


class Gen3Submitter(CommonsClient):
    """Submits records to projects: created if there is none of that name, else updated.

    Args:
        endpoint: The commons, such as https://commons.example.org.
        credentials: The login to it: a credentials file as the profile page gives it (a path, or a name within
            ~/.gen3), its content, or an `Auth`.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often a request is retried.
        transport: Replaces the network, for tests.

    Attributes:
        commons: The commons.

    Raises:
        Gen3AuthError: The credentials file does not exist, or is invalid.
        ConfigError: The endpoint is invalid.
        Gen3UserError: The login is to another commons than the endpoint.
    """

    def __init__(
        self,
        endpoint: str | None,
        credentials: CommonsCredentials,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(login_to(endpoint, credentials), timeout=timeout, retry=retry, transport=transport)

    def submit_record(
        self,
        program: str,
        project: str,
        file: PathLike | Iterable[PathLike],
        *,
        dry_run: bool = False,
        chunk: int = CHUNK,
    ) -> Submission:
        """Submit the records of a file or folder, and raise an error if any is refused; `submit` returns them instead.

        Args:
            program: The program's name.
            project: The project's code.
            file: A file of records, a folder of such files, or several of them.
            dry_run: Store nothing: the commons only checks the records.
            chunk: Records in a document, from 1; fewer where the commons cannot take as many at once.

        Returns:
            The result of each record; `counts` has their numbers.

        Raises:
            RecordsRefused: Some were refused; its `submission` has them, with the reasons. All others are stored.
            NotFound: There is no such program; the nearest is named.
            Gen3UserError: There is no such file, it cannot be read, or there is no such project.
            APIError: One that every record would meet, such as no right to submit.
            TransportError: The commons cannot be reached.
        """
        submission = self.submit(program, project, file, dry_run=dry_run, chunk=chunk)
        if not submission.ok:
            raise RecordsRefused(submission)
        return submission

    def submit(
        self,
        program: str,
        project: str,
        files: PathLike | Iterable[PathLike],
        *,
        dry_run: bool = False,
        chunk: int = CHUNK,
        all_or_nothing: bool = False,
        dictionary: Dictionary | None = None,
        journal: str | os.PathLike[str] | None = None,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> Submission:
        """Submit the records of files and folders, and return the result of each.

        All are verified against the dictionary before anything is sent. Then they are sent node by node, each after those
        that it links to, whatever files they are in; one that is refused does not stop the others.

        Args:
            program: The program's name.
            project: The project's code.
            files: A file of records, a folder of such files, or several of them.
            dry_run: Store nothing: the commons only checks the records.
            chunk: Records in a document, from 1; fewer where the commons cannot take as many at once.
            all_or_nothing: Send nothing if any record has a fault.
            dictionary: The dictionary of the commons; by default it is requested.
            journal: A file that records what was taken: with the same file, a submission that was stopped is resumed.
            on_outcome: Called with the result of each record as soon as it is known.

        Returns:
            Counts, and the records that were refused, with the reasons.

        Raises:
            NotFound: There is no such program; the nearest is named.
            Gen3UserError: There is no such file, it cannot be read, or there is no such project.
            APIError: One that every record would meet, such as no right to submit. What was taken stays.
            TransportError: The commons cannot be reached.
        """
        paths = record_files(files)
        return self.commons.submit(
            self._project(program, project),
            paths,
            dictionary=dictionary,
            chunk=chunk,
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
            journal=journal,
            on_outcome=on_outcome,
        )
