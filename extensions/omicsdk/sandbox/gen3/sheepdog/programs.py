"""Programs, and the projects in them."""

from typing import Any, cast
from urllib.parse import quote

from omicsdk.sandbox.gen3.records.dictionary import PROGRAM, PROJECT
from omicsdk.sandbox.gen3.records.store import program_id, project_uuid
from omicsdk.sandbox.gen3.records.submission import CREATE, UPDATE
from omicsdk.sandbox.gen3.records.transactions import SUCCEEDED
from omicsdk.sandbox.gen3.sheepdog.bodies import parsed_json, records_of, sent
from omicsdk.sandbox.gen3.sheepdog.gate import PROGRAMS, PROJECTS, asker, enter, found_program, permit, refuse
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.gen3.sheepdog.tables import JSON
from omicsdk.sandbox.service import Call, Reply

_ROOT = "/v0/submission"


def get_programs(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/."""
    asker(commons, call)
    found = commons.records.graph.of_type(PROGRAM)
    return Reply({"links": [f"{_ROOT}/{quote(program.name)}" for program in found]})


def create_program(commons: Commons, call: Call) -> Reply:
    """POST, PUT and PATCH /v0/submission/."""
    person = asker(commons, call)
    permit(person, "create", PROGRAMS)
    stated = _one_object(commons, call)
    if stated.get("type") != PROGRAM:
        raise refuse(400, f"Invalid type in key type='{stated.get('type')}'")
    name = stated.get("name")
    if not isinstance(name, str) or not name:
        raise refuse(400, "No program specified in key 'name'")
    records = commons.records
    known = records.dictionary.nodes[PROGRAM].properties.keys() - {"id", "type"}
    with records.writing():
        old = records.program(name)
        records.store([records.new_program(name, {key: stated[key] for key in known & stated.keys()})])
    message = "Program registered." if old is None else "Program is updated!"
    return Reply({"id": program_id(name), "message": message, "name": name})


def _one_object(commons: Commons, call: Call) -> dict[str, Any]:
    document = sent(call)
    if document.format == JSON:
        value = parsed_json(document.text)
    else:
        rows = records_of(document, commons.records.dictionary)
        value = rows[0] if len(rows) == 1 else rows
    if not isinstance(value, dict):
        told = f"Received data of type {type(value)}: {value}"
        raise refuse(400, f"The program creation endpoint only supports single documents (dict). {told}")
    return cast("dict[str, Any]", value)


def delete_program(commons: Commons, call: Call) -> Reply:
    """DELETE /v0/submission/{program}."""
    permit(asker(commons, call), "delete", PROGRAMS)
    with commons.records.writing():
        program = found_program(commons, call)
        if commons.records.projects(program.name):
            told = f"Can not delete the program. Program {program.name} is not empty"
            raise refuse(400, f"ERROR: {told}")
        commons.records.store(removed=[program.id])
    return Reply(status=204)


def get_projects(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}."""
    asker(commons, call)
    program = found_program(commons, call).name
    found = commons.records.projects(program)
    return Reply({"links": [f"{_ROOT}/{quote(program)}/{quote(project.name)}" for project in found]})


def create_project(commons: Commons, call: Call) -> Reply:
    """PUT, POST and PATCH /v0/submission/{program}."""
    person = asker(commons, call)
    permit(person, "create", PROJECTS, f"/programs/{call.arguments['program']}")
    records = commons.records
    with records.writing():
        program = found_program(commons, call).name
        document = sent(call)
        rows = records_of(document, records.dictionary)
        if len(rows) != 1 or not isinstance(rows[0], dict):
            raise refuse(400, "Only one project may be sent at a time, as an object")
        stated = cast("dict[str, Any]", rows[0])
        code = _code(commons, stated, program)
        old = records.project(program, code)
        project = records.new_project(
            program, code, {k: v for k, v in stated.items() if k not in ("type", "code", "id")}
        )
        number = records.log.begin(
            kind="upload",
            role=UPDATE,
            program=program,
            project=code,
            submitter=person.name,
            created=records.clock.now(),
        )
        records.store([project])
        answer = {
            "code": 200,
            "created_entity_count": int(old is None),
            "entities": [
                {
                    "action": CREATE if old is None else UPDATE,
                    "errors": [],
                    "id": project.id,
                    "type": PROJECT,
                    "unique_keys": [{"code": code}],
                    "valid": True,
                    "warnings": [],
                }
            ],
            "entity_error_count": 0,
            "message": "Transaction successful.",
            "success": True,
            "transaction_id": number,
            "transactional_error_count": 0,
            "transactional_errors": [],
            "updated_entity_count": int(old is not None),
        }
        records.log.end(number, SUCCEEDED, answer, document)
    return Reply(answer)


def _code(commons: Commons, stated: dict[str, Any], program: str) -> str:
    """The code of a project that is sent.

    Raises:
        Problem: 400; it isn't a project that can be made.
    """
    if stated.get("type") != PROJECT:
        raise refuse(400, f"Invalid post to program endpoint with type='{stated.get('type')}'")
    code = stated.get("code")
    if not isinstance(code, str) or not code:
        raise refuse(400, "No project specified in key 'code'")
    node, own_id = commons.records.dictionary.nodes[PROJECT], project_uuid(code)
    unknown = [name for name in stated if name not in node.properties and name not in node.links]
    if unknown:
        raise refuse(400, f"ERROR: <Project({own_id})> has no property {unknown[0]}")
    whole = {**stated, **{name: {"name": program} for name in node.links}, "id": own_id}
    # A name and an accession number may be missing, as with the service.
    faults = [each for each in commons.records.validator(PROJECT).faults(whole) if each["type"] != "MISSING_PROPERTY"]
    if faults:
        raise refuse(400, f"ERROR: <Project({own_id})> {'.'.join(faults[0]['keys'])}: {faults[0]['message']}")
    other = commons.records.graph.by_id.get(own_id)
    if other is not None and other.project_id != f"{program}-{code}":
        raise refuse(400, f"ERROR: there is a project {code} in another program: {other.project_id}")
    return code


def delete_project(commons: Commons, call: Call) -> Reply:
    """DELETE /v0/submission/{program}/{project}."""
    with commons.records.writing():
        visit = enter(commons, call, "delete")
        if commons.records.graph.in_project(visit.project_id):
            raise refuse(400, f"ERROR: Can not delete the project. Project {visit.code} is not empty")
        commons.records.store(removed=[visit.project.id])
    return Reply(status=204)


SAME = {
    "put_program": "create_program",
    "patch_program": "create_program",
    "post_project": "create_project",
    "patch_project": "create_project",
}
"""Operations that do the same as another."""
