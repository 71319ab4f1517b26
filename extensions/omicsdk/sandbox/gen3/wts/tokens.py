"""The operations of the Workspace Token Service: tokens, providers, and one question asked of all commons."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.wts.needs import Needs
from omicsdk.sandbox.gen3.wts.state import DEFAULT, OtherCommons
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply

AGGREGATED = ("user/user", "authz/mapping")
"""The paths that all commons are asked for together."""
_SECONDS = 30.0


def get_token(gen3: Needs, call: Call) -> Reply:
    """GET /token/."""
    query = dict(call.query)
    person = _asker(gen3, call)
    if not query.get("expires", "0").isdecimal():
        return Reply({"error": "expires has to be an integer"}, 400)
    idp = query.get("idp", DEFAULT)
    if idp == DEFAULT:
        return Reply({"token": _own(gen3, call, person)})
    return Reply({"token": gen3.wts.token(idp, person)})


def get_external_oidc(gen3: Needs, call: Call) -> Reply:
    """GET /external_oidc/."""
    unexpired = dict(call.query).get("unexpired", "").lower() == "true"
    person = _anyone(gen3, call)
    told: list[dict[str, Any]] = []
    for other in gen3.wts.all():
        left = gen3.wts.seconds_left(other.idp, person)
        if left is None and unexpired:
            continue
        url = f"{call.origin}/wts/oauth2/authorization_url?idp={other.idp}"
        told.append(
            {
                "base_url": other.base_url,
                "idp": other.idp,
                "name": other.name,
                "refresh_token_expiration": None if left is None else _in_words(left),
                "urls": [{"name": other.name, "url": url}],
            }
        )
    return Reply({"providers": told})


def check_connected(gen3: Needs, call: Call) -> Reply:
    """GET /oauth2/connected."""
    person = _asker(gen3, call, 401)
    idp = dict(call.query).get("idp", DEFAULT)
    if idp != DEFAULT and gen3.wts.seconds_left(gen3.wts.commons(idp).idp, person) is None:
        raise Problem(403, "forbidden", "user is not connected with token service or expired")
    return Reply()


def get_aggregate(gen3: Needs, call: Call) -> Reply:
    """GET /aggregate/{endpoint}."""
    path = call.arguments["endpoint"].strip("/")
    if path not in AGGREGATED:
        raise not_found(
            "supplied endpoint is not configured in the Workspace Token Service aggregate endpoint allowlist"
        )
    filters = [value for name, value in call.query if name == "filters"]
    query = {name: value for name, value in call.query if name != "filters"}
    person = _asker(gen3, call) if "authorization" in call.headers else None
    asked = [each for each in gen3.wts.all() if person is None or gen3.wts.seconds_left(each.idp, person) is not None]
    return Reply({_host(each): _answer(gen3, each, path, query, filters, person) for each in asked})


def get_status(gen3: Needs, call: Call) -> Reply:
    """GET /_status."""
    del gen3, call
    return Reply(text="Healthy", headers={"Content-Type": "text/html; charset=utf-8"})


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON of a refusal."""
    return {"message": problem.title}


def _asker(gen3: Needs, call: Call, status: int = 403) -> Person:
    """Who sent a request that needs a login; without a token it is refused with 403, as the service does."""
    person = gen3.access.bearer(call.headers)
    if person is None:
        raise Problem(status, "unauthorized", "You need to be authenticated to use this resource")
    return person


def _anyone(gen3: Needs, call: Call) -> Person | None:
    try:
        return gen3.access.bearer(call.headers)
    except Problem:
        return None  # the list is for everybody


def _own(gen3: Needs, call: Call, person: Person) -> str:
    seconds = gen3.grounds.settings.number("gen3.token_seconds")
    if person.client:
        raise Problem(403, "forbidden", "User doesn't have a refresh token")
    return gen3.access.issue(person.name, call.origin, seconds=seconds)


def _host(other: OtherCommons) -> str:
    return urlsplit(other.base_url).netloc


def _answer(
    gen3: Needs,
    other: OtherCommons,
    path: str,
    query: Mapping[str, str],
    filters: list[str],
    person: Person | None,
) -> dict[str, Any] | None:
    """What another commons answers; None when it doesn't.

    Raises:
        Problem: 400; what is wanted of the answer isn't in it.
    """
    import httpx

    try:
        headers = {"Authorization": f"Bearer {gen3.wts.token(other.idp, person)}"} if person else {}
        answer = httpx.get(f"{other.base_url}/{path}", params=query, headers=headers, timeout=_SECONDS, trust_env=False)
        answer.raise_for_status()
    except (Problem, httpx.HTTPError):
        return None
    found = cast("dict[str, Any]", answer.json())
    if any(name not in found for name in filters):
        raise bad_arguments(
            f"at least one of the provided filters is not a key in the response returned from {other.base_url}/{path}"
        )
    return {name: found[name] for name in filters} if filters else found


def _in_words(seconds: float) -> str:
    """A time span in its largest whole unit."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} seconds"
