"""How the service refuses: an `error` in most parts, `msg` and `status_code` in DRS and DOS, pages of its web framework."""

from http import HTTPStatus

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Reply

_GA4GH = "ga4gh"
_PAGES = {
    400: "The browser (or proxy) sent a request that this server could not understand.",
    405: "The method is not allowed for the requested URL.",
    415: "Did not attempt to load JSON data because the request Content-Type was not &#39;application/json&#39;.",
}
HTML = {"Content-Type": "text/html; charset=utf-8"}


class FrameworkPage(Problem):
    """A refusal that the web framework answers as a page, before the service's own code is asked.

    Args:
        status: The HTTP status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status, "page", HTTPStatus(status).phrase)


def refuse(status: int, message: str) -> Problem:
    """A refusal, to be raised.

    Args:
        status: The HTTP status.
        message: What the service says.
    """
    return Problem(status, "indexd", message)


def bad(message: str) -> Problem:
    """A 400."""
    return refuse(400, message)


def no_record() -> Problem:
    """The 404 for a record that isn't there."""
    return refuse(404, "no record found")


def mismatch() -> Problem:
    """The 409 for an update whose revision isn't the current one."""
    return refuse(409, "revision mismatch")


def as_ga4gh(problem: Problem) -> Problem:
    """The same refusal as DRS and DOS say it."""
    return Problem(problem.status, _GA4GH, problem.title, problem.headers)


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON of a refusal."""
    if problem.code == _GA4GH:
        return {"msg": problem.title, "status_code": problem.status}
    return {"error": problem.title}


def page(status: int) -> Reply:
    """The web framework's page for a status."""
    phrase = HTTPStatus(status).phrase
    told = _PAGES.get(status, HTTPStatus(status).description)
    text = f"<!doctype html>\n<html lang=en>\n<title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{told}</p>\n"
    return Reply(text=text, status=status, headers=HTML)
