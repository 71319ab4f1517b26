"""The credentials that DRS servers, gs:// and s3:// are read with, and where they are from. Nothing here sends a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from omicsdk.core.errors import OmicsError
from omicsdk.core.redaction import mask_url
from omicsdk.logins import Account

GOOGLE = "https://storage.googleapis.com"
AMAZON = "https://s3.amazonaws.com"


def storage_accounts(environ: Mapping[str, str]) -> Iterator[Account]:
    """Find the credentials that are used for storage and for known DRS servers, which several platforms share.

    Args:
        environ: The environment's variables: of Google, of AWS and of the profiles of both.

    Yields:
        Those that exist, and those that cannot be used, with the problem. None is tested.
    """
    for platform, url, find in (("google", GOOGLE, _google), ("s3", AMAZON, _s3)):
        try:
            account = find(environ)
        except OmicsError as error:
            account = Account(platform, "", url, problem=str(error), code=1)
        if account is not None:
            yield account
    yield from _drs_servers()


def _google(environ: Mapping[str, str]) -> Account | None:
    from omicsdk.core.oauth.google import READ_STORAGE, TOKEN_VARIABLE, default_file, found_credentials

    if found_credentials(environ, READ_STORAGE, [GOOGLE]) is None:
        return None
    url = environ.get("OMICS_GOOGLE_URL", "").strip() or GOOGLE
    origin = TOKEN_VARIABLE if environ.get(TOKEN_VARIABLE, "").strip() else str(default_file(environ))
    return Account("google", "", mask_url(url), origin=origin)


def _s3(environ: Mapping[str, str]) -> Account | None:
    from omicsdk.transfer.s3.settings import Settings

    settings = Settings(environ=environ)
    key, origin = settings.described_keys()
    return Account("s3", "", mask_url(settings.endpoint_url or AMAZON), key, origin=origin) if origin else None


def _drs_servers() -> Iterator[Account]:
    from omicsdk.drs.identifiers import KNOWN_HOSTS
    from omicsdk.fs.stores.drs import found_login

    for server in KNOWN_HOSTS:
        if "*" not in server.host and found_login(server.host) is not None:
            yield Account("drs", "", f"https://{server.host}", origin=f"the login of {server.login}")
