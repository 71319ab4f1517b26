"""Variables by which other programs find a running sandbox: their names and values, and lines of shells that set them."""

import json
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from omicsdk.core.files import in_place_of
from omicsdk.core.settings.config import set_value
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.gen3.access import ADMINISTRATOR as GEN3_ADMINISTRATOR
from omicsdk.sandbox.gen3.access import client_secret
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.running import Platforms
from omicsdk.sandbox.s3.staging import STAGING_BUCKET, owner_credentials
from omicsdk.sandbox.sb import sandbox_sb_token
from omicsdk.sandbox.sb.service import PREFIX as SB_PREFIX
from omicsdk.sandbox.service import ALL_GROUPS
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.upload.state import BUCKET_TEMPLATE, api_key


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


# A token for people who try things out outlives any session of that kind.
_LONG = 30 * 24 * 3600.0


def variables(at: Addresses, platforms: Platforms, folder: Path) -> dict[str, str]:
    """The variables; asking for them starts the S3 server, makes tokens and a key, and writes files below the folder.

    Args:
        at: Where the services are.
        platforms: Their state.
        folder: The sandbox's folder.
    """
    tokens = platforms.grounds.tokens
    credentials = platforms.gen3.credentials_file(folder / "gen3-credentials.json", at.gen3_url, GEN3_ADMINISTRATOR)
    return {
        "OMICS_SANDBOX_URL": at.url,
        "AWS_ENDPOINT_URL_S3": platforms.grounds.staging.url,
        **at.s3_credentials,
        "HCA_CONFIG_FILE": str(_hca_config(at, folder)),
        "OMICS_DSS_TOKEN": tokens.issue(ADMINISTRATOR, _LONG, ALL_GROUPS),
        "OMICS_DSS_STAGING_BUCKET": at.staging_bucket,
        "OMICS_AUTH_TOKEN": tokens.issue(ADMINISTRATOR, _LONG, ALL_GROUPS),
        "OMICS_UPLOAD_TOKEN": at.upload_key,
        "SB_API_ENDPOINT": at.sb_url,
        "SB_AUTH_TOKEN": at.sb_token,
        "GEN3_ENDPOINT": at.gen3_url,
        "GEN3_API_KEY": str(credentials),
        "CRUNCH_URL": at.crunch_url,
        "CRUNCH_TOKEN": at.crunch_token,
        "CRUNCH_STORAGE_SETTINGS": str(crunch_storage_settings(platforms, folder)),
        "PANGEA_ENDPOINT": at.pangea_url,
        "PANGEA_USER": SANDBOX_PANGEA_USER,
        "PANGEA_PASS": at.password,
    }


def _hca_config(at: Addresses, folder: Path) -> Path:
    """The file of settings of the Human Cell Atlas's clients."""
    config = folder / "hca-config.json"
    sections = {
        "DSSClient": {"swagger_url": at.swagger_url},
        "AuthClient": {"swagger_url": at.auth_swagger_url},
        "upload": {
            "preprod_api_url_template": at.upload_url,
            "production_api_url": at.upload_url,
            "bucket_name_template": BUCKET_TEMPLATE,
        },
    }
    # One by one: the file is also where the user's own settings go, a selected upload area among them.
    for section, settings in sections.items():
        for name, value in settings.items():
            set_value(config, (section, name), value)
    return config


def crunch_storage_settings(platforms: Platforms, folder: Path) -> Path:
    """A file of settings that says where the django-crunch site's datasets have their files: below the sandbox's folder.

    Args:
        platforms: The platforms' state.
        folder: The sandbox's folder.
    """
    path = folder / "crunch-storage.json"
    content = json.dumps({"MEDIA_ROOT": str(platforms.crunch.storage)}, indent=4)
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        with in_place_of(path) as file:
            file.write(content.encode())
    return path


SHELLS = {"sh": "sh, bash, zsh", "fish": "fish", "powershell": "PowerShell"}
"""Each shell that there are lines for, and what people call it."""

_FISH = re.compile(r"([\\'])")
# PowerShell takes typographic quotes for the plain one.
_POWERSHELL = re.compile("(['\u2018\u2019\u201a\u201b])")


def _fish(value: str) -> str:
    return _FISH.sub(r"\\\1", value)


def _powershell(value: str) -> str:
    return _POWERSHELL.sub(r"\1\1", value)


def shell_lines(environment: Mapping[str, str], shell: str = "sh") -> str:
    """Lines that set variables.

    Args:
        environment: Names and values.
        shell: One of `SHELLS`; default sh.

    Returns:
        One line for each, every one with its end.

    Raises:
        ValueError: There is no such shell.
    """
    match shell:
        case "sh":
            lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
        case "fish":
            lines = [f"set -gx {name} '{_fish(value)}'" for name, value in environment.items()]
        case "powershell":
            lines = [f"$env:{name} = '{_powershell(value)}'" for name, value in environment.items()]
        case _:
            raise ValueError(f"there are no lines for {shell!r}; there are for {', '.join(SHELLS)}")
    return "".join(f"{line}\n" for line in lines)
