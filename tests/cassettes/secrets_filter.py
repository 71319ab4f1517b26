"""Recorded exchanges without what is secret in them: passwords, tokens, keys and the queries of presigned URLs."""

import re
from typing import Any

from recording import FILTERED, HOST

_SECRET_FIELD = re.compile(r"password|token$|secret|private_key|^policy$|AWSAccessKeyId|Signature", re.IGNORECASE)
_TOKEN = re.compile(r"\{token[^}]*\}|\{(?:public|private)[^}]*\}")
_PRESIGNED = re.compile(r"(https?://[^\s\"?]+)\?[^\s\"]*(?:Signature|X-Amz-)[^\s\"]*")
_SECRET_QUERY = re.compile(r"([?&](?:token|auth_token)=)[^&\s\"]+")
_ADDRESS = re.compile(r"https?://\{(?:server|commons)\}")
_STORAGE = re.compile(r"https?://\{s3\}")


def filtered(value: Any, name: str = "") -> Any:
    """A copy of JSON data without secrets, and with fixed names for the servers."""
    if isinstance(value, dict):
        return {key: filtered(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [filtered(item) for item in value]  # what is said of a password, not the password
    if not isinstance(value, str):
        return value
    if value and _SECRET_FIELD.search(name):
        return FILTERED
    text = _STORAGE.sub("https://storage.example.org", _ADDRESS.sub(HOST, value))
    text = _PRESIGNED.sub(r"\1", text)
    text = _SECRET_QUERY.sub(rf"\1{FILTERED}", text)
    return _TOKEN.sub(FILTERED, text)
