"""Copies, comparisons and sums of files, whatever the place."""
