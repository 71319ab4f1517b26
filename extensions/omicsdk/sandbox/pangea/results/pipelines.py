"""Pipelines, and the modules that they are made of. Everybody reads them, whoever is logged in writes them."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import (
    also_by_name,
    asked,
    asked_reference,
    asked_uuid,
    check_name,
    found,
    found_either,
    listed,
    reference,
    references,
    taken,
)
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Thing, with_field
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, json_value, text, unique_together, validated
from omicsdk.sandbox.rest_framework.refusals import Invalid, Refused
from omicsdk.sandbox.service import Call, Reply

PIPELINE = "pipeline"
MODULE = "pipeline_module"
_DEPENDS = "pipeline_module_dependency"
_PIPELINE_SHOWN = ("uuid", "name", "description", "long_description", "updated_at", "created_at")
_MODULE_SHOWN = (
    "uuid",
    "name",
    "version",
    "description",
    "long_description",
    "updated_at",
    "created_at",
    "metadata",
    "pipeline",
)
_PIPELINE_FIELDS: Mapping[str, Field] = {
    "name": Field(text(), required=True),
    "description": Field(text(blank=True)),
    "long_description": Field(text(blank=True)),
}


# -- pipelines


def pipeline_view(pipeline: Thing) -> dict[str, Any]:
    """The JSON of a pipeline."""
    return shown(pipeline, _PIPELINE_SHOWN)


def list_pipelines(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipelines."""
    return listed(call, pangea.store, PIPELINE, [*asked_uuid(call), *asked(call, "name")], pipeline_view)


def create_pipeline(pangea: Pangea, call: Call) -> Reply:
    """POST /api/pipelines."""
    pangea.access.need(call)
    fields = validated(_PIPELINE_FIELDS, fields_of(call))
    check_name(pangea.store, PIPELINE, fields)
    kept = {"description": "", "long_description": "", **fields}
    return Reply(pipeline_view(pangea.store.add(PIPELINE, kept.pop("name"), kept)), 201)


def get_pipeline(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipelines/{uuid}."""
    return Reply(pipeline_view(found_either(pangea.store, PIPELINE, call)))


def put_pipeline(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/pipelines/{uuid}."""
    return _write_pipeline(pangea, call, partial=False)


def patch_pipeline(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/pipelines/{uuid}."""
    return _write_pipeline(pangea, call, partial=True)


def delete_pipeline(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/pipelines/{uuid}."""
    pangea.access.need(call)
    pipeline = found_either(pangea.store, PIPELINE, call)
    pangea.store.remove_tree(pipeline["uuid"])
    return Reply(status=204)


def _write_pipeline(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    pangea.access.need(call)
    pipeline = found_either(pangea.store, PIPELINE, call)
    fields = validated(_PIPELINE_FIELDS, fields_of(call), partial=partial)
    check_name(pangea.store, PIPELINE, fields, but=pipeline["uuid"])
    return Reply(pipeline_view(pangea.store.change(PIPELINE, pipeline["uuid"], fields)))


# -- modules


def module_view(pangea: Pangea, module: Thing) -> dict[str, Any]:
    """The JSON of a module, its pipeline in it, and which modules it needs and is needed by."""
    store = pangea.store
    needs = store.linked(_DEPENDS, module["uuid"])
    pipeline = store.find(PIPELINE, module["pipeline"])
    return {
        **shown(module, _MODULE_SHOWN),
        "pipeline_obj": None if pipeline is None else pipeline_view(pipeline),
        "dependencies": list(needs),
        "dependency_modules": [_named(pangea, each) for each in needs],
        "downstream_modules": [_named(pangea, each) for each in store.linking(_DEPENDS, module["uuid"])],
    }


def module_of(pangea: Pangea, uuid: str | None) -> dict[str, Any] | None:
    """The JSON of the module of a UUID; None where there is none."""
    module = pangea.store.find(MODULE, uuid) if uuid else None
    return None if module is None else module_view(pangea, module)


def _named(pangea: Pangea, uuid: str) -> list[str]:
    module = found(pangea.store, MODULE, uuid)
    return [module["uuid"], module["name"], module["version"]]


def _module_fields(pangea: Pangea) -> Mapping[str, Field]:
    return {
        "name": Field(text(), required=True),
        "version": Field(text(), required=True),
        "description": Field(text()),
        "long_description": Field(text(blank=True)),
        "metadata": Field(json_value, json_in_form=True),
        "pipeline": reference(pangea.store, PIPELINE, required=True),
        "dependencies": references(pangea.store, MODULE),
    }


def list_pipeline_modules(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipeline_modules."""
    of = asked_reference(call, pangea.store, "pipeline", PIPELINE)
    where = [*asked_uuid(call), *asked(call, "name"), *of]
    return listed(call, pangea.store, MODULE, where, lambda each: module_view(pangea, each))


def create_pipeline_module(pangea: Pangea, call: Call) -> Reply:
    """POST /api/pipeline_modules."""
    pangea.access.need(call)
    fields = validated(_module_fields(pangea), fields_of(call))
    _check_version(pangea, fields)
    needs = fields.pop("dependencies", [])
    kept: dict[str, Any] = {"description": "", "long_description": "", "metadata": {}, **fields}
    module = pangea.store.add(MODULE, kept.pop("name"), kept, parent=fields["pipeline"])
    _depend(pangea, module["uuid"], needs)
    return Reply(module_view(pangea, module), 201)


def get_pipeline_module(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipeline_modules/{uuid}."""
    return Reply(module_view(pangea, found(pangea.store, MODULE, call.arguments["uuid"])))


def get_pipeline_module_by_name(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipelines/{id}/modules/{name}/{version}."""
    pipeline = pangea.store.find(PIPELINE, call.arguments["id"])
    if pipeline is None:
        raise Refused(404, f"Pipeline with uuid {call.arguments['id']} not found")
    name, version = call.arguments["name"], call.arguments["version"]
    named = pangea.store.all(MODULE, with_field("version", version), parent=pipeline["uuid"], name=name)
    if not named:
        told = f"PipelineModule with name {name} and version {version} not found in pipeline {pipeline['name']}"
        raise Refused(404, told)
    return Reply(module_view(pangea, named[0]))


def put_pipeline_module(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/pipeline_modules/{uuid}."""
    return _write_module(pangea, call, partial=False)


def patch_pipeline_module(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/pipeline_modules/{uuid}."""
    return _write_module(pangea, call, partial=True)


def delete_pipeline_module(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/pipeline_modules/{uuid}."""
    pangea.access.need(call)
    pangea.store.remove(found(pangea.store, MODULE, call.arguments["uuid"])["uuid"])
    return Reply(status=204)


def _write_module(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    pangea.access.need(call)
    module = found(pangea.store, MODULE, call.arguments["uuid"])
    fields = validated(_module_fields(pangea), fields_of(call), partial=partial)
    _check_version(pangea, {**module, **fields}, but=module["uuid"])
    needs = fields.pop("dependencies", None)
    changed = pangea.store.change(MODULE, module["uuid"], fields, parent=fields.get("pipeline"))
    if needs is not None:
        _depend(pangea, module["uuid"], needs)
    return Reply(module_view(pangea, changed))


def _check_version(pangea: Pangea, fields: Mapping[str, Any], but: str = "") -> None:
    names = ("pipeline", "name", "version")
    version = with_field("version", fields["version"])
    if taken(pangea.store.all(MODULE, version, parent=fields["pipeline"], name=fields["name"]), but=but):
        raise Invalid(unique_together(names))


def _depend(pangea: Pangea, uuid: str, needs: list[str]) -> None:
    for other in pangea.store.linked(_DEPENDS, uuid):
        pangea.store.unlink(_DEPENDS, uuid, other)
    for other in needs:
        pangea.store.link(_DEPENDS, uuid, other)


HANDLERS = also_by_name(get_pipeline, put_pipeline, patch_pipeline, delete_pipeline)
