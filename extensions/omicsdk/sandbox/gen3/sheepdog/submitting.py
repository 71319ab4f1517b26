"""Submission of records: done, tried, and done after it was tried."""

from collections.abc import Callable
from typing import Any, cast

from omicsdk.sandbox.gen3.records.submission import CREATE, UPDATE, Submission
from omicsdk.sandbox.gen3.records.transactions import FAILED, SUCCEEDED, Document, Transaction
from omicsdk.sandbox.gen3.sheepdog.bodies import parsed_json, records_of, sent
from omicsdk.sandbox.gen3.sheepdog.file_records import with_index_records
from omicsdk.sandbox.gen3.sheepdog.gate import Visit, enter, refuse
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply

OPEN = "open"
"""The state of a project in which records may be submitted."""
_DONE = "Transaction successful."
_TRIED = (
    "Transaction would have been successful. User selected dry run option, transaction aborted, no data written to"
    " database."
)
_BULK_FORM = (
    "Bulk transfers must be an array of JSON objects of format: {\n"
    '    "name": string,\n    "doc_format": string,\n    "doc": string,\n}'
)


def _submit(commons: Commons, call: Call, role: str, *, dry_run: bool = False) -> Reply:
    visit = enter(commons, call, role, OPEN)
    # Who doesn't want to wait, `async=true`, gets the whole answer: it is there at once.
    answer = _run(commons, visit, role, sent(call), dry_run=dry_run)
    return Reply(answer, answer["code"])


def _run(commons: Commons, visit: Visit, role: str, document: Document, *, dry_run: bool = False) -> dict[str, Any]:
    """One transaction: what was sent is read, held against what is there, and stored when all of it is right."""
    records = commons.records
    rows = records_of(document, records.dictionary)
    good = 201 if role == CREATE and not dry_run else 200
    with records.writing():
        submission = Submission(records, visit.program, visit.code, role)
        submission.add(rows)
        number = records.log.begin(
            kind="upload",
            role=role,
            program=visit.program,
            project=visit.code,
            submitter=visit.person.name,
            created=records.clock.now(),
            is_dry_run=dry_run,
        )
        code = good if submission.success or dry_run else 400
        answer = submission.answer(number, code, _TRIED if dry_run else _DONE)
        if submission.success and not dry_run:
            try:
                with records.together():
                    records.store(with_index_records(commons, submission.changed(), visit, submission.urls()))
            except Problem as problem:
                records.log.end(number, FAILED, {"message": problem.title}, document)
                raise
        records.log.end(number, SUCCEEDED if submission.success else FAILED, answer, document)
    return answer


def submit_record(commons: Commons, call: Call) -> Reply:
    """PUT /v0/submission/{program}/{project}."""
    return _submit(commons, call, UPDATE)


def create_record(commons: Commons, call: Call) -> Reply:
    """POST /v0/submission/{program}/{project}."""
    return _submit(commons, call, CREATE)


def try_submit_record(commons: Commons, call: Call) -> Reply:
    """PUT /v0/submission/{program}/{project}/_dry_run."""
    return _submit(commons, call, UPDATE, dry_run=True)


def try_create_record(commons: Commons, call: Call) -> Reply:
    """POST /v0/submission/{program}/{project}/_dry_run."""
    return _submit(commons, call, CREATE, dry_run=True)


def _bulk(commons: Commons, call: Call, role: str, *, dry_run: bool = False) -> Reply:
    visit = enter(commons, call, role, OPEN)
    stated = parsed_json(sent(call).text)
    if not isinstance(stated, list):
        raise refuse(400, _BULK_FORM)
    documents = [_bulk_document(each) for each in cast("list[object]", stated)]
    told = [
        {"name": each.name, "response_json": _one_of_bulk(commons, visit, role, each, dry_run)} for each in documents
    ]
    return Reply({"code": 201, "message": "Bulk transaction submitted.", "subtransactions": told}, 201)


def _bulk_document(stated: object) -> Document:
    if isinstance(stated, dict):
        member = cast("dict[str, object]", stated)
        name, kind, text = member.get("name"), member.get("doc_format"), member.get("doc")
        if isinstance(name, str) and isinstance(kind, str) and isinstance(text, str):
            if kind.lower() not in ("json", "tsv", "csv"):
                raise refuse(400, f"Format {kind} is not supported; supported formats are: csv,tsv,json.")
            return Document(text, kind.lower(), name)
    raise refuse(400, _BULK_FORM)


def _one_of_bulk(commons: Commons, visit: Visit, role: str, document: Document, dry_run: bool) -> dict[str, Any]:
    try:
        return _run(commons, visit, role, document, dry_run=dry_run)
    except Problem as problem:
        return {"code": problem.status, "message": problem.title, "success": False}


def submit_bulk(commons: Commons, call: Call) -> Reply:
    """PUT /v0/submission/{program}/{project}/bulk."""
    return _bulk(commons, call, UPDATE)


def create_bulk(commons: Commons, call: Call) -> Reply:
    """POST /v0/submission/{program}/{project}/bulk."""
    return _bulk(commons, call, CREATE)


def try_submit_bulk(commons: Commons, call: Call) -> Reply:
    """PUT /v0/submission/{program}/{project}/bulk/_dry_run."""
    return _bulk(commons, call, UPDATE, dry_run=True)


def try_create_bulk(commons: Commons, call: Call) -> Reply:
    """POST /v0/submission/{program}/{project}/bulk/_dry_run."""
    return _bulk(commons, call, CREATE, dry_run=True)


def _transaction(commons: Commons, call: Call, visit: Visit, told: Callable[[str, str], str]) -> Transaction:
    text = call.arguments["transaction_id"]
    if not text.isdecimal():
        raise refuse(
            404,
            "The requested URL was not found on the server. If you entered the URL manually please check your spelling"
            " and try again.",
        )
    found = commons.records.log.find(int(text), visit.project_id) if len(text) < 19 else None
    if found is None:
        raise refuse(404, told(text, visit.project_id))
    return found


def commit_transaction(commons: Commons, call: Call) -> Reply:
    """PUT and POST /v0/submission/{program}/{project}/transactions/{transaction_id}/commit."""
    visit = enter(commons, call, UPDATE, OPEN)
    with commons.records.writing():
        tried = _transaction(
            commons,
            call,
            visit,
            lambda number, project: f"Unable to find transaction_log with id: {number} for project {project}",
        )
        if tried.closed:
            raise refuse(400, "Unable to commit closed transaction log.")
        if tried.committed_by is not None:
            raise refuse(400, f"This transaction_log was committed already by transaction '{tried.committed_by}'.")
        if tried.state != SUCCEEDED:
            raise refuse(400, f"Unable to commit transaction log in state {tried.state}.")
        if not tried.is_dry_run or tried.document is None:
            raise refuse(400, "Cannot submit transaction_log that is not a dry_run.")
        answer = _run(commons, visit, tried.role, tried.document)
        if answer["success"]:
            commons.records.log.commit(tried.id, answer["transaction_id"])
    return Reply({**answer, "code": 200} if answer["success"] else answer, 200 if answer["success"] else 400)


def close_transaction(commons: Commons, call: Call) -> Reply:
    """PUT and POST /v0/submission/{program}/{project}/transactions/{transaction_id}/close."""
    visit = enter(commons, call, UPDATE)
    with commons.records.writing():
        tried = _transaction(
            commons,
            call,
            visit,
            lambda number, project: f"Unable to find transaction_log with id {number} for project {project}",
        )
        if tried.closed:
            raise refuse(400, "This transaction log is already closed.")
        if tried.committed_by is not None:
            raise refuse(400, "This transaction log has already been committed. Closing it would have no effect.")
        commons.records.log.close(tried.id)
    return Reply({"code": 200, "message": "Closed transaction.", "transaction_id": tried.id})


SAME = {
    "submit_tsv": "submit_record",
    "submit_csv": "submit_record",
    "post_commit_transaction": "commit_transaction",
    "post_close_transaction": "close_transaction",
}
"""Operations that do the same as another."""
