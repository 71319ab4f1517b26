"""What a billing group paid for: analyses, storage and downloads."""

from __future__ import annotations

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.value import Value


class _Cost(Value):
    """An amount of money whose amount is text, as the platform writes it there."""

    currency = fields.text()
    amount = fields.text()


class AnalysisCostBreakdown(Value):
    """What the cost of an analysis is made of; amounts in its currency."""

    storage = fields.number()
    computation = fields.number()
    data_transfer_in = fields.number()


class AnalysisCost(_Cost):
    """What an analysis cost."""

    breakdown = fields.Part(lambda: AnalysisCostBreakdown)


class EgressCost(_Cost):
    """What downloads cost."""


class StorageCost(Value):
    """What storage cost."""

    currency = fields.text()
    amount = fields.number()


class Measurement(Value):
    """How much there is or was moved, in a unit, and what it cost."""

    size = fields.number()
    unit = fields.text()
    cost = fields.Part(lambda: StorageCost)


class BillingGroupAnalysisBreakdown(Value):
    """An analysis that a billing group paid for."""

    project_name = fields.text()
    analysis_app_name = fields.text()
    analysis_name = fields.text()
    analysis_type = fields.text()
    analysis_id = fields.uuid()
    ran_by = fields.text()
    analysis_status = fields.text()
    analysis_cost = fields.Part(lambda: AnalysisCost)
    refunded_amount = fields.number()
    time_started = fields.time()
    time_finished = fields.time()
    project_locked = fields.switch()


class BillingGroupStorageBreakdown(Value):
    """The storage of a project that a billing group paid for."""

    project_name = fields.text()
    project_created_by = fields.text()
    location = fields.text()
    active = fields.Part(lambda: Measurement)
    archived = fields.Part(lambda: Measurement)
    project_locked = fields.switch()


class BillingGroupEgressBreakdown(Value):
    """Downloads from a project that a billing group paid for."""

    project_name = fields.text()
    downloaded_by = fields.text()
    downloaded = fields.Part(lambda: Measurement)
    egress_cost = fields.Part(lambda: EgressCost)
    project_locked = fields.switch()
