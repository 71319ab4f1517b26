"""Amounts of money."""

from __future__ import annotations

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.value import Value


class Breakdown(Value):
    """What a price is made of; amounts in its currency."""

    storage = fields.text()
    computation = fields.text()
    data_transfer = fields.text()


class Price(Value):
    """An amount of money."""

    currency = fields.text()
    amount = fields.number()
    breakdown = fields.Part(lambda: Breakdown)
