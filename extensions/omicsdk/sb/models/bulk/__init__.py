"""Calls about many things at once: `BulkRecord` is what came of one of them."""

from omicsdk.sb.models.bulk.record import BulkRecord as BulkRecord
