"""Each login with one harmless call: what came back, and what that means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor.outcome import Outcome
from omicsdk.core.errors import APIError, AuthError, ConfigError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from omicsdk.cli.doctor.logins import Call, Login

PROBE = "login"


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: The HTTP status; 0 where there was no answer.
        date: The server's Date header; empty where there was none.
        at: When it came, in seconds since 1970 by this machine's clock.
        error: Why it wasn't a good one.
    """

    status: int = 0
    date: str = ""
    at: float = 0.0
    error: OmicsError | None = None


def ask(call: Call, seconds: float, environ: Mapping[str, str], transport: httpx.BaseTransport | None = None) -> Answer:
    """Sends a call, once.

    Args:
        call: The call.
        seconds: How long each of its steps may take.
        environ: The environment's variables: proxies, certificate authorities.
        transport: Takes the place of the network, for tests.
    """
    import time

    from omicsdk.core.credentials import origin_of
    from omicsdk.core.request import Request
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Transport

    headers = [("accept", "application/json")]
    content = None
    if call.body is not None:
        headers.append(("content-type", "application/json"))
        content = json.dumps(dict(call.body)).encode()
    method = "GET" if content is None else "POST"
    request = Request(method, call.url, tuple(headers), content, False, call.proof is not None, "")
    try:
        sender = Transport(
            origin_of(call.url),
            credentials=None if call.proof is None else call.proof(),
            timeout=seconds,
            retry=Retry(attempts=1),
            environ=environ,
            transport=transport,
        )
    except OmicsError as error:
        return Answer(error=error)
    try:
        # Where a redirect leads to is another service's business, and would be a second call.
        answer = sender.send(request, follow_redirects=False)
        return Answer(answer.status_code, answer.headers.get("date", ""), time.time())
    except APIError as error:
        return Answer(error.status, error.headers.get("date", ""), time.time(), error)
    except OmicsError as error:
        return Answer(error=error)
    finally:
        sender.close()


def judge(login: Login, answer: Answer | None) -> Outcome:
    """What a call's answer says of a login.

    Args:
        login: The login.
        answer: What came; None where nothing was sent.
    """
    if login.problem:
        return Outcome(PROBE, login.subject, "failed", _placed(login, login.problem), login.remedy)
    if answer is None or login.call is None:
        return Outcome(PROBE, login.subject, "skipped", login.warning or "nothing harmless can be asked")
    where = f"{login.url} answered {answer.status}"
    error = answer.error
    if error is None and answer.status < 300:
        if login.warning:
            text, _, remedy = login.warning.partition(": ")
            return Outcome(PROBE, login.subject, "warning", f"{login.call.shows}; {text}", _sentence(remedy))
        return Outcome(PROBE, login.subject, "ok", f"{login.call.shows}: {where}")
    if error is None:
        return Outcome(PROBE, login.subject, "warning", where, "It sends elsewhere: check the address.")
    if answer.status in (400, 401):
        what = _placed(login, f"{where}: the login isn't taken")
        return Outcome(PROBE, login.subject, "failed", what, _renewal(login))
    if answer.status == 403:
        # Whoever isn't allowed something was recognised.
        what = f"{where}: the login is known, and may not look at itself"
        return Outcome(PROBE, login.subject, "warning", what, error.remedy)
    if answer.status == 404:
        what = f"{where}: there is no such service"
        return Outcome(PROBE, login.subject, "failed", what, f"Check the address, which comes from {login.origin}.")
    if answer.status:
        return Outcome(PROBE, login.subject, "failed", where, error.remedy)
    if isinstance(error, AuthError | ConfigError):
        return Outcome(PROBE, login.subject, "failed", _placed(login, error.message), error.remedy)
    return Outcome(PROBE, login.subject, "failed", f"no answer: {error.message}", error.remedy)


def _placed(login: Login, text: str) -> str:
    return f"{text} (from {login.origin})" if login.origin and login.origin not in text else text


def _sentence(remedy: str) -> str:
    return remedy and f"Run: {remedy}"


def _renewal(login: Login) -> str:
    from omicsdk.cli.doctor.logins import HOW_TO_GET

    if login.service == "pangea" and "PANGEA_PASS" in login.origin:
        return f"Check PANGEA_USER, letter by letter, and PANGEA_PASS. {HOW_TO_GET['pangea']}"
    if login.service not in ("dss", "auth"):
        return HOW_TO_GET[login.service]
    if login.origin == "GOOGLE_APPLICATION_CREDENTIALS":
        return f"Ask the service's operators to admit that account; or unset {login.origin}, and: omics {login.service} login"
    if login.origin == f"OMICS_{login.service.upper()}_TOKEN":
        # It wins over whatever a login leaves.
        return f"Set {login.origin} to a token that holds; or unset it, and: omics {login.service} login"
    return f"Log in again: omics {login.service} login"
