"""The settings and credentials of all platforms, each with the read-only call that tests it."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.storage_logins import AMAZON, GOOGLE
from omicsdk.core.credentials import BearerToken, Credentials, is_confidential
from omicsdk.core.errors import ConfigError, OmicsError
from omicsdk.core.files import home_folder
from omicsdk.core.platform import Resolution, no_source, resolution
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import fault_of
from omicsdk.core.settings.profiles import DEFAULT_PROFILE, environ_of
from omicsdk.core.token_file import HCA, Place, StoredLogin, token_file
from omicsdk.logins import KINDS, discovery_of, stored_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from omicsdk.gen3.sources import Arguments


class Call(NamedTuple):
    """A call that changes nothing.

    Attributes:
        url: The URL, without secrets.
        credentials: The credentials to send; None without, and if the body has them.
        body: Fields to post as JSON; None sends a GET.
        shows: What a response of 200 proves.
        reach: Whether any response proves it that neither refuses a login nor comes from a gateway without a server.
    """

    url: str
    credentials: Credentials | None = None
    body: Mapping[str, str] | None = None
    shows: str = "the login is valid"
    reach: bool = False

    def __repr__(self) -> str:
        return f"Call({self.url!r})"


class Login(NamedTuple):
    """A platform's settings or credentials that were found.

    Attributes:
        service: The service's word on the command line.
        what: What was found, such as `token` or `profile cgc`.
        origin: Its origin.
        url: Its service; empty if no source states it.
        call: The call that tests it; None if it cannot be tested.
        problem: Why it cannot be used; empty if it can.
        remedy: The remedy for the problem.
        warning: A defect of a usable login, such as a file that others can read; the command to run follows a colon.
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
        """Its name."""
        return f"{self.service}: {self.what}"

    def unusable(self, error: OmicsError) -> Login:
        """Return a copy with a problem."""
        return self._replace(problem=error.message, remedy=error.remedy)


class Service(NamedTuple):
    """How the settings and logins of a service are tested.

    Attributes:
        what: Noun for a login.
        path: Path to request with a login; empty if no read-only call requires one.
        public: Path to request without a login; empty if every call requires one.
        anonymous: Command to log in; empty if the service is useful without a login.
        reach: Whether its servers need not implement the paths.
    """

    what: str
    path: str
    public: str = ""
    anonymous: str = ""
    reach: bool = False


# The services that are searched for, by their words.
SERVICES: Mapping[str, Service] = {
    "dss": Service("login", "/subscriptions?replica=aws", "/swagger.json", "omics dss login"),
    "auth": Service("login", "/oauth/userinfo", "/swagger.json", "omics auth login"),
    "upload": Service("key", "", "/version"),
    "azul": Service("login", "/repository/sources", "/index/catalogs"),
    "gdc": Service("token", "", "/projects?size=1"),  # checked when controlled data is requested
    "sb": Service("token", "/user"),
    "gen3": Service("token", "/user/user", "/user/_status", "omics login gen3"),
    "drs": Service("token", "/service-info", "/service-info", reach=True),  # optional in DRS
    "crunch": Service("token", "/api/projects/"),
    "pangea": Service("token", "/api/users/me", "/api/organizations"),
}

# How to get settings and credentials of a service without any.
HOW_TO_GET: Mapping[str, str] = {
    "dss": "Name the service: omics config set DSSClient.swagger_url https://HOST/v1/swagger.json. Then: omics login hca",
    "auth": "Name the service: omics config set AuthClient.swagger_url https://HOST/swagger.json. Then: omics auth login",
    "upload": "Get the URI of an upload area from the operators of the deployment. Then: omics upload select URI",
    **{
        word: f"{KINDS[word].remedy} Then: omics login {word}. Or set {variables}."
        for word, variables in (
            ("azul", "OMICS_AZUL_TOKEN; open data needs no login"),
            ("gdc", "GDC_TOKEN to that file; open data needs no login"),
            ("sb", "SB_API_ENDPOINT and SB_AUTH_TOKEN"),
            ("gen3", "GEN3_API_KEY to that file"),
            ("drs", "OMICS_DRS_URL and OMICS_DRS_TOKEN; open data needs no login"),
            ("crunch", "CRUNCH_URL and CRUNCH_TOKEN"),
            ("pangea", "PANGEA_USER and PANGEA_PASS; public data needs no login"),
        )
    },
}


class PublicService(NamedTuple):
    """A service that is useful without a login, so that it is tried if nothing is configured for it.

    Attributes:
        variable: Environment variable with its address.
        address: Its usual address; empty for that of the platform's client.
        path: What is requested; empty for what the platform of `SERVICES` answers without a login. A root shows only that the server
            can be reached: storage refuses to list it.
    """

    variable: str
    address: str = ""
    path: str = ""


# Services without a login, by the words of `omics get` and `omics search` for them, and the storage of most platforms'
# files.
PUBLIC: Mapping[str, PublicService] = {
    "azul": PublicService("OMICS_AZUL_URL"),
    "gdc": PublicService("OMICS_GDC_URL"),
    "ena": PublicService(
        "OMICS_ENA_URL",
        "https://www.ebi.ac.uk/ena",
        "/portal/api/filereport?accession=SRR1553607&result=read_run&fields=run_accession",
    ),
    "ncbi": PublicService(
        "OMICS_EUTILS_URL",
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        "/esearch.fcgi?db=sra&term=SRR1553607&retmode=json",
    ),
    "google": PublicService("OMICS_GOOGLE_URL", GOOGLE, "/"),
    "s3": PublicService("", AMAZON, "/"),
}


def public_services(configured: Iterable[str], environ: Mapping[str, str]) -> list[Login]:
    """Return the public services that nothing is configured for.

    Args:
        configured: Words of services that are tried anyway.
        environ: The environment's variables.
    """
    logins: list[Login] = []
    for word in [word for word in PUBLIC if word not in set(configured)]:
        service = PUBLIC[word]
        url = environ.get(service.variable, "").strip() or service.address or discovery_of(word).default_url
        url = url.rstrip("/")
        path = service.path or SERVICES[word].public
        shows = "can be reached" if path == "/" else "open data, no login needed"
        call = Call(f"{url}{path}", shows=shows, reach=path == "/")
        logins.append(Login(word, "open data", service.variable, mask_url(url), call))
    return logins


def configured_storage(environ: Mapping[str, str]) -> list[Login]:
    """Return the configured endpoint of S3, if it is not Amazon's.

    Args:
        environ: The environment's variables.
    """
    from omicsdk.transfer.s3.settings import Settings

    endpoint = Login("s3", "endpoint", "AWS_ENDPOINT_URL_S3")
    try:
        url = Settings(environ=environ).endpoint_url.rstrip("/")
    except OmicsError as error:
        return [endpoint.unusable(error)]
    call = Call(f"{url}/", shows="can be reached", reach=True)
    return [endpoint._replace(url=mask_url(url), call=call)] if url else []


def find(services: Iterable[str], environ: Mapping[str, str]) -> list[Login]:
    """Find settings and credentials: those in use by clients, stored logins, and the platforms' own files.

    Args:
        services: Words of the services.
        environ: The environment's variables.

    Returns:
        One for each credential, and one for each service without any; a malformed file is one with a problem.
    """
    from omicsdk.hca.services import stored_tokens

    all_logins: list[Login] = []
    stored: list[Login] = []
    service_names = list(services)
    tokens = stored_tokens(environ)
    try:
        for location, login in [] if tokens is None else tokens.places():
            where = "the keyring" if login.store == "keyring" else str(tokens and tokens.path)
            stored += _stored(location, login, f"login of the profile {location.profile} in {where}")
    except OmicsError as error:
        # The file of logins is one for all services: its fault is reported once.
        all_logins += [Login(word, "logins", "").unusable(error) for word in service_names[:1]]
    # Clients use stored logins, too: each is listed once, with its profile.
    origins = {login.origin for login in stored}
    for service in service_names:
        try:
            candidates = _SEARCHES.get(service, partial(_in_use, service))(environ)
            all_logins += [login for login in candidates if login.origin not in origins]
        except OmicsError as error:
            all_logins.append(Login(service, "settings", "").unusable(error))
        all_logins += [login for login in stored if login.service == service]
    return [login._replace(url=mask_url(login.url) if login.url else "") for login in all_logins]


def _stored(location: Place, login: StoredLogin, origin: str) -> list[Login]:
    """Yield a login stored by `omics login`; the Atlas's of the default profile is found with its services."""
    from omicsdk.gen3.discovery import API_KEY
    from omicsdk.gen3.sources import Arguments

    what, token = f"login of {location.profile}", login.token.value
    if location.platform == HCA:
        warning = f"omics whoami hca --profile {location.profile} tests it"
        return (
            [] if location.profile == DEFAULT_PROFILE else [Login("dss", what, origin, location.url, warning=warning)]
        )
    if location.platform == "gen3":
        is_key = login.kind == API_KEY
        arguments = (
            Arguments(refresh_token={"api_key": token}) if is_key else Arguments(location.url, access_token=token)
        )
        return [_commons(what, origin, arguments, {})]
    if location.platform not in SERVICES:
        return []
    try:
        return [_login(location.platform, what, origin, location.url, stored_credentials(location, login))]
    except OmicsError as error:
        return [Login(location.platform, what, origin, location.url).unusable(error)]


def _login(service: str, what: str, origin: str, url: str, credentials: Credentials | None) -> Login:
    """Return credentials with the call that tests them, or with the reason why they cannot be used."""
    login = Login(service, what, origin, url)
    if not (url and credentials):
        missing = "a base URL and a token are required, but one is missing"
        return login._replace(problem=missing, remedy=HOW_TO_GET[service])
    if fault := fault_of(url):
        name = origin.partition(" and ")[0]
        return login._replace(problem=f"{name} {fault}", remedy=f"Pass the URL of the site as {name}.")
    if not is_confidential(url):
        problem = "its base URL is http: the connection is not encrypted, so no secret is sent there"
        return login._replace(problem=problem, remedy="Use a base URL that begins with https://.")
    facts = SERVICES[service]
    shows = "the server answers" if facts.reach else "the login is valid"
    return login._replace(call=Call(f"{url.rstrip('/')}{facts.path}", credentials, shows=shows, reach=facts.reach))


def _in_use(service: str, environ: Mapping[str, str]) -> list[Login]:
    """Return what clients use: a login, or settings without one."""
    from omicsdk.drs.client import base_url_of
    from omicsdk.hca.config import HCAConfig

    facts = SERVICES[service]
    resolved, origin = _resolved(service, environ)
    url = resolved.base_url.rstrip("/")
    if service == "upload":
        origin = origin or HCAConfig(environ).settings.place_of(("upload",)) or ""
    if origin in ("", "GOOGLE_APPLICATION_CREDENTIALS"):  # a Google account alone is set for many purposes
        return []
    if service == "pangea":
        # The paths of SERVICES begin with it.
        url = url.removesuffix("/api")
    if service == "drs" and url:
        url = base_url_of(url)
    if service in ("dss", "auth"):  # the key of a stored login is not its origin
        origin = resolved.credentials_origin or resolved.origin
        origin = str(token_file(environ).path) if origin == "omics login" else origin
    what = facts.what if resolved.credentials else "settings"
    if facts.path and (resolved.credentials or not facts.public):
        return [_login(service, what, origin, url, resolved.credentials)]
    return [_public(service, what, origin, url)]


def _public(service: str, what: str, origin: str, url: str) -> Login:
    """Return a service with the call that it answers without a login."""
    facts = SERVICES[service]
    shows = "the service answers" + (f"; no read-only call requires the {what}" if what == facts.what else "")
    warning = facts.anonymous and f"not logged in: {facts.anonymous}"
    call = Call(f"{url}{facts.public}", shows=shows, reach=facts.reach)
    return Login(service, what, origin, url, call, warning=warning)


def _resolved(service: str, environ: Mapping[str, str]) -> tuple[Resolution, str]:
    """Return what clients use, without any request, and its origins."""
    # A missing login is a row of the report, not an error.
    discovery = replace(discovery_of(service), requires_credentials=False)
    if service == "sb":  # all sections of its file are listed
        discovery = replace(discovery, files=no_source)
    resolved = resolution(discovery, environ=environ_of(discovery.platform, environ), offline=True)
    origins = (resolved.origin, resolved.credentials_origin)
    if resolved.credentials_origin.startswith("login of the profile "):  # as it is listed
        origins = origins[1:]
    parts = [part for origin in origins if origin not in ("", "built in") for part in origin.split(" and ")]
    return resolved, " and ".join(dict.fromkeys(parts))


def _pangea(environ: Mapping[str, str]) -> list[Login]:
    from omicsdk.pangea.login import PasswordLogin

    in_use = _in_use("pangea", environ)
    if in_use and in_use[0].call and isinstance(in_use[0].call.credentials, PasswordLogin):
        # Every command begins with a login.
        body = {"email": environ["PANGEA_USER"].strip(), "password": environ["PANGEA_PASS"].strip()}
        call = Call(f"{in_use[0].url}/api/auth/token/login/", body=body)
        return [in_use[0]._replace(what="account", call=call)]
    return in_use


def _sb(environ: Mapping[str, str]) -> list[Login]:
    """Yield what clients use, and each section of the platform's own file; a shared token is tested once."""
    from omicsdk.sb.client import developer_token, own_file, read_ini, read_profile

    logins = _in_use("sb", environ)
    alone = [name for name in ("SB_AUTH_TOKEN", "SB_API_ENDPOINT") if environ.get(name, "").strip()]
    if not logins and alone:  # clients ignore one that is set without the other
        logins = [_login("sb", "token", alone[0], "", None)]
    first = {_sent(login.call): login.origin for login in logins if login.call}
    try:
        file = own_file("credentials")
    except ConfigError:  # a user without a home has no such file
        return logins
    try:
        sections = read_ini(file).sections() if file.is_file() else []
    except OmicsError as error:
        return [*logins, Login("sb", "settings", "").unusable(error)]
    for name in sections:
        what, origin = f"profile {name}", f"{file} [{name}]"
        try:
            url, token = read_profile(name)
        except OmicsError as error:
            logins.append(Login("sb", what, origin).unusable(error))
            continue
        login = _login("sb", what, origin, url, developer_token(token))
        other = first.setdefault(_sent(login.call), origin) if login.call else origin
        if other != origin:
            login = login._replace(call=None, warning=f"the same token as in {other}, which is tested")
        logins.append(login)
    return logins


def _sent(call: Call) -> tuple[str, str]:
    # By what is sent: the credentials of two sources are different objects even with the same token.
    return call.url, repr(call.credentials and call.credentials.headers("GET", call.url))


def _gen3(environ: Mapping[str, str]) -> list[Login]:
    """Yield each variable and file with a key or token, each file once."""
    from omicsdk.gen3.discovery import TOKEN_VARIABLE, named_commons
    from omicsdk.gen3.sources import FOLDER, KEY_VARIABLE, Arguments

    endpoint, logins = named_commons(environ), list[Login]()
    if token := environ.get(TOKEN_VARIABLE):
        logins.append(_commons("token", TOKEN_VARIABLE, Arguments(endpoint, access_token=token), environ))
    if named := environ.get(KEY_VARIABLE, ""):
        what = "token" if named.startswith("accesstoken:") else "workspace" if named.startswith("idp:") else "API key"
        label = f"{KEY_VARIABLE} ({named})" if what == "API key" else KEY_VARIABLE
        logins.append(_commons(what, label, Arguments(refresh_file=named), environ))
    try:
        files = sorted((home_folder() / FOLDER).glob("credentials*"))
    except ConfigError:  # a user without a home has no file in it
        files = []
    for file in files:
        login = _commons(f"API key {file.stem}", str(file), Arguments(refresh_file=str(file)), environ)
        # A file that GEN3_API_KEY also names is tested once.
        is_known = login.call is not None and login.call in [known_login.call for known_login in logins]
        if file.suffix in ("", ".json") and not is_known:
            logins.append(login)
    if not logins and endpoint is not None:
        call = Call(f"{endpoint}/user/_status", shows="the service answers")
        logins.append(
            Login("gen3", "endpoint", "GEN3_ENDPOINT", endpoint, call, warning="not logged in: omics login gen3")
        )
    return logins


def _commons(what: str, origin: str, arguments: Arguments, environ: Mapping[str, str]) -> Login:
    """Return a login of a commons."""
    from omicsdk.gen3.sources import ApiKey, GivenToken, login_of

    result = Login("gen3", what, origin)
    try:
        login = login_of(arguments, environ, home_folder)
    except OmicsError as error:
        return result.unusable(error)
    source = login.source
    if isinstance(source, GivenToken):
        remedy = f"Replace the token of {origin} with a valid one. {HOW_TO_GET['gen3']}"
        return _login("gen3", what, origin, login.endpoint, BearerToken(source.token, remedy=remedy))
    if not isinstance(source, ApiKey):
        if arguments.refresh_file is not None and not arguments.refresh_file.startswith("idp:"):
            return result._replace(problem="file not found", remedy="Correct GEN3_API_KEY, or unset it.")
        return result._replace(
            url=login.endpoint, warning="only a workspace can request its tokens, so it is not tested"
        )
    result = result._replace(url=source.issuer, warning=_open_to_others(source.file))
    if not is_confidential(source.issuer):
        problem = "its commons is not https, so the key is not sent there"
        return result._replace(problem=problem, warning="", remedy="Get a key of an https commons.")
    # Every command begins with a token for the key.
    url, body = f"{source.issuer}/user/credentials/cdis/access_token", {"api_key": source.key}
    return result._replace(call=Call(url, body=body, shows="the key is valid"))


def _open_to_others(file: Path | None) -> str:
    # The rights of the group and of others; Windows has access lists in their place.
    if file is None or os.name == "nt" or not file.stat().st_mode & 0o077:
        return ""
    return f"others can read {file}: chmod 600 {file}"


def _drs(environ: Mapping[str, str]) -> list[Login]:
    """Yield what clients use, and the hosts of OMICS_DRS_HOSTS."""
    from omicsdk.drs.resolution import HOSTS_VARIABLE, server_url, settings_from
    from omicsdk.drs.servers import PATH

    in_use = _in_use("drs", environ)
    urls = {login.url for login in in_use}
    hosts = {host: f"{server_url(host)}{PATH}" for host in settings_from(environ).hosts.values()}
    return in_use + [_public("drs", host, HOSTS_VARIABLE, url) for host, url in hosts.items() if url not in urls]


# Finders of services with more sources than what clients use.
_SEARCHES: Mapping[str, Callable[[Mapping[str, str]], list[Login]]] = {
    "sb": _sb,
    "gen3": _gen3,
    "pangea": _pangea,
    "drs": _drs,
}
