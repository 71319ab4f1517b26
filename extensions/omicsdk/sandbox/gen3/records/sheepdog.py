"""Submission: programs and their projects, records in them, done, tried, and done after it was tried; and deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from omicsdk.sandbox.gen3.indexd.requests import Criteria
from omicsdk.sandbox.gen3.records.dictionary import PROGRAM, PROJECT
from omicsdk.sandbox.gen3.records.requests import (
    JSON,
    PROGRAMS,
    PROJECTS,
    ROOT,
    Visit,
    enter,
    found_program,
    parsed_json,
    permit,
    principal,
    records_of,
    refuse,
    resource_of,
    sent,
)
from omicsdk.sandbox.gen3.records.store import (
    FAILED,
    PENDING,
    SUCCEEDED,
    Document,
    Record,
    Transaction,
    entity_of,
    program_id,
    project_uuid,
    response_of,
)
from omicsdk.sandbox.gen3.records.submission import CREATE, UPDATE, Deletion, Submission
from omicsdk.sandbox.gen3.service import crash_if_real
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply, for_each, named

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

# The state of a project in which records may be submitted.
OPEN = "open"
_DONE = "Transaction successful."
_TRIED = "Transaction would have been successful. Nothing was written, as it was tried only."
_NOT_RELEASABLE = "Project is not releasable. Project must be submitted at least once first."


# -- programs, and the projects in them


def get_programs(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/."""
    principal(commons, call)
    programs = commons.records.graph.of_type(PROGRAM)
    return Reply({"links": [f"{ROOT}/{quote(program.name)}" for program in programs]})


def create_program(commons: Gen3, call: Call) -> Reply:
    """POST, PUT and PATCH /v0/submission/."""
    permit(principal(commons, call), "create", PROGRAMS)
    entity = _one_object(commons, call)
    if entity.get("type") != PROGRAM:
        raise refuse(400, f"Invalid type in key type='{entity.get('type')}'")
    name = entity.get("name")
    if not isinstance(name, str) or not name:
        raise refuse(400, "No program specified in key 'name'")
    records = commons.records
    property_names = records.dictionary.nodes[PROGRAM].properties.keys() - {"id", "type"}
    with records.writing:
        old = records.program(name)
        records.store([records.new_program(name, {key: entity[key] for key in property_names & entity.keys()})])
    message = "Program registered." if old is None else "Program is updated!"
    return Reply({"id": program_id(name), "message": message, "name": name})


def _one_object(commons: Gen3, call: Call) -> dict[str, Any]:
    document = sent(call)
    if document.format == JSON:
        value = parsed_json(document.text)
    else:
        rows = records_of(document, commons.records.dictionary)
        value = rows[0] if len(rows) == 1 else rows
    if not isinstance(value, dict):
        message = f"Received data of type {type(value)}: {value}"
        raise refuse(400, f"The program creation endpoint only supports single documents (dict). {message}")
    return cast("dict[str, Any]", value)


def delete_program(commons: Gen3, call: Call) -> Reply:
    """DELETE /v0/submission/{program}."""
    permit(principal(commons, call), "delete", PROGRAMS)
    with commons.records.writing:
        program = found_program(commons, call)
        if commons.records.projects(program.name):
            message = f"Can not delete the program. Program {program.name} is not empty"
            raise refuse(400, f"ERROR: {message}")
        commons.records.store(removed=[program.id])
    return Reply(status=204)


def get_projects(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/{program}."""
    principal(commons, call)
    program = found_program(commons, call).name
    projects = commons.records.projects(program)
    return Reply({"links": [f"{ROOT}/{quote(program)}/{quote(project.name)}" for project in projects]})


def create_project(commons: Gen3, call: Call) -> Reply:
    """PUT, POST and PATCH /v0/submission/{program}."""
    person = principal(commons, call)
    permit(person, "create", PROJECTS, f"/programs/{call.arguments['program']}")
    records = commons.records
    with records.writing:
        program = found_program(commons, call).name
        document = sent(call)
        rows = records_of(document, records.dictionary)
        if len(rows) != 1 or not isinstance(rows[0], dict):
            raise refuse(400, "Only one project may be sent at a time, as an object")
        entity = cast("dict[str, Any]", rows[0])
        code = _code(commons, entity, program)
        old = records.project(program, code)
        properties = {name: value for name, value in entity.items() if name not in ("type", "code", "id")}
        project = records.new_project(program, code, properties)
        number = _begin(commons, Visit(person, program, code, project), "upload", UPDATE)
        records.store([project])
        action = CREATE if old is None else UPDATE
        response = response_of(
            number,
            _DONE,
            [entity_of(action, project.id, PROJECT, [{"code": code}])],
            created_entity_count=int(old is None),
            updated_entity_count=int(old is not None),
        )
        _end(commons, number, response, document)
    return Reply(response)


def _code(commons: Gen3, entity: dict[str, Any], program: str) -> str:
    """The code of a project that is sent.

    Raises:
        Problem: 400; it is not a project that can be made.
    """
    if entity.get("type") != PROJECT:
        raise refuse(400, f"Invalid post to program endpoint with type='{entity.get('type')}'")
    code = entity.get("code")
    if not isinstance(code, str) or not code:
        raise refuse(400, "No project specified in key 'code'")
    node, own_id = commons.records.dictionary.nodes[PROJECT], project_uuid(code)
    unknown = [name for name in entity if name not in node.properties and name not in node.links]
    if unknown:
        raise refuse(400, f"ERROR: <Project({own_id})> has no property {unknown[0]}")
    whole = {**entity, **{name: {"name": program} for name in node.links}, "id": own_id}
    # A name and an accession number may be missing, and a date be any text, as with the service.
    faults = [
        fault
        for fault in node.faults(whole)
        if fault["type"] != "MISSING_PROPERTY" and not fault["message"].endswith("is not a 'date-time'")
    ]
    if faults:
        message = f"ERROR: <Project({own_id})> {'.'.join(faults[0]['keys'])}: {faults[0]['message']}"
        raise refuse(400, message, crashes=True)
    other = commons.records.graph.by_id.get(own_id)
    if other is not None and other.project_id != f"{program}-{code}":
        raise refuse(400, f"ERROR: there is a project {code} in another program: {other.project_id}")
    return code


def delete_project(commons: Gen3, call: Call) -> Reply:
    """DELETE /v0/submission/{program}/{project}."""
    with commons.records.writing:
        visit = enter(commons, call, "delete")
        stored = commons.records.graph.by_id.values()
        if any(record.project_id == visit.project_id and record.type != PROJECT for record in stored):
            raise refuse(400, f"ERROR: Can not delete the project. Project {visit.code} is not empty")
        commons.records.store(removed=[visit.project.id])
    return Reply(status=204)


def _begin(commons: Gen3, visit: Visit, kind: str, role: str, *, dry_run: bool = False) -> int:
    """Enter a transaction into the log and return its number."""
    log, now = commons.records.log, commons.records.clock.now()
    return log.add(Transaction(0, kind, role, PENDING, visit.program, visit.code, visit.person.name, dry_run, now))


def _end(commons: Gen3, number: int, response: Mapping[str, Any], document: Document | None = None) -> None:
    """Enter what was answered to a transaction."""
    state = SUCCEEDED if response.get("success") else FAILED
    commons.records.log.change(number, state=state, response=response, sent=document)


# -- records


def _submit(commons: Gen3, call: Call, role: str, *, dry_run: bool) -> Reply:
    visit = enter(commons, call, role, OPEN)
    # A client that does not want to wait gets the whole response at once.
    if dict(call.query).get("async", "").lower() == "true":
        crash_if_real(commons.context, "async=true")
    response = _run(commons, visit, role, sent(call), dry_run=dry_run)
    return Reply(response, response["code"])


def _run(commons: Gen3, visit: Visit, role: str, document: Document, *, dry_run: bool = False) -> dict[str, Any]:
    """One transaction: what was sent is read, validated against what exists, and stored when all of it is right."""
    records = commons.records
    rows = records_of(document, records.dictionary)
    good = 201 if role == CREATE and not dry_run else 200
    with records.writing:
        submission = Submission(records, visit.program, visit.code, role, rows)
        number = _begin(commons, visit, "upload", role, dry_run=dry_run)
        code = good if submission.success or dry_run else 400
        response = submission.response(number, code, _TRIED if dry_run else _DONE)
        if submission.success and not dry_run:
            urls = submission.urls()
            try:
                with records.together():
                    records.store(
                        _with_guid(commons, record, visit, urls.get(record.id, ())) for record in submission.changed()
                    )
            except Problem as problem:
                _end(commons, number, {"message": problem.title}, document)
                raise
        _end(commons, number, response, document)
    return response


# -- attempts


def _transaction(commons: Gen3, call: Call, visit: Visit) -> Transaction:
    """The transaction that a request names."""
    text = call.arguments["transaction_id"]
    if not text.isdecimal():
        raise refuse(404, "Not Found")
    transaction = commons.records.log.get(int(text)) if len(text) < 19 else None
    if transaction is None or transaction.project_id != visit.project_id:
        raise refuse(404, f"Unable to find transaction_log with id {text} for project {visit.project_id}")
    return transaction


def _check_open(tried: Transaction) -> None:
    if tried.closed or tried.committed_by is not None:
        raise refuse(400, "This transaction log was closed or committed already.")


def commit_transaction(commons: Gen3, call: Call) -> Reply:
    """PUT and POST /v0/submission/{program}/{project}/transactions/{transaction_id}/commit."""
    visit = enter(commons, call, UPDATE, OPEN)
    with commons.records.writing:
        tried = _transaction(commons, call, visit)
        _check_open(tried)
        if tried.state != SUCCEEDED or not tried.is_dry_run or tried.document is None:
            raise refuse(400, "Unable to commit what is not a dry run that succeeded.")
        response = _run(commons, visit, tried.role, tried.document)
        if response["success"]:
            commons.records.log.change(tried.id, committed_by=response["transaction_id"])
    return Reply({**response, "code": 200} if response["success"] else response, 200 if response["success"] else 400)


def close_transaction(commons: Gen3, call: Call) -> Reply:
    """PUT and POST /v0/submission/{program}/{project}/transactions/{transaction_id}/close."""
    visit = enter(commons, call, UPDATE)
    with commons.records.writing:
        tried = _transaction(commons, call, visit)
        _check_open(tried)
        commons.records.log.change(tried.id, closed=True)
    return Reply({"code": 200, "message": "Closed transaction.", "transaction_id": tried.id})


# -- records that represent files: each has an index record, found or created


def _with_guid(commons: Gen3, record: Record, visit: Visit, urls: Sequence[str]) -> Record:
    """A record as it is stored: one that represents a file with the GUID of its index record.

    Raises:
        Problem: 400; the index refuses it.
    """
    if not commons.records.dictionary.nodes[record.type].is_file:
        return record
    old = commons.records.graph.by_id.get(record.id)
    stored_guid = None if old is None else old.properties.get("object_id")
    object_id = record.properties.get("object_id")
    if stored_guid is not None and object_id == stored_guid:
        return record
    size, md5 = record.properties.get("file_size"), record.properties.get("md5sum")
    if not isinstance(size, int) or size < 0:
        raise refuse(400, "Fail to register the data node in indexd. Detail 400 Client Error: size must be > 0")
    guid = _found(commons, object_id, size, md5)
    if guid is None:
        new = {"form": "object", "size": size, "hashes": {"md5": md5}, "urls": list(urls), "acl": ["*"]}
        authz = [resource_of(visit.program, visit.code)]
        try:
            own = {} if object_id is None else {"did": object_id}
            guid = commons.index.create({**new, "authz": authz, **own})["did"]
        except Problem as problem:
            raise refuse(400, f"Fail to register the data node in indexd. Detail {problem.title}") from problem
    return replace(record, properties={**record.properties, "object_id": guid})


def _found(commons: Gen3, object_id: str | None, size: int, md5: str | None) -> str | None:
    """The GUID of an index record that exists.

    Raises:
        Problem: 400; the one that was named is that of another file.
    """
    if object_id is None:
        same = commons.index.records.listed(
            *Criteria(size=size, hashes={"md5": md5 or ""}).condition(commons.index.prefix), limit=1
        )
        return str(same[0]["did"]) if same else None
    record = commons.index.get(object_id)
    if record is None:
        return None
    if record["size"] not in (None, size) or record["hashes"].get("md5", md5) != md5:
        raise refuse(400, f"The index record {object_id} has another size or md5 than what was sent")
    return str(record["did"])


# -- the states of a project: open for submission, in review, submitted; and its release


# The state that a step requires, None for any, and the properties of the project after it.
_STEPS: Mapping[str, tuple[str | None, Mapping[str, Any]]] = {
    "open": ("review", {"state": "open"}),
    "review": (OPEN, {"state": "review"}),
    "submit": ("review", {"state": "submitted", "releasable": True}),
    "release": (None, {"released": True}),
}


def _take(commons: Gen3, call: Call, step: str, *, dry_run: bool) -> Reply:
    records, (before, changes) = commons.records, _STEPS[step]
    with records.writing:
        visit = enter(commons, call, "update", *([before] if before else []))
        if step == "submit" and not dry_run:
            crash_if_real(commons.context, f"{step} of a project")
        fits = step != "release" or bool(visit.project.properties.get("releasable"))
        number = _begin(commons, visit, step, step, dry_run=dry_run)
        if fits and not dry_run:
            records.store([records.new_project(visit.program, visit.code, changes)])
        message = f"{'Tried' if dry_run else 'Took'} the step '{step}' of the project"
        refusals = [] if fits else [{"message": _NOT_RELEASABLE}]
        response = response_of(number, message if fits else "Release transaction failed.", refusals=refusals)
        _end(commons, number, response)
    return Reply(response, response["code"])


# -- deletion


def _delete(commons: Gen3, call: Call, dry_run: bool) -> Reply:
    records = commons.records
    with records.writing:
        visit = enter(commons, call, "delete", OPEN)
        deletion = Deletion(records, visit.project_id, call.arguments["ids"])
        number = _begin(commons, visit, "delete", "delete", dry_run=dry_run)
        count = len(deletion.found)
        tried = f"Dry run successful. Would have deleted {count} entities"
        response = deletion.response(number, tried if dry_run else f"Successfully deleted {count} entities")
        if deletion.success and not dry_run:
            records.store(removed=[record.id for record in deletion.found])
        _end(commons, number, response)
    return Reply(response, response["code"])


HANDLERS = {
    **for_each(
        {"submit": UPDATE, "create": CREATE},
        {"{}_record": partial(_submit, dry_run=False), "try_{}_record": partial(_submit, dry_run=True)},
    ),
    **for_each(
        named(*_STEPS), {"{}_project": partial(_take, dry_run=False), "try_{}_project": partial(_take, dry_run=True)}
    ),
    **for_each({"": False, "try_": True}, {"{}delete_records": _delete}),
}
