"""How a store of S3 encrypts what it stores: with its own keys, with keys of KMS, or with one that the customer states in each request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.files import expanded
from omicsdk.core.frozen import Frozen

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
