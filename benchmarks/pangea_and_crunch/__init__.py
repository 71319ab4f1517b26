"""Pangea and django-crunch, by the published client and by ours: what benchmarks/crunch_pangea.py measures with."""
