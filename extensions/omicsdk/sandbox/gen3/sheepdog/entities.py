"""Single records: read and deleted by their ids."""

from typing import Any

from omicsdk.sandbox.gen3.records.deletion import Deletion
from omicsdk.sandbox.gen3.records.graph import Record
from omicsdk.sandbox.gen3.records.transactions import FAILED, SUCCEEDED
from omicsdk.sandbox.gen3.sheepdog.gate import SERVICE, enter, enter_empty, refuse, resource_of
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.gen3.sheepdog.submitting import OPEN
from omicsdk.sandbox.service import Call, Reply


def get_records(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/entities/{entity_id_string}."""
    person, _, _ = enter_empty(commons, call, "read")
    told: list[dict[str, Any]] = []
    for each in call.arguments["entity_id_string"].split(","):
        record = commons.records.graph.by_id.get(each)
        # The service answers with records of any project; ours keeps what its reader may not see.
        program, project = ("", "") if record is None else commons.records.place(record.project_id)
        if record is None or not person.may("read", resource_of(program, project), SERVICE):
            raise refuse(400, f"Not found: {each}")
        told.append({"program": program, "project": project, "properties": _properties(commons, record)})
    return Reply({"entities": told})


def _properties(commons: Commons, record: Record) -> dict[str, Any]:
    links = {
        name: [{"id": target.id, "submitter_id": target.submitter_id} for target in targets]
        for name in record.links
        if (targets := commons.records.graph.targets(record, name))
    }
    return {**commons.records.properties(record), **links}


def _delete(commons: Commons, call: Call, *, dry_run: bool) -> Reply:
    records = commons.records
    with records.writing():
        visit = enter(commons, call, "delete", OPEN)
        deletion = Deletion(records, visit.project_id, call.arguments["ids"].split(","))
        number = records.log.begin(
            kind="delete",
            role="delete",
            program=visit.program,
            project=visit.code,
            submitter=visit.person.name,
            created=records.clock.now(),
            is_dry_run=dry_run,
        )
        count = len(deletion.found)
        tried = f"Dry run successful. Would have deleted {count} entities"
        answer = deletion.answer(number, tried if dry_run else f"Successfully deleted {count} entities")
        if deletion.success and not dry_run:
            records.store(removed=[record.id for record in deletion.found])
        records.log.end(number, SUCCEEDED if deletion.success else FAILED, answer)
    return Reply(answer, answer["code"])


def delete_records(commons: Commons, call: Call) -> Reply:
    """DELETE /v0/submission/{program}/{project}/entities/{ids}."""
    return _delete(commons, call, dry_run=False)


def try_delete_records(commons: Commons, call: Call) -> Reply:
    """DELETE /v0/submission/{program}/{project}/entities/_dry_run/{ids}."""
    return _delete(commons, call, dry_run=True)
