"""The Data Store by the published client and by ours: what benchmarks/hca.py measures with."""
