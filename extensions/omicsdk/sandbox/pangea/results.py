"""Analysis results of samples and of groups, and their fields: who sees and writes them, and how they look."""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.pipelines import MODULE, module_of
from omicsdk.sandbox.pangea.resource import Resource, View, Views, found, operations_of, reference, shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.storage import Addresses
from omicsdk.sandbox.pangea.store import Thing, Where
from omicsdk.sandbox.rest_framework.fields import Field, boolean, json_value, text
from omicsdk.sandbox.service import Call

_REPLICATE_LENGTH = 12
NEW_RESULT: Mapping[str, Any] = {
    "description": "",
    "metadata": {},
    "is_private": False,
    "is_hidden": False,
    "pipeline_module": None,
}
"""What a result is at first."""


@dataclass(frozen=True, slots=True)
class ResultKind:
    """What results are of.

    Attributes:
        kind: Their kind.
        owner: The kind of what has them, and the field that names it.
        words: What one is called.
    """

    kind: str
    owner: str
    words: str

    @property
    def field_kind(self) -> str:
        """The kind of their fields."""
        return f"{self.kind}_field"


OF_SAMPLE = ResultKind("sample_ar", "sample", "sample analysis result")
OF_GROUP = ResultKind("sample_group_ar", "sample_group", "sample group analysis result")
NOUNS = {"sample_analysis_result": OF_SAMPLE, "sample_group_analysis_result": OF_GROUP}
"""What operations call them."""


def new_replicate() -> str:
    """A replicate's name for who doesn't care: twelve letters and digits."""
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(_REPLICATE_LENGTH))


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


class _Results(Resource):
    """Analysis results: their group decides who sees them, and private ones are for members only."""

    result: ResultKind
    filters: ClassVar[Mapping[str, str]] = {"uuid": "uuid", "replicate": "replicate", "module_name": "name"}
    renamed: ClassVar[Mapping[str, str]] = {"module_name": "name"}
    new = NEW_RESULT

    def fields(self, *, partial: bool) -> Mapping[str, Field]:
        """What may be written of a result; who names no replicate gets one."""
        owner = self.result.owner
        return {
            "module_name": Field(text(), required=True),
            "replicate": Field(text()) if partial else Field(text(), default=new_replicate()),
            owner: reference(self.store, owner, required=True),
            "description": Field(text(blank=True)),
            "metadata": Field(json_value, json_in_form=True),
            "is_private": Field(boolean, absent_in_form=False),
            "is_hidden": Field(boolean, absent_in_form=False),
            "pipeline_module": reference(self.store, MODULE, null=True),
        }

    def view(self) -> View:
        """With what has it."""
        return ResultViews(self.pangea, self.result).full

    def visible(self, person: Person | None) -> Sequence[Where]:
        """Those that one may see."""
        return [self.access.visible_results(person, self.kind)]

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Also who works off an order of its sample."""
        return self.access.may_see_result(person, thing) or self.may_write(person, thing)

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Members, and who works off an order of its sample."""
        return self.access.may_write(self.call, person, thing)


class SampleResults(_Results):
    """Results of samples."""

    result = OF_SAMPLE
    kind, one, many = "sample_ar", "sample_analysis_result", "sample_analysis_results"
    of: ClassVar[Mapping[str, str]] = {"sample_id": "sample"}
    parent = "sample"
    unique = ("module_name", "replicate", "sample")
    to_create = "Organization membership is required to create a sample analysis result."


class GroupResults(_Results):
    """Results of groups."""

    result = OF_GROUP
    kind, one, many = "sample_group_ar", "sample_group_analysis_result", "sample_group_analysis_results"
    of: ClassVar[Mapping[str, str]] = {"sample_group_id": "sample_group"}
    parent = "sample_group"
    unique = ("module_name", "replicate", "sample_group")
    to_create = "Organization membership is required to create a sample group analysis result."


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


class _Fields(Resource):
    """Fields of results; whoever sees a result sees them."""

    result: ResultKind
    parent = "analysis_result"
    unique = ("analysis_result", "name")
    new: ClassVar[Mapping[str, Any]] = {"description": ""}

    def fields(self, *, partial: bool) -> Mapping[str, Field]:
        """What may be written of a field."""
        del partial
        return {
            "name": Field(text(), required=True),
            "stored_data": Field(json_value, required=True, json_in_form=True),
            "analysis_result": reference(self.store, self.result.kind, required=True),
            "description": Field(text(blank=True)),
        }

    def view(self) -> View:
        """With its result."""
        return FieldViews(self.pangea, self.result).full

    def visible(self, person: Person | None) -> Sequence[Where]:
        """Those that one may see."""
        return [self.access.visible_fields(person, self.kind)]

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Also who works off an order of its result's sample."""
        return may_see_field(self.pangea, self.call, person, self.result, thing)

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Members, and who works off an order of its result's sample."""
        return self.access.may_write(self.call, person, thing)


class SampleResultFields(_Fields):
    """Fields of results of samples."""

    result = OF_SAMPLE
    kind, one, many = "sample_ar_field", "sample_analysis_result_field", "sample_analysis_result_fields"
    of: ClassVar[Mapping[str, str]] = {"analysis_result_id": "sample_ar"}
    to_create = "Organization membership is required to create a sample analysis result field."


class GroupResultFields(_Fields):
    """Fields of results of groups."""

    result = OF_GROUP
    kind, one, many = (
        "sample_group_ar_field",
        "sample_group_analysis_result_field",
        "sample_group_analysis_result_fields",
    )
    of: ClassVar[Mapping[str, str]] = {"analysis_result_id": "sample_group_ar"}
    to_create = "Organization membership is required to create a sample group analysis result field."


HANDLERS = operations_of(SampleResults, GroupResults, SampleResultFields, GroupResultFields)


def may_see_field(pangea: Pangea, call: Call, person: Person | None, kind: ResultKind, field: Thing) -> bool:
    """Whether somebody may see a field: whoever sees its result, and who works off an order of its sample."""
    result = found(pangea.store, kind.kind, field["analysis_result"])
    return pangea.access.may_see_result(person, result) or pangea.access.may_write(call, person, field)


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
    if not may_see_field(pangea, call, person, kind, field):
        raise pangea.access.refusal(person, refusal)
    return field
