"""Where the services of a sandbox are, and what its clients present there."""

from abc import ABC, abstractmethod

from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_TOKEN
from omicsdk.sandbox.s3.staging import STAGING_BUCKET
from omicsdk.sandbox.sb import SANDBOX_SB_TOKEN
from omicsdk.sandbox.sb.service import PREFIX as SB_PREFIX
from omicsdk.sandbox.upload.state import API_KEY


class Addresses(ABC):
    """The addresses of one server's services."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Scheme, host and port."""

    @property
    def swagger_url(self) -> str:
        """The URL of the Data Store's document, as its clients are configured with."""
        return f"{self.url}/dss/v1/swagger.json"

    @property
    def upload_url(self) -> str:
        """The URL of the Upload service's interface, as its published client is configured with.

        The generated client's paths have the version themselves: its base URL is this one without `/v1`.
        """
        return f"{self.url}/upload/v1"

    @property
    def upload_key(self) -> str:
        """The Upload service's `Api-Key`, which makes and deletes areas."""
        return API_KEY

    @property
    def sb_url(self) -> str:
        """The base URL of the Seven Bridges Platform, as its clients are configured with."""
        return f"{self.url}{SB_PREFIX}"

    @property
    def sb_token(self) -> str:
        """The token of the platform's user sandbox-user."""
        return SANDBOX_SB_TOKEN

    @property
    def gen3_url(self) -> str:
        """The endpoint of the Gen3 data commons."""
        return self.url

    @property
    def crunch_url(self) -> str:
        """The base URL of the django-crunch site, as its clients are configured with."""
        return f"{self.url}/crunch"

    @property
    def crunch_token(self) -> str:
        """The token of the site's administrator."""
        return SANDBOX_CRUNCH_TOKEN

    @property
    def pangea_url(self) -> str:
        """The endpoint of Pangea."""
        return f"{self.url}/pangea"

    @property
    def auth_swagger_url(self) -> str:
        """The URL of Fusillade's document, as its clients are configured with."""
        return f"{self.url}/auth/swagger.json"

    @property
    def staging_bucket(self) -> str:
        """A bucket on the S3 server that is there from the start."""
        return STAGING_BUCKET
