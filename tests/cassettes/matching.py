"""Finding the call of a generated client that makes a recorded request."""

import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from omicsdk.core import Request, UsageError


@dataclass(frozen=True)
class Call:
    """A call and what it sends.

    Attributes:
        operation: Name of the operation.
        base: Where the client's base URL ends.
        arguments: Keyword arguments.
        sent: Method, path with query, and body.
        headers: The request's headers.
        variant: Whether the recorded request was spelled otherwise, in a way that the server takes for the same.
    """

    operation: str
    base: str
    arguments: Mapping[str, Any]
    sent: tuple[str, str, bytes]
    headers: tuple[tuple[str, str], ...]
    variant: bool = False


class Caller:
    """Finds calls of one client.

    Args:
        package: The generated package.
        commands: Its commands.json.
    """

    def __init__(self, package: ModuleType, commands: Sequence[Mapping[str, Any]]) -> None:
        self._package = package
        # A path that fits several is that of the one with more fixed text, whatever the method.
        self._patterns: dict[str, list[Mapping[str, Any]]] = {}
        for command in sorted(commands, key=lambda command: -len(re.sub(r"\{.*?\}", "", command["path"]))):
            self._patterns.setdefault(pattern_of(command["path"]), []).append(command)

    def find(self, request: Mapping[str, Any], base: str) -> Call | None:
        """The call that makes a request, None when there is none."""
        target = request["path"][len(base) :]
        path, query = urlsplit(target).path, urlsplit(target).query
        fitting = [pattern for pattern in self._patterns if re.fullmatch(pattern, path)]
        for command in self._patterns[fitting[0]] if fitting else ():
            values = re.fullmatch(fitting[0], path)
            if values is None or command["method"] != request["method"]:
                continue
            for arguments in candidates(command, values.groups(), query, request["body"]):
                built = self._built(command["name"], arguments)
                if built is not None and same(built, request, target):
                    sent = (request["method"], base + built.url, built.content or b"")
                    return Call(command["name"], base, arguments, sent, built.headers)
        return None

    def _built(self, operation: str, arguments: Mapping[str, Any]) -> Request | None:
        module = importlib.import_module(f"{self._package.__name__}.operations.{operation}")
        try:
            inspect.signature(module.build).bind(**arguments)
            return module.build(**arguments)
        except (TypeError, ValueError, UsageError):
            return None  # an argument is missing, or one that cannot be sent


def pattern_of(template: str) -> str:
    """A regular expression for the paths of an operation."""
    fixed = template.partition("#")[0].partition("?")[0]
    return re.sub(r"\\\{.*?\\\}", "(.*[^/])", re.escape(fixed))


def candidates(command: Mapping[str, Any], path: Sequence[str], query: str, body: object) -> Iterator[dict[str, Any]]:
    """Arguments that may make a request."""
    parameters = command["parameters"]
    names = re.findall(r"\{(.*?)\}", command["path"])
    places = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "path"}
    arguments: dict[str, Any] = {}
    for name, text in zip(names, path, strict=True):
        parameter = places.get(name)
        if parameter is None:
            return
        arguments[parameter["python"]] = value_of(parameter, [unquote(text)])
    rest: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        rest.setdefault(name, []).append(text)
    query_parameters = [parameter for parameter in parameters if parameter["in"] == "query"]
    for parameter in query_parameters:
        if parameter["name"] in rest:
            arguments[parameter["python"]] = value_of(parameter, rest.pop(parameter["name"]))
    for parameter in query_parameters:
        if rest and parameter["type"] == "object":
            arguments[parameter["python"]] = {name: texts[0] for name, texts in rest.items()}
    carried = [parameter for parameter in parameters if parameter["in"] == "body"]
    if any(parameter["python"] == "body" for parameter in carried):
        yield arguments if body is None else {**arguments, "body": body}
    elif isinstance(body, dict):
        fields = {parameter["name"]: parameter["python"] for parameter in carried}
        if body.keys() <= fields.keys():
            yield {**arguments, **{fields[name]: value for name, value in body.items()}}
    elif body is None:
        yield arguments


def value_of(parameter: Mapping[str, Any], texts: Sequence[str]) -> Any:
    """A parameter's value of what stood in a path or query."""
    kind = parameter["type"]
    if kind == "array":
        return texts[0].split(",") if len(texts) == 1 else list(texts)
    text = texts[0]
    if kind in ("integer", "number") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def same(built: Request, recorded: Mapping[str, Any], target: str) -> bool:
    """Whether a request is the recorded one: path, query in any order, body as JSON."""
    ours, theirs = urlsplit(built.url), urlsplit(target)
    if [unquote(part) for part in ours.path.split("/")] != [unquote(part) for part in theirs.path.split("/")]:
        return False
    if sorted(parse_qsl(ours.query, True)) != sorted(parse_qsl(theirs.query, True)):
        return False
    if built.content is not None and not isinstance(built.content, bytes):
        return False
    body = recorded["body"]
    if body is None or built.content is None:
        return body is None and built.content is None
    types = [
        headers.get("content-type", "").partition(";")[0] for headers in (dict(built.headers), recorded["headers"])
    ]
    if types[0] != types[1]:
        return False
    if isinstance(body, str) and "json" not in types[0]:
        return built.content == body.encode()
    return json.loads(built.content) == body
