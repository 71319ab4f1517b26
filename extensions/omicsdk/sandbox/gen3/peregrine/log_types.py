"""Transactions in the schema."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLFieldResolver,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLObjectType,
    GraphQLString,
)

from omicsdk.sandbox.gen3.peregrine.reading import Arguments, Info, QueryError, Reader, cut, ordered
from omicsdk.sandbox.gen3.records.store import SUCCEEDED, Transaction, moment

_ORDERS = frozenset({"id", "type", "role", "state", "program", "project", "submitter", "is_dry_run", "closed"})
_PER_TRANSACTION = 1_000_000  # snapshots are numbered through all transactions


def _object(_name: str, /, **fields: Any) -> GraphQLObjectType:
    """A type whose fields are the members of a mapping."""

    def member(field: str) -> GraphQLFieldResolver:
        def resolve(source: Mapping[str, Any], _info: Info) -> Any:
            return source.get(field)

        return resolve

    return GraphQLObjectType(_name, {each: GraphQLField(kind, resolve=member(each)) for each, kind in fields.items()})


_ERROR = _object(
    "TransactionResponseError",
    keys=GraphQLList(GraphQLString),
    dependents=GraphQLList(_object("TransactionResponseEntityRelatedEntity", id=GraphQLString, type=GraphQLString)),
    message=GraphQLString,
    type=GraphQLString,
)
_ENTITY = _object(
    "TransactionResponseEntity",
    valid=GraphQLBoolean,
    action=GraphQLString,
    type=GraphQLString,
    id=GraphQLString,
    unique_keys=GraphQLString,
    errors=GraphQLList(_ERROR),
    warnings=GraphQLString,
)
_RESPONSE = _object(
    "TransactionResponse",
    transaction_id=GraphQLString,
    success=GraphQLBoolean,
    entity_error_count=GraphQLInt,
    transactional_error_count=GraphQLInt,
    code=GraphQLInt,
    message=GraphQLString,
    transactional_errors=GraphQLString,
    created_entity_count=GraphQLInt,
    updated_entity_count=GraphQLInt,
    deleted_entity_count=GraphQLInt,
    dependent_ids=GraphQLString,
    entities=GraphQLList(_ENTITY),
)
_DOCUMENT = _object(
    "TransactionDocument",
    id=GraphQLID,
    name=GraphQLString,
    doc=GraphQLString,
    doc_size=GraphQLInt,
    doc_format=GraphQLString,
    type=GraphQLString,
    response=_RESPONSE,
    response_json=GraphQLString,
)
_SNAPSHOT = _object("TransactionSnapshot", id=GraphQLID, transaction_id=GraphQLInt, action=GraphQLString)
LOG = _object(
    "TransactionLog",
    id=GraphQLID,
    is_dry_run=GraphQLBoolean,
    closed=GraphQLBoolean,
    committable=GraphQLBoolean,
    state=GraphQLString,
    committed_by=GraphQLID,
    submitter=GraphQLString,
    role=GraphQLString,
    program=GraphQLString,
    project=GraphQLString,
    project_id=GraphQLString,
    created_datetime=GraphQLString,
    type=GraphQLString,
    canonical_type=GraphQLString,
    quick_search=GraphQLFloat,
    documents=GraphQLList(_DOCUMENT),
    snapshots=GraphQLList(_SNAPSHOT),
    related_cases=GraphQLList(GraphQLString),
)
"""One transaction."""


def found_logs(reader: Reader, arguments: Arguments, about: str | None = None) -> list[Transaction]:
    """The transactions that fit arguments, all of them.

    Args:
        reader: Who reads.
        arguments: The arguments.
        about: The id of a record that they have to be about; None for any.

    Raises:
        QueryError: An argument makes no sense.
    """
    found = [each for each in reader.transactions if _fits(each, arguments)]
    if about is not None:
        found = [each for each in found if any(entity["id"] == about for entity in _entities(each))]
    return ordered(found, arguments, _ORDERS, "transaction_log", lambda each, name: getattr(each, name))


def _fits(each: Transaction, arguments: Arguments) -> bool:
    texts = {"id": str(each.id), "committed_by": None if each.committed_by is None else str(each.committed_by)}
    for name in ("id", "committed_by"):
        if arguments.get(name) is not None and arguments[name] != texts[name]:
            return False
    for name in ("type", "project", "program", "state", "is_dry_run", "closed"):
        if arguments.get(name) is not None and arguments[name] != getattr(each, name):
            return False
    if arguments.get("project_id") is not None and each.project_id not in arguments["project_id"]:
        return False
    if arguments.get("committable") is not None and arguments["committable"] != _is_committable(each):
        return False
    if arguments.get("quick_search") is not None and arguments["quick_search"] not in str(each.id):
        return False
    if (cases := arguments.get("related_cases")) is not None and not {*_cases(each)} & {*cases}:
        return False
    wanted = _numbers(arguments.get("entities"))
    return wanted is None or any(int(snapshot["id"]) in wanted for snapshot in _snapshots(each))


def _numbers(texts: list[str] | None) -> set[int] | None:
    for text in texts or ():
        if not text.isdecimal():
            raise QueryError(f'invalid input syntax for type integer: "{text}"')
    return None if texts is None else {int(text) for text in texts}


def log_page(found: list[Transaction], arguments: Arguments) -> list[dict[str, Any]]:
    """As many transactions as arguments ask for, as the schema's values."""
    last = arguments.get("last")
    return [_told(each) for each in (cut(found, arguments) if last is None else found[-last:] if last > 0 else [])]


def _told(each: Transaction) -> dict[str, Any]:
    return {
        "id": each.id,
        "is_dry_run": each.is_dry_run,
        "closed": each.closed,
        "committable": _is_committable(each),
        "state": each.state,
        "committed_by": each.committed_by,
        "submitter": each.submitter,
        "role": each.role,
        "program": each.program,
        "project": each.project,
        "project_id": each.project_id,
        "created_datetime": moment(each.created).replace("T", " "),
        "type": each.type,
        "canonical_type": each.type,
        "documents": [_document(each)] if each.response is not None and "entities" in each.response else [],
        "snapshots": _snapshots(each),
        "related_cases": _cases(each),
    }


def _document(each: Transaction) -> dict[str, Any]:
    sent, response = each.document, each.response or {}
    entities = [
        {**entity, "unique_keys": json.dumps(entity["unique_keys"]), "warnings": json.dumps(entity["warnings"])}
        for entity in _entities(each)
    ]
    errors = json.dumps(response.get("transactional_errors", []))
    return {
        "id": each.id,
        "name": None if sent is None else sent.name,
        "doc": None if sent is None else sent.text,
        "doc_size": 0 if sent is None else len(sent.text.encode()),
        "doc_format": "json" if sent is None else sent.format,
        "type": each.type,
        "response": {**response, "entities": entities, "transactional_errors": errors},
        "response_json": json.dumps(response),
    }


def _is_committable(each: Transaction) -> bool:
    return each.is_dry_run and not each.closed and each.state == SUCCEEDED and each.committed_by is None


def _entities(each: Transaction) -> list[dict[str, Any]]:
    return list((each.response or {}).get("entities", []))


def _snapshots(each: Transaction) -> list[dict[str, Any]]:
    if each.state != SUCCEEDED or each.is_dry_run:
        return []
    return [
        {"id": each.id * _PER_TRANSACTION + number, "transaction_id": each.id, "action": entity["action"]}
        for number, entity in enumerate(_entities(each), 1)
    ]


def _cases(each: Transaction) -> list[str]:
    return [*_submitter_ids(entity for entity in _entities(each) if entity["type"] == "case")]


def _submitter_ids(entities: Iterable[dict[str, Any]]) -> Iterable[str]:
    for entity in entities:
        for key in entity["unique_keys"]:
            if key.get("submitter_id"):
                yield key["submitter_id"]


def resolve_logs(source: object, info: Info, **arguments: Any) -> list[dict[str, Any]]:
    """Gives the transactions of a field."""
    reader = info.context
    return log_page(found_logs(reader, arguments, getattr(source, "id", None)), arguments)


def count_logs(source: object, info: Info, **arguments: Any) -> int:
    """Counts the transactions of a field."""
    reader = info.context
    return len(found_logs(reader, arguments, getattr(source, "id", None)))
