"""Security schemes of a document, enforced with tokens of the sandbox."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.engine.requests import cookies_of
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Caller, Tokens

_UNCHECKED = ("mutualTLS",)
"""Kinds of schemes that a request over plain HTTP cannot fulfil."""
_BEARER: Sequence[Mapping[str, Any]] = ({"bearer": ()},)
"""What operations that need no credentials require while the whole service does."""


class Security:
    """The security of one document.

    Args:
        document: The document.
        tokens: The sandbox's tokens: bearer tokens, API keys and passwords are each one of them.
    """

    def __init__(self, document: Mapping[str, Any], tokens: Tokens) -> None:
        self._schemes: Mapping[str, Mapping[str, Any]] = document.get("components", {}).get("securitySchemes", {})
        self._default: Sequence[Mapping[str, Any]] = document.get("security") or ()
        self._tokens = tokens

    def caller(
        self, operation: Operation, headers: Mapping[str, str], query: Sequence[tuple[str, str]]
    ) -> Caller | None:
        """The sender of a request that needs one; None where its scheme cannot be checked.

        Args:
            operation: The operation.
            headers: The request's headers, names in lower case.
            query: Its query's parameters.

        Raises:
            Problem: 401; it fulfils none of the operation's requirements.
        """
        requirements: Sequence[Mapping[str, Any]] = operation.data.get("security") or self._default
        refusal: Problem | None = None
        for requirement in filter(None, requirements) if any(requirements) else _BEARER:
            try:
                return self._fulfilled(requirement, headers, query)
            except Problem as problem:
                refusal = refusal or problem
        assert refusal is not None, f"{operation.name} has no requirement"
        raise refusal

    def _fulfilled(
        self, requirement: Mapping[str, Any], headers: Mapping[str, str], query: Sequence[tuple[str, str]]
    ) -> Caller | None:
        caller: Caller | None = None
        for name in requirement:
            scheme = self._schemes.get(name, {"type": "http", "scheme": "bearer"})
            if scheme.get("type") not in _UNCHECKED:
                caller = self._bearer(self._credentials(scheme, headers, query))
        return caller

    def _bearer(self, credentials: Sequence[str]) -> Caller:
        """The owner of the first credential that is a token of the sandbox."""
        for credential in credentials[:-1]:
            with suppress(Problem):
                return self._tokens.caller(f"Bearer {credential}")
        return self._tokens.caller(f"Bearer {credentials[-1]}")

    def _credentials(
        self, scheme: Mapping[str, Any], headers: Mapping[str, str], query: Sequence[tuple[str, str]]
    ) -> Sequence[str]:
        """What a request sends for a scheme, of which one has to be a token."""
        authorization = headers.get("authorization", "")
        word, _, rest = authorization.partition(" ")
        if scheme.get("type") == "apiKey":
            name = str(scheme.get("name", ""))
            source = {"query": dict(query), "cookie": cookies_of(headers)}.get(str(scheme.get("in")), headers)
            sent = str(source.get(name.lower() if source is headers else name, ""))
            # Keys in the header Authorization often have a word before them, such as Token or Bearer.
            return (sent.rpartition(" ")[2],)
        if scheme.get("scheme", "").lower() == "basic":
            if word.lower() != "basic":
                return ("",)
            try:
                user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return ("",)
            return user, password  # services take keys as either
        return (rest if word.lower() not in ("basic", "") else "",)
