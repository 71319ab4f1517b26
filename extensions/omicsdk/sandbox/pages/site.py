"""Which function makes which page."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages import environment, faults, overview, requests, settings, tokens
from omicsdk.sandbox.pages.gate import Answer, Fields, Gate


class Site:
    """The pages of one sandbox.

    Args:
        sandbox: Whose.
        form_token: What its forms send along, so that no other page can send them.
    """

    def __init__(self, sandbox: LiveSandbox, form_token: str) -> None:
        self._gate = Gate(form_token)
        self._pages: dict[str, Callable[[Request], Answer]] = {
            "overview": lambda request: overview.overview(sandbox, form_token, request.query_params.get("done", "")),
            "contents": lambda request: overview.contents(sandbox, request),
            "requests": lambda request: requests.requests(sandbox, request),
            "faults": lambda request: faults.faults(sandbox, form_token, request.query_params.get("done", "")),
            "settings": lambda request: settings.settings(sandbox, form_token, request.query_params.get("done", "")),
            "tokens": lambda _request: tokens.tokens(form_token),
            "environment": lambda _request: environment.environment(form_token),
        }
        self._changes: dict[str, Callable[[Request, Fields], Answer]] = {
            "faults": lambda _request, fields: faults.change(sandbox, fields),
            "settings": lambda _request, fields: settings.change(sandbox, fields),
            "tokens": lambda _request, fields: tokens.make(sandbox, form_token, fields),
            "environment": lambda _request, fields: environment.make(sandbox, form_token, fields),
        }

    async def answer(self, name: str, request: Request) -> Response:
        """Answers a request for a page of a name."""
        if request.method == "POST":
            return await self._gate.change(request, self._changes[name])
        return await self._gate.page(request, self._pages[name])
