"""What goes wrong with a crunch site: `CrunchAPIException`, which is the matching class of core as well."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from omicsdk.core.documented.client import DocumentedResponse
from omicsdk.core.documented.errors import NO_ANSWER_OF_REQUESTS, DocumentedError, Foreign, documented
from omicsdk.core.documented.refused import RefusedResponse
from omicsdk.core.errors import APIError, OmicsError, ServerError, TransportError
from omicsdk.core.narrowing import is_array, is_object

#: What to do about a refusal, where core's advice doesn't name the site's own means.
_REMEDIES: Mapping[int, str] = {
    401: "Check CRUNCH_TOKEN, or token=; an administrator of the site issues tokens.",
    403: "Ask an administrator of the site for the permission to add or change such things.",
    404: "Check the slug, and CRUNCH_URL or base_url=.",
}


class CrunchAPIException(DocumentedError):
    """The base of all that `omicsdk.crunch` raises for a site: each is also the class of core that it belongs to.

    A refusal is `BadRequest`, `Unauthorized`, `Forbidden`, `NotFound`, `ServerError` ... of `omicsdk.core.errors` too, with
    their `status` and `body`; a missing setting is a `ConfigError`, a value that can't be sent a `UsageError`, a site that
    doesn't answer a `TransportError`.

    Args:
        message: What happened.
        remedy: What to do.

    Attributes:
        response: The answer that was a refusal, as `requests` would have it; None where there was none.
        fields: What the site says of each field that it refused.
    """

    prefix: ClassVar[str] = "Crunch"
    foreign: ClassVar[Foreign] = NO_ANSWER_OF_REQUESTS
    response: DocumentedResponse | None = None
    fields: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def crunch_error(error: OmicsError) -> CrunchAPIException:
    """Gives the documented exception for one of core's.

    Args:
        error: What was raised.

    Returns:
        One that is both, with all that it holds, not raised yet.
    """
    if isinstance(error, CrunchAPIException):
        return error
    made = documented(error, CrunchAPIException)
    if isinstance(made, APIError | TransportError):
        made.operation = ""  # it only says what method and URL say
    if isinstance(error, APIError):
        made.fields = refused_fields(error.body)
        made.message = said(error, made.fields)
        made.args = (made.message,)
        made.response = RefusedResponse(error, crunch_error)
        made.remedy = "" if made.fields else _remedy(error)
    return made


def _remedy(error: APIError) -> str:
    if isinstance(error, ServerError):
        return "Try again later; if it stays, tell an administrator of the site."
    return _REMEDIES.get(error.status, error.remedy)


def said(error: APIError, fields: Mapping[str, tuple[str, ...]]) -> str:
    """A refusal in words.

    Of the page that a site with DEBUG on answers where it fails itself, only what failed: the rest are its settings.

    Args:
        error: What core made of the answer.
        fields: What the site says of each field.
    """
    if fields:
        return "; ".join(f"{name}: {' '.join(texts)}".rstrip(".") for name, texts in fields.items())
    if not isinstance(error, ServerError) or not isinstance(error.body, str) or error.body.lstrip().startswith("<"):
        return error.message
    lines = [line.strip() for line in error.body.splitlines()[:2]]
    return f"The site failed: {': '.join(line for line in lines if line)}"


def refused_fields(body: object) -> dict[str, tuple[str, ...]]:
    """What the site says of each field that it refused.

    Args:
        body: The answer's body as JSON.
    """
    if not is_object(body):
        return {}
    return {name: tuple(map(str, texts)) for name, texts in body.items() if is_array(texts)}
