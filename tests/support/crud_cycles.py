"""Drives the CRUD resources of a document through its generated client.

    python tests/support/crud_cycles.py DOCUMENT PROJECT URL TOKEN

prints a line of JSON for each resource: what was done, and the first step that failed. The client in PROJECT/src creates, reads, lists
in pages, changes and deletes objects of the service at URL, and sends bodies that it has to refuse. Nothing of the generator or the
sandbox decides what a resource is, or whether a response is right.
"""

import importlib
import json
import re
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from client_checker import body_arguments, client_of, credential_of, jsonable, path_shape, plain
from crud_resources import Resource, Values, bare, fields_of, item_of, media_of, operations_of, resources, wrong_bodies
from raw_document import Operation, Parameter, RawDocument, Unresolved

OBJECTS = 5
"""Objects of a listing, which is read in pages of two."""
_PAGE_SIZES = frozenset(
    {
        "limit", "perpage", "pagesize", "maxresults", "maxpagesize", "size", "count", "first", "top", "take",
        "pagelimit", "max",
    }
)  # fmt: skip
_IDENTITIES = ("id", "uuid", "uid", "gid", "sid", "pk", "name", "key", "slug", "number", "identifier", "code", "login")
_REFUSED = (400, 422)


class Incomplete(Exception):
    """A step of a cycle that failed.

    Attributes:
        step: The step.
        cause: What was expected, and what came instead.
    """

    def __init__(self, step: str, cause: str) -> None:
        super().__init__(f"{step}: {cause}")
        self.step = step
        self.cause = cause


class Wire(httpx.BaseTransport):
    """A transport that remembers responses, and sends another body than the client when it has one."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.responses: list[httpx.Response] = []
        self.body: bytes | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.body is not None:
            body, self.body = self.body, None
            headers = [(name, value) for name, value in request.headers.multi_items() if name != "content-length"]
            request = httpx.Request(request.method, request.url, headers=headers, content=body)
        response = self._inner.handle_request(request)
        response.read()
        self.responses.append(response)
        return response


class Driver:
    """Drives the resources of one document.

    Args:
        document: The document.
        package: Its generated package.
        url: Where its service is.
        token: What authenticates at it, whatever the scheme.
        transport: Sends the requests.
    """

    def __init__(
        self, document: RawDocument, package: ModuleType, url: str, token: str, transport: httpx.BaseTransport
    ) -> None:
        self._document = document
        self._wire = Wire(transport)
        self._operations = operations_of(document)
        self._items = {
            item[0]: (operation, item[1])
            for (_, path), operation in self._operations.items()
            if (item := item_of(path)) is not None
        }
        self._numbers = count(1)
        client = client_of(package)
        names = {name for name in document.required_schemes if document.schemes[name].get("type") != "mutualTLS"}
        credentials = {name: credential_of(token, document.schemes[name]) for name in names}
        options: dict[str, Any] = {"servers": dict.fromkeys(self._servers(), url)}
        self._client = client.sync(
            base_url=url,
            transport=self._wire,
            retry=client.no_retry,
            **({"credentials": credentials if len(names) > 1 else next(iter(credentials.values()))} if names else {}),
            **(options if options["servers"] and "servers" in client.sync.__init__.__annotations__ else {}),
        )
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        for row in client.rows:
            self._rows.setdefault((row["method"].upper(), path_shape(row["path"])), row)

    def _servers(self) -> set[str]:
        return {operation.own_server for operation in self._document.operations() if operation.own_server}

    # -- calls

    def _row(self, operation: Operation) -> dict[str, Any]:
        return self._rows[operation.method, path_shape(operation.path)]

    def _arguments(
        self, operation: Operation, path: Mapping[str, Any], body: Any = None, query: Mapping[str, Any] = {}
    ) -> dict[str, Any]:
        row = self._row(operation)
        parameters = {(parameter.place, parameter.name): parameter for parameter in operation.parameters}
        arguments = {} if body is None else body_arguments(row, body)
        for argument in row["parameters"]:
            place, name = argument["in"], argument["name"]
            if place == "path":
                arguments[argument["python"]] = (
                    path[name] if name in path else self._made(parameters.get((place, name)))
                )
            elif name in query and place == "query":
                arguments[argument["python"]] = query[name]
            elif argument["required"] and place != "body":
                arguments[argument["python"]] = self._made(parameters.get((place, name)))
        return arguments

    def _made(self, parameter: Parameter | None) -> Any:
        return "text" if parameter is None else Values(self._document).value(parameter.schema)

    def _call(self, step: str, operation: Operation, arguments: Mapping[str, Any]) -> Any:
        self._wire.responses.clear()
        try:
            return plain(getattr(self._client, self._row(operation)["name"])(**arguments))
        except Exception as error:
            raise Incomplete(step, self._failure(error)) from error

    def _failure(self, error: Exception) -> str:
        """What went wrong: the response, if there is one that is an error."""
        response = self._wire.responses[-1] if self._wire.responses else None
        if response is not None and response.status_code >= 400:
            return f"{response.request.method} {response.request.url.path} {response.status_code} {response.text[:300]}"
        return f"{type(error).__name__}: {str(error)[:300]}"

    # -- parts of a cycle

    def _parents(self, collection: str) -> dict[str, Any]:
        """Create what a collection is below, and return the values of its path."""
        path: dict[str, Any] = {}
        created: Any = None
        segments = collection.split("/")
        for end, segment in enumerate(segments, 1):
            parent = "/".join(segments[:end])
            item = item_of(parent) if segment.startswith(("{", "<")) else None
            create = self._operations.get(("POST", item[0])) if item else None
            put = self._operations.get(("PUT", parent)) if item else None
            if create is None and put is not None:  # it may create what it names
                try:
                    self._call(
                        "create the parent", put, self._arguments(put, path, self._body(put, next(self._numbers)))
                    )
                except Incomplete:
                    if not self._wire.responses or self._wire.responses[-1].status_code != 404:
                        raise
            if item is None or create is None:
                if item is not None and item_of(item[0]) is not None and created is not None:  # a second name of it
                    path |= {item[1]: name} if (name := identity_of(created, item[1], {})) is not None else {}
                continue
            operation, parameter = self._items.get(
                item[0], (None, item[1])
            )  # it may be `{name}` there, and `{project}` below
            created, _, identity = self._create(create, operation, parameter, path, step="create the parent")
            if identity not in (None, ""):
                path[item[1]] = identity
        return path

    def _create(
        self,
        create: Operation,
        item: Operation | None,
        parameter: str,
        path: Mapping[str, Any],
        *,
        step: str = "create",
    ) -> tuple[Any, Any, Any]:
        """Create an object, and return the response, what was sent, and the object's identity."""
        body = self._new(create, parameter)
        response = self._call(step, create, self._arguments(create, path, body))
        facts = self._facts(item, parameter)
        named = {_bare_name(name): value for name, value in _proper(body).items() if _fits(value, facts)}
        identity = named.get(_bare_name(parameter)) or identity_of(response, parameter, facts)
        if identity is None and (location := self._wire.responses[-1].headers.get("location")):
            identity = unquote(urlsplit(location).path.rstrip("/").rpartition("/")[2])
        return response, body, identity_of(body, parameter, facts) if identity is None else identity

    def _facts(self, item: Operation | None, parameter: str) -> Mapping[str, Any]:
        """Return the schema of the parameter that names an item."""
        parameters = () if item is None else item.parameters
        return next(
            (
                self._document.facts(candidate.schema)
                for candidate in parameters
                if (candidate.place, candidate.name) == ("path", parameter)
            ),
            {},
        )

    def _new(self, create: Operation, parameter: str) -> Any:
        """Make the body of a new object, with the name that it is found by and the values that its listing is limited to."""
        list_ = self._operations.get(("GET", bare(create.path)))
        limits = {_bare_name(limit.name): limit for limit in list_.parameters if limit.required} if list_ else {}
        fields = self._names(create, parameter)
        properties = fields_of(self._document, create.body)
        if len(properties) == 1:
            ((outer, node),) = properties.items()
            inner = Values(self._document).facts(node)["properties"]
            fields |= {f"{outer}.{name}" for name in inner if _bare_name(name) in limits}
        fields |= {name for name in properties if _bare_name(name) in limits}
        body = self._body(create, next(self._numbers), fields)
        proper = _proper(body)
        if isinstance(proper, dict):
            proper |= {name: self._made(limits[_bare_name(name)]) for name in proper if _bare_name(name) in limits}
        return body

    def _body(self, operation: Operation, number: int, extra: frozenset[str] = frozenset()) -> Any:
        if operation.body is None:
            return None
        media, kind = media_of(self._document, operation.body)
        schema = operation.body.content[media][0]
        values = Values(self._document, number)
        if kind in ("bytes", "text"):
            return f"bytes {number}".encode() if kind == "bytes" else f"text {number}"
        if media == "application/json-patch+json":
            return []
        body = values.value(schema, fields=extra)
        if isinstance(body, dict) and not _proper(body):  # it would be like any other
            body = values.value(schema, fields=extra | frozenset(self._free(values.facts(schema))[:1]))
        return jsonable(body) if kind == "json" else body

    def _names(self, create: Operation, parameter: str) -> frozenset[str]:
        """Return the field in which a body can name the object, if the path's parameter has its name."""
        bare_name, names = _bare_name(parameter), set[str]()
        properties = {} if _is_reference(parameter) else fields_of(self._document, create.body)
        for name, node in properties.items():
            if _bare_name(name) == bare_name:
                return frozenset({name})
            if name == "metadata":
                inner = Values(self._document).facts(node)["properties"]
                names |= {f"metadata.{inner_name}" for inner_name in inner if _bare_name(inner_name) == bare_name}
        return frozenset(names)

    def _free(self, facts: Mapping[str, Any], depth: int = 0) -> list[str]:
        """Return the fields of an object, or of one in it, that can have any text, and then those that can have any number."""
        by_kind: dict[str, list[str]] = {"string": [], "integer": [], "number": [], "boolean": []}
        inner: list[str] = []
        for name, node in facts["properties"].items():
            try:
                field = self._document.facts(node)
            except Unresolved:
                continue
            types = field.get("type")
            kind = (
                next((type_name for type_name in types if type_name != "null"), None)
                if isinstance(types, list)
                else types
            )
            special = field.keys() & {"enum", "format", "pattern", "const", "readOnly", "oneOf", "anyOf"}
            if kind in by_kind and not special and not _is_reference(name):
                by_kind[kind].append(name)
            elif field.get("properties") and not field.get("readOnly") and not inner and depth < 3:
                inner = [f"{name}.{inner_name}" for inner_name in self._free(field, depth + 1)]
        return [name for names in by_kind.values() for name in names] or inner

    def _list(self, resource: Resource, path: Mapping[str, Any]) -> tuple[list[Any], int]:
        """Return the items of a listing, and the number of its pages; 0 where the client knows no pages."""
        call = getattr(self._client, self._row(resource.list_)["name"])
        size = self._page_size(resource.list_) if hasattr(call, "iterate") else None
        arguments = self._arguments(resource.list_, path, query={} if size is None else {size: 2})
        if not hasattr(call, "iterate"):
            return items_of(self._call("list", resource.list_, arguments)), 0
        self._wire.responses.clear()
        items: list[Any] = []
        try:
            for item in call.iterate(**arguments):
                items.append(plain(item))
                if len(items) > 100 * OBJECTS:
                    raise Incomplete("list", "the pages have no end")
        except Incomplete:
            raise
        except Exception as error:
            raise Incomplete("list", self._failure(error)) from error
        pages = len(self._wire.responses)
        if size is not None and pages < 2:
            raise Incomplete("list", f"{len(items)} items are in {pages} page, with {size}=2")
        return items, pages

    def _page_size(self, operation: Operation) -> str | None:
        for parameter in operation.parameters:
            if parameter.place == "query" and _bare_name(parameter.name) in _PAGE_SIZES:
                facts = self._document.facts(parameter.schema)
                least = facts.get("minimum") or 0
                return parameter.name if least <= 2 and facts.get("type") != "string" else None
        return None

    # -- cycles

    def cycle(self, resource: Resource) -> dict[str, Any]:
        """Return what was done with a resource.

        Raises:
            Incomplete: A step failed.
        """
        path = self._parents(resource.collection)
        created = [self._create(resource.create, resource.get, resource.parameter, path) for _ in range(OBJECTS)]
        identities = [identity for _, _, identity in created]
        if None in identities:  # what was created is only known from the listing
            items, _ = self._list(resource, path)
            identities = [self._identity(resource, item) for item in items][-OBJECTS:]
        if None in identities or len({str(identity) for identity in identities}) != OBJECTS:
            raise Incomplete("create", f"the created objects have the identities {identities} ({created[0][0]!r:.200})")
        item = {**path, resource.parameter: identities[0]}
        got = self._call("get", resource.get, self._arguments(resource.get, item))
        self._compare("get", created[0][1], got)
        items, pages = self._list(resource, path)
        self._is_listed(resource, items, identities)
        if resource.update is not None:
            self._update(resource, item, created[0][1], identities[0], got)
        self._delete(resource, path, item, identities)
        return {"pages": pages, "updated": resource.update is not None}

    def _identity(self, resource: Resource, value: Any) -> Any:
        return identity_of(value, resource.parameter, self._facts(resource.get, resource.parameter))

    @staticmethod
    def _compare(step: str, sent: Any, got: Any) -> None:
        """Compare the values that were sent with those of the same names that the service has."""
        for name, before, after in _pairs(sent, _proper(got)) or _pairs(_proper(sent), _proper(got)):
            if not _same(before, after):
                raise Incomplete(step, f"{name} is {after!r} where {before!r} was sent")

    def _is_listed(self, resource: Resource, items: list[Any], identities: list[Any]) -> None:
        listed = [str(identity) for item in items if (identity := self._identity(resource, item)) is not None]
        if not listed and len(items) >= len(identities):
            return  # the listing does not name its objects
        missing = [identity for identity in identities if str(identity) not in listed]
        if missing:
            cause = f"{len(missing)} of {len(identities)} objects are not listed ({listed[:6]}, not {missing[0]!r})"
            raise Incomplete("list", cause)
        if len(set(listed)) != len(listed):
            raise Incomplete("list", f"objects are listed more than once: {listed[:10]}")

    def _update(self, resource: Resource, item: Mapping[str, Any], sent: Any, identity: Any, got: Any) -> None:
        update = resource.update
        assert update is not None
        proper = _proper(got)
        there = {
            _bare_name(name): value for mapping in (*wrapped(proper)[1:], proper) for name, value in mapping.items()
        }
        free = [
            name
            for name in self._free({"properties": fields_of(self._document, update.body)})
            if not _same(there.get(_bare_name(name.rpartition(".")[2]), identity), identity)
        ]
        body = self._body(update, next(self._numbers), frozenset(free[:1]))
        names, before = ("id", _bare_name(resource.parameter)), _proper(sent)
        changed = body if _pairs(body, proper) else _proper(body)
        if isinstance(changed, dict):  # a body may state the identity, and cannot change it
            same = [name for name in changed if _bare_name(name) in names or _same(before.get(name), identity)]
            changed |= dict.fromkeys(same, identity)
        self._call("update", update, self._arguments(update, item, body))
        self._compare("update", body, self._call("get after update", resource.get, self._arguments(resource.get, item)))

    def wrong_bodies(self, resource: Resource) -> dict[str, str]:
        """Create objects with wrong bodies; return what became of each by its kind: `refused`, or the response.

        Raises:
            Incomplete: What the resource is below cannot be created.
        """
        if resource.create.body is None:
            return {}
        media, kind = media_of(self._document, resource.create.body)
        path = self._parents(resource.collection)
        valid = self._new(resource.create, resource.parameter)
        if kind not in ("json", "form") or not isinstance(valid, dict):
            return {}
        sent: dict[str, str] = {}
        schema = resource.create.body.content[media][0]
        for wrong in wrong_bodies(self._document, schema, valid, is_json=kind == "json"):
            self._wire.responses.clear()
            self._wire.body = (
                json.dumps(wrong.body).encode() if kind == "json" else str(httpx.QueryParams(wrong.body)).encode()
            )
            call = getattr(self._client, self._row(resource.create)["name"])
            try:
                call.raw(**self._arguments(resource.create, path, valid))
            except Exception as error:
                if not self._wire.responses:
                    raise Incomplete("wrong body", self._failure(error)) from error
            status = self._wire.responses[-1].status_code
            sent[wrong.kind] = "refused" if status in _REFUSED else f"{status} for {wrong.field} in {wrong.body!r:.200}"
        return sent

    def _delete(
        self, resource: Resource, path: Mapping[str, Any], item: Mapping[str, Any], identities: list[Any]
    ) -> None:
        body = self._body(resource.delete, 0) if resource.delete.body and resource.delete.body.required else None
        self._call("delete", resource.delete, self._arguments(resource.delete, item, body))
        try:
            self._call("get after delete", resource.get, self._arguments(resource.get, item))
        except Incomplete:
            status = self._wire.responses[-1].status_code if self._wire.responses else 0
            if status not in (404, 410):
                raise
        else:
            raise Incomplete("get after delete", f"{self._wire.responses[-1].status_code} where 404 was expected")
        items, _ = self._list(resource, path)
        self._is_listed(resource, items, identities[1:])
        listed = [str(self._identity(resource, item)) for item in items]
        if str(identities[0]) in listed:
            raise Incomplete("list after delete", f"{identities[0]!r} is still listed")


# -- what responses have


def _bare_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_reference(name: str) -> bool:
    """Whether a field is likely to be the identity of another object, which would have to exist."""
    return re.search(r"(^|_)(id|ids|gid|sid|uuid|key|slug)$|[a-z](Id|Ids|Sid|Gid|Uuid|Key)$", name) is not None


def _proper(value: Any) -> Mapping[str, Any]:
    """Return an object without what wraps it: `{"sample": {...}}`, `{"data": {...}, "meta": {...}}`."""
    for _ in range(3):
        if not isinstance(value, Mapping):
            break
        inner = [member for name, member in value.items() if isinstance(member, Mapping) and name != "links"]
        if not inner or (len(value) > 1 and "data" not in value):
            break
        value = value["data"] if isinstance(value.get("data"), Mapping) else inner[0]
    return value if isinstance(value, Mapping) else {}


def _pairs(sent: Any, got: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return the scalars of two objects that have the same names, however these are spelled."""
    there = {_bare_name(name): member for name, member in got.items()}
    pairs: list[tuple[str, Any, Any]] = []
    for name, before in sent.items() if isinstance(sent, Mapping) else ():
        after = there.get(_bare_name(name))
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            pairs += _pairs(before, after)
        elif isinstance(before, (str, int, float)) and isinstance(after, (str, int, float)):
            pairs.append((name, before, after))
    return pairs


def _same(one: Any, other: Any) -> bool:
    """Whether two scalars are the same; forms have no numbers and booleans."""
    return one == other or str(one).lower() == str(other).lower()


def wrapped(value: Any) -> list[Any]:
    """Return a value and what it wraps: `{"data": {...}}`, the attributes of JSON:API, a list of one."""
    objects, queue = [], [value]
    while queue and len(objects) < 12:
        candidate = queue.pop(0)
        if isinstance(candidate, list) and len(candidate) == 1:
            queue.append(candidate[0])
        elif isinstance(candidate, Mapping):
            objects.append(candidate)
            if len(objects) < 4:
                queue += [
                    member
                    for name, member in candidate.items()
                    if isinstance(member, (Mapping, list)) and name != "links"
                ]
    return objects


def identity_of(value: Any, parameter: str, facts: Mapping[str, Any]) -> Any:
    """Find the identity of an object as a user would: by the name and the type of the path's parameter.

    Args:
        value: The object, maybe in a wrapper; a text is its own identity.
        parameter: The parameter of its path.
        facts: The parameter's schema.
    """
    if isinstance(value, (str, int)):
        return value
    bare_name = _bare_name(parameter)
    objects = [{name: member for name, member in inner.items() if _fits(member, facts)} for inner in wrapped(value)]
    for candidate in objects:  # `project_id` or `id` of a `project_id`
        names = {_bare_name(name): member for name, member in candidate.items()}
        endings = [bare_name, *(name for name in sorted(names, key=len, reverse=True) if bare_name.endswith(name))]
        for name in endings:
            if name in names and len(name) > 1:
                return names[name]
    return next((candidate[name] for candidate in objects for name in _IDENTITIES if name in candidate), None)


def _fits(value: Any, facts: Mapping[str, Any]) -> bool:
    """Whether a value can be that of a path's parameter."""
    if facts.get("type") == "integer":
        return not isinstance(value, bool) and re.fullmatch(r"\d+", str(value)) is not None
    if facts.get("format") == "uuid":
        return isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F-]{36}", value) is not None
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def items_of(page: Any) -> list[Any]:
    """Find the list of a page: itself, or the first list of objects in it."""
    queue = [page]
    empty: list[Any] | None = None
    while queue:
        candidate = queue.pop(0)
        if isinstance(candidate, list):
            if candidate:
                return candidate
            empty = empty or candidate
        elif isinstance(candidate, Mapping):
            queue += [member for member in candidate.values() if isinstance(member, list)]
            queue += [member for member in candidate.values() if isinstance(member, Mapping)]
    return empty or []


def main(document: str, project: str, url: str, token: str) -> int:
    """Drive all resources of a document, and print a line for each."""
    source = Path(project) / "src"
    sys.path.insert(0, str(source))
    package = importlib.import_module(next(path.parent.name for path in source.glob("*/commands.json")))
    raw = RawDocument(Path(document))
    driver = Driver(raw, package, url, token, httpx.HTTPTransport())
    for resource in resources(raw):
        row: dict[str, Any] = {"resource": resource.collection, "wrong": {}}
        try:
            row["wrong"] = driver.wrong_bodies(resource)
            row |= driver.cycle(resource)
            if accepted := next((kind for kind, became in row["wrong"].items() if became != "refused"), None):
                row |= {"step": f"wrong body ({accepted})", "cause": row["wrong"][accepted]}
        except Incomplete as error:
            row |= {"step": error.step, "cause": error.cause}
        except Exception as error:  # of this script or of the document, which belongs into the table as well
            row |= {"step": "script", "cause": f"{type(error).__name__}: {error}"}
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
