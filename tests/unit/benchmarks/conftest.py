"""Benchmarks are scripts: their folder is put where they find each other."""

from benchmark_modules import benchmarks as benchmarks
