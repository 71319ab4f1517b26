"""A login by authorization code (RFC 6749, 4.1) with PKCE (RFC 7636) and state: what is asked, and what comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from omicsdk.core.errors import AuthError
from omicsdk.core.narrowing import is_object
from omicsdk.core.oauth.application import Application

#: Length of a code verifier as the library takes it, which makes 64 characters of it or 86: RFC 7636 allows 43 to 128.
VERIFIER_LENGTH = 64
AGAIN = "Log in again."


@dataclass(frozen=True, slots=True)
class Authorization:
    """A login that was begun.

    Attributes:
        url: Where the user's browser goes.
        redirect_uri: Where it comes back to.
        state: Comes back with it: proof that this login was answered and no other.
        verifier: Proof that whoever has the code is who began (PKCE).
    """

    url: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(
    application: Application, redirect_uri: str, scopes: Sequence[str], extra: Mapping[str, str] | None = None
) -> Authorization:
    """Begins a login.

    Args:
        application: Who asks.
        redirect_uri: Where the browser shall come back to.
        scopes: What is asked for, such as `openid`.
        extra: Further parameters of the request, such as an `audience`.

    Returns:
        The login, with a state and a verifier that nobody can foresee.
    """
    from oauthlib.common import generate_token
    from oauthlib.oauth2 import WebApplicationClient

    client = WebApplicationClient(application.client_id)
    verifier = client.create_code_verifier(VERIFIER_LENGTH)
    state = generate_token(32)
    # The library takes https only; this machine's own http is judged where the application is read.
    scheme, separator, rest = application.auth_uri.partition("://")
    url = client.prepare_request_uri(
        f"https{separator}{rest}",
        redirect_uri=redirect_uri,
        scope=list(scopes),
        state=state,
        code_challenge=client.create_code_challenge(verifier, "S256"),
        code_challenge_method="S256",
        **(extra or {}),
    )
    return Authorization(scheme + url.removeprefix("https"), redirect_uri, state, verifier)


def code_of(pasted: str, state: str, *, bare: bool = False) -> str:
    """Reads the code out of what a login ended with.

    Args:
        pasted: The address that the browser came back to, or its query.
        state: The login's state.
        bare: Whether it may be the code alone too, or the JSON of a page that shows it: what people copy.

    Returns:
        The code.

    Raises:
        AuthError: The login was refused, it is another one, or there is no code.
    """
    from oauthlib.oauth2 import MismatchingStateError, MissingCodeError, OAuth2Error, WebApplicationClient

    text = pasted.strip()
    if not text:
        raise AuthError("No code was given", remedy=AGAIN)
    query = _query(text)
    if query is None and bare:
        shown = _shown_as_json(text)
        if shown is None and text and not any(character.isspace() for character in text):
            return text.strip("'\"")
        query = shown
    try:
        found = WebApplicationClient("").parse_request_uri_response(f"https://localhost/?{query or ''}", state)
    except MismatchingStateError as error:
        raise AuthError("The answer belongs to another login than the one that was begun", remedy=AGAIN) from error
    except MissingCodeError as error:
        raise AuthError("The login ended without a code", remedy=AGAIN) from error
    except OAuth2Error as error:
        raise AuthError(f"The login was refused: {complaint(error.error, error.description)}", remedy=AGAIN) from error
    except ValueError as error:
        raise AuthError("What the login ended with can't be read", remedy=AGAIN) from error
    return str(found["code"])


def complaint(error: object, description: object) -> str:
    """An authorization server's words in one line.

    Args:
        error: Its code for what went wrong; nothing where it gave none.
        description: Its text, likewise.
    """
    said = [" ".join(str(each).split())[:300] for each in (error, description) if each]
    return ": ".join(said) or "it gave no reason"


def _query(text: str) -> str | None:
    if "://" in text:
        try:
            return urlsplit(text).query
        except ValueError:
            return ""
    return text.removeprefix("?") if "code=" in text or "error=" in text else None


def _shown_as_json(text: str) -> str | None:
    """The query that an echo page shows as JSON, at the top or under `query_params`."""
    import json
    from urllib.parse import urlencode

    if not text.startswith("{"):
        return None
    try:
        shown: object = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not is_object(shown):
        return ""
    inner: object = shown.get("query_params")
    fields = inner if is_object(inner) else shown
    return urlencode({name: value for name, value in fields.items() if isinstance(value, str)})
