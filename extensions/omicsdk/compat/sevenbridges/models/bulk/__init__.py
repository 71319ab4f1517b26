"""Calls about many things at once: `BulkRecord` is what came of one of them."""

from omicsdk.compat.sevenbridges.models.bulk.record import BulkRecord as BulkRecord
