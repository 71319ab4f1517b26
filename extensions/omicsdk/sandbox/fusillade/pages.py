"""Pages and addresses for browsers and programs that the document doesn't state."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from omicsdk.sandbox.app import origin
from omicsdk.sandbox.fusillade.clients import OAuthError, application_secrets, client_secret
from omicsdk.sandbox.fusillade.consent import HEADERS, consent_page, message_page
from omicsdk.sandbox.fusillade.login import allowed, answer
from omicsdk.sandbox.fusillade.oauth import ECHO_HEADERS, echoed, issuer_of
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR, Fusillade
from omicsdk.sandbox.fusillade.store import USER
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.credentials import Secrets

_MAX_FORM = 16 * 1024
_GONE = "This login has ended, or was answered before. Begin it again where you came from."


def login_pages(fusillade: Fusillade) -> list[BaseRoute]:
    """The routes below the service's prefix: the page that asks, its answer, and what a logout leads to."""

    def ask(request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        wanted = fusillade.grants.ticket(ticket, take=False)
        if wanted is None:
            return _message("Too late", _GONE, 400)
        users = fusillade.store.names(USER, "", 50)
        chosen = ADMINISTRATOR if ADMINISTRATOR in users else "".join(users[:1])
        return HTMLResponse(consent_page(wanted, ticket, users, chosen), headers=HEADERS)

    def pressed(form: Mapping[str, str], issuer: str) -> Response:
        wanted = fusillade.grants.ticket(form.get("ticket", ""), take=True)
        if wanted is None:
            return _message("Too late", _GONE, 400)
        if form.get("decision") == "allow":
            try:
                found = allowed(fusillade, wanted, form.get("email", "").strip(), issuer)
            except Problem as problem:
                return _message("Not logged in", problem.title, problem.status)
        else:
            found = answer(wanted, OAuthError("access_denied", "The user said no").fields())
        if found.location:
            # 303: the browser goes on with GET, whatever it came with.
            return RedirectResponse(found.location, 303, HEADERS)
        return JSONResponse(found.shown, headers=HEADERS)

    async def press(request: Request) -> Response:
        content = b""
        async for block in request.stream():
            content += block
            if len(content) > _MAX_FORM:
                return _message("Too much", "The form is larger than the page's.", 413)
        form = dict(parse_qsl(content.decode(errors="replace")))
        return await run_in_threadpool(pressed, form, issuer_of(origin(request)))

    def logged_out(_request: Request) -> Response:
        return _message("Logged out", "The sandbox keeps no sessions, so there is nothing left to end.")

    return [
        Route("/consent", ask, methods=["GET"]),
        Route("/consent", press, methods=["POST"]),
        Route("/logged-out", logged_out, methods=["GET"]),
    ]


def _message(title: str, text: str, status: int = 200) -> Response:
    return HTMLResponse(message_page(title, text), status, HEADERS)


def shared_routes(secrets: Secrets) -> list[BaseRoute]:
    """Addresses of the whole server, where the platform's clients look: the application's secrets, and /echo.

    The published client takes the host's root for both, whatever the service's base address is.

    Args:
        secrets: What the application's secret derives from.
    """

    def application(request: Request) -> Response:
        return JSONResponse(application_secrets(origin(request), client_secret(secrets)))

    def echo(request: Request) -> Response:
        text = echoed(request.url.path, dict(request.query_params), request.headers)
        return PlainTextResponse(text, headers=ECHO_HEADERS)

    places = ("", "/auth", "/dss", "/dss/v1")
    found: list[BaseRoute] = [Route(f"{place}/internal/application_secrets", application) for place in places]
    return [*found, Route("/echo", echo)]
