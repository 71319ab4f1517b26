"""Probes of the services: the settings and credentials of all platforms, and one harmless call for each."""

from __future__ import annotations

import configparser
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor import Outcome
from omicsdk.core.base_urls import fault_of
from omicsdk.core.credentials import is_confidential
from omicsdk.core.errors import APIError, AuthError, ConfigError, OmicsError
from omicsdk.core.redaction import mask_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.hca.config import HCAConfig


class Call(NamedTuple):
    """A call that changes nothing.

    Attributes:
        url: Where to, without secrets.
        proof: Makes the credentials that go along; None where none do, or the body has them.
        body: Fields that are posted as JSON; None asks by GET.
        shows: What an answer of 200 shows.
    """

    url: str
    proof: Callable[[], Credentials | None] | None = None
    body: Mapping[str, str] | None = None
    shows: str = "the login holds"

    def __repr__(self) -> str:
        return f"Call({self.url!r})"


class Login(NamedTuple):
    """A platform's settings or credentials that were found.

    Attributes:
        service: The service's word on the command line.
        what: What was found, such as `token` or `profile cgc`.
        origin: Where.
        url: Where it leads; empty where nothing says so.
        call: What tries it; None where nothing can be tried.
        problem: Why it can't be used; empty where it can.
        remedy: What to do about that.
        warning: What isn't as it should be although it works, such as a file that others can read.
    """

    service: str
    what: str
    origin: str
    url: str = ""
    call: Call | None = None
    problem: str = ""
    remedy: str = ""
    warning: str = ""

    @property
    def subject(self) -> str:
        """What to call it."""
        return f"{self.service}: {self.what}"


SERVICES = ("dss", "auth", "upload", "sb", "gen3", "crunch", "pangea")
"""The services that are looked for, by their words."""

HOW_TO_GET: Mapping[str, str] = {
    "dss": "Name the service: omics config set DSSClient.swagger_url https://HOST/v1/swagger.json. Then: omics dss login",
    "auth": "Name the service: omics config set AuthClient.swagger_url https://HOST/swagger.json. Then: omics auth login",
    "upload": "The operators of the deployment give you the URI of an upload area: omics upload select URI",
    "sb": "Make a token under Developer, Authentication token on the platform's page, and write it with api_endpoint into a "
    "section [default] of ~/.sevenbridges/credentials, or set SB_API_ENDPOINT and SB_AUTH_TOKEN.",
    "gen3": "Download credentials.json from your profile page of the commons and keep it as ~/.gen3/credentials.json "
    "(chmod 600), or name it in GEN3_API_KEY.",
    "crunch": "An administrator of the site issues tokens; set CRUNCH_URL and CRUNCH_TOKEN.",
    "pangea": "Make an account on the server's page and set PANGEA_USER and PANGEA_PASS; what is public needs none.",
}
"""How a service that nothing was found for gets its settings and credentials."""


def home_to_search() -> Path:
    """The folder in which platforms' programs keep their files; for a user without a home, one that isn't there."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path's own fails for a user without a home


def find(services: Iterable[str], environ: Mapping[str, str], home: Path) -> list[Login]:
    """The settings and credentials that there are.

    Args:
        services: Whose, by the services' words.
        environ: The environment's variables.
        home: The user's folder.

    Returns:
        One for each credential, and one for each service that is named without any; a malformed file is one with a problem.
    """
    from omicsdk.cli.doctor.services import Login

    found: list[Login] = []
    for service in services:
        try:
            found += _SEARCHES[service](environ, home)
        except OmicsError as error:
            found.append(Login(service, "settings", "", problem=error.message, remedy=error.remedy))
    return [login._replace(url=mask_url(login.url) if login.url else "") for login in found]


def variables(names: Iterable[str], environ: Mapping[str, str]) -> str:
    """Those variables that are set, as an origin: `SB_API_ENDPOINT and SB_AUTH_TOKEN`.

    Args:
        names: Their names.
        environ: The environment's variables.
    """
    return " and ".join(name for name in names if environ.get(name, "").strip())


def dss(environ: Mapping[str, str], home: Path) -> list[Login]:
    """The Data Store.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: A file is malformed.
    """
    del home
    return _atlas("dss", "DSSClient", "/subscriptions?replica=aws", environ)


def auth(environ: Mapping[str, str], home: Path) -> list[Login]:
    """The authorisation service.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: A file is malformed.
    """
    del home
    return _atlas("auth", "AuthClient", "/oauth/userinfo", environ)


def upload(environ: Mapping[str, str], home: Path) -> list[Login]:
    """The Upload service: its areas, and a deployment's key.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: A file is malformed.
    """
    del home
    from omicsdk.hca.config import HCAConfig
    from omicsdk.hca.upload.client import service_url

    config = HCAConfig(environ)
    place = config.settings.place_of(("upload",))
    has_key, named = bool(environ.get("OMICS_UPLOAD_TOKEN")), environ.get("OMICS_UPLOAD_URL", "")
    if not has_key and not named and place is None:
        return []
    url = named or service_url("", config)
    call = Call(
        f"{url.rstrip('/')}/version",
        shows="the service answers" + ("; nothing harmless asks for the key, so it isn't tried" if has_key else ""),
    )
    origins = [name for name in ("OMICS_UPLOAD_TOKEN", "OMICS_UPLOAD_URL") if environ.get(name)] or [str(place)]
    return [Login("upload", "key" if has_key else "settings", " and ".join(origins), url, call)]


def _atlas(word: str, section: str, path: str, environ: Mapping[str, str]) -> list[Login]:
    from omicsdk.core.platform import resolve
    from omicsdk.hca.config import BUILT_IN, HCAConfig
    from omicsdk.hca.discovery import discovery, service_url

    config = HCAConfig(environ)
    named = environ.get(f"OMICS_{word.upper()}_URL", "")
    url = (named or service_url(section, config=config)).rstrip("/")
    place = f"OMICS_{word.upper()}_URL" if named else config.settings.place_of((section, "swagger_url")) or BUILT_IN
    proof = _proof(word, url, config, environ)
    is_named = place != BUILT_IN
    if not is_named and proof in ("", "GOOGLE_APPLICATION_CREDENTIALS"):
        # An account of Google alone is set for many purposes.
        return []
    if not proof:
        call = Call(f"{url}/swagger.json", shows="the service answers")
        return [Login(word, "settings", str(place), url, call, warning=f"nobody is logged in: omics {word} login")]
    call = Call(f"{url}{path}", lambda: resolve(discovery(section, config), base_url=url, environ=environ)[1])
    return [Login(word, "login", proof, url, call)]


def _proof(word: str, url: str, config: HCAConfig, environ: Mapping[str, str]) -> str:
    """Where the proof comes from that is sent along; empty where there is none. The order is that of hca.discovery."""
    from omicsdk.hca.discovery import left_by_published_client, stored_tokens

    for name in (f"OMICS_{word.upper()}_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS"):
        if environ.get(name):
            return name
    tokens = stored_tokens(environ)
    if tokens is not None and tokens.login(url) is not None:
        return str(tokens.path)
    if left_by_published_client(config).get("access_token"):
        return str(config.settings.place_of(("oauth2_token", "access_token")))
    return ""


_PAIRS = (("OMICS_SB_URL", "OMICS_SB_TOKEN"), ("SB_API_ENDPOINT", "SB_AUTH_TOKEN"))


def sb(environ: Mapping[str, str], home: Path) -> list[Login]:
    """Everything that a token stands in; one that stands in several places is tried once.

    Args:
        environ: The environment's variables.
        home: The user's folder.
    """
    named = [_Named("token", variables(pair, environ), environ, *pair) for pair in _PAIRS]
    file = home / ".sevenbridges" / "credentials"
    problems: list[Login] = []
    try:
        named += [
            _Named(f"profile {name}", f"{file} [{name}]", values, "api_endpoint", "auth_token")
            for name, values in _sections(file).items()
        ]
    except ConfigError as error:
        problems.append(Login("sb", "settings", "", problem=error.message, remedy=error.remedy))
    found: list[Login] = []
    first: dict[tuple[str, str], str] = {}
    for each in named:
        url, token = (each.values.get(name, "").strip() for name in (each.url, each.token))
        if not each.origin:
            continue
        login = _sb_login(each.what, each.origin, url, token, f"{each.url} and {each.token}")
        origin = first.setdefault((url.rstrip("/"), token), each.origin)
        if login.call is not None and origin != each.origin:
            login = login._replace(call=None, warning=f"the same token as in {origin}, which is tried")
        found.append(login)
    return [*found, *problems]


class _Named(NamedTuple):
    """Where a token may stand: what that is called, where it is, and the names of the address and of the token there."""

    what: str
    origin: str
    values: Mapping[str, str]
    url: str
    token: str

    def __repr__(self) -> str:
        return f"_Named({self.origin!r})"


def _sections(file: Path) -> dict[str, Mapping[str, str]]:
    if not file.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        raise ConfigError(
            f"it can't be read: {reason}", file=str(file), remedy="Correct it, or move it away."
        ) from error
    except configparser.Error as error:
        # The parser's words quote the line, which may be a token.
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", ())), (None,))[0]
        raise ConfigError(
            "it isn't an INI file",
            file=str(file),
            line=line,
            remedy="Write sections such as [default] with lines api_endpoint = ... and auth_token = ...",
        ) from None
    return {name: dict(parser[name]) for name in parser.sections()}


def _sb_login(what: str, origin: str, url: str, token: str, both: str) -> Login:
    from omicsdk.sb.client import check_endpoint, developer_token

    found = Login("sb", what, origin, url)
    if not (url and token):
        return found._replace(problem=f"{both} are needed, and one is missing", remedy=HOW_TO_GET["sb"])
    try:
        check_endpoint(url)
    except OmicsError as error:
        return found._replace(problem=error.message, remedy=error.remedy)

    def proof() -> Credentials:
        return developer_token(token)

    return found._replace(call=Call(f"{url.rstrip('/')}/user", proof))


_TOKEN = "OMICS_GEN3_TOKEN"  # noqa: S105 - the variable's name


def gen3(environ: Mapping[str, str], home: Path) -> list[Login]:
    """Everything that a key or token stands in, each file once.

    Args:
        environ: The environment's variables.
        home: The user's folder.
    """
    from omicsdk.gen3.sources import FOLDER, KEY_VARIABLE, Arguments

    endpoint = environ.get("GEN3_ENDPOINT", "").strip() or environ.get("OMICS_GEN3_URL", "").strip() or None
    found: list[Login] = []
    if token := environ.get(_TOKEN):
        found.append(_gen3_login("token", _TOKEN, Arguments(endpoint=endpoint, access_token=token), environ, home))
    named = environ.get(KEY_VARIABLE, "")
    if named:
        what = "token" if named.startswith("accesstoken:") else "workspace" if named.startswith("idp:") else "API key"
        shown = f"{KEY_VARIABLE} ({named})" if what == "API key" else KEY_VARIABLE
        found.append(_gen3_login(what, shown, Arguments(refresh_file=named), environ, home))
    for file in sorted((home / FOLDER).glob("credentials*")):
        if file.is_file() and file.suffix in ("", ".json"):
            login = _gen3_login(f"API key {file.stem}", str(file), Arguments(refresh_file=str(file)), environ, home)
            # One that GEN3_API_KEY names as well is tried once.
            if login.call is None or login.call not in [each.call for each in found]:
                found.append(login)
    if not found and endpoint is not None:
        found.append(_open(endpoint))
    return found


def _open(endpoint: str) -> Login:
    from omicsdk.gen3.sources import endpoint_of

    commons = endpoint_of(endpoint)
    call = Call(f"{commons}/user/_status", shows="the commons answers")
    return Login("gen3", "endpoint", "GEN3_ENDPOINT", commons, call, warning="nobody is logged in")


def _gen3_login(what: str, origin: str, given: object, environ: Mapping[str, str], home: Path) -> Login:
    from omicsdk.core.credentials import is_confidential
    from omicsdk.gen3.sources import ApiKey, Arguments, GivenToken, login_of

    assert isinstance(given, Arguments)
    found = Login("gen3", what, origin)
    try:
        login = login_of(given, environ, lambda: home)
    except OmicsError as error:
        return found._replace(problem=error.message, remedy=error.remedy)
    source = login.source
    if not isinstance(source, ApiKey | GivenToken):
        if given.refresh_file is not None and not given.refresh_file.startswith("idp:"):
            return found._replace(problem="there is no such file", remedy="Correct GEN3_API_KEY, or unset it.")
        return found._replace(url=login.endpoint, warning="only a workspace can ask for its tokens, so it isn't tried")
    url = source.issuer if isinstance(source, ApiKey) else login.endpoint
    if not is_confidential(url):
        return found._replace(
            url=url,
            problem="its commons isn't https, so the key isn't sent there",
            remedy="Get a key of an https commons.",
        )
    if isinstance(source, ApiKey):
        # A token for the key is what every command begins with.
        call = Call(f"{url}/user/credentials/cdis/access_token", body={"api_key": source.key}, shows="the key holds")
        return found._replace(url=url, call=call, warning=_open_to_others(source.file))
    token = source.token

    def proof() -> Credentials:
        from omicsdk.core.credentials import BearerToken

        return BearerToken(token, remedy=f"Set {_TOKEN} to one that holds, or unset it. {HOW_TO_GET['gen3']}")

    return found._replace(url=url, call=Call(f"{url}/user/user", proof))


def _open_to_others(file: Path | None) -> str:
    import os

    if file is None or os.name == "nt" or not file.stat().st_mode & 0o077:
        return ""
    return f"others can read {file}: chmod 600 {file}"


_OPEN = "the connection isn't encrypted, so what is secret isn't sent there"


def crunch(environ: Mapping[str, str], home: Path) -> list[Login]:
    """A crunch site.

    Args:
        environ: The environment's variables.
        home: The user's folder.
    """
    del home
    names = ("OMICS_CRUNCH_URL", "CRUNCH_URL", "OMICS_CRUNCH_TOKEN", "CRUNCH_TOKEN")
    values = [environ.get(name, "").strip() for name in names]
    url, token = (values[0] or values[1]).rstrip("/"), values[2] or values[3]
    if not (url or token):
        return []
    found = Login("crunch", "token" if token else "settings", variables(names, environ), url)
    if not (url and token):
        return [found._replace(problem="a URL and a token are needed, and one is missing", remedy=HOW_TO_GET["crunch"])]
    if fault := fault_of(url):
        name = names[0] if values[0] else names[1]
        return [found._replace(problem=f"{name} {fault}", remedy=f"Give {name} the site's address.")]
    if not is_confidential(url):
        return [found._replace(problem=_OPEN, remedy="Write CRUNCH_URL with https://.")]
    return [found._replace(call=Call(f"{url}/api/projects/", _worded(token)))]


def pangea(environ: Mapping[str, str], home: Path) -> list[Login]:
    """A Pangea server.

    Args:
        environ: The environment's variables.
        home: The user's folder.

    Raises:
        ConfigError: PANGEA_ENDPOINT isn't an address.
    """
    del home
    from omicsdk.pangea.login import endpoint_of

    names = ("OMICS_PANGEA_URL", "PANGEA_ENDPOINT", "OMICS_PANGEA_TOKEN", "PANGEA_USER", "PANGEA_PASS")
    told, _, token, email, password = (environ.get(name, "").strip() for name in names)
    origin = variables(names, environ)
    if not origin:
        return []
    url = endpoint_of(told or None, environ)
    found = Login("pangea", "token" if token else "account" if email or password else "settings", origin, url)
    if (token or password) and not is_confidential(url):
        return [found._replace(problem=_OPEN, remedy="Write PANGEA_ENDPOINT with https://.")]
    if token:
        return [found._replace(call=Call(f"{url}/api/users/me", _worded(token)))]
    if bool(email) != bool(password):
        return [
            found._replace(
                problem="PANGEA_USER and PANGEA_PASS are needed, and one is missing", remedy=HOW_TO_GET["pangea"]
            )
        ]
    if email:
        # A login is what every command begins with.
        body = {"email": email, "password": password}
        return [found._replace(call=Call(f"{url}/api/auth/token/login/", body=body))]
    call = Call(f"{url}/api/organizations", shows="the server answers; nobody is logged in")
    return [found._replace(call=call)]


def _worded(token: str) -> Callable[[], Credentials]:
    def proof() -> Credentials:
        from omicsdk.core.credentials import ApiKey

        return ApiKey(token, header="Authorization", prefix="Token ")

    return proof


_SEARCHES: Mapping[str, Callable[[Mapping[str, str], Path], list[Login]]] = {
    "dss": dss,
    "auth": auth,
    "upload": upload,
    "sb": sb,
    "gen3": gen3,
    "crunch": crunch,
    "pangea": pangea,
}


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
            return Outcome(PROBE, login.subject, "warning", f"{login.call.shows}; {text}", _run_sentence(remedy))
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


def _run_sentence(remedy: str) -> str:
    return remedy and f"Run: {remedy}"


def _renewal(login: Login) -> str:
    from omicsdk.cli.doctor.services import HOW_TO_GET

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
