"""The client of the GDC, and the token of a user: of GDC_TOKEN, or stored by `omics login gdc`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk_api.archives.gdc import GdcApi

from omicsdk.core.checked_tokens import checked_token
from omicsdk.core.credentials import ApiKey, Credentials
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import read_small_text
from omicsdk.core.platform import Discovery, Platform, Search, SourceResult, resolution
from omicsdk.core.settings.profiles import environ_of

HOST = "https://api.gdc.cancer.gov"
URL_VARIABLE = "OMICS_GDC_URL"
TOKEN_VARIABLE = "GDC_TOKEN"  # noqa: S105 - a name
REMEDY = f"Run: omics login gdc. Or set {TOKEN_VARIABLE} to a token of the GDC data portal, or to its file."
REFUSED = "A token of the GDC expires after 30 days: download a new one from the portal, or apply for access at dbGaP."


def token_credentials(token: str) -> Credentials:
    """Make the credentials of a token, which the GDC takes in a header of its own.

    Args:
        token: The token.
    """
    return ApiKey(token, header="X-Auth-Token")


def _variables(search: Search) -> SourceResult:
    url, variable = (search.environ.get(name, "").strip() for name in (URL_VARIABLE, TOKEN_VARIABLE))
    origin = " and ".join(name for name, text in ((URL_VARIABLE, url), (TOKEN_VARIABLE, variable)) if text)
    if not variable or search.is_complete:
        return SourceResult(url or None, None, origin)
    # Unlike `Path.is_file` it raises no error, with the token in it, for one that is longer than any name.
    is_file = os.path.isfile(variable)  # noqa: PTH113
    try:
        token = read_small_text(variable).strip() if is_file else variable
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file of {TOKEN_VARIABLE} cannot be read", remedy="Download it again.") from error
    source = f"The file of {TOKEN_VARIABLE}" if is_file else TOKEN_VARIABLE
    checked_token(token, source, may_be_file=not is_file)
    return SourceResult(url or None, token_credentials(token), origin)


DISCOVERY = Discovery(
    platform="gdc",
    environment=_variables,
    default_url=HOST,
    token=token_credentials,
    remedy=REMEDY,
)


class Gdc(Platform, GdcApi):
    __doc__ = f"""The Genomic Data Commons of the NCI: its projects and files.

    {Platform.__doc__}"""

    _discovery = DISCOVERY


def login(environ: Mapping[str, str]) -> Credentials | None:
    """Return the token that downloads send to the GDC; None without one.

    Args:
        environ: The environment's variables.

    Raises:
        ConfigError: The token cannot be read or is malformed.
    """
    base_url = environ.get(URL_VARIABLE, "").strip() or HOST
    return resolution(DISCOVERY, base_url=base_url, environ=environ_of("gdc", environ)).credentials
