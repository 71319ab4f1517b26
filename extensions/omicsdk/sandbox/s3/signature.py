"""AWS's signatures, as the receiver of a request checks them: Version 4, Version 2, and those of forms."""

import base64
import hashlib
import hmac
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, cast
from urllib.parse import SplitResult, parse_qsl

from omicsdk.core.sigv4 import ALGORITHM, canonical_query, canonical_request, keyed, signature_of, trimmed
from omicsdk.sandbox.problems import Problem

_PORT = re.compile(r":\d+\Z")
_ENDED = -math.inf  # of what must have an end and states none
# Fields of a form that its policy need not name, and the length of the file, which is none.
_OF_FORMS = frozenset({"x-amz-signature", "signature", "awsaccesskeyid", "policy", "file", "content-length-range"})


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of a request or a form.

    Attributes:
        access_key: Identifier of the key.
        token: The session's token; empty for lasting keys.
        signature: The signature that came with it.
        expected: Gives the signatures that a secret makes of what came, each of which is right.
        ends: When a presigned URL or a form ends, in seconds since 1970; infinite for other requests.
        for_sessions: Whether temporary credentials may sign so; of requests only Version 4.
    """

    access_key: str
    token: str
    signature: str
    expected: Callable[[str], Iterable[str]]
    ends: float = math.inf
    for_sessions: bool = True

    def is_right(self, secret_key: str) -> bool:
        """Whether it was signed with a secret, and was not changed after that.

        A request's body is covered only by the checksum that the request states of it.
        """
        signature = self.signature.encode()
        return any(hmac.compare_digest(expected.encode(), signature) for expected in self.expected(secret_key))


def read_signature(method: str, path: str, query: str, headers: Mapping[str, str]) -> Signed | None:
    """A request's signature of Version 4; None when it has none, or another one.

    Args:
        method: The HTTP method.
        path: Its path as sent, without the query.
        query: Its query as sent.
        headers: Its headers, names in lower case.
    """
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    in_query = parameters.get("X-Amz-Algorithm") == ALGORITHM
    if not in_query:
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme != ALGORITHM:
            return None
        parts = (part.strip().partition("=") for part in rest.split(","))
        parameters = {
            f"X-Amz-{name}": value for name, _, value in parts if name in ("Credential", "SignedHeaders", "Signature")
        }
        parameters |= {name: headers.get(name.lower(), "") for name in ("X-Amz-Date", "X-Amz-Security-Token")}
    access_key, _, scope = parameters.get("X-Amz-Credential", "").partition("/")
    date, signed_names = parameters.get("X-Amz-Date", ""), parameters.get("X-Amz-SignedHeaders", "")
    values = {name: trimmed(headers.get(name, "")) for name in signed_names.split(";")}
    payload = "UNSIGNED-PAYLOAD" if in_query else headers.get("x-amz-content-sha256", "")

    def expected(secret_key: str) -> Iterable[str]:
        # S3 has no port: git-annex signs the name alone, and sends both.
        for host in dict.fromkeys((values.get("host", ""), _PORT.sub("", values.get("host", "")))):
            lines = (f"{name}:{host if name == 'host' else value}" for name, value in values.items())
            canonical = canonical_request(method, path, canonical_query(query), lines, signed_names, payload)
            yield signature_of(secret_key, scope, date, canonical)

    return Signed(
        access_key=access_key,
        token=parameters.get("X-Amz-Security-Token", ""),
        signature=parameters.get("X-Amz-Signature", ""),
        expected=expected,
        ends=_end_of(date, parameters.get("X-Amz-Expires", "")) if in_query else math.inf,
    )


def _end_of(date: str, seconds: str) -> float:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() + int(seconds)
    except (ValueError, OverflowError):
        return _ENDED


def read_signature_before(method: str, path: str, query: str, headers: Mapping[str, str]) -> Signed | None:
    """A request's signature of Version 2; None when it has none.

    Arguments are those of `read_signature`, but for the path: the bucket is in it also where the host names it.
    """
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    token = parameters.get("x-amz-security-token", "") or headers.get("x-amz-security-token", "")
    if scheme == "AWS":
        access_key, _, signature = rest.partition(":")
        # Version 2 signs an empty date where x-amz-date, which is signed as well, has it.
        date, end = "" if "x-amz-date" in headers else headers.get("date", ""), math.inf
    elif "AWSAccessKeyId" in parameters:
        access_key, signature = parameters["AWSAccessKeyId"], parameters.get("Signature", "")
        date = parameters.get("Expires", "")
        end = float(date) if date.isdecimal() else _ENDED
    else:
        return None
    if path.count("/") == 1 and path != "/":
        path += "/"  # clients sign a bucket with a slash at its end, whatever they request
    amz = [f"{name}:{value.strip()}" for name, value in sorted(headers.items()) if name.startswith("x-amz-")]
    # botocore defines which parts of a query are signed.
    botocore: Any = import_module("botocore.auth")
    resource: str = botocore.HmacV1Auth(None).canonical_resource(SplitResult("", "", path, query, ""))
    lines = (method, headers.get("content-md5", ""), headers.get("content-type", ""), date, *amz, resource)
    return Signed(access_key, token, signature, lambda secret_key: [_sha1(secret_key, "\n".join(lines))], end, False)


def _sha1(secret_key: str, text: str) -> str:
    digest = hmac.new(secret_key.encode(), text.encode("latin-1", "replace"), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode()


def read_form(fields: Mapping[str, str]) -> Signed | None:
    """The signature of a form with which a browser sends an object; None when it has none.

    Args:
        fields: Its fields, names in lower case.
    """
    policy, token = fields.get("policy", ""), fields.get("x-amz-security-token", "")
    try:
        expiration = datetime.fromisoformat(_policy_of(fields)["expiration"])
        # GMT, as S3 states its dates, wherever the sandbox runs.
        end = (expiration if expiration.tzinfo else expiration.replace(tzinfo=UTC)).timestamp()
    except (ValueError, KeyError, TypeError):
        end = _ENDED
    if fields.get("x-amz-algorithm") == ALGORITHM:
        access_key, _, scope = fields.get("x-amz-credential", "").partition("/")
        signature = fields.get("x-amz-signature", "")
        return Signed(access_key, token, signature, lambda secret_key: [keyed(secret_key, scope, policy)], end)
    if "awsaccesskeyid" not in fields:
        return None
    access_key, signature = fields["awsaccesskeyid"], fields.get("signature", "")
    return Signed(access_key, token, signature, lambda secret_key: [_sha1(secret_key, policy)], end)


def form_allows(fields: Mapping[str, str], bucket: str) -> bool:
    """Whether a form's policy names the bucket and everything that the form sends.

    Args:
        fields: Its fields, names in lower case.
        bucket: The bucket that it is sent to.

    Raises:
        Problem: 400; the file has another length than the policy allows.
    """
    try:
        conditions = cast("list[Any]", _policy_of(fields)["conditions"])
        sent = {**fields, "bucket": bucket}
        met = [_is_met(condition, sent) for condition in conditions]
        named = {name for condition in conditions for name in _names(condition)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    extra = {name for name in sent if not name.startswith("x-ignore-")} - named - _OF_FORMS
    return all(met) and {"bucket", "key"} <= named and not extra


def _policy_of(fields: Mapping[str, str]) -> dict[str, Any]:
    return json.loads(base64.b64decode(fields.get("policy", ""), validate=True))


def _is_met(condition: Any, sent: Mapping[str, str]) -> bool:
    if isinstance(condition, dict):
        return all(sent.get(name.lower()) == value for name, value in cast("dict[str, Any]", condition).items())
    how, name, value = cast("list[Any]", condition)
    if how == "content-length-range":
        if not int(name) <= (size := int(sent[how])) <= int(value):
            code, word = ("EntityTooSmall", "smaller") if size < int(name) else ("EntityTooLarge", "larger")
            raise Problem(400, code, f"Your proposed upload is {word} than the policy's content-length-range.")
        return True
    field_value = sent.get(str(name).removeprefix("$").lower(), "")
    return field_value == value if how == "eq" else how == "starts-with" and field_value.startswith(value)


def _names(condition: Any) -> list[str]:
    if isinstance(condition, dict):
        return [name.lower() for name in cast("dict[str, Any]", condition)]
    return [str(condition[1]).removeprefix("$").lower()]
