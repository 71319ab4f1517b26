"""Billing groups and their costs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Listable, lists
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Value

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Invoice


class Breakdown(Value):
    """Breakdown of a price, in its currency."""

    storage = computation = data_transfer = fields.text()


class Price(Value):
    """An amount of money."""

    currency = fields.text()
    amount = fields.number()
    breakdown = fields.Part(lambda: Breakdown)


class _Cost(Value):
    """An amount of money whose amount is text, as the platform writes it there."""

    currency = amount = fields.text()


class AnalysisCostBreakdown(Value):
    """Breakdown of the cost of an analysis, in its currency."""

    storage = computation = data_transfer_in = fields.number()


class AnalysisCost(_Cost):
    """Cost of an analysis."""

    breakdown = fields.Part(lambda: AnalysisCostBreakdown)


class EgressCost(_Cost):
    """Cost of downloads."""


class StorageCost(Value):
    """Cost of storage."""

    currency = fields.text()
    amount = fields.number()


class Measurement(Value):
    """Amount of storage or transfer in a unit, and its cost."""

    size = fields.number()
    unit = fields.text()
    cost = fields.Part(lambda: StorageCost)


class BillingGroupAnalysisBreakdown(Value):
    """An analysis that a billing group paid for."""

    project_name = analysis_app_name = analysis_name = analysis_type = fields.text()
    analysis_id = fields.uuid()
    ran_by = analysis_status = fields.text()
    analysis_cost = fields.Part(lambda: AnalysisCost)
    refunded_amount = fields.number()
    time_started = time_finished = fields.time()
    project_locked = fields.switch()


class BillingGroupStorageBreakdown(Value):
    """The storage of a project that a billing group paid for."""

    project_name = project_created_by = location = fields.text()
    active = archived = fields.Part(lambda: Measurement)
    project_locked = fields.switch()


class BillingGroupEgressBreakdown(Value):
    """Downloads from a project that a billing group paid for."""

    project_name = downloaded_by = fields.text()
    downloaded = fields.Part(lambda: Measurement)
    egress_cost = fields.Part(lambda: EgressCost)
    project_locked = fields.switch()


class BillingGroup(Listable, path="billing_group", calls="get_billing_group list_billing_groups"):
    """A group whose members' projects are paid for together."""

    owner = name = type = fields.text()
    pending = disabled = fields.switch()
    balance = fields.Part(lambda: Price)

    @lists("list_analysis_breakdown", of=BillingGroupAnalysisBreakdown)
    def analysis_breakdown(
        self,
        date_from: str | date | None = None,
        date_to: str | date | None = None,
        invoice_id: Invoice | str | None = None,
        fields: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[BillingGroupAnalysisBreakdown]:
        """List the analyses that the group paid for.

        Args:
            date_from: First day: a date, or text such as 01-31-2024 (month, day, year); only with `date_to`.
            date_to: Last day, in the same forms.
        """
        ...

    #: What the analyses' list was called before there were others.
    breakdown = analysis_breakdown

    @lists("list_storage_breakdown", of=BillingGroupStorageBreakdown)
    def storage_breakdown(
        self,
        date_from: str | date | None = None,
        date_to: str | date | None = None,
        invoice_id: Invoice | str | None = None,
        fields: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[BillingGroupStorageBreakdown]:
        """List the projects whose storage the group paid for; arguments as of `analysis_breakdown`."""
        ...

    @lists("list_egress_breakdown", of=BillingGroupEgressBreakdown)
    def egress_breakdown(
        self,
        date_from: str | date | None = None,
        date_to: str | date | None = None,
        invoice_id: Invoice | str | None = None,
        fields: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[BillingGroupEgressBreakdown]:
        """List the downloads that the group paid for; arguments as of `analysis_breakdown`."""
        ...
