"""Indexd as a service of the commons, and what its web framework does: slashes, HEAD, pages for its own refusals."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Scope

from omicsdk.sandbox.gen3.indexd import drs, records
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.requests import FrameworkPage
from omicsdk.sandbox.gen3.service import HEALTHY, HTML, Middleware, gen3_service
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in, is_reading, response

_GA4GH = "ga4gh"
_COLLECTIONS = ("/index", "/index/blank", "/bundle", "/urls", "/alias/", "/bulk/documents")
"""Paths that are taken with and without a slash at the end, as the document has them. Elsewhere a slash is part of a GUID."""
_CRASHES: dict[str, tuple[int, ...]] = dict.fromkeys(("query_urls", "query_urls_metadata", "get_records"), (400,))
"""Operations in which the real service checks no argument."""


def indexd_service(index: Index, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        index: Its state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    # A deployment without a configured version returns none.
    responses = {"get_status": HEALTHY, "get_version": Reply({"version": "", "commit": ""})}
    handlers = {name: _refusing(handler) for name, handler in handlers_in(document, index, records, drs).items()}
    service = gen3_service(
        "indexd",
        document,
        handlers,
        responses=responses,
        error_body=_error_body,
        around=_Middleware,
        crashes=_CRASHES,
        crash=_page(500),
    )
    return replace(service, name="indexd", at_once=is_reading)


def _error_body(problem: Problem) -> dict[str, object]:
    if problem.code == _GA4GH:
        return {"msg": problem.title, "status_code": problem.status}
    return {"error": problem.title}


def _refusing(handler: Handler) -> Handler:
    """A handler that refuses with the framework's pages where it should, and as DRS and DOS do where it is of these."""

    def handle(call: Call) -> Reply:
        try:
            return handler(call)
        except FrameworkPage as refusal:
            return _page(refusal.status)
        except Problem as refusal:
            if not call.operation.path.startswith("/ga4gh/"):
                raise
            raise Problem(refusal.status, _GA4GH, refusal.title, refusal.headers, crashes=refusal.crashes) from refusal

    return handle


def _page(status: int) -> Reply:
    """The web framework's page for a status."""
    phrase = HTTPStatus(status).phrase
    text = f"<!doctype html>\n<html lang=en>\n<title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n"
    return Reply(text=text, status=status, headers=HTML)


class _Middleware(Middleware):
    def rewritten(self, scope: Scope) -> Scope:
        root = scope.get("root_path", "")
        # The server leaves out what a HEAD is answered.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        return {**scope, "path": root + _stated(scope["path"].removeprefix(root)), "method": method}

    def refused(self, refusal: HTTPException | Problem) -> ASGIApp:
        return response(_page(refusal.status_code if isinstance(refusal, HTTPException) else refusal.status), {})


def _stated(path: str) -> str:
    """A path as the document has it."""
    bare = path.rstrip("/")
    if path.startswith("/index/") and path.endswith("/aliases/"):
        return bare
    return next((each for each in _COLLECTIONS if each.rstrip("/") == bare), path)
