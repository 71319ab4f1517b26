"""Pipelines with their modules, and analysis results of samples and of groups with their fields: who sees and writes them."""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.resource import Resource, existing, operations_of
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.storage import file_of, split_uri
from omicsdk.sandbox.pangea.store import Record, with_field
from omicsdk.sandbox.rest_framework.fields import Field
from omicsdk.sandbox.rest_framework.service import Refused
from omicsdk.sandbox.service import Call, Reply

# -- pipelines and their modules

PIPELINE = "pipeline"
MODULE = "pipeline_module"
_DEPENDS = "pipeline_module_dependency"


class Pipelines(Resource):
    """Pipelines."""

    kind = one = PIPELINE
    schema = "Pipeline"
    by_name = True
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"description": "", "long_description": ""}
    asks = "nobody"


class Modules(Resource):
    """Modules of pipelines, whose writers are any users."""

    kind = one = MODULE
    schema = "PipelineModule"
    of: ClassVar[Mapping[str, str]] = {"pipeline": PIPELINE}
    parent = "pipeline"
    unique = ("pipeline", "name", "version")
    new: ClassVar[Mapping[str, Any]] = {"description": "", "long_description": "", "metadata": {}}
    filled = ("description",)
    references: ClassVar[Mapping[str, str]] = {"pipeline": PIPELINE}
    links: ClassVar[Mapping[str, tuple[str, str]]] = {"dependencies": (_DEPENDS, MODULE)}
    asks = "nobody"

    def may_write(self, record: Mapping[str, Any]) -> bool:
        """Any user."""
        del record
        return True

    def computed(self, record: Record) -> Mapping[str, Any]:
        """Which modules it needs, and is needed by."""
        needs = self.store.linked(_DEPENDS, record["uuid"])
        needed = self.store.linking(_DEPENDS, record["uuid"])
        return {"dependency_modules": self._named(needs), "downstream_modules": self._named(needed)}

    def _named(self, uuids: Sequence[str]) -> list[list[str]]:
        modules = [existing(self.store, MODULE, uuid) for uuid in uuids]
        return [[module["uuid"], module["name"], module["version"]] for module in modules]


def get_pipeline_module_by_name(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipelines/{id}/modules/{name}/{version}."""
    pipeline = pangea.store.find(PIPELINE, call.arguments["id"])
    if pipeline is None:
        raise Refused(404, f"Pipeline with uuid {call.arguments['id']} not found")
    name, version = call.arguments["name"], call.arguments["version"]
    modules = pangea.store.all(MODULE, with_field("version", version), parent=pipeline["uuid"], name=name)
    if not modules:
        message = f"PipelineModule with name {name} and version {version} not found in pipeline {pipeline['name']}"
        raise Refused(404, message)
    return Reply(Modules(pangea, call).view(modules[0]))


# -- results

_REPLICATE_LENGTH = 12
NEW_RESULT: Mapping[str, Any] = {
    "description": "",
    "metadata": {},
    "is_private": False,
    "is_hidden": False,
    "pipeline_module": None,
}


@dataclass(frozen=True, slots=True)
class ResultKind:
    """The kinds of owners of results.

    Attributes:
        kind: Their kind.
        owner: The kind of what has them, and the field that names it.
        noun: What operations call one.
        schema: The document's schema of one.
    """

    kind: str
    owner: str
    noun: str
    schema: str

    @property
    def field_kind(self) -> str:
        """The kind of their fields."""
        return f"{self.kind}_field"


OF_SAMPLE = ResultKind("sample_ar", "sample", "sample_analysis_result", "SampleAnalysisResult")
OF_GROUP = ResultKind("sample_group_ar", "sample_group", "sample_group_analysis_result", "SampleGroupAnalysisResult")
# The word for them in names of operations.
NOUNS = {kind.noun: kind for kind in (OF_SAMPLE, OF_GROUP)}


def new_replicate() -> str:
    """A replicate's name for who does not care: twelve letters and digits."""
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(_REPLICATE_LENGTH))


def _resources(owner: ResultKind) -> tuple[type[Resource], type[Resource]]:
    """The resources of results and of their fields, by what has the results."""

    class Results(Resource):
        """Analysis results."""

        kind, one, schema, parent = owner.kind, owner.noun, owner.schema, owner.owner
        filters: ClassVar[Mapping[str, str]] = {"uuid": "uuid", "replicate": "replicate", "module_name": "name"}
        of: ClassVar[Mapping[str, str]] = {f"{owner.owner}_id": owner.owner}
        unique = ("module_name", "replicate", owner.owner)
        new = NEW_RESULT
        references: ClassVar[Mapping[str, str]] = {owner.owner: owner.owner, "pipeline_module": MODULE}
        renamed: ClassVar[Mapping[str, str]] = {"module_name": "name"}

        def fields(self) -> Mapping[str, Field]:
            """One without a replicate gets a name for it."""
            fields = super().fields()
            return {**fields, "replicate": Field(fields["replicate"].read, default=new_replicate())}

    class Fields(Resource):
        """Fields of results."""

        kind, one, schema = owner.field_kind, f"{owner.noun}_field", f"{owner.schema}Field"
        of: ClassVar[Mapping[str, str]] = {"analysis_result_id": owner.kind}
        parent = "analysis_result"
        unique = ("analysis_result", "name")
        new: ClassVar[Mapping[str, Any]] = {"description": ""}
        references: ClassVar[Mapping[str, str]] = {"analysis_result": owner.kind}

        def computed(self, record: Record) -> Mapping[str, Any]:
            """Its data, with an address where they represent an object of a bucket for which its organization has keys."""
            stored_file = file_of(record["stored_data"])
            if stored_file is None:
                return {}
            result: str = record["analysis_result"]
            organization = self.once(("organization", result), lambda: self.store.above(result, "organization"))
            bucket, key = split_uri(stored_file["uri"])
            bucket_key = (organization, bucket, stored_file["endpoint_url"])
            location = self.once(bucket_key, lambda: self.pangea.buckets.readable(*bucket_key))
            url = self.pangea.storage.read_url(location, key) if location else None
            return {"stored_data": {**stored_file, "presigned_url": url}} if url else {}

    return Results, Fields


HANDLERS = operations_of(Pipelines, Modules, *_resources(OF_SAMPLE), *_resources(OF_GROUP))


def manifest(resource: Resource, kind: ResultKind, owner: str) -> list[dict[str, Any]]:
    """The results of the sample or group of a UUID with their fields, as in manifests.

    Args:
        resource: Any resource of the request.
        kind: Kind of the results' owners.
        owner: The UUID.
    """
    results, fields = resource.another(kind.kind), resource.another(kind.field_kind)
    entries: list[dict[str, Any]] = []
    for result in resource.store.all(kind.kind, parent=owner):
        views = [fields.view(field) for field in resource.store.all(kind.field_kind, parent=result["uuid"])]
        for view in views:
            del view["analysis_result_obj"]
        entry = {**results.view(result), "fields": views}
        del entry[f"{kind.owner}_obj"]
        entries.append(entry)
    return entries
