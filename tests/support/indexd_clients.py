"""Clients of the sandbox's index, each response held to Indexd's document, and records to create with them."""

import functools
from typing import Any

import httpx
from conformity import NO_TLS, Conformity
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import read_document
from omicsdk.sandbox.gen3 import ADMINISTRATOR

Json = dict[str, Any]


@functools.cache
def _conformity(prefix: str) -> Conformity:
    return Conformity(read_document("gen3/indexd"), prefix)


def _verify(response: httpx.Response) -> None:
    prefix = "/index" if response.request.url.path.startswith("/index/") else ""
    if response.is_success:
        _conformity(prefix)(response)


def indexd_client(sandbox: Sandbox, name: str = ADMINISTRATOR) -> httpx.Client:
    """A client of the commons.

    Args:
        sandbox: Where the commons is.
        name: Who sends its requests; empty for none.
    """
    token = f"bearer {sandbox.gen3.access.issue(name, sandbox.gen3_url)}" if name else ""
    return httpx.Client(
        base_url=sandbox.gen3_url,
        headers={"Authorization": token} if token else {},
        trust_env=False,
        verify=NO_TLS,
        event_hooks={"response": [_verify]},
    )


def new_record(number: int = 1, **fields: Any) -> Json:
    """A record to create.

    Args:
        number: Tells records apart; it is in the URL and in the checksum.
        fields: Further fields, or others.
    """
    record: Json = {"form": "object", "size": number, "urls": [f"s3://bucket/{number}"]}
    return {**record, "hashes": {"md5": f"{number:032x}"}, **fields}
