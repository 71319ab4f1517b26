"""Invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import lists
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Value
from omicsdk.compat.sevenbridges.models.billing_group import Price

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, BillingGroup


class InvoicePeriod(Value):
    """The time that an invoice is about."""

    from_ = fields.time("from")
    to = fields.time()


class Invoice(Gettable, path="invoice_id", calls="get_invoice"):
    """An invoice."""

    pending = fields.switch()
    approval_date = fields.time()
    analysis_costs = storage_costs = total = fields.Part(lambda: Price)
    invoice_period = fields.Part(lambda: InvoicePeriod)

    @classmethod
    @lists("list_invoices", fields="_all")
    def query(
        cls,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
        billing_group: BillingGroup | str | None = None,
    ) -> Collection[Self]:
        """List invoices."""
        ...
