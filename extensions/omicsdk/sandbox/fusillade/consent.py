"""The page that asks who somebody is and whether a client may act for them."""

import html
from collections.abc import Sequence

from omicsdk.sandbox.fusillade.grants import LoginRequest

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What keeps other pages from framing the page, and its address from travelling on."""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;padding:0 1em;color:#222}"
    "input,button{font:inherit;padding:.4em .8em}input{width:100%;box-sizing:border-box;margin:.3em 0 1em}"
    "dt{font-weight:600}dd{margin:0 0 .6em;overflow-wrap:anywhere}"
)


def consent_page(request: LoginRequest, ticket: str, users: Sequence[str], chosen: str) -> str:
    """The page: an e-mail address to choose, and buttons that say yes or no.

    Args:
        request: What the client asked for.
        ticket: What the form hands back.
        users: Addresses to choose from; any other one may be entered.
        chosen: The address that is entered at first.

    Returns:
        HTML; nothing of the request is taken for markup.
    """
    told = {
        "Application": request.client_id or "this deployment",
        "It wants": request.scope or "nothing in particular",
        "It gets the answer at": request.redirect_uri or "this page",
    }
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in told.items())
    options = "".join(f'<option value="{html.escape(user)}">' for user in users)
    return _page(
        "Log in to the sandbox",
        f"<p>This is a sandbox: it asks for no password. Whoever you choose is who you are.</p><dl>{rows}</dl>"
        '<form method="post" action="consent">'
        f'<input type="hidden" name="ticket" value="{html.escape(ticket)}">'
        f'<label for="email">E-mail address</label><input id="email" name="email" type="email" list="users"'
        f' maxlength="128" required value="{html.escape(chosen)}"><datalist id="users">{options}</datalist>'
        '<button id="allow" name="decision" value="allow">Allow</button> '
        '<button id="deny" name="decision" value="deny" formnovalidate>Deny</button></form>',
    )


def message_page(title: str, text: str) -> str:
    """A page that only says something."""
    return _page(title, f"<p>{html.escape(text)}</p>")


def _page(title: str, body: str) -> str:
    heading = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{heading}</title><style>{_STYLE}</style>'
        f"<h1>{heading}</h1>{body}</html>"
    )
