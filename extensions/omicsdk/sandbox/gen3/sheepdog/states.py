"""The states of a project: open for submission, in review, submitted; and its release."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from omicsdk.sandbox.gen3.records.transactions import FAILED, SUCCEEDED
from omicsdk.sandbox.gen3.sheepdog.gate import enter
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.service import Call, Reply, for_each

_NOT_RELEASABLE = "Project is not releasable. Project must be submitted at least once first."


@dataclass(frozen=True, slots=True)
class Step:
    """What may be done with a project.

    Attributes:
        name: Its name, such as review.
        before: The states in which the project may be; none for any.
        changes: What the project is said to be afterwards.
        done: What is told of it.
        needs_submission: Whether the project has to have been submitted once.
    """

    name: str
    before: tuple[str, ...]
    changes: dict[str, Any]
    done: str
    needs_submission: bool = False


def _to_state(name: str, before: str, state: str, **more: Any) -> Step:
    return Step(name, (before,), {"state": state, **more}, f"transitioned project state to '{state}'")


STEPS = (
    _to_state("open", "review", "open"),
    _to_state("review", "open", "review"),
    _to_state("submit", "review", "submitted", releasable=True),
    Step("release", (), {"released": True}, "released project", needs_submission=True),
)


def _take(commons: Commons, call: Call, step: Step, *, dry_run: bool) -> Reply:
    records = commons.records
    with records.writing():
        visit = enter(commons, call, "update", *step.before)
        fits = not step.needs_submission or bool(visit.project.properties.get("releasable"))
        number = records.log.begin(
            kind=step.name,
            role=step.name,
            program=visit.program,
            project=visit.code,
            submitter=visit.person.name,
            created=records.clock.now(),
            is_dry_run=dry_run,
        )
        if fits and not dry_run:
            records.store([records.new_project(visit.program, visit.code, step.changes)])
        done = f"Dry run successful. Would have successfully {step.done}" if dry_run else f"Successfully {step.done}"
        answer = {
            "code": 200 if fits else 400,
            "entities": [],
            "entity_error_count": 0,
            "message": done if fits else f"{step.name.capitalize()} transaction failed.",
            "success": fits,
            "transaction_id": number,
            "transactional_error_count": int(not fits),
            "transactional_errors": [] if fits else [{"message": _NOT_RELEASABLE}],
        }
        records.log.end(number, SUCCEEDED if fits else FAILED, answer)
    return Reply(answer, 200 if fits else 400)


HANDLERS = for_each(
    {step.name: step for step in STEPS},
    {"{}_project": partial(_take, dry_run=False), "try_{}_project": partial(_take, dry_run=True)},
)
SAME = {f"post_{dry}{step.name}_project": f"{dry}{step.name}_project" for step in STEPS for dry in ("", "try_")}
"""Operations that do the same as another."""
