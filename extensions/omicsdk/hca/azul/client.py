"""The clients of Azul: every operation of the service, and the workflows built on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk_api.azul import AsyncAzulApi, AzulApi

from omicsdk.core.consistency import UUID, Rule, Rules
from omicsdk.core.credentials import BearerToken, Credentials
from omicsdk.core.oauth.google import KIND, google_credentials, login_remedy
from omicsdk.core.platform import AsyncPlatform, Discovery, Listing, Opening, Platform, Workflow, late_modules
from omicsdk.core.retry import Retry
from omicsdk.hca.azul.rate import pace

if TYPE_CHECKING:
    from omicsdk.core.token_file import StoredLogin
    from omicsdk.hca.azul import downloads, index, manifests
else:
    downloads, index, manifests = late_modules("omicsdk.hca.azul", "downloads index manifests")

# The service of the Human Cell Atlas and LungMAP.
HOST = "https://service.azul.data.humancellatlas.org"
# The service of AnVIL.
ANVIL_HOST = "https://service.explore.anvilproject.org"


def stored_login(login: StoredLogin, _: str) -> Credentials:
    """Make credentials of a login that `omics login azul` stored.

    Args:
        login: What was stored: a token, or the path of a Google credentials file.
    """
    if login.kind != KIND:
        return BearerToken(login.token.value)
    return google_credentials(Path(login.token.value), remedy=login_remedy("omics login azul"))


DISCOVERY = Discovery(
    platform="azul",
    stored=stored_login,
    default_url=HOST,
    remedy=f"Run `omics login azul`, or set OMICS_AZUL_TOKEN. For AnVIL use --base-url {ANVIL_HOST}.",
)


class _Workflows:
    """What both clients have beside the operations, and how they compare responses with requests."""

    _checks = Rules(Rule("entity_id", UUID, ["entryId"]))
    _discovery = DISCOVERY
    # The firewall requests 30 s with each 429, and may refuse requests for up to 5 minutes.
    _retry = Retry(attempts=16)
    _pace = staticmethod(pace)

    catalogs = Workflow(index.catalogs)
    summary = Workflow(index.summary)
    ls = Listing(index.ls)
    facets = Workflow(index.facets)
    get = Workflow(index.get)
    matrices = Workflow(index.matrices)
    manifest = Workflow(manifests.manifest)
    open = Opening(downloads.open_file)
    download = Workflow(downloads.download)
    verify = Workflow(downloads.verify)


class Azul(_Workflows, Platform, AzulApi):
    __doc__ = f"""Azul, the index of the Human Cell Atlas, LungMAP and AnVIL.

    Requests are sent at the rate that the service accepts from one address.

{Platform.__doc__}"""


class AsyncAzul(_Workflows, AsyncPlatform, AsyncAzulApi):
    __doc__ = f"Azul, the index of the Human Cell Atlas, LungMAP and AnVIL, for asyncio.\n\n{AsyncPlatform.__doc__}"

    _blocking_class = Azul
