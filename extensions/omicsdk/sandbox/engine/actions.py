"""What operations do with stored objects: create, read, list, change, delete, store and serve bytes; or an example."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, cast

from omicsdk.sandbox.document import Operation, Schema, as_mapping
from omicsdk.sandbox.engine.fields import at, merged, stamped, with_value, wrapped
from omicsdk.sandbox.engine.objects import Objects
from omicsdk.sandbox.engine.pages import SORTS, Page, Paging, not_listed
from omicsdk.sandbox.engine.plan import SINGLE, Plan, Resource, Shape, name_of
from omicsdk.sandbox.engine.responses import Exchange, Responses, StoredReply
from omicsdk.sandbox.engine.schemas import WORD_SETS, words
from omicsdk.sandbox.engine.store import Query, Store, StoredRecord, segment
from omicsdk.sandbox.engine.values import ABSENT, IDENTITIES, Values
from omicsdk.sandbox.problems import Problem, not_found, or_raise
from omicsdk.sandbox.service import Reply
from omicsdk.sandbox.state.objects import ObjectStore

_ORDERS = WORD_SETS["directions"]


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
        self._contents = objects
        self._objects = Objects(name, plan, values, store, now)
        self._now = now
        self._paging = cache(partial(Paging, schemas=plan.schemas))
        self._actions: Mapping[str, Callable[[Exchange], Reply | StoredReply]] = {
            "create": self._create,
            "read": self._read,
            "list": self._list,
            "replace": self._replace,
            "update": self._update,
            "act": self._act,
            "delete": self._delete,
            "clear": self._clear,
            **dict.fromkeys(SINGLE, self._single),
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
        for resource in self._plan.above(exchange.operation.segments):
            parent = self._find(resource, *exchange.item(resource))
            is_needed = resource.is_needed and self._is_item(resource)
            if (parent is None and is_needed) or (parent is not None and parent.deleted):
                raise not_found(f"There is no {resource.noun} {exchange.item(resource)[1]!r}")

    def _is_stored(self, resource: Resource) -> bool:
        creator = resource.by_method.get("POST") or resource.of_item.get("POST" if resource.is_post else "PUT")
        return creator is not None and self._plan.answer(creator).action in ("create", "replace", "upload")

    def _is_item(self, resource: Resource) -> bool:
        """Whether objects that are created have the identity that an item's path names: something else reads or changes them."""
        return self._is_stored(resource) and any(
            self._plan.answer(item_operation).action in ("read", "update", "replace", "delete", "download")
            for item_operation in resource.of_item.values()
        )

    def _find(self, resource: Resource, collection: str, identity: str) -> StoredRecord | None:
        """The object of an identity, or the one that another of its identifying fields names."""
        stored = self._store.get(self._name, collection, identity)
        if stored is not None:
            return stored
        properties = self._schemas.properties(self._plan.shape(resource).schema)
        for name in (name for name in IDENTITIES if name in properties):
            for record in self._store.listed(self._name, collection, Query({name: [identity]}), 0, 1):
                return record
        return None

    def _item(self, exchange: Exchange) -> StoredRecord:
        """The object that a request's path names.

        Raises:
            Problem: 404; there is none.
        """
        resource = exchange.resource
        collection, identity = exchange.item(resource)
        record = self._find(resource, collection, identity)
        if record is None and not resource.is_created:
            return self._objects.implied(resource, collection, identity)
        if record is None or record.deleted:
            raise not_found(f"There is no {resource.noun} {identity!r}")
        return record

    # -- creation

    def _create(self, exchange: Exchange) -> Reply:
        resource = exchange.resource
        shape = self._plan.shape(resource)
        several = self._several(exchange, resource)
        bodies = [exchange.sent.body] if several is None else several
        keyed, earlier = self._created_with_key(exchange)
        records = earlier or [
            self._objects.store(exchange, self._objects.fields(exchange, shape, body)) for body in bodies
        ]
        if keyed is not None and not earlier:
            self._store.add(replace(keyed, data={"identities": [record.identity for record in records]}))
        if several is not None:
            items = [record.data for record in records]
            around = self._plan.list_in(exchange.operation.response.schema, resource) or ()
            return self._responses.reply(exchange, wrapped(items, around), records[0].identity if records else "")
        [record] = records
        reply = self._responses.one(exchange, record)
        if not resource.of_item:
            return reply
        location = f"{exchange.call.origin}{exchange.call.prefix}/{record.path}"
        return replace(reply, headers={**reply.headers, "Location": location})

    def _created_with_key(self, exchange: Exchange) -> tuple[StoredRecord | None, list[StoredRecord]]:
        """Where the objects of a request's idempotency key are noted, and those that exist; None without a key."""
        headers = exchange.sent.headers.items()
        key = next((key for name, key in headers if words(name).removeprefix("x_") == "idempotency_key"), None)
        if key is None:
            return None, []
        collection = exchange.filled(exchange.resource.segments)
        keyed = StoredRecord(0, self._name, f"{exchange.place}#keys", str(key), "", {})
        noted = self._store.get(self._name, keyed.place, keyed.identity) or keyed
        records = [self._store.get(self._name, collection, identity) for identity in noted.data.get("identities", ())]
        return keyed, [record for record in records if record is not None and not record.deleted]

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
        items = at(body, self._plan.list_in(operation.content.schema, resource) or ("",))
        return cast("list[Any]", items) if isinstance(items, list) else None

    # -- reading

    def _example(self, exchange: Exchange) -> Reply:
        resource = exchange.answer.resource
        if resource is not None and exchange.operation.segments != resource.segments and self._is_item(resource):
            self._item(exchange)  # which has to exist
        return self._responses.example(exchange)

    def _read(self, exchange: Exchange) -> Reply:
        return self._responses.one(exchange, self._item(exchange))

    def _list(self, exchange: Exchange) -> Reply:
        resource, operation = exchange.resource, exchange.operation
        collection = exchange.filled(resource.segments)
        paging = self._paging(operation)
        arguments = dict(exchange.sent.query)
        requested = paging.requested(arguments)
        parent = exchange.filled(operation.segments[:-1]) if exchange.answer.elsewhere else ""
        query = replace(self._query(operation, resource, arguments, paging), parent=parent)
        after = requested.after
        start = requested.start
        if requested.is_identity:
            record = or_raise(self._store.get(self._name, collection, after), not_listed(after))
            after = str(record.number)
        total = self._store.count(self._name, collection, query)
        if after:
            start = total - self._store.count(self._name, collection, replace(query, after=int(after)))
        rest = replace(query, after=int(after)) if after and not query.order else query
        skipped = 0 if after and not query.order else start
        limit = requested.limit
        matches = self._store.listed(self._name, collection, rest, skipped, limit + 1 if limit >= 0 else -1)
        records = matches[:limit] if limit >= 0 else matches
        last = records[-1] if records else None
        page = Page(
            start=start,
            length=len(records),
            limit=limit,
            total=total,
            more=0 < limit < len(matches),  # of none, the next page would be this one again
            token=paging.token(last.number, last.identity) if last is not None else "",
            first_id=records[0].identity if records else "",
            last_id=last.identity if last is not None else "",
            here=exchange.call.service_url(exchange.call.path, {}),
            query=dict(exchange.call.query),
        )
        return self._responses.page(exchange, resource, records, page, paging)

    def _query(self, operation: Operation, resource: Resource, arguments: Mapping[str, Any], paging: Paging) -> Query:
        """Which objects a request wants: those whose fields its parameters name, in the order of another one."""
        schema = self._plan.shape(resource).schema
        settable = self._plan.settable(resource)
        spelled = {words(name): name for name in self._schemas.properties(schema)}
        equal: dict[str, Sequence[Any]] = {}
        required = {parameter.name for parameter in operation.sent("query") if parameter.required}
        forced: set[str] = set()
        order, descending = "", False
        for name, value in arguments.items():
            spelling = words(name)
            values: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
            if name in paging.parameters or not values:
                continue
            text = str(values[0])
            if spelling in SORTS:
                sorted_by, _, direction = text.replace(" ", ":").partition(":")
                order = spelled.get(words(sorted_by), order)
                descending = descending or sorted_by.startswith("-") or direction.lower() == "desc"
            elif spelling in _ORDERS and text.lower() in ("asc", "desc", "ascending", "descending"):
                descending = descending or text.lower().startswith("desc")
            elif spelling in spelled and spelling in settable and not self._is_object(schema, spelled[spelling]):
                equal[spelled[spelling]] = values
                if name in required:
                    forced.add(spelled[spelling])
        return Query(equal, order, descending, forced=frozenset(forced))

    def _is_object(self, schema: Schema, name: str) -> bool:
        return self._schemas.is_object(self._schemas.properties(schema)[name])

    # -- changes

    def _replace(self, exchange: Exchange) -> Reply:
        resource = exchange.resource
        shape = self._plan.shape(resource)
        collection, identity = exchange.item(resource)
        record = self._find(resource, collection, identity)
        schema = exchange.operation.content.schema
        if (record is None or record.deleted) and (resource.is_put or resource.is_post):
            fields = self._objects.fields(exchange, shape, exchange.sent.body)
            record = self._objects.store(exchange, fields, identity)
            return self._responses.one(exchange, record, status=201 if exchange.operation.states(201) else None)
        record = self._item(exchange)
        if exchange.operation.method == "POST":
            raise Problem(409, "conflict", f"There is already a {resource.noun} {identity!r}")
        inner = self._plan.inside(schema, self._objects.around(schema, shape, resource))
        fields = self._objects.fields(exchange, shape, exchange.sent.body)
        is_whole = bool(inner.get("required")) and bool(fields)
        if is_whole:  # fields that the request may have are replaced, also by none
            properties = self._schemas.properties(inner)
            named = {words(name) for name in properties if not self._schemas.flat(properties[name]).get("readOnly")}
            remaining = {name: value for name, value in record.data.items() if words(name) not in named}
            return self._changed(exchange, record, {**remaining, **fields})
        return self._changed(exchange, record, merged(record.data, fields, null_removes=False))

    def _update(self, exchange: Exchange) -> Reply:
        record, shape = self._item(exchange), self._plan.shape(exchange.resource)
        return self._changed(exchange, record, self._objects.merged(exchange, record.data, shape))

    def _act(self, exchange: Exchange) -> Reply:
        record, shape = self._item(exchange), self._plan.shape(exchange.resource)
        field_names = {*self._schemas.properties(shape.schema), *record.data}
        fields = self._objects.merged(exchange, record.data, shape)
        return self._changed(exchange, record, {name: value for name, value in fields.items() if name in field_names})

    def _changed(self, exchange: Exchange, record: StoredRecord, fields: dict[str, Any]) -> Reply:
        """Store changed fields and return the object."""
        resource = exchange.resource
        shape = self._plan.shape(resource)
        identity = str(at(fields, shape.identity)) if shape.identity else record.identity
        name = words(shape.identity[-1]) if shape.identity else ""
        may_rename = exchange.operation.method != "PUT" and name not in ("", "id", "uuid", "pk", "gid")
        if identity != record.identity:
            stored = self._store.get(self._name, record.place, identity)
            if may_rename and stored is not None:
                raise Problem(409, "conflict", f"There is already a {resource.noun} {identity!r}")
            if not may_rename or identity in ("", "None"):
                identity = record.identity
                fields = with_value(fields, shape.identity, self._objects.typed(shape, identity))
        fields = stamped(self._schemas, shape.schema, fields, self._now(), 0)
        changed = replace(record, identity=identity)
        changed = replace(changed, data=self._objects.complete(shape, fields, changed.path))
        if record.number:
            self._store.change(record, data=changed.data, identity=identity)
        else:
            self._store.add(changed)
        return self._responses.one(exchange, changed)

    def _delete(self, exchange: Exchange) -> Reply:
        record = self._item(exchange)
        if record.number:
            self._store.remove(record)
        if not exchange.resource.is_created:
            self._store.add(replace(record, deleted=True, content=""))
        return self._responses.one(exchange, record, is_changed=True)

    def _clear(self, exchange: Exchange) -> Reply:
        resource = exchange.resource
        self._store.clear(self._name, exchange.filled(resource.segments))
        return self._responses.reply(exchange, ABSENT, exchange.place)

    # -- paths with one object

    def _single_of(self, exchange: Exchange) -> tuple[StoredRecord, Shape]:
        get = self._plan.by_path[exchange.operation.segments]["GET"]
        shape = Shape(get.response.schema, (), ())
        single = self._store.get(self._name, exchange.place)
        if single is None:
            fields = dict(as_mapping(self._values.example(shape.schema, f"{self._name}/{exchange.place}")))
            name = name_of(exchange.operation.segments)
            single = StoredRecord(0, self._name, exchange.place, "", name, fields)
        return single, shape

    def _single(self, exchange: Exchange) -> Reply:
        record, shape = self._single_of(exchange)
        method = exchange.operation.method
        if method in ("PUT", "PATCH"):
            present: Mapping[str, Any] = {} if record.deleted or method == "PUT" else record.data
            fields = self._objects.merged(exchange, present, shape)
            fields = stamped(self._schemas, shape.schema, fields, self._now(), 0)
            record = replace(record, data=self._objects.complete(shape, fields, record.path), deleted=False)
            self._store.add(record)
        elif record.deleted:
            raise not_found(f"There is nothing at {exchange.place}")
        elif method == "DELETE":
            self._store.add(replace(record, deleted=True))
        return self._responses.one(exchange, record, is_changed=method == "DELETE")

    # -- bytes

    def _upload(self, exchange: Exchange) -> Reply:
        sent = exchange.sent
        upload = next(iter(sent.files.values()), None)
        content = (sent.content if upload is None else upload.content) or self._contents.put_bytes(b"")
        media_type = sent.media_type if upload is None else upload.media_type
        resource = exchange.answer.resource
        collection, identity = exchange.place, ""
        if resource is not None:
            collection, identity = exchange.item(resource)
        record = self._store.get(self._name, collection, identity)
        if record is None or record.deleted:
            name = name_of(exchange.operation.segments) if resource is None else resource.name
            record = StoredRecord(0, self._name, collection, identity, name, {})
        fields = self._objects.of_file(exchange.operation.response.schema, content, media_type, upload)
        record = replace(record, data={**record.data, **fields}, content=content.sha256, media_type=media_type)
        self._store.add(record)
        reply = self._responses.one(exchange, record)
        return replace(reply, headers={**reply.headers, "ETag": f'"{content.s3_etag}"'})

    def _download(self, exchange: Exchange) -> Reply | StoredReply:
        record = self._content_of(exchange)
        stored = self._contents.get(record.content) if record is not None and record.content else None
        if record is not None and stored is not None:
            return StoredReply(stored, record.media_type or "application/octet-stream")
        resource = exchange.answer.resource
        if (record is not None and record.deleted) or (record is None and resource is not None and resource.is_created):
            raise not_found(f"There is nothing at {exchange.place}")
        return self._example(exchange)

    def _content_of(self, exchange: Exchange) -> StoredRecord | None:
        """The object with the bytes of a path: itself, what was uploaded below the same item, or the item."""
        direct = self._store.get(self._name, exchange.place)
        if direct is not None:
            return direct
        for resource in reversed([*self._plan.above((*exchange.operation.segments, ""))]):
            collection, identity = exchange.item(resource)
            record = self._find(resource, collection, identity)
            below = self._store.uploaded(self._name, f"{collection}/{segment(identity)}")
            return below if below is not None and (record is None or not record.content) else record
        return None
