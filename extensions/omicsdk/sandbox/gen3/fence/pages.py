"""How Fence refuses: with a page for browsers, whoever asks."""

import uuid
from html import escape
from http import HTTPStatus

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply


def page(status: int, message: str) -> str:
    """The page of a refusal.

    Args:
        status: The HTTP status.
        message: What went wrong; a 500 doesn't tell it.
    """
    name = HTTPStatus(status).phrase
    message = message.encode(errors="replace").decode()  # half of a surrogate pair can't be sent
    told = "" if status == HTTPStatus.INTERNAL_SERVER_ERROR else f"<p>{escape(message)}</p>\n"
    return (
        "<!DOCTYPE html>\n<html>\n<head><title>Gen3 Data Commons</title></head>\n<body>\n"
        f"<h1>{status}: {name}</h1>\n{told}<p>Error ID: {uuid.uuid4()}</p>\n</body>\n</html>\n"
    )


def refused(problem: Problem) -> Reply:
    """The answer of a refusal."""
    return Reply(
        status=problem.status,
        headers={"Content-Type": "text/html; charset=utf-8", **problem.headers},
        text=page(problem.status, problem.title),
    )


def with_pages(handler: Handler) -> Handler:
    """A handler whose refusals are pages."""

    def handle(call: Call) -> Reply:
        try:
            return handler(call)
        except Problem as problem:
            return refused(problem)

    return handle
