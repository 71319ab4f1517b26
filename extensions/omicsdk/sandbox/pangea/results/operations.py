"""Analysis results of samples and of groups: who sees and writes them, and how they look in answers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from omicsdk.sandbox.pangea.accounts.privileges import may_write
from omicsdk.sandbox.pangea.requests.flat import asked, asked_reference, asked_uuid, found, listed, reference, taken
from omicsdk.sandbox.pangea.requests.views import Views, shown
from omicsdk.sandbox.pangea.results.kinds import NEW_RESULT, NOUNS, ResultKind, new_replicate
from omicsdk.sandbox.pangea.results.pipelines import MODULE, module_of
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Thing, with_field
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, boolean, json_value, text, unique_together, validated
from omicsdk.sandbox.rest_framework.refusals import Invalid, forbidden
from omicsdk.sandbox.service import Call, Reply, for_each

_TELLING = ("description", "metadata", "is_private", "is_hidden")


class ResultViews:
    """Views of results for one answer.

    Args:
        pangea: The platform.
        kind: What they are of.
    """

    def __init__(self, pangea: Pangea, kind: ResultKind) -> None:
        self._pangea = pangea
        self._kind = kind
        self._views = Views(pangea.store)
        self._modules: dict[str | None, dict[str, Any] | None] = {}

    def plain(self, result: Thing) -> dict[str, Any]:
        """A result without what has it, as in manifests."""
        return {**self._beginning(result), **self._end(result)}

    def full(self, result: Thing) -> dict[str, Any]:
        """A result, with what has it."""
        owner = result[self._kind.owner]
        view = self._views.sample_of(owner) if self._kind.owner == "sample" else self._views.group_of(owner)
        return {**self._beginning(result), f"{self._kind.owner}_obj": view, **self._end(result)}

    def _beginning(self, result: Thing) -> dict[str, Any]:
        return {
            "uuid": result["uuid"],
            "module_name": result["name"],
            **shown(result, ("replicate", self._kind.owner, "created_at", "updated_at")),
        }

    def _end(self, result: Thing) -> dict[str, Any]:
        named = result["pipeline_module"]
        if named not in self._modules:
            self._modules[named] = module_of(self._pangea, named)
        module = self._modules[named]
        return {
            **shown(result, _TELLING),
            "pipeline_module": module and module["uuid"],
            "pipeline_module_obj": module,
        }


def _fields(pangea: Pangea, kind: ResultKind, *, partial: bool = False) -> Mapping[str, Field]:
    replicate = Field(text()) if partial else Field(text(), default=new_replicate())
    return {
        "module_name": Field(text(), required=True),
        "replicate": replicate,
        kind.owner: reference(pangea.store, kind.owner, required=True),
        "description": Field(text(blank=True)),
        "metadata": Field(json_value, json_in_form=True),
        "is_private": Field(boolean, absent_in_form=False),
        "is_hidden": Field(boolean, absent_in_form=False),
        "pipeline_module": reference(pangea.store, MODULE, null=True),
    }


def _check_replicate(pangea: Pangea, kind: ResultKind, fields: Mapping[str, Any], but: str = "") -> None:
    replicate = with_field("replicate", fields["replicate"])
    if taken(pangea.store.all(kind.kind, replicate, parent=fields[kind.owner], name=fields["name"]), but=but):
        raise Invalid(unique_together(("module_name", "replicate", kind.owner)))


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as they are kept: a result's name is its module's."""
    return {"name" if name == "module_name" else name: value for name, value in fields.items()}


def _list(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    person = pangea.access.asker(call)
    of = asked_reference(call, pangea.store, f"{kind.owner}_id", kind.owner)
    where = [*asked_uuid(call), *of, *asked(call, "replicate", module_name="name")]
    visible = pangea.access.visible_results(person, kind.kind)
    return listed(call, pangea.store, kind.kind, [*where, visible], ResultViews(pangea, kind).full)


def _create(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    person = pangea.access.need(call)
    fields = {**NEW_RESULT, **_named(validated(_fields(pangea, kind), fields_of(call)))}
    _check_replicate(pangea, kind, fields)
    if not may_write(pangea, call, person, fields):
        raise forbidden(f"Organization membership is required to create a {kind.words}.")
    result = pangea.store.add(kind.kind, fields.pop("name"), fields, parent=fields[kind.owner])
    return Reply(ResultViews(pangea, kind).full(result), 201)


def _get(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    person = pangea.access.asker(call)
    result = found(pangea.store, kind.kind, call.arguments["uuid"])
    if not pangea.access.may_see_result(person, result) and not may_write(pangea, call, person, result):
        raise pangea.access.refusal(person)
    return Reply(ResultViews(pangea, kind).full(result))


def writable(pangea: Pangea, call: Call, kind: str) -> Thing:
    """The result, or the field of one, of a path, for who may change it.

    Raises:
        Refused: It isn't there, or may not be changed.
    """
    person = pangea.access.need(call)
    thing = found(pangea.store, kind, call.arguments["uuid"])
    if not may_write(pangea, call, person, thing):
        raise forbidden()
    return thing


def _write(pangea: Pangea, call: Call, kind: ResultKind, *, partial: bool) -> Reply:
    result = writable(pangea, call, kind.kind)
    fields = _named(validated(_fields(pangea, kind, partial=partial), fields_of(call), partial=partial))
    _check_replicate(pangea, kind, {**result, **fields}, but=result["uuid"])
    changed = pangea.store.change(kind.kind, result["uuid"], fields, parent=fields.get(kind.owner))
    return Reply(ResultViews(pangea, kind).full(changed))


def _delete(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    pangea.store.remove_tree(writable(pangea, call, kind.kind)["uuid"])
    return Reply(status=204)


HANDLERS = for_each(
    NOUNS,
    {
        "list_{}s": _list,
        "create_{}": _create,
        "get_{}": _get,
        "put_{}": partial(_write, partial=False),
        "patch_{}": partial(_write, partial=True),
        "delete_{}": _delete,
    },
)
