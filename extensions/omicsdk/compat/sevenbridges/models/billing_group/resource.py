"""Billing groups: who pays."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.billing_group.price import Price
from omicsdk.core.omit import OMIT, Omit

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.billing_group.breakdowns import (
        BillingGroupAnalysisBreakdown,
        BillingGroupEgressBreakdown,
        BillingGroupStorageBreakdown,
    )
    from omicsdk.compat.sevenbridges.models.invoice import Invoice
    from omicsdk.core.request import Request

R = TypeVar("R", bound=Resource)


class BillingGroup(Resource):
    """A group whose members' projects are paid for together."""

    href = fields.text()
    id = fields.uuid()
    owner = fields.text()
    name = fields.text()
    type = fields.text()
    pending = fields.switch()
    disabled = fields.switch()
    balance = fields.Part(lambda: Price)

    @classmethod
    def query(
        cls, offset: int | None = None, limit: int | None = None, api: HttpClient | None = None
    ) -> Collection[Self]:
        """Lists the user's billing groups.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_billing_groups.build(offset=given(offset), limit=given(limit), fields="_all")
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives a billing group.

        Args:
            id: Its id, a UUID.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such group, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    def analysis_breakdown(
        self,
        date_from: str | date | None = None,
        date_to: str | date | None = None,
        invoice_id: Invoice | str | None = None,
        fields: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[BillingGroupAnalysisBreakdown]:
        """Lists the analyses that the group paid for.

        Args:
            date_from: From this day on: a date, or text such as 01-31-2024 (month, day, year); only with `date_to`.
            date_to: Until this day, likewise.
            invoice_id: Those of this invoice.
            fields: What is told of each, by names with commas between them; "_all" for everything.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.billing_group.breakdowns import BillingGroupAnalysisBreakdown

        build = self.api.client.list_analysis_breakdown.build
        return self._paid(BillingGroupAnalysisBreakdown, build, date_from, date_to, invoice_id, fields, offset, limit)

    #: What the analyses' list was called before there were others.
    breakdown = analysis_breakdown

    def storage_breakdown(
        self,
        date_from: str | date | None = None,
        date_to: str | date | None = None,
        invoice_id: Invoice | str | None = None,
        fields: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[BillingGroupStorageBreakdown]:
        """Lists the projects whose storage the group paid for; arguments and errors as those of `analysis_breakdown`."""
        from omicsdk.compat.sevenbridges.models.billing_group.breakdowns import BillingGroupStorageBreakdown

        build = self.api.client.list_storage_breakdown.build
        return self._paid(BillingGroupStorageBreakdown, build, date_from, date_to, invoice_id, fields, offset, limit)

    def egress_breakdown(
        self,
        date_from: str | date | None = None,
        date_to: str | date | None = None,
        invoice_id: Invoice | str | None = None,
        fields: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[BillingGroupEgressBreakdown]:
        """Lists the downloads that the group paid for; arguments and errors as those of `analysis_breakdown`."""
        from omicsdk.compat.sevenbridges.models.billing_group.breakdowns import BillingGroupEgressBreakdown

        build = self.api.client.list_egress_breakdown.build
        return self._paid(BillingGroupEgressBreakdown, build, date_from, date_to, invoice_id, fields, offset, limit)

    def _paid(
        self,
        kind: type[R],
        build: Callable[..., Request],
        date_from: str | date | None,
        date_to: str | date | None,
        invoice_id: Invoice | str | None,
        chosen: str | None,
        offset: int | None,
        limit: int | None,
    ) -> Collection[R]:
        arguments: dict[str, Any] = {
            "date_from": _day(date_from),
            "date_to": _day(date_to),
            "invoice_id": OMIT if invoice_id is None else identifier(invoice_id),
            "fields": given(chosen),
            "offset": given(offset),
            "limit": given(limit),
        }
        return Collection.fetch(kind, build(billing_group=identifier(self), **arguments), self.api)

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_billing_group.build(billing_group=identifier(id))


def _day(day: str | date | None) -> str | Omit:
    """A day as the platform reads it."""
    return day.strftime("%m-%d-%Y") if isinstance(day, date) else given(day)
