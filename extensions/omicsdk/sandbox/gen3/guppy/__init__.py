"""Guppy: queries over rows that were flattened out of records, with counts by value, and downloads of any length."""
