"""Journals: what earlier runs have done."""
