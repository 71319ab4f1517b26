"""What operations do with stored objects: create, read, list, change, delete, store and serve bytes; or an example."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from omicsdk.sandbox.engine.fields import at, merged, patched, sent_fields, slug, stamped, with_value, wrapped
from omicsdk.sandbox.engine.operations import Operation
from omicsdk.sandbox.engine.pages import PAGED, Page, Paging, not_listed
from omicsdk.sandbox.engine.plan import Path, Plan, Resource, Shape
from omicsdk.sandbox.engine.requests import Sent, Upload
from omicsdk.sandbox.engine.responses import Exchange, Responses, StoredReply
from omicsdk.sandbox.engine.schemas import EMPTY, Schema, as_list, as_mapping, words
from omicsdk.sandbox.engine.store import Query, Store, StoredRecord, segment
from omicsdk.sandbox.engine.values import ABSENT, IDENTITIES, Values
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.service import Reply
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject

_SORTS = frozenset({"sort", "sort_by", "order_by", "ordering", "sort_field", "orderby", "sort_key"})
_ORDERS = frozenset({"order", "direction", "sort_order", "sort_direction", "sort_dir", "dir"})
_NAMED = frozenset({"slug", "login", "key", "url_slug", "username", "handle", "code"})
"""Identities that servers derive from a name."""
_COUNTED = frozenset({"id", "pk", "uuid", "gid"})
"""Identities that servers give, even where a request may have them."""
_DERIVED_FROM = ("name", "title", "label", "display_name", "summary")


class Actions:
    """The actions of one service.

    Args:
        name: The service's name.
        plan: How its operations are answered.
        values: Makes values.
        store: Its objects.
        objects: The contents.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(
        self, name: str, plan: Plan, values: Values, store: Store, objects: ObjectStore, now: Callable[[], float]
    ) -> None:
        self._name = name
        self._plan = plan
        self._schemas = plan.schemas
        self._values = values
        self._responses = Responses(name, plan, values)
        self._store = store
        self._objects = objects
        self._now = now
        self._paging: dict[tuple[str, str], Paging] = {}
        self._actions: Mapping[str, Callable[[Exchange], Reply | StoredReply]] = {
            "create": self._create,
            "read": self._read,
            "list": self._list,
            "replace": self._replace,
            "update": self._update,
            "act": self._act,
            "delete": self._delete,
            "clear": self._clear,
            "read single": self._read_single,
            "replace single": self._change_single,
            "update single": self._change_single,
            "delete single": self._delete_single,
            "upload": self._upload,
            "download": self._download,
            "example": self._example,
        }

    def respond(self, exchange: Exchange) -> Reply | StoredReply:
        """The response of a request.

        Raises:
            Problem: It is refused.
        """
        self._check_parents(exchange)
        return self._actions[exchange.answer.action](exchange)

    # -- objects by their paths

    def _check_parents(self, exchange: Exchange) -> None:
        """Objects whose paths the request's path continues exist, if anything creates them."""
        for length, resource in self._plan.above(exchange.operation.segments):
            path = exchange.operation.segments[:length]
            count = sum(each.count("{}") for each in path)
            parent = self._find(resource, exchange.filled(resource.segments), exchange.values[count - 1])
            is_needed = resource.is_needed and self._is_item(resource)
            if (parent is None and is_needed) or (parent is not None and parent.deleted):
                raise not_found(f"There is no {resource.noun} {exchange.values[count - 1]!r}")

    def _is_stored(self, resource: Resource) -> bool:
        creator = resource.by_method.get("POST") or resource.of_item.get("PUT")
        return creator is not None and self._plan.answer(creator).action in ("create", "replace", "upload")

    def _is_item(self, resource: Resource) -> bool:
        """Whether objects that are created have the identity that an item's path names: something else reads or changes them."""
        return self._is_stored(resource) and any(
            self._plan.answer(each).action in ("read", "update", "replace", "delete", "download")
            for each in resource.of_item.values()
        )

    def _find(self, resource: Resource, place: str, identity: str) -> StoredRecord | None:
        """The object of an identity, or the one that another of its identifying fields names."""
        found = self._store.get(self._name, place, identity)
        if found is not None:
            return found
        properties = self._schemas.properties(self._plan.shape(resource).schema)
        for name in (name for name in IDENTITIES if name in properties):
            for record in self._store.listed(self._name, place, Query({name: [identity]}), 0, 1):
                return record
        return None

    def _item(self, exchange: Exchange) -> StoredRecord:
        """The object that a request's path names.

        Raises:
            Problem: 404; there is none.
        """
        resource = _resource(exchange)
        identity = exchange.values[sum(each.count("{}") for each in resource.segments)]
        place = exchange.filled(resource.segments)
        found = self._find(resource, place, identity)
        if found is None and not resource.is_created:
            return self._implied(resource, place, identity)
        if found is None or found.deleted:
            raise not_found(f"There is no {resource.noun} {identity!r}")
        return found

    def _implied(self, resource: Resource, place: str, identity: str) -> StoredRecord:
        """An object that no operation creates, so that those of all identities exist until they are deleted."""
        shape = self._plan.shape(resource)
        fields = self._values.example(shape.schema, f"{self._name}/{place}/{segment(identity)}")
        data: dict[str, Any] = cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}
        if shape.identity:
            data = with_value(data, shape.identity, self._typed(shape, identity))
        return StoredRecord(0, self._name, place, identity, resource.name, data)

    def _typed(self, shape: Shape, identity: str) -> Any:
        """An identity as the type of its field."""
        kinds = self._schemas.kinds(self._plan.inside(shape.schema, shape.identity))
        return int(identity) if "integer" in kinds and identity.lstrip("-").isdecimal() else identity

    # -- creation

    def _create(self, exchange: Exchange) -> Reply:
        resource = _resource(exchange)
        shape, sent = self._plan.shape(resource), exchange.sent
        place = exchange.filled(resource.segments)
        parents = [exchange.filled(exchange.operation.segments[:-1])] if exchange.answer.elsewhere else []
        bodies = self._several(exchange, resource)
        many = bodies is not None
        bodies = [sent.body] if bodies is None else bodies
        records: list[StoredRecord] = []
        for body in bodies:
            fields = self._fields(exchange, shape, body)
            records.append(self._stored(resource, shape, place, fields, parents, sent))
        if many:
            listed = [record.data for record in records]
            found = self._plan.list_in(exchange.operation.response.schema, resource)
            return self._responses.reply(exchange, wrapped(listed, found or ()), records[0].identity if records else "")
        [record] = records
        reply = self._responses.one(exchange, record.data, f"{place}/{segment(record.identity)}", resource)
        item = next(iter(resource.of_item.values()), None)
        location = f"{exchange.base}/{place}/{segment(record.identity)}" if item is not None else ""
        return replace(reply, headers={**reply.headers, "Location": location}) if location else reply

    def _several(self, exchange: Exchange, resource: Resource) -> list[Any] | None:
        """The objects of a request that creates several at once; None for one that creates one."""
        body, operation = exchange.sent.body, exchange.operation
        if isinstance(body, list):
            return cast("list[Any]", body)
        response = operation.response.schema
        if (
            not isinstance(body, dict)
            or self._plan.has_identity(response, resource)
            or self._plan.list_in(response, resource) is None
        ):
            return None
        listed = at(body, self._plan.list_in(operation.body.schema, resource) or ("",))
        return cast("list[Any]", listed) if isinstance(listed, list) else None

    def _stored(
        self,
        resource: Resource,
        shape: Shape,
        place: str,
        fields: dict[str, Any],
        parents: Sequence[str] = (),
        sent: Sent | None = None,
        identity: str = "",
    ) -> StoredRecord:
        """Store a new object.

        Args:
            resource: Its resource.
            shape: What the schemas state about it.
            place: The path of its collection.
            fields: Its fields.
            parents: Paths of objects that it is created below.
            sent: The request, which may have a content.
            identity: Its identity; by default that of the fields, or a new one.
        """
        number = self._store.next_number()
        upload = next(iter(sent.files.values()), None) if sent is not None else None
        content = upload.content if upload is not None else sent.content if sent is not None else None
        media_type = upload.media_type if upload is not None else sent.media_type if sent is not None else ""
        if content is not None:
            fields = {**self._file_fields(shape.schema, content, media_type, upload), **fields}
        named = next((name for name in fields if words(name) == words(resource.parameter)), None)
        given = fields[named] if named is not None else at(fields, shape.identity) if shape.identity else None
        if not isinstance(given, str | int) or isinstance(given, bool):
            given = None
        is_taken = self._store.get(self._name, place, identity or str(given or ""))
        if not identity and given not in (None, ""):
            identity = str(given)
            if is_taken is not None and not is_taken.deleted:
                if self._is_decided(resource, shape, named or shape.identity[-1], given):
                    raise Problem(409, "conflict", f"There is already a {resource.noun} {identity!r}")
                identity = ""  # servers that count ignore what a client sends
        identity = identity or self._identity(resource, shape, place, fields, number)
        if shape.identity:
            fields = with_value(fields, shape.identity, self._typed(shape, identity))
        fields = stamped(self._schemas, shape.schema, fields, self._now(), number)
        data = self._complete(shape, fields, f"{place}/{segment(identity)}")
        record = StoredRecord(
            number=0,
            service=self._name,
            place=place,
            identity=identity,
            resource=resource.name,
            data=data,
            parents=list(parents),
            content=content.sha256 if content is not None else "",
            media_type=media_type,
        )
        return self._store.add(record)

    def _is_decided(self, resource: Resource, shape: Shape, name: str, given: object) -> bool:
        """Whether clients decide about an identity: they have to, or it is none that servers count."""
        creator = resource.by_method.get("POST")
        if creator is not None:
            sent = creator.body.schema
            inner = self._plan.inside(sent, self._around_sent(sent, shape, resource))
            if words(name) in map(words, inner.get("required", ())):
                return True
        return not isinstance(given, int) and words(name).rpartition("_")[2] not in _COUNTED

    def _complete(self, shape: Shape, fields: Mapping[str, Any], place: str) -> dict[str, Any]:
        """Fields with what the schema requires besides."""
        fitted = self._values.fitted(shape.schema, fields, f"{self._name}/{place}")
        return {**fields, **fitted} if isinstance(fitted, dict) else dict(fields)

    def _file_fields(
        self, schema: Schema, content: StoredObject, media_type: str, upload: Upload | None
    ) -> dict[str, Any]:
        known: Mapping[str, Any] = {
            "size": content.size,
            "bytes": content.size,
            "content_length": content.size,
            "sha256": content.sha256,
            "sha1": content.sha1,
            "content_type": media_type,
            "mime_type": media_type,
            "media_type": media_type,
            **({"filename": upload.name, "file_name": upload.name, "name": upload.name} if upload is not None else {}),
        }
        return {name: known[words(name)] for name in self._schemas.properties(schema) if words(name) in known}

    def _fields(self, exchange: Exchange, shape: Shape, body: Any) -> dict[str, Any]:
        """The fields of a request's object, those of its query included."""
        operation = exchange.operation
        schema = operation.body.schema
        resource = exchange.answer.resource
        properties = self._schemas.properties(shape.schema)
        around = self._around_sent(schema, shape, resource)
        inner = at(body, around) if around else body
        inner = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
        fields = sent_fields(self._schemas, self._plan.inside(schema, around), shape.schema, inner)
        spelled = {words(name): name for name in properties}
        for name, value in exchange.sent.query.items():
            own = spelled.get(words(name))
            if own is not None and own not in fields and words(name) not in PAGED | _SORTS:
                fields[own] = value
        return fields

    def _around_sent(self, schema: Schema, shape: Shape, resource: Resource | None) -> Path:
        """Names of the fields around an object in a request."""
        sent = self._schemas.properties(schema)
        own = {words(name) for name in self._schemas.properties(shape.schema)}
        shared = len({words(name) for name in sent} & own)
        nouns = (*shape.around[-1:], "data", *((resource.noun,) if resource is not None else ()))
        for name, stated in sent.items():
            if words(name) in own and name not in shape.around:
                continue  # a field of the object, which is itself one
            if not self._schemas.is_object(stated) or (words(name) not in map(words, nouns) and len(sent) > 1):
                continue
            inner = {words(each) for each in self._schemas.properties(stated)}
            if len(inner & own) > shared or (name in shape.around and words(name) not in own):
                return (name,)
        return ()

    def _identity(self, resource: Resource, shape: Shape, place: str, fields: Mapping[str, Any], number: int) -> str:
        """A new identity, of the form that the schemas state."""
        stated = self._plan.inside(shape.schema, shape.identity) if shape.identity else EMPTY
        parameter = self._schemas.flat(resource.parameter_schema)
        returned = self._returned_identity(resource, shape)
        kinds = self._schemas.kinds(stated) or self._schemas.kinds(parameter)
        if (
            "integer" in kinds
            or ("string" not in kinds and "number" in kinds)
            or "integer" in self._schemas.kinds(parameter)
        ):
            return str(number)
        name = words(shape.identity[-1]) if shape.identity else ""
        text = next((fields[each] for each in _DERIVED_FROM if isinstance(fields.get(each), str)), "")
        base = slug(text) if name in _NAMED else ""
        if base and self._store.get(self._name, place, base) is None and self._schemas.is_valid(stated, base):
            return base
        form = {
            key: value
            for key, value in {**parameter, **returned, **stated}.items()
            if key not in ("example", "examples", "default", "enum", "const", "type", "oneOf", "anyOf")
        }
        example = str(stated.get("example", parameter.get("example", "")))
        if example.isdecimal() and "pattern" not in form:
            return str(10 ** (len(example) - 1) + number)
        for attempt in range(1000):
            made = str(
                self._values.made(
                    {**form, "type": "string"}, f"{self._name}/{place}#{number}.{attempt}/{name or resource.noun}"
                )
            )
            if self._store.get(self._name, place, made) is None:
                return made
        raise Problem(409, "conflict", f"No identity of a {resource.noun} is left")

    def _returned_identity(self, resource: Resource, shape: Shape) -> Schema:
        """The identity's schema in the response of a creation, which may state its form alone."""
        creator = resource.by_method.get("POST")
        if creator is None or not shape.identity:
            return {}
        schema = creator.response.schema
        return self._plan.inside(schema, (*self._plan.around(schema, resource), *shape.identity))

    # -- reading

    def _example(self, exchange: Exchange) -> Reply:
        resource = exchange.answer.resource
        if resource is not None and exchange.operation.segments != resource.segments and self._is_item(resource):
            self._item(exchange)  # which has to exist
        return self._responses.example(exchange)

    def _paging_of(self, operation: Operation) -> Paging:
        key = (operation.path, operation.method)
        if key not in self._paging:
            self._paging[key] = Paging(operation, self._schemas)
        return self._paging[key]

    def _read(self, exchange: Exchange) -> Reply:
        record = self._item(exchange)
        place = f"{record.place}/{segment(record.identity)}"
        return self._responses.one(exchange, record.data, place, _resource(exchange))

    def _list(self, exchange: Exchange) -> Reply:
        resource, operation = _resource(exchange), exchange.operation
        place = exchange.filled(resource.segments)
        paging = self._paging_of(operation)
        arguments = dict(exchange.sent.query)
        wanted = paging.wanted(arguments)
        parent = exchange.filled(operation.segments[:-1]) if exchange.answer.elsewhere else ""
        query = replace(self._query(operation, resource, arguments, paging), parent=parent)
        after = wanted.after
        start = wanted.start
        if wanted.is_identity:
            record = self._store.get(self._name, place, after)
            if record is None:
                raise not_listed(after)
            after = str(record.number)
        total = self._store.count(self._name, place, query)
        if after:
            start = total - self._store.count(self._name, place, replace(query, after=int(after)))
        rest = replace(query, after=int(after)) if after and not query.order else query
        skipped = 0 if after and not query.order else start
        limit = wanted.limit
        found = self._store.listed(self._name, place, rest, skipped, limit + 1 if limit >= 0 else -1)
        records = found[:limit] if limit >= 0 else found
        last = records[-1] if records else None
        page = Page(
            start=start,
            length=len(records),
            limit=limit,
            total=total,
            more=limit >= 0 and len(found) > limit,
            token=paging.token(last.number, last.identity) if last is not None else "",
            first_id=records[0].identity if records else "",
            last_id=last.identity if last is not None else "",
            here=exchange.here,
            query=exchange.query,
        )
        return self._responses.page(exchange, resource, records, page, paging)

    def _query(self, operation: Operation, resource: Resource, arguments: Mapping[str, Any], paging: Paging) -> Query:
        """Which objects a request wants: those whose fields its parameters name, in the order of another one."""
        schema = self._plan.shape(resource).schema
        settable = self._plan.settable(resource)
        spelled = {words(name): name for name in self._schemas.properties(schema)}
        equal: dict[str, Sequence[Any]] = {}
        required = {str(each["name"]) for each in operation.sent("query") if each.get("required")}
        forced: set[str] = set()
        order, descending = "", False
        for name, value in arguments.items():
            own = words(name)
            values: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
            if name in paging.parameters or not values:
                continue
            text = str(values[0])
            if own in _SORTS:
                sorted_by, _, way = text.replace(" ", ":").partition(":")
                order = spelled.get(words(sorted_by), order)
                descending = descending or sorted_by.startswith("-") or way.lower() == "desc"
            elif own in _ORDERS and text.lower() in ("asc", "desc", "ascending", "descending"):
                descending = descending or text.lower().startswith("desc")
            elif own in spelled and own in settable and not self._is_object(schema, spelled[own]):
                equal[spelled[own]] = values
                if name in required:
                    forced.add(spelled[own])
        return Query(equal, order, descending, forced=frozenset(forced))

    def _is_object(self, schema: Schema, name: str) -> bool:
        return self._schemas.is_object(self._schemas.properties(schema)[name])

    # -- changes

    def _replace(self, exchange: Exchange) -> Reply:
        resource = _resource(exchange)
        shape = self._plan.shape(resource)
        identity = exchange.values[sum(each.count("{}") for each in resource.segments)]
        place = exchange.filled(resource.segments)
        record = self._find(resource, place, identity)
        schema = exchange.operation.body.schema
        if (record is None or record.deleted) and resource.is_put:
            fields = self._fields(exchange, shape, exchange.sent.body)
            record = self._stored(resource, shape, place, fields, (), exchange.sent, identity)
            status = 201 if exchange.operation.states(201) else None
            return self._responses.one(exchange, record.data, f"{place}/{segment(identity)}", resource, status=status)
        record = self._item(exchange)
        inner = self._plan.inside(schema, self._around_sent(schema, shape, resource))
        fields = self._fields(exchange, shape, exchange.sent.body)
        is_whole = bool(inner.get("required")) and bool(fields)
        if is_whole:  # fields that the request may have are replaced, also by none
            named = {
                words(name)
                for name, each in self._schemas.properties(inner).items()
                if not self._schemas.flat(each).get("readOnly")
            }
            kept = {name: value for name, value in record.data.items() if words(name) not in named}
            fields = {**kept, **fields}
        return self._changed(
            exchange, record, merged(record.data, fields, null_removes=False) if not is_whole else fields
        )

    def _update(self, exchange: Exchange) -> Reply:
        record = self._item(exchange)
        return self._changed(
            exchange, record, self._merged_fields(exchange, record.data, self._plan.shape(_resource(exchange)))
        )

    def _merged_fields(self, exchange: Exchange, data: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
        """Fields after a merge patch, a JSON patch, or the fields of a body or form."""
        sent = exchange.sent
        if sent.media_type == "application/json-patch+json":
            return patched(data, as_list(sent.body))
        bare = replace(exchange, sent=replace(sent, query={}))
        fields = self._fields(bare, shape, sent.body)
        inner = at(sent.body, self._around_sent(exchange.operation.body.schema, shape, exchange.answer.resource))
        given = {words(name) for each in (sent.body, inner) for name in as_mapping(each)}
        fields = {name: value for name, value in fields.items() if words(name) in given}  # defaults are for new objects
        return merged(data, fields, null_removes=sent.media_type == "application/merge-patch+json")

    def _act(self, exchange: Exchange) -> Reply:
        record = self._item(exchange)
        shape = self._plan.shape(_resource(exchange))
        own = self._schemas.properties(shape.schema).keys()
        fields = {
            name: value
            for name, value in self._merged_fields(exchange, record.data, shape).items()
            if name in own or name in record.data
        }
        return self._changed(exchange, record, fields)

    def _changed(self, exchange: Exchange, record: StoredRecord, fields: dict[str, Any]) -> Reply:
        """Store changed fields and return the object."""
        resource = _resource(exchange)
        shape = self._plan.shape(resource)
        identity = str(at(fields, shape.identity)) if shape.identity else record.identity
        may_rename = (
            exchange.operation.method != "PUT"
            and shape.identity
            and words(shape.identity[-1]) not in ("id", "uuid", "pk", "gid")
        )
        if identity != record.identity:
            stored = self._store.get(self._name, record.place, identity)
            if may_rename and stored is not None:
                raise Problem(409, "conflict", f"There is already a {resource.noun} {identity!r}")
            if not may_rename or identity in ("", "None"):
                identity = record.identity
                fields = with_value(fields, shape.identity, self._typed(shape, identity))
        fields = stamped(self._schemas, shape.schema, fields, self._now(), 0)
        place = f"{record.place}/{segment(identity)}"
        data = self._complete(shape, fields, place)
        if record.number:
            self._store.change(record, data=data, identity=identity)
        else:
            self._store.add(replace(record, data=data, identity=identity))
        return self._responses.one(exchange, data, place, resource)

    def _delete(self, exchange: Exchange) -> Reply:
        resource = _resource(exchange)
        record = self._item(exchange)
        if record.number:
            self._store.remove(record)
        if not resource.is_created:
            self._store.add(replace(record, deleted=True, content=""))
        return self._responses.one(
            exchange,
            {**record.data, **self._responses.marks(exchange)},
            f"{record.place}/{segment(record.identity)}",
            resource,
        )

    def _clear(self, exchange: Exchange) -> Reply:
        resource = _resource(exchange)
        self._store.clear(self._name, exchange.filled(resource.segments))
        return self._responses.reply(exchange, ABSENT, exchange.place)

    # -- paths with one object

    def _single_of(self, exchange: Exchange) -> tuple[StoredRecord, Shape]:
        get = self._plan.by_path[exchange.operation.segments]["GET"]
        shape = Shape(get.response.schema, (), ())
        found = self._store.get(self._name, exchange.place)
        if found is None:
            data = self._values.example(shape.schema, f"{self._name}/{exchange.place}")
            fields = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
            name = "/".join(each for each in exchange.operation.segments if each != "{}")
            found = StoredRecord(0, self._name, exchange.place, "", name, fields)
        return found, shape

    def _read_single(self, exchange: Exchange) -> Reply:
        record, _ = self._single_of(exchange)
        if record.deleted:
            raise not_found(f"There is nothing at {exchange.place}")
        return self._responses.one(exchange, record.data, exchange.place)

    def _change_single(self, exchange: Exchange) -> Reply:
        record, shape = self._single_of(exchange)
        data: Mapping[str, Any] = {} if record.deleted or exchange.operation.method == "PUT" else record.data
        fields = stamped(self._schemas, shape.schema, self._merged_fields(exchange, data, shape), self._now(), 0)
        stored = self._complete(shape, fields, exchange.place)
        self._store.add(replace(record, data=stored, deleted=False))
        return self._responses.one(exchange, stored, exchange.place)

    def _delete_single(self, exchange: Exchange) -> Reply:
        record, _ = self._single_of(exchange)
        if record.deleted:
            raise not_found(f"There is nothing at {exchange.place}")
        self._store.add(replace(record, deleted=True))
        return self._responses.one(exchange, {**record.data, **self._responses.marks(exchange)}, exchange.place)

    # -- bytes

    def _upload(self, exchange: Exchange) -> Reply:
        content = exchange.sent.content or self._objects.put_bytes(b"")
        resource = exchange.answer.resource
        place, identity = exchange.place, ""
        if resource is not None:
            place = exchange.filled(resource.segments)
            identity = exchange.values[sum(each.count("{}") for each in resource.segments)]
        record = self._store.get(self._name, place, identity)
        if record is None or record.deleted:
            name = "/".join(each for each in exchange.operation.segments if each != "{}")
            record = StoredRecord(0, self._name, place, identity, resource.name if resource is not None else name, {})
        fields = self._file_fields(exchange.operation.response.schema, content, exchange.sent.media_type, None)
        data = {**record.data, **fields}
        self._store.add(replace(record, data=data, content=content.sha256, media_type=exchange.sent.media_type))
        reply = self._responses.one(exchange, data, exchange.place, resource)
        return replace(reply, headers={**reply.headers, "ETag": f'"{content.s3_etag}"'})

    def _download(self, exchange: Exchange) -> Reply | StoredReply:
        record = self._content_of(exchange)
        found = self._objects.get(record.content) if record is not None and record.content else None
        if record is not None and found is not None:
            return StoredReply(found, record.media_type or "application/octet-stream")
        resource = exchange.answer.resource
        if (record is not None and record.deleted) or (record is None and resource is not None and resource.is_created):
            raise not_found(f"There is nothing at {exchange.place}")
        return self._example(exchange)

    def _content_of(self, exchange: Exchange) -> StoredRecord | None:
        """The object with the bytes of a path: itself, what was uploaded below the same item, or the item."""
        own = self._store.get(self._name, exchange.place)
        if own is not None:
            return own
        above = [*self._plan.above((*exchange.operation.segments, ""))]
        for length, resource in reversed(above):
            count = sum(each.count("{}") for each in exchange.operation.segments[:length])
            place, identity = exchange.filled(resource.segments), exchange.values[count - 1]
            record = self._find(resource, place, identity)
            below = self._store.uploaded(self._name, f"{place}/{segment(identity)}")
            return below if below is not None and (record is None or not record.content) else record
        return None


def _resource(exchange: Exchange) -> Resource:
    resource = exchange.answer.resource
    assert resource is not None, f"{exchange.operation.name} has no resource"
    return resource
