"""Peregrine as a service of the sandbox: queries, counts by project, and what is told of files for citations."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.peregrine.reading import Reader
from omicsdk.sandbox.gen3.records.dictionary import Dictionary
from omicsdk.sandbox.gen3.records.store import Record, Store
from omicsdk.sandbox.gen3.service import HEALTHY, HTML, TrailingSlashes, gen3_service
from omicsdk.sandbox.gen3.sheepdog.gate import Frame, error_body, refuse
from omicsdk.sandbox.gen3.sheepdog.tables import parsed_json
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLSchema

_COLLECTION = "core_metadata_collections"
_DESCRIBED = (
    "description",
    "creator",
    "contributor",
    "coverage",
    "language",
    "publisher",
    "rights",
    "source",
    "subject",
)
_BIBTEX, _SCHEMA_ORG = "x-bibtex", "application/vnd.schemaorg.ld+json"


@dataclass(slots=True)
class Schema:
    """The schema of the dictionary that is in force, made when it is first needed.

    Attributes:
        dictionary: The dictionary that it was made of.
        made: The schema.
        introspection: What it tells of itself.
    """

    dictionary: Dictionary | None = None
    made: "GraphQLSchema | None" = None
    introspection: str | None = None

    def of(self, dictionary: Dictionary) -> "GraphQLSchema":
        """The schema of a dictionary."""
        from omicsdk.sandbox.gen3.peregrine.schema import SchemaOf

        if self.made is None or self.dictionary is not dictionary:
            self.dictionary, self.made, self.introspection = dictionary, SchemaOf(dictionary).schema(), None
        return self.made


@dataclass(frozen=True, slots=True)
class Commons:
    """What of a commons the service needs.

    Attributes:
        access: People and their tokens.
        records: The records.
        schema: The GraphQL schema.
    """

    access: Access
    records: Store
    schema: Schema = field(default_factory=Schema)


def peregrine_service(access: Access, records: Store, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: People and their tokens.
        records: The records.
        document: Its OpenAPI 3.1 document.
    """
    return gen3_service(
        "peregrine",
        document,
        handlers_in(document, Commons(access, records), sys.modules[__name__]),
        answers={
            "get_status": HEALTHY,
            "get_version": Reply({"commit": "", "dictionary": {"commit": "", "version": ""}, "version": ""}),
        },
        error_body=error_body,
        around=lambda app: Frame(TrailingSlashes(app)),
    )


# -- queries: read, held against the schema, carried out; errors are texts


def _reader_of(commons: Commons, call: Call) -> Reader | Reply:
    """Who reads; or the refusal of whom nothing is to be told.

    Raises:
        Problem: 401; the token isn't good.
    """
    try:
        person = commons.access.anyone(call.headers)
    except Problem as problem:
        raise refuse(problem.status, f"Authentication Error: {problem.title}") from problem
    reader = Reader(commons.records, person)
    return reader if reader.may_query else Reply({"data": {}, "errors": ["Unauthorized query."]}, 403)


def query(commons: Commons, call: Call) -> Reply:
    """POST /api/v0/submission/graphql."""
    reader = _reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    stated = cast("object", parsed_json(call.content.decode("utf-8", "replace")))
    if not isinstance(stated, dict):
        raise Problem(400, "", "The body must be an object with the query", crashes=True)
    body = cast("Mapping[str, object]", stated)
    text, variables = body.get("query"), body.get("variables")
    if not isinstance(text, str):
        return _failed("The query must be a string")
    if isinstance(variables, str):
        try:
            variables = json.loads(variables)
        except ValueError as error:
            return _failed("Unable to parse variables", str(error))
    values = cast("dict[str, Any]", variables) if isinstance(variables, dict) else {}
    return _carried_out(commons.schema.of(commons.records.dictionary), text, values, reader)


def _carried_out(schema: "GraphQLSchema", text: str, variables: dict[str, Any], reader: Reader) -> Reply:
    import graphql

    from omicsdk.sandbox.gen3.peregrine.schema import resolve

    try:
        document = graphql.parse(text)
        wrong = _nulls(document) or [_quoted(error.message) for error in graphql.validate(schema, document)]
    except RecursionError:
        return _failed("The query is nested too deeply")
    except graphql.GraphQLError as error:
        where = error.locations[0] if error.locations else None
        place = f" ({where.line}:{where.column})" if where else ""
        return _failed(error.message.replace("Syntax Error:", f"Syntax Error GraphQL{place}", 1))
    if wrong:
        return _failed(*wrong)
    # The operation's name isn't passed on, as by the service.
    result = graphql.execute_sync(  # pyright: ignore[reportUnknownMemberType] - the library leaves its types open
        schema, document, context_value=reader, variable_values=variables, field_resolver=resolve
    )
    if result.errors:
        errors = [error.message for error in result.errors]
        return Reply({"data": result.data, "errors": errors}, 400)
    return Reply({"data": result.data})


def _quoted(message: str) -> str:
    """A message with the quotation marks that the service has."""
    return message.replace("'", '"')


def _nulls(document: "DocumentNode") -> list[str]:
    """The service's language is older than `null`: it is no value there."""
    from graphql import NullValueNode, Visitor, visit

    found: list[str] = []

    class Nulls(Visitor):
        def enter_null_value(self, node: NullValueNode, *_: object) -> None:
            token = node.loc.start_token if node.loc else None
            place = f" ({token.line}:{token.column})" if token else ""
            found.append(f'Syntax Error GraphQL{place} Unexpected Name "null"')

    visit(document, Nulls())
    return found[:1]


def _failed(*errors: str) -> Reply:
    return Reply({"data": None, "errors": list(errors)}, 400)


def get_graphql_schema(commons: Commons, _call: Call) -> Reply:
    """GET /api/v0/submission/getschema."""
    from graphql import introspection_from_schema

    schema = commons.schema.of(commons.records.dictionary)
    if commons.schema.introspection is None:
        # What later editions of the language tell besides isn't told by the service.
        told = introspection_from_schema(
            schema,
            specified_by_url=False,
            directive_is_repeatable=False,
            schema_description=False,
            input_value_deprecation=False,
        )
        commons.schema.introspection = json.dumps({"data": told})
    headers = {"Content-Type": "application/json", "Content-Disposition": "inline; filename=schema.json"}
    return Reply(text=commons.schema.introspection, headers=headers)


# -- counts by project, and the projects themselves, for pages that show what a commons has


def count_nodes(commons: Commons, call: Call) -> Reply:
    """GET /api/v0/datasets."""
    reader = _reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    wanted = [part for key, value in call.query if key == "nodes" for part in value.split(",") if part]
    if not wanted:
        raise refuse(400, "Need to provide target nodes in query param")
    unknown = [name for name in wanted if name not in commons.records.dictionary.nodes]
    if unknown:
        errors = [f'Cannot query field "_{name}_count" on type "Root".' for name in unknown]
        return Reply({"data": None, "errors": errors}, 400)
    return Reply(
        {project: {name: len(reader.of_type(name, project)) for name in wanted} for project in sorted(reader.projects)}
    )


def list_projects(commons: Commons, call: Call) -> Reply:
    """GET /api/v0/datasets/projects."""
    reader = _reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    names = ("code", "dbgap_accession_number", "name")
    found = [project for project in commons.records.projects() if project.project_id in reader.projects]
    return Reply({"projects": [{name: project.properties.get(name) for name in names} for project in found]})


# -- what is told of a file for citations: as JSON, BibTeX and schema.org


def get_core_metadata(commons: Commons, call: Call) -> Reply:
    """GET /coremetadata/{object_id}."""
    reader = _reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    guid = call.arguments["object_id"]
    record = _file(reader, guid)
    if record is None:
        raise refuse(404, f'object_id "{guid}" not found')
    told = _told(reader, record, guid)
    accepted = call.headers.get("accept", "")
    if _BIBTEX in accepted:
        fields = (f'{key} = "{value}"' for key, value in told.items())
        text = f"@misc {{{', '.join((guid, *fields))}}}"
    elif _SCHEMA_ORG in accepted:
        text = json.dumps(_schema_org(told))
    else:
        text = json.dumps(told)
    return Reply(text=text, headers=HTML)


def _file(reader: Reader, guid: str) -> Record | None:
    files = (node.name for node in reader.records.dictionary.nodes.values() if node.is_file)
    found = (record for name in files for record in reader.of_type(name))
    return next((record for record in found if record.properties.get("object_id") == guid), None)


def _told(reader: Reader, record: Record, guid: str) -> dict[str, Any]:
    described = next(iter(reader.targets(record, _COLLECTION)), None)
    about: Mapping[str, Any] = described.properties if described is not None else {}
    size = record.properties.get("file_size")
    year = datetime.fromtimestamp(record.updated, UTC).year
    return {
        **{name: about.get(name) for name in _DESCRIBED},
        "type": record.type,
        "file_name": record.properties.get("file_name"),
        "data_format": record.properties.get("data_format"),
        "file_size": None if size is None else float(size),
        "project_id": record.project_id,
        "object_id": guid,
        "md5sum": record.properties.get("md5sum"),
        "citation": f"{about.get('creator')}, {year}: {about.get('title')}. {guid}.",
    }


def _schema_org(told: dict[str, Any]) -> dict[str, Any]:
    def identifier(kind: str, value: object) -> dict[str, object]:
        return {"@type": "PropertyValue", "propertyID": kind, "value": value}

    return {
        "@context": "http://schema.org",
        "@type": "Dataset",
        "@id": f"https://dataguids.org/index/{told['object_id']}",
        "identifier": [identifier("dataguid", told["object_id"]), identifier("md5", told["md5sum"])],
        "publisher": {"@type": "Organization", "name": told["publisher"]},
        "author": {"name": told["creator"]},
        "description": told["description"],
        "additionalType": told["type"],
        "name": told["file_name"],
    }
