"""Invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.meta.value import Value
from omicsdk.compat.sevenbridges.models.billing_group.price import Price
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.billing_group import BillingGroup
    from omicsdk.core.request import Request


class InvoicePeriod(Value):
    """The time that an invoice is about."""

    from_ = fields.time("from")
    to = fields.time()


class Invoice(Resource):
    """An invoice."""

    href = fields.text()
    id = fields.text()
    pending = fields.switch()
    approval_date = fields.time()
    analysis_costs = fields.Part(lambda: Price)
    storage_costs = fields.Part(lambda: Price)
    total = fields.Part(lambda: Price)
    invoice_period = fields.Part(lambda: InvoicePeriod)

    @classmethod
    def query(
        cls,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
        billing_group: BillingGroup | str | None = None,
    ) -> Collection[Self]:
        """Lists invoices.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.
            billing_group: Of this billing group; None for all of the user's.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_invoices.build(
            billing_group=OMIT if billing_group is None else identifier(billing_group),
            offset=given(offset),
            limit=given(limit),
            fields="_all",
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives an invoice.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such invoice, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_invoice.build(invoice_id=identifier(id))
