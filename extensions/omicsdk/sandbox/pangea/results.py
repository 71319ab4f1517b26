"""Pipelines with their modules, and analysis results of samples and of groups with their fields: who sees and writes them."""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.resource import Resource, View, Views, found, operations_of, shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.storage import Addresses
from omicsdk.sandbox.pangea.store import Thing, Where, with_field
from omicsdk.sandbox.rest_framework.fields import Field, boolean, json_value, text
from omicsdk.sandbox.rest_framework.refusals import Refused
from omicsdk.sandbox.service import Call, Reply

# -- pipelines and their modules

PIPELINE = "pipeline"
MODULE = "pipeline_module"
_DEPENDS = "pipeline_module_dependency"
_PIPELINE_SHOWN = ("uuid", "name", "description", "long_description", "updated_at", "created_at")
_MODULE_SHOWN = (*_PIPELINE_SHOWN[:2], "version", *_PIPELINE_SHOWN[2:], "metadata", "pipeline")


class Pipelines(Resource):
    """Pipelines."""

    kind, one = PIPELINE, "pipeline"
    by_name = True
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"description": "", "long_description": ""}
    asks = "nobody"

    def fields(self) -> Mapping[str, Field]:
        """The writable fields of a pipeline."""
        blank = Field(text(blank=True))
        return {"name": Field(text(), required=True), "description": blank, "long_description": blank}

    def view(self) -> View:
        """Without its modules."""
        return lambda pipeline: shown(pipeline, _PIPELINE_SHOWN)


# -- modules


def module_view(pangea: Pangea, module: Thing) -> dict[str, Any]:
    """The JSON of a module, its pipeline in it, and which modules it needs and is needed by."""
    store = pangea.store
    needs = store.linked(_DEPENDS, module["uuid"])
    pipeline = store.find(PIPELINE, module["pipeline"])
    return {
        **shown(module, _MODULE_SHOWN),
        "pipeline_obj": pipeline and shown(pipeline, _PIPELINE_SHOWN),
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
        """The writable fields of a module."""
        return {
            "name": Field(text(), required=True),
            "version": Field(text(), required=True),
            "description": Field(text()),
            "long_description": Field(text(blank=True)),
            "metadata": Field(json_value, json_in_form=True),
            "pipeline": self.reference(PIPELINE, required=True),
            "dependencies": self.references(MODULE),
        }

    def view(self) -> View:
        """With its pipeline, and which modules it needs and is needed by."""
        return lambda module: module_view(self.pangea, module)


def get_pipeline_module_by_name(pangea: Pangea, call: Call) -> Reply:
    """GET /api/pipelines/{id}/modules/{name}/{version}."""
    pipeline = pangea.store.find(PIPELINE, call.arguments["id"])
    if pipeline is None:
        raise Refused(404, f"Pipeline with uuid {call.arguments['id']} not found")
    name, version = call.arguments["name"], call.arguments["version"]
    named = pangea.store.all(MODULE, with_field("version", version), parent=pipeline["uuid"], name=name)
    if not named:
        message = f"PipelineModule with name {name} and version {version} not found in pipeline {pipeline['name']}"
        raise Refused(404, message)
    return Reply(module_view(pangea, named[0]))


# -- results

_REPLICATE_LENGTH = 12
NEW_RESULT: Mapping[str, Any] = {
    "description": "",
    "metadata": {},
    "is_private": False,
    "is_hidden": False,
    "pipeline_module": None,
}
"""The defaults of a result."""


@dataclass(frozen=True, slots=True)
class ResultKind:
    """The kinds of owners of results.

    Attributes:
        kind: Their kind.
        owner: The kind of what has them, and the field that names it.
        noun: What operations call one.
    """

    kind: str
    owner: str
    noun: str

    @property
    def field_kind(self) -> str:
        """The kind of their fields."""
        return f"{self.kind}_field"


OF_SAMPLE = ResultKind("sample_ar", "sample", "sample_analysis_result")
OF_GROUP = ResultKind("sample_group_ar", "sample_group", "sample_group_analysis_result")
NOUNS = {each.noun: each for each in (OF_SAMPLE, OF_GROUP)}
"""The word for them in names of operations."""


def new_replicate() -> str:
    """A replicate's name for who does not care: twelve letters and digits."""
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(_REPLICATE_LENGTH))


_SHOWN = ("uuid", "replicate", "created_at", "updated_at", "description", "metadata", "is_private", "is_hidden")
_FIELD_SHOWN = ("uuid", "name", "created_at", "updated_at", "analysis_result", "description")


class ResultViews(Views):
    """Views of results and their fields for one response.

    Args:
        pangea: The platform.
        kind: Kind of the results' owners.
    """

    def __init__(self, pangea: Pangea, kind: ResultKind) -> None:
        super().__init__(pangea.store)
        self._pangea = pangea
        self._kind = kind
        self._addresses = Addresses(pangea.buckets, pangea.storage)

    def result(self, result: Thing) -> dict[str, Any]:
        """A result, with its sample or group."""
        owner = self._kind.owner
        return {**self._result_alone(result), f"{owner}_obj": self.of(owner, result[owner])}

    def _result_alone(self, result: Thing) -> dict[str, Any]:
        named = result["pipeline_module"]
        module = self.once(MODULE, named, lambda: module_of(self._pangea, named))
        return {
            **shown(result, (*_SHOWN, self._kind.owner)),
            "module_name": result["name"],
            "pipeline_module": module and module["uuid"],
            "pipeline_module_obj": module,
        }

    def field(self, field: Thing) -> dict[str, Any]:
        """A field, with its result."""
        result = found(self._store, self._kind.kind, field["analysis_result"])
        return {**self._field_alone(field, result), "analysis_result_obj": self.result(result)}

    def _field_alone(self, field: Thing, result: Thing) -> dict[str, Any]:
        organization = self.once("owner", result["uuid"], lambda: self._pangea.access.organization_of(result))
        stored = self._addresses.readable(organization, field["stored_data"])
        return {**shown(field, _FIELD_SHOWN), "stored_data": stored}

    def manifest(self, owner: str) -> list[dict[str, Any]]:
        """The results of the sample or group of a UUID with their fields, as in manifests."""
        return [
            {
                **self._result_alone(result),
                "fields": [
                    self._field_alone(field, result)
                    for field in self._store.all(self._kind.field_kind, parent=result["uuid"])
                ],
            }
            for result in self._store.all(self._kind.kind, parent=owner)
        ]


class _Results(Resource):
    """Analysis results: their group decides who sees them, and private ones are for members only."""

    result: ResultKind
    filters: ClassVar[Mapping[str, str]] = {"uuid": "uuid", "replicate": "replicate", "module_name": "name"}
    renamed: ClassVar[Mapping[str, str]] = {"module_name": "name"}
    new = NEW_RESULT

    def __init_subclass__(cls, of: ResultKind) -> None:
        """State what the results are of."""
        cls.result, cls.kind, cls.one = of, of.kind, of.noun
        cls.of, cls.parent = {f"{of.owner}_id": of.owner}, of.owner
        cls.unique = ("module_name", "replicate", of.owner)

    def fields(self) -> Mapping[str, Field]:
        """The writable fields of a result; one without a replicate gets a name for it."""
        owner = self.result.owner
        return {
            "module_name": Field(text(), required=True),
            "replicate": Field(text(), default=new_replicate()),
            owner: self.reference(owner, required=True),
            "description": Field(text(blank=True)),
            "metadata": Field(json_value, json_in_form=True),
            "is_private": Field(boolean, absent_in_form=False),
            "is_hidden": Field(boolean, absent_in_form=False),
            "pipeline_module": self.reference(MODULE, null=True),
        }

    def view(self) -> View:
        """With what has it."""
        return ResultViews(self.pangea, self.result).result

    def visible(self, person: Person | None) -> Sequence[Where]:
        """The results that the caller may see."""
        return [self.access.visible_results(person, self.kind)]

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Also who works off an order of its sample."""
        return self.access.may_see_result(person, thing) or self.may_write(person, thing)

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Members, and who works off an order of its sample."""
        return self.access.may_write(self.call, person, thing)


class SampleResults(_Results, of=OF_SAMPLE):
    """Results of samples."""


class GroupResults(_Results, of=OF_GROUP):
    """Results of groups."""


class _Fields(Resource):
    """Fields of results, visible to users who see the result."""

    result: ResultKind
    parent = "analysis_result"
    unique = ("analysis_result", "name")
    new: ClassVar[Mapping[str, Any]] = {"description": ""}

    def __init_subclass__(cls, of: ResultKind) -> None:
        """State what the fields' results are of."""
        cls.result, cls.kind, cls.one = of, of.field_kind, f"{of.noun}_field"
        cls.of = {"analysis_result_id": of.kind}

    def fields(self) -> Mapping[str, Field]:
        """The writable fields of a field."""
        return {
            "name": Field(text(), required=True),
            "stored_data": Field(json_value, required=True, json_in_form=True),
            "analysis_result": self.reference(self.result.kind, required=True),
            "description": Field(text(blank=True)),
        }

    def view(self) -> View:
        """With its result."""
        return ResultViews(self.pangea, self.result).field

    def visible(self, person: Person | None) -> Sequence[Where]:
        """The fields that the caller may see."""
        return [self.access.visible_fields(person, self.kind)]

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Also who works off an order of its result's sample."""
        return may_see_field(self.pangea, self.call, person, self.result, thing)

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Members, and who works off an order of its result's sample."""
        return self.access.may_write(self.call, person, thing)


class SampleResultFields(_Fields, of=OF_SAMPLE):
    """Fields of results of samples."""


class GroupResultFields(_Fields, of=OF_GROUP):
    """Fields of results of groups."""


HANDLERS = operations_of(Pipelines, Modules, SampleResults, GroupResults, SampleResultFields, GroupResultFields)


def may_see_field(pangea: Pangea, call: Call, person: Person | None, kind: ResultKind, field: Thing) -> bool:
    """Whether a user may see a field: users who see its result may, and those privileged for an order of its sample."""
    result = found(pangea.store, kind.kind, field["analysis_result"])
    return pangea.access.may_see_result(person, result) or pangea.access.may_write(call, person, field)


def readable(pangea: Pangea, call: Call, kind: ResultKind, uuid: str, refusal: str = "") -> Thing:
    """The field of a path, for who may see it.

    Args:
        pangea: The platform.
        call: The request.
        kind: Kind of the results' owners.
        uuid: Its UUID.
        refusal: The refusal for users who may not see it.

    Raises:
        Refused: It does not exist, or may not be seen.
    """
    person = pangea.access.principal(call)
    field = found(pangea.store, kind.field_kind, uuid)
    pangea.access.check(person, may_see_field(pangea, call, person, kind, field), refusal)
    return field
