"""How each operation of a document is answered: resources recognised from paths and schemas, and the reasons.

Nothing here depends on the names of one document. Paths are compared when the plan is made; schemas are read when an operation is first
requested, so that a document of 2,000 operations starts at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from omicsdk.sandbox.document import EMPTY, FORM, MULTIPART, Content, Operation, Schema, as_mapping
from omicsdk.sandbox.engine.schemas import VOCABULARY, WORD_SETS, Schemas, words
from omicsdk.sandbox.engine.values import IDENTITIES
from omicsdk.sandbox.service import grouped

Kind = Literal["state", "example", "handler"]
# Segments of a path, `{}` for each parameter; or names of nested fields.
Path = tuple[str, ...]

_WRAPPERS = VOCABULARY["wrappers"]
_LISTS = VOCABULARY["lists"]
_ASIDE = WORD_SETS["aside"]
_INSIDE = VOCABULARY["inside"]
_SEARCHES = WORD_SETS["searches"]
_GENERAL = WORD_SETS["general"]
_BINARY = frozenset({"binary", "byte"})
_ACTIONS = {"GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
# Actions of paths that have one object alone.
SINGLE = tuple(f"{action} single" for action in dict.fromkeys(_ACTIONS.values()))
_SINGULARS = {"ies": "y", "sses": "ss", "xes": "x", "ches": "ch", "shes": "sh", "tuses": "tus"}


@dataclass(eq=False)
class Resource:
    """Objects of one kind: those that the paths of a collection and of its items have in common.

    Attributes:
        segments: The collection's path.
        by_method: Operations of the collection's path by method.
        of_item: Operations of an item's path by method; none where the document has no such path.
    """

    segments: Path
    by_method: Mapping[str, Operation]
    of_item: Mapping[str, Operation]

    @property
    def name(self) -> str:
        """Its name: the fixed segments of its path."""
        return name_of(self.segments)

    @property
    def noun(self) -> str:
        """The word for one of its objects."""
        return singular(next((words(segment) for segment in reversed(self.segments) if "{}" not in segment), ""))

    @property
    def parameter(self) -> str:
        """The name of the parameter with an object's identity; empty without an item's path."""
        operation = next(iter(self.of_item.values()), None)
        return operation.path_parameters[-1] if operation is not None else ""

    @property
    def parameter_schema(self) -> Schema:
        """The schema of that parameter."""
        operation = next(iter(self.of_item.values()), None)
        parameters = operation.sent("path") if operation is not None else ()
        return next((parameter.schema for parameter in parameters if parameter.name == self.parameter), EMPTY)

    @property
    def is_created(self) -> bool:
        """Whether an operation of its paths creates objects."""
        return "POST" in self.by_method or self.is_put or self.is_post

    @property
    def is_needed(self) -> bool:
        """Whether an object has to exist before others can be below it: a PUT may as well change what exists."""
        put = self.of_item.get("PUT")
        return "POST" in self.by_method or self.is_post or (put is not None and put.states(201))

    @property
    def is_put(self) -> bool:
        """Whether a PUT of an item creates it: nothing else does, and it can be deleted, or the document states so."""
        put = self.of_item.get("PUT")
        return put is not None and (put.states(201) or ("POST" not in self.by_method and "DELETE" in self.of_item))

    @property
    def is_post(self) -> bool:
        """Whether a POST of an item creates it: it can be deleted, and the POST is named so or a PATCH changes it."""
        post = self.of_item.get("POST")
        if post is None or "POST" in self.by_method or "DELETE" not in self.of_item:
            return False
        return words(post.name).startswith(f"create_{self.noun}") or ("PATCH" in self.of_item and not self.is_put)


@dataclass(frozen=True)
class Shape:
    """What the schemas state about a resource's objects.

    Attributes:
        schema: An object as a response has it, without what is around it.
        around: Names of the fields around it in that response.
        identity: Names of the nested fields with its identity; empty where the schema has none.
    """

    schema: Schema
    around: Path
    identity: Path


@dataclass(frozen=True)
class Answer:
    """How an operation is answered.

    Attributes:
        kind: From stored objects, by example, or by a handler.
        action: What is done, in a word.
        reason: Why.
        resource: The resource whose objects it is about.
        elsewhere: Whether the resource's collection has another path, so that objects are those below the operation's.
    """

    kind: Kind
    action: str
    reason: str
    resource: Resource | None = None
    elsewhere: bool = False


def name_of(segments: Path) -> str:
    """The fixed segments of a path."""
    return "/".join(segment for segment in segments if segment != "{}")


def singular(word: str) -> str:
    """A noun in the singular, as far as its end shows it."""
    for end, instead in _SINGULARS.items():
        if word.endswith(end) and len(word) > len(end):
            return word.removesuffix(end) + instead
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


@dataclass
class Plan:
    """The plan of a document.

    Attributes:
        operations: Its operations.
        schemas: Its schemas.
        handled: Names of operations that have handlers.
        answer: How an operation is answered.
        shape: What the schemas state about a resource's objects.
        settable: Words of the fields that requests may set: a filter by another one would compare what the sandbox made.
    """

    operations: Sequence[Operation]
    schemas: Schemas
    handled: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.answer = cache(self._answer)
        self.shape = cache(self._shape)
        self.settable = cache(self._settable)

    @cached_property
    def by_path(self) -> Mapping[Path, Mapping[str, Operation]]:
        """Operations by path and method; of paths that differ in names of parameters alone, all together."""
        by_path: dict[Path, dict[str, Operation]] = {}
        for operation in self.operations:
            by_path.setdefault(operation.segments, {}).setdefault(operation.method, operation)
        return by_path

    @cached_property
    def resources(self) -> Mapping[Path, Resource]:
        """Resources by their collection's path."""
        resources: dict[Path, Resource] = {}
        for segments, operations in self.by_path.items():
            last = segments[-1]
            if len(segments) > 1 and last == "{}":
                collection = self._collection(segments[:-1])
                by_method = self.by_path.get(collection, {})
                if by_method or {"GET", "PUT", "PATCH", "DELETE"} & operations.keys():
                    resources[collection] = Resource(collection, by_method, operations)
            elif last != "{}" and {"GET", "POST"} <= operations.keys() and (*segments, "{}") not in self.by_path:
                resources.setdefault(segments, Resource(segments, operations, {}))
        return resources

    def _collection(self, segments: Path) -> Path:
        """The path of a collection whose items' path begins with the singular, as in /pets and /pet/{id}."""
        if segments in self.by_path or segments[-1] == "{}":
            return segments
        plurals = [(*segments[:-1], f"{segments[-1]}{end}") for end in ("s", "es")] + [
            (*segments[:-1], f"{segments[-1][:-1]}ies")
        ]
        return next((path for path in plurals if path in self.by_path and (*path, "{}") not in self.by_path), segments)

    @cached_property
    def _items(self) -> Mapping[Path, Resource]:
        with_items = (resource for resource in self.resources.values() if resource.of_item)
        return {next(iter(resource.of_item.values())).segments: resource for resource in with_items}

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[Resource]]:
        return grouped((resource.segments[-1], resource) for resource in self.resources.values() if resource.of_item)

    def above(self, segments: Path) -> list[Resource]:
        """Resources of the items whose paths a path continues, the outermost first."""
        return [self._items[prefix] for end in range(2, len(segments)) if (prefix := segments[:end]) in self._items]

    # -- schemas of a resource

    def _shape(self, resource: Resource) -> Shape:
        of_item, by_method = resource.of_item, resource.by_method
        order = ((of_item, "GET"), (by_method, "POST"), (of_item, "PUT"), (of_item, "PATCH"))
        for operations, method in order:
            operation = operations.get(method)
            if operation is None or not operation.response.is_json:
                continue
            schema = operation.response.schema
            around = self.around(schema, resource)
            inner = self.inside(schema, around)
            if self.schemas.is_object(inner):
                return Shape(inner, around, self.identity_in(inner, resource))
        listing = resource.by_method.get("GET")
        content = listing.response if listing is not None and listing.response.is_json else None
        list_path = self.list_in(content.schema, resource) if content is not None else None
        if listing is not None and list_path is not None:
            items = self.schemas.items(self.inside(listing.response.schema, list_path)) or EMPTY
            if self.schemas.is_object(items):
                return Shape(items, (), self.identity_in(items, resource))
        candidates = (*resource.by_method.values(), *resource.of_item.values())
        sent = next((item.content.schema for item in candidates if item.content.schema), EMPTY)
        return Shape({}, (), self.identity_in(sent, resource))

    def inside(self, schema: object, names: Path) -> Schema:
        """The schema of a nested field."""
        for name in names:
            schema = self.schemas.properties(schema).get(name, EMPTY)
        return self.schemas.flat(schema)

    def around(self, schema: object, resource: Resource) -> Path:
        """Names of the fields around an object in a response or request, such as `data` or the resource's noun."""
        properties = self.schemas.properties(schema)
        if self.identity_in(schema, resource, certain=True):
            return ()
        objects = {words(name): name for name, inner in properties.items() if self.schemas.is_object(inner)}
        nouns = (resource.noun, singular(resource.noun.rpartition("_")[2]), *_WRAPPERS)
        inner = next((objects[noun] for noun in nouns if noun in objects), None)
        if inner is None and len(objects) == 1 and len(properties) == 1:
            inner = next(iter(objects.values()))
        if inner is None:
            return ()
        is_wrapper = words(inner) in _WRAPPERS or len(properties) <= 3 or not self.identity_in(schema, resource)
        return (inner,) if is_wrapper and self.identity_in(properties[inner], resource) else ()

    def has_identity(self, schema: object, resource: Resource) -> bool:
        """Whether a response has a resource's identity, at its top or in what is around the object."""
        return bool(self.identity_in(schema, resource) or self.around(schema, resource))

    def identity_in(self, schema: object, resource: Resource, *, certain: bool = False) -> Path:
        """Find the field with the identity that an item's path has, by the parameter's name and the schema's fields.

        Args:
            schema: The schema of an object.
            resource: The resource.
            certain: Whether only the parameter's name counts, not that a field has a usual name.
        """
        spelled = {words(name): name for name in self.schemas.properties(schema)}
        parameter, noun = words(resource.parameter), resource.noun
        last = parameter.rpartition("_")[2]
        candidates = [parameter, f"{noun}_{parameter}"] if parameter else []
        if last in ("id", "uuid", "gid") and parameter == f"{noun}_{last}":
            candidates.insert(0, last)  # beside `thing_id` the field `id` is that of a thing
        if last != parameter and (last in _GENERAL or parameter.startswith((noun, singular(noun)))):
            candidates.append(last)
        if noun and (rest := parameter.removeprefix(noun)) in _GENERAL:  # `thingid`
            candidates.append(rest)
        for name in candidates:
            if name in spelled:
                return (spelled[name],)
        for outer in _INSIDE:
            inner = {
                words(name): name for name in self.schemas.properties(self.inside(schema, (spelled.get(outer, outer),)))
            }
            for name in candidates:
                if name in inner and outer in spelled:
                    return (spelled[outer], inner[name])
        usual = (*IDENTITIES, f"{noun}_id", f"{noun}_name", f"{noun}_uuid", f"{noun}_key")
        identity = next(
            (spelled[name] for name in usual if name in spelled and self._agrees(schema, spelled[name], resource)), None
        )
        if identity is None and not certain and len(ids := [name for name in spelled if name.endswith("id")]) == 1:
            identity = spelled[ids[0]]
        if identity is None or (certain and words(identity) in ("name", "code", "key", "number")):
            return ()
        return (identity,)

    def _agrees(self, schema: object, name: str, resource: Resource) -> bool:
        """Whether a field may have the values of an item's parameter."""
        sent, field_schema = resource.parameter_schema, self.schemas.properties(schema)[name]
        kinds = self.schemas.kinds(sent), self.schemas.kinds(field_schema)
        # A path may declare as a text what objects have as a whole number.
        if all(kinds) and not kinds[0] & kinds[1] and not ("string" in kinds[0] and kinds[1] & {"integer"}):
            return False
        return (
            self.schemas.flat(sent).get("format") != "uuid" or self.schemas.flat(field_schema).get("format") == "uuid"
        )

    def list_in(self, schema: object, resource: Resource | None = None, list_key: str | None = None) -> Path | None:
        """Names of the fields around the list in a response; None for a response without a list.

        Args:
            schema: The response's schema.
            resource: The resource that is listed.
            list_key: The list's dotted key where the document states it.
        """
        if list_key is not None:
            return tuple(filter(None, list_key.removesuffix("?").partition("|")[0].split(".")))
        if self.schemas.items(schema) is not None:
            return ()
        properties = self.schemas.properties(schema)
        plural = words(resource.segments[-1]) if resource is not None else ""
        lists = [
            name
            for name, field_schema in properties.items()
            if self.schemas.items(field_schema) is not None and (words(name) not in _ASIDE or words(name) == plural)
        ]
        if lists:
            names = {words(name): name for name in lists}
            if list_name := next((names[name] for name in (plural, *_LISTS) if name in names), None):
                return (list_name,)
            noun = resource.noun if resource is not None else ""
            only = (lists[0],) if len(lists) == 1 else None
            return next(((name,) for name in lists if noun and singular(words(name)) == noun), only)
        wrappers = (*_WRAPPERS, "_embedded", "embedded", "list", "results")
        for name, wrapped in properties.items():
            if words(name) in wrappers and self.schemas.is_object(wrapped):
                inner = self.list_in(wrapped, resource)
                if inner:
                    return (name, *inner)
        return None

    def _settable(self, resource: Resource) -> frozenset[str]:
        field_names = {words(name) for name in self.shape(resource).identity[-1:]}
        for operation in (*resource.by_method.values(), *resource.of_item.values()):
            properties = self.schemas.properties(operation.content.schema)
            inner = filter(self.schemas.is_object, properties.values())
            groups = (properties, *map(self.schemas.properties, inner))
            field_names |= {words(name) for group in groups for name in group}
        return frozenset(field_names)

    # -- answers

    def _answer(self, operation: Operation) -> Answer:
        if operation.name in self.handled:
            return Answer("handler", "handle", "a handler has its name")
        segments = operation.segments
        if answer := self._bytes(operation):
            return answer
        if (resource := self._items.get(segments)) is not None:
            return self._of_item(operation, resource)
        resource = self.resources.get(segments)
        # A collection without paths of items may be a list of one that has another path.
        if resource is not None and (resource.of_item or (answer := self._elsewhere(operation)) is None):
            return self._of_collection(operation, resource)
        if answer := self._elsewhere(operation) or self._single(operation) or self._action(operation):
            return answer
        return Answer("example", "example", "its path is neither one of a collection nor of an item")

    def _of_item(self, operation: Operation, resource: Resource) -> Answer:
        method, what = operation.method, f"an item of {'/'.join(resource.segments)}"
        # A path of two parameters: /runs/{project} lists what /runs/{project}/{name} is an item of.
        below = self.resources.get(operation.segments) if method == "GET" else None
        is_list = below is not None and self._list_of(operation, below) is not None
        if below is not None and is_list and not self.has_identity(operation.response.schema, resource):
            return self._of_collection(operation, below)
        if method == "GET" and not (operation.response.is_json and self._is_object(operation.response.schema)):
            reason = f"its response is no object, though its path is that of {what}"
            return Answer("example", "example", reason, resource)
        if method in _ACTIONS:
            return Answer("state", _ACTIONS[method], f"{method} of {what}", resource)
        if method == "POST" and resource.is_post:
            return Answer("state", "replace", f"POST that creates {what}", resource)
        if method == "POST" and (operation.content.media_type or operation.response.media_type):
            return Answer("state", "update", f"POST with fields to {what}", resource)
        return Answer("example", "example", f"{method} of {what} changes no fields")

    def _is_object(self, schema: object) -> bool:
        return self.schemas.items(schema) is None and self.schemas.kinds(schema) <= {"object", "null"}

    def _of_collection(self, operation: Operation, resource: Resource) -> Answer:
        method, what = operation.method, f"the collection {'/'.join(resource.segments)}"
        if method == "POST":
            if not resource.of_item and not self._is_sent_alike(operation, resource):
                return Answer("example", "example", f"POST to {what} returns other objects than its list has")
            return Answer("state", "create", f"POST to {what}", resource)
        if method == "GET":
            if self._list_of(operation, resource) is None:
                return Answer("example", "example", f"its response has no list, though its path is that of {what}")
            return Answer("state", "list", f"GET of {what}", resource)
        if method == "DELETE":
            return Answer("state", "clear", f"DELETE of {what}", resource)
        return Answer("example", "example", f"{method} of {what}")

    def _list_of(self, operation: Operation, resource: Resource) -> Path | None:
        list_key = as_mapping(operation.data.get("x-omics-pagination")).get("items")
        content = next((response for response in operation.responses if response.is_json or response.is_stream), None)
        if content is None:
            return None
        if content.is_stream:
            return ()
        return self.list_in(content.schema, resource, list_key if isinstance(list_key, str) else None)

    def _is_sent_alike(self, operation: Operation, resource: Resource) -> bool:
        """Whether a POST returns, or takes, what the list of its path has."""
        listing = resource.by_method["GET"]
        list_path = self._list_of(listing, resource)
        if list_path is None:
            return False
        item_schema = self.schemas.items(self.inside(listing.response.schema, list_path)) or EMPTY
        response = operation.response.schema
        returned = self.inside(response, self.around(response, resource))
        names = self.schemas.properties(item_schema).keys()
        alike = [self.schemas.properties(schema).keys() & names for schema in (returned, operation.content.schema)]
        return bool(names) and any(len(shared) * 2 >= min(len(names), 4) for shared in alike)

    def _elsewhere(self, operation: Operation) -> Answer | None:
        """A list, or a new object, of a collection that has another path: /users/{id}/tasks beside /tasks/{id}."""
        segments, method = operation.segments, operation.method
        last = segments[-1]
        if method == "POST" and last in _SEARCHES and (resource := self.resources.get(segments[:-1])):
            if resource.of_item and self._same(operation, resource, listed=True):
                return Answer("state", "list", f"a search in the collection {'/'.join(resource.segments)}", resource)
            return None
        if method not in ("GET", "POST") or "{}" in last:
            return None
        for resource in self._by_last.get(last, ()):
            if len(resource.segments) < len(segments) and self._same(operation, resource, listed=method == "GET"):
                action = "list" if method == "GET" else "create"
                where = "/".join(resource.segments)
                return Answer(
                    "state", action, f"its objects are those of the collection {where}", resource, elsewhere=True
                )
        return None

    def _same(self, operation: Operation, resource: Resource, *, listed: bool) -> bool:
        """Whether a response has a resource's objects: as a list, or one of them."""
        schema = operation.response.schema
        if listed:
            list_path = self.list_in(schema, resource)
            schema = (self.schemas.items(self.inside(schema, list_path)) or {}) if list_path is not None else {}
        else:
            schema = self.inside(schema, self.around(schema, resource))
        names = self.schemas.properties(schema).keys()
        shape = self.schemas.properties(self.shape(resource).schema).keys()
        return bool(names) and bool(shape) and len(names & shape) * 2 > min(len(names), len(shape))

    def _single(self, operation: Operation) -> Answer | None:
        """A path that has one object alone, such as /settings or /users/{id}/profile."""
        operations = self.by_path[operation.segments]
        get = operations.get("GET")
        changes = {"PUT", "PATCH"} & operations.keys()
        if get is None or not changes or not get.response.is_json or not self._is_object(get.response.schema):
            return None
        if self.list_in(get.response.schema) is not None and "PATCH" not in changes:
            return None
        action = _ACTIONS.get(operation.method)
        if action is None:
            return None
        return Answer("state", f"{action} single", "its path has one object, which is read and changed")

    def _action(self, operation: Operation) -> Answer | None:
        """A change of an item that is no field of a body: /tasks/{id}/cancel, which returns the task."""
        segments = operation.segments
        resource_path = (*segments[:-1], segments[-1].partition(":")[0])
        item = resource_path if resource_path != segments and resource_path in self._items else segments[:-1]
        resource = self._items.get(item)
        if resource is None or operation.method not in ("POST", "PUT", "PATCH") or not operation.response.is_json:
            return None
        if not self._same(operation, resource, listed=False):
            return None
        return Answer(
            "state", "act", f"it returns the item of {'/'.join(resource.segments)} that it is about", resource
        )

    def _bytes(self, operation: Operation) -> Answer | None:
        """Uploads and downloads of bytes."""
        segments, method = operation.segments, operation.method
        is_sent = method in ("PUT", "POST", "PATCH") and operation.bodies
        is_file = all(body.media_type == MULTIPART for body in operation.bodies) and self._is_download(segments)
        if is_sent and (is_file or all(map(_is_bytes, operation.bodies))):
            if method == "POST" and segments in self.resources:
                return Answer("state", "create", "its body is the content of a new object", self.resources[segments])
            return Answer(
                "state", "upload", f"its body is of {operation.bodies[0].media_type}", self._items.get(segments)
            )
        if method == "GET" and self._is_download(segments):
            return Answer(
                "state", "download", f"its response is of {operation.response.media_type}", self._items.get(segments)
            )
        return None

    def _is_download(self, segments: Path) -> bool:
        get = self.by_path[segments].get("GET")
        if get is None or not get.response.media_type or get.response.is_stream:
            return False
        return all(self._is_bytes_response(response) for response in get.responses)

    def _is_bytes_response(self, content: Content) -> bool:
        if content.is_json:
            return self.schemas.flat(content.schema).get("format") == "binary"
        return not content.media_type.startswith("text/html") and not content.media_type.endswith("xml")


def _is_bytes(content: Content) -> bool:
    kind = content.media_type
    if kind == "*/*":
        return content.schema.get("format") in _BINARY
    return not content.is_json and kind not in (MULTIPART, FORM) and "xml" not in kind and "yaml" not in kind
