"""AWS's signatures, as the receiver of a request checks them: Version 4, Version 2, and those of forms."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, cast
from urllib.parse import SplitResult, parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signed:
    """How a request is signed with Version 4.

    Attributes:
        access_key: Identifier of the key.
        scope: Date, region, service and `aws4_request`, with slashes between them.
        names: Names of the signed headers, lower case.
        signature: The signature, hexadecimal.
        date: When it was signed, as 20260101T090000Z.
        token: The session's token; empty for lasting keys.
        in_query: Whether all that stands in the query: a presigned URL.
        seconds: How long it is good for after `date`, as a presigned URL states it; else empty.
    """

    access_key: str
    scope: str
    names: tuple[str, ...]
    signature: str
    date: str
    token: str
    in_query: bool
    seconds: str = ""

    def has_ended(self, now: float) -> bool:
        """Whether a presigned URL has ended at a time, or doesn't say when it does; what isn't one never ends."""
        try:
            begins = datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
            return self.in_query and now >= begins + int(self.seconds)
        except ValueError:
            return self.in_query


@dataclass(frozen=True, slots=True)
class SignedBefore:
    """How a request is signed with Version 2.

    Attributes:
        access_key: Identifier of the key.
        signature: The signature, base64.
        token: The session's token; empty for lasting keys.
        ends: When a presigned URL ends, in seconds since 1970; empty for what isn't one.
    """

    access_key: str
    signature: str
    token: str
    ends: str

    def has_ended(self, now: float) -> bool:
        """Whether a presigned URL has ended at a time; what isn't one never ends."""
        return bool(self.ends) and not (self.ends.isdecimal() and now < int(self.ends))


@dataclass(frozen=True, slots=True)
class SignedForm:
    """How a form is signed that a browser sends an object with.

    Attributes:
        access_key: Identifier of the key.
        scope: As of Version 4; empty for Version 2.
        signature: Of the policy.
        token: The session's token; empty for lasting keys.
        policy: What the form may send and until when, base64.
        fields: The form's fields, names in lower case.
    """

    access_key: str
    scope: str
    signature: str
    token: str
    policy: str
    fields: Mapping[str, str]

    def has_ended(self, now: float) -> bool:
        """Whether the form may not be sent any more at a time."""
        try:
            ends = datetime.fromisoformat(self._stated()["expiration"])
        except (ValueError, KeyError, TypeError):
            return True
        return now >= ends.timestamp()

    def allows(self, bucket: str) -> bool:
        """Whether the policy names the bucket and all that the form sends."""
        try:
            conditions = cast("list[Any]", self._stated()["conditions"])
            sent = {**self.fields, "bucket": bucket}
            met = [_is_met(condition, sent) for condition in conditions]
            named = {name for condition in conditions for name in _names(condition)}
        except (ValueError, KeyError, TypeError, AttributeError):
            return False
        return all(met) and {"bucket", "key"} <= named

    def _stated(self) -> dict[str, Any]:
        return json.loads(base64.b64decode(self.policy, validate=True))


def _is_met(condition: Any, sent: Mapping[str, str]) -> bool:
    if isinstance(condition, dict):
        return all(sent.get(name.lower()) == value for name, value in cast("dict[str, Any]", condition).items())
    how, name, value = cast("list[Any]", condition)
    if how == "content-length-range":
        return True  # of the file, which isn't read for this
    found = sent.get(str(name).removeprefix("$").lower(), "")
    return found == value if how == "eq" else how == "starts-with" and found.startswith(value)


def _names(condition: Any) -> list[str]:
    if isinstance(condition, dict):
        return [name.lower() for name in cast("dict[str, Any]", condition)]
    return [str(condition[1]).removeprefix("$").lower()]


AnySigned = Signed | SignedBefore | SignedForm


def read_signature(headers: Mapping[str, str], query: str) -> Signed | None:
    """How a request says that it is signed; None when it isn't, or in another way.

    Args:
        headers: Its headers, names in lower case.
        query: Its query as sent.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    in_query = given.get("X-Amz-Algorithm") == ALGORITHM
    if not in_query:
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme != ALGORITHM:
            return None
        parts = (part.strip().partition("=") for part in rest.split(","))
        given = {
            f"X-Amz-{name}": value for name, _, value in parts if name in ("Credential", "SignedHeaders", "Signature")
        }
        given |= {name: headers.get(name.lower(), "") for name in ("X-Amz-Date", "X-Amz-Security-Token")}
    access_key, _, scope = given.get("X-Amz-Credential", "").partition("/")
    return Signed(
        access_key=access_key,
        scope=scope,
        names=tuple(given.get("X-Amz-SignedHeaders", "").split(";")),
        signature=given.get("X-Amz-Signature", ""),
        date=given.get("X-Amz-Date", ""),
        token=given.get("X-Amz-Security-Token", ""),
        in_query=in_query,
        seconds=given.get("X-Amz-Expires", ""),
    )


def read_signature_before(headers: Mapping[str, str], query: str) -> SignedBefore | None:
    """How a request says that it is signed with Version 2; None when it isn't. Arguments as of `read_signature`."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme == "AWS":
        access_key, _, signature = rest.partition(":")
        return SignedBefore(access_key, signature, headers.get("x-amz-security-token", ""), "")
    given = dict(parse_qsl(query, keep_blank_values=True))
    if "AWSAccessKeyId" not in given:
        return None
    token = given.get("x-amz-security-token", "") or headers.get("x-amz-security-token", "")
    # One without an end has ended: the text isn't a number.
    return SignedBefore(given["AWSAccessKeyId"], given.get("Signature", ""), token, given.get("Expires") or "never")


def read_form(fields: Mapping[str, str]) -> SignedForm | None:
    """How a form says that it is signed; None when it isn't.

    Args:
        fields: Its fields, names in lower case.
    """
    policy, token = fields.get("policy", ""), fields.get("x-amz-security-token", "")
    if fields.get("x-amz-algorithm") == ALGORITHM:
        access_key, _, scope = fields.get("x-amz-credential", "").partition("/")
        return SignedForm(access_key, scope, fields.get("x-amz-signature", ""), token, policy, fields)
    if "awsaccesskeyid" not in fields:
        return None
    return SignedForm(fields["awsaccesskeyid"], "", fields.get("signature", ""), token, policy, fields)


def is_right(
    signed: AnySigned, secret_key: str, method: str, path: str, query: str, headers: Mapping[str, str]
) -> bool:
    """Whether a request was signed with a secret, and wasn't changed after that.

    Its body is covered only by the checksum that the request states of it.

    Args:
        signed: How it says that it is signed.
        secret_key: The secret of its key.
        method: The HTTP method.
        path: Its path as sent, without the query; Version 2 wants the bucket in it, also where the host names it.
        query: Its query as sent.
        headers: Its headers, names in lower case.
    """
    match signed:
        case Signed():
            expected = _expected(signed, secret_key, method, path, query, headers)
        case SignedBefore():
            # Clients sign a bucket with a slash at its end, whatever they ask for.
            bucket = path.count("/") == 1 and path != "/"
            expected = _expected_before(signed, secret_key, method, f"{path}/" if bucket else path, query, headers)
        case SignedForm(scope=""):
            expected = _sha1(secret_key, signed.policy)
        case SignedForm():
            expected = _keyed(secret_key, signed.scope, signed.policy)
    return hmac.compare_digest(expected.encode(), signed.signature.encode())


def _expected(signed: Signed, secret_key: str, method: str, path: str, query: str, headers: Mapping[str, str]) -> str:
    payload = "UNSIGNED-PAYLOAD" if signed.in_query else headers.get("x-amz-content-sha256", "")
    canonical = "\n".join(
        (
            method,
            path,
            _canonical_query(query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed.names),
            "",
            ";".join(signed.names),
            payload,
        )
    )
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()  # as http.server read it
    return _keyed(secret_key, signed.scope, "\n".join((ALGORITHM, signed.date, signed.scope, digest)))


def _keyed(secret_key: str, scope: str, text: str) -> str:
    key = f"AWS4{secret_key}".encode()
    for step in scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _expected_before(
    signed: SignedBefore, secret_key: str, method: str, path: str, query: str, headers: Mapping[str, str]
) -> str:
    botocore: Any = import_module("botocore.auth")
    date = signed.ends or ("" if "x-amz-date" in headers else headers.get("date", ""))
    amz = [f"{name}:{value.strip()}" for name, value in sorted(headers.items()) if name.startswith("x-amz-")]
    # botocore knows which parts of a query are signed.
    resource: str = botocore.HmacV1Auth(None).canonical_resource(SplitResult("", "", path, query, ""))
    lines = (method, headers.get("content-md5", ""), headers.get("content-type", ""), date, *amz, resource)
    return _sha1(secret_key, "\n".join(lines))


def _sha1(secret_key: str, text: str) -> str:
    made = hmac.new(secret_key.encode(), text.encode("latin-1", "replace"), hashlib.sha1)
    return base64.b64encode(made.digest()).decode()


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = [(_encoded(name), _encoded(value)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded) if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
