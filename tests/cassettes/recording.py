"""Recording calls of a generated client as vcrpy cassettes, one a call, without secrets and without the machine.

What the recorded server calls itself (127.0.0.1 and a port) is replaced by one fixed name, in requests and in responses, so
that links and redirects of a recording lead into the recording.
"""

import importlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import vcr
from omicsdk.core import APIError

HOST = "https://service.example.org"
"""What recorded servers are called."""
OTHER = "https://other.example.org"
"""What they are called where they stand for another server, by the name localhost."""

PASSING_HEADERS = ("date", "last-modified", "server", "set-cookie", "x-aws-request-id")
"""Headers that are others at each recording and mean nothing to a client."""
SECRET_HEADERS = ("authorization", "api-key", "x-sbg-auth-token", "cookie")
SECRET_FIELDS = (
    *("hmac_secret_key", "client_secret", "code", "token", "refresh_token", "access_token", "api_key", "password"),
    *("secret_access_key", "secret_settings", "private_key", "passports"),
)
"""Fields of requests, with all that is in them."""
_SECRETS_OF_RESPONSES = tuple(
    re.compile(pattern)
    for pattern in (
        r'("(?:(?:access|id|refresh|auth)_token|api_key|private_key|password)": *")([^"]+)',
        r'("(?:AccessKeyId|SecretAccessKey|SessionToken)": *")([^"]+)',
        r'([?&]ticket=|"ticket" value=")([^"&\s]+)',
        r"()(eyJ[\w-]+\.[\w-]+\.[\w-]+)",  # a JSON Web Token, wherever it is
        # Public keys are no secrets, but others at each recording.
        r'("n": *")([\w-]{100,})',
        r"(-----BEGIN PUBLIC KEY-----)([^-]+)",
    )
)
_STORAGE = "/(?:[a-z0-9]+/)?_(?:objects|storage)/"
_PRESIGNED = re.compile(rf"({HOST}{_STORAGE}[^?\"\s]+)\?([^\\\"'\s]+)")
FILTERED = "filtered"
_SHORTEST = 12
"""Characters of the shortest secret that is looked for in the recordings, and couldn't stand there by chance."""


class Cleaner:
    """Takes what is secret, and what a server calls itself, out of requests and answers.

    Args:
        server: Scheme, host and port of the server that is recorded; empty when a recording is played.
        secrets: Secrets that are known from the start.

    Attributes:
        secrets: What was taken out so far. None of it may stand anywhere in the recording.
    """

    def __init__(self, server: str = "", secrets: Iterable[str] = ()) -> None:
        self._server = server
        self._names = {server: HOST, server.replace("127.0.0.1", "localhost"): OTHER} if server else {}
        self.secrets = set(secrets)

    def request(self, request: Any) -> Any:
        """A request for the cassette; None for what the server itself asks of others, in this process."""
        if not request.uri.startswith((self._server, HOST)):  # vcrpy cleans some requests twice
            return None
        for name in SECRET_HEADERS:
            if value := request.headers.pop(name, None):
                self.secrets.update((value.decode() if isinstance(value, bytes) else value).split())
        for name in ("user-agent", "host"):
            request.headers.pop(name, None)
        parts = urlsplit(self.renamed(request.uri))
        if re.match(_STORAGE, parts.path):  # a presigned URL is a secret: whoever has it has the file
            parts = parts._replace(query="")
        request.uri = self.text(urlunsplit(parts))
        if request.body and request.body != (body := self._body(request.headers.get("content-type", ""), request.body)):
            request.body = body
            request.headers["content-length"] = str(len(body))
        return request

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """A response for the cassette."""
        if not self._server:
            return response
        headers = {
            name: [self.text(value) for value in values]
            for name, values in response["headers"].items()
            if name.lower() not in PASSING_HEADERS
        }
        body = self.text(response["body"]["string"].decode()).encode()
        for name in headers:
            if name.lower() == "content-length" and len(body) != len(response["body"]["string"]):
                headers[name] = [str(len(body))]
        return {**response, "headers": headers, "body": {"string": body}}

    def arguments(self, values: dict[str, Any], of_body: Iterable[str]) -> dict[str, Any]:
        """Arguments of a call, by which the same request is made as the cleaned one.

        Args:
            values: The arguments.
            of_body: Those that stand in the body.
        """
        bodily = {name: self._fields({name: value})[name] for name, value in values.items() if name in of_body}
        return json.loads(self.text(json.dumps({**values, **bodily})))

    def _body(self, kind: str, body: bytes) -> bytes:
        """A body without secrets: a form, or a JSON value where it has some; anything else as it is."""
        if kind.startswith("application/x-www-form-urlencoded"):
            pairs = [self._fields({name: value}) for name, value in parse_qsl(body.decode(), keep_blank_values=True)]
            return urlencode([(name, self.text(value)) for pair in pairs for name, value in pair.items()]).encode()
        if not kind.startswith("application/json"):
            return body
        fields = json.loads(body)
        cleaned = json.loads(self.text(json.dumps(self._fields(fields))))
        return body if cleaned == fields else json.dumps(cleaned).encode()

    def _fields(self, value: Any, secret: bool = False) -> Any:
        if isinstance(value, dict):
            return {name: self._fields(item, secret or name in SECRET_FIELDS) for name, item in value.items()}
        if isinstance(value, list):
            return [self._fields(item, secret) for item in value]
        return self._taken(value) if secret and isinstance(value, str) and value else value

    def text(self, text: str) -> str:
        """A text without secrets and with the fixed names in the servers' place."""
        for pattern in _SECRETS_OF_RESPONSES:
            text = pattern.sub(lambda match: match[1] + self._taken(match[2]), text)
        for secret in self._long():  # some services state again what they were reported
            text = text.replace(secret, FILTERED)
        return _PRESIGNED.sub(lambda match: match[1] * bool(self._taken(match[2])), self.renamed(text))

    def _taken(self, secret: str) -> str:
        self.secrets.add(secret)
        return FILTERED

    def renamed(self, text: str) -> str:
        """A text with the fixed names in the servers' place, within other addresses' queries too."""
        for address, name in self._names.items():
            for form in (str, lambda whole: quote(whole, safe=""), lambda whole: whole.partition("//")[2]):
                text = text.replace(form(address), form(name))
        return text

    def leaks(self, folder: Path) -> list[str]:
        """The files of a folder in which a secret is after all."""
        # YAML folds its lines at blanks.
        texts = {path.name: " ".join(path.read_text(encoding="utf-8").split()) for path in folder.iterdir()}
        return sorted(name for name, text in texts.items() if any(secret in text for secret in self._long()))

    def _long(self) -> list[str]:
        return sorted((secret for secret in self.secrets if len(secret) >= _SHORTEST), key=len, reverse=True)


def make_vcr(record_mode: str, cleaner: Cleaner | None = None) -> vcr.VCR:
    """A VCR whose cassettes hold no secret and no address of a server.

    Args:
        record_mode: vcrpy's: `all` to record, `none` to replay.
        cleaner: Cleans what is recorded; by default one for replays.
    """
    cleaner = cleaner or Cleaner()
    return vcr.VCR(
        record_mode=record_mode,
        match_on=("method", "scheme", "host", "port", "path", "query", "body"),
        before_record_request=cleaner.request,
        before_record_response=cleaner.response,
        decode_compressed_response=True,
    )


class Recorder:
    """Records calls of one service.

    Args:
        folder: Where its cassettes stand; those that are there are removed.
        client: The generated client, connected to the server.
        cleaner: Cleans what is recorded.

    Attributes:
        client: The client that makes the next calls.
    """

    def __init__(self, folder: Path, client: Any, cleaner: Cleaner) -> None:
        self._folder = folder
        self.client = client
        self._cleaner = cleaner
        self._vcr = make_vcr("all", cleaner)
        self._calls: dict[str, dict[str, Any]] = {}
        package = Path(importlib.import_module(type(client).__module__).__file__ or "")
        commands = json.loads(package.with_name("commands.json").read_bytes())
        self._bodily = {
            command["name"]: [parameter["python"] for parameter in command["parameters"] if parameter["in"] == "body"]
            for command in commands
        }
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.yaml"):
            old.unlink()

    def _record(self, name: str, kind: str, arguments: dict[str, Any], call: Callable[[Any], Any]) -> Any:
        assert name not in self._calls, f"{name} is recorded already"
        operation = name.partition(".")[0]
        with self._vcr.use_cassette(str(self._folder / f"{name}.yaml")):
            response = call(getattr(self.client, operation))
        shown = self._cleaner.arguments(arguments, self._bodily[operation])
        self._calls[name] = {"operation": operation, "kind": kind, "arguments": shown}
        return response

    def call(self, operation: str, **arguments: Any) -> Any:
        """Records one plain call and gives its response."""
        return self._record(operation, "call", arguments, lambda op: op(**arguments))

    def iterate(self, operation: str, **arguments: Any) -> list[Any]:
        """Records a walk through all pages and gives the items."""
        return self._record(operation, "iterate", arguments, lambda op: list(op.iterate(**arguments)))

    def stream(self, operation: str, **arguments: Any) -> bytes:
        """Records a streamed response and gives its bytes."""

        def read(operation: Any) -> bytes:
            with operation.stream(**arguments) as body:
                return body.read()

        return self._record(operation, "stream", arguments, read)

    def refused(self, status: int, operation: str, **arguments: Any) -> None:
        """Records a plain call that is refused.

        Args:
            status: The status of the refusal, which the cassette's name has too.
            operation: The operation.
            arguments: Its arguments.
        """

        def caught(operation: Any) -> int:
            try:
                operation(**arguments)
            except APIError as error:
                return error.status
            return 200

        came = self._record(f"{operation}.{status}", "refused", arguments, caught)
        assert came == status, f"{operation} gives {came}, not {status}"

    def save(self, base_path: str) -> None:
        """Writes the list of calls, by which the cassettes are replayed.

        Args:
            base_path: The path under which the service's operations stand.

        Raises:
            AssertionError: A secret is in a cassette.
        """
        content = {"base_url": f"{HOST}/{base_path}", "calls": self._calls}
        (self._folder / "calls.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        assert not (leaks := self._cleaner.leaks(self._folder)), f"secrets stand in {leaks}"
