"""Step 4, paths: one form of path templates, and operations with all parameters that concern them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import unquote

from .dialect import METHODS, TREE
from .progress import OnProgress, counted, silent
from .source import brief
from .upgrade_context import Context
from .upgrade_parts import Parts
from .values import Json, Object, object_in

_FLASK = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\([^<>]*\))?:)?(?P<name>[A-Za-z_]\w*)>")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
# A variable with what frameworks and RFC 6570 write beside its name: {id:[0-9]+}, {proxy+}, {+path}, {*rest}.
_DRESSED = re.compile(
    r"\{\s*(?P<before>[+*]?)(?P<name>[\w.$@-]+?)\s*(?::(?P<rule>(?:[^{}]|\{[^{}]*\})*))?(?P<after>[+*]?)\s*\}"
)
_EXPANSION = re.compile(r"\{[?&]([^{}]*)\}")
_COLON = re.compile(r"(?<=/):([A-Za-z_]\w*)")
# Flask's converters (werkzeug.routing.converters) as schemas.
_CONVERTERS: dict[str, Object] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}


@dataclass(frozen=True)
class Template:
    """A path as written in a document.

    Attributes:
        key: with its variables in braces; the part after `#` distinguishes operations.
        sent: the key without what follows `#`, and without variables in its query.
        converters: for each variable its rule: a Flask converter, or a regular expression.
        queried: variables in the query of the path: what each is called there, and whether it must be given.
    """

    key: str
    sent: str
    converters: dict[str, str]
    queried: dict[str, tuple[str, bool]]

    @property
    def variables(self) -> list[str]:
        """In the order of the path, each once."""
        return list(dict.fromkeys(_VARIABLE.findall(self.sent)))


def template(path: str, declared: Collection[str] = ()) -> Template:
    """Read a path.

    `/a/<int:id>`, `/a/{id:[0-9]+}` and, where a path parameter is called so, `/a/:id` mean `/a/{id}`; a path without
    a leading slash gets one; `/a{?q}` and `/a?q={q}` have a query parameter.

    Args:
        path: as the document has it.
        declared: names of the path parameters that its operations describe.
    """
    converters = {match["name"]: match["converter"] or "string" for match in _FLASK.finditer(path)}
    key = _FLASK.sub(lambda match: "{" + match["name"] + "}", path)
    # A segment may begin with a colon that is meant as one, so that only a declared parameter is a variable.
    key = _COLON.sub(lambda match: "{" + match[1] + "}" if match[1] in declared else match[0], key)
    for match in _DRESSED.finditer(key):
        # `{+path}` of RFC 6570, `{proxy+}` of AWS and `{*rest}` of ASP.NET all match slashes, too.
        slashes = match["before"] or match["after"] or match["rule"] in (".*", ".+")
        if slashes or match["rule"]:
            converters[match["name"]] = "path" if slashes else match["rule"]
    key = _DRESSED.sub(lambda match: "{" + match["name"] + "}", key)
    # Google's templates, such as `{name=projects/*}`, match several segments.
    converters |= {name: "path" for name in _VARIABLE.findall(key) if "=" in name and "*" in name}
    names = [name.strip(" *") for expansion in _EXPANSION.findall(key) for name in expansion.split(",")]
    queried = {name: (name, False) for name in names if name}
    key = _EXPANSION.sub("", key)
    key = key if key.startswith("/") else "/" + key
    # What follows `#` is no part of a request: authors add it, as a document cannot have a path twice.
    sent, _, query = key.partition("#")[0].partition("?")
    fixed: list[str] = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        variable = _VARIABLE.fullmatch(value)
        if variable:
            queried[variable[1]] = (unquote(name), True)
        elif pair:
            fixed.append(pair)
    return Template(key, f"{sent}?{'&'.join(fixed)}" if fixed else sent, converters, queried)


def _declared(item: Json) -> set[str]:
    """Names of the path parameters of a path item and its operations."""
    around = [item, *item.values()] if isinstance(item, dict) else []
    lists = [node.get("parameters") for node in around if isinstance(node, dict)]
    parameters = [parameter for list_ in lists if isinstance(list_, list) for parameter in list_]
    return {
        str(parameter.get("name"))
        for parameter in parameters
        if isinstance(parameter, dict) and parameter.get("in") == "path"
    }


class Paths:
    """Upgrades path items."""

    def __init__(self, context: Context, parts: Parts, root: Object) -> None:
        self._context = context
        self._parts = parts
        self._root = root

    def paths(self, value: Json, around: Object, key: str, on_progress: OnProgress = silent) -> Object:
        """Upgrade a document's paths, reporting progress."""
        paths: Object = self._context.record_origin({}, value)
        source = self._context.mapping(value, around, key)
        written: dict[str, str] = {}
        shapes: dict[str, str] = {}
        for path, item in counted(source.items(), "upgrading paths", on_progress):
            if path.startswith("x-"):
                paths[path] = item
                continue
            read = template(path, _declared(item))
            if read.key != path:
                self._context.repair(source, path, path, read.key)
            if read.key in written:
                self._merge(paths[read.key], self._item(source, path, read), path, written[read.key])
                continue
            # Paths that differ in the names of variables alone are identical and invalid (OpenAPI, Paths Object).
            shape = _VARIABLE.sub("{}", read.key)
            if shape in shapes:
                before, remedy = f"the path {path} is the same as {shapes[shape]}", "State one path, with one name."
                self._context.note(source, path, "repair", before, "both are called", certain=False, remedy=remedy)
            shapes.setdefault(shape, path)
            written[read.key] = path
            paths[read.key] = self._item(source, path, read)
        return paths

    def _item(self, source: Object, path: str, read: Template) -> Object:
        return self.item(self._context.mapping(source[path], source, path, "loss"), read)

    def _merge(self, paths: Json, item: Object, path: str, first: str) -> None:
        """Add the operations of a path that is spelled in two ways to its first spelling."""
        assert isinstance(paths, dict)
        remedy = "Put their operations under one."
        for key, operation in item.items():
            is_stated = key.startswith("x-") or key in ("summary", "description")
            if is_stated and key in paths and paths[key] != operation:
                self._context.omit(item, key, f"the path {path} is the same as {first}, which has another")
            elif is_stated:
                paths[key] = operation
            elif key not in paths:
                paths[key] = operation
                before = f"the path {path} is the same as {first}"
                self._context.note(item, key, "repair", before, f"{key} of both", remedy=remedy)
            elif key == "additionalOperations" and isinstance(operation, dict):
                self._merge(paths[key], operation, path, first)
            elif isinstance(operation, dict):
                message = f"{key} of the path {path} is the same as that of {first}"
                self._context.leave_out(operation, None, message, "it is left out", remedy)

    def item(self, old: Object, path: Template | None) -> Object:
        """Upgrade a path item.

        Args:
            old: the item.
            path: its path; None for a webhook or callback, whose parameters belong to no path.
        """
        new: Object = {
            key: value for key, value in old.items() if key.startswith("x-") or key in ("summary", "description")
        }
        self._context.record_origin(new, old)
        if path is not None and path.sent != path.key:
            new["x-omics-sent-path"] = path.sent
        for key, value in old.items():
            if key in METHODS or key.lower() in METHODS:
                if key not in METHODS:
                    self._context.repair(old, key, key, key.lower())
                new[key.lower()] = self._operation(self._context.mapping(value, old, key, "loss"), old, path)
            elif key == "additionalOperations" and isinstance(value, dict):
                others = self._context.mappings(value, old, key, "loss")
                upgraded: Object = {name: self._operation(inner, old, path) for name, inner in others}
                new[key] = self._context.record_origin(upgraded, value)
            elif key not in ("parameters", "servers") and key not in new:
                # A mapping here can only be an operation, with a misspelled method.
                meant = get_close_matches(key.lower(), METHODS, 1) if isinstance(value, dict) else []
                why = f"it is no method; did you mean {meant[0]}?" if meant else "it doesn't belong here"
                self._context.omit(old, key, why, "loss" if isinstance(value, dict) else "omission")
        return new

    def _operation(self, old: Object, item: Object, path: Template | None) -> Object:
        handled = {*TREE["operation"], "servers", "deprecated", "consumes", "produces", "schemes"}
        new = self._context.plain("operation", old, handled)
        if old.get("deprecated") is True:
            new["deprecated"] = True
        parameters, in_body = self._parameters(old, item)
        if path is not None:
            parameters = self._match(parameters, path, old)
        parameters = self._without_conflict(parameters, path)
        if parameters:
            upgraded: list[Json] = list(parameters)
            own_parameters = old.get("parameters", item.get("parameters"))
            new["parameters"] = self._context.record_origin(
                upgraded, own_parameters if isinstance(own_parameters, list) else old
            )
        body = self._body(old, in_body)
        if body is not None:
            new["requestBody"] = body
        new["responses"] = self._parts.responses(old.get("responses"), old, self._media_types(old, "produces"))
        # An empty list is treated as none, as OpenAPI defines it for the document's own servers.
        servers = self._context.servers(old) or self._context.servers(item)
        if servers:
            new["servers"] = servers
        if "schemes" in old:
            self._context.omit(old, "schemes", "the document's servers count")
        callbacks = self._context.mappings(old.get("callbacks"), old, "callbacks")
        upgraded_callbacks: Object = {name: self._callback(callback) for name, callback in callbacks}
        if upgraded_callbacks:
            new["callbacks"] = upgraded_callbacks
        return new

    def _callback(self, old: Object) -> Object:
        upgraded: Object = {
            key: value if key.startswith("x-") else self.item(self._context.mapping(value, old, key), None)
            for key, value in old.items()
        }
        return self._context.record_origin(upgraded, old)

    def _parameters(self, old: Object, item: Object) -> tuple[list[Object], list[Object]]:
        """Merge an operation's parameters with its path item's; those that are parts of a body are separated."""
        merged: dict[tuple[str, str], Object] = {}
        for around in (item, old):
            local: dict[tuple[str, str], Object] = {}
            for index, parameter in enumerate(self._context.items(around.get("parameters"), around, "parameters")):
                if not isinstance(parameter, dict):
                    after = f"parameter {index} is left out: it isn't a mapping"
                    self._context.lose(around, "parameters", brief(parameter), after)
                    continue
                key = (str(parameter.get("in")), str(parameter.get("name")))
                if key in local:
                    self._context.lose(parameter, None, f"a second parameter {key[1]} in {key[0]}", "left out")
                else:
                    local[key] = parameter
            # A parameter of an operation overrides one of its path item with the same name and place (OpenAPI,
            # Operation Object).
            merged |= local
        in_body = [parameter for (position, _), parameter in merged.items() if position in ("body", "formData")]
        upgraded = [
            self._parts.parameter(parameter)
            for (position, _), parameter in merged.items()
            if position not in ("body", "formData")
        ]
        return [parameter for parameter in upgraded if parameter is not None], in_body

    def _match(self, parameters: list[Object], path: Template, old: Object) -> list[Object]:
        """Make the path parameters those that the path has as variables."""
        parameters = self._queried(parameters, path, old)
        path_parameters = [parameter for parameter in parameters if parameter["in"] == "path"]
        astray = [parameter for parameter in path_parameters if parameter["name"] not in path.variables]
        path_names = {str(parameter["name"]) for parameter in path_parameters}
        missing = [name for name in path.variables if name not in path_names]
        # One name too many and one missing can only be the same parameter. Of several, none is guessed.
        if len(astray) == len(missing) == 1:
            before, after = f"a path parameter {astray[0]['name']}", f"{{{missing[0]}}}: the only one that is left"
            self._context.repair(astray[0], "name", before, after, certain=False)
            astray[0]["name"] = missing[0]
        else:
            for parameter in astray:
                before, longer = (
                    f"a path parameter {parameter['name']}",
                    f"{path.key.rstrip('/')}/{{{parameter['name']}}}",
                )
                # Frameworks describe `/runs/:id?` as two paths, both with `id`.
                if longer in object_in(self._root, "paths"):
                    self._context.repair(parameter, "in", before, f"none: of {longer}")
                    parameters = [other for other in parameters if other is not parameter]
                    continue
                after = f"in the query: {path.key} has no such part"
                self._context.repair(parameter, "in", before, after, certain=False)
                parameter["in"] = "query"
            for name in missing:
                self._context.repair(
                    old, None, f"{{{name}}} in the path without a parameter", "a required path parameter"
                )
                schema = dict(_CONVERTERS.get(path.converters.get(name, "string"), {"type": "string"}))
                parameters = [*parameters, self._implied(name, "path", schema, old)]
        for parameter in parameters:
            if parameter["in"] == "path" and parameter["required"] is not True:
                self._context.repair(parameter, "required", "a path parameter that isn't required", "required")
                parameter["required"] = True
            if parameter["in"] == "path" and path.converters.get(str(parameter["name"])) == "path":
                parameter.setdefault("x-omics-raw-path", True)
        return parameters

    def _queried(self, parameters: list[Object], path: Template, old: Object) -> list[Object]:
        """Convert variables in the query of a path to query parameters."""
        query_names = {str(parameter["name"]) for parameter in parameters if parameter["in"] == "query"}
        fixed_names = {unquote(pair.partition("=")[0]) for pair in path.sent.partition("?")[2].split("&")}
        query_parameters: list[Object] = []
        for parameter in parameters:
            name = str(parameter["name"])
            if parameter["in"] == "query" and name in fixed_names:
                # Azure's documents, to tell operations of one path apart. Both would be sent.
                self._context.note(parameter, None, "omission", f"parameter {name} in query", "the path has its value")
                continue
            if parameter["in"] == "path" and name in path.queried and name not in path.variables:
                wire, required = path.queried[name]
                self._context.repair(parameter, "in", f"a path parameter {name}", f"{wire} in the query")
                if wire in query_names:
                    continue
                parameter |= {"name": wire, "in": "query", "required": required}
                query_names.add(wire)
            query_parameters.append(parameter)
        for name, (wire, required) in path.queried.items():
            if wire not in query_names:
                self._context.repair(old, None, f"{{{name}}} in the path's query without a parameter", "a parameter")
                query_parameters.append(self._implied(wire, "query", {"type": "string"}, old, required=required))
        return query_parameters

    def _without_conflict(self, parameters: list[Object], path: Template | None) -> list[Object]:
        """Leave out parameters that are the whole query beside others: there is no place for both."""
        whole = [parameter for parameter in parameters if parameter["in"] == "querystring"]
        beside = [f"in: query ({parameter['name']})" for parameter in parameters if parameter["in"] == "query"]
        beside += ["the query of its path"] if path is not None and "?" in path.sent else []
        beside += [f"another one ({whole[0]['name']})" for _ in whole[1:]]
        if not whole or not beside:
            return parameters
        remaining = whole[:1] if len(beside) == len(whole) - 1 else []
        for parameter in whole[len(remaining) :]:
            message = (
                f"the parameter {parameter['name']} is the whole query string (in: querystring), beside {beside[0]}"
            )
            self._context.leave_out(parameter, "in", message, "it is left out", "State the one or the other.")
        return [parameter for parameter in parameters if parameter["in"] != "querystring" or parameter in remaining]

    def _implied(self, name: str, position: str, schema: Object, old: Object, *, required: bool = True) -> Object:
        parameter: Object = {"name": name, "in": position, "required": required, "schema": schema}
        return self._context.record_origin(parameter, old)

    def _body(self, old: Object, in_body: Sequence[Object]) -> Object | None:
        request_body = old.get("requestBody")
        if isinstance(request_body, dict):
            for parameter in in_body:
                self._context.lose(parameter, None, "a body parameter", "left out: requestBody counts")
            return self._parts.request_body(request_body)
        if request_body is not None:
            self._context.omit(old, "requestBody", "it isn't a mapping")
        if in_body and self._context.dialect != "2.0":
            self._context.repair(in_body[0], "in", f"in: {in_body[0].get('in')}", "a request body")
        return self._parts.body(in_body, self._media_types(old, "consumes"))

    def _media_types(self, old: Object, key: str) -> list[str]:
        around = old if key in old else self._root
        return [kind for kind in self._context.items(around.get(key), around, key) if isinstance(kind, str)]
