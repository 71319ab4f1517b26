"""Reading prototypes of orders: anybody may."""

from typing import Any

from omicsdk.sandbox.pangea.flat import asked, asked_uuid, found, listed, shown
from omicsdk.sandbox.pangea.order_prototypes import GROUP_PROTOTYPE, JOB_PROTOTYPE, PARTS, PROTOTYPE
from omicsdk.sandbox.pangea.pipelines import MODULE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing
from omicsdk.sandbox.service import Call, Reply

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


def list_work_order_prototypes(pangea: Pangea, call: Call) -> Reply:
    """GET /api/work_order_prototypes."""
    return _list(pangea, call, PROTOTYPE)


def get_work_order_prototype(pangea: Pangea, call: Call) -> Reply:
    """GET /api/work_order_prototypes/{uuid}."""
    return _get(pangea, call, PROTOTYPE)


def list_job_order_prototypes(pangea: Pangea, call: Call) -> Reply:
    """GET /api/job_order_prototypes."""
    return _list(pangea, call, JOB_PROTOTYPE)


def get_job_order_prototype(pangea: Pangea, call: Call) -> Reply:
    """GET /api/job_order_prototypes/{uuid}."""
    return _get(pangea, call, JOB_PROTOTYPE)


def list_group_work_order_prototypes(pangea: Pangea, call: Call) -> Reply:
    """GET /api/group_work_order_prototypes."""
    return _list(pangea, call, GROUP_PROTOTYPE)


def get_group_work_order_prototype(pangea: Pangea, call: Call) -> Reply:
    """GET /api/group_work_order_prototypes/{uuid}."""
    return _get(pangea, call, GROUP_PROTOTYPE)


HANDLERS = (
    list_work_order_prototypes,
    get_work_order_prototype,
    list_job_order_prototypes,
    get_job_order_prototype,
    list_group_work_order_prototypes,
    get_group_work_order_prototype,
)
