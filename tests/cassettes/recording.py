"""Recording calls of a generated client as vcrpy cassettes, one an operation, without secrets and without the machine.

What the recorded server calls itself (127.0.0.1 and a port) is replaced by one fixed name, in requests and in answers, so
that links and redirects of a recording lead into the recording.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import vcr

HOST = "https://service.example.org"
"""What recorded servers are called."""

_PRESIGNED = re.compile(rf"({HOST}/_objects/[^?\"\s]+)\?[^\"\s]+")

PASSING_HEADERS = ("date", "last-modified", "server", "x-aws-request-id")
"""Headers that are others at each recording and mean nothing to a client."""

SECRET_FIELDS = ("hmac_secret_key", "client_secret", "code", "refresh_token", "token")
_SECRETS_OF_ANSWERS = re.compile(
    r"""("(?:AccessKeyId|SecretAccessKey|SessionToken|access_token|id_token|refresh_token)": *"|[?&]ticket=|"ticket" value=")[^"&\s]*"""
)
FILTERED = "filtered"


def make_vcr(record_mode: str, server: str = "") -> vcr.VCR:
    """A VCR whose cassettes hold no secret and no address of a server.

    Args:
        record_mode: vcrpy's: `all` to record, `none` to replay.
        server: Scheme, host and port of the server that is recorded.
    """
    return vcr.VCR(
        record_mode=record_mode,
        match_on=("method", "scheme", "host", "port", "path", "query", "body"),
        filter_headers=["authorization", "api-key", "user-agent", "host"],
        before_record_request=lambda request: _clean_request(request, server),
        before_record_response=lambda response: _clean_response(response, server),
        decode_compressed_response=True,
    )


def _clean_request(request: Any, server: str) -> Any:
    if not request.uri.startswith((server, HOST)):  # vcrpy cleans some requests twice
        return None  # what the server itself asks of its storage, in this process
    parts = urlsplit(_renamed(request.uri, server))
    # A presigned URL is a secret: whoever has it has the file.
    query = "" if parts.path.startswith("/_objects/") else parts.query
    request.uri = _SECRETS_OF_ANSWERS.sub(rf"\1{FILTERED}", urlunsplit(parts._replace(query=query)))
    if request.body and any(field.encode() in request.body for field in SECRET_FIELDS):
        request.body = _without_secrets(request.body)
        request.headers["content-length"] = str(len(request.body))
    return request


def _without_secrets(body: bytes) -> bytes:
    """A JSON object or a form whose secret fields say that they were filtered; any other body as it is."""
    if body.startswith(b"{"):
        fields = json.loads(body)
        return json.dumps(
            {name: FILTERED if name in SECRET_FIELDS else value for name, value in fields.items()}
        ).encode()
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    return urlencode([(name, FILTERED if name in SECRET_FIELDS else value) for name, value in pairs]).encode()


def _clean_response(response: dict[str, Any], server: str) -> dict[str, Any]:
    if not server:
        return response
    headers = {
        name: [_cleaned(value, server) for value in values]
        for name, values in response["headers"].items()
        if name.lower() not in PASSING_HEADERS
    }
    body = _cleaned(response["body"]["string"].decode(), server).encode()
    for name in headers:
        if name.lower() == "content-length" and len(body) != len(response["body"]["string"]):
            headers[name] = [str(len(body))]
    return {**response, "headers": headers, "body": {"string": body}}


def _cleaned(text: str, server: str) -> str:
    text = _SECRETS_OF_ANSWERS.sub(rf"\1{FILTERED}", text)
    return _PRESIGNED.sub(r"\1", _renamed(text, server))


def _renamed(text: str, server: str) -> str:
    """A text with the fixed name in the server's place, within other addresses' queries too."""
    if not server:
        return text
    for form in (str, lambda address: quote(address, safe=""), lambda address: address.partition("//")[2]):
        text = text.replace(form(server), form(HOST))
    return text


class Recorder:
    """Records calls of one service.

    Args:
        folder: Where its cassettes stand.
        client: The generated client, connected to the server.
        server: Scheme, host and port of the server.

    Attributes:
        client: The client that makes the next calls.
    """

    def __init__(self, folder: Path, client: Any, server: str) -> None:
        self._folder = folder
        self._server = server
        self.client = client
        self._vcr = make_vcr("all", server)
        self._calls: list[dict[str, Any]] = []
        for old in folder.glob("*.yaml"):
            old.unlink()

    def _record(self, kind: str, operation: str, arguments: dict[str, Any], call: Callable[[Any], Any]) -> Any:
        with self._vcr.use_cassette(str(self._folder / f"{operation}.yaml")):
            answer = call(getattr(self.client, operation))
        shown = {name: FILTERED if name in SECRET_FIELDS else self._shown(value) for name, value in arguments.items()}
        self._calls.append({"operation": operation, "kind": kind, "arguments": shown})
        return answer

    def _shown(self, value: Any) -> Any:
        return value.replace(self._server, HOST) if isinstance(value, str) else value

    def call(self, operation: str, **arguments: Any) -> Any:
        """Records one plain call and gives its answer."""
        return self._record("call", operation, arguments, lambda op: op(**arguments))

    def iterate(self, operation: str, **arguments: Any) -> list[Any]:
        """Records a walk through all pages and gives the items."""
        return self._record("iterate", operation, arguments, lambda op: list(op.iterate(**arguments)))

    def stream(self, operation: str, **arguments: Any) -> bytes:
        """Records a streamed answer and gives its bytes."""

        def read(operation: Any) -> bytes:
            with operation.stream(**arguments) as body:
                return body.read()

        return self._record("stream", operation, arguments, read)

    def save(self, base_path: str) -> None:
        """Writes the list of calls, by which the cassettes are replayed.

        Args:
            base_path: The path under which the service's operations stand.
        """
        content = {"base_url": f"{HOST}{base_path}", "calls": self._calls}
        (self._folder / "calls.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
