"""`omics login`, `logout`, `whoami` and `profiles`, and the documented `omics dss login` and `omics auth login`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.values import STREAM, check_unused, text_of
from omicsdk.cli.storage_logins import storage_accounts
from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.credentials import Token, moment, origin_of
from omicsdk.core.errors import AuthError, UsageError
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.settings.profiles import DEFAULT_PROFILE
from omicsdk.core.token_file import HCA, StoredLogin
from omicsdk.logins import (
    KINDS,
    Account,
    accounts,
    base_url_for,
    chosen_profile,
    credentials_file,
    google_file,
    log_in,
    log_in_by_browser,
    log_out,
    read_credentials_file,
    shadowing_origin,
    stored_logins,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.output import Console
    from omicsdk.cli.services import Connection
    from omicsdk.core.platform import Platform
    from omicsdk.hca.login import ServiceLogin

# Words of services that share the login `hca`.
_ATLAS = ("dss", "auth", "fusillade", "upload")


def known_platform(word: str) -> str:
    """Check the word of a platform.

    Args:
        word: The word; the Atlas's services mean `hca`.

    Raises:
        UsageError: No platform has it; names the nearest.
    """
    if word in _ATLAS:
        return HCA
    if word not in KINDS:
        remedy = did_you_mean(word, [*KINDS, *_ATLAS]) or f"Choose one of: {', '.join(KINDS)}."
        raise UsageError(f"unknown platform {word!r}", remedy=remedy)
    return word


def login(
    platform: str,
    *,
    credentials_file: Path | None = None,
    user: str | None = None,
    token_stdin: bool = False,
    password_stdin: bool = False,
    device: bool = False,
    store: Literal["file", "keyring"] | None = None,
    timeout: float = 300,
    connection: Connection,
    console: Console,
) -> None:
    """Log in to a platform, for this command and later ones.

    The login is tested with a read-only call, and stored for the profile and the base URL, readable only by you. On a
    terminal, the command prompts for missing values. For the Human Cell Atlas (`hca`), it opens a browser.

    Args:
        platform: The platform: hca (the Data Store, Fusillade and Upload together), azul, gdc, sb, gen3, drs, htsget,
            refget, trs, crunch or pangea.
        credentials_file: Credentials file of a Gen3 commons, from your profile page, or file with the token of another
            platform, such as the GDC's; - reads it from stdin. For azul
            that of a Google account, by default the application default credentials; the client secrets of an OAuth
            application open a browser.
        user: User name or email address, for platforms with password login.
        token_stdin: Read the token from stdin, as --access-token - does.
        password_stdin: Read the password of --user from stdin.
        device: Print a URL for a browser on another machine, and prompt for the code that it shows.
        store: Where to store the login (default: as the setting store states, else the keyring if it is unlocked, else
            a file).
        timeout: Seconds to wait for the browser.
        connection: What the global options state.
        console: Where questions go.
    """
    if token_stdin:
        check_unused("with --token-stdin", access_token=connection.access_token not in (None, "-"))
    token = _token(connection, token_stdin=token_stdin)
    profile = connection.profile
    if token is not None:
        check_unused("with a token", device=device, password_stdin=password_stdin)
    elif user is None and (platform == HCA or KINDS[platform].takes != "password"):
        check_unused("without --user", password_stdin=password_stdin)
    if platform == HCA and token is None:
        check_unused("for hca", credentials_file=credentials_file, user=user)
        url = base_url_for(HCA, connection.base_url, profile)
        account = log_in_by_browser(
            url, profile, store, on_message=lambda text: _lines(console, text), device=device, timeout=timeout
        )
    elif device and not KINDS[platform].google:
        raise UsageError(f"{platform} has no login by browser", remedy=f"Use a {KINDS[platform].takes}.")
    else:
        url = connection.base_url
        if (
            platform != "gen3" and console.is_attended
        ):  # prompted for in this order; a credentials file states its commons
            url = base_url_for(platform, url, profile) or _prompt(console, "Base URL: ", "--base-url")
        if KINDS[platform].google and token is None and user is None:
            on_message = partial(_lines, console)
            stored, issuer = google_file(credentials_file, on_message=on_message, device=device, timeout=timeout), None
        else:
            stored, issuer = _login_of_options(
                platform, token, credentials_file, user, console, password_stdin=password_stdin
            )
        # A credentials file of Gen3 states its commons, and an option overrides it.
        url = base_url_for(platform, url or issuer, profile)
        account = log_in(platform, stored, url or _prompt(console, "Base URL: ", "--base-url"), profile, store)
    end = f" until {account.expires_at}" if account.expires_at else ""
    who = f" as {account.user}" if account.user else ""
    console.message(
        f"logged in to {account.base_url}{who}{end}; stored in {account.origin} (profile {account.profile})"
    )
    _warn_of_shadow(account, profile, token, console)


def _warn_of_shadow(account: Account, profile: str | None, token: str | None, console: Console) -> None:
    """Warn of variables that take precedence over a login that was just stored, unless they have its token."""
    origin = shadowing_origin(account, profile)
    if origin and token not in os.environ.values():
        console.warning(
            f"the login is not used yet: it comes after {origin}. Unset that, or pass --profile {account.profile}."
        )


def _token(connection: Connection, *, token_stdin: bool) -> str | None:
    option_value = connection.access_token
    if token_stdin or option_value == "-":
        return _from_stdin("the token")
    if option_value is not None and not option_value:  # a variable that a script left empty: no question may replace it
        raise UsageError("--access-token is empty", remedy="Use a token, or omit the option.")
    return option_value


def _from_stdin(what: str) -> str:
    text = text_of(STREAM, what).strip()
    if not text:
        raise UsageError(f"stdin is empty, but {what} is read from it", remedy="Send it to stdin: < FILE.")
    return text


def _prompt(console: Console, question: str, option: str, *, hidden: bool = False) -> str:
    """Ask for what is missing; without a terminal it is an error that names the option."""
    response = ""
    if console.is_attended:
        import getpass

        response = getpass.getpass(question) if hidden else console.response(question)
    if not response.strip():
        raise UsageError(f"{question.rstrip(': ')} missing", remedy=f"Pass it with {option}.")
    return response.strip()


def _login_of_options(
    platform: str, token: str | None, file: Path | None, user: str | None, console: Console, *, password_stdin: bool
) -> tuple[StoredLogin, str | None]:
    """Return the login to test and store, and the base URL that it states."""
    kind = KINDS[platform]
    # Which of two logins is meant is not guessed: one of them may be another account.
    if sum(source is not None for source in (token, file, user)) > 1:
        raise UsageError(
            "--access-token, --credentials-file and --user are mutually exclusive", remedy="Use one of them."
        )
    if file is not None and kind.takes not in ("token", "credentials file"):
        raise UsageError(f"{platform} has no credentials file", remedy=f"Use a {kind.takes}.")
    if token is not None:
        return StoredLogin(Token(token)), _issuer(token) if platform == "gen3" else None
    if kind.takes == "password" or (kind.basic and user is not None):
        name = user or _prompt(console, "E-mail address: ", "--user")
        password = (
            _from_stdin("the password")
            if password_stdin
            else _prompt(console, "Password: ", "--password-stdin", hidden=True)
        )
        return StoredLogin(Token(password), kind="basic" if kind.basic else "password", user=name), None
    if user is not None:
        raise UsageError(f"{platform} takes no password", remedy=f"Use a {kind.takes}.")
    if file is not None and kind.takes == "token":
        text = _from_stdin("the token") if str(file) == "-" else read_credentials_file(Path(file))
        return StoredLogin(Token(checked_token(text.strip(), str(file)))), None
    if kind.takes == "token":
        console.message(kind.remedy)
        return StoredLogin(Token(_prompt(console, "Token: ", "--token-stdin", hidden=True))), None
    named = str(file or _prompt(console, "Credentials file: ", "--credentials-file"))
    text = _from_stdin("the credentials file") if named == "-" else read_credentials_file(Path(named))
    return credentials_file(text, named)


def _issuer(token: str) -> str | None:
    from omicsdk.gen3.sources import endpoint_from_token

    try:
        return endpoint_from_token(token)
    except AuthError:  # a token that does not state its commons needs --base-url
        return None


def logout(platform: str | None = None, *, connection: Connection, console: Console) -> None:
    """Log out: delete a stored login, and revoke it if the platform supports that.

    Logins of other programs and variables are unchanged.

    Args:
        platform: The platform; all stored logins of the profile by default.
        connection: What the global options state.
        console: Prints messages.
    """
    # Without a platform logins of all profiles are deleted, after a question.
    profile = connection.profile or ("default" if platform else None)
    logins = stored_logins(platform, profile, connection.base_url)
    if not logins:
        console.message("no login is stored" + (f" for {platform}" if platform else ""))
        return
    if platform is None and not console.confirm(f"Log out of {len(logins)} platforms?"):
        return
    for location, stored in logins:
        log_out(location, stored, console.warning)
        console.message(f"logged out of {location.platform} at {location.url} (profile {location.profile})")


def whoami(platform: str | None = None, *, connection: Connection, console: Console) -> list[Account]:
    """Show the user of the login of each platform, and when each login expires.

    Each login of a platform is tested with a read-only call. The exit code is 4 if a platform refuses one. Without a
    platform, also names the credentials that are used for DRS servers, gs:// and s3://, and where they are from.

    Args:
        platform: The platform; all that have a login by default.
        connection: What the global options state.
        console: Prints messages.
    """
    account_list = list(accounts((platform,) if platform else tuple(KINDS), connection.base_url, connection.profile))
    if platform and not account_list:
        public = KINDS[platform].public
        remedy = f"{public}; for the rest run: omics login {platform}" if public else f"Run: omics login {platform}"
        raise AuthError(f"Not logged in to {KINDS[platform].title}", remedy=remedy)
    if platform is None:
        account_list += storage_accounts(os.environ)
    if not account_list:
        console.message("no platform has a login. Run: omics login PLATFORM")
    for account in account_list:
        if account.problem:  # no table has room for it
            console.warning(f"{account.platform}: {account.problem}")
    console.exit_code = max((account.code for account in account_list), default=0)
    return account_list


def account_rows(result: list[Account], call: object) -> list[dict[str, Any]]:
    """The rows of `omics whoami`: problems only if there are any."""
    del call
    names = ("platform", "profile", "user", "base_url", "expires_at", "origin")
    rows = [{name: getattr(account, name) for name in names} for account in result]
    return [
        {**row, "problem": account.problem} if account.problem else row
        for row, account in zip(rows, result, strict=True)
    ]


def service_login(
    client: Platform,
    access_token: str | None = None,
    *,
    remote: bool = False,
    migrate: bool = False,
    timeout: float = 300,
    console: Console,
) -> None:
    """Log in, for this command and later ones.

    Opens a browser and waits until the login is finished there. The tokens are stored in a separate file that only you
    can read, and are renewed automatically while the service allows it. The Data Store, Fusillade and Upload share a
    login.

    Args:
        client: The service.
        access_token: Store this token as it is; it cannot be renewed.
        remote: Print the login URL for a browser on another machine, and prompt for the code that it shows.
        migrate: Copy the login from the configuration of the published client.
        timeout: Seconds to wait for the login in the browser.
        console: Where the address and questions go.
    """
    from omicsdk import Fusillade

    if access_token == "":  # a variable that a script left empty: no browser may open for it
        raise UsageError("--access-token is empty", remedy="Use a token, or omit it to log in with a browser.")
    service = _service(client, lambda text: _lines(console, text))
    stored_login = service.login(access_token=access_token or "", remote=remote, migrate=migrate, timeout=timeout)
    end = "" if stored_login.expires_at is None else f" until {moment(stored_login.expires_at)}"
    renewed = ", renewed automatically" if stored_login.renewable else ""
    console.message(f"logged in to {origin_of(stored_login.service)}{end}{renewed}; stored in {stored_login.path}")
    platform = "auth" if isinstance(client, Fusillade) else "dss"
    _warn_of_shadow(
        Account(platform, chosen_profile() or DEFAULT_PROFILE, client.base_url), None, access_token, console
    )


def service_logout(client: Platform, *, console: Console) -> None:
    """Delete the stored login, and have the service revoke it.

    Also removes a login that the published client stored in its configuration.

    Args:
        client: The service.
        console: Prints messages.
    """
    if _service(client, console.warning).logout():
        console.message(f"logged out of {origin_of(client.base_url)}")
    else:
        console.message(f"no login is stored for {origin_of(client.base_url)}")


def _service(client: Platform, on_message: Callable[[str], None]) -> ServiceLogin:
    from omicsdk import Fusillade
    from omicsdk.hca.login import ServiceLogin

    section = "AuthClient" if isinstance(client, Fusillade) else "DSSClient"
    return ServiceLogin(section, base_url=client.base_url, on_message=on_message)


def _lines(console: Console, text: str) -> None:
    """Show text whatever the level: the address is needed to log in."""
    for line in text.splitlines():
        console.line(line)
