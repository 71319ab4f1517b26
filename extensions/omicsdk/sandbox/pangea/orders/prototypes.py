"""Reading prototypes of orders: anybody may."""

from typing import Any

from omicsdk.sandbox.pangea.requests.flat import asked, asked_uuid, found, listed
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.results.pipelines import MODULE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.order_prototypes import GROUP_PROTOTYPE, JOB_PROTOTYPE, PARTS, PROTOTYPE
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.service import Call, Reply, for_each

_DATED = ("created_at", "updated_at", "description")


def _view(pangea: Pangea, prototype: Thing) -> dict[str, Any]:
    del pangea
    return shown(prototype, ("uuid", "name", *_DATED))


def _job_view(pangea: Pangea, prototype: Thing) -> dict[str, Any]:
    module = prototype["pipeline_module"]
    return {
        **shown(prototype, ("uuid", "name")),
        "pipeline_module": module if module and pangea.store.find(MODULE, module) else None,
        **shown(prototype, ("resources_needed", "work_order_proto", *_DATED)),
    }


def _group_view(pangea: Pangea, prototype: Thing) -> dict[str, Any]:
    return {**_view(pangea, prototype), "work_order_protos": list(pangea.store.linked(PARTS, prototype["uuid"]))}


_VIEWS = {PROTOTYPE: _view, JOB_PROTOTYPE: _job_view, GROUP_PROTOTYPE: _group_view}


def _list(pangea: Pangea, call: Call, kind: str) -> Reply:
    pangea.access.asker(call)
    where = [*asked_uuid(call), *asked(call, "name")]
    return listed(call, pangea.store, kind, where, lambda each: _VIEWS[kind](pangea, each))


def _get(pangea: Pangea, call: Call, kind: str) -> Reply:
    pangea.access.asker(call)
    return Reply(_VIEWS[kind](pangea, found(pangea.store, kind, call.arguments["uuid"])))


HANDLERS = for_each(
    {"work_order": PROTOTYPE, "job_order": JOB_PROTOTYPE, "group_work_order": GROUP_PROTOTYPE},
    {"list_{}_prototypes": _list, "get_{}_prototype": _get},
)
