"""Copies, comparisons and totals of files in any two places."""
