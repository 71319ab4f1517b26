"""What imports and exports have in common: they wait for their turn, run, and end well or with an error."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import error_body, no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, shown, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_HIDDEN = ("user", "project", "copy_only")
_FAILED = "the transfer failed in the sandbox: see its log"

Carry = Callable[[Sb, JsonObject], Callable[[], str]]
"""Moves what a transfer is about, and gives what enters its file on the platform and tells its identity."""


def attach(sb: Sb, kind: str, carry: Carry) -> None:
    """Says what to do when a transfer's turn comes, and when its time is over.

    Args:
        sb: The platform.
        kind: import or export.
        carry: Moves what a transfer is about.
    """
    sb.jobs.on(f"{kind}-start", lambda id, at: _run(sb, kind, id, at))
    sb.jobs.on(f"{kind}-end", lambda id, at: _end(sb, kind, id, at, carry), slow=True)


def begin(sb: Sb, kind: str, user: str, told: Mapping[str, Any]) -> JsonObject:
    """Notes a transfer that waits for its turn.

    Args:
        sb: The platform.
        kind: import or export.
        user: Who wants it.
        told: What it is about.
    """
    transfer: JsonObject = {
        "id": secrets.token_hex(16),
        "state": "PENDING",
        "user": user,
        "started_on": None,
        "finished_on": None,
        "error": None,
        "result": None,
        **told,
    }
    # The newest is listed first.
    sb.documents.put(kind, transfer["id"], transfer, user, rank=-sb.now())
    wait = sb.grounds.settings.number("sb.queue_seconds")
    sb.jobs.schedule(f"{kind}-start", transfer["id"], sb.now() + wait)
    return transfer


def _run(sb: Sb, kind: str, id: str, at: float) -> None:
    transfer = sb.documents.get(kind, id)
    if transfer is None:
        return
    sb.documents.put(kind, id, {**transfer, "state": "RUNNING", "started_on": when(at)})
    sb.jobs.schedule(f"{kind}-end", id, at + sb.grounds.settings.number("sb.transfer_seconds"))


def _end(sb: Sb, kind: str, id: str, at: float, carry: Carry) -> None:
    transfer = sb.documents.get(kind, id)
    if transfer is None or transfer["state"] != "RUNNING":
        return

    def note(**outcome: object) -> None:
        sb.documents.put(kind, id, {**transfer, **outcome, "finished_on": when(at)})

    try:
        enter = carry(sb, transfer)
        with sb.documents.transaction():
            note(state="COMPLETED", result=enter())
    except Problem as problem:
        note(state="FAILED", error=error_body(problem))
    except Exception:
        note(state="FAILED", error=error_body(refuse(500, 90004, _FAILED)))
        raise


def transfer_json(sb: Sb, call: Call, kind: str, transfer: JsonObject) -> JsonObject:
    """A transfer as an answer has it, with its file."""
    told = {name: value for name, value in transfer.items() if name not in _HIDDEN}
    record = sb.work.files.get(transfer["result"]) if transfer["result"] else None
    told["result"] = None if record is None else file_json(call, record)
    return shown(call, told, "storage", f"{kind}s", transfer["id"])


def listed(sb: Sb, call: Call, kind: str) -> Reply:
    """A page of the caller's transfers that fit the query."""
    asked = call.arguments
    side = "source" if kind == "import" else "destination"

    def fits(each: JsonObject) -> bool:
        return (
            asked.get("state", each["state"]) == each["state"]
            and asked.get("volume", each[side]["volume"]) == each[side]["volume"]
            and asked.get("project", each["project"]) == each["project"]
        )

    found = [each for each in sb.documents.listed(kind, sb.user(call)) if fits(each)]
    return page_of(call, found, lambda each: transfer_json(sb, call, kind, each))


def got(sb: Sb, call: Call, kind: str, id: str) -> JsonObject:
    """One transfer of the caller's, as an answer has it."""
    transfer = sb.documents.get(kind, id)
    if transfer is None or transfer["user"] != sb.user(call):
        raise no_such(kind, id)
    return transfer_json(sb, call, kind, transfer)
