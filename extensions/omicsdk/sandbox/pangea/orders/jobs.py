"""Jobs of orders: members look, who is privileged for the order's prototype works them off."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.accounts.privileges import ORDER, works_off
from omicsdk.sandbox.pangea.orders.status import STATUSES
from omicsdk.sandbox.pangea.requests.flat import found, reference
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.results.pipelines import MODULE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, choice, json_value, text, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.service import Call, Reply

JOB = "job_order"


def job_view(pangea: Pangea, job: Thing) -> dict[str, Any]:
    """The JSON of a job."""
    store = pangea.store
    module, result = job["pipeline_module"], job["analysis_result"]
    return {
        **shown(job, ("uuid", "name", "status", "work_order")),
        "pipeline_module": module if module and store.find(MODULE, module) else None,
        "analysis_result": result if result and store.find("sample_ar", result) else None,
        **shown(job, ("resources_used", "resources_needed", "created_at", "updated_at", "description")),
    }


def get_job_order(pangea: Pangea, call: Call) -> Reply:
    """GET /api/job_orders/{uuid}: for members, and who is privileged."""
    person = pangea.access.asker(call)
    job, order = _job(pangea, call)
    if not pangea.access.owns(person, order) and not works_off(pangea, person, order["prototype"]):
        raise pangea.access.refusal(person)
    return Reply(job_view(pangea, job))


def put_job_order(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/job_orders/{uuid}."""
    return _write_job(pangea, call, partial=False)


def patch_job_order(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/job_orders/{uuid}."""
    return _write_job(pangea, call, partial=True)


def delete_job_order(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/job_orders/{uuid}."""
    pangea.store.remove(_writable_job(pangea, call)["uuid"])
    return Reply(status=204)


def _job(pangea: Pangea, call: Call) -> tuple[Thing, Thing]:
    """A job, and the order that it is of."""
    job = found(pangea.store, JOB, call.arguments["uuid"])
    return job, found(pangea.store, ORDER, job["work_order"])


def _writable_job(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.need(call)
    job, order = _job(pangea, call)
    if not works_off(pangea, person, order["prototype"]):
        raise forbidden()
    return job


def _job_fields(pangea: Pangea) -> Mapping[str, Field]:
    return {
        "name": Field(text(), required=True),
        "status": Field(choice({each: each for each in STATUSES})),
        "work_order": reference(pangea.store, ORDER, required=True),
        "pipeline_module": reference(pangea.store, MODULE, null=True),
        "analysis_result": reference(pangea.store, "sample_ar", null=True),
        "resources_used": Field(json_value, json_in_form=True),
        "resources_needed": Field(json_value, json_in_form=True),
        "description": Field(text(blank=True)),
    }


def _write_job(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    job = _writable_job(pangea, call)
    fields = validated(_job_fields(pangea), fields_of(call), partial=partial)
    return Reply(job_view(pangea, pangea.store.change(JOB, job["uuid"], fields, parent=fields.get("work_order"))))
