"""Storage settings with Django's keys, from a mapping or a TOML or JSON file, without Django."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import read_small_text
from omicsdk.core.type_guards import is_mapping
from omicsdk.crunch.storage.base import METHODS, Storage
from omicsdk.crunch.storage.folder import FILE_MODE, FolderStorage

_FOLDER = "django.core.files.storage.FileSystemStorage"
_FOLDERS = {_FOLDER, "django.core.files.storage.filesystem.FileSystemStorage"}
_S3 = {
    "storages.backends.s3boto3.S3Boto3Storage",
    "storages.backends.s3boto3.S3StaticStorage",
    "storages.backends.s3.S3Storage",
    "storages.backends.s3.S3StaticStorage",
}
_SUPPORTED = (
    f"Supported are MEDIA_ROOT ({_FOLDER}), storages.backends.s3.S3Storage and storages.backends.s3boto3.S3Boto3Storage with "
    "their AWS_ keys, FSSPEC_URL with FSSPEC_OPTIONS, or an object with the methods of a Django storage."
)
#: django-storages' settings of S3: their names in OPTIONS, and in settings, of which the first that exists is used.
_S3_KEYS: Mapping[str, tuple[str, ...]] = {
    "bucket_name": ("AWS_STORAGE_BUCKET_NAME",),
    "location": ("AWS_LOCATION",),
    "endpoint_url": ("AWS_S3_ENDPOINT_URL",),
    "access_key": ("AWS_S3_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"),
    "secret_key": ("AWS_S3_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"),
    "security_token": ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
    "session_profile": ("AWS_S3_SESSION_PROFILE",),
    "region_name": ("AWS_S3_REGION_NAME",),
    "addressing_style": ("AWS_S3_ADDRESSING_STYLE",),
    "signature_version": ("AWS_S3_SIGNATURE_VERSION",),
    "use_ssl": ("AWS_S3_USE_SSL",),
    "verify": ("AWS_S3_VERIFY",),
    "proxies": ("AWS_S3_PROXIES",),
    "default_acl": ("AWS_DEFAULT_ACL",),
    "object_parameters": ("AWS_S3_OBJECT_PARAMETERS",),
    "custom_domain": ("AWS_S3_CUSTOM_DOMAIN",),
    "querystring_auth": ("AWS_QUERYSTRING_AUTH",),
    "querystring_expire": ("AWS_QUERYSTRING_EXPIRE",),
}
#: Those that are no texts.
_S3_OTHERS = frozenset({"use_ssl", "verify", "proxies", "object_parameters", "querystring_auth", "querystring_expire"})
_READERS: Mapping[str, Callable[[str], object]] = {".toml": tomllib.loads, ".json": json.loads}


def open_storage(settings: Mapping[str, Any] | str | os.PathLike[str] | Storage) -> Storage:
    """Open the storage that settings describe.

    A saved file replaces one of the same name in all of them: AWS_S3_FILE_OVERWRITE is ignored, and Django's
    `name_<letters>` is never used. Other keys are ignored, so that a site's own settings can be used.

    Args:
        settings: Django's settings as a mapping or a .toml or .json file: MEDIA_ROOT; DEFAULT_FILE_STORAGE, or
            STORAGES["default"] with BACKEND and OPTIONS; the AWS_ keys of django-storages. Or FSSPEC_URL and
            FSSPEC_OPTIONS for fsspec, with FSSPEC_AT_ONCE, the number of concurrent transfers: 1 or more, by default 4;
            sftp needs 1. Or a storage, which is returned.

    Returns:
        The storage.

    Raises:
        ConfigError: The settings cannot be read, or name no storage, or one that is not known.
        MissingExtra: fsspec is not installed.
        UsageError: fsspec cannot open the address.
    """
    if isinstance(settings, str | os.PathLike):
        settings = read_settings(Path(settings))
    if not is_mapping(settings):
        return _custom_storage(settings)
    values = cast("Mapping[str, Any]", settings)
    if url := values.get("FSSPEC_URL"):
        from omicsdk.crunch.storage.fsspec import AT_ONCE, FsspecStorage
        from omicsdk.transfer import FsspecTarget

        options = _mapping("FSSPEC_OPTIONS", values.get("FSSPEC_OPTIONS") or {})
        at_once = _number("FSSPEC_AT_ONCE", values.get("FSSPEC_AT_ONCE", AT_ONCE), "files")
        return FsspecStorage(FsspecTarget.of(_text("FSSPEC_URL", url), **options), at_once)
    default = _mapping('STORAGES["default"]', _mapping("STORAGES", values.get("STORAGES") or {}).get("default") or {})
    backend = (
        default.get("BACKEND") or values.get("DEFAULT_FILE_STORAGE") or (_FOLDER if values.get("MEDIA_ROOT") else "")
    )
    backend = _text("DEFAULT_FILE_STORAGE", backend)
    options = _mapping('STORAGES["default"]["OPTIONS"]', default.get("OPTIONS") or {})
    if backend in _FOLDERS:
        return _folder(values, options)
    if backend in _S3:
        return _s3(values, options)
    if not backend:
        raise ConfigError("The storage settings name no storage", remedy=_SUPPORTED)
    raise ConfigError(f"The storage settings name {backend!r}, which is unknown", remedy=_SUPPORTED)


def read_settings(path: Path) -> Mapping[str, Any]:
    """Read a file of settings.

    Args:
        path: A .toml or .json file.

    Raises:
        ConfigError: It does not exist, cannot be read, or is something else.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ConfigError(
            f"{path} cannot be read as storage settings: its name ends in {path.suffix or 'nothing'}",
            remedy="Use a .toml or a .json file with the keys of Django's settings, such as MEDIA_ROOT.",
        )
    try:
        values = read(read_small_text(path))
    except OSError as error:
        raise ConfigError(
            f"The storage settings {path} cannot be read: {error.strerror or error}",
            remedy="Check --storage-settings or CRUNCH_STORAGE_SETTINGS.",
        ) from error
    except (ValueError, RecursionError) as error:  # of UTF-8, TOML and JSON
        raise ConfigError(
            f"The storage settings {path} cannot be parsed: {error}", remedy=f"Correct its {path.suffix[1:].upper()}."
        ) from error
    return _mapping(str(path), values)


def _custom_storage(storage: object) -> Storage:
    missing = [method for method in METHODS if not callable(getattr(storage, method, None))]
    if missing:
        raise ConfigError(
            f"A {type(storage).__name__} cannot be a storage: it has no {', '.join(missing)}", remedy=_SUPPORTED
        )
    return cast("Storage", storage)


def _folder(settings: Mapping[str, Any], options: Mapping[str, Any]) -> FolderStorage:
    def setting(option: str, key: str) -> tuple[str, object]:
        return key, options.get(option, settings.get(key))

    location = options.get("location") or settings.get("MEDIA_ROOT") or ""
    if not location:
        raise ConfigError(
            "The storage settings have no MEDIA_ROOT", remedy="Set MEDIA_ROOT to the folder of the storage."
        )
    return FolderStorage(
        _text("MEDIA_ROOT", location),
        base_url=_text("MEDIA_URL", options.get("base_url") or settings.get("MEDIA_URL") or ""),
        file_mode=_mode(*setting("file_permissions_mode", "FILE_UPLOAD_PERMISSIONS")) or FILE_MODE,
        folder_mode=_mode(*setting("directory_permissions_mode", "FILE_UPLOAD_DIRECTORY_PERMISSIONS")),
    )


def _mode(key: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value & ~0o7777:
        raise ConfigError(f"{key} is {value!r}", remedy="Use permissions as a whole number: 0o644 is 420 in JSON.")
    return value


def _s3(settings: Mapping[str, Any], options: Mapping[str, Any]) -> Storage:
    from omicsdk.core.s3_clients import s3_client
    from omicsdk.crunch.storage.s3 import EXPIRES, S3Storage

    fields: dict[str, Any] = {}
    for option, keys in _S3_KEYS.items():
        value = next((settings[key] for key in keys if settings.get(key) is not None), None)
        fields[option] = options.get(option, value)
        if fields[option] is not None and option not in _S3_OTHERS:
            _text(keys[0], fields[option])
    if not fields["bucket_name"]:
        raise ConfigError(
            "The storage settings have no AWS_STORAGE_BUCKET_NAME", remedy="Set it to the name of the bucket."
        )
    extra = dict(_mapping("AWS_S3_OBJECT_PARAMETERS", fields["object_parameters"] or {}))
    if fields["default_acl"]:
        extra.setdefault("ACL", fields["default_acl"])
    client = s3_client(
        profile=fields["session_profile"],
        region=fields["region_name"],
        config={
            "s3": {"addressing_style": fields["addressing_style"]} if fields["addressing_style"] else None,
            "signature_version": fields["signature_version"],
            "proxies": dict(_mapping("AWS_S3_PROXIES", fields["proxies"] or {})) or None,
        },
        settings="the storage",
        endpoint_url=fields["endpoint_url"],
        use_ssl=fields["use_ssl"] is not False,
        verify=fields["verify"],
        aws_access_key_id=fields["access_key"],
        aws_secret_access_key=fields["secret_key"],
        aws_session_token=fields["security_token"],
    )
    return S3Storage(
        client,
        fields["bucket_name"],
        fields["location"] or "",
        extra_args=extra,
        expires=_number("AWS_QUERYSTRING_EXPIRE", fields["querystring_expire"] or EXPIRES, "seconds"),
        domain=fields["custom_domain"] or "",
        signed=fields["querystring_auth"] is not False,
    )


def _number(key: str, value: object, unit: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{key} is {value!r}", remedy=f"Use {unit} as a whole number, 1 or more.")
    return value


def _text(name: str, value: object) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(cast("os.PathLike[str]", value))
    if not isinstance(value, str):
        raise ConfigError(f"{name} is {type(value).__name__}, not text", remedy="Correct the storage settings.")
    return value


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if not is_mapping(value):
        raise ConfigError(f"{name} is {type(value).__name__}, not a table", remedy="Correct the storage settings.")
    return cast("Mapping[str, Any]", value)
