"""Compares what a generated client sends and reads with what its published document says, operation by operation.

    python tests/support/client_checker.py DOCUMENT PROJECT

calls every operation of the client in PROJECT/src on a mock transport, with arguments made from DOCUMENT, and prints what
differs: the server (also with `base_url` and `servers`), credentials, path, query, headers, cookies, media types and body of each
request, null in bodies and models, and what becomes of responses, of errors and of the items of streams. The document is read by
`raw_document`, without the generator.
"""

import asyncio
import email.parser
import importlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx
from omicsdk.core.credentials import ApiKey, Basic, BearerToken
from omicsdk.core.errors import ConfigError
from omicsdk.core.redaction import mask_json
from omicsdk.core.retry import NO_RETRY
from raw_document import Body, Node, Operation, Parameter, RawDocument, Unresolved, is_whole, whole

BASE_URL = "https://checker.example/base"
MAPPED_URL = "https://mapped.example/there"
SEQUENCES = (
    "application/jsonl",
    "application/x-ndjson",
    "application/ndjson",
    "application/x-jsonlines",
    "application/json-seq",
)
EVENTS = "text/event-stream"
# RFC 3986, sections 3.3 and 3.4.
_TARGET = re.compile(
    rb"(/(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+(\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?", re.ASCII
)
_IGNORED = ("accept", "content-type", "authorization")
# The classes of errors of core; those of other statuses are ServerError and APIError.
_STATUS_CLASSES = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Gone",
    412: "PreconditionFailed", 413: "TooLarge", 422: "Unprocessable", 423: "Locked", 429: "RateLimited",
    503: "ServiceUnavailable", 504: "GatewayTimeout",
}  # fmt: skip
_OCTETS = "application/octet-stream"
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Problem(NamedTuple):
    """Something that differs from the document."""

    operation: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.kind}: {self.text}"


class Client(NamedTuple):
    """A generated package: its client classes, its ConfigError, the arguments of its operations as commands.json lists them, and the
    option that turns retries off.
    """

    sync: type[Any]
    asynchronous: type[Any]
    refusal: type[Exception]
    rows: list[dict[str, Any]]
    no_retry: Any


def client_of(package: ModuleType) -> Client:
    """Find the client classes and the commands of a package."""
    names = [name for name in package.__all__ if name.endswith("Api")]
    sync = next(name for name in names if not name.startswith("Async") or f"Async{name}" in names)
    rows = json.loads((Path(str(package.__file__)).parent / "commands.json").read_text(encoding="utf-8"))
    return Client(
        getattr(package, sync),
        getattr(package, f"Async{sync}"),
        getattr(package, "ConfigError", ConfigError),
        rows,
        getattr(package, "NO_RETRY", NO_RETRY),
    )


def check(document: Path, package: ModuleType) -> list[Problem]:
    """Compare a client with its document.

    Args:
        document: As it was published.
        package: Its generated package.
    """
    return list(dict.fromkeys(Checker(RawDocument(document), client_of(package)).problems()))


def path_shape(path: str) -> str:
    """Return a path with its placeholders by position: frameworks spell them otherwise."""
    path = re.sub(r"\{[?&][^{}]*\}", "", path).partition("#")[0].partition("?")[0]
    path = re.sub(r"<[^<>]*>|\{(?:[^{}]|\{[^{}]*\})*\}|(?<=/):\w+", "{}", path)
    return "/" + path.strip("/")


class Checker:
    """Checks one client."""

    def __init__(self, document: RawDocument, client: Client) -> None:
        self._document = document
        self._client = client
        self._seen: list[httpx.Request] = []
        self._response = httpx.Response(200)

    def problems(self) -> Iterator[Problem]:
        """Check each operation of the document, in its order."""
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._client.rows:
            rows.setdefault((row["method"].upper(), path_shape(row["path"])), []).append(row)
        for operation in self._document.operations():
            name = f"{operation.method} {operation.path}"
            candidates = rows.get((operation.method, path_shape(operation.path)), [])
            row = next(
                (candidate for candidate in candidates if candidate["path"] == operation.path),
                candidates[0] if candidates else None,
            )
            if row is None:
                yield Problem(name, "missing", "the client has no such operation")
                continue
            checks = {
                "call": self._called,
                "base url": self._replaced,
                "media type": self._media_types,
                "security": self._secured,
                "null": self._nulls,
                "response": self._responses,
                "error": self._errors,
                "stream": self._streams,
            }
            for kind, compared in checks.items():
                try:
                    for found_kind, text in compared(operation, row):
                        yield Problem(name, found_kind, text)
                except Unresolved:
                    continue  # the document refers to nothing here, so there is nothing to compare with
                except Exception as error:
                    yield Problem(name, kind, f"{type(error).__name__}: {error}")

    def _called(self, operation: Operation, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for every in (False, True):
            arguments, sent = self._arguments(operation, row, every=every)
            fixed = parse_qsl(urlsplit(operation.path).query, keep_blank_values=True)
            listed = {(parameter["in"], parameter["name"]) for parameter in row["parameters"]} | {
                ("query", name) for name, _ in fixed
            }
            if missing := sorted(set(_required(operation)) - listed):
                yield "arguments", f"there is no argument for {missing}"
            request = self._request(operation, row, arguments)
            yield from self._compare(operation, request, sent)
            if every:
                other = asyncio.run(self._request_of_async(operation, row, arguments))
                if (other.method, other.url) != (request.method, request.url):
                    yield "async", f"{other.method} {other.url} is not {request.method} {request.url}"

    # -- calls

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._seen.append(request)
        response = self._response
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    async def _answer_async(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._answer(request)

    def _options(self, operation: Operation) -> dict[str, Any]:
        """A base URL where the document states none that a client could use, or one without encryption."""
        default = self._document_servers()[0]
        return {} if is_whole(default) and default.startswith("https") else {"base_url": BASE_URL}

    def _document_servers(self) -> tuple[str, ...]:
        return self._document.servers({}, {})

    def _request(
        self, operation: Operation, row: Mapping[str, Any], arguments: Mapping[str, Any], **options: Any
    ) -> httpx.Request:
        transport = httpx.MockTransport(self._answer)
        client = self._client.sync(**{**self._options(operation), **options}, transport=transport)
        self._seen.clear()
        getattr(client, row["name"]).raw(**arguments)
        return self._seen[-1]

    async def _request_of_async(
        self, operation: Operation, row: Mapping[str, Any], arguments: Mapping[str, Any]
    ) -> httpx.Request:
        client = self._client.asynchronous(
            **self._options(operation), transport=httpx.MockTransport(self._answer_async)
        )
        self._seen.clear()
        await getattr(client, row["name"]).raw(**arguments)
        return self._seen[-1]

    # -- arguments

    def _arguments(
        self, operation: Operation, row: Mapping[str, Any], *, every: bool
    ) -> tuple[dict[str, Any], dict[Any, Any]]:
        """Return the arguments of a call, and the values by place and name; the body's are at `body`."""
        arguments: dict[str, Any] = {}
        values: dict[Any, Any] = {}
        parameters = {(parameter.place, parameter.name): parameter for parameter in operation.parameters}
        body = (
            None
            if operation.body is None or not (every or operation.body.required)
            else self._body_value(operation.body, every=every)
        )
        if body is not None:
            values["body"] = body[1]
            arguments |= body_arguments(row, body[1])
        for argument in row["parameters"]:
            if argument["in"] == "body":
                continue
            parameter = parameters.get((argument["in"], argument["name"]))
            if parameter is None or not (every or parameter.required):
                if parameter is None and argument["required"]:
                    arguments[argument["python"]] = values[(argument["in"], argument["name"])] = "text"
                continue
            value = self._document.example(parameter.schema, sent=True, every=every)
            if _is_written(parameter, value):
                arguments[argument["python"]] = values[(argument["in"], argument["name"])] = jsonable(value)
            elif parameter.required:
                arguments[argument["python"]] = jsonable(value)
                values["unwritten"] = True
        return arguments, values

    def _body_value(self, body: Body, *, every: bool) -> tuple[str, Any] | None:
        """Return the media type that a client prefers of those that a document states, and a value of its schema."""
        name = min(body.content, key=lambda name: media_rank(self._kind(body, name), name))
        return name, self._value_of(body, name, every=every)

    def _value_of(self, body: Body, name: str, *, every: bool) -> Any:
        kind = self._kind(body, name)
        if kind in ("bytes", "text"):
            return b"bytes" if kind == "bytes" else "text"
        value = self._document.example(body.content[name][0], sent=True, every=every)
        return value if kind == "multipart" else jsonable(value)

    def _kind(self, body: Body, name: str) -> str:
        """How a body of a media type is written; octet-stream with fields can only be JSON whose type a converter lost."""
        facts = self._document.facts(body.content[name][0]) if _essence(name) == _OCTETS else {}
        return "json" if facts.get("properties") or "items" in facts else media_kind(name)

    # -- requests

    def _compare(
        self, operation: Operation, request: httpx.Request, sent: Mapping[Any, Any]
    ) -> Iterator[tuple[str, str]]:
        if request.method != operation.method:
            yield "method", f"{request.method} is sent"
        if not _TARGET.fullmatch(request.url.raw_path):
            yield "url", f"{request.url.raw_path.decode()} is not of RFC 3986"
        server = self._server(operation)
        url = str(request.url.copy_with(query=None, fragment=None))
        prefix = str(httpx.URL(server)).rstrip("/")
        if not url.startswith(prefix):
            yield "server", f"{url} is not below {prefix}"
        else:
            yield from self._path(
                operation, request.url.raw_path.decode().partition("?")[0], urlsplit(prefix).path, sent
            )
        yield from self._query(operation, request, sent)
        for parameter in operation.parameters:
            value = sent.get((parameter.place, parameter.name))
            if parameter.place == "header" and parameter.name.lower() not in _IGNORED and value is not None:
                header = request.headers.get(parameter.name)
                if header is None or not _same(parameter, header, value, ",", "="):
                    yield "header", f"{parameter.name}: {header!r} is sent for {value!r}"
        yield from self._cookies(operation, request, sent)
        yield from self._accept(operation, request)
        yield from self._body(operation, request, sent)

    def _cookies(
        self, operation: Operation, request: httpx.Request, sent: Mapping[Any, Any]
    ) -> Iterator[tuple[str, str]]:
        """Lists are one cookie in style form, which cannot repeat a name; style cookie encodes nothing."""
        expected: Counter[tuple[str, str]] = Counter()
        for parameter in operation.parameters:
            value = sent.get((parameter.place, parameter.name))
            if parameter.place == "cookie" and value is not None:
                explode = parameter.explode and parameter.style == "cookie"
                pairs = (
                    [(parameter.name, value)]
                    if parameter.is_json
                    else _pairs(parameter.name, value, "form", explode, "")
                )
                expected += Counter(
                    (name, text if parameter.style == "cookie" else quote(_text(text), safe="")) for name, text in pairs
                )
        crumbs = [part.partition("=") for part in request.headers.get("cookie", "").split("; ") if part]
        actual = Counter(
            (name, quote(unquote(text), safe="") if (name, text) not in expected else text) for name, _, text in crumbs
        )
        if actual != expected:
            yield "cookie", f"{sorted(actual - expected)} is sent instead of {sorted(expected - actual)}"

    def _replaced(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """`base_url` replaces the document's server alone: nothing goes to another one until `servers` maps it."""
        arguments, _ = self._arguments(operation, row, every=False)
        default, server = self._document_servers()[0], operation.servers[0]
        is_other = is_whole(server) and server != default and urlsplit(server)[:2] != urlsplit(default)[:2]
        try:
            url = str(self._request(operation, row, arguments, base_url=BASE_URL).url)
        except self._client.refusal:
            url = ""
        if is_other != (not url):
            yield "base url", f"with base_url {url or 'an error'} is what becomes of {server}"
        elif url and not url.startswith("https://checker.example/"):
            yield "base url", f"with base_url {url} is requested"
        if operation.own_server and server != default:
            options: dict[str, Any] = {"base_url": BASE_URL, "servers": {operation.own_server: MAPPED_URL}}
            url = str(self._request(operation, row, arguments, **options).url)
            if not url.startswith(f"{MAPPED_URL}/"):
                yield "base url", f"{url} is requested where servers has {MAPPED_URL}"

    def _media_types(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Each media type of a body can be chosen, other than those that write the same object, or fields as text or bytes."""
        body = operation.body
        if body is None or len(body.content) == 1:
            return
        first = min(body.content, key=lambda name: media_rank(self._kind(body, name), name))
        taken = {parameter["python"] for parameter in row["parameters"]}
        argument = next(name for name in ("content_type", "content_type_", "media_type_of_body") if name not in taken)
        for name, (schema, _) in body.content.items():
            kind = self._kind(body, name)
            facts = self._document.facts(schema)
            is_written = kind not in ("text", "bytes") or not (facts.get("properties") or "items" in facts)
            is_same = (kind != self._kind(body, first) or _essence(name) == _OCTETS) and self._fields(
                schema
            ) == self._fields(body.content[first][0])
            if name == first or is_same or not is_written or "*" in name or "/" not in name:
                continue
            arguments, sent = self._arguments(operation, row, every=False)
            value = self._value_of(body, name, every=True)
            others = {parameter["python"] for parameter in row["parameters"] if parameter["in"] == "body"}
            arguments = {key: value for key, value in arguments.items() if key not in others}
            request = self._request(operation, row, {**arguments, **body_arguments(row, value), argument: name})
            if not _fits(name, _essence(request.headers.get("content-type", ""))):
                yield "media type", f"{request.headers.get('content-type')!r} is sent where {name} is chosen"
            else:
                yield from self._body(operation, request, {**sent, "body": value})

    def _fields(self, schema: Node) -> object:
        return sorted(self._document.facts(schema).get("properties", {})) or schema.value

    def _server(self, operation: Operation) -> str:
        """Where a request belongs: the operation's first server; below ours where the document's default is replaced."""
        options, default = self._options(operation), self._document_servers()[0]
        server = operation.servers[0]
        if "base_url" not in options:
            return whole(server, default)
        return BASE_URL if server == default else whole(server, BASE_URL)

    def _path(self, operation: Operation, path: str, prefix: str, sent: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
        template = operation.path.partition("#")[0].partition("?")[0]
        template = re.sub(r"\{[?&][^{}]*\}", "", template)
        pieces = re.split(r"(<[^<>]*>|\{(?:[^{}]|\{[^{}]*\})*\})", template)
        pattern = "".join("(.*)" if number % 2 else re.escape(unquote(piece)) for number, piece in enumerate(pieces))
        match = re.fullmatch(pattern, unquote(path[len(prefix.rstrip("/")) :]) or "/")
        if match is None:
            yield "path", f"{path} is not {template} below {prefix or '/'}"
            return
        names = [re.sub(r"^[<{](?:\w+:(?=\w+>))?[+*]?|(?::.*)?[+*]?[>}]$", "", piece) for piece in pieces[1::2]]
        parameters = {parameter.name: parameter for parameter in operation.parameters if parameter.place == "path"}
        for name, text in zip(names, match.groups(), strict=True):
            value, parameter = sent.get(("path", name)), parameters.get(name)
            if parameter is None or value is None:
                continue
            first = {"label": ".", "matrix": f";{name}="}.get(parameter.style, "")
            between = parameter.separator or (
                {"label": ".", "matrix": f";{name}="}.get(parameter.style, ",") if parameter.explode else ","
            )
            if isinstance(value, dict) and parameter.explode:
                first = {"label": ".", "matrix": ";"}.get(parameter.style, "")
                between = {"label": ".", "matrix": ";"}.get(parameter.style, ",")
            if not text.startswith(first) or not _same(parameter, text.removeprefix(first), value, between, "="):
                yield "path", f"{name}: {text!r} is sent for {value!r}"

    def _query(
        self, operation: Operation, request: httpx.Request, sent: Mapping[Any, Any]
    ) -> Iterator[tuple[str, str]]:
        actual = Counter(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        expected: Counter[tuple[str, str]] = Counter(parse_qsl(operation.path.partition("?")[2].partition("#")[0]))
        expected = Counter(
            {
                pair: n
                for pair, n in expected.items()
                if "{" not in pair[1] and "{" not in operation.path.partition("?")[0][-2:]
            }
        )
        if "unwritten" in sent or any(parameter.place == "querystring" for parameter in operation.parameters):
            return
        for parameter in operation.parameters:
            value = sent.get((parameter.place, parameter.name))
            if value is None or parameter.place != "query":
                continue
            if parameter.is_json:
                texts = [text for name, text in actual if name == parameter.name]
                if len(texts) != 1 or json.loads(texts[0]) != value:
                    yield "query", f"{parameter.name}: {texts} is sent for {value!r}"
                actual = Counter({pair: n for pair, n in actual.items() if pair[0] != parameter.name})
                continue
            expected += Counter(_pairs(parameter.name, value, parameter.style, parameter.explode, parameter.separator))
        if actual != expected:
            yield "query", f"{sorted(actual - expected)} is sent instead of {sorted(expected - actual)}"

    def _accept(self, operation: Operation, request: httpx.Request) -> Iterator[tuple[str, str]]:
        good = [media for status, content in operation.responses.items() if status[0] == "2" for media in content]
        accepted = [part.partition(";")[0].strip() for part in request.headers.get("accept", "").split(",")]
        if (
            good
            and "*/*" not in accepted
            and not any(_fits(media, media_range) for media in good for media_range in accepted)
        ):
            yield "accept", f"{accepted} is accepted, {sorted(set(good))} stated"

    def _body(self, operation: Operation, request: httpx.Request, sent: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
        received = request.headers.get("content-type", "")
        if "body" not in sent:
            if request.content and (operation.body is None or operation.body.content):
                yield "body", f"{request.content[:80]!r} is sent where nothing was given"
            return
        assert operation.body is not None
        media = next(
            (
                name
                for name in operation.body.content
                if _fits(name, _essence(received))
                or (
                    _fits("application/json", _essence(received))
                    and self._kind(operation.body, name) == "json" != media_kind(name)
                )
            ),
            None,
        )
        if media is None:
            yield "media type", f"{received!r} is sent, {sorted(operation.body.content)} stated"
            return
        _schema, encoding = operation.body.content[media]
        value, kind = sent["body"], media_kind(received)
        if kind == "json":
            if (actual := json.loads(request.content)) != value:
                yield "body", f"{_brief(actual)} is sent for {_brief(value)}"
        elif kind == "form" and isinstance(value, dict):
            pairs = Counter(parse_qsl(request.content.decode(), keep_blank_values=True))
            expected: Counter[tuple[str, str]] = Counter()
            for name, member in value.items():
                rule = encoding.get(name) or {}
                if isinstance(member, (dict, list)) and not rule.keys() & {"style", "explode"}:
                    items = member if isinstance(member, list) else [member]
                    expected += Counter((name, _text(item)) for item in items)
                else:
                    style = rule.get("style", "form")
                    expected += Counter(
                        _pairs(name, member, style, rule.get("explode", style == "form"), rule.get("separator", ""))
                    )
            if _loose(pairs) != _loose(expected):
                yield "body", f"{sorted(pairs - expected)} is sent instead of {sorted(expected - pairs)}"
        elif kind == "multipart" and isinstance(value, dict):
            yield from self._parts(received, request.content, value, encoding)
        elif kind in ("bytes", "text") and request.content != (
            value if isinstance(value, bytes) else str(value).encode()
        ):
            yield "body", f"{request.content[:80]!r} is sent for {value!r}"

    def _parts(
        self, received: str, content: bytes, value: dict[str, Any], encoding: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        message = email.parser.BytesParser().parsebytes(f"Content-Type: {received}\r\n\r\n".encode() + content)
        actual: dict[str, list[bytes]] = {}
        for part in message.get_payload():
            name = str(part.get_param("name", header="content-disposition"))
            actual.setdefault(name, []).append(part.get_payload(decode=True).rstrip(b"\r\n"))
        for name in sorted(actual.keys() ^ value.keys()):
            if value.get(name) not in ([], {}):
                yield "body", f"the part {name} is {'sent' if name in actual else 'missing'}"
        for name, member in value.items():
            items, rule = member if isinstance(member, list) else [member], encoding.get(name) or {}
            if isinstance(member, list) and rule.get("explode", rule.get("style", "form") == "form") is False:
                items = [
                    text
                    for _, text in _pairs(name, member, rule.get("style", "form"), False, rule.get("separator", ""))
                ]
            expected = [item if isinstance(item, bytes) else _text(item).encode() for item in items]
            texts = actual.get(name, expected)
            if texts != expected and [_json(text) for text in texts] not in (jsonable(items), [jsonable(items)]):
                yield "body", f"the part {name} is {texts} for {_brief(member)}"

    # -- security, null and responses

    def _secured(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        schemes = self._document.schemes
        arguments, _ = self._arguments(operation, row, every=False)
        bare = self._request(operation, row, arguments)
        names = {name for name in self._document.required_schemes if schemes[name].get("type") != "mutualTLS"}
        if sent := [name for name in names if _holds(bare, f"secret-{name}")]:
            yield "security", f"{sent} is sent without credentials"
        if not names:
            return
        credentials: Any = {name: credential_of(f"secret-{name}", schemes[name]) for name in names}
        request = self._request(
            operation, row, arguments, credentials=credentials if len(names) > 1 else next(iter(credentials.values()))
        )
        used = frozenset(name for name in names if _holds(request, f"secret-{name}"))
        ways = [way & names for way in operation.security] or [frozenset[str]()]
        if used not in ways:
            yield "security", f"{sorted(used)} is sent, {[sorted(way) for way in ways]} stated"
        for name in used:
            if not _holds(request, f"secret-{name}", schemes[name]):
                yield "security", f"{name} is sent elsewhere than at its place"

    def _nulls(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if operation.body is None or row["method"] == "GET":
            return
        arguments, sent = self._arguments(operation, row, every=True)
        schema = next((node for name, (node, _) in operation.body.content.items() if media_kind(name) == "json"), None)
        if schema is None or not isinstance(sent.get("body"), dict):
            return
        properties = self._document.facts(schema).get("properties", {})
        python = {
            parameter["name"]: parameter["python"] for parameter in row["parameters"] if parameter["in"] == "body"
        }
        nulls = [
            name for name, field in properties.items() if name in sent["body"] and self._document.is_nullable(field)
        ]
        for name in nulls:
            whole_body = python.keys() == {"body"} and sent["body"].keys() != {"body"}
            change = {python["body"]: {**sent["body"], name: None}} if whole_body else {python[name]: None}
            request = self._request(operation, row, {**arguments, **change})
            if json.loads(request.content).get(name, "absent") is not None:
                yield "null", f"None for {name} is sent as {json.loads(request.content).get(name, 'nothing')!r}"

    def _responses(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        arguments, _ = self._arguments(operation, row, every=False)
        for status, content in operation.responses.items():
            media = next((name for name in content if media_kind(name) == "json" and "*" not in name), None)
            code = {"2XX": 200, "2xx": 200}.get(status, int(status) if status.isdigit() else 0)
            if media is None or not 200 <= code < 300 or operation.method == "HEAD" or code == 204:
                continue
            for every in (True, False):
                value = jsonable(self._document.example(content[media], sent=False, every=every))
                if self._document.facts(content[media]).get("format") == "binary":
                    value = json.dumps(value).encode()
                yield from self._response_of(operation, row, arguments, code, media, value)
                if isinstance(value, dict) and every:
                    properties = self._document.facts(content[media]).get("properties", {})
                    nulls = {
                        name: None
                        for name, field in properties.items()
                        if name in value and self._document.is_nullable(field)
                    }
                    if nulls:
                        yield from self._response_of(operation, row, arguments, code, media, {**value, **nulls})

    def _response_of(
        self,
        operation: Operation,
        row: Mapping[str, Any],
        arguments: Mapping[str, Any],
        code: int,
        media: str,
        value: Any,
    ) -> Iterator[tuple[str, str]]:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self._response = httpx.Response(code, headers={"content-type": media}, content=body)
        transport = httpx.MockTransport(self._answer)
        client = self._client.sync(**self._options(operation), transport=transport)
        result = getattr(client, row["name"])(**arguments)
        self._response = httpx.Response(200)
        if plain(result) != value:
            yield "response", f"{_brief(plain(result))} is read from {code} {_brief(value)}"
        if hasattr(result, "to_dict"):
            yield from model_nulls(result)

    # -- errors

    def _errors(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Errors are of the status's class, and their data is what was sent: for each status that has a JSON body."""
        arguments, _ = self._arguments(operation, row, every=False)
        for status, content in operation.responses.items():
            media = next((name for name in content if media_kind(name) == "json" and "*" not in name), None)
            if media is None or not self._describes(content[media]):
                continue
            # A default that is the only response describes results.
            if status == "default" and not any(
                status_key[:1] in "23" and status_key != "304" for status_key in operation.responses
            ):
                continue
            facts = self._document.facts(content[media])
            is_model = None if facts.keys() & {"oneOf", "anyOf"} else bool(facts["properties"])
            for code in _codes(status, operation.responses):
                for every in (True, False):
                    value = jsonable(self._document.example(content[media], sent=False, every=every))
                    yield from self._error_of(operation, row, arguments, code, media, value, is_model=is_model)

    def _describes(self, schema: Any) -> bool:
        """Whether a schema states what a value is."""
        facts = self._document.facts(schema)
        return any(facts.get(word) for word in ("type", "properties", "oneOf", "anyOf", "enum"))

    def _error_of(
        self,
        operation: Operation,
        row: Mapping[str, Any],
        arguments: Mapping[str, Any],
        code: int,
        media: str,
        value: Any,
        *,
        is_model: bool | None,
    ) -> Iterator[tuple[str, str]]:
        content = json.dumps(value).encode()
        self._response = httpx.Response(code, headers={"content-type": media}, content=content)
        transport = httpx.MockTransport(self._answer)
        client = self._client.sync(**self._options(operation), transport=transport, retry=self._client.no_retry)
        try:
            getattr(client, row["name"])(**arguments)
        except Exception as error:
            class_name = _STATUS_CLASSES.get(code, "ServerError" if code >= 500 else "APIError")
            core = ("core.errors", "_runtime.errors")
            bases = {base.__name__ for base in type(error).__mro__ if base.__module__.endswith(core)}
            if class_name not in bases:
                yield "error", f"{code} raises {type(error).__name__}, not {class_name}"
            elif not hasattr(type(error), "data"):
                yield "error", f"{code} raises {type(error).__name__} without data"
            elif (data := plain(error.data)) != mask_json(value):
                yield "error", f"{_brief(data)} is read from {code} {_brief(value)}"
            elif is_model not in (None, hasattr(error.data, "to_dict")):  # of a union, it may be one
                yield "error", f"the data of {code} is of the type {type(error.data).__name__}"
        else:
            yield "error", f"{code} raises nothing"
        finally:
            self._response = httpx.Response(200)

    def _streams(self, operation: Operation, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The items of a sequence are read as they arrive, and its media type is requested; `stream` is set where it is stated."""
        sequences = {
            media: node
            for status, content in operation.responses.items()
            if status[0] == "2"
            for media, node in content.items()
            if _essence(media) in (*SEQUENCES, EVENTS)
        }
        if not sequences:
            return
        arguments, _ = self._arguments(operation, row, every=False)
        is_requested = False
        for media, node in sequences.items():
            values, content = self._sequence(media, node)
            self._response = httpx.Response(200, headers={"content-type": media}, content=content)
            client = self._client.sync(**self._options(operation), transport=httpx.MockTransport(self._answer))
            self._seen.clear()
            try:
                items = list(getattr(client, row["name"]).iterate(**arguments))
            finally:
                self._response = httpx.Response(200)
            if _essence(media) not in self._seen[-1].headers["accept"]:
                continue
            is_requested = True
            events = (
                [(plain(item.data), item.event, item.id) for item in items]
                if media == EVENTS
                else list(map(plain, items))
            )
            if events != values:
                yield "stream", f"{_brief(events)} is read from {_brief(values)}"
            if self._is_switched(operation) and json.loads(self._seen[-1].content).get("stream") is not True:
                yield "stream", "stream is not set"
        if not is_requested:
            yield "stream", f"{self._seen[-1].headers['accept']} is requested, {sorted(sequences)} stated"

    def _sequence(self, media: str, node: Node) -> tuple[list[Any], bytes]:
        """Return two items of a sequence, and its text."""
        if media != EVENTS:
            value = jsonable(self._document.example(self._document.item(node), sent=False, every=True))
            text = json.dumps(value).encode()
            return [value, value], b"".join(b"\x1e" * media.endswith("-seq") + text + b"\n" for _ in range(2))
        example = self._document.example(node, sent=False, every=True)
        data = jsonable(self._document.example(self._document.event_data(node), sent=False, every=True))
        name = example.get("event", "message") if isinstance(example, dict) and data != example else "message"
        text = data if isinstance(data, str) else json.dumps(data)
        lines = "".join(f"event: {name}\nid: {number}\ndata: {text}\n\n" for number in (1, 2))
        return [(data, name, "1"), (data, name, "2")], lines.encode()

    def _is_switched(self, operation: Operation) -> bool:
        """Whether the body has a field that says whether the response is a stream."""
        schemas = () if operation.body is None else operation.body.content.items()
        properties = [
            self._document.facts(node)["properties"] for name, (node, _) in schemas if media_kind(name) == "json"
        ]
        return any(
            "stream" in facts and self._document.facts(facts["stream"]).get("type") == "boolean" for facts in properties
        )


def model_nulls(model: Any) -> Iterator[tuple[str, str]]:
    """A field of a model that is set to None is null in what it sends."""
    for attribute in type(model).__attrs_attrs__:
        if attribute.name in ("additional_properties", "null_fields"):
            continue
        value = getattr(model, attribute.name)
        before = model.to_dict()
        setattr(model, attribute.name, None)
        after = model.to_dict()
        setattr(model, attribute.name, value)
        changed = [key for key in {**before, **after} if before.get(key, "absent") != after.get(key, "absent")]
        if value is not None and (len(changed) != 1 or after.get(changed[0], "absent") is not None):
            yield "model null", f"None for {type(model).__name__}.{attribute.name} is not null"


def _codes(status: str, responses: Mapping[str, Any]) -> list[int]:
    """Return statuses of errors that a key of a document's responses describes: itself, or some that others don't."""
    if status.isdigit():
        return [int(status)] if 400 <= int(status) < 600 else []
    if status == "default":
        among = [code for code in (418, 404, 503) if f"{code // 100}XX" not in {key.upper() for key in responses}]
    else:
        among = {"4XX": [418, 404], "5XX": [501, 503]}.get(status.upper(), [])
    return [code for code in among if str(code) not in responses]


def _required(operation: Operation) -> Iterator[tuple[str, str]]:
    for parameter in operation.parameters:
        astray = parameter.place == "path" and parameter.name not in re.findall(r"\w+", operation.path)
        ignored = parameter.place == "header" and parameter.name.lower() in _IGNORED
        if parameter.required and not astray and not ignored:
            yield parameter.place, parameter.name


def _is_written(parameter: Parameter, value: Any) -> bool:
    """Whether OpenAPI says how a value is written: of lists and objects in others it does not."""
    if parameter.is_json or parameter.place == "querystring":
        return True
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    nested = any(isinstance(item, (list, dict)) for item in items)
    return not nested and not isinstance(value, bytes) and value not in ([], {})


def _pairs(name: str, value: Any, style: str, explode: bool, separator: str) -> list[tuple[str, str]]:
    """How OpenAPI writes a parameter of the query, decoded."""
    if isinstance(value, dict):
        if style == "deepObject":
            return [(f"{name}[{key}]", _text(item)) for key, item in value.items()]
        if explode:
            return [(key, _text(item)) for key, item in value.items()]
        value = [text for key, item in value.items() for text in (key, item)]
    elif isinstance(value, list) and explode:
        return [(name, _text(item)) for item in value]
    if isinstance(value, list):
        return [(name, (separator or _DELIMITERS.get(style, ",")).join(map(_text, value)))]
    return [(name, _text(value))]


def _same(parameter: Parameter, text: str, value: Any, between: str, equal: str) -> bool:
    if parameter.is_json:
        return json.loads(text) == value
    if isinstance(value, dict):
        joined = [f"{key}{equal}{_text(item)}" for key, item in value.items()]
        flat = [_text(part) for pair in value.items() for part in pair]
        return text == (between.join(joined) if parameter.explode else (parameter.separator or ",").join(flat))
    return text == (between.join(map(_text, value)) if isinstance(value, list) else _text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(jsonable(value), separators=(",", ":"))


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", "replace")


def _loose(pairs: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """JSON without spaces."""
    return Counter({(name, re.sub(r"(?<=[,:]) ", "", text)): n for (name, text), n in pairs.items()})


def jsonable(value: Any) -> Any:
    """Return a value with texts in place of bytes, which JSON does not have."""
    if isinstance(value, bytes):
        return "text"
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    return [jsonable(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """Return what a client read as the plain JSON that it read it from."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _brief(value: Any) -> str:
    return repr(value)[:300]


def _essence(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def media_kind(media: str) -> str:
    """Return how a body of a media type is written."""
    name = _essence(media)
    if name in ("application/json", "text/json", "*/*", "") or name.endswith("+json"):
        return "json"
    if name == "application/x-www-form-urlencoded":
        return "form"
    return (
        "multipart"
        if name.startswith("multipart/")
        else "text"
        if name.startswith("text/") or name.endswith("xml")
        else "bytes"
    )


def media_rank(kind: str, media: str) -> tuple[int, bool]:
    """Return the order in which a client prefers media types."""
    return ["json", "multipart", "form", "bytes", "text"].index(kind), media != "application/json"


def body_arguments(row: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Return the arguments that are a body: one, or one for each of its fields."""
    names = {parameter["name"]: parameter["python"] for parameter in row["parameters"] if parameter["in"] == "body"}
    if isinstance(value, dict) and (names.keys() != {"body"} or value.keys() == {"body"}):
        return {names[name]: member for name, member in value.items() if name in names}
    return {names["body"]: value}


def _fits(media_range: str, media_type: str) -> bool:
    """Whether a media type is one of those that a document states, which may be a range."""
    pattern, name = _essence(media_range), media_type.strip().lower()
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None


def credential_of(secret: str, scheme: Mapping[str, Any]) -> Any:
    """Return the credentials of a security scheme, in the words of OpenAPI 3."""
    match scheme.get("type"), str(scheme.get("scheme", "")).lower(), scheme.get("in"):
        case "apiKey", _, place:
            return ApiKey(secret, **{str(place): scheme["name"]})
        case "http", "basic", _:
            return Basic("user", secret)
        case "http", other, _ if other not in ("bearer", ""):
            return ApiKey(secret, header="Authorization", prefix=f"{scheme['scheme']} ")
        case _:
            return BearerToken(secret)


def _holds(request: httpx.Request, secret: str, scheme: Mapping[str, Any] | None = None) -> bool:
    """Whether a request has a secret, anywhere or at the place of its scheme."""
    import base64

    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    query = dict(parse_qsl(request.url.query.decode()))
    if scheme is None:
        texts = [*request.headers.values(), *query.values()]
        return any(
            re.search(rf"(?<![\w-]){re.escape(credential)}(?![\w-])", text)
            for text in texts
            for credential in (secret, basic)
        )
    name = str(scheme.get("name", ""))
    if scheme.get("type") == "apiKey":
        if scheme.get("in") == "query":
            return query.get(name) == secret
        sent = request.headers.get("cookie" if scheme.get("in") == "cookie" else name, "")
        return f"{name}={secret}" in sent if scheme.get("in") == "cookie" else sent.removeprefix("Bearer ") == secret
    return request.headers.get("authorization", "").partition(" ")[2] in (secret, basic)


def main(document: str, project: str) -> int:
    """Check the client of a project, and print what differs."""
    source = Path(project) / "src"
    sys.path.insert(0, str(source))
    package = next(path.parent.name for path in source.glob("*/commands.json"))
    problems = check(Path(document), importlib.import_module(package))
    for problem in problems:
        print(problem)
    kinds = Counter(problem.kind for problem in problems)
    print(f"{len(problems)} problems: {', '.join(f'{number} {kind}' for kind, number in kinds.most_common())}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
