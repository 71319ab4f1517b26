"""Gen3 by the published client and by ours: what benchmarks/gen3.py measures with."""
