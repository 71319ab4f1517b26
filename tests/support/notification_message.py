"""A notification of the Data Store."""

from typing import Any

from omicsdk.core.http_signature import sign

AT = 1564689707.0
JSON = {"Content-Type": "application/json"}
MESSAGE: dict[str, Any] = {
    "transaction_id": "t1",
    "subscription_id": "s1",
    "event_type": "CREATE",
    "match": {"bundle_uuid": "u", "bundle_version": "v"},
    "attachments": {"organ": "brain"},
}


def signed(body: bytes, *, key: bytes = b"secret", key_id: str = "k", at: float = AT) -> dict[str, str]:
    return {**JSON, **sign("POST", "http://any/hook", JSON, body, key_id=key_id, key=key, now=at)}
