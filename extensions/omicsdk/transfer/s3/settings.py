"""What clients of S3 are configured with: addresses, regions and keys, from arguments, the environment and ~/.aws.

Fixed keys of the environment and of profiles are read here. Where a profile or the environment names another source (a
role, a login, a program, the machine's own keys), botocore finds them, which takes a third of a second to import.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf
from typing import Any

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import read_small
from omicsdk.core.logs import config_log
from omicsdk.core.redaction import mask_url
from omicsdk.core.sigv4 import Keys

#: The region where nothing names one.
DEFAULT_REGION = "us-east-1"
#: Settings of a profile by which its keys are found otherwise.
_SOURCES = ("role_arn", "web_identity_token_file", "credential_process", "login_session")
#: What no header of a signed request can have.
_UNSENDABLE = re.compile("[^ -~]")
# Bytes of a variable that are not UTF-8.
_SURROGATES = re.compile("[\ud800-\udfff]")

Sections = dict[str, dict[str, str]]


def read_sections(text: str) -> Sections:
    """Read a file of AWS's settings.

    Args:
        text: Its text.

    Returns:
        Settings by section. Those that are indented below one without a value are called `above.name`.

    Raises:
        ValueError: A line is neither a section nor a setting, or repeats one, which botocore refuses, too; or a value has
            several lines.
    """
    sections, section, above, depth = Sections(), None, "", inf
    for line in text.splitlines():
        body = line.strip()
        if not body or body[0] in "#;":
            continue
        if body[0] == "[" and "]" in body:
            name, above, depth = body[1 : body.rindex("]")].strip(), "", inf
            name = re.sub(r"""^(profile|services)\s+["']?(.*?)["']?$""", r"\1 \2", name)
            if name in sections:
                raise ValueError(f"a section that exists already: {name[:20]!r}")
            section = sections[name] = {}
            continue
        match = re.match(r"([^=:]+?)\s*[=:]\s*(.*)", body)
        if match is None or section is None:
            raise ValueError(f"no setting: {body[:20]!r}")
        name, value = match[1].lower(), match[2].strip()
        indent = len(line) - len(line.lstrip())
        if indent > depth and above:
            section[f"{above}.{name}"] = value
        elif indent > depth:
            raise ValueError(f"a value of several lines: {body[:20]!r}")
        elif name in section:
            raise ValueError(f"a setting that exists already: {name[:20]!r}")
        else:
            section[name] = value
            above, depth = "" if value else name, indent
    return sections


def _sections_of(path: str) -> Sections:
    try:
        return read_sections(read_small(os.path.expanduser(path)).decode("utf-8-sig"))
    except FileNotFoundError:
        return {}


class Settings:
    """The settings of a profile, and of the environment, as far as they are read without botocore.

    Args:
        profile_name: The profile of ~/.aws; by default AWS_PROFILE, else "default".
        environ: The environment's variables; by default the process's own.

    Attributes:
        names_profile: Whether an argument named the profile: the environment's keys do not count then.
    """

    def __init__(self, profile_name: str | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self.names_profile = profile_name is not None
        self.profile_name = profile_name
        named = profile_name or self._variable("AWS_PROFILE") or self._variable("AWS_DEFAULT_PROFILE")
        self._profile = named or "default"
        self._lock = threading.Lock()
        self._read()
        # A misspelled profile must not fall back to no keys, or to those of another one.
        if named and not self._config and not self._credentials and not self._unread:
            raise ConfigError(
                f"The AWS settings cannot be used: The config profile ({named}) could not be found",
                remedy="Correct AWS_PROFILE and the other variables of AWS, or ~/.aws/config.",
            )

    def _read(self) -> None:
        environ, name = self._environ, self._profile
        self._unread = False  # whether a file is to be read, and reported, by botocore
        self._config, self._credentials, self._services = dict[str, str](), dict[str, str](), dict[str, str]()
        try:
            config = _sections_of(environ.get("AWS_CONFIG_FILE") or "~/.aws/config")
            self._config = config.get(f"profile {name}") or config.get(name if name == "default" else "") or {}
            self._services = config.get(f"services {self._config.get('services', '')}") or {}
            keys = _sections_of(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
            self._credentials = keys.get(name, {})
        # Nothing is guessed from half a file: botocore reads it again, and its error names the line.
        except (OSError, ValueError):
            self._unread = True

    @property
    def region(self) -> str:
        """The region; empty where nothing names one."""
        return self._variable("AWS_REGION") or self._variable("AWS_DEFAULT_REGION") or self._value("region")

    @property
    def endpoint_url(self) -> str:
        """The configured address of S3; empty for Amazon's."""
        name = "ignore_configured_endpoint_urls"
        if (self._variable(f"AWS_{name.upper()}") or self._value(name)).lower() == "true":
            return ""
        url = self._variable("AWS_ENDPOINT_URL_S3") or self._variable("AWS_ENDPOINT_URL")
        return url or self._services.get("s3.endpoint_url", "") or self._value("endpoint_url")

    def is_set(self, name: str) -> bool:
        """Whether a switch of S3 is on.

        Args:
            name: `use_dualstack_endpoint`, `use_fips_endpoint` or `use_accelerate_endpoint`.
        """
        return (
            self._variable(f"AWS_{name.upper()}") or self._value(f"s3.{name}") or self._value(name)
        ).lower() == "true"

    @property
    def addressing(self) -> str:
        """How buckets are addressed: `path`, `virtual`, or `auto`."""
        return self._value("s3.addressing_style") or "auto"

    def _variable(self, name: str) -> str:
        """Return a variable without the line break or blanks that a copy from a file or a secret leaves around it."""
        return self._environ.get(name, "").strip(" \t\r\n")

    def _value(self, name: str) -> str:
        return self._credentials.get(name) or self._config.get(name) or ""

    # -- keys

    def keys(self) -> Callable[[], Keys | None]:
        """Find the keys.

        Returns:
            A function that returns those of the moment, None if there are none; it may ask for new ones.

        Raises:
            ConfigError: A key or token has characters that no header can have; they are not quoted.
        """
        fixed = self._fixed()
        if fixed is not None:
            if _UNSENDABLE.search(fixed.access + fixed.token) or _SURROGATES.search(fixed.secret):
                raise ConfigError(
                    f"The keys of {self.described_keys()[1]} have characters outside ASCII", remedy="Copy them again."
                )
            return lambda: fixed
        return _found_by_botocore(self.profile_name)

    def described_keys(self) -> tuple[str, str]:
        """Return the public part of the keys, and where they are from. Keys that a service issues are not requested.

        Returns:
            The key's id, empty for one that is issued at first use; and the source, empty if there are no keys.
        """
        fixed = self._fixed()
        profile = f"profile {self._profile} of ~/.aws"
        if fixed is not None:
            is_variable = not self.names_profile and self._variable("AWS_ACCESS_KEY_ID") == fixed.access
            return fixed.access, "AWS_ACCESS_KEY_ID" if is_variable else profile
        if self._environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return "", "AWS_WEB_IDENTITY_TOKEN_FILE"
        return "", profile if self._are_issued() else ""

    def renewed(self) -> Callable[[], Keys | None]:
        """Find the keys again, in files that may have changed."""
        with self._lock:
            self._read()
        return self.keys()

    def _are_issued(self) -> bool:
        """Return whether a role, login or program issues the keys, or may, since a file cannot be read here."""
        names = (*self._credentials, *self._config)
        return self._unread or any(name in _SOURCES or name.startswith("sso_") for name in names)

    def _fixed(self) -> Keys | None:
        access, secret = self._variable("AWS_ACCESS_KEY_ID"), self._variable("AWS_SECRET_ACCESS_KEY")
        # As boto3 does: a profile that is an argument precedes the environment, AWS_PROFILE does not.
        if not self.names_profile and access and secret:
            return Keys(access, secret, self._variable("AWS_SESSION_TOKEN") or self._variable("AWS_SECURITY_TOKEN"))
        # What issues keys, and a key without its secret, is left to botocore's chain and its errors.
        if (
            self._are_issued()
            or (access and not self.names_profile)
            or self._environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
        ):
            return None
        for section in (self._credentials, self._config):
            access, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
            if access and secret:
                return Keys(access, secret, section.get("aws_session_token") or section.get("aws_security_token") or "")
        return None


def _found_by_botocore(profile_name: str | None) -> Callable[[], Keys | None]:
    from omicsdk.core.s3_clients import s3_session

    return keys_of_botocore(s3_session(profile_name).get_credentials())


def keys_of_botocore(credentials: Any) -> Callable[[], Keys | None]:
    """Return a function that returns the keys of the moment.

    Args:
        credentials: botocore's credentials, which renew themselves when they are about to end; None for none.
    """

    def keys() -> Keys | None:
        if credentials is None:
            return None
        from omicsdk.core.s3_clients import reading_settings

        with reading_settings():
            frozen = credentials.get_frozen_credentials()
        return Keys(frozen.access_key, frozen.secret_key, frozen.token or "")

    return keys


# The origins of Amazon's own endpoints. Others below its domain are its customers'.
_AMAZONS = r"https://s3(-fips|-accelerate)?(\.dualstack)?([.-][a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com(\.cn)?:443"


def is_amazons(url: str) -> bool:
    """Whether an address is Amazon's own.

    Args:
        url: The address; empty for Amazon's.
    """
    return not url or re.fullmatch(_AMAZONS, origin_of(url)) is not None


def is_configured(settings: Settings, endpoint_url: str) -> bool:
    """Whether an address is the configured one, or any of Amazon's where none is.

    Args:
        settings: The settings.
        endpoint_url: The address.
    """
    own_url = settings.endpoint_url
    return (own_url != "" and origin_of(own_url) == origin_of(endpoint_url)) or (
        is_amazons(own_url) and is_amazons(endpoint_url)
    )


def is_keys_own(settings: Settings, endpoint_url: str) -> bool:
    """Whether the keys that are found are for an address; logs a warning if they are for another one.

    Args:
        settings: The settings.
        endpoint_url: The address.
    """
    if is_configured(settings, endpoint_url):
        return True
    with suppress(ConfigError):
        if settings.keys()() is not None:
            config_log.warning(
                "The AWS keys are for %s, and are not sent to %s, which an option names: its requests are not signed. Set "
                "AWS_ENDPOINT_URL_S3, or endpoint_url of the profile in ~/.aws/config, to use them there",
                mask_url(settings.endpoint_url or "https://s3.amazonaws.com"),
                mask_url(endpoint_url),
            )
    return False
