"""Log in to any platform, log out, and show the user of a login: what `omics login`, `logout`, `whoami` and `profiles` do.

A login is tried with one call that changes nothing before it is stored, so a wrong token replaces no good one. It is stored for a
profile and a base URL; clients find it by either (see `omicsdk.core.platform.resolution`).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from omicsdk.core.credentials import ANONYMOUS, Credentials, Token, jwt_expiry, origin_of
from omicsdk.core.errors import AuthError, ConfigError, Forbidden, OmicsError, Unauthorized, UsageError
from omicsdk.core.files import expanded, read_small_text
from omicsdk.core.oauth.google import login_remedy
from omicsdk.core.platform import Discovery, Platform, resolution
from omicsdk.core.redaction import MASK, mask_url
from omicsdk.core.settings.profiles import (
    DEFAULT_PROFILE,
    PROFILE_VARIABLE,
    change_settings,
    check_profile_name,
    profile_settings,
    profiles,
    stated_store,
)
from omicsdk.core.token_file import HCA, Place, StoredLogin, token_file
from omicsdk.core.type_guards import is_object

# The folder, beside the token file, of credentials files that logins at Google wrote.
_GOOGLE = "google"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a platform knows its users.

    Attributes:
        title: Its name.
        client: `module:class` of its client.
        check: Makes the call that tries a login, and returns the user's name; empty if the platform does not state it.
        takes: What a user logs in with.
        remedy: How to get that.
        basic: Whether a user and a password are sent with each request, where both are given.
        google: Whether logins are Google's: of a credentials file, or by browser.
        public: What needs no login; empty for nothing.
    """

    title: str
    client: str
    check: Callable[[Any], str]
    takes: str
    remedy: str
    basic: bool = False
    google: bool = False
    public: str = ""


def _of_subscriptions(client: Any) -> str:
    from omicsdk.core.credentials import jwt_claims
    from omicsdk.hca.services import CLAIMS

    client.get_subscriptions(replica="aws")
    token = client.credentials.headers("GET", client.base_url).get("authorization", "").removeprefix("Bearer ")
    return str(jwt_claims(token).get(f"{CLAIMS}email") or "")


def _of_service(client: Any) -> str:
    from omicsdk.core.retry import NO_RETRY

    client.with_options(retry=NO_RETRY).get_service_info()  # of some servers it always fails
    return ""


def _of_reads_service(client: Any) -> str:
    client.get_reads_service_info()
    return ""


def _of_projects(client: Any) -> str:
    client.whoami()
    return ""


def _of_gdc(client: Any) -> str:
    client.list_projects(size=1)
    return ""


def _of_sources(client: Any) -> str:
    client.list_sources.raw()
    return ""


KINDS: Mapping[str, Kind] = {
    HCA: Kind(
        "the Human Cell Atlas",
        "omicsdk.hca.dss.client:Dss",
        _of_subscriptions,
        "a browser",
        "Run omics login hca, with --device where there is no browser.",
    ),
    "azul": Kind(
        "Azul",
        "omicsdk.hca.azul.client:Azul",
        _of_sources,
        "credentials file",
        f"{login_remedy('omics login azul')} For AnVIL the account has to be registered with Terra.",
        google=True,
        public="Open data needs no login",
    ),
    "gdc": Kind(
        "the GDC",
        "omicsdk.portals.gdc:Gdc",
        _of_gdc,
        "token",
        "Download the token of your profile from the GDC data portal.",
        public="Open data needs no login",
    ),
    "sb": Kind(
        "Seven Bridges",
        "omicsdk.sb.client:SevenBridges",
        lambda client: client.whoami().username,
        "token",
        "Create a token under Developer, Authentication token on the platform's page.",
    ),
    "gen3": Kind(
        "the Gen3 commons",
        "omicsdk.gen3.client:Gen3",
        lambda client: client.whoami().username,
        "credentials file",
        "Download credentials.json from your profile page of the commons.",
    ),
    "drs": Kind(
        "the DRS server",
        "omicsdk.drs.client:Drs",
        _of_service,
        "token",
        "Get a token from the operators of the server.",
        basic=True,
    ),
    "htsget": Kind(
        "the htsget server",
        "omicsdk.ga4gh.htsget:Htsget",
        _of_reads_service,
        "token",
        "Get a token from the operators of the server.",
    ),
    "refget": Kind(
        "the refget server",
        "omicsdk.ga4gh.refget:Refget",
        _of_service,
        "token",
        "Get a token from the operators of the server.",
    ),
    "trs": Kind(
        "the registry of tools",
        "omicsdk.ga4gh.trs:Trs",
        _of_service,
        "token",
        "Create a token on your account page of the registry.",
    ),
    "crunch": Kind(
        "the crunch site",
        "omicsdk.crunch.client:Crunch",
        _of_projects,
        "token",
        "Ask an administrator of the site for a token.",
    ),
    "pangea": Kind(
        "Pangea",
        "omicsdk.pangea.client:Pangea",
        lambda client: client.whoami().email,
        "password",
        "Create an account on the server's page.",
    ),
}
"""The platforms that a user logs in to, by their words; `hca` is the Data Store, Fusillade and the Upload service together."""


@dataclass(frozen=True, slots=True)
class Account:
    """A login of a platform.

    Attributes:
        platform: The platform.
        profile: The profile of omicsdk's settings.
        base_url: The base URL.
        user: The user, as the platform calls them; empty if it does not state that.
        expires_at: The end of the token, such as 2026-01-31T12:00:00Z; None if it has none, or does not state it.
        origin: Where the login was found, or is stored.
        problem: Why it cannot be used; empty if it can.
        code: What a program ends with for that: 0, 4 where the credentials are at fault, else 1.
    """

    platform: str
    profile: str
    base_url: str
    user: str = ""
    expires_at: str | None = None
    origin: str = ""
    problem: str = ""
    code: int = 0


def chosen_profile(profile: str | None = None) -> str | None:
    """Return the profile that is named: the argument, else OMICS_PROFILE; None if neither names one.

    Args:
        profile: The profile.
    """
    return profile or os.environ.get(PROFILE_VARIABLE, "").strip() or None


def base_url_for(platform: str, base_url: str | None = None, profile: str | None = None) -> str:
    """Return the base URL that a login is for: the given one, else the one that clients would find now.

    Args:
        platform: The platform.
        base_url: The base URL.
        profile: The profile; it need not exist yet.

    Returns:
        The base URL; empty if no source states one.
    """
    if base_url:
        return base_url
    discovery = _discovery(platform)
    named = chosen_profile(profile)
    environ = {name: text for name, text in os.environ.items() if name != PROFILE_VARIABLE}
    if named is not None and not (profile_settings(named, discovery.platform) or {}).get("base_url"):
        named = None  # a profile that is made now
    return resolution(discovery, credentials=ANONYMOUS, profile=named, environ=environ).base_url


def log_in(
    platform: str, login: StoredLogin, base_url: str, profile: str | None = None, store: str | None = None
) -> Account:
    """Try a login, and store it for a profile and a base URL. Nothing is stored where the platform refuses it.

    Args:
        platform: The platform, one of KINDS.
        login: The token or key; a password with `kind` "password" and `user`.
        base_url: The base URL.
        profile: The profile, whose base URL becomes this one; by default OMICS_PROFILE, else `default`.
        store: Where it is stored: `file` or `keyring`; by default as the settings state, else in the keyring where it can be used
            without asking.

    Returns:
        The login, with where it is stored.

    Raises:
        AuthError: The platform refused it.
        ConfigError: It cannot be stored, or an argument is invalid.
        OmicsError: The platform cannot be reached.
    """
    name = chosen_profile(profile) or DEFAULT_PROFILE
    discovery = _discovery(platform)
    try:
        check_profile_name(name)
        store = store or stated_store()
        if login.kind == "password":
            login = _exchanged(login, base_url)
        with _client(platform)(base_url, credentials=_credentials(discovery, login, base_url)) as client:
            url = client.base_url  # as it is written in one way
            user = _checked(client, platform)
        end = login.token.expires_at
        login = replace(
            login,
            user=user or login.user,
            token=Token(login.token.value, jwt_expiry(login.token.value) if end is None else end),
        )
        tokens = token_file(platform=platform, profile=name)
        replaced = tokens.login(url)
        stored = tokens.keep(url, login, store)
    except BaseException:
        _delete_google_file(login)  # no entry refers to it, so no logout would revoke or delete it
        raise
    if replaced is not None and replaced.token.value != login.token.value:
        _delete_google_file(replaced)
    try:
        change_settings(("profiles", name, discovery.platform, "base_url"), url)
    except ConfigError:  # such as in a container, whose variables state the base URL
        if base_url_for(platform, None, profile) != url:
            raise
    where = "the keyring" if stored == "keyring" else str(tokens.path)
    return Account(platform, name, url, login.user or user, _moment(login.token.expires_at), where)


def log_in_by_browser(
    base_url: str,
    profile: str | None = None,
    store: str | None = None,
    *,
    on_message: Callable[[str], None],
    device: bool = False,
    timeout: float,
) -> Account:
    """Log in to the Atlas by a browser; arguments and errors are those of `log_in` and of `ServiceLogin.login`.

    Args:
        base_url: The Data Store's base URL.
        profile: The profile; the default one's base URL stays as the HCA configuration states it.
        store: Where the login is stored.
        on_message: Shows the address to log in at.
        device: Whether the browser is on another machine.
        timeout: Seconds to wait for it.
    """
    from omicsdk.hca.login import ServiceLogin

    name = chosen_profile(profile) or DEFAULT_PROFILE
    check_profile_name(name)
    service = ServiceLogin(
        "DSSClient", base_url=base_url, on_message=on_message, profile=name, store=store or stated_store()
    )
    done = service.login(remote=device, timeout=timeout)
    stored = token_file(profile=name).login(base_url)
    if base_url_for(HCA, None, name) != base_url:
        change_settings(("profiles", name, "dss", "base_url"), base_url)
    user, where = ("", "file") if stored is None else (stored.user, stored.store)
    origin = "the keyring" if where == "keyring" else str(done.path)
    return Account(HCA, name, base_url, user, _moment(done.expires_at), origin)


def shadowing_origin(account: Account, profile: str | None = None) -> str:
    """Return the origin of what clients use in place of a login that was just stored; empty if they use the login.

    Args:
        account: The login.
        profile: The profile that the user named; by default OMICS_PROFILE.
    """
    # Identifiers name DRS servers, so that none of them is the default.
    url = account.base_url if account.platform == "drs" else None
    discovery = replace(discovery_of(account.platform), requires_credentials=False)
    try:
        resolved = resolution(discovery, base_url=url, profile=chosen_profile(profile), offline=True)
    except OmicsError:  # a fault of the settings, which the next command reports
        return ""
    if origin_of(resolved.base_url) != origin_of(account.base_url):
        return resolved.origin
    stored = resolved.credentials_origin.startswith(("login of the profile ", "omics login"))
    return "" if stored else resolved.credentials_origin


def log_out(place: Place, login: StoredLogin, on_message: Callable[[str], None]) -> None:
    """Forget a stored login; platforms that can revoke it are asked to.

    Args:
        place: What it is for.
        login: What is stored.
        on_message: Called with what did not work.

    Raises:
        ConfigError: A file cannot be read or written.
    """
    if place.platform == HCA:
        from omicsdk.hca.login import ServiceLogin

        ServiceLogin("DSSClient", base_url=place.url, profile=place.profile, on_message=on_message).logout()
        return
    tokens = token_file(platform=place.platform, profile=place.profile)
    if place.platform == "pangea":
        _revoke(tokens.login(place.url) or login, place, on_message)
    elif place.platform == "azul":
        _revoke_google(tokens.login(place.url) or login, on_message)
    tokens.delete(place.url)


def stored_logins(
    platform: str | None = None, profile: str | None = None, base_url: str | None = None
) -> list[tuple[Place, StoredLogin]]:
    """List stored logins.

    Args:
        platform: Those of this platform only.
        profile: Those of this profile only.
        base_url: Those for this base URL only; of `hca` for its origin.

    Raises:
        ConfigError: The token file is malformed.
    """

    def is_meant(place: Place) -> bool:
        if platform not in (None, place.platform) or profile not in (None, place.profile):
            return False
        return base_url is None or place.url == _stored_url(place.platform, base_url)

    return [(place, login) for place, login in token_file().places() if is_meant(place)]


def _stored_url(platform: str, base_url: str) -> str:
    """The URL that logins for a base URL are stored under."""
    return origin_of(base_url) if platform == HCA else _discovery(platform).normal_url(base_url).rstrip("/")


def accounts(platforms: tuple[str, ...], base_url: str | None = None, profile: str | None = None) -> Iterator[Account]:
    """Request the user of each platform's login; platforms without credentials are left out.

    Args:
        platforms: The platforms.
        base_url: The base URL; by default the one that clients find, and all DRS servers with a stored login.
        profile: The profile; by default OMICS_PROFILE.
    """
    named = chosen_profile(profile)
    places = [(platform, base_url, named) for platform in platforms]
    if base_url is None and "drs" in platforms:  # identifiers name servers, so all of their logins are in use at once
        places += [("drs", place.url, place.profile) for place, _ in stored_logins("drs", named)]
    seen = set[tuple[str, str]]()
    for platform, url, name in places:
        try:
            resolved = resolution(replace(_discovery(platform), requires_credentials=False), base_url=url, profile=name)
        except OmicsError as error:
            if name is not None and not _has_profile(platform, name):
                continue
            yield Account(platform, name or DEFAULT_PROFILE, mask_url(url or ""), problem=str(error), code=1)
            continue
        if resolved.credentials is None or not resolved.base_url or (platform, resolved.base_url) in seen:
            continue
        seen.add((platform, resolved.base_url))
        account = Account(
            platform, name or DEFAULT_PROFILE, mask_url(resolved.base_url), origin=resolved.credentials_origin
        )
        try:
            with _client(platform)(resolved.base_url, credentials=resolved.credentials) as client:
                user = _checked(client, platform)
        except OmicsError as error:
            code = 4 if isinstance(error, (AuthError, Unauthorized)) else 1
            yield replace(account, problem=str(error), code=code)
            continue
        yield replace(account, user=user, expires_at=_moment(getattr(resolved.credentials, "expires_at", None)))


def listed_profiles() -> list[dict[str, Any]]:
    """List the profiles, with the base URL and the stored login of each platform.

    Sends no request; use `whoami` to check logins.

    Raises:
        ConfigError: A file is malformed.
    """
    stored = {(place.profile, place.platform, place.url): login for place, login in stored_logins()}
    rows: list[dict[str, Any]] = []
    for profile, tables in profiles().items():
        for platform, table in tables.items():
            url = table.get("base_url", "")
            word = HCA if platform in ("dss", "auth") else platform
            key = profile, word, url.rstrip("/")
            if stored and key not in stored and url and word in KINDS:  # typed into the file in another form
                with suppress(OmicsError):
                    key = profile, word, _stored_url(word, url)
            rows.append(_row(profile, platform, url, stored.pop(key, None)))
    # Logins whose profile was removed, or has another base URL by now.
    rows += [_row(profile, platform, url, login) for (profile, platform, url), login in stored.items()]
    return rows


def found_settings(profile: str | None = None) -> Iterator[tuple[str, str | None, str]]:
    """Find what clients of each platform use now; nothing is requested.

    Args:
        profile: The profile; by default OMICS_PROFILE.

    Yields:
        The name, the value and the origin of each base URL, and of credentials, whose value is masked. A source that cannot be
        read is an origin without a value.
    """
    name = chosen_profile(profile)
    for client in (*_ATLAS.values(), *(kind.client for word, kind in KINDS.items() if word != HCA)):
        discovery = _discovery(client)
        try:
            resolved = resolution(replace(discovery, requires_credentials=False), profile=name, offline=True)
        except OmicsError as error:
            yield f"{discovery.platform}.base_url", None, str(error)
            continue
        if resolved.base_url:
            yield f"{discovery.platform}.base_url", mask_url(resolved.base_url), resolved.origin
        if resolved.credentials is not None:
            yield f"{discovery.platform}.credentials", MASK, resolved.credentials_origin


def google_file(
    file: str | os.PathLike[str] | None,
    *,
    on_message: Callable[[str], None],
    device: bool = False,
    timeout: float = 300.0,
) -> StoredLogin:
    """Return the login that a credentials file of Google is; the file stays where it is, and is read at each use.

    Args:
        file: The file; None for the application default credentials. The client secrets of an OAuth application begin a login
            with a browser, whose credentials are written into a folder beside the token file.
        on_message: Shows the address to log in at.
        device: Whether the browser is on another machine.
        timeout: Seconds to wait for the browser.

    Raises:
        AuthError: It is no such file, or the login was not finished.
        UsageError: The file is no client secrets, and `device` was given.
    """
    from omicsdk.core.oauth.google import KIND, default_file, google_credentials, is_client_secrets, log_in

    path = expanded(file or default_file(os.environ)).absolute()
    if is_client_secrets(path):
        # A separate name: until the new login was tried, the old one stays usable.
        target = token_file().path.parent / _GOOGLE / f"{secrets.token_hex(8)}.json"
        log_in(path, target, on_message=on_message, device=device, timeout=timeout)
        path = target
    elif device:
        remedy = "Use --credentials-file with the client secrets of an OAuth application of Google."
        raise UsageError("a login on another machine needs an OAuth application", remedy=remedy)
    google_credentials(path, remedy=KINDS["azul"].remedy)
    return StoredLogin(Token(str(path)), kind=KIND)


def _own_google_file(login: StoredLogin) -> Path | None:
    """The file that a login with a browser at Google wrote; None for other logins, whose files are the user's or gcloud's."""
    from omicsdk.core.oauth.google import KIND

    path = Path(login.token.value) if login.kind == KIND else None
    return path if path is not None and path.parent == token_file().path.parent / _GOOGLE else None


def _delete_google_file(login: StoredLogin) -> None:
    if (path := _own_google_file(login)) is not None:
        path.unlink(missing_ok=True)


def _revoke_google(login: StoredLogin, on_message: Callable[[str], None]) -> None:
    """Revoke a login with a browser at Google, and delete its file."""
    from omicsdk.core.oauth.google import revoke

    path = _own_google_file(login)
    if path is None or not path.exists():
        return
    try:
        revoke(path)
    except OmicsError as error:
        on_message(f"The login could not be revoked; remove it in your Google account: {error}")
    path.unlink()


def credentials_file(text: str, source: str) -> tuple[StoredLogin, str]:
    """Read the credentials file of a commons.

    Args:
        text: Its content.
        source: Its name, for errors.

    Returns:
        The login to store, and the commons that issued the key.

    Raises:
        AuthError: It is no such file.
    """
    from omicsdk.gen3.discovery import API_KEY
    from omicsdk.gen3.sources import endpoint_from_token

    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuthError(f"{source} is not JSON", remedy=KINDS["gen3"].remedy) from error
    key = content.get("api_key") if is_object(content) else None
    if not isinstance(key, str) or not key.strip():
        raise AuthError(f"{source} has no api_key", remedy=KINDS["gen3"].remedy)
    return StoredLogin(Token(key.strip(), jwt_expiry(key.strip())), kind=API_KEY), endpoint_from_token(key.strip())


def _row(profile: str, platform: str, url: str, login: StoredLogin | None) -> dict[str, Any]:
    user = "" if login is None else login.user
    end = None if login is None else _moment(login.token.expires_at)
    return {
        "profile": profile,
        "platform": platform,
        "base_url": mask_url(url),
        "login": None if login is None else login.store,
        "user": user,
        "expires_at": end,
    }


def _has_profile(platform: str, profile: str) -> bool:
    return bool(profile_settings(profile, _discovery(platform).platform))


_ATLAS = {
    "dss": "omicsdk.hca.dss.client:Dss",
    "auth": "omicsdk.hca.fusillade.client:Fusillade",
    "upload": "omicsdk.hca.upload.client:HcaUpload",
}


def _client(platform: str) -> Any:
    """The class of a platform's client, by the platform's word or by `module:class`."""
    module, _, name = (KINDS[platform].client if platform in KINDS else platform).partition(":")
    return getattr(import_module(module), name)


def discovery_of(service: str) -> Discovery:
    """Return where a service's base URL and credentials are found.

    Args:
        service: The service: a platform of KINDS, or `dss`, `auth` or `upload`.
    """
    return _discovery(_ATLAS.get(service, service))


def stored_credentials(place: Place, login: StoredLogin) -> Credentials:
    """Make the credentials of a stored login.

    Args:
        place: What it is for; of another platform than the Atlas.
        login: What is stored.
    """
    return _credentials(_discovery(place.platform), login, place.url)


def _discovery(platform: str) -> Discovery:
    client: type[Platform] = _client(platform)
    return client._discovery  # pyright: ignore[reportPrivateUsage] - not among the names that operations could have


def _credentials(discovery: Discovery, login: StoredLogin, base_url: str) -> Credentials:
    make = discovery.stored
    return discovery.token(login.token.value) if make is None else make(login, base_url)


def _checked(client: Any, platform: str) -> str:
    """The user, after the call that tries a login."""
    kind = KINDS[platform]
    try:
        return kind.check(client)
    except (Unauthorized, Forbidden) as error:
        # Pangea responds with 403 to a token that is not one.
        what = f"{kind.title} at {mask_url(client.base_url)} refused the login: {error.message}"
        raise AuthError(what, remedy=kind.remedy) from error


def _exchanged(login: StoredLogin, base_url: str) -> StoredLogin:
    """The token of a user and a password, so that no password is stored."""
    from omicsdk.pangea.client import Pangea
    from omicsdk.pangea.login import PasswordLogin, token_of

    with Pangea(base_url, credentials=PasswordLogin(login.user, login.token.value)) as client:
        return StoredLogin(Token(token_of(client)), user=login.user)


def _revoke(login: StoredLogin, place: Place, on_message: Callable[[str], None]) -> None:
    try:
        with _client(place.platform)(place.url, credentials=login.token.value) as client:
            client.logout()
    except OmicsError as error:
        on_message(f"Cannot revoke the token at the service; it is deleted on this machine only: {error}")


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return None


def read_credentials_file(path: Path) -> str:
    """Read a file that a user named.

    Args:
        path: The file.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return read_small_text(expanded(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UsageError(f"Cannot read {path}: {reason}", remedy="Name the credentials file.") from error
