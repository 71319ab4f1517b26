"""Where the services of a sandbox are, and what its clients present there."""

from abc import ABC, abstractmethod

from omicsdk.sandbox.gen3.access import client_secret
from omicsdk.sandbox.s3.staging import STAGING_BUCKET, owner_credentials
from omicsdk.sandbox.sb import sandbox_sb_token
from omicsdk.sandbox.sb.service import PREFIX as SB_PREFIX
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.upload.state import api_key


class Addresses(ABC):
    """The addresses of one server's services."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Scheme, host and port."""

    @property
    @abstractmethod
    def secrets(self) -> Secrets:
        """What tokens, passwords and keys of the services derive from: random, of this sandbox alone."""

    @property
    def password(self) -> str:
        """The password of the accounts that the sandbox makes, django-crunch's and Pangea's."""
        return self.secrets.password

    @property
    def s3_credentials(self) -> dict[str, str]:
        """The variables of the key that may do everything on the S3 server: AWS_ACCESS_KEY_ID and so on."""
        return owner_credentials(self.secrets)

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
        return api_key(self.secrets)

    @property
    def sb_url(self) -> str:
        """The base URL of the Seven Bridges Platform, as its clients are configured with."""
        return f"{self.url}{SB_PREFIX}"

    @property
    def sb_token(self) -> str:
        """The token of the platform's user sandbox-user."""
        return sandbox_sb_token(self.secrets)

    @property
    def gen3_url(self) -> str:
        """The endpoint of the Gen3 data commons."""
        return self.url

    @property
    def gen3_client_secret(self) -> str:
        """The secret of the program `sandbox-client`, which logs in to the Gen3 commons by itself."""
        return client_secret(self.secrets)

    @property
    def crunch_url(self) -> str:
        """The base URL of the django-crunch site, as its clients are configured with."""
        return f"{self.url}/crunch"

    @property
    @abstractmethod
    def crunch_token(self) -> str:
        """The token of the site's administrator."""

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
