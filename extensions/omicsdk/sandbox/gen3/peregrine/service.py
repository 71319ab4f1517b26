"""Peregrine as a service of the sandbox: queries, counts by project, and citations of files."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.peregrine.views import Reader
from omicsdk.sandbox.gen3.records.dictionary import Dictionary
from omicsdk.sandbox.gen3.records.requests import error_body, parsed_json, refuse
from omicsdk.sandbox.gen3.records.store import Record
from omicsdk.sandbox.gen3.service import HTML, as_object, gen3_service, trailing_slashes
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

_COLLECTION = "core_metadata_collections"
_ABOUT = ("description", "creator", "contributor", "coverage", "language", "publisher", "rights", "source", "subject")
_BIBTEX, _SCHEMA_ORG = "x-bibtex", "application/vnd.schemaorg.ld+json"


def peregrine_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Its OpenAPI 3.1 document.
    """
    return gen3_service(
        "peregrine",
        document,
        handlers_in(document, gen3, sys.modules[__name__]),
        error_body=_error_body,
        around=lambda app: trailing_slashes(app, error_body=error_body),
    )


class _QueryRefusal(Problem):
    """A query that is refused as a whole."""

    def __init__(self, *errors: str, status: int = 400, data: object = None) -> None:
        super().__init__(status, "", errors[0])
        self._body = {"data": data, "errors": list(errors)}

    def body(self) -> dict[str, object]:
        return self._body


def _error_body(problem: Problem) -> Mapping[str, object]:
    return problem.body() if isinstance(problem, _QueryRefusal) else error_body(problem)


# -- queries: read, validated against the schema, carried out; errors are texts


def _reader_of(commons: Gen3, call: Call) -> Reader:
    """The reader of a request.

    Raises:
        Problem: 401; there is no valid token. 403; the user may see nothing.
    """
    try:
        person = commons.access.somebody(call.headers, refuse(401, "no authorization header provided"))
    except Problem as problem:
        raise refuse(problem.status, f"Authentication Error: {problem.title}") from problem
    reader = Reader(commons.records, person)
    if not reader.may_query:
        raise _QueryRefusal("Unauthorized query.", status=403, data={})
    return reader


def query(commons: Gen3, call: Call) -> Reply:
    """POST /api/v0/submission/graphql."""
    # graphql-core is slow to import, and most sandboxes never receive a query.
    from omicsdk.sandbox.gen3.peregrine.schema import response

    reader = _reader_of(commons, call)
    payload = cast("object", parsed_json(call.content.decode("utf-8", "replace")))
    if not isinstance(payload, dict):
        raise Problem(400, "", "The body must be an object with the query", crashes=True)
    body = cast("Mapping[str, object]", payload)
    text, variables = body.get("query"), body.get("variables")
    if not isinstance(text, str):
        raise _QueryRefusal("The query must be a string")
    if isinstance(variables, str):
        try:
            variables = json.loads(variables)
        except ValueError as error:
            raise _QueryRefusal("Unable to parse variables", str(error)) from error
    data, errors = response(reader, text, as_object(variables))
    return Reply({"data": data, "errors": errors}, 400) if errors else Reply({"data": data})


@lru_cache(maxsize=4)
def _introspection(dictionary: Dictionary) -> str:
    from graphql import introspection_from_schema

    from omicsdk.sandbox.gen3.peregrine.schema import schema_of

    # The service does not return what later editions of the language add.
    later = ("specified_by_url", "directive_is_repeatable", "schema_description", "input_value_deprecation")
    return json.dumps({"data": introspection_from_schema(schema_of(dictionary), **dict.fromkeys(later, False))})


def get_graphql_schema(commons: Gen3, _call: Call) -> Reply:
    """GET /api/v0/submission/getschema."""
    headers = {"Content-Type": "application/json", "Content-Disposition": "inline; filename=schema.json"}
    return Reply(text=_introspection(commons.records.dictionary), headers=headers)


# -- counts by project, and the projects themselves, for pages that show what a commons has


def count_nodes(commons: Gen3, call: Call) -> Reply:
    """GET /api/search/datasets."""
    reader = _reader_of(commons, call)
    node_names = [part for key, value in call.query if key == "nodes" for part in value.split(",") if part]
    if not node_names:
        raise refuse(400, "Need to provide target nodes in query param")
    unknown = [name for name in node_names if name not in commons.records.dictionary.nodes]
    if unknown:
        raise _QueryRefusal(*(f'Cannot query field "_{name}_count" on type "Root".' for name in unknown))
    return Reply(
        {
            project: {name: len(reader.of_type(name, project)) for name in node_names}
            for project in sorted(reader.projects)
        }
    )


def list_projects(commons: Gen3, call: Call) -> Reply:
    """GET /api/search/datasets/projects."""
    reader = _reader_of(commons, call)
    names = ("code", "dbgap_accession_number", "name")
    projects = [project for project in commons.records.projects() if project.project_id in reader.projects]
    return Reply({"projects": [{name: project.properties.get(name) for name in names} for project in projects]})


# -- citations of a file: as JSON, BibTeX and schema.org


def get_core_metadata(commons: Gen3, call: Call) -> Reply:
    """GET /coremetadata/{object_id}."""
    reader = _reader_of(commons, call)
    guid = call.arguments["object_id"]
    record = or_raise(_file(reader, guid), refuse(404, f'object_id "{guid}" not found'))
    citation = _citation(reader, record, guid)
    accepted = call.headers.get("accept", "")
    if _BIBTEX in accepted:
        fields = (f'{key} = "{value}"' for key, value in citation.items())
        text = f"@misc {{{', '.join((guid, *fields))}}}"
    elif _SCHEMA_ORG in accepted:
        text = json.dumps(_schema_org(citation))
    else:
        text = json.dumps(citation)
    return Reply(text=text, headers=HTML)


def _file(reader: Reader, guid: str) -> Record | None:
    files = (node.name for node in reader.records.dictionary.nodes.values() if node.is_file)
    candidates = (record for name in files for record in reader.of_type(name))
    return next((record for record in candidates if record.properties.get("object_id") == guid), None)


def _citation(reader: Reader, record: Record, guid: str) -> dict[str, Any]:
    described = reader.seen(reader.records.graph.targets(record, _COLLECTION))
    about: Mapping[str, Any] = described[0].properties if described else {}
    size = record.properties.get("file_size")
    year = datetime.fromtimestamp(record.updated, UTC).year
    return {
        **{name: about.get(name) for name in _ABOUT},
        "type": record.type,
        **{name: record.properties.get(name) for name in ("file_name", "data_format")},
        "file_size": None if size is None else float(size),
        "project_id": record.project_id,
        "object_id": guid,
        "md5sum": record.properties.get("md5sum"),
        "citation": f"{about.get('creator')}, {year}: {about.get('title')}. {guid}.",
    }


def _schema_org(citation: dict[str, Any]) -> dict[str, Any]:
    def identifier(kind: str, value: object) -> dict[str, object]:
        return {"@type": "PropertyValue", "propertyID": kind, "value": value}

    return {
        "@context": "http://schema.org",
        "@type": "Dataset",
        "@id": f"https://dataguids.org/index/{citation['object_id']}",
        "identifier": [identifier("dataguid", citation["object_id"]), identifier("md5", citation["md5sum"])],
        "publisher": {"@type": "Organization", "name": citation["publisher"]},
        "author": {"name": citation["creator"]},
        "description": citation["description"],
        "additionalType": citation["type"],
        "name": citation["file_name"],
    }
