"""The clients of the Data Store: every operation of the service, and the workflows built on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omicsdk_api.dss import AsyncDssApi, DssApi

from omicsdk.core.consistency import UUID, Identifier, Rule, Rules
from omicsdk.core.platform import AsyncPlatform, Listing, Opening, Platform, Workflow, late_modules
from omicsdk.hca.services import CLAIMS, discovery

if TYPE_CHECKING:
    from omicsdk.hca.dss import bundles, collections, downloads, jobs, uploads
else:
    bundles, collections, downloads, jobs, uploads = late_modules(
        "omicsdk.hca.dss", "bundles collections downloads jobs uploads"
    )

LOG_IN = "Log in with `omics dss login`, or pass credentials."


@dataclass(frozen=True, slots=True)
class Account:
    """The account in an access token.

    Attributes:
        email: Its e-mail address.
        group: Its group, such as `hca`; empty if the token states none.
        expires_at: Seconds since 1970 at which the token ends; None if it does not state that.
    """

    email: str
    group: str
    expires_at: float | None


def _whoami(client: Dss) -> Account:
    """Show the account of the login, from its access token, without a request.

    Returns:
        The account.

    Raises:
        AuthError: There is no login, it has expired and cannot be renewed, or its token does not state an account.
    """
    from omicsdk.core.credentials import jwt_claims, jwt_expiry
    from omicsdk.core.errors import AuthError

    if client.credentials is None:
        raise AuthError("There is no login", remedy=LOG_IN)
    token = client.credentials.headers("GET", client.base_url).get("authorization", "").removeprefix("Bearer ")
    claims = jwt_claims(token)
    email, group = (str(claims.get(f"{CLAIMS}{name}") or "") for name in ("email", "group"))
    if not email:
        raise AuthError("The access token does not state an account", remedy=LOG_IN)
    return Account(email, group, jwt_expiry(token))


_VERSION = Identifier("version")


class _Workflows:
    """What both clients have beside the operations, and how they compare responses with requests."""

    _checks = Rules(
        Rule("uuid", UUID, ["bundle.uuid"]),
        Rule("uuid", UUID, ["uuid"]),
        Rule("version", _VERSION, ["bundle.version"], frozenset({"get_bundle"})),
        Rule("version", _VERSION, operations=frozenset({"get_file", "head_file"}), headers=["x-dss-version"]),
    )
    _discovery = discovery("DSSClient")

    whoami = Workflow(_whoami)
    ls = Listing(bundles.ls, ("name", "size", "uuid", "version"))
    open = Opening(bundles.open_file)
    download = Workflow(downloads.download)
    download_manifest = Workflow(downloads.download_manifest)
    download_collection = Workflow(collections.download_collection)
    verify = Workflow(downloads.verify)
    upload = Workflow(uploads.upload)
    register_file = Workflow(jobs.register_file)
    checkout = Workflow(jobs.checkout)
    create_collection = Workflow(collections.create_collection)
    change_collection = Workflow(collections.change_collection)
    change_bundle = Workflow(collections.change_bundle)

    @staticmethod
    def create_version() -> str:
        """Return a new version of a bundle, file or collection: the time now as DSS_VERSION."""
        return bundles.create_version()


class Dss(_Workflows, Platform, DssApi):
    __doc__ = f"The Data Store of the Human Cell Atlas.\n\n    {Platform.__doc__}"


class AsyncDss(_Workflows, AsyncPlatform, AsyncDssApi):
    __doc__ = f"The Data Store of the Human Cell Atlas, for asyncio.\n\n    {AsyncPlatform.__doc__}"

    _blocking_class = Dss
