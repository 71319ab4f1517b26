"""Billing groups: `BillingGroup`, prices, and what they are made of."""

from omicsdk.compat.sevenbridges.models.billing_group.resource import BillingGroup as BillingGroup
