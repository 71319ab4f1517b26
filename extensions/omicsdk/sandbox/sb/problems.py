"""Refusals of the platform: an HTTP status, and a code whose thousands name the area."""

from http import HTTPStatus

from omicsdk.sandbox.problems import Problem

MORE_INFO = "https://docs.sevenbridges.com/docs/api-status-codes"
_NOT_FOUND = {
    **dict.fromkeys(("user", "division", "team"), 2002),
    **dict.fromkeys(("project", "member"), 3002),
    **dict.fromkeys(("billing group", "invoice"), 4002),
    "file": 5002,
    "app": 6002,
    "task": 7002,
    "upload": 8003,
    "volume": 9007,
    **dict.fromkeys(("import", "export", "drs import"), 9008),
}
_ANY_NOT_FOUND = 90003
# What the sandbox's other parts refuse by a status alone has the code 90000, 90001 ... in this order.
_STATUSES = (400, 401, 403, 404, 500, 503, 405, 409, 415)


def refuse(status: int, code: int, message: str) -> Problem:
    """A refusal, to be raised.

    Args:
        status: The HTTP status.
        code: The platform's code.
        message: One sentence: what is wrong with what, and what to do.
    """
    return Problem(status, str(code), message)


def bad(message: str, code: int = 90000) -> Problem:
    """A 400."""
    return refuse(400, code, message)


def no_such(kind: str, id: object) -> Problem:
    """A 404 for an object that does not exist, or that the caller cannot see."""
    return refuse(404, _NOT_FOUND.get(kind, _ANY_NOT_FOUND), f"There is no {kind} {id}, or it isn't yours to see")


def error_body(problem: Problem) -> dict[str, object]:
    """A refusal as the platform states it; the same is in items of bulk answers and in failed jobs."""
    place = _STATUSES.index(problem.status) if problem.status in _STATUSES else 0
    code = int(problem.code) if problem.code.isdecimal() else 90000 + place
    message = problem.title or HTTPStatus(problem.status).phrase
    return {"status": problem.status, "code": code, "message": message, "more_info": f"{MORE_INFO}#{code}"}
