"""Pipelines, and the modules that they are made of. Everybody reads them, whoever is logged in writes them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.resource import Resource, View, found, operations_of, reference, references, shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing, with_field
from omicsdk.sandbox.rest_framework.fields import Field, json_value, text
from omicsdk.sandbox.rest_framework.refusals import Refused
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


class Pipelines(Resource):
    """Pipelines."""

    kind, one = PIPELINE, "pipeline"
    by_name = True
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"description": "", "long_description": ""}
    asks = "nobody"

    def fields(self) -> Mapping[str, Field]:
        """What may be written of a pipeline."""
        blank = Field(text(blank=True))
        return {"name": Field(text(), required=True), "description": blank, "long_description": blank}

    def view(self) -> View:
        """Without its modules."""
        return pipeline_view


def pipeline_view(pipeline: Thing) -> dict[str, Any]:
    """The JSON of a pipeline."""
    return shown(pipeline, _PIPELINE_SHOWN)


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


class Modules(Resource):
    """Modules of pipelines."""

    kind, one = MODULE, "pipeline_module"
    of: ClassVar[Mapping[str, str]] = {"pipeline": PIPELINE}
    parent = "pipeline"
    unique = ("pipeline", "name", "version")
    new: ClassVar[Mapping[str, Any]] = {"description": "", "long_description": "", "metadata": {}}
    links: ClassVar[Mapping[str, str]] = {"dependencies": _DEPENDS}
    asks = "nobody"

    def fields(self) -> Mapping[str, Field]:
        """What may be written of a module."""
        return {
            "name": Field(text(), required=True),
            "version": Field(text(), required=True),
            "description": Field(text()),
            "long_description": Field(text(blank=True)),
            "metadata": Field(json_value, json_in_form=True),
            "pipeline": reference(self.store, PIPELINE, required=True),
            "dependencies": references(self.store, MODULE),
        }

    def view(self) -> View:
        """With its pipeline, and which modules it needs and is needed by."""
        return lambda module: module_view(self.pangea, module)


HANDLERS = operations_of(Pipelines, Modules)


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
