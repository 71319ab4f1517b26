"""The environment variables that lead programs to a sandbox, and the files that some of them name."""

import json
from pathlib import Path

from omicsdk.core.files import in_place_of
from omicsdk.core.settings.config import set_value
from omicsdk.sandbox.auth import ALL_GROUPS
from omicsdk.sandbox.environment.addresses import Addresses
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.gen3.access import ADMINISTRATOR as GEN3_ADMINISTRATOR
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.platforms import Platforms
from omicsdk.sandbox.upload.state import BUCKET_TEMPLATE

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
