"""Holds each response of a sandbox's service to what the service's document states of it."""

import functools
import json
import ssl
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
from jsonschema_rs import Draft202012Validator
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.routing import Router, segments_of

# Nothing here speaks TLS, and httpx's own context costs 20 ms a client.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
ANYWHERE = (401, 413, 415)
"""Tokens, and bodies that no handler sees, are refused the same way everywhere."""


def closed_clients(make: Callable[..., httpx.Client]) -> Generator[Callable[..., httpx.Client]]:
    """Give a function that makes clients, and close them at the end of the test."""
    with ExitStack() as clients:
        yield lambda *words, **options: clients.enter_context(make(*words, **options))


class Conformity:
    """Holds each response to what the document states of it: the status is declared, the body and headers fit.

    Args:
        document: The service's document.
        prefix: Where the service is mounted.
    """

    def __init__(self, document: Mapping[str, Any], prefix: str) -> None:
        self._document = document
        self._prefix = prefix
        self._router = Router((operation.route, operation) for operation in operations(document))
        self._validators = dict[str, Draft202012Validator]()  # by schema: making one costs more than using it

    def __call__(self, response: httpx.Response) -> None:
        path = response.request.url.path.removeprefix(self._prefix)
        method = response.request.method
        matches = (entry for entries, _ in self._router.matches(segments_of(path)) for entry in entries)
        operation = next((entry for entry in matches if entry.method == method), None)
        if operation is None:
            return
        responses = operation.data["responses"]
        declared = responses.get(str(response.status_code)) or responses.get("default")
        where = f"{operation.name} {response.status_code}"
        assert declared is not None or response.status_code in ANYWHERE, f"{where} isn't in the document"
        response.read()
        for name, header in (declared or {}).get("headers", {}).items():
            if name in response.headers:
                text = response.headers[name]
                self._check(header["schema"], text if header["schema"]["type"] == "string" else json.loads(text), where)
        content = (declared or {}).get("content", {}).get("application/json")
        if content and method != "HEAD":
            body = response.json()
            # A document may say so of every operation, beside the codes that it lists for each.
            anywhere = isinstance(body, dict) and body.get("code") == "illegal_arguments"
            self._check({"$ref": "#/components/schemas/Error"} if anywhere else content["schema"], body, where)

    def _check(self, schema: dict[str, Any], value: object, where: str) -> None:
        key = json.dumps(schema)
        if (validator := self._validators.get(key)) is None:
            validator = Draft202012Validator({**schema, "components": self._document["components"]})
            self._validators[key] = validator
        errors = [error.message for error in validator.iter_errors(value)]
        assert not errors, f"{where}: {errors}"


SERVICES = {"/dss/v1": "dss", "/auth": "fusillade", "/upload": "upload", "/sb/v2": "sb"}
"""Which service's document is that of a prefix. What a server serves may be written more plainly, for old clients."""


@functools.cache
def _conformity(prefix: str) -> Conformity:
    return Conformity(read_document(SERVICES[prefix]), prefix)


def conforming_client(base_url: str, prefix: str, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """A client whose every response is held to the document.

    Args:
        base_url: What the client's paths are relative to.
        prefix: Where the service is mounted.
        headers: Sent with every request.
    """
    return httpx.Client(
        base_url=base_url,
        headers=headers,
        trust_env=False,
        verify=NO_TLS,
        event_hooks={"response": [_conformity(prefix)]},
    )
