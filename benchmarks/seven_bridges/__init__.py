"""Seven Bridges by the published client and by ours: what benchmarks/sevenbridges.py measures with."""
