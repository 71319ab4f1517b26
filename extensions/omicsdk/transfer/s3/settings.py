"""What clients of S3 are configured with: addresses, regions and keys, from arguments, the environment and ~/.aws; and how a store
encrypts what it stores: with its own keys, with keys of KMS, or with one that the customer states in each request.

Fixed keys of the environment and of profiles are read here. Where a profile or the environment names another source (a
role, a login, a program, the machine's own keys), botocore finds them, which takes a third of a second to import.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from math import inf
from typing import Any

from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.files import expanded, read_small
from omicsdk.core.frozen import Frozen
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


#: The variable with a customer's key.
KEY_VARIABLE = "OMICS_S3_SSE_C_KEY"
#: Values of the header that names how an object is encrypted.
WAYS = ("AES256", "aws:kms", "aws:kms:dsse")
#: What a response states of an object that is encrypted with a customer's key.
CUSTOMERS = "x-amz-server-side-encryption-customer-algorithm"
#: What a response states of all others.
ENCRYPTION = "x-amz-server-side-encryption"
_SOURCE = "x-amz-copy-source-server-side-encryption-customer-"
_REMEDY = "A key is 32 bytes, as they are or in base64: openssl rand 32 > KEY."


class Encryption(Frozen, hidden=("key",)):
    """The headers of requests for encrypted objects.

    Attributes:
        sse: How objects are encrypted that are written: one of WAYS; empty for the bucket's own way.
        kms_key_id: The key of KMS; empty for the account's usual one.
        key: A customer's key of 32 bytes, which every request for a byte of an object must state; empty for none.

    Raises:
        UsageError: They exclude each other.
        ConfigError: The key is none.
    """

    sse: str = ""
    kms_key_id: str = ""
    key: bytes = b""

    def __post_init__(self) -> None:
        if self.sse and self.sse not in WAYS:
            raise UsageError(f"sse: {self.sse!r} is not known to S3", remedy=f"Use one of {', '.join(WAYS)}.")
        if self.sse and self.key:
            raise UsageError(
                f"sse {self.sse} and a key of your own exclude each other",
                remedy=f"Leave sse, or sse_c_key_file and {KEY_VARIABLE}, out.",
            )
        if self.kms_key_id and not self.sse.startswith("aws:"):
            raise UsageError("sse_kms_key_id: needs sse aws:kms or aws:kms:dsse", remedy="Add --sse aws:kms.")
        if self.key and len(self.key) != 32:
            raise ConfigError("The key of S3's encryption is none", remedy=_REMEDY)

    @property
    def written(self) -> Mapping[str, str]:
        """Headers of a request that makes an object."""
        if not self.sse:
            return self.key_headers
        named = {f"{ENCRYPTION}-aws-kms-key-id": self.kms_key_id} if self.kms_key_id else {}
        return {ENCRYPTION: self.sse, **named}

    @cached_property
    def key_headers(self) -> Mapping[str, str]:
        """Headers of all other requests for an object: the customer's key."""
        return self._of_key(f"{ENCRYPTION}-customer-")

    @property
    def of_source(self) -> Mapping[str, str]:
        """Headers for the source of a copy."""
        return self._of_key(_SOURCE)

    def _of_key(self, start: str) -> dict[str, str]:
        if not self.key:
            return {}
        import base64
        import hashlib  # with OpenSSL it takes 2 ms to import

        md5 = hashlib.md5(self.key, usedforsecurity=False).digest()
        return {
            f"{start}algorithm": "AES256",
            f"{start}key": base64.b64encode(self.key).decode(),
            f"{start}key-md5": base64.b64encode(md5).decode(),
        }


#: No wishes of this kind.
PLAIN = Encryption()


def read_key(data: bytes, source: str) -> bytes:
    """Read a customer's key.

    Args:
        data: 32 bytes, or their base64.
        source: Where they are from, for errors.

    Raises:
        ConfigError: It is no key.
    """
    # First: 32 bytes of a key may happen to be characters of base64.
    if len(data) == 32:
        return data
    import base64

    try:
        key = base64.b64decode(data.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError(f"{source} has no key of S3's encryption", remedy=_REMEDY)
    return key


def key_of(file: str, environ: Mapping[str, str]) -> bytes:
    """Find a customer's key.

    Args:
        file: A file that has it; empty for the one of the environment.
        environ: The environment's variables.

    Returns:
        The key; empty for none.

    Raises:
        ConfigError: The file cannot be read, or there is no key in it.
    """
    if not file:
        return read_key(text.encode(), KEY_VARIABLE) if (text := environ.get(KEY_VARIABLE, "")) else b""
    try:
        return read_key(expanded(file).read_bytes(), file)
    except OSError as error:
        raise ConfigError(f"Cannot read the key {file}: {error.strerror}", remedy="Check the file.") from error
