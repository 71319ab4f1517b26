"""A pytest plugin: the fixture `omics_sandbox`."""
