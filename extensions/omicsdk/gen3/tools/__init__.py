"""What gen3sdk has below gen3.tools, under the same names."""
