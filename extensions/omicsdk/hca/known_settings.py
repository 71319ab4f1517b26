"""The settings of the HCA configuration that have a meaning, and what they may be."""

import json
from collections.abc import Mapping

from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import MASK, is_secret_name, mask_json
from omicsdk.core.settings.config import Json, Settings, keys_of

KNOWN: dict[str, str] = {
    "log_level": "what is told on stderr: DEBUG, INFO, WARNING, ERROR or CRITICAL; the default of --log-level",
    "creator_uid": "number that new files, bundles and collections carry as their creator",
    "DSSClient.swagger_url": "the Data Store's document; the service is at that URL less its last segment",
    "AuthClient.swagger_url": "the document of the authorisation service",
    "application_secrets": "the OAuth 2.0 client that `login` uses; by default the service is asked for it",
    "audience": "whom tokens are made for when somebody logs in",
    "DSSClient.audience": "the same, for the Data Store only",
    "AuthClient.audience": "the same, for the authorisation service only",
    "oauth2_token": "what the published client stored when it logged in",
    "upload.current_area": "UUID of the selected upload area",
    "upload.areas": "known upload areas: {UUID: {uri: URI}}",
    "upload.bucket_name_template": "name of the buckets of upload areas, with {deployment_stage}",
    "upload.production_api_url": "the upload service of the stage prod",
    "upload.preprod_api_url_template": "the upload service of other stages, with {deployment_stage}",
    "client_id": "nothing; the published client's own settings have it, and it reads it nowhere",
    "swagger_filename": "nothing; no document of a service is read when a program runs",
}
"""Every setting that has a meaning, and what it is; beside them stand the defaults of commands."""

KINDS: Mapping[str, str] = {
    "log_level": "text",
    "creator_uid": "a whole number",
    "DSSClient": "an object",
    "DSSClient.swagger_url": "text",
    "AuthClient": "an object",
    "AuthClient.swagger_url": "text",
    "application_secrets": "an object",
    "oauth2_token": "an object",
    "oauth2_token.access_token": "text",
}
"""What a setting must be where it is there. What `upload` holds is looked at by omicsdk.hca.upload."""

KINDS_TO_WRITE: Mapping[str, str] = {
    **KINDS,
    "upload": "an object",
    "upload.areas": "an object",
    "upload.current_area": "text",
    "upload.bucket_name_template": "text",
    "upload.production_api_url": "text",
    "upload.preprod_api_url_template": "text",
}
"""What a setting must be to be written: what stops one service's commands only is refused, too."""


def check_kinds(settings: Settings) -> None:
    """Holds settings against what they must be.

    Args:
        settings: The merged settings.

    Raises:
        ConfigError: One is of another kind; names it with file and line.
    """
    for name, kind in KINDS.items():
        keys = keys_of(name)
        place = settings.place_of(keys)
        value = settings.get(*keys)
        if place is not None and not is_of_kind(kind, value):
            shown = MASK if any(map(is_secret_name, keys)) else json.dumps(mask_json(value))[:60]
            raise ConfigError(f"{place}: {name}: expected {kind}, got {shown}", remedy="Correct it, or take it out.")


def is_of_kind(kind: str, value: Json) -> bool:
    """Whether a value is of a kind that KINDS names; digits in quotes are a whole number too."""
    if kind == "text":
        return isinstance(value, str)
    if kind == "an object":
        return isinstance(value, dict)
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal())
