"""Fields of analysis results: any JSON but null, or what stands for an object of a bucket."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from omicsdk.sandbox.pangea.accounts.privileges import may_write
from omicsdk.sandbox.pangea.requests.flat import asked, asked_reference, asked_uuid, found, listed, reference, taken
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.results.kinds import NOUNS, ResultKind
from omicsdk.sandbox.pangea.results.operations import ResultViews, writable
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.buckets import Addresses
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, json_value, text, unique_together, validated
from omicsdk.sandbox.rest_framework.refusals import Invalid, forbidden
from omicsdk.sandbox.service import Call, Reply, for_each


class FieldViews:
    """Views of fields for one answer.

    Args:
        pangea: The platform.
        kind: What the results are of that have them.
    """

    def __init__(self, pangea: Pangea, kind: ResultKind) -> None:
        self._pangea = pangea
        self._kind = kind
        self._addresses = Addresses(pangea.buckets, pangea.storage)
        self._results = ResultViews(pangea, kind)
        self._above: dict[str, tuple[Thing, str]] = {}

    def plain(self, field: Thing) -> dict[str, Any]:
        """A field without its result, as in manifests."""
        return {**self._beginning(field), "description": field["description"]}

    def full(self, field: Thing) -> dict[str, Any]:
        """A field with its result."""
        result, _ = self._result(field["analysis_result"])
        return {
            **self._beginning(field),
            "analysis_result_obj": self._results.full(result),
            "description": field["description"],
        }

    def _beginning(self, field: Thing) -> dict[str, Any]:
        _, organization = self._result(field["analysis_result"])
        return {
            **shown(field, ("uuid", "name", "created_at", "updated_at")),
            "stored_data": self._addresses.readable(organization, field["stored_data"]),
            "analysis_result": field["analysis_result"],
        }

    def _result(self, uuid: str) -> tuple[Thing, str]:
        """A result, and the organization that owns it."""
        if uuid not in self._above:
            result = found(self._pangea.store, self._kind.kind, uuid)
            self._above[uuid] = (result, self._pangea.access.organization_of(result))
        return self._above[uuid]


class ManifestResults:
    """Results with their fields, as one manifest has them.

    Args:
        pangea: The platform.
        kind: What they are of.
    """

    def __init__(self, pangea: Pangea, kind: ResultKind) -> None:
        self._store = pangea.store
        self._kind = kind
        self._results = ResultViews(pangea, kind)
        self._fields = FieldViews(pangea, kind)

    def of(self, owner: str) -> list[dict[str, Any]]:
        """The results of a sample or a group, by its UUID."""
        return [
            {
                **self._results.plain(result),
                "fields": [
                    self._fields.plain(field) for field in self._store.all(self._kind.field_kind, parent=result["uuid"])
                ],
            }
            for result in self._store.all(self._kind.kind, parent=owner)
        ]


def _fields(pangea: Pangea, kind: ResultKind) -> Mapping[str, Field]:
    return {
        "name": Field(text(), required=True),
        "stored_data": Field(json_value, required=True, json_in_form=True),
        "analysis_result": reference(pangea.store, kind.kind, required=True),
        "description": Field(text(blank=True)),
    }


def _check_name(pangea: Pangea, kind: ResultKind, fields: Mapping[str, Any], but: str = "") -> None:
    if taken(pangea.store.all(kind.field_kind, parent=fields["analysis_result"], name=fields["name"]), but=but):
        raise Invalid(unique_together(("analysis_result", "name")))


def _list(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    person = pangea.access.asker(call)
    of = asked_reference(call, pangea.store, "analysis_result_id", kind.kind)
    visible = pangea.access.visible_fields(person, kind.field_kind)
    where = [*asked_uuid(call), *asked(call, "name"), *of, visible]
    return listed(call, pangea.store, kind.field_kind, where, FieldViews(pangea, kind).full)


def _create(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    person = pangea.access.need(call)
    fields = {"description": "", **validated(_fields(pangea, kind), fields_of(call))}
    _check_name(pangea, kind, fields)
    if not may_write(pangea, call, person, fields):
        raise forbidden(f"Organization membership is required to create a {kind.words} field.")
    field = pangea.store.add(kind.field_kind, fields.pop("name"), fields, parent=fields["analysis_result"])
    return Reply(FieldViews(pangea, kind).full(field), 201)


def readable(pangea: Pangea, call: Call, kind: ResultKind, uuid: str, refusal: str = "") -> Thing:
    """The field of a path, for who may see it.

    Args:
        pangea: The platform.
        call: The request.
        kind: What its result is of.
        uuid: Its UUID.
        refusal: What whoever may not see it is told.

    Raises:
        Refused: It isn't there, or may not be seen.
    """
    person = pangea.access.asker(call)
    field = found(pangea.store, kind.field_kind, uuid)
    result = found(pangea.store, kind.kind, field["analysis_result"])
    if not pangea.access.may_see_result(person, result) and not may_write(pangea, call, person, field):
        raise pangea.access.refusal(person, refusal)
    return field


def _get(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    return Reply(FieldViews(pangea, kind).full(readable(pangea, call, kind, call.arguments["uuid"])))


def _write(pangea: Pangea, call: Call, kind: ResultKind, *, partial: bool) -> Reply:
    field = writable(pangea, call, kind.field_kind)
    fields = validated(_fields(pangea, kind), fields_of(call), partial=partial)
    _check_name(pangea, kind, {**field, **fields}, but=field["uuid"])
    above = fields.get("analysis_result")
    changed = pangea.store.change(kind.field_kind, field["uuid"], fields, parent=above)
    return Reply(FieldViews(pangea, kind).full(changed))


def _delete(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    pangea.store.remove_tree(writable(pangea, call, kind.field_kind)["uuid"])
    return Reply(status=204)


HANDLERS = for_each(
    NOUNS,
    {
        "list_{}_fields": _list,
        "create_{}_field": _create,
        "get_{}_field": _get,
        "put_{}_field": partial(_write, partial=False),
        "patch_{}_field": partial(_write, partial=True),
        "delete_{}_field": _delete,
    },
)
