"""What was found of a platform's settings and credentials, and the one call that tries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.core.credentials import Credentials


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
