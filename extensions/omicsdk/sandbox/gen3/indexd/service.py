"""Indexd as a service of the commons: which function answers which operation."""

from collections.abc import Mapping
from typing import Any

from jsonschema import FormatChecker

from omicsdk.sandbox.gen3.gateway import HOME
from omicsdk.sandbox.gen3.indexd import (
    alias_records,
    aliases,
    blanks,
    bundles,
    dos,
    drs,
    neighbours,
    records,
    system,
    urls,
    versions,
)
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.refusals import FrameworkPage, as_ga4gh, error_body, page
from omicsdk.sandbox.gen3.indexd.requests.front import Front
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Caller, Handler, Reply, Service, handlers_in

PREFIX = f"{HOME}/indexd"

_OWN = (records, blanks, versions, aliases, alias_records, bundles, neighbours, system, urls)
_GA4GH = (drs, dos)
_NOBODY = Caller("", frozenset())


def indexd_service(index: Index, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        index: Its state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    own = handlers_in(document, index, *_OWN)
    ga4gh = handlers_in(document, index, *_GA4GH)
    return Service(
        name="indexd",
        prefix=PREFIX,
        document=document,
        document_path="/openapi.json",
        handlers={
            **{name: _framed(each) for name, each in own.items()},
            **{name: _framed(_in_ga4gh_words(each)) for name, each in ga4gh.items()},
        },
        formats=FormatChecker(formats=()),
        format_codes={},
        restricted=lambda: False,
        # Handlers ask who may write themselves, as it depends on the record.
        authenticate=lambda _headers: _NOBODY,
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=Front,
        checks=False,
    )


def _framed(handler: Handler) -> Handler:
    def handle(call: Call) -> Reply:
        try:
            return handler(call)
        except FrameworkPage as refusal:
            return page(refusal.status)

    return handle


def _in_ga4gh_words(handler: Handler) -> Handler:
    def handle(call: Call) -> Reply:
        try:
            return handler(call)
        except FrameworkPage:
            raise
        except Problem as refusal:
            raise as_ga4gh(refusal) from refusal

    return handle
